//! LaunchDarkly's flags, as its API documentation describes them.

use breakglass::adapters::WriteOutcome;
use breakglass::domain::cause::Fault;
use breakglass::domain::endpoint::{EndpointSpec, Vendor};
use breakglass::domain::lever::{LeverTarget, Setting, forms};
use breakglass::domain::plan::CheckStatus;
use serde_json::{Value, json};

use crate::contract::{self, Subject};
use crate::fake::{Asked, Fake, Told, json};

const FLAG: &str = "/api/v2/flags/default/ai-provider";

/// What the flag is in `production`, and what came in.
struct Store {
    flag: Value,
    approvals: bool,
    racing: bool,
    comments: Vec<String>,
}

impl Store {
    fn new() -> Self {
        let flag = json!({
            "key": "ai-provider", "_version": 7,
            "variations": [
                { "_id": "id-a", "name": "primary", "value": "openai" },
                { "_id": "id-b", "name": "standby", "value": "anthropic" },
                { "_id": "id-c", "value": "none" },
            ],
            "environments": { "production": {
                "on": true, "version": 3, "lastModified": 1_795_400_000_000_u64, "offVariation": 2, "rules": [], "targets": [],
                "fallthrough": { "rollout": { "bucketBy": "user", "variations": [
                    { "variation": 0, "weight": 90_000 }, { "variation": 1, "weight": 10_000 }, { "variation": 2, "weight": 0 },
                ] } },
            } },
        });
        Self { flag, approvals: false, racing: false, comments: Vec::new() }
    }

    fn apply(&mut self, body: &Value) -> Option<()> {
        let ids = ["id-a", "id-b", "id-c"];
        let index = |id: &Value| ids.iter().position(|known| id == known);
        let mut flag = self.flag.clone();
        let place = &mut flag["environments"][body["environmentKey"].as_str()?];
        for instruction in body["instructions"].as_array()? {
            match instruction["kind"].as_str()? {
                "turnFlagOn" => place["on"] = true.into(),
                "turnFlagOff" => place["on"] = false.into(),
                "updateOffVariation" => place["offVariation"] = index(&instruction["variationId"])?.into(),
                "updateFallthroughVariationOrRollout" => {
                    place["fallthrough"] = match instruction["rolloutWeights"].as_object() {
                        None => json!({ "variation": index(&instruction["variationId"])? }),
                        Some(weights) => {
                            if weights.values().filter_map(Value::as_u64).sum::<u64>() != 100_000 {
                                return None;
                            }
                            let row = |(id, weight): (&String, &Value)| {
                                Some(json!({ "variation": index(&json!(id))?, "weight": weight }))
                            };
                            let rows: Option<Vec<Value>> = weights.iter().map(row).collect();
                            let mut rollout = json!({ "bucketBy": "user", "variations": rows? });
                            if let Some(by) = instruction.get("rolloutBucketBy") {
                                rollout["bucketBy"] = by.clone();
                            }
                            json!({ "rollout": rollout })
                        }
                    };
                }
                _ => return None,
            }
        }
        place["version"] = (place["version"].as_u64()? + 1).into();
        place["lastModified"] = (place["lastModified"].as_u64()? + 1).into();
        flag["_version"] = (flag["_version"].as_u64()? + 1).into();
        self.comments.push(body["comment"].as_str()?.to_owned());
        self.flag = flag;
        Some(())
    }
}

fn answer(store: &mut Store, asked: &Asked) -> Told {
    if asked.header("authorization") != "ld-api-token" {
        return json(401, &json!({ "code": "unauthorized", "message": "Invalid access token" }));
    }
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", FLAG) => json(200, &store.flag),
        ("GET", "/api/v2/projects/default/environments/production") => {
            json(200, &json!({ "key": "production", "approvalSettings": { "required": store.approvals } }))
        }
        ("GET", "/api/v2/auditlog") => {
            assert_eq!(asked.query("spec"), "proj/default:env/*:flag/*");
            let items: Vec<Value> = store.comments.iter().map(|comment| json!({
                "date": 1_795_400_000_000_u64, "kind": "flag", "name": "ai-provider", "titleVerb": "turned off the flag",
                "comment": comment, "member": { "email": "dana@example.test" },
                "target": { "resources": ["proj/default:env/production:flag/ai-provider"] },
            })).collect();
            json(200, &json!({ "items": items }))
        }
        ("PATCH", FLAG) => {
            let semantic = asked.header("content-type") == "application/json; domain-model=launchdarkly.semanticpatch";
            assert!(semantic && asked.query.is_empty(), "conflicts are never ignored");
            if store.approvals {
                return json(
                    403,
                    &json!({ "code": "forbidden", "message": "Approval is required for this environment" }),
                );
            }
            if store.racing {
                return json(409, &json!({ "code": "optimistic_locking_error", "message": "Conflict" }));
            }
            let body = serde_json::from_str(&asked.body).unwrap_or_default();
            match store.apply(&body) {
                Some(()) => json(200, &store.flag),
                None => json(400, &json!({ "code": "invalid_request", "message": "Unsupported instruction" })),
            }
        }
        _ => json(404, &json!({ "code": "not_found", "message": "Unknown flag key" })),
    }
}

