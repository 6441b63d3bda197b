//! Langfuse's prompts, as its API documentation describes them, on a release where `newLabels` replaces the set.

use std::collections::BTreeSet;

use breakglass::domain::cause::Fault;
use breakglass::domain::endpoint::{EndpointSpec, FeedSpec, Vendor};
use breakglass::domain::lever::{LeverTarget, Setting, forms};
use serde_json::{Value, json};

use crate::contract::{self, Subject};
use crate::fake::{Asked, Fake, Told, json, text};

/// The labels of version 1, 2 and so on of the one prompt `support/answer`.
struct Store {
    labels: Vec<BTreeSet<String>>,
}

fn version(store: &Store, place: usize) -> Told {
    let Some(labels) = store.labels.get(place) else { return json(404, &json!({ "message": "Prompt not found" })) };
    let number = place + 1;
    json(
        200,
        &json!({
            "name": "support/answer", "version": number, "labels": labels, "tags": [], "type": "text", "config": {},
            "prompt": format!("v{number}: answer {{{{text}}}}"), "commitMessage": format!("commit {number}"),
            "createdBy": "dana", "createdAt": format!("2026-11-2{number}T10:00:00.000Z"),
        }),
    )
}

fn answer(store: &mut Store, asked: &Asked) -> Told {
    // pk-lf-1:lf-secret-key
    if asked.header("authorization") != "Basic cGstbGYtMTpsZi1zZWNyZXQta2V5" {
        return json(401, &json!({ "message": "Invalid credentials" }));
    }
    let rest = asked.path.strip_prefix("/api/public/v2/prompts").unwrap_or("");
    match (asked.method.as_str(), rest) {
        ("GET", "") => {
            let versions: Vec<usize> = (1..=store.labels.len()).collect();
            let labels: BTreeSet<&String> = store.labels.iter().flatten().collect();
            json(
                200,
                &json!({ "data": [{ "name": "support/answer", "versions": versions, "labels": labels, "tags": [] }], "meta": {} }),
            )
        }
        ("GET", "/support%2Fanswer") => match asked.query("label") {
            "" => version(store, asked.query("version").parse::<usize>().map_or(99, |number| number - 1)),
            label => version(store, store.labels.iter().position(|labels| labels.contains(label)).unwrap_or(99)),
        },
        ("PATCH", rest) => {
            let number = rest.strip_prefix("/support%2Fanswer/versions/").and_then(|number| number.parse().ok());
            let place = number.map_or(99, |number: usize| number - 1);
            let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
            let new: Option<BTreeSet<String>> = serde_json::from_value(body["newLabels"].clone()).ok();
            let (Some(new), true) = (new, place < store.labels.len()) else { return text(404, "") };
            if new.contains("latest") {
                return json(400, &json!({ "message": "latest is reserved" }));
            }
            if new.contains("guarded") {
                return json(403, &json!({ "message": "Label guarded is protected" }));
            }
            for labels in &mut store.labels {
                labels.retain(|label| !new.contains(label));
            }
            let latest = store.labels[place].contains("latest");
            store.labels[place] = new;
            if latest {
                store.labels[place].insert("latest".into());
            }
            version(store, place)
        }
        _ => text(404, "no route"),
    }
}

async fn started() -> (Fake, EndpointSpec, tempfile::TempDir) {
    let set = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect::<BTreeSet<String>>();
    let labels = vec![set(&["production", "eu"]), set(&["staging"]), set(&["latest"]), set(&["guarded"])];
    let fake = Fake::start(Store { labels }, answer).await;
    let (endpoint, token) = crate::endpoint(Vendor::Langfuse, &fake.url(), "lf-secret-key");
    (fake, EndpointSpec { user: Some("pk-lf-1".into()), ..endpoint }, token)
}

fn label(prompt: &str, label: &str) -> LeverTarget {
    forms::LANGFUSE_LABEL.at([("prompt", prompt), ("label", label)])
}

fn subject(endpoint: EndpointSpec) -> Subject {
    let (target, missing) = (label("support/answer", "production"), label("support", "production"));
    Subject { endpoint, target, other: Setting::Pointer("2".into()), missing }
}

#[tokio::test]
async fn langfuse_keeps_the_contract_and_every_other_label() {
    let (_fake, endpoint, _token) = started().await;
    let production = subject(endpoint);
    contract::keeps_the_contract(&production).await;
    contract::a_wrong_token_is_refused(&production).await;

    let before = production.read().await;
    production.move_to(&before, &Setting::Pointer("3".into())).await;
    let raw = production.read().await.raw;
    assert!(raw.contains(r#""3":["latest","production"]"#) && raw.contains(r#""1":["eu"]"#), "{raw}");
}

#[tokio::test]
async fn a_label_that_nothing_could_undo_is_not_moved_and_a_protected_one_is_refused() {
    let (_fake, endpoint, _token) = started().await;
    let nowhere = Subject { target: label("support/answer", "canary"), ..subject(endpoint) };
    let reading = nowhere.read().await;
    assert_eq!(reading.setting, Setting::Unset);
    let refused = nowhere.levers().plan(&nowhere.target, &reading, &nowhere.other).expect_err("no way back");
    assert!(refused.contains("set it once in Langfuse"), "{refused}");

    let guarded = Subject { target: label("support/answer", "guarded"), ..nowhere };
    let before = guarded.read().await;
    let outcome = guarded.move_to(&before, &guarded.other).await;
    let refused =
        matches!(outcome, breakglass::adapters::WriteOutcome::Rejected(Fault::NotAllowed { status: 403, .. }));
    assert!(refused, "{outcome:?}");
}

#[tokio::test]
async fn versions_have_texts_for_the_diff_and_are_changes() {
    let (_fake, endpoint, _token) = started().await;
    let adapter = breakglass::adapters::build::build(&endpoint);
    let versions = adapter.levers.expect("levers").versions(&label("support/answer", "production")).await;
    let versions = versions.expect("versions");
    assert_eq!(versions.iter().map(|v| v.version.as_str()).collect::<Vec<_>>(), ["4", "3", "2", "1"]);
    assert_eq!(versions[0].text.as_deref(), Some("v4: answer {{text}}"));
    let feed = FeedSpec {
        id: "prompts".parse().expect("an id"),
        from: endpoint.id.clone(),
        kind: None,
        what: "support/answer".into(),
        fields: None,
    };
    let since = "2026-11-23T00:00:00Z".parse().expect("a time");
    let changes = adapter.changes.expect("changes").since(&feed, since).await.expect("changes");
    let told: Vec<&str> = changes.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(told, ["support/answer v3 → v4", "support/answer v2 → v3"]);
}
