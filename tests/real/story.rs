//! One night with the real program on real servers: quality falls in Prometheus, `triage` names the symptom and the change,
//! `act` moves the alias in MLflow, the served prompt follows, `undo` brings it back; then the kill switch in Unleash.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::fake::Fake;
use crate::mlflow::Mlflow;
use crate::prometheus::Prometheus;
use crate::unleash::Unleash;

const GOOD: &str = "Answer {{q}} only from the sources.";
const BAD: &str = "Answer {{q}} always, with confidence.";

struct Stage {
    prometheus: Prometheus,
    mlflow: Arc<Mlflow>,
    unleash: Arc<Unleash>,
    /// Runs while the stage stands.
    _product: Product,
    directory: TempDir,
}

/// The product in one loop: it answers by the prompt and the flag that the real stores serve, and reports on itself.
struct Product {
    exporter: Arc<Fake>,
    task: JoinHandle<()>,
}

impl Drop for Product {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Product {
    async fn start(mlflow: Arc<Mlflow>, unleash: Arc<Unleash>) -> Self {
        let exporter = Arc::new(Fake::start("text/plain; version=0.0.4", &metrics(0, true, true)).await);
        let told = Arc::clone(&exporter);
        let task = tokio::spawn(async move {
            for turn in 1.. {
                let good = mlflow.serves("support", "production").await == GOOD;
                let on = unleash.serves_on("ai-assistant").await;
                told.say(metrics(turn, good, on));
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        });
        Self { exporter, task }
    }
}

/// What the product exports: how grounded its answers are, and who gives them.
fn metrics(turn: u64, good: bool, on: bool) -> String {
    let grounding = if good { 0.93 } else { 0.71 };
    let (good, fallback) = (u8::from(good), u8::from(!on));
    format!(
        "# TYPE llm_eval_score gauge\nllm_eval_score{{service=\"support-bot\",eval=\"grounding\"}} {grounding}\n\
         # TYPE llm_eval_samples_total counter\nllm_eval_samples_total{{service=\"support-bot\",eval=\"grounding\"}} {}\n\
         # TYPE llm_prompt_good gauge\nllm_prompt_good{{service=\"support-bot\"}} {good}\n\
         # TYPE llm_fallback_share gauge\nllm_fallback_share{{service=\"support-bot\"}} {fallback}\n",
        turn * 20
    )
}

impl Stage {
    async fn set() -> Self {
        let (mlflow, unleash) = tokio::join!(Mlflow::boot(), Unleash::boot());
        mlflow.create_prompt("support", &[GOOD]).await;
        mlflow.set_alias("support", "production", "1").await;
        unleash.create_flag("ai-assistant").await;
        unleash.roll_out("ai-assistant", "100").await;
        unleash.switch("ai-assistant", true).await;
        let (mlflow, unleash) = (Arc::new(mlflow), Arc::new(unleash));
        let product = Product::start(Arc::clone(&mlflow), Arc::clone(&unleash)).await;
        let history = [
            ("llm_eval_score{service=\"support-bot\",eval=\"grounding\"}", 0.93),
            ("llm_fallback_share{service=\"support-bot\"}", 0.0),
        ];
        let prometheus = Prometheus::boot(product.exporter.port(), &history).await;
        let stage = Self {
            prometheus,
            mlflow,
            unleash,
            _product: product,
            directory: tempfile::tempdir().expect("a directory"),
        };
        private(&stage.config(), &stage.config_text());
        stage
    }

    fn config(&self) -> PathBuf {
        self.directory.path().join("support-bot.toml")
    }

    fn journal(&self) -> PathBuf {
        self.directory.path().join("journal.db")
    }

