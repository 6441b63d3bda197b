//! LiteLLM with a database, of the shape that the source of 1.106.2 gives.

use breakglass::domain::endpoint::Vendor;
use breakglass::domain::lever::{LeverTarget, Setting, forms};
use breakglass::domain::plan::CheckStatus;
use serde_json::{Value, json};

use crate::contract::{self, Subject};
use crate::fake::{Asked, Fake, Told, json};

/// Whether `dep-a` is blocked.
#[derive(Default)]
struct Store {
    blocked: bool,
}

fn error(status: u16, message: &str) -> Told {
    json(status, &json!({ "error": { "message": message, "type": "error", "code": status.to_string() } }))
}

fn answer(store: &mut Store, asked: &Asked) -> Told {
    if asked.header("authorization") != "Bearer sk-master-1234" {
        return error(401, "Authentication Error, Invalid proxy server token passed");
    }
    let row = |info: Value| {
        let parameters = json!({ "model": "openai/gpt-a", "api_key": "sk-********" });
        json!({ "data": [{ "model_name": "chat-prod", "litellm_params": parameters, "model_info": info }] })
    };
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/model/info") => match asked.query("litellm_model_id") {
            "dep-a" => json(200, &row(json!({ "id": "dep-a", "db_model": true, "blocked": store.blocked }))),
            "dep-file" => json(200, &row(json!({ "id": "dep-file", "db_model": false }))),
            id => json(400, &json!({ "detail": { "error": format!("Model id = {id} not found on litellm proxy") } })),
        },
        ("POST", path @ ("/model/block" | "/model/unblock")) if body["model_id"] == "dep-a" => {
            assert_eq!(asked.header("litellm-changed-by"), "breakglass");
            store.blocked = path == "/model/block";
            json(200, &json!({ "model_id": "dep-a", "blocked": store.blocked }))
        }
        ("POST", "/model/block" | "/model/unblock") => error(404, "Model not found on proxy."),
        _ => error(405, "Method Not Allowed"),
    }
}

fn model(id: &str) -> LeverTarget {
    forms::LITELLM_MODEL.at([("model-id", id)])
}

#[tokio::test]
async fn litellm_keeps_the_contract_and_leaves_its_file_alone() {
    let fake = Fake::start(Store::default(), answer).await;
    let (endpoint, _token) = crate::endpoint(Vendor::LiteLlm, &fake.url(), "sk-master-1234");
    let subject = Subject { endpoint, target: model("dep-a"), other: Setting::Switch(false), missing: model("nope") };
    contract::keeps_the_contract(&subject).await;
    contract::a_wrong_token_is_refused(&subject).await;

    let of_file = Subject { target: model("dep-file"), ..subject };
    let refused = of_file.levers().plan(&of_file.target, &of_file.read().await, &Setting::Switch(false));
    assert!(refused.is_err_and(|why| why.contains("config file")));
    let checks = of_file.levers().probe(&of_file.target).await;
    assert!(checks.iter().any(|check| check.status == CheckStatus::Fail), "{checks:?}");
}
