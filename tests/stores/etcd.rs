//! etcd's JSON gateway with users, of the shape that 3.4.23 gave.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use breakglass::domain::endpoint::{EndpointSpec, Vendor};
use breakglass::domain::lever::{LeverTarget, Setting, forms};
use breakglass::domain::plan::CheckStatus;
use serde_json::{Value, json};

use crate::contract::{self, Subject};
use crate::fake::{Asked, Fake, Told, json};

/// Values with the revision of their last write, by key; all in base64. And the revision of the whole store.
struct Store {
    values: BTreeMap<String, (String, u64)>,
    revision: u64,
    /// Nobody without a password may anything.
    guarded: bool,
}

impl Store {
    fn new(guarded: bool) -> Self {
        let held = |key: &str, value: &str, revision| (encoded(key), (encoded(value), revision));
        let values = [held("flags/llm", "on", 7), held("flags/doc", r#"{"by":"dana","on":true}"#, 8)];
        Self { values: values.into(), revision: 8, guarded }
    }
}

fn refused(status: u16, code: u16, words: &str) -> Told {
    json(status, &json!({ "error": words, "message": words, "code": code }))
}

fn answer(store: &mut Store, asked: &Asked) -> Told {
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    if asked.path == "/v3/auth/authenticate" {
        return match body["password"].as_str() {
            Some("oncall-password") => json(200, &json!({ "header": {}, "token": "simple-token.1" })),
            _ => refused(400, 3, "etcdserver: authentication failed, invalid user ID or password"),
        };
    }
    match asked.header("authorization") {
        _ if !store.guarded => {}
        "simple-token.1" => {}
        "" => return refused(400, 3, "etcdserver: user name is empty"),
        _ => return refused(401, 16, "etcdserver: invalid auth token"),
    }
    let header = json!({ "revision": store.revision.to_string() });
    match asked.path.as_str() {
        "/v3/auth/user/get" => json(200, &json!({ "header": header, "roles": ["flags"] })),
        "/v3/auth/role/get" => {
            let permission =
                json!({ "permType": "READWRITE", "key": encoded("flags/"), "range_end": encoded("flags0") });
            json(200, &json!({ "header": header, "perm": [permission] }))
        }
        "/v3/kv/range" => {
            let key = body["key"].as_str().unwrap_or_default();
            let Some((value, revision)) = store.values.get(key) else { return json(200, &json!({ "header": header })) };
            let pair = json!({ "key": key, "mod_revision": revision.to_string(), "value": value });
            json(200, &json!({ "header": header, "kvs": [pair], "count": "1" }))
        }
        "/v3/kv/txn" => transact(store, &body),
        _ => refused(404, 5, "Not Found"),
    }
}

/// A comparison that loses is a 200 without `succeeded`.
fn transact(store: &mut Store, body: &Value) -> Told {
    let compare = &body["compare"][0];
    let key = compare["key"].as_str().unwrap_or_default().to_owned();
    let now = store.values.get(&key).map_or(0, |(_, revision)| *revision).to_string();
    let seen = if compare["target"] == "CREATE" { &compare["create_revision"] } else { &compare["mod_revision"] };
    if *seen != now {
        return json(200, &json!({ "header": { "revision": store.revision.to_string() } }));
    }
    store.revision += 1;
    match body["success"][0].pointer("/request_put/value").and_then(Value::as_str) {
        Some(value) => drop(store.values.insert(key, (value.to_owned(), store.revision))),
        None => drop(store.values.remove(&key)),
    }
    json(200, &json!({ "header": { "revision": store.revision.to_string() }, "succeeded": true }))
}

fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}

fn key(key: &str, pointer: &str) -> LeverTarget {
    forms::ETCD_KEY.at([("key", key), ("pointer", pointer)])
}

#[tokio::test]
async fn etcd_keeps_the_contract() {
    let fake = Fake::start(Store::new(false), answer).await;
    let (endpoint, _token) = crate::endpoint(Vendor::Etcd, &fake.url(), "");
    let whole = Subject {
        endpoint: EndpointSpec { secret: None, ..endpoint },
        target: key("flags/llm", ""),
        other: Setting::Switch(false),
        missing: key("flags/doc", "/no-such-place"),
    };
    contract::keeps_the_contract(&whole).await;
    contract::keeps_the_contract(&Subject { target: key("flags/doc", "/on"), ..whole.clone() }).await;
    let first = Subject { target: key("flags/new", ""), other: Setting::Switch(true), ..whole };
    contract::keeps_the_contract(&first).await;
}

#[tokio::test]
async fn an_etcd_with_users_takes_its_password_and_no_other() {
    let fake = Fake::start(Store::new(true), answer).await;
    let (mut endpoint, _password) = crate::endpoint(Vendor::Etcd, &fake.url(), "oncall-password");
    endpoint.user = Some("oncall".into());
    let missing = key("flags/doc", "/no-such-place");
    let guarded = Subject { endpoint, target: key("flags/llm", ""), other: Setting::Switch(false), missing };
    contract::can_be_probed_without_a_write(&guarded).await;
    contract::moves_is_served_and_comes_back_exactly(&guarded).await;
    contract::a_wrong_token_is_refused(&guarded).await;
    let checks = guarded.levers().probe(&key("routes/llm", "")).await;
    assert!(checks.iter().any(|check| check.status == CheckStatus::Fail), "no role reaches there: {checks:?}");
}
