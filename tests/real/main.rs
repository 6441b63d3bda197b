//! The same promises against real servers: Unleash on PostgreSQL, MLflow with its gateway, Prometheus.
//!
//! Installs them on first use (npm, pip, apt) and boots them on loopback with free ports; ends only what it started.
//! `cargo test --features real-servers --test real`. Downloads stay in `$BREAKGLASS_REAL_DIR` (default `target/real`).

#![expect(clippy::disallowed_methods, reason = "boots real servers: needs commands, the environment and a clock")]
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test says what it expects, and tells")]

mod alertmanager;
#[path = "../contract/mod.rs"]
mod contract;
mod etcd;
mod fake;
mod http;
mod install;
mod mlflow;
#[path = "../responders/pair.rs"]
mod pair;
mod postgres;
mod process;
mod prometheus;
mod redis;
mod story;
mod team;
mod unleash;

use std::time::Duration;

use breakglass::adapters::build::build;
use breakglass::domain::endpoint::{EndpointSpec, FeedSpec, SecretSource, Vendor};
use breakglass::domain::lever::{Setting, forms};
use contract::Subject;
use jiff::{SignedDuration, Timestamp};

fn endpoint(vendor: Vendor, url: &str) -> EndpointSpec {
    EndpointSpec {
        id: vendor.word().parse().expect("valid"),
        vendor,
        url: url.to_owned(),
        secret: None,
        serving_secret: None,
        user: None,
        secret_header: None,
        ca_file: None,
        timeout: Duration::from_secs(10),
        interval: Duration::from_secs(5),
    }
}

fn feed(what: &str) -> FeedSpec {
    FeedSpec {
        id: "feed".parse().expect("valid"),
        from: "store".parse().expect("valid"),
        kind: None,
        what: what.to_owned(),
        fields: None,
    }
}

fn an_hour_ago() -> Timestamp {
    breakglass::clock::now() - SignedDuration::from_hours(1)
}

#[tokio::test]
async fn unleash_keeps_the_contract() {
    let unleash = unleash::Unleash::boot().await;
    let mut endpoint = endpoint(Vendor::Unleash, &unleash.url);
    endpoint.secret = Some(SecretSource::File(unleash.admin_token.clone()));
    endpoint.serving_secret = Some(SecretSource::File(unleash.client_token.clone()));
    let flag = |flag: &str| forms::UNLEASH_FLAG.at([("flag", flag), ("environment", "development")]);
    let rollout = |flag: &str| forms::UNLEASH_ROLLOUT.at([("rollout", flag), ("environment", "development")]);

    // The first `on` creates a strategy, which undo has to remove again.
    unleash.create_flag("untouched").await;
    let first_on = Subject {
        endpoint: endpoint.clone(),
        target: flag("untouched"),
        other: Setting::Switch(true),
        missing: flag("no-such-flag"),
    };
    contract::keeps_the_contract(&first_on).await;
    contract::a_wrong_token_is_refused(&first_on).await;

    unleash.create_flag("assistant").await;
    unleash.roll_out("assistant", "100").await;
    unleash.switch("assistant", true).await;
    let kill_switch = Subject { target: flag("assistant"), other: Setting::Switch(false), ..first_on.clone() };
    contract::keeps_the_contract(&kill_switch).await;
    let gradual = Subject {
        target: rollout("assistant"),
        other: Setting::Number(25.0),
        missing: rollout("no-such-flag"),
        ..first_on.clone()
    };
    contract::keeps_the_contract(&gradual).await;
    let variants = |flag: &str| forms::UNLEASH_VARIANTS.at([("variants", flag), ("environment", "development")]);
    let weighed = Subject {
        target: variants("assistant"),
        other: Setting::Weights([("b".into(), 0.999), ("a".into(), 0.001)].into()),
        missing: variants("no-such-flag"),
        ..first_on
    };
    contract::keeps_the_contract(&weighed).await;
    let all_to_the_fixed_one = Subject { other: Setting::Weights([("b".into(), 1.0)].into()), ..weighed };
    contract::keeps_the_contract(&all_to_the_fixed_one).await;

    // Somebody edits the strategy while it is off: undo puts the strategy back whole, variants included.
    let before = kill_switch.read().await;
    let stored = kill_switch.move_to(&before, &Setting::Switch(false)).await;
    assert!(matches!(stored, breakglass::adapters::WriteOutcome::Acknowledged(_)), "{stored:?}");
    unleash.wipe_variants("assistant").await;
    assert_ne!(kill_switch.read().await.raw, before.raw);
    kill_switch.restore(&before).await;
    assert_eq!(kill_switch.read().await.raw, before.raw);

    let changes = build(&endpoint).changes.expect("Unleash reports changes");
    let changes = changes.since(&feed("default"), an_hour_ago()).await.expect("the log can be read");
    let told: Vec<_> = changes.iter().map(|change| change.what.as_str()).collect();
    assert!(told.contains(&"assistant in development: on → off"), "{told:?}");
    assert!(told.contains(&"assistant in development: rollout 100 % → 25 %"), "{told:?}");
    assert!(told.contains(&"assistant in development: variants 70 % a, 30 % b → 0 % a, 100 % b"), "{told:?}");
    assert!(changes.iter().all(|change| change.who.as_deref() == Some("admin")), "{changes:?}");
}