    fn config_text(&self) -> String {
        format!(
            r#"
schema = 1
mode = "act"
[service]
name = "support-bot"
environment = "rehearsal"
[endpoint.prom]
vendor = "prometheus"
url = "{prometheus}"
[endpoint.prompts]
vendor = "mlflow"
url = "{mlflow}"
[endpoint.flags]
vendor = "unleash"
url = "{unleash}"
secret = {{ file = "{admin}" }}
serving-secret = {{ file = "{client}" }}

[signal.grounding]
from = "prom"
query = 'avg(llm_eval_score{{service="support-bot",eval="grounding"}})'
samples = 'sum(increase(llm_eval_samples_total{{service="support-bot",eval="grounding"}}[30s]))'
min-samples = 20
[signal.fallback_share]
from = "prom"
query = 'max(llm_fallback_share{{service="support-bot"}})'
warn = "> 1"
crit = "> 1"
[signal.prompt_good]
from = "prom"
query = 'min(llm_prompt_good{{service="support-bot"}})'
layer = "quality"
unit = "ratio"
better = "higher"
meaning = "share of answers made with the good prompt"
warn = "< 0"

[change.prompts]
from = "prompts"
prompt = "support"
[change.flags]
from = "flags"

[lever.prompt]
from = "prompts"
prompt = "support"
alias = "production"
[lever.assistant]
from = "flags"
flag = "ai-assistant"
environment = "development"
normal = "on"
contained = "off"

[action.rollback-prompt]
kind = "rollback_prompt"
key = "R"
title = "Roll the prompt back to the last good version"
lever = "prompt"
to = "last-good"
effect = {{ all = ['prompt_good == 1'], within = "60s" }}
[action.kill-assistant]
kind = "kill_feature"
key = "K"
title = "Kill switch: assistant off, users get the help form"
lever = "assistant"
to = "contained"
effect = {{ all = ['fallback_share > 0.95'], within = "60s" }}
"#,
            prometheus = self.prometheus.url,
            mlflow = self.mlflow.url,
            unleash = self.unleash.url,
            admin = self.unleash.admin_token.display(),
            client = self.unleash.client_token.display(),
        )
    }

    /// Runs the real program; its exit code and its JSON.
    async fn breakglass(&self, arguments: &[&str]) -> (i32, Value) {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_breakglass"));
        command.args(arguments).arg("--json").arg("--config").arg(self.config()).arg("--journal").arg(self.journal());
        command.stdin(Stdio::null()).kill_on_drop(true).env("HOME", self.directory.path());
        let run = tokio::time::timeout(Duration::from_mins(2), command.output()).await;
        let output = run.unwrap_or_else(|_| panic!("{arguments:?} does not end")).expect("the program starts");
        let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        println!("breakglass {arguments:?}: {:?}\n{text}{errors}", output.status.code());
        for secret in ["unleash-insecure-admin-api-token", "unleash-insecure-client-api-token"] {
            assert!(!text.contains(secret) && !errors.contains(secret), "a token was shown");
        }
        let json = serde_json::from_str(&text).or_else(|_| serde_json::from_str(&errors)).unwrap_or_default();
        (output.status.code().unwrap_or(-1), json)
    }

    /// Previews, then fires exactly the plan that was shown. Waits out the pause between two writes on one lever.
    async fn fire(&self, what: &[&str]) -> Value {
        for _ in 0..10 {
            let (code, plan) = self.breakglass(what).await;
            assert_eq!(code, 0, "{what:?} cannot be previewed: {plan}");
            let digest = plan["digest"].as_str().expect("a digest");
            // Past a restore gate that is shut only with an override; here the story wants to see the bad prompt again.
            let shut = !plan["gate"].is_null() && plan["gate"]["open"] != true;
            let word = match plan["lever"]["id"].as_str().expect("a lever") {
                _ if shut => "override rehearsal to see it fail again".to_owned(),
                lever => format!("{lever} rehearsal"),
            };
            let mut arguments = what.to_vec();
            arguments.extend(["--yes-plan", digest]);
            if shut || plan["tier"].as_u64().is_some_and(|tier| tier > 1) {
                arguments.extend(["--type", word.as_str()]);
            }
            let (code, run) = self.breakglass(&arguments).await;
            if code == 6 && run.to_string().contains("wait") {
                tokio::time::sleep(Duration::from_secs(2)).await;
                continue;
            }
            assert_eq!(code, 0, "{what:?} did not end well: {run}");
            return run;
        }
        panic!("{what:?} was refused again and again");
    }

