//! A small HTTP server on a real socket that speaks one store's shape.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a store holds.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The setting, in the store's own form; null while nothing is set.
    pub now: Value,
    /// Grows with every write.
    pub revision: u64,
    /// What the serving side hands out.
    pub served: Value,
    /// The serving side no longer follows.
    pub frozen: bool,
    /// Methods and paths of every request that was let in.
    pub log: Vec<String>,
}

impl World {
    pub fn set(&mut self, value: Value) {
        self.revision += 1;
        if !self.frozen {
            self.served = value.clone();
        }
        self.now = value;
    }
}

/// One request.
pub struct Request {
    pub method: String,
    /// As it came, still encoded.
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// `GET /path`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Status, `etag`, body.
pub type Reply = (u16, Option<String>, String);

#[expect(clippy::needless_pass_by_value, reason = "called with what json! makes")]
pub fn ok(body: Value) -> Reply {
    (200, None, body.to_string())
}

pub fn refused(status: u16, why: &str) -> Reply {
    (status, None, json!({ "message": why }).to_string())
}

/// A store's behaviour.
pub type Store = fn(&mut World, &Request) -> Reply;

/// A running fake; stops when it is dropped.
pub struct Fake {
    pub port: u16,
    world: Arc<Mutex<World>>,
    task: JoinHandle<()>,
}

impl Fake {
    /// `auth` is the header that every request must carry; `serving` its value where `GET`s of `/api/client` differ.
    pub async fn start(store: Store, world: World, auth: (&'static str, String)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let world = Arc::new(Mutex::new(world));
        let shared = Arc::clone(&world);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, store, Arc::clone(&shared), auth.clone()));
            }
        });
        Self { port, world, task }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut client: TcpStream, store: Store, world: Arc<Mutex<World>>, auth: (&'static str, String)) {
    let mut buffer = Vec::new();
    while let Some(request) = next(&mut client, &mut buffer).await {
        let client_side = request.path.starts_with("/api/client");
        let wanted = if client_side { auth.1.replace("right-token", "client-token") } else { auth.1.clone() };
        let (status, etag, body) = if !auth.0.is_empty() && request.header(auth.0) != wanted {
            refused(401, "who are you")
        } else {
            let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
            world.log.push(request.line());
            store(&mut world, &request)
        };
        let etag = etag.map_or(String::new(), |etag| format!("etag: {etag}\r\n"));
        let body = if status == 204 { String::new() } else { body };
        let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let answer = format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{etag}{length}\r\n{body}");
        if client.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn next(client: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    let mut chunk = vec![0; 16 * 1024];
    loop {
        if let Some((request, used)) = parse(buffer) {
            buffer.drain(..used);
            return Some(request);
        }
        match client.read(&mut chunk).await {
            Ok(read @ 1..) => buffer.extend_from_slice(&chunk[..read]),
            _ => return None,
        }
    }
}

fn parse(bytes: &[u8]) -> Option<(Request, usize)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let header =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    let headers: BTreeMap<String, String> = lines.filter_map(header).collect();
    let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let body = bytes.get(end..end + length)?.to_vec();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Some((Request { method, path: path.to_owned(), query, headers, body }, end + length))
}
