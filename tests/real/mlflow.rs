//! A real MLflow: prompt registry and AI gateway on SQLite.

use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http;
use crate::install;
use crate::process::{Server, free_port};

pub struct Mlflow {
    pub url: String,
    // The server goes before its files.
    _server: Server,
    _directory: TempDir,
}

impl Mlflow {
    pub async fn boot() -> Self {
        let environment = install::mlflow();
        let directory = tempfile::tempdir().expect("a directory");
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let mut start = Command::new(environment.join("bin/mlflow"));
        start
            .current_dir(directory.path())
            .args(["server", "--host", "127.0.0.1", "--port", &port.to_string(), "--workers", "1"])
            .args(["--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", "./artifacts"])
            // The shortest that it allows: the gateway goes on routing by its cache for this long.
            .args(["--secrets-cache-ttl", "10"])
            .env("MLFLOW_GATEWAY_API_BASE_ALLOWED_SCHEMES", "https,http")
            .env("MLFLOW_GATEWAY_API_BASE_ALLOW_PRIVATE_IPS", "true")
            .env("MLFLOW_CRYPTO_KEK_PASSPHRASE", "only for this test");
        let mut server = Server::start("MLflow", &mut start, &directory.path().join("mlflow.log"), Signal::TERM);
        server.ready(&format!("{url}/health")).await;
        Self { url, _server: server, _directory: directory }
    }

    /// A prompt with one version for each template, oldest first.
    pub async fn create_prompt(&self, name: &str, templates: &[&str]) {
        let is_prompt = json!({"key": "mlflow.prompt.is_prompt", "value": "true"});
        self.registry("registered-models/create", json!({"name": name, "tags": [is_prompt]})).await;
        for template in templates {
            self.add_version(name, template).await;
        }
    }

    pub async fn add_version(&self, name: &str, template: &str) {
        let tags = json!([
            {"key": "mlflow.prompt.is_prompt", "value": "true"}, {"key": "mlflow.prompt.text", "value": template},
            {"key": "_mlflow_prompt_type", "value": "text"}]);
        let version = json!({"name": name, "source": "prompt-template", "description": "a test", "tags": tags});
        self.registry("model-versions/create", version).await;
    }

    pub async fn set_alias(&self, name: &str, alias: &str, version: &str) {
        self.registry("registered-models/alias", json!({"name": name, "alias": alias, "version": version})).await;
    }

    /// The template that whoever asks for this alias gets.
    pub async fn serves(&self, name: &str, alias: &str) -> String {
        let url = format!("{}/api/2.0/mlflow/registered-models/alias?name={name}&alias={alias}", self.url);
        let answer = http::call("GET", &url, &[], None).await;
        let tags = answer["model_version"]["tags"].as_array().expect("tags");
        let text = tags.iter().find(|tag| tag["key"] == "mlflow.prompt.text").expect("a template");
        text["value"].as_str().expect("text").to_owned()
    }

    /// A route whose first model takes all traffic and whose last model is the fallback.
    pub async fn create_route(&self, name: &str, models: &[(&str, &str)]) {
        let mut configs = Vec::new();
        for (model, upstream) in models {
            let secret = json!({"secret_name": format!("key-{model}"), "secret_value": {"api_key": "none"},
                "provider": "openai", "auth_config": {"api_base": format!("{upstream}/v1")}});
            let secret = self.gateway("secrets/create", secret).await;
            let definition = json!({"name": model, "secret_id": secret["secret"]["secret_id"], "provider": "openai", "model_name": model});
            let definition = self.gateway("model-definitions/create", definition).await;
            configs.push(definition["model_definition"]["model_definition_id"].clone());
        }
        let route = json!({"name": name, "routing_strategy": "REQUEST_BASED_TRAFFIC_SPLIT",
            "model_configs": [
                {"model_definition_id": configs.first(), "linkage_type": "PRIMARY", "weight": 1.0},
                {"model_definition_id": configs.last(), "linkage_type": "FALLBACK", "weight": 1.0, "fallback_order": 1}],
            "fallback_config": {"strategy": "SEQUENTIAL", "max_attempts": 2}});
        self.gateway("endpoints/create", route).await;
    }

    /// Waits until the route's traffic is answered by this model, ten times in a row.
    pub async fn answers_from(&self, route: &str, model: &str) {
        let url = format!("{}/gateway/{route}/mlflow/invocations", self.url);
        let question = json!({"messages": [{"role": "user", "content": "who are you?"}]});
        let mut last = String::new();
        let wait = async {
            let mut in_a_row = 0;
            while in_a_row < 10 {
                let (_, answer) = http::try_call("POST", &url, &[], Some(&question)).await.unwrap_or_default();
                let arrived = answer.contains(&format!("I am {model}"));
                last = answer;
                in_a_row = if arrived { in_a_row + 1 } else { 0 };
                if !arrived {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        };
        let done = tokio::time::timeout(Duration::from_secs(90), wait).await;
        assert!(done.is_ok(), "{route} is not answered by {model}: {last}");
    }

    async fn registry(&self, path: &str, body: Value) -> Value {
        http::call("POST", &format!("{}/api/2.0/mlflow/{path}", self.url), &[], Some(&body)).await
    }

    async fn gateway(&self, path: &str, body: Value) -> Value {
        http::call("POST", &format!("{}/api/3.0/mlflow/gateway/{path}", self.url), &[], Some(&body)).await
    }
}
