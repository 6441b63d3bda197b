//! Levers whose behaviour is written in config, on real sockets: every `http` block of `docs/levers.md` against a small
//! fake of that store's shape, through the contract of every store with levers; and commands.

#![allow(clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

#[cfg(unix)]
mod commands;
#[path = "../contract/mod.rs"]
mod contract;
mod flags;
mod others;
mod server;

use std::time::Duration;

use breakglass::adapters::WriteOutcome;
use breakglass::config::Config;
use breakglass::domain::endpoint::SecretSource;
use breakglass::domain::lever::{LeverSpec, Setting};
use contract::{Except, Subject};
use serde_json::{Value, json};
use server::{Fake, Store, World};

const PAGE: &str = include_str!("../../docs/levers.md");
const HEAD: &str = "schema = 1\n[service]\nname = \"support-bot\"\nenvironment = \"prod\"\n";

/// The block of one store, as the page shows it.
fn block(store: &str) -> String {
    let section = PAGE.split("\n### ").find(|section| section.lines().next() == Some(store));
    let section = section.unwrap_or_else(|| panic!("the page has no {store}"));
    section.split("```toml\n").nth(1).and_then(|rest| rest.split("\n```").next()).expect("a block").to_owned()
}

fn load(text: &str) -> Config {
    breakglass::config::load_text("block", &format!("{HEAD}{text}")).unwrap_or_else(|problems| panic!("{problems}"))
}

fn lever(text: &str) -> LeverSpec {
    load(text).catalogue.levers.into_iter().next().expect("a lever")
}

/// One store of the page.
#[derive(Clone)]
struct Row {
    store: &'static str,
    fake: Store,
    /// The header by which it knows us.
    auth: (&'static str, &'static str),
    now: Value,
    other: Setting,
    /// What of the block is altered so that the lever is not there; the same twice if the store cannot tell.
    missing: (&'static str, &'static str),
}

const BEARER: (&str, &str) = ("authorization", "Bearer right-token");
const RAW: (&str, &str) = ("authorization", "right-token");
const NOBODY: (&str, &str) = ("", "");
const FLAG: (&str, &str) = ("ai-assistant", "no-such-flag");

fn off() -> Setting {
    Setting::Switch(false)
}

fn pointer(to: &str) -> Setting {
    Setting::Pointer(to.into())
}

fn weights(to: &str) -> Setting {
    Setting::Weights([(to.to_owned(), 1.0)].into())
}

fn row(
    store: &'static str,
    fake: Store,
    auth: (&'static str, &'static str),
    now: Value,
    other: Setting,
    missing: (&'static str, &'static str),
) -> Row {
    Row { store, fake, auth, now, other, missing }
}

