//! Flagsmith's features, as its API documentation describes them.

use breakglass::domain::endpoint::{EndpointSpec, Vendor};
use breakglass::domain::lever::{LeverTarget, Setting, forms};
use breakglass::domain::plan::CheckStatus;
use serde_json::{Value, json};

use crate::contract::{self, Subject};
use crate::fake::{Asked, Fake, Told, json};

const FEATURE: &str = "/api/__future__/environments/AbCdEf/features/12/";

struct Store {
    default: Value,
    /// What the edge hands out stays as it was.
    stale: Option<Value>,
}

impl Store {
    fn new() -> Self {
        let value = json!({ "type": "string", "value": "gpt-a" });
        Self { default: json!({ "enabled": true, "value": value, "variants": [] }), stale: None }
    }
}

fn answer(store: &mut Store, asked: &Asked) -> Told {
    if asked.header("authorization") != "Api-Key flagsmith-key" {
        return json(401, &json!({ "detail": "Invalid API key" }));
    }
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", FEATURE) => json(
            200,
            &json!({ "environment_default": store.default, "segment_overrides": [{ "segment": { "id": 1 }, "enabled": true }] }),
        ),
        ("GET", "/api/v1/flags/") if asked.header("x-environment-key") == "AbCdEf" => {
            let served = store.stale.as_ref().unwrap_or(&store.default);
            let (enabled, value) = (&served["enabled"], &served["value"]["value"]);
            json(
                200,
                &json!([{ "feature": { "id": 12, "name": "llm" }, "enabled": enabled, "feature_state_value": value }]),
            )
        }
        ("GET", "/api/v1/audit/") if asked.query("project") == "7" => {
            let entry = json!({ "id": 4, "created_date": "2026-11-23T02:50:00.123456Z", "log": "Flag state updated for feature: llm",
                "author": { "id": 3, "email": "dana@example.test" }, "environment": { "id": 1, "name": "Production" } });
            json(200, &json!({ "count": 1, "next": null, "previous": null, "results": [entry] }))
        }
        ("PATCH", FEATURE) => {
            let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
            for (key, value) in body["environment_default"].as_object().into_iter().flatten() {
                store.default[key] = value.clone();
            }
            json(200, &json!({ "environment_default": store.default }))
        }
        _ => json(404, &json!({ "detail": "Not found." })),
    }
}

async fn started(store: Store) -> (Fake, EndpointSpec, tempfile::TempDir) {
    let fake = Fake::start(store, answer).await;
    let (endpoint, token) = crate::endpoint(Vendor::Flagsmith, &fake.url(), "flagsmith-key");
    (fake, endpoint, token)
}

fn feature(id: &str) -> LeverTarget {
    forms::FLAGSMITH_FEATURE.at([("feature", id), ("environment-key", "AbCdEf")])
}

fn subject(endpoint: EndpointSpec) -> Subject {
    Subject { endpoint, target: feature("12"), other: Setting::Switch(false), missing: feature("13") }
}

#[tokio::test]
async fn flagsmith_keeps_the_contract() {
    let (_fake, endpoint, _token) = started(Store::new()).await;
    let switch = subject(endpoint);
    contract::keeps_the_contract(&switch).await;
    contract::a_wrong_token_is_refused(&switch).await;
    let value = |id: &str| forms::FLAGSMITH_VALUE.at([("value", id), ("environment-key", "AbCdEf")]);
    let text = Subject { target: value("12"), other: Setting::Pointer("gpt-b".into()), missing: value("13"), ..switch };
    contract::keeps_the_contract(&text).await;
    let refused = text.levers().plan(&text.target, &text.read().await, &Setting::Number(3.0));
    assert!(refused.is_err_and(|why| why.contains("of type string")));
}

#[tokio::test]
async fn an_edge_that_has_not_heard_is_seen_and_overrides_are_told() {
    let (_fake, endpoint, _token) = started(Store { stale: Some(Store::new().default), ..Store::new() }).await;
    let switch = subject(endpoint);
    switch.move_to(&switch.read().await, &Setting::Switch(false)).await;
    assert_eq!(switch.read().await.setting, Setting::Switch(false));
    assert_eq!(switch.levers().served(&switch.target).await, Ok(Some(Setting::Switch(true))));
    let checks = switch.levers().probe(&switch.target).await;
    assert!(checks.iter().any(|c| c.status == CheckStatus::Warn && c.why.contains("1 segment")), "{checks:?}");
}

#[tokio::test]
async fn the_audit_log_is_a_feed_of_one_project() {
    let (_fake, endpoint, _token) = started(Store::new()).await;
    let changes = crate::changes(&endpoint, "7").await.expect("changes");
    assert_eq!(changes[0].what, "Flag state updated for feature: llm in Production");
    assert_eq!(changes[0].who.as_deref(), Some("dana@example.test"));
    assert!(crate::changes(&endpoint, "8").await.is_err());
}
