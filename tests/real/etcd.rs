//! A real etcd with one key, and with users where a test wants them.

use std::process::Command;

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::http;
use crate::install;
use crate::process::{Server, free_port};

pub struct Etcd {
    pub url: String,
    // The server goes before its files.
    _server: Server,
    _directory: TempDir,
}

impl Etcd {
    pub async fn boot() -> Self {
        let program = install::program("etcd", "etcd-server", &[]);
        let directory = tempfile::tempdir().expect("a directory");
        let (port, peers) = (free_port(), free_port());
        let url = format!("http://127.0.0.1:{port}");
        let peer_url = format!("http://127.0.0.1:{peers}");
        let mut start = Command::new(program);
        start.current_dir(directory.path()).args(["--data-dir", "data", "--listen-client-urls", &url]);
        start.args(["--advertise-client-urls", &url, "--listen-peer-urls", &peer_url]);
        start.args(["--initial-advertise-peer-urls", &peer_url, "--initial-cluster", &format!("default={peer_url}")]);
        let mut server = Server::start("etcd", &mut start, &directory.path().join("etcd.log"), Signal::TERM);
        server.ready(&format!("{url}/health")).await;
        Self { url, _server: server, _directory: directory }
    }

    /// Gives a key a value. Both in base64, as the gateway wants them.
    pub async fn put(&self, key: &str, value: &str) {
        self.post("/v3/kv/put", &json!({ "key": key, "value": value })).await;
    }

    /// From now on a user `oncall` with this password may write below `flags/`, and nobody without a password anything.
    pub async fn ask_for_passwords(&self, password: &str) {
        for (path, body) in [
            ("/v3/auth/user/add", json!({ "name": "root", "password": "root-password" })),
            ("/v3/auth/user/grant", json!({ "user": "root", "role": "root" })),
            ("/v3/auth/user/add", json!({ "name": "oncall", "password": password })),
            ("/v3/auth/role/add", json!({ "name": "flags" })),
            // flags/ up to flags0
            (
                "/v3/auth/role/grant",
                json!({ "name": "flags", "perm": { "permType": "READWRITE", "key": "ZmxhZ3Mv", "range_end": "ZmxhZ3Mw" } }),
            ),
            ("/v3/auth/user/grant", json!({ "user": "oncall", "role": "flags" })),
            ("/v3/auth/enable", json!({})),
        ] {
            self.post(path, &body).await;
        }
    }

    async fn post(&self, path: &str, body: &serde_json::Value) {
        http::call("POST", &format!("{}{path}", self.url), &[], Some(body)).await;
    }
}