fn rows() -> Vec<Row> {
    let flag = json!({ "key": "ai-assistant", "enabled": true, "rules": [{ "segment": "eu" }], "metadata": { "b": 1, "a": 2.5 } });
    let target =
        |key: &str, weight: f64| json!({ "virtual_key": key, "weight": weight, "override_params": { "model": key } });
    let config = json!({ "strategy": { "mode": "loadbalance" }, "targets": [target("openai-main", 0.7), target("anthropic-standby", 0.3)] });
    let models = json!([{ "model_definition_id": "d-primary", "linkage_type": "PRIMARY", "weight": 1.0 }]);
    let backends = json!([{ "name": "openai", "weight": 70, "priority": 0 }, { "name": "anthropic", "weight": 30, "priority": 1 }]);
    let basic_cat = ("authorization", "Basic YmFzaWMtYXV0aC11c2VyOnJpZ2h0LXRva2Vu");
    let basic_fuse = ("authorization", "Basic cGstbGYtMTpyaWdodC10b2tlbg==");
    vec![
        row("Unleash by http", flags::unleash, RAW, json!(true), off(), FLAG),
        row("LaunchDarkly by http", flags::launchdarkly, RAW, json!(true), off(), FLAG),
        row(
            "Flagsmith by http",
            flags::flagsmith,
            ("authorization", "Api-Key right-token"),
            json!(true),
            off(),
            ("feature = 12", "feature = 13"),
        ),
        row("Flipt v1", flags::flipt_one, BEARER, json!(true), off(), FLAG),
        row("Flipt v2", flags::flipt_two, BEARER, flag, off(), FLAG),
        row("GrowthBook", flags::growthbook, BEARER, json!(true), off(), FLAG),
        row("ConfigCat", flags::configcat, basic_cat, json!(true), off(), ("1234", "1235")),
        row(
            "Statsig",
            flags::statsig,
            ("statsig-api-key", "right-token"),
            json!(true),
            off(),
            ("ai_assistant", "no_such"),
        ),
        row("PostHog", flags::posthog, BEARER, json!(true), off(), ("1234", "1235")),
        row("Vercel", flags::vercel, BEARER, json!(true), off(), FLAG),
        row("Langfuse by http", others::langfuse, basic_fuse, json!(41), pointer("40"), ("\"support\"", "\"no-such\"")),
        row("Phoenix", others::phoenix, BEARER, json!("UHI6Mg=="), pointer("UHI6MQ=="), NOBODY),
        row(
            "LangSmith",
            others::langsmith,
            ("x-api-key", "right-token"),
            json!("abc"),
            pointer("def"),
            ("\"support\"", "\"no-such\""),
        ),
        row(
            "MLflow alias by http",
            others::mlflow_alias,
            NOBODY,
            json!("42"),
            pointer("41"),
            ("\"support\"", "\"no-such\""),
        ),
        row("MLflow gateway by http", others::mlflow_gateway, NOBODY, models, weights("d-standby"), ("e-1", "e-2")),
        row("LiteLLM by http", others::litellm, BEARER, json!(false), off(), ("\"dep-a\"", "\"dep-z\"")),
        row(
            "Portkey",
            others::portkey,
            ("x-portkey-api-key", "right-token"),
            config,
            weights("anthropic-standby"),
            ("pc-support", "pc-none"),
        ),
        row(
            "Kong",
            others::kong,
            ("kong-admin-token", "right-token"),
            json!(100),
            Setting::Number(0.0),
            ("a.internal:443", "z.internal:443"),
        ),
        row(
            "APISIX",
            others::apisix,
            ("x-api-key", "right-token"),
            json!({ "a.internal:443": 4, "b.internal:443": 1 }),
            weights("b.internal:443"),
            ("upstream = \"1\"", "upstream = \"2\""),
        ),
        row(
            "Envoy AI Gateway",
            others::envoy,
            BEARER,
            backends,
            weights("anthropic"),
            ("\"support-bot\"", "\"no-such\""),
        ),
        row(
            "GitHub contents",
            others::github,
            BEARER,
            json!("v42\n"),
            pointer("v41"),
            ("prompt-version\"", "no-such\""),
        ),
        row("Consul by http", others::consul, ("x-consul-token", "right-token"), json!("on"), off(), NOBODY),
        row("etcd by http", others::etcd, RAW, json!("b24="), off(), NOBODY),
    ]
}

/// The row's block on a fake of its own. Hold on to the fake: it stops when it is dropped.
async fn subject(row: &Row, now: Value) -> (Fake, tempfile::TempDir, Subject) {
    let served = now.get("enabled").cloned().unwrap_or_else(|| now.clone());
    let world = World { now, served, revision: 1, ..World::default() };
    let fake = Fake::start(row.fake, world, (row.auth.0, row.auth.1.to_owned())).await;
    let config = load(&block(row.store));
    let mut endpoint = config.endpoints.first().expect("an endpoint").clone();
    let prefix = url::Url::parse(&endpoint.url).expect("a url").path().trim_end_matches('/').to_owned();
    endpoint.url = format!("http://127.0.0.1:{}{prefix}", fake.port);
    let secrets = tempfile::tempdir().expect("a directory");
    let secret = |name: &str| {
        let path = secrets.path().join(name);
        std::fs::write(&path, name).expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("changed");
        }
        SecretSource::File(path)
    };
    endpoint.secret = endpoint.secret.is_some().then(|| secret("right-token"));
    endpoint.serving_secret = endpoint.serving_secret.is_some().then(|| secret("client-token"));
    let target = lever(&block(row.store)).target;
    let missing = lever(&block(row.store).replace(row.missing.0, row.missing.1)).target;
    let other = row.other.clone();
    (fake, secrets, Subject { endpoint, target, other, missing })
}