#[tokio::test]
async fn etcd_keeps_the_contract() {
    let etcd = etcd::Etcd::boot().await;
    etcd.put("ZmxhZ3MvbGxtLWtpbGw=", "b24=").await;
    // flags/doc = {"on":true,"by":"dana"}
    etcd.put("ZmxhZ3MvZG9j", "eyJvbiI6dHJ1ZSwiYnkiOiJkYW5hIn0=").await;
    let key = |key: &str, pointer: &str| forms::ETCD_KEY.at([("key", key), ("pointer", pointer)]);
    let open = Subject {
        endpoint: endpoint(Vendor::Etcd, &etcd.url),
        target: key("flags/llm-kill", ""),
        other: Setting::Switch(false),
        missing: key("flags/doc", "/no-such-place"),
    };
    contract::keeps_the_contract(&open).await;
    contract::keeps_the_contract(&Subject { target: key("flags/doc", "/on"), ..open.clone() }).await;
    let first = Subject { target: key("flags/new", ""), other: Setting::Switch(true), ..open.clone() };
    assert_eq!(first.read().await.setting, Setting::Unset, "no key is a setting, not an error");
    contract::keeps_the_contract(&first).await;

    let directory = tempfile::tempdir().expect("a directory");
    let password = directory.path().join("password");
    std::fs::write(&password, "oncall-password").expect("written");
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("changed");
    etcd.ask_for_passwords("oncall-password").await;
    let stranger = open.levers().read(&open.target).await.expect_err("a password is asked for");
    assert!(matches!(stranger, breakglass::domain::cause::Fault::NotAllowed { .. }), "{stranger}");
    let mut guarded = open;
    guarded.endpoint.user = Some("oncall".into());
    guarded.endpoint.secret = Some(SecretSource::File(password));
    contract::can_be_probed_without_a_write(&guarded).await;
    contract::moves_is_served_and_comes_back_exactly(&guarded).await;
    contract::a_wrong_token_is_refused(&guarded).await;
    let elsewhere = guarded.levers().probe(&key("routes/llm", "")).await;
    assert!(elsewhere.iter().any(|check| check.status == breakglass::domain::plan::CheckStatus::Fail), "{elsewhere:?}");
}

