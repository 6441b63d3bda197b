//! Against bodies recorded from Unleash 7.5.1, and against a model of its environment resource.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::moves::Place;
use super::state;
use super::*;
use crate::adapters::testing::{endpoint, reading};
use crate::domain::endpoint::{EndpointSpec, Vendor};
use crate::domain::lever::Revision;
use crate::net::Answer;

const OFF_UNTOUCHED: &str = r#"{"name":"k1","environment":"development","enabled":false,"strategies":[]}"#;
const OFF: &str = r#"{"name":"k1","environment":"development","enabled":false,"strategies":[{"id":"5b6055c9","featureName":"k1","title":null,"parameters":{"groupId":"k1","rollout":"100","stickiness":"default"},"constraints":[],"variants":[],"sortOrder":0,"disabled":false,"name":"flexibleRollout"}]}"#;
const ON: &str = r#"{"name":"k1","environment":"development","enabled":true,"strategies":[{"id":"5b6055c9","featureName":"k1","title":null,"parameters":{"groupId":"k1","rollout":"100","stickiness":"default"},"constraints":[],"variants":[],"sortOrder":0,"disabled":false,"name":"flexibleRollout"}]}"#;
const EVENTS: &str = r#"{"events":[
 {"id":12,"type":"feature-strategy-update","createdBy":"dana","createdAt":"2026-11-23T15:15:39.514Z","data":{"id":"5b","name":"flexibleRollout","parameters":{"groupId":"k1","rollout":"100"}},"preData":{"id":"5b","name":"flexibleRollout","parameters":{"groupId":"k1","rollout":"50"}},"featureName":"k1","project":"default","environment":"development","label":"Flag strategy updated"},
 {"id":11,"type":"user-created","createdBy":"admin","createdAt":"2026-11-23T15:15:39.2Z","data":null,"preData":null},
 {"id":10,"type":"feature-environment-disabled","createdBy":"admin\u001b[2J","createdAt":"2026-11-23T15:15:39.123Z","data":null,"preData":null,"featureName":"k1","project":"default","environment":"development","label":"Flag disabled"},
 {"id":9,"type":"feature-environment-enabled","createdBy":"admin","createdAt":"2026-11-23T14:00:00Z","data":null,"preData":null,"featureName":"k1","project":"default","environment":"development","label":"Flag enabled"}],"total":4}"#;

fn flag() -> LeverTarget {
    forms::UNLEASH_FLAG.at([("flag", "k1"), ("environment", "development")])
}

fn rollout() -> LeverTarget {
    forms::UNLEASH_ROLLOUT.at([("rollout", "k1"), ("environment", "development")])
}

fn spec() -> EndpointSpec {
    endpoint(Vendor::Unleash, "http://flags.test/base/")
}

fn levers() -> Unleash {
    Unleash { client: ReadClient::new(spec()) }
}

fn read(target: &LeverTarget, raw: &str) -> LeverReading {
    let place = Place::of(target).expect("ours");
    let event = json!({"id": 12, "createdBy": "dana", "createdAt": "2026-11-23T15:15:39.514Z"});
    state::reading(&place, raw.to_owned(), Some(&event), Timestamp::UNIX_EPOCH).expect("understood")
}

fn lines(requests: &[PlannedRequest]) -> Vec<String> {
    requests.iter().map(|r| format!("{} {}", r.method, r.url.rsplit("/environments/").next().unwrap_or(""))).collect()
}

#[test]
fn a_reading_names_who_set_it_and_keeps_the_store_s_own_bytes() {
    let on = read(&flag(), ON);
    assert_eq!(on.setting, Setting::Switch(true));
    assert_eq!(on.raw, ON);
    assert_eq!(on.set_by.as_deref(), Some("dana"));
    assert!(matches!(&on.revision, Revision::Soft(r) if r.starts_with("event 12")));
    assert_eq!(read(&rollout(), ON).setting, Setting::Number(100.0));
    assert_eq!(read(&rollout(), OFF_UNTOUCHED).setting, Setting::Unset);
}