    /// The change that `triage` suspects. The onset takes two points of history after the fall, which are a minute apart.
    async fn suspect(&self) -> Value {
        let wait = async {
            loop {
                let (_, triage) = self.breakglass(&["triage"]).await;
                if !triage["suspect"].is_null() {
                    return triage["suspect"].clone();
                }
                tokio::time::sleep(Duration::from_secs(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(4), wait).await.expect("a suspect within four minutes")
    }

    /// Waits until Prometheus itself says so: everything below is read from there.
    async fn seen(&self, expression: &str, value: f64) {
        let wait = async {
            while self.prometheus.value(expression).await != Some(value) {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let done = tokio::time::timeout(Duration::from_secs(30), wait).await;
        assert!(done.is_ok(), "Prometheus never showed {expression} = {value}");
    }
}

fn private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_night_on_real_servers() {
    let stage = Stage::set().await;
    stage.seen("llm_eval_score", 0.93).await;
    stage.seen("count_over_time(llm_eval_samples_total[8s]) > bool 5", 1.0).await;

    // A quiet night: nothing to say, and green only because it was measured.
    let (code, status) = stage.breakglass(&["status"]).await;
    assert_eq!((code, &status["status"]), (0, &Value::from("OK")), "{status}");

    // Dana releases a prompt, and every answer is wrong with confidence.
    stage.mlflow.add_version("support", BAD).await;
    stage.mlflow.set_alias("support", "production", "2").await;
    stage.seen("llm_eval_score", 0.71).await;
    stage.seen("count(ALERTS{alertname=\"GroundingLow\",alertstate=\"firing\"})", 1.0).await;

    // The symptom is known at once; who is suspected, as soon as history shows when it began.
    let (_, triage) = stage.breakglass(&["triage"]).await;
    assert_eq!(triage["symptoms"][0]["id"], "wrong-consistent", "{triage}");
    assert_eq!(triage["symptoms"][0]["actions"][0], "rollback_prompt");
    let suspect = stage.suspect().await;
    assert_eq!((&suspect["kind"], &suspect["what"]), (&"prompt".into(), &"support v1 → v2".into()), "{suspect}");

    // Contain: exactly the previewed plan, and verified only because the traffic shows it.
    let (_, plan) = stage.breakglass(&["act", "rollback-prompt"]).await;
    assert_eq!((&plan["lever"]["now"], &plan["lever"]["after"]), (&"2".into(), &"1".into()), "{plan}");
    assert_eq!(stage.mlflow.serves("support", "production").await, BAD, "a preview changes nothing");
    let run = stage.fire(&["act", "rollback-prompt"]).await;
    assert_eq!(run["state"], "verified", "{run}");
    assert_eq!(stage.mlflow.serves("support", "production").await, GOOD);
    stage.seen("llm_eval_score", 0.93).await;

    // Undo restores the exact prior setting.
    let id = run["run"].as_str().expect("a run").to_owned();
    stage.fire(&["undo", &id]).await;
    assert_eq!(stage.mlflow.serves("support", "production").await, BAD);
    stage.seen("llm_eval_score", 0.71).await;

    // The kill switch, believed only at the client API.
    assert!(stage.unleash.serves_on("ai-assistant").await);
    let run = stage.fire(&["act", "kill-assistant"]).await;
    assert_eq!(run["state"], "verified", "{run}");
    assert!(!stage.unleash.serves_on("ai-assistant").await);

    let (code, verified) = stage.breakglass(&["journal", "verify"]).await;
    assert_eq!(code, 0, "{verified}");
}
