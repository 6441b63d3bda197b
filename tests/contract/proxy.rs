//! A line to a store that fails in one chosen way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The way it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Passes the request on and never lets the answer through.
    Silent,
    /// Passes the request on and lets the first bytes of the answer through.
    CutOff,
    /// Passes nothing on and says 200.
    Lies,
    /// Passes nothing on and points elsewhere.
    Redirects,
}

/// A running proxy; stops when it is dropped.
pub struct Proxy {
    scheme: String,
    port: u16,
    requests: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// In front of the store at `url` (`http://host:port`, `redis://host:port`).
    pub async fn start(url: &str, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let (scheme, store) = url.split_once("://").expect("a scheme");
        let (scheme, store) = (scheme.to_owned(), store.trim_end_matches('/').to_owned());
        let speaks = if scheme == "redis" { &REDIS } else { &HTTP };
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, store.clone(), speaks, fault, Arc::clone(&counted)));
            }
        });
        Self { scheme, port, requests, task }
    }

    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// Requests that arrived here.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The port of a service that nobody runs. A free one may be given to a proxy of another test meanwhile.
pub const NOBODY: u16 = 9;

/// What the proxy must know of a protocol: how a request can be counted, and how many bytes of an answer are too few.
struct Speaks {
    request: &'static [u8],
    too_few: usize,
}

static HTTP: Speaks = Speaks { request: b" HTTP/1.1\r\n", too_few: 12 };
static REDIS: Speaks = Speaks { request: b"$4\r\nEVAL\r\n", too_few: 2 };

async fn pass(mut client: TcpStream, store: String, speaks: &'static Speaks, fault: Fault, requests: Arc<AtomicUsize>) {
    let mut buffer = vec![0; 64 * 1024];
    let Ok(mut upstream) = TcpStream::connect(&store).await else { return };
    loop {
        let Ok(read @ 1..) = client.read(&mut buffer).await else { return };
        let bytes = &buffer[..read];
        requests.fetch_add(count(bytes, speaks.request), Ordering::SeqCst);
        let canned: Option<&[u8]> = match fault {
            Fault::Lies => Some(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"),
            Fault::Redirects => Some(
                b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:9/login\r\ncontent-length: 0\r\n\r\n",
            ),
            Fault::Silent | Fault::CutOff => None,
        };
        let done = match canned {
            Some(answer) => client.write_all(answer).await,
            None => upstream.write_all(bytes).await,
        };
        if done.is_err() {
            return;
        }
        if fault == Fault::CutOff {
            let mut start = vec![0; speaks.too_few];
            // A request may come in several reads; only a complete one is answered.
            let answered = tokio::time::timeout(std::time::Duration::from_millis(700), upstream.read_exact(&mut start));
            if let Ok(Ok(_)) = answered.await {
                let _ = client.write_all(&start).await;
                return;
            }
        }
    }
}

fn count(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).filter(|window| *window == needle).count()
}
