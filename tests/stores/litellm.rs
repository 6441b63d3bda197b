//! LiteLLM with a database, of the shape that the source of 1.106.2 gives.

use std::collections::BTreeMap;

use breakglass::adapters::WriteOutcome;
use breakglass::domain::endpoint::Vendor;
use breakglass::domain::lever::{LeverTarget, Setting, forms};
use breakglass::domain::plan::CheckStatus;
use serde_json::{Value, json};

use crate::contract::{self, Except, Subject};
use crate::fake::{Asked, Fake, Told, json};

/// Id, group, whether the database holds it.
const DEPLOYMENTS: [(&str, &str, bool); 6] = [
    ("dep-a", "chat-prod", true),
    ("dep-b", "chat-prod", true),
    ("dep-c", "chat-prod", true),
    ("dep-d", "chat-backup", true),
    ("dep-file", "chat-file", false),
    ("dep-e", "chat-file", true),
];

struct Store {
    blocked: bool,
    /// Deployments without a weight are absent.
    weights: BTreeMap<String, Value>,
    aliases: Value,
    source: &'static str,
}

impl Default for Store {
    fn default() -> Self {
        let weights = [("dep-a".into(), json!(70)), ("dep-b".into(), json!(30)), ("dep-file".into(), json!(1))];
        let aliases = json!({ "chat": "chat-prod", "hidden": { "model": "chat-prod", "hidden": true } });
        Self { blocked: false, weights: weights.into(), aliases, source: "db" }
    }
}

impl Store {
    fn row(&self, (id, group, database): (&str, &str, bool)) -> Value {
        let mut parameters = json!({ "model": "openai/gpt-a", "api_key": "sk-********" });
        if let Some(weight) = self.weights.get(id) {
            parameters["weight"] = weight.clone();
        }
        let info =
            json!({ "id": id, "db_model": database, "blocked": database.then_some(id == "dep-a" && self.blocked) });
        json!({ "model_name": group, "litellm_params": parameters, "model_info": info })
    }

    /// Every deployment, and once more under each alias of its group.
    fn rows(&self) -> Vec<Value> {
        let named = DEPLOYMENTS.iter().map(|(id, group, database)| (*id, *group, *database));
        let groups = self
            .aliases
            .as_object()
            .expect("a table")
            .iter()
            .filter_map(|(alias, entry)| Some((alias.as_str(), entry.get("model").unwrap_or(entry).as_str()?)));
        let aliased = groups.flat_map(|(alias, of)| {
            DEPLOYMENTS
                .iter()
                .filter(move |(_, group, _)| *group == of)
                .map(move |(id, _, database)| (*id, alias, *database))
        });
        named.chain(aliased).map(|row| self.row(row)).collect()
    }
}

fn error(status: u16, message: &str) -> Told {
    json(status, &json!({ "error": { "message": message, "type": "error", "code": status.to_string() } }))
}

