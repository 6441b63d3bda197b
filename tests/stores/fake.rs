//! A small HTTP server of the shape of some store, for stores that cannot be installed for a test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// Without the query, percent-encoding kept.
    pub path: String,
    /// Decoded pairs.
    pub query: BTreeMap<String, String>,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn query(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Told {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// An answer of JSON.
pub fn json(status: u16, body: &Value) -> Told {
    Told { status, headers: vec![("content-type", "application/json".into())], body: body.to_string() }
}

/// An answer of text.
pub fn text(status: u16, body: &str) -> Told {
    Told { status, headers: vec![("content-type", "text/plain".into())], body: body.to_owned() }
}

/// A running fake; stops when it is dropped.
pub struct Fake {
    port: u16,
    task: JoinHandle<()>,
}

impl Fake {
    /// Serves `store` by `answer`, one request at a time.
    pub async fn start<S: Send + 'static>(store: S, answer: fn(&mut S, &Asked) -> Told) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let store = Arc::new(Mutex::new(store));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let store = Arc::clone(&store);
                tokio::spawn(serve(stream, move |asked: &Asked| {
                    answer(&mut store.lock().expect("not poisoned"), asked)
                }));
            }
        });
        Self { port, task }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, answer: impl Fn(&Asked) -> Told) {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = read(&mut stream).await {
        let told = answer(&asked);
        let headers: Vec<String> = told.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let headers = headers.concat();
        let head =
            format!("HTTP/1.1 {} x\r\ncontent-length: {}\r\n{headers}\r\n{}", told.status, told.body.len(), told.body);
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|count| *count > 0)?;
    let mut words = line.split_whitespace().map(ToOwned::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let url = url::Url::parse(&format!("http://fake{target}")).ok()?;
    let query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    Some(Asked { method, path: url.path().to_owned(), query, headers, body: String::from_utf8(body).ok()? })
}
