//! Against bodies recorded from etcd 3.4.23.

use super::*;
use crate::adapters::testing::endpoint;
use crate::adapters::{Levers as _, keys};
use crate::domain::endpoint::Vendor;
use crate::domain::lever::{LeverReading, LeverTarget, Setting};

const SET: &str = r#"{"header":{"cluster_id":"1","revision":"2"},"kvs":[{"key":"ZmxhZ3MvbGxtLWtpbGw=","create_revision":"2","mod_revision":"2","version":"1","value":"b24="}],"count":"1"}"#;
const NONE: &str = r#"{"header":{"cluster_id":"1","revision":"2"}}"#;

fn etcd() -> Keys<Etcd> {
    Keys(Etcd { client: ReadClient::new(endpoint(Vendor::Etcd, "http://kv.test")) })
}

fn target() -> LeverTarget {
    forms::ETCD_KEY.at([("key", "flags/llm-kill")])
}

fn read(body: &str) -> LeverReading {
    let (text, revision) = value(&serde_json::from_str(body).expect("JSON")).expect("a value");
    keys::reading(text.as_deref(), revision, "").expect("a reading")
}

#[test]
fn a_key_and_a_missing_key_are_read_with_the_revision_that_a_write_compares() {
    let set = read(SET);
    assert_eq!((set.setting, set.revision), (Setting::Switch(true), Revision::Strong("2".into())));
    let none = read(NONE);
    assert_eq!((none.setting, none.revision), (Setting::Unset, Revision::Strong("0".into())));
    assert!(value(&json!({ "message": "hello" })).is_err(), "another server is not an empty etcd");
}

#[test]
fn a_move_compares_the_revision_and_a_first_write_compares_that_there_is_none() {
    let body = |observed: &LeverReading| {
        let requests = etcd().plan(&target(), observed, &Setting::Switch(false)).expect("can be planned");
        serde_json::from_str::<Value>(requests[0].body.as_deref().expect("a body")).expect("JSON")
    };
    assert_eq!(body(&read(SET)).pointer("/compare/0/mod_revision"), Some(&json!("2")));
    assert_eq!(body(&read(NONE)).pointer("/compare/0/create_revision"), Some(&json!("0")));
}

#[test]
fn undo_of_a_first_write_removes_the_key_again() {
    let requests = etcd().restore(&target(), &read(SET), &read(NONE)).expect("can be undone");
    assert!(requests[0].body.as_deref().expect("a body").contains("request_delete_range"));
    assert!(etcd().restore(&target(), &read(SET), &read(SET)).is_err(), "there is nothing to undo");
}

#[test]
fn a_lost_comparison_is_a_no_although_the_status_is_200() {
    let verdict = |body: &str| judge(&Answer::recorded(200, body));
    assert_eq!(verdict(r#"{"header":{"revision":"3"},"succeeded":true}"#), Some(Verdict::Yes));
    assert_eq!(verdict(r#"{"header":{"revision":"3"}}"#), Some(Verdict::No(sending::lost_the_race())));
    assert!(matches!(verdict("{}"), Some(Verdict::Unsure(_))));
    assert_eq!(judge(&Answer::recorded(500, "{}")), None, "a fault is judged like every other store's");
}

#[test]
fn a_permission_covers_its_key_or_its_range() {
    let permission = |kind: &str, key: &str, end: &str| json!({ "permType": kind, "key": STANDARD.encode(key), "range_end": STANDARD.encode(end) });
    assert!(rights::covers(&permission("READWRITE", "flags/", "flags0"), "flags/llm"));
    assert!(!rights::covers(&permission("READWRITE", "flags/", "flags0"), "routes/llm"));
    assert!(!rights::covers(&permission("READ", "flags/", "flags0"), "flags/llm"));
    assert!(rights::covers(&permission("READWRITE", "flags/llm", ""), "flags/llm"));
    assert!(rights::covers(&permission("READWRITE", "a", "\0"), "flags/llm"));
}
