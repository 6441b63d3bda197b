//! What a JSON endpoint may answer, and what becomes of it.

use serde_json::json;

use super::*;

fn at() -> Timestamp {
    "2026-11-23T03:26:00Z".parse().expect("a time")
}

fn query(pointer: &str, samples: Option<&str>) -> Query {
    Query {
        value: "/stats".into(),
        pointer: Some(pointer.into()),
        samples: samples.map(Into::into),
        cohorts: None,
        slo: None,
    }
}

fn feed(fields: Option<FeedFields>) -> FeedSpec {
    FeedSpec {
        id: "deploys".parse().expect("an id"),
        from: "ci".parse().expect("an id"),
        kind: Some(ChangeKind::Deploy),
        what: "/deploys".into(),
        fields,
    }
}

#[test]
fn a_number_or_a_numeric_text_is_a_value_and_nothing_else_is() {
    let body = json!({"a": {"b": 0.5}, "text": " 12.5 ", "null": null, "nan": "NaN", "list": [1], "yes": true});
    let of = |pointer| sample(&body, &query(pointer, None), at()).map(|sample| sample.value);
    assert_eq!(of("/a/b"), Ok(0.5));
    assert_eq!(of("/text"), Ok(12.5));
    assert_eq!(of("/null"), Err(Fault::NoData));
    assert_eq!(of("/nan"), Err(Fault::NotANumber));
    for wrong in ["/list", "/yes", "/missing", "/a"] {
        assert!(matches!(of(wrong), Err(Fault::NotUnderstood { .. })), "{wrong}");
    }
}

#[test]
fn a_count_of_observations_that_cannot_be_read_is_never_taken_as_enough() {
    let body = json!({"v": 1, "n": 412, "minus": -1});
    let of = |samples| sample(&body, &query("/v", Some(samples)), at()).map(|sample| sample.n);
    assert_eq!(of("/n"), Ok(Some(412.0)));
    assert!(of("/minus").is_err());
    assert!(of("/missing").is_err());
}

#[test]
fn changes_come_newest_first_cleaned_and_within_the_time_asked_for() {
    let body = json!({"deployments": [
        {"when": "2026-11-23T02:00:00Z", "title": "api v1\nlong text", "by": {"name": "dana"}},
        {"when": 1_795_404_000_000_i64, "title": "worker\u{202e} v9", "type": "Prompt"},
        {"when": "1795403000", "title": "cron v2", "type": "no-such-kind"},
        {"when": "yesterday", "title": "lost"},
        {"when": "2026-11-01T00:00:00Z", "title": "too old"},
    ]});
    let fields = FeedFields {
        items: "/deployments".into(),
        at: "/when".into(),
        what: "/title".into(),
        who: Some("/by/name".into()),
        kind: Some("/type".into()),
    };
    let since = "2026-11-22T00:00:00Z".parse().expect("a time");
    let found = changes(&body, &feed(Some(fields)), since).expect("readable");
    let told: Vec<_> = found.iter().map(|change| (change.what.as_str(), change.kind, change.who.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("worker‹U+202E› v9", ChangeKind::Prompt, None),
            ("cron v2", ChangeKind::Deploy, None),
            ("api v1", ChangeKind::Deploy, Some("dana")),
        ]
    );
}

#[test]
fn a_feed_with_wrong_pointers_says_so_instead_of_looking_quiet() {
    let since = at();
    assert!(changes(&json!([{"time": 1}]), &feed(None), since).is_err());
    assert!(changes(&json!({"items": []}), &feed(None), since).is_err());
    assert_eq!(changes(&json!([]), &feed(None), since), Ok(Vec::new()));
}