async fn started(store: Store) -> (Fake, EndpointSpec, tempfile::TempDir) {
    let fake = Fake::start(store, answer).await;
    let (endpoint, token) = crate::endpoint(Vendor::LaunchDarkly, &fake.url(), "ld-api-token");
    (fake, endpoint, token)
}

fn switch(flag: &str) -> LeverTarget {
    forms::LAUNCHDARKLY_FLAG.at([("flag", flag)])
}

fn shares(primary: f64, standby: f64) -> Setting {
    Setting::Weights([("primary".into(), primary), ("standby".into(), standby)].into())
}

fn subject(endpoint: EndpointSpec) -> Subject {
    Subject { endpoint, target: switch("ai-provider"), other: Setting::Switch(false), missing: switch("nope") }
}

#[tokio::test]
async fn launchdarkly_keeps_the_contract() {
    let (_fake, endpoint, _token) = started(Store::new()).await;
    let flag = subject(endpoint);
    contract::keeps_the_contract(&flag).await;
    contract::a_wrong_token_is_refused(&flag).await;

    let fallthrough = |flag: &str| forms::LAUNCHDARKLY_FALLTHROUGH.at([("fallthrough", flag)]);
    let weights =
        Subject { target: fallthrough("ai-provider"), other: shares(0.0, 1.0), missing: fallthrough("nope"), ..flag };
    contract::keeps_the_contract(&weights).await;
    contract::moves_is_served_and_comes_back_exactly(&Subject { other: shares(0.875, 0.125), ..weights.clone() }).await;
    let refused = weights.levers().plan(
        &weights.target,
        &weights.read().await,
        &Setting::Weights([("primry".into(), 1.0)].into()),
    );
    assert!(refused.expect_err("no such variation").contains("primary, standby, none"));
}

#[tokio::test]
async fn an_environment_with_approvals_warns_before_and_refuses_in_words() {
    let (_fake, endpoint, _token) = started(Store { approvals: true, ..Store::new() }).await;
    let flag = subject(endpoint);
    let checks = flag.levers().probe(&flag.target).await;
    assert!(checks.iter().any(|check| check.name == "approval" && check.status == CheckStatus::Warn), "{checks:?}");
    let outcome = flag.move_to(&flag.read().await, &flag.other).await;
    let WriteOutcome::Rejected(fault) = outcome else { panic!("{outcome:?}") };
    assert!(fault.to_string().contains("by approval only"), "{fault}");
}

#[tokio::test]
async fn a_concurrent_edit_is_a_lost_race_and_a_changed_rule_stops_undo() {
    let (_fake, endpoint, _token) = started(Store { racing: true, ..Store::new() }).await;
    let flag = subject(endpoint);
    let before = flag.read().await;
    let outcome = flag.move_to(&before, &flag.other).await;
    assert!(matches!(outcome, WriteOutcome::Rejected(Fault::BadRequest { status: 409, .. })), "{outcome:?}");

    let mut now = before.clone();
    now.raw = now.raw.replace(r#""rules":[]"#, r#""rules":[{"variation":1}]"#).replace(r#""on":true"#, r#""on":false"#);
    let refused = flag.levers().restore(&flag.target, &now, &before).expect_err("not exactly");
    assert!(refused.contains("changed since"), "{refused}");
}

#[tokio::test]
async fn the_audit_log_is_a_feed_with_our_comment_in_it() {
    let (_fake, endpoint, _token) = started(Store::new()).await;
    let flag = subject(endpoint.clone());
    flag.move_to(&flag.read().await, &flag.other).await;
    let found = crate::changes(&endpoint, "default").await.expect("changes");
    assert_eq!(found[0].what, "ai-provider in production: turned off the flag (breakglass, by breakglass)");
    assert_eq!(found[0].who.as_deref(), Some("dana@example.test"));
}