fn answer(store: &mut Store, asked: &Asked) -> Told {
    if asked.header("authorization") != "Bearer sk-master-1234" {
        return error(401, "Authentication Error, Invalid proxy server token passed");
    }
    if asked.method != "GET" {
        assert_eq!(asked.header("litellm-changed-by"), "breakglass");
    }
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    let known = |id: &str| DEPLOYMENTS.iter().find(|(known, ..)| *known == id).copied();
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/model/info") => match asked.query("litellm_model_id") {
            "" => json(200, &json!({ "data": store.rows() })),
            id => match known(id) {
                Some(row) => json(200, &json!({ "data": [store.row(row)] })),
                None => {
                    json(400, &json!({ "detail": { "error": format!("Model id = {id} not found on litellm proxy") } }))
                }
            },
        },
        ("GET", "/audit") => {
            let entry = |at: &str, table: &str, object: &str, values: Value| {
                json!({ "id": at, "updated_at": at, "changed_by": "dana", "changed_by_api_key": "88dc28", "action": "updated",
                    "table_name": table, "object_id": object, "before_value": null, "updated_values": values })
            };
            let entries = [
                entry("2026-11-23T03:00:00Z", "LiteLLM_VerificationToken", "key-1", json!({})),
                entry("2026-11-23T02:50:00+00:00", "LiteLLM_ProxyModelTable", "dep-a", json!({ "api_key": "sk-x" })),
                entry("2026-11-23T02:55:00.123", "LiteLLM_Config", "router_settings", json!({})),
            ];
            json(200, &json!({ "audit_logs": entries, "total": 3, "page": 1, "page_size": 100, "total_pages": 1 }))
        }
        ("GET", "/router/settings") => {
            let values = json!({ "routing_strategy": "simple-shuffle", "model_group_alias": store.aliases });
            json(
                200,
                &json!({ "fields": [], "current_values": values, "source": { "model_group_alias": store.source } }),
            )
        }
        ("POST", path @ ("/model/block" | "/model/unblock")) if body["model_id"] == "dep-a" => {
            store.blocked = path == "/model/block";
            json(200, &json!({ "model_id": "dep-a", "blocked": store.blocked }))
        }
        ("POST", "/model/block" | "/model/unblock") => error(404, "Model not found on proxy."),
        ("POST", "/config/update") if store.source == "config" => {
            error(400, "router_settings key 'model_group_alias' is set in the config file and cannot be changed here.")
        }
        ("POST", "/config/update") => {
            store.aliases = body["router_settings"]["model_group_alias"].clone();
            json(200, &json!({ "message": "Config updated successfully" }))
        }
        ("PATCH", path) => {
            let id = path.trim_start_matches("/model/").trim_end_matches("/update");
            match known(id) {
                None => error(404, "Model not found on proxy."),
                Some((_, _, false)) => {
                    error(400, "Cannot edit config-based model. Store model in DB via /model/new first.")
                }
                Some(_) => {
                    store.weights.insert(id.to_owned(), body["litellm_params"]["weight"].clone());
                    json(200, &json!({ "model_id": id }))
                }
            }
        }
        _ => error(405, "Method Not Allowed"),
    }
}

/// A lever on a fresh gateway: hold on to what comes with it.
async fn gateway(
    store: Store,
    lever: fn(&str) -> LeverTarget,
    name: &str,
    other: Setting,
) -> (Subject, (Fake, tempfile::TempDir)) {
    let fake = Fake::start(store, answer).await;
    let (endpoint, token) = crate::endpoint(Vendor::LiteLlm, &fake.url(), "sk-master-1234");
    (Subject { endpoint, target: lever(name), other, missing: lever("nope") }, (fake, token))
}

fn model(id: &str) -> LeverTarget {
    forms::LITELLM_MODEL.at([("model-id", id)])
}

fn group(name: &str) -> LeverTarget {
    forms::LITELLM_WEIGHTS.at([("model-group", name)])
}

fn alias(name: &str) -> LeverTarget {
    forms::LITELLM_ALIAS.at([("model-alias", name)])
}

fn shares<const N: usize>(shares: [(&str, f64); N]) -> Setting {
    Setting::Weights(shares.into_iter().map(|(id, share)| (id.to_owned(), share)).collect())
}

/// It cannot be moved, the words say why, and its probe says so before.
async fn is_fixed(subject: &Subject, after: &Setting, why: &str) {
    let refused = subject.levers().plan(&subject.target, &subject.read().await, after).expect_err("fixed");
    assert!(refused.contains(why), "{refused}");
    let checks = subject.levers().probe(&subject.target).await;
    assert!(checks.iter().any(|check| check.status == CheckStatus::Fail && check.why.contains(why)), "{checks:?}");
}

#[tokio::test]
async fn a_deployment_keeps_the_contract_and_the_file_is_left_alone() {
    let (subject, _kept) = gateway(Store::default(), model, "dep-a", Setting::Switch(false)).await;
    contract::keeps_the_contract(&subject).await;
    contract::a_wrong_token_is_refused(&subject).await;
    let of_file = Subject { target: model("dep-file"), ..subject };
    is_fixed(&of_file, &Setting::Switch(false), "config file").await;
}

#[tokio::test]
async fn the_weights_of_a_group_keep_the_contract_and_come_back_to_the_number() {
    let (subject, _kept) = gateway(Store::default(), group, "chat-prod", shares([("dep-b", 1.0)])).await;
    assert!(subject.read().await.setting.same(&shares([("dep-a", 0.7), ("dep-b", 0.3)])));
    let in_steps = Except { in_steps: true, ..Except::default() };
    contract::keeps_the_contract_except(&subject, in_steps).await;
    contract::a_wrong_token_is_refused(&subject).await;
    let to_the_third = Subject { other: shares([("dep-a", 0.35), ("dep-c", 0.65)]), ..subject };
    contract::keeps_the_contract_except(&to_the_third, in_steps).await;
}

