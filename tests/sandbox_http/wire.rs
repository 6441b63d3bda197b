//! HTTP by hand: one request, one connection. The shapes are tested without the client that relies on them.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What came back.
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

pub async fn get(base: &str, path: &str) -> Answer {
    send(base, "GET", path, &[], None).await
}

pub async fn post(base: &str, path: &str, body: Option<Value>) -> Answer {
    call(base, "POST", path, body).await
}

pub async fn call(base: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
    let text = body.map(|body| body.to_string());
    send(base, method, path, &[("Content-Type", "application/json")], text.as_deref()).await
}

pub async fn form(base: &str, path: &str, body: &str) -> Answer {
    send(base, "POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], Some(body)).await
}

pub async fn send(base: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
    let host = base.trim_start_matches("http://");
    let body = body.unwrap_or_default();
    let headers = headers.iter().fold(String::new(), |so_far, (key, value)| so_far + key + ": " + value + "\r\n");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    let mut stream = TcpStream::connect(host).await.expect("connects");
    stream.write_all(request.as_bytes()).await.expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("reads");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
