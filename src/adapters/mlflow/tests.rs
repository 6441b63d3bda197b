//! Against bodies recorded from MLflow 3.17.2.

use serde_json::{Value, json};

use super::*;
use crate::adapters::testing::{endpoint, reading};
use crate::domain::endpoint::Vendor;
use crate::domain::lever::Revision;

const SET: &str = r#"{"model_version": {"name": "support", "version": "2", "creation_timestamp": 1795446939744,
 "tags": [{"key": "mlflow.prompt.text", "value": "v2: Answer {{q}}\nwith care"}], "aliases": ["production"]}}"#;
const UNSET: &str = r#"{"error_code": "INVALID_PARAMETER_VALUE", "message": "Registered model alias production not found.", "sqlstate": "KAM00"}"#;
const VERSIONS: &str = r#"{"model_versions": [
 {"name": "support", "version": "2", "creation_timestamp": 1795446939744, "description": "commit 2", "tags": [{"key": "mlflow.prompt.text", "value": "v2: Answer {{q}}"}, {"key": "author", "value": "dana"}]},
 {"name": "triage", "version": "7", "creation_timestamp": 1795446939730, "description": "", "tags": []},
 {"name": "support", "version": "1", "creation_timestamp": 1795446939720, "description": "commit 1", "tags": [{"key": "mlflow.prompt.text", "value": "v1: Answer {{q}}"}]}]}"#;
const ROUTE: &str = r#"{"endpoint": {"endpoint_id": "e-78", "name": "chat-prod", "last_updated_at": 1795446966599,
 "model_mappings": [
  {"mapping_id": "m-17", "endpoint_id": "e-78", "model_definition_id": "d-A", "model_definition": {"model_definition_id": "d-A", "name": "mdA"}, "weight": 1.0, "linkage_type": "PRIMARY"},
  {"mapping_id": "m-9c", "endpoint_id": "e-78", "model_definition_id": "d-B", "model_definition": {"model_definition_id": "d-B", "name": "mdB"}, "weight": 1.0, "linkage_type": "FALLBACK", "fallback_order": 1}],
 "last_updated_by": "kai", "routing_strategy": "REQUEST_BASED_TRAFFIC_SPLIT", "fallback_config": {"strategy": "SEQUENTIAL", "max_attempts": 2}}}"#;
const DEFINITIONS: &str = r#"{"model_definitions": [{"model_definition_id": "d-A", "name": "mdA", "secret_name": "kA"},
 {"model_definition_id": "d-B", "name": "mdB"}, {"model_definition_id": "d-C", "name": "mdC"}]}"#;

fn levers() -> Mlflow {
    Mlflow { client: ReadClient::new(endpoint(Vendor::Mlflow, "http://mlflow.test")) }
}

fn alias_target() -> LeverTarget {
    forms::MLFLOW_ALIAS.at([("prompt", "support"), ("alias", "production")])
}

fn route_target() -> LeverTarget {
    forms::MLFLOW_ROUTE.at([("route", "chat-prod")])
}

fn route(text: &str) -> LeverReading {
    gateway::reading(text, Some(DEFINITIONS), Timestamp::UNIX_EPOCH).expect("understood")
}

fn weights(shares: &[(&str, f64)]) -> Setting {
    Setting::Weights(shares.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect())
}

fn body(request: &PlannedRequest) -> Value {
    serde_json::from_str(request.body.as_deref().expect("a body")).expect("JSON")
}

fn feed() -> FeedSpec {
    FeedSpec {
        id: "prompts".parse().expect("valid"),
        from: "store".parse().expect("valid"),
        kind: None,
        what: String::new(),
        fields: None,
    }
}

#[test]
fn an_alias_that_is_not_set_is_unset_but_no_other_400_is() {
    assert!(alias::is_unset(&Answer::recorded(400, UNSET)));
    let reserved = r#"{"error_code": "INVALID_PARAMETER_VALUE", "message": "alias v1 is reserved"}"#;
    assert!(!alias::is_unset(&Answer::recorded(400, reserved)));
    assert!(!alias::is_unset(&Answer::recorded(400, "<html>")));
    let set = alias::reading(&Answer::recorded(200, SET), Timestamp::UNIX_EPOCH).expect("understood");
    assert_eq!((set.setting, set.revision), (Setting::Pointer("2".into()), Revision::None));
    assert!(alias::reading(&Answer::recorded(200, "{}"), Timestamp::UNIX_EPOCH).is_err());
}

#[test]
fn moving_an_alias_is_one_absolute_set_with_the_version_as_text() {
    let now = reading(Setting::Pointer("2".into()), "");
    let requests = levers().plan(&alias_target(), &now, &Setting::Pointer("1".into())).expect("possible");
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].method, "POST");
    assert_eq!(requests[0].url, "http://mlflow.test/api/2.0/mlflow/registered-models/alias");
    assert_eq!(body(&requests[0]), json!({"name": "support", "alias": "production", "version": "1"}));
    assert!(levers().plan(&alias_target(), &now, &Setting::Switch(false)).is_err());
}