#[test]
fn a_strategy_that_changed_between_the_two_answers_moves_the_revision() {
    let other = ON.replace("\"100\"", "\"99\"");
    assert_ne!(read(&flag(), ON).revision, read(&flag(), &other).revision);
}

#[test]
fn off_is_one_absolute_request_below_the_base_path() {
    let requests = levers().plan(&flag(), &read(&flag(), ON), &Setting::Switch(false)).expect("possible");
    let expected = "http://flags.test/base/api/admin/projects/default/features/k1/environments/development/off";
    assert_eq!(requests.len(), 1);
    assert_eq!((requests[0].method.as_str(), requests[0].url.as_str()), ("POST", expected));
    assert_eq!(requests[0].body, None);
}

#[test]
fn a_rollout_is_guarded_by_a_test_of_what_was_seen() {
    let requests = levers().plan(&rollout(), &read(&rollout(), ON), &Setting::Number(25.0)).expect("possible");
    assert_eq!(lines(&requests), ["PATCH development/strategies/5b6055c9"]);
    let body: Value = serde_json::from_str(requests[0].body.as_deref().expect("a body")).expect("JSON");
    assert_eq!(body[0], json!({"op": "test", "path": "/parameters/rollout", "value": "100"}));
    assert_eq!(body[1], json!({"op": "replace", "path": "/parameters/rollout", "value": "25"}));
}