fn except(row: &Row) -> Except {
    let judged_by_body = matches!(row.store, "Consul by http" | "etcd by http");
    Except { missing: row.missing == NOBODY, bare_yes: judged_by_body, ..Except::default() }
}

async fn each(run: impl AsyncFn(Row)) {
    futures::future::join_all(rows().into_iter().map(|row| run(row))).await;
}

#[test]
fn every_http_block_of_the_page_has_its_fake() {
    let listed: Vec<&str> = rows().iter().map(|row| row.store).collect();
    let shown = PAGE.split("\n### ").skip(1).filter(|section| section.contains("vendor = \"http\""));
    for store in shown.filter_map(|section| section.lines().next()) {
        assert!(listed.contains(&store), "{store} is shown and never run");
    }
}

#[tokio::test]
async fn every_http_block_of_the_page_keeps_the_contract() {
    each(async |row: Row| {
        let (_fake, _secrets, subject) = subject(&row, row.now.clone()).await;
        contract::keeps_the_contract_except(&subject, except(&row)).await;
    })
    .await;
}

#[tokio::test]
async fn undo_leaves_the_store_as_it_was_to_the_byte() {
    each(async |row: Row| {
        let (fake, _secrets, subject) = subject(&row, row.now.clone()).await;
        let before = fake.world().now.clone();
        contract::moves_is_served_and_comes_back_exactly(&subject).await;
        assert_eq!(fake.world().now.to_string(), before.to_string(), "{}", row.store);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_set_is_a_setting_and_undo_takes_it_away_again() {
    let able = ["Phoenix", "MLflow alias by http", "Consul by http", "etcd by http"];
    for row in rows().into_iter().filter(|row| able.contains(&row.store)) {
        let (fake, _secrets, subject) = subject(&row, Value::Null).await;
        assert_eq!(subject.read().await.setting, Setting::Unset, "{}", row.store);
        contract::keeps_the_contract_except(&subject, except(&row)).await;
        assert!(fake.world().now.is_null(), "{}", row.store);
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused_by_every_store_that_asks_for_one() {
    each(async |row: Row| {
        let (_fake, _secrets, subject) = subject(&row, row.now.clone()).await;
        if subject.endpoint.secret.is_some() {
            contract::a_wrong_token_is_refused(&subject).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_yes_that_the_serving_side_does_not_follow_is_seen() {
    for row in rows().into_iter().filter(|row| ["Unleash by http", "Flipt v1", "Flipt v2"].contains(&row.store)) {
        let (fake, _secrets, subject) = subject(&row, row.now.clone()).await;
        fake.world().frozen = true;
        let before = subject.read().await;
        let outcome = subject.move_to(&before, &row.other).await;
        assert!(matches!(outcome, WriteOutcome::Acknowledged(_)), "{outcome:?}");
        assert!(subject.read().await.setting.same(&row.other), "stored");
        let served = subject.levers().served(&subject.target).await.expect("answers").expect("has a serving side");
        assert!(served.same(&before.setting), "{}: stored is not served", row.store);
    }
}

#[tokio::test]
async fn probing_writes_nothing_and_versions_are_listed() {
    each(async |row: Row| {
        let (fake, _secrets, subject) = subject(&row, row.now.clone()).await;
        subject.levers().probe(&subject.target).await;
        let versions = subject.levers().versions(&subject.target).await.expect("listed");
        assert_eq!(fake.world().revision, 1, "{}", row.store);
        let writes =
            |line: &String| !line.starts_with("GET") && !line.contains("/range") && !line.contains("/evaluate/");
        assert!(!fake.world().log.iter().any(writes), "{}", row.store);
        let expected = if ["Phoenix", "MLflow alias by http"].contains(&row.store) { 2 } else { 0 };
        assert_eq!(versions.len(), expected, "{}", row.store);
        assert!(subject.levers().contract(&subject.target).propagation > Duration::ZERO);
    })
    .await;
}