#[tokio::test]
async fn redis_keeps_the_contract() {
    let redis = redis::Redis::boot().await;
    redis.say("SET flag:llm on EX 5000").await;
    redis.say(r#"SET flag:doc '{"on":true}'"#).await;
    let key = |key: &str, pointer: &str| forms::REDIS_KEY.at([("key", key), ("pointer", pointer)]);
    let open = Subject {
        endpoint: endpoint(Vendor::Redis, &redis.url()),
        target: key("flag:llm", ""),
        other: Setting::Switch(false),
        missing: key("flag:doc", "/no-such-place"),
    };
    contract::keeps_the_contract(&open).await;
    assert_ne!(redis.say("TTL flag:llm").await, ":-1", "a move and its undo keep the time to live");
    let first = Subject { target: key("flag:new", ""), other: Setting::Switch(true), ..open.clone() };
    assert_eq!(first.read().await.setting, Setting::Unset, "no key is a setting, not an error");
    contract::keeps_the_contract(&first).await;
    assert_eq!(redis.say("EXISTS flag:new").await, ":0");

    let directory = tempfile::tempdir().expect("a directory");
    let password = directory.path().join("password");
    std::fs::write(&password, "oncall-password").expect("written");
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("changed");
    let mut guarded = open;
    guarded.endpoint.user = Some("oncall".into());
    guarded.endpoint.secret = Some(SecretSource::File(password));
    contract::can_be_probed_without_a_write(&guarded).await;
    contract::moves_is_served_and_comes_back_exactly(&guarded).await;
    contract::a_wrong_token_is_refused(&guarded).await;
    let elsewhere = guarded.levers().probe(&key("route:llm", "")).await;
    assert!(elsewhere.iter().any(|check| check.status == breakglass::domain::plan::CheckStatus::Fail), "{elsewhere:?}");
}

#[tokio::test]
async fn alertmanager_keeps_the_contract() {
    let alertmanager = alertmanager::Alertmanager::boot().await;
    alertmanager.fire("LLMErrors").await;
    let silence = |matchers: &str| forms::ALERTMANAGER_SILENCE.at([("silence", matchers), ("for", "2h")]);
    let target = silence(r#"alertname="LLMErrors", service=~"cha.""#);
    let quiet = Subject {
        endpoint: endpoint(Vendor::Alertmanager, &alertmanager.url),
        missing: target.clone(),
        target,
        other: Setting::Switch(true),
    };
    // Matchers of nothing are no error: they may match tomorrow.
    contract::keeps_the_contract_except(&quiet, contract::Except { missing: true, ..Default::default() }).await;

    quiet.move_to(&quiet.read().await, &Setting::Switch(true)).await;
    contract::served_becomes(&quiet, &Setting::Switch(true)).await;
    let on = quiet.read().await;
    quiet.move_to(&on, &Setting::Switch(false)).await;
    contract::served_becomes(&quiet, &Setting::Switch(false)).await;
    let outcome = quiet.restore(&on).await;
    assert!(matches!(outcome, breakglass::adapters::WriteOutcome::Acknowledged(_)), "{outcome:?}");
    contract::served_becomes(&quiet, &Setting::Switch(true)).await;
}

#[tokio::test]
async fn mlflow_keeps_the_contract() {
    let (first, second) = (fake::upstream("first").await, fake::upstream("second").await);
    let mlflow = mlflow::Mlflow::boot().await;
    let endpoint = endpoint(Vendor::Mlflow, &mlflow.url);

    mlflow.create_prompt("support", &["Answer {{q}} from the sources.", "Answer {{q}} quickly."]).await;
    mlflow.set_alias("support", "production", "2").await;
    let alias = |prompt: &str, alias: &str| forms::MLFLOW_ALIAS.at([("prompt", prompt), ("alias", alias)]);
    let rollback = Subject {
        endpoint: endpoint.clone(),
        target: alias("support", "production"),
        other: Setting::Pointer("1".into()),
        missing: alias("no-such-prompt", "production"),
    };
    contract::keeps_the_contract(&rollback).await;
    let first_time = Subject { target: alias("support", "staging"), ..rollback.clone() };
    assert_eq!(first_time.read().await.setting, Setting::Unset);
    contract::keeps_the_contract(&first_time).await;

    let versions = rollback.levers().versions(&rollback.target).await.expect("can be listed");
    let texts: Vec<_> = versions.iter().map(|version| version.text.as_deref().unwrap_or_default()).collect();
    assert_eq!(texts, ["Answer {{q}} quickly.", "Answer {{q}} from the sources."]);
    let changes = build(&endpoint).changes.expect("MLflow reports changes");
    let changes = changes.since(&feed("support"), an_hour_ago()).await.expect("can be listed");
    assert_eq!(changes[0].what, "support v1 → v2");
    assert_eq!(changes[0].before.as_deref(), Some("Answer {{q}} from the sources."));

    mlflow.create_route("chat-prod", &[("first", &first.url()), ("second", &second.url())]).await;
    let only = |name: &str| Setting::Weights([(name.to_owned(), 1.0)].into());
    let switch = Subject {
        target: forms::MLFLOW_ROUTE.at([("route", "chat-prod")]),
        other: only("second"),
        missing: forms::MLFLOW_ROUTE.at([("route", "no-such-route")]),
        ..rollback
    };
    contract::keeps_the_contract(&switch).await;

    // Stored is not effective: the gateway routes by its cache, so only its answers tell.
    mlflow.answers_from("chat-prod", "first").await;
    let before = switch.read().await;
    switch.move_to(&before, &only("second")).await;
    mlflow.answers_from("chat-prod", "second").await;
    switch.restore(&before).await;
    mlflow.answers_from("chat-prod", "first").await;
}
