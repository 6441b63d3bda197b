//! A server that fails in exactly one way, over raw sockets, and counts what reaches it.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::certificates::{self, Signed};

/// The one way in which a server fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wound {
    Refused,
    Vanish,
    Silence,
    SlowHeaders,
    SlowBody,
    ResetInHeaders,
    ResetInBody,
    Truncated,
    Endless,
    Bomb,
    ManyHeaders,
    NotHttp,
    Redirect,
    Status(u16),
    Throttled,
    ErrorPage,
    LoginPage,
    Body(&'static str),
    Expired,
    WrongName,
    UnknownIssuer,
    NoTls,
}

/// Ends with the test that started it.
pub struct Server {
    pub url: String,
    /// A file with our authority, unless the wound is that nobody knows it.
    pub authority: Option<tempfile::NamedTempFile>,
    /// A file with the token.
    pub token: tempfile::NamedTempFile,
    requests: Arc<AtomicUsize>,
    sink: Arc<AtomicUsize>,
    /// Connections that fill the queue of a server that never accepts.
    _held: Vec<TcpStream>,
    _unaccepted: Option<TcpListener>,
}

impl Server {
    /// Starts a server with this wound on a free port.
    pub async fn start(wound: Wound) -> Self {
        if wound == Wound::Bomb {
            // Compressing takes longer than a deadline.
            LazyLock::force(&BOMB);
        }
        let requests = Arc::new(AtomicUsize::new(0));
        let sink = Arc::new(AtomicUsize::new(0));
        let sink_url = start_sink(Arc::clone(&sink)).await;
        let signed = match wound {
            Wound::Expired => Some(certificates::signed("localhost", 2020)),
            Wound::WrongName => Some(certificates::signed("other.internal", 2099)),
            Wound::UnknownIssuer => Some(certificates::signed("localhost", 2099)),
            _ => None,
        };
        let secure = signed.is_some() || wound == Wound::NoTls;
        let authority = signed.as_ref().filter(|_| wound != Wound::UnknownIssuer).map(authority_file);
        let (listener, held) = listen(wound).await;
        let port = listener.local_addr().expect("an address").port();
        let mut unaccepted = None;
        match wound {
            Wound::Refused => drop(listener),
            Wound::Vanish => unaccepted = Some(listener),
            _ => {
                let counter = Arc::clone(&requests);
                tokio::spawn(accept(listener, wound, signed.map(|signed| signed.server), sink_url, counter));
            }
        }
        let url = if secure { format!("https://localhost:{port}") } else { format!("http://127.0.0.1:{port}") };
        let token = super::callers::token_file();
        Self { url, authority, token, requests, sink, _held: held, _unaccepted: unaccepted }
    }

    /// Complete request heads that arrived.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Connections to where the redirect points.
    pub fn sink_connections(&self) -> usize {
        self.sink.load(Ordering::SeqCst)
    }
}

fn authority_file(signed: &Signed) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(signed.authority.as_bytes()).expect("written");
    file
}

async fn start_sink(connections: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/collect?token=", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            connections.fetch_add(1, Ordering::SeqCst);
        }
    });
    url
}

/// A listening socket. For vanishing packets its queue is full and nobody accepts: the kernel then drops each SYN.
async fn listen(wound: Wound) -> (TcpListener, Vec<TcpStream>) {
    if wound != Wound::Vanish {
        return (TcpListener::bind("127.0.0.1:0").await.expect("a port"), Vec::new());
    }
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("bound");
    let listener = socket.listen(1).expect("listening");
    let address = listener.local_addr().expect("an address");
    let mut held = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(100), TcpStream::connect(address)).await {
        held.push(stream);
    }
    (listener, held)
}

