//! Alertmanager's silences, of the shape that 0.25.0 gave.

use breakglass::domain::endpoint::{EndpointSpec, Vendor};
use breakglass::domain::lever::{LeverTarget, Setting, forms};
use breakglass::domain::plan::CheckStatus;
use serde_json::{Value, json};

use crate::contract::{self, Except, Subject};
use crate::fake::{Asked, Fake, Told, json, text};

/// Every silence there ever was, and whether a made one works.
#[derive(Default)]
struct Store {
    silences: Vec<Value>,
    deaf: bool,
}

fn answer(store: &mut Store, asked: &Asked) -> Told {
    if asked.header("authorization") != "Bearer am-proxy-token" {
        return text(401, "Unauthorized");
    }
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/api/v2/silences") => json(200, &json!(store.silences)),
        ("GET", "/api/v2/alerts") => {
            let quiet = store.silences.iter().filter(|s| s["status"]["state"] == "active" && !store.deaf);
            let by: Vec<Value> = quiet.map(|silence| silence["id"].clone()).collect();
            json(
                200,
                &json!([{ "labels": { "alertname": "LLMErrors" }, "status": { "state": "active", "silencedBy": by } }]),
            )
        }
        ("POST", "/api/v2/silences") => {
            let mut silence: Value = serde_json::from_str(&asked.body).unwrap_or_default();
            if !silence["endsAt"].is_string() || silence["comment"].as_str().unwrap_or("").is_empty() {
                return json(422, &json!({ "code": 602, "message": "comment in body is required" }));
            }
            let id = format!("b1859d18-29a4-4c6e-aece-{:012}", store.silences.len());
            silence["id"] = id.clone().into();
            silence["updatedAt"] = silence["startsAt"].clone();
            silence["status"] = json!({ "state": "active" });
            store.silences.push(silence);
            json(200, &json!({ "silenceID": id }))
        }
        ("DELETE", path) => {
            let id = path.strip_prefix("/api/v2/silence/").unwrap_or("");
            match store.silences.iter_mut().find(|silence| silence["id"] == id) {
                Some(silence) => {
                    silence["status"]["state"] = "expired".into();
                    text(200, "")
                }
                None => json(500, &json!("silence not found")),
            }
        }
        _ => text(404, "not found"),
    }
}

fn silence(matchers: &str) -> LeverTarget {
    forms::ALERTMANAGER_SILENCE.at([("silence", matchers), ("for", "2h"), ("why", "known, being worked on")])
}

fn subject(endpoint: EndpointSpec) -> Subject {
    let target = silence("alertname=\"LLMErrors\"");
    Subject { endpoint, missing: target.clone(), target, other: Setting::Switch(true) }
}

#[tokio::test]
async fn alertmanager_keeps_the_contract() {
    let fake = Fake::start(Store::default(), answer).await;
    let (endpoint, _token) = crate::endpoint(Vendor::Alertmanager, &fake.url(), "am-proxy-token");
    let subject = subject(endpoint);
    // Matchers of nothing are no error: they may match tomorrow.
    contract::keeps_the_contract_except(&subject, Except { missing: true, ..Except::default() }).await;
    contract::a_wrong_token_is_refused(&subject).await;

    // From on: the end that somebody gave it comes back with it.
    let before = subject.read().await;
    subject.move_to(&before, &Setting::Switch(true)).await;
    let on = subject.read().await;
    assert_eq!(on.set_by.as_deref(), Some("breakglass"));
    subject.move_to(&on, &Setting::Switch(false)).await;
    subject.restore(&on).await;
    let ends = |raw: &str| serde_json::from_str::<Value>(raw).expect("json")["silences"][0]["endsAt"].clone();
    assert_eq!(ends(&subject.read().await.raw), ends(&on.raw));
}

#[tokio::test]
async fn a_silence_that_is_stored_and_does_not_work_is_not_served_and_never_called_safe() {
    let fake = Fake::start(Store { deaf: true, ..Store::default() }, answer).await;
    let (endpoint, _token) = crate::endpoint(Vendor::Alertmanager, &fake.url(), "am-proxy-token");
    let subject = subject(endpoint);
    subject.move_to(&subject.read().await, &Setting::Switch(true)).await;
    assert_eq!(subject.read().await.setting, Setting::Switch(true));
    assert_eq!(subject.levers().served(&subject.target).await, Ok(Some(Setting::Switch(false))));
    let checks = subject.levers().probe(&subject.target).await;
    assert!(checks.iter().any(|c| c.status == CheckStatus::Warn && c.why.contains("contains nothing")), "{checks:?}");

    let everything = Subject { target: silence("alertname=~\".*\""), ..subject };
    let checks = everything.levers().probe(&everything.target).await;
    assert!(checks.iter().any(|check| check.status == CheckStatus::Fail), "{checks:?}");
}

#[tokio::test]
async fn silences_that_began_and_were_taken_off_are_changes_and_coming_ones_are_not() {
    let silence = |id: &str, state: &str, starts: &str, ends: &str| {
        let matchers = json!([{ "name": "alertname", "value": "LLM.*", "isRegex": true, "isEqual": true }]);
        json!({ "id": id, "status": { "state": state }, "updatedAt": starts, "startsAt": starts, "endsAt": ends,
            "createdBy": "dana", "comment": "known", "matchers": matchers })
    };
    let silences = vec![
        silence("1", "expired", "2026-01-01T10:00:00Z", "2026-01-01T10:20:00Z"),
        silence("2", "active", "2026-01-01T11:00:00Z", "2999-01-01T00:00:00Z"),
        silence("3", "pending", "2999-01-01T00:00:00Z", "2999-01-02T00:00:00Z"),
    ];
    let fake = Fake::start(Store { silences, deaf: false }, answer).await;
    let (endpoint, _token) = crate::endpoint(Vendor::Alertmanager, &fake.url(), "am-proxy-token");
    let changes = crate::changes(&endpoint, "").await.expect("changes");
    let told: Vec<_> = changes.iter().map(|change| (change.what.as_str(), change.who.as_deref())).collect();
    let began = |until: &str| format!("alerts silenced until {until}: alertname=~\"LLM.*\" (known)");
    assert_eq!(
        told,
        [
            (began("2999-01-01T00:00:00Z").as_str(), Some("dana")),
            ("alerts no longer silenced: alertname=~\"LLM.*\"", None),
            (began("2026-01-01T10:20:00Z").as_str(), Some("dana")),
        ]
    );
}
