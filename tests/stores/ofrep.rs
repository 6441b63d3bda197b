//! A server that evaluates the flags of a file as flagd and GO Feature Flag do, and answers by OFREP.

use std::path::PathBuf;

use breakglass::adapters::WriteOutcome;
use breakglass::domain::endpoint::Vendor;
use breakglass::domain::lever::{LeverTarget, Setting, forms};
use breakglass::domain::plan::CheckStatus;
use serde_json::{Value, json};

use crate::contract::{self, Subject};
use crate::fake::{Asked, Fake, Told, json};

const FLAGD: &str = r#"{"flags":{
  "llm": {"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"},
  "gone": {"state":"DISABLED","variants":{"on":true,"off":false},"defaultVariant":"on"},
  "aimed": {"state":"ENABLED","variants":{"a":"openai","b":"anthropic"},"defaultVariant":"b",
            "targeting":{"fractional":[["a",70],["b",30]]}}
}}
"#;
const GO: &str = r#"[llm]
variations = { on = true, off = false }
disable = false

[llm.defaultRule]
variation = "on"          # moved by the cockpit
"#;
const GO_YAML: &str = r"# flags of the relay
llm:
  variations: { on: true, off: false }
  defaultRule:
    variation: on           # moved by the cockpit
  disable: false
other:
  variations: {on: true, off: false}
  defaultRule: {variation: on}
";

/// Reads its file for every evaluation, unless it stopped watching.
struct Server {
    file: PathBuf,
    frozen: Option<String>,
}

fn answer(server: &mut Server, asked: &Asked) -> Told {
    if asked.header("authorization") != "Bearer ofrep-token" {
        return json(401, &json!({ "errorDetails": "unauthorized" }));
    }
    let text = server.frozen.clone().unwrap_or_else(|| std::fs::read_to_string(&server.file).expect("a file"));
    let name = asked.path.strip_prefix("/ofrep/v1/evaluate/flags/").unwrap_or("");
    let flag: Value = match server.file.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => toml::from_str::<Value>(&text).expect("toml")[name].clone(),
        Some("yaml") => relay(&text, name),
        _ => serde_json::from_str::<Value>(&text).expect("json")["flags"][name].clone(),
    };
    if flag.is_null() || asked.method != "POST" {
        return json(404, &json!({ "key": name, "errorCode": "FLAG_NOT_FOUND" }));
    }
    if flag["state"] == "DISABLED" {
        return json(200, &json!({ "key": name, "reason": "DISABLED", "metadata": {} }));
    }
    let variant = if flag["targeting"].is_object() { &json!("a") } else { &flag["defaultVariant"] };
    let variant = if variant.is_null() { &flag["defaultRule"]["variation"] } else { variant };
    json(200, &json!({ "key": name, "reason": "STATIC", "variant": variant, "metadata": {} }))
}

/// As much YAML as this one file needs, read by other means than the adapter's.
fn relay(text: &str, name: &str) -> Value {
    let rest = text.split_once(&format!("\n{name}:\n"));
    let variation = rest.and_then(|(_, flag)| flag.split_once("    variation: "));
    let word = variation.and_then(|(_, word)| word.split_whitespace().next());
    word.map_or(Value::Null, |word| json!({ "defaultRule": { "variation": word } }))
}

struct Stage {
    subject: Subject,
    _kept: (Fake, tempfile::TempDir, tempfile::TempDir),
}

impl Stage {
    async fn set(name: &str, text: &str, frozen: bool) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join(name);
        std::fs::write(&file, text).expect("written");
        let frozen = frozen.then(|| text.to_owned());
        let fake = Fake::start(Server { file: file.clone(), frozen }, answer).await;
        let (endpoint, token) = crate::endpoint(Vendor::Ofrep, &fake.url(), "ofrep-token");
        let path = file.display().to_string();
        let format = if [GO, GO_YAML].contains(&text) { "go-feature-flag" } else { "flagd" };
        let flag = |flag: &str| -> LeverTarget {
            forms::OFREP_FLAG.at([("flag", flag), ("path", path.as_str()), ("format", format)])
        };
        let subject =
            Subject { endpoint, target: flag("llm"), other: Setting::Switch(false), missing: flag("no-such-flag") };
        Self { subject, _kept: (fake, directory, token) }
    }

    fn at(&self, flag: &str) -> Subject {
        let path = self.subject.target.key("path").to_owned();
        let target = forms::OFREP_FLAG.at([("flag", flag), ("path", path.as_str())]);
        Subject { target, ..self.subject.clone() }
    }
}

#[tokio::test]
async fn a_default_variant_moves_in_the_file_is_evaluated_and_comes_back_to_the_byte() {
    for (name, text) in [("flags.json", FLAGD), ("flags.toml", GO), ("flags.yaml", GO_YAML)] {
        let stage = Stage::set(name, text, false).await;
        let subject = &stage.subject;
        contract::can_be_probed_without_a_write(subject).await;
        contract::moves_is_served_and_comes_back_exactly(subject).await;
        contract::a_missing_target_is_named(subject).await;
        assert_eq!(subject.read().await.raw, text);

        let before = subject.read().await;
        subject.move_to(&before, &subject.other).await;
        let moved = subject.read().await.raw;
        assert_eq!(moved.lines().filter(|line| !text.contains(line)).count(), 1, "one line moves: {moved}");
        let outcome = subject.move_to(&before, &subject.other).await;
        assert!(matches!(outcome, WriteOutcome::Rejected(_)), "the file moved meanwhile: {outcome:?}");
    }
}

#[tokio::test]
async fn a_server_that_no_longer_watches_its_file_is_seen() {
    let stage = Stage::set("flags.json", FLAGD, true).await;
    let subject = &stage.subject;
    let outcome = subject.move_to(&subject.read().await, &subject.other).await;
    assert!(matches!(outcome, WriteOutcome::Acknowledged(_)), "{outcome:?}");
    assert_eq!(subject.levers().served(&subject.target).await, Ok(Some(Setting::Switch(true))));
}

#[tokio::test]
async fn a_disabled_flag_is_no_kill_switch_and_targeting_is_told() {
    let stage = Stage::set("flags.json", FLAGD, false).await;
    let gone = stage.at("gone");
    let refused = gone.levers().plan(&gone.target, &gone.read().await, &Setting::Switch(false));
    assert!(refused.is_err_and(|why| why.contains("no kill switch")));
    let served = gone.levers().served(&gone.target).await.expect("an answer").expect("a setting");
    assert!(served.to_string().contains("own default"), "{served}");

    let aimed = stage.at("aimed");
    let checks = aimed.levers().probe(&aimed.target).await;
    assert!(checks.iter().any(|c| c.status == CheckStatus::Warn && c.why.contains("targeting wins")), "{checks:?}");
    let refused = aimed.levers().plan(&aimed.target, &aimed.read().await, &Setting::Pointer("c".into()));
    assert!(refused.is_err_and(|why| why.contains("it has: a, b")));
}
