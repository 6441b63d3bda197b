//! A real Alertmanager with one alert that fires.

use std::process::Command;

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::http;
use crate::install;
use crate::process::{Server, free_port};

pub struct Alertmanager {
    pub url: String,
    // The server goes before its files.
    _server: Server,
    _directory: TempDir,
}

impl Alertmanager {
    pub async fn boot() -> Self {
        let program = install::program("prometheus-alertmanager", "prometheus-alertmanager", &[]);
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("http://127.0.0.1:{}", free_port());
        let configuration = "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n";
        std::fs::write(directory.path().join("alertmanager.yml"), configuration).expect("written");
        let mut start = Command::new(program);
        start.current_dir(directory.path()).args(["--config.file=alertmanager.yml", "--storage.path=data"]);
        // Without a cluster it opens no second port.
        start
            .arg(format!("--web.listen-address={}", url.trim_start_matches("http://")))
            .arg("--cluster.listen-address=");
        let mut server =
            Server::start("Alertmanager", &mut start, &directory.path().join("alertmanager.log"), Signal::TERM);
        server.ready(&format!("{url}/-/ready")).await;
        Self { url, _server: server, _directory: directory }
    }

    /// Lets an alert of this name fire.
    pub async fn fire(&self, name: &str) {
        let alerts = json!([{ "labels": { "alertname": name, "service": "chat" }, "annotations": {} }]);
        http::call("POST", &format!("{}/api/v2/alerts", self.url), &[], Some(&alerts)).await;
    }
}
