//! Unleash with a token and with a client API that hears nothing. Everything else of it is tried on the sandbox, in
//! `tests/contract.rs`, and on the real one, in `tests/real`.

use breakglass::domain::endpoint::{SecretSource, Vendor};
use breakglass::domain::lever::{LeverTarget, Setting, forms};
use serde_json::json;

use crate::contract::{self, Subject};
use crate::fake::{Asked, Fake, Told, json, text};

const ENVIRONMENT: &str = "/api/admin/projects/default/features/llm/environments/production";

struct Store {
    enabled: bool,
}

fn answer(store: &mut Store, asked: &Asked) -> Told {
    if asked.header("authorization") != "user:pat" {
        return json(401, &json!({ "name": "UnauthorizedError", "message": "You must log in" }));
    }
    let strategy = json!({ "id": "5b", "name": "flexibleRollout", "parameters": { "rollout": "100" }, "variants": [] });
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", ENVIRONMENT) => json(
            200,
            &json!({ "name": "llm", "environment": "production", "enabled": store.enabled, "strategies": [strategy] }),
        ),
        ("GET", "/api/admin/user") => json(200, &json!({ "permissions": [{ "permission": "ADMIN" }] })),
        ("GET", "/api/admin/search/events") => json(200, &json!({ "events": [], "total": 0 })),
        ("GET", "/api/client/features") => json(
            200,
            &json!({ "version": 2, "features": [{ "name": "llm", "enabled": true, "strategies": [strategy] }] }),
        ),
        ("POST", path) if path.starts_with(ENVIRONMENT) => {
            store.enabled = path.ends_with("/on");
            text(200, "")
        }
        _ => json(404, &json!({ "name": "NotFoundError", "message": "Could not find it" })),
    }
}

fn flag(name: &str) -> LeverTarget {
    forms::UNLEASH_FLAG.at([("flag", name)])
}

#[tokio::test]
async fn a_client_api_that_has_not_heard_is_seen_and_a_wrong_token_is_refused() {
    let fake = Fake::start(Store { enabled: true }, answer).await;
    let (mut endpoint, token) = crate::endpoint(Vendor::Unleash, &fake.url(), "user:pat");
    endpoint.serving_secret = Some(SecretSource::File(token.path().join("token")));
    let subject = Subject { endpoint, target: flag("llm"), other: Setting::Switch(false), missing: flag("nope") };
    contract::a_wrong_token_is_refused(&subject).await;
    contract::a_missing_target_is_named(&subject).await;
    subject.move_to(&subject.read().await, &subject.other).await;
    assert_eq!(subject.read().await.setting, Setting::Switch(false));
    assert_eq!(subject.levers().served(&subject.target).await, Ok(Some(Setting::Switch(true))));
}