#[tokio::test]
async fn weights_are_raised_before_others_are_lowered_and_what_cannot_answer_gets_none() {
    let (subject, _kept) = gateway(Store::default(), group, "chat-prod", shares([("dep-b", 1.0)])).await;
    let before = subject.read().await;
    let requests = subject.levers().plan(&subject.target, &before, &subject.other).expect("can be planned");
    let sent: Vec<_> = requests.iter().map(|request| (request.url.as_str(), request.body.as_deref())).collect();
    assert_eq!(sent.len(), 2, "a deployment whose weight stays is left alone: {sent:?}");
    assert!(sent[0].0.ends_with("/model/dep-b/update") && sent[0].1 == Some(r#"{"litellm_params":{"weight":100}}"#));
    assert!(sent[1].0.ends_with("/model/dep-a/update") && sent[1].1 == Some(r#"{"litellm_params":{"weight":0}}"#));

    let refused = |after: Setting| subject.levers().plan(&subject.target, &before, &after).expect_err("refused");
    assert!(refused(shares([("dep-x", 1.0)])).contains("no deployment dep-x"));
    assert!(refused(shares([("dep-a", 0.5)])).contains("sum to 1"));
    let blocked = Subject { target: model("dep-a"), other: Setting::Switch(false), ..subject.clone() };
    let outcome = blocked.move_to(&blocked.read().await, &blocked.other).await;
    assert!(matches!(outcome, WriteOutcome::Acknowledged(_)), "{outcome:?}");
    let refused = subject.levers().plan(&subject.target, &subject.read().await, &shares([("dep-a", 1.0)]));
    assert!(refused.is_err_and(|why| why.contains("blocked")));

    let of_file = Subject { target: group("chat-file"), ..subject.clone() };
    is_fixed(&of_file, &shares([("dep-e", 1.0)]), "config file").await;
    let unweighted = Subject { target: group("chat-backup"), ..subject };
    assert_eq!(unweighted.read().await.setting, Setting::Unset, "without weights LiteLLM decides by other numbers");
}

#[tokio::test]
async fn an_alias_keeps_the_contract_and_takes_its_neighbours_along() {
    let to = |group: &str| Setting::Pointer(group.to_owned());
    let (subject, _kept) = gateway(Store::default(), alias, "chat", to("chat-backup")).await;
    let not_set = Except { missing: true, ..Except::default() };
    contract::keeps_the_contract_except(&subject, not_set).await;
    contract::a_wrong_token_is_refused(&subject).await;
    let hidden = Subject { target: alias("hidden"), ..subject.clone() };
    contract::keeps_the_contract_except(&hidden, not_set).await;
    let first = Subject { target: alias("new"), ..subject.clone() };
    assert_eq!(first.read().await.setting, Setting::Unset);
    contract::keeps_the_contract_except(&first, not_set).await;

    // Somebody else's alias that came meanwhile stays when ours is undone.
    let before = subject.read().await;
    subject.move_to(&before, &subject.other).await;
    first.move_to(&first.read().await, &to("chat-prod")).await;
    subject.restore(&before).await;
    assert_eq!(first.read().await.setting, to("chat-prod"));

    let refused = subject.levers().plan(&subject.target, &before, &to("chat-nowhere"));
    assert!(refused.is_err_and(|why| why.contains("no model group chat-nowhere")));
    let (of_file, _kept) =
        gateway(Store { source: "config", ..Store::default() }, alias, "chat", to("chat-backup")).await;
    is_fixed(&of_file, &of_file.other, "config file").await;
}

#[tokio::test]
async fn the_audit_log_tells_of_deployments_and_settings_and_never_what_was_written() {
    let (subject, _kept) = gateway(Store::default(), model, "dep-a", Setting::Switch(false)).await;
    let changes = crate::changes(&subject.endpoint, "").await.expect("changes");
    let told: Vec<_> = changes.iter().map(|change| (change.kind.word(), change.what.as_str())).collect();
    assert_eq!(told, [("config", "settings router_settings: updated"), ("model", "deployment dep-a: updated")]);
    assert!(changes.iter().all(|change| change.who.as_deref() == Some("dana") && change.after.is_none()));
}
