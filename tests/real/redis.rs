//! A real Redis with one user who may write below `flag:` only.

use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::install;
use crate::process::{Server, free_port};

pub struct Redis {
    port: u16,
    // The server goes before its files.
    _server: Server,
    _directory: TempDir,
}

impl Redis {
    pub async fn boot() -> Self {
        let program = install::program("redis-server", "redis-server", &[]);
        let directory = tempfile::tempdir().expect("a directory");
        let port = free_port();
        let settings = format!(
            "bind 127.0.0.1\nport {port}\nsave \"\"\n\
             user oncall on >oncall-password ~flag:* +get +set +del +eval +acl|whoami +acl|dryrun\n"
        );
        std::fs::write(directory.path().join("redis.conf"), settings).expect("written");
        let mut start = Command::new(program);
        start.current_dir(directory.path()).arg("redis.conf");
        let mut server = Server::start("Redis", &mut start, &directory.path().join("redis.log"), Signal::TERM);
        server.listening(port).await;
        Self { port, _server: server, _directory: directory }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Sends one line as its own client would, and answers the first line of the reply.
    pub async fn say(&self, line: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("connected");
        stream.write_all(format!("{line}\r\n").as_bytes()).await.expect("sent");
        let mut reply = vec![0; 1_024];
        let length = stream.read(&mut reply).await.expect("a reply");
        String::from_utf8_lossy(&reply[..length]).lines().next().unwrap_or_default().to_owned()
    }
}
