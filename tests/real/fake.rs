//! Small HTTP servers that the test itself serves: model upstreams for the gateway, an exporter for Prometheus.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server that answers everything with one text; stops when it is dropped.
pub struct Fake {
    port: u16,
    text: Arc<Mutex<String>>,
    task: JoinHandle<()>,
}

impl Fake {
    pub async fn start(content_type: &'static str, text: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let text = Arc::new(Mutex::new(text.to_owned()));
        let served = Arc::clone(&text);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let text = served.lock().expect("not poisoned").clone();
                tokio::spawn(answer(stream, content_type, text));
            }
        });
        Self { port, text, task }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on it says this.
    pub fn say(&self, text: String) {
        *self.text.lock().expect("not poisoned") = text;
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A chat model that answers with its own name.
pub async fn upstream(name: &str) -> Fake {
    let answer = serde_json::json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": name,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": format!("I am {name}")}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    });
    Fake::start("application/json", &answer.to_string()).await
}

async fn answer(stream: TcpStream, content_type: &str, text: String) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    stream.read_exact(&mut vec![0; length]).await.ok()?;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    );
    stream.write_all(head.as_bytes()).await.ok()
}
