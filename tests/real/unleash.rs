//! A real Unleash on a real PostgreSQL.

use std::path::PathBuf;
use std::process::Command;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http;
use crate::install;
use crate::postgres::Postgres;
use crate::process::{Server, free_port};

// Unleash's own names for tokens that exist only on this loopback server.
const ADMIN: &str = "*:*.unleash-insecure-admin-api-token";
const CLIENT: &str = "default:development.unleash-insecure-client-api-token";

pub struct Unleash {
    pub url: String,
    /// A file with the admin token.
    pub admin_token: PathBuf,
    /// A file with the client token of `development`.
    pub client_token: PathBuf,
    // In this order: the server goes before its database, both before their files.
    _server: Server,
    _postgres: Postgres,
    _directory: TempDir,
}

impl Unleash {
    pub async fn boot() -> Self {
        let package = install::unleash();
        let postgres = Postgres::boot().await;
        let directory = tempfile::tempdir().expect("a directory");
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let mut start = Command::new("node");
        start
            .arg(package.join("node_modules/unleash-server/dist/server.js"))
            .current_dir(directory.path())
            .env("DATABASE_URL", postgres.url())
            .env("DATABASE_SSL", "false")
            .env("INIT_ADMIN_API_TOKENS", ADMIN)
            .env("INIT_CLIENT_API_TOKENS", CLIENT)
            .env("HTTP_HOST", "127.0.0.1")
            .env("HTTP_PORT", port.to_string())
            .env("CHECK_VERSION", "false")
            .env("SEND_TELEMETRY", "false")
            .env("LOG_LEVEL", "warn");
        let mut server = Server::start("Unleash", &mut start, &directory.path().join("unleash.log"), Signal::TERM);
        server.ready(&format!("{url}/health")).await;
        let admin_token = secret(&directory, "admin-token", ADMIN);
        let client_token = secret(&directory, "client-token", CLIENT);
        Self { url, admin_token, client_token, _server: server, _postgres: postgres, _directory: directory }
    }

    pub async fn create_flag(&self, name: &str) {
        let flag = json!({"name": name, "type": "kill-switch"});
        self.call("POST", "/api/admin/projects/default/features", Some(&flag)).await;
    }

    /// Adds a gradual strategy with two variants.
    pub async fn roll_out(&self, flag: &str, percent: &str) {
        let strategy = json!({
            "name": "flexibleRollout", "constraints": [],
            "parameters": {"rollout": percent, "stickiness": "default", "groupId": flag},
            "variants": [
                {"name": "a", "weight": 700, "weightType": "variable", "stickiness": "default"},
                {"name": "b", "weight": 300, "weightType": "fix", "stickiness": "default"}],
        });
        self.call("POST", &format!("{}/strategies", environment(flag)), Some(&strategy)).await;
    }

    pub async fn switch(&self, flag: &str, on: bool) {
        let verb = if on { "on" } else { "off" };
        self.call("POST", &format!("{}/{verb}", environment(flag)), None).await;
    }

    /// What a careless edit does: a PUT without variants wipes them.
    pub async fn wipe_variants(&self, flag: &str) {
        let now = self.call("GET", &environment(flag), None).await;
        let id = now["strategies"][0]["id"].as_str().expect("a strategy");
        let strategy =
            json!({"name": "flexibleRollout", "parameters": now["strategies"][0]["parameters"], "constraints": []});
        self.call("PUT", &format!("{}/strategies/{id}", environment(flag)), Some(&strategy)).await;
    }

    /// Whether the client API hands the flag out as on.
    pub async fn serves_on(&self, flag: &str) -> bool {
        let features = format!("{}/api/client/features", self.url);
        let served = http::call("GET", &features, &[("authorization", CLIENT)], None).await;
        let all = served["features"].as_array().expect("features");
        all.iter().any(|feature| feature["name"] == flag && feature["enabled"] == true)
    }

    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        http::call(method, &format!("{}{path}", self.url), &[("authorization", ADMIN)], body).await
    }
}

fn environment(flag: &str) -> String {
    format!("/api/admin/projects/default/features/{flag}/environments/development")
}

fn secret(directory: &TempDir, name: &str, value: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = directory.path().join(name);
    std::fs::write(&path, value).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("changed");
    path
}