async fn accept(
    listener: TcpListener,
    wound: Wound,
    tls: Option<Arc<rustls::ServerConfig>>,
    sink: String,
    requests: Arc<AtomicUsize>,
) {
    while let Ok((socket, _)) = listener.accept().await {
        let (sink, requests, tls) = (sink.clone(), Arc::clone(&requests), tls.clone());
        tokio::spawn(async move {
            if matches!(wound, Wound::ResetInHeaders | Wound::ResetInBody) {
                socket.set_zero_linger().expect("linger");
            }
            // The client hangs up in the middle of most of this; that is what is being tested.
            let _ = match tls {
                Some(config) => match TlsAcceptor::from(config).accept(socket).await {
                    Ok(stream) => fail(stream, wound, &sink, &requests).await,
                    Err(error) => Err(error),
                },
                None => fail(socket, wound, &sink, &requests).await,
            };
        });
    }
}

/// Reads one request's head (and what came with it), then fails.
async fn fail<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: S,
    wound: Wound,
    sink: &str,
    requests: &AtomicUsize,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && wound != Wound::NoTls {
        if socket.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    requests.fetch_add(1, Ordering::SeqCst);
    let token = echoed(&head);
    match wound {
        Wound::Silence => tokio::time::sleep(Duration::from_mins(1)).await,
        Wound::SlowHeaders => drip(&mut socket, b"HTTP/1.1 200 OK\r\nx-slow: ").await?,
        Wound::SlowBody => {
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await?;
            drip(&mut socket, b"{").await?;
        }
        Wound::ResetInHeaders => socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-le").await?,
        Wound::ResetInBody | Wound::Truncated => {
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"status\":").await?;
            socket.flush().await?;
            // Long enough for the bytes to be read before a reset throws them away.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Wound::Endless => {
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n").await?;
            let lump = vec![b' '; 64 * 1024];
            loop {
                socket.write_all(&lump).await?;
            }
        }
        Wound::Bomb => {
            let bomb = &*BOMB;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
            socket.write_all(head.as_bytes()).await?;
            socket.write_all(bomb).await?;
        }
        Wound::ManyHeaders => {
            let headers = "x-header: y\r\n".repeat(100_000);
            socket.write_all(format!("HTTP/1.1 200 OK\r\n{headers}\r\n{{}}").as_bytes()).await?;
        }
        Wound::NotHttp | Wound::NoTls => socket.write_all(b"220 mail.internal ESMTP ready\r\n").await?,
        Wound::Redirect => respond(&mut socket, "307 X", &format!("location: {sink}{token}\r\n"), "").await?,
        // Some gateways echo the token that they refuse.
        Wound::Status(status) => respond(&mut socket, &format!("{status} X"), "", &token).await?,
        Wound::Throttled => respond(&mut socket, "429 X", "retry-after: 40\r\n", &token).await?,
        Wound::ErrorPage => respond(&mut socket, "500 X", "content-type: text/html\r\n", "<html>oops").await?,
        Wound::LoginPage => respond(&mut socket, "200 OK", "content-type: text/html\r\n", "<html>Log in").await?,
        Wound::Body(body) => respond(&mut socket, "200 OK", "content-type: application/json\r\n", body).await?,
        Wound::Expired | Wound::WrongName | Wound::UnknownIssuer => respond(&mut socket, "200 OK", "", "{}").await?,
        Wound::Refused | Wound::Vanish => {}
    }
    socket.shutdown().await
}

async fn respond<S: AsyncWrite + Unpin>(
    socket: &mut S,
    status: &str,
    headers: &str,
    body: &str,
) -> std::io::Result<()> {
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    socket.write_all(answer.as_bytes()).await
}

async fn drip<S: AsyncWrite + Unpin>(socket: &mut S, start: &[u8]) -> std::io::Result<()> {
    socket.write_all(start).await?;
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        socket.write_all(b"x").await?;
        socket.flush().await?;
    }
}

fn echoed(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    let header = head
        .lines()
        .find_map(|line| line.strip_prefix("authorization: ").or_else(|| line.strip_prefix("x-consul-token: ")));
    format!("cannot find the provided auth token {:?} in config", header.unwrap_or_default())
}

/// 12 MB of zeros in about 12 kB.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; 12_000_000]).expect("compressed");
    encoder.finish().expect("compressed")
});
