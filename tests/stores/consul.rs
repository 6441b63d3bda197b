//! Consul's key-value store, as its API documentation describes it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use breakglass::domain::endpoint::Vendor;
use breakglass::domain::lever::{Setting, forms};
use serde_json::json;

use crate::contract::{self, Subject};
use crate::fake::{Asked, Fake, Told, json, text};

/// Values with their index; and the index of the next write.
#[derive(Default)]
struct Store {
    values: BTreeMap<String, (String, u64)>,
    next: u64,
}

fn answer(store: &mut Store, asked: &Asked) -> Told {
    if asked.header("x-consul-token") != "consul-token" {
        return text(403, "Permission denied: token lacks permission 'key:write'");
    }
    let Some(key) = asked.path.strip_prefix("/v1/kv/").map(ToOwned::to_owned) else { return text(404, "no route") };
    let held = store.values.get(&key).cloned();
    match asked.method.as_str() {
        "GET" => match held {
            None => text(404, ""),
            Some((value, index)) => json(
                200,
                &json!([{ "CreateIndex": 1, "ModifyIndex": index, "LockIndex": 0, "Key": key, "Flags": 0, "Value": STANDARD.encode(value) }]),
            ),
        },
        method => {
            if asked.query("cas") != held.map_or(0, |(_, index)| index).to_string() {
                return text(200, "false");
            }
            store.next += 1;
            if method == "PUT" {
                store.values.insert(key, (asked.body.clone(), 100 + store.next));
            } else {
                store.values.remove(&key);
            }
            text(200, "true")
        }
    }
}

#[tokio::test]
async fn consul_keeps_the_contract() {
    let mut store = Store::default();
    store.values.insert("flags/llm".into(), ("on".into(), 7));
    store.values.insert("flags/doc".into(), (r#"{"by":"dana","on":true}"#.into(), 8));
    let fake = Fake::start(store, answer).await;
    let (endpoint, _token) = crate::endpoint(Vendor::Consul, &fake.url(), "consul-token");
    let key = |key: &str, pointer: &str| forms::CONSUL_KEY.at([("key", key), ("pointer", pointer)]);
    let whole = Subject {
        endpoint,
        target: key("flags/llm", ""),
        other: Setting::Switch(false),
        missing: key("flags/doc", "/no-such-place"),
    };
    contract::keeps_the_contract(&whole).await;
    contract::a_wrong_token_is_refused(&whole).await;
    contract::keeps_the_contract(&Subject { target: key("flags/doc", "/on"), ..whole.clone() }).await;

    let first = Subject { target: key("flags/new", ""), other: Setting::Switch(true), ..whole };
    assert_eq!(first.read().await.setting, Setting::Unset, "no key is a setting, not an error");
    contract::keeps_the_contract(&first).await;
}