#[test]
fn variants_are_weighed_so_that_the_server_shares_nothing_out_by_itself() {
    let target = forms::UNLEASH_VARIANTS.at([("variants", "k1"), ("environment", "development")]);
    let stored = r#""variants":[{"name":"a","weight":700,"weightType":"variable","payload":{"type":"string","value":"x"}},{"name":"b","weight":300,"weightType":"fix"}]"#;
    let observed = read(&target, &ON.replace(r#""variants":[]"#, stored));
    let shares = |a, b| Setting::Weights([("a".to_owned(), a), ("b".to_owned(), b)].into());
    assert_eq!(observed.setting, shares(0.7, 0.3));
    let requests = levers().plan(&target, &observed, &shares(0.001, 0.999)).expect("possible");
    assert_eq!(lines(&requests), ["PATCH development/strategies/5b6055c9"]);
    let body: Value = serde_json::from_str(requests[0].body.as_deref().expect("a body")).expect("JSON");
    assert_eq!((&body[0]["op"], &body[0]["path"]), (&json!("test"), &json!("/variants")));
    let written = body[1]["value"].as_array().expect("variants");
    assert_eq!((&written[0]["weight"], &written[0]["weightType"]), (&json!(1), &json!("variable")));
    assert_eq!((&written[1]["weight"], &written[1]["weightType"]), (&json!(999), &json!("fix")));
    assert_eq!(written[0]["payload"]["value"], "x", "a variant keeps what it hands out");

    let refused = |after: Setting| levers().plan(&target, &observed, &after).expect_err("refused");
    assert!(refused(Setting::Weights([("c".into(), 1.0)].into())).contains("no variant c"));
    assert!(refused(shares(0.3333, 0.6667)).contains("thousandths"));
    assert!(refused(Setting::Switch(true)).contains("by name"));
    let none = read(&target, ON);
    assert_eq!(none.setting, Setting::Unset);
    assert!(levers().plan(&target, &none, &shares(1.0, 0.0)).is_err());
}

#[test]
fn settings_that_a_lever_cannot_hold_are_refused_in_words() {
    let levers = levers();
    for wrong in [Setting::Number(12.5), Setting::Number(101.0), Setting::Number(f64::NAN), Setting::Switch(true)] {
        assert!(levers.plan(&rollout(), &read(&rollout(), ON), &wrong).is_err(), "{wrong}");
    }
    for wrong in [Setting::Number(1.0), Setting::Unset, Setting::Pointer("on".into())] {
        assert!(levers.plan(&flag(), &read(&flag(), ON), &wrong).is_err(), "{wrong}");
    }
    assert!(levers.plan(&rollout(), &read(&rollout(), OFF_UNTOUCHED), &Setting::Number(5.0)).is_err());
}

#[test]
fn undo_of_a_first_on_also_removes_the_strategy_that_it_created() {
    let requests = levers().restore(&flag(), &read(&flag(), ON), &read(&flag(), OFF_UNTOUCHED)).expect("exact");
    assert_eq!(lines(&requests), ["POST development/off", "DELETE development/strategies/5b6055c9"]);
}

#[test]
fn undo_puts_a_changed_strategy_back_whole_so_that_its_variants_survive() {
    let before = ON.replace(r#""variants":[]"#, r#""variants":[{"name":"provA","weight":1000}]"#);
    let requests = levers().restore(&flag(), &read(&flag(), OFF), &read(&flag(), &before)).expect("exact");
    assert_eq!(lines(&requests), ["PUT development/strategies/5b6055c9", "POST development/on"]);
    assert!(requests[0].body.as_deref().expect("a body").contains("provA"));
}

#[test]
fn undo_says_so_when_unleash_cannot_bring_it_back() {
    let levers = levers();
    let gone = levers.restore(&flag(), &read(&flag(), OFF_UNTOUCHED), &read(&flag(), ON));
    assert!(gone.expect_err("ids cannot be chosen").contains("removed"));
    assert!(levers.restore(&flag(), &read(&flag(), ON), &read(&flag(), ON)).is_err());
}

#[test]
fn undo_of_a_rollout_never_switches_the_flag_back_on() {
    let killed_meanwhile = OFF.replace("\"100\"", "\"10\"");
    let requests =
        levers().restore(&rollout(), &read(&rollout(), &killed_meanwhile), &read(&rollout(), ON)).expect("exact");
    assert_eq!(lines(&requests), ["PATCH development/strategies/5b6055c9"]);
}

#[test]
fn a_failed_patch_test_is_a_conflict_but_another_500_is_not() {
    let lost = r#"{"name":"UnknownError","message":"Test operation failed\nname: TEST_OPERATION_FAILED\nindex: 0"}"#;
    assert!(state::lost_compare_and_set(&Answer::recorded(500, lost)));
    assert!(!state::lost_compare_and_set(&Answer::recorded(500, r#"{"message":"boom"}"#)));
    assert!(!state::lost_compare_and_set(&Answer::recorded(200, lost)));
}

#[test]
fn the_serving_side_is_believed_only_about_the_flag_itself() {
    let client = json!({"version": 2, "features": [
        {"name": "other", "enabled": true, "strategies": []},
        {"name": "k1", "enabled": false, "strategies": [{"name": "flexibleRollout", "parameters": {"rollout": "50"}}]}]});
    let (flag, rollout) = (flag(), rollout());
    let place = |target| Place::of(target).expect("ours");
    assert_eq!(state::served(&place(&flag), &client), Ok(Setting::Switch(false)));
    assert_eq!(state::served(&place(&rollout), &client), Ok(Setting::Number(50.0)));
    assert!(matches!(state::served(&place(&flag), &json!({"features": []})), Err(Fault::NotFound { .. })));
    assert!(matches!(state::served(&place(&flag), &json!({})), Err(Fault::NotUnderstood { .. })));
}

#[test]
fn rights_are_read_by_project_and_environment() {
    let flag = flag();
    let place = Place::of(&flag).expect("ours");
    let right = |permission: &str, environment: &str| json!({"permissions": [{"permission": permission, "project": "default", "environment": environment}]});
    assert_eq!(state::may_toggle(&json!({"permissions": [{"permission": "ADMIN"}]}), &place), Some(true));
    assert_eq!(state::may_toggle(&right("UPDATE_FEATURE_ENVIRONMENT", "development"), &place), Some(true));
    assert_eq!(state::may_toggle(&right("UPDATE_FEATURE_ENVIRONMENT", "production"), &place), Some(false));
    assert_eq!(state::may_toggle(&json!({"permissions": []}), &place), Some(false));
    assert_eq!(state::may_toggle(&json!({}), &place), None);
}

#[test]
fn the_event_log_tells_who_moved_what_from_where_to_where() {
    let feed = FeedSpec {
        id: "flags".parse().expect("valid"),
        from: "store".parse().expect("valid"),
        kind: None,
        what: String::new(),
        fields: None,
    };
    let since = "2026-11-23T15:00:00Z".parse().expect("valid");
    let log = Answer::recorded(200, EVENTS).json().expect("JSON");
    let changes = events::changes(&log, &feed, since).expect("understood");
    let told: Vec<_> = changes.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(told, ["k1 in development: rollout 50 % → 100 %", "k1 in development: on → off"]);
    assert_eq!(changes[0].who.as_deref(), Some("dana"));
    assert!(changes[0].before.as_deref().expect("the store has it").contains("\"50\""));
    assert!(events::changes(&json!({"message": "no"}), &feed, since).is_err());
}

/// Applies one planned request the way Unleash does.
fn apply(environment: &mut Value, request: &PlannedRequest) {
    let last = request.url.rsplit('/').next().expect("a path").to_owned();
    let body = || -> Value { serde_json::from_str(request.body.as_deref().expect("a body")).expect("JSON") };
    match (request.method.as_str(), last.as_str()) {
        ("POST", "on") => environment["enabled"] = true.into(),
        ("POST", "off") => environment["enabled"] = false.into(),
        (method, id) => {
            let strategies = environment["strategies"].as_array_mut().expect("an array");
            let at = strategies.iter().position(|s| s["id"] == id).expect("known");
            match method {
                "DELETE" => drop(strategies.remove(at)),
                "PUT" => {
                    let replaced: Map<String, Value> = body().as_object().expect("an object").clone();
                    strategies[at].as_object_mut().expect("an object").extend(replaced);
                }
                other => panic!("{other} is not planned by undo of a switch"),
            }
        }
    }
}

fn strategy(id: usize, rollout: u8, weight: u16) -> Value {
    json!({"id": format!("s{id}"), "name": "flexibleRollout", "parameters": {"rollout": rollout.to_string()},
           "variants": [{"name": "a", "weight": weight}], "disabled": false, "sortOrder": id})
}

fn environment(enabled: bool, strategies: &[(u8, u16)]) -> Value {
    let strategies: Vec<_> = strategies.iter().enumerate().map(|(id, (r, w))| strategy(id, *r, *w)).collect();
    json!({"name": "k1", "environment": "development", "enabled": enabled, "strategies": strategies})
}

proptest! {
    #[test]
    fn undo_brings_back_the_exact_environment_whatever_was_added_or_changed(
        was_on: bool, is_on: bool,
        before in proptest::collection::vec((0u8..=100, 0u16..1000), 1..4),
        edits in proptest::collection::vec((0u8..=100, 0u16..1000), 3),
        added in proptest::collection::vec((0u8..=100, 0u16..1000), 0..3),
    ) {
        let prior = environment(was_on, &before);
        let changed: Vec<_> = before.iter().zip(&edits).map(|(_, edit)| *edit).chain(added).collect();
        let mut now = environment(is_on, &changed);
        let observed = reading(Setting::Switch(is_on), &now.to_string());
        if let Ok(requests) = levers().restore(&flag(), &observed, &reading(Setting::Switch(was_on), &prior.to_string())) {
            for request in &requests {
                apply(&mut now, request);
            }
        }
        prop_assert_eq!(now, prior);
    }
}
