//! The few plain requests that set a stage up. Not the program's own client: what prepares a test must not share its bugs.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Status and body, or `None` if there is no complete answer.
pub async fn try_call(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Option<(u16, String)> {
    let rest = url.strip_prefix("http://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let body = body.map(Value::to_string).unwrap_or_default();
    // 1.0 and close: an answer ends where the connection ends, and nothing is chunked.
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "{method} /{path} HTTP/1.0\r\nhost: {host}\r\nconnection: close\r\n{}content-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        headers.concat(),
        body.len()
    );
    let mut stream = TcpStream::connect(host).await.ok()?;
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

pub async fn try_get(url: &str) -> Option<(u16, String)> {
    try_call("GET", url, &[], None).await
}

/// The JSON of a 2xx answer (null if it is empty); anything else ends the test.
pub async fn call(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Value {
    let (status, text) = try_call(method, url, headers, body).await.unwrap_or_else(|| panic!("{url} does not answer"));
    assert!((200..300).contains(&status), "{method} {url}: {status} {text}");
    serde_json::from_str(&text).unwrap_or_default()
}