#[test]
fn undo_of_a_first_time_set_removes_the_alias() {
    let (now, before) = (reading(Setting::Pointer("2".into()), ""), reading(Setting::Unset, "null"));
    let requests = levers().restore(&alias_target(), &now, &before).expect("exact");
    assert_eq!(requests[0].method, "DELETE");
    assert_eq!(body(&requests[0]), json!({"name": "support", "alias": "production"}));
    assert!(levers().restore(&alias_target(), &now, &now).is_err());
}

#[test]
fn versions_come_newest_first_with_text_hash_and_note() {
    let versions = versions::list(&Answer::recorded(200, VERSIONS).json().expect("JSON")).expect("understood");
    let support: Vec<_> = versions.iter().filter(|v| v.text.is_some()).collect();
    assert_eq!(support[0].version, "2");
    assert_eq!(support[0].text.as_deref(), Some("v2: Answer {{q}}"));
    assert_eq!(support[0].note.as_deref(), Some("commit 2"));
    assert_eq!(support[0].hash.as_ref().map(String::len), Some(12));
    assert_ne!(support[0].hash, support[1].hash);
    assert_eq!(versions::list(&json!({})), Ok(Vec::new()));
    assert!(versions::list(&json!({"message": "no"})).is_err());
}

#[test]
fn a_new_version_is_a_change_with_both_texts() {
    let answer = Answer::recorded(200, VERSIONS).json().expect("JSON");
    let since = Timestamp::from_millisecond(1_795_446_939_725).expect("valid");
    let changes = versions::changes(&answer, &feed(), since).expect("understood");
    let told: Vec<_> = changes.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(told, ["support v1 → v2", "triage v7"]);
    assert_eq!(changes[0].who.as_deref(), Some("dana"));
    assert_eq!(changes[0].before.as_deref(), Some("v1: Answer {{q}}"));
    assert_eq!(changes[0].after.as_deref(), Some("v2: Answer {{q}}"));
}

#[test]
fn a_prompt_name_cannot_break_out_of_the_filter() {
    assert!(versions::filter(Some("a' OR name = 'b")).is_err());
    let filter = versions::filter(Some("support")).expect("quotable");
    assert_eq!(filter, "name = 'support' AND tags.`mlflow.prompt.is_prompt` = 'true'");
}

#[test]
fn a_route_is_read_by_name_and_fallback_rows_are_no_share_of_traffic() {
    let reading = route(ROUTE);
    assert!(reading.setting.same(&weights(&[("mdA", 1.0)])));
    assert_eq!(reading.revision, Revision::Soft("1795446966599".into()));
    assert_eq!(reading.set_by.as_deref(), Some("kai"));
    assert!(!reading.raw.contains("secret"));
}

#[test]
fn a_provider_switch_keeps_fallback_rows_and_repeats_their_configuration() {
    let requests = levers().plan(&route_target(), &route(ROUTE), &weights(&[("mdC", 1.0), ("mdA", 0.0)]));
    let sent = body(&requests.expect("possible")[0]);
    assert_eq!(
        sent["model_configs"],
        json!([{"model_definition_id": "d-C", "linkage_type": "PRIMARY", "weight": 1.0},
               {"model_definition_id": "d-B", "linkage_type": "FALLBACK", "weight": 1.0, "fallback_order": 1}])
    );
    assert_eq!(sent["fallback_config"], json!({"strategy": "SEQUENTIAL", "max_attempts": 2}));
    assert_eq!(sent["endpoint_id"], "e-78");
}

#[test]
fn weights_that_are_no_shares_and_unknown_models_are_refused_in_words() {
    let levers = levers();
    for wrong in [weights(&[("mdA", 0.7), ("mdB", 0.7)]), weights(&[]), weights(&[("mdA", f64::NAN)])] {
        assert!(levers.plan(&route_target(), &route(ROUTE), &wrong).is_err(), "{wrong}");
    }
    let unknown = levers.plan(&route_target(), &route(ROUTE), &weights(&[("gpt", 1.0)])).expect_err("unknown");
    assert!(unknown.contains("mdA, mdB, mdC"), "{unknown}");
}

#[test]
fn undo_brings_back_every_row_of_the_route() {
    let moved = ROUTE
        .replace("\"weight\": 1.0, \"linkage_type\": \"PRIMARY\"", "\"weight\": 0.25, \"linkage_type\": \"PRIMARY\"");
    let requests = levers().restore(&route_target(), &route(&moved), &route(ROUTE)).expect("exact");
    let sent = body(&requests[0]);
    assert_eq!(sent["model_configs"][0]["weight"], 1.0);
    assert_eq!(sent["model_configs"][1]["fallback_order"], 1);
    assert_eq!(sent["fallback_config"]["max_attempts"], 2);
    let recreated = ROUTE.replace("e-78", "e-99");
    assert!(levers().restore(&route_target(), &route(&recreated), &route(ROUTE)).is_err());
    assert!(levers().restore(&route_target(), &route(ROUTE), &route(ROUTE)).is_err());
}
