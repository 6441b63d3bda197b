//! What a version snapshot says, and never says, of what it knows.

use serde_json::json;

use super::*;

fn known(part: Part, by: &str, value: &str, hash: Option<&str>) -> Line {
    let found = Found::Known { value: value.into(), hash: hash.map(Into::into), as_of: None, entries: Vec::new() };
    Line { part, by: by.into(), found }
}

fn taken(lines: Vec<Line>) -> VersionSnapshot {
    VersionSnapshot::new(Timestamp::UNIX_EPOCH, Duration::from_millis(40), lines)
}

fn log(entries: &[(i64, &str)]) -> Line {
    let entries: Vec<LogEntry> = entries
        .iter()
        .map(|(at, what)| LogEntry { at: Timestamp::from_second(*at).expect("time"), what: (*what).into() })
        .collect();
    let found = Found::Known { value: "a log".into(), hash: None, as_of: None, entries };
    Line { part: Part::ProviderLog, by: "page".into(), found }
}

fn document(pointer: &str) -> Tells {
    Tells::Document {
        from: "build".parse().expect("id"),
        path: "/versions".into(),
        pointer: pointer.into(),
        hash: Some("/index/sha256".into()),
        as_of: Some("/index/built".into()),
    }
}

#[test]
fn every_part_has_a_line_and_what_nothing_tells_is_a_gap_by_name() {
    let snapshot = taken(vec![
        known(Part::Prompts, "prompt", "42", Some("9f2c")),
        Line::gap(Part::Tools, "build", "timed out after 2 s"),
    ]);
    let parts: Vec<Part> = snapshot.lines.iter().map(|line| line.part).collect();
    assert_eq!(parts, Part::ALL);
    assert_eq!(snapshot.whole_parts(), 1);
    let words = snapshot.words();
    assert!(words.starts_with("1 of 7 parts; model: nothing configured that tells it"), "{words}");
    assert!(words.contains("tools (build): timed out after 2 s"), "{words}");
}

#[test]
fn a_part_that_two_things_tell_is_not_whole_while_one_of_them_is_missing() {
    let snapshot = taken(vec![known(Part::Model, "route", "a", None), Line::gap(Part::Model, "build", "refused")]);
    assert_eq!(snapshot.whole_parts(), 0);
}

#[test]
fn a_snapshot_is_well_only_with_every_part_and_unknown_where_nobody_configured_one() {
    use crate::domain::plan::CheckStatus;
    let whole: Vec<Line> = Part::ALL.into_iter().map(|part| known(part, "build", "a", None)).collect();
    assert_eq!(taken(whole.clone()).check_status(), CheckStatus::Pass);
    assert_eq!(taken(whole[1..].to_vec()).check_status(), CheckStatus::Unknown, "one is missing");
    assert_eq!(taken(Vec::new()).check_status(), CheckStatus::Unknown, "0 of 7 is no green");
    assert_eq!(taken(vec![Line::gap(Part::Tools, "build", "timed out after 2 s")]).check_status(), CheckStatus::Warn);
}

#[test]
fn only_what_was_known_then_and_is_known_now_can_be_the_same() {
    let then = taken(vec![
        known(Part::Model, "route", "a", None),
        known(Part::Prompts, "prompt", "42", Some("9f2c")),
        known(Part::Index, "build", "kb-7", Some("aaaa")),
        known(Part::Guardrails, "policy", "7", None),
    ]);
    let now = taken(vec![
        known(Part::Model, "route", "a", None),
        known(Part::Prompts, "prompt", "41", Some("1a2b")),
        known(Part::Index, "build", "kb-7", Some("bbbb")),
        Line::gap(Part::Guardrails, "policy", "refused"),
        known(Part::Tools, "build", "12 entries", None),
    ]);
    let standing: Vec<(Part, Standing)> =
        compare(&then, &now).iter().filter_map(|line| Some((line.then.or(line.now)?.part, line.standing))).collect();
    for (part, wanted) in [
        (Part::Model, Standing::Same),
        (Part::Prompts, Standing::Moved),
        (Part::Index, Standing::Moved),
        (Part::Guardrails, Standing::CannotSay),
        (Part::Tools, Standing::CannotSay),
        (Part::EvalSet, Standing::CannotSay),
    ] {
        let found: Vec<Standing> = standing.iter().filter(|(p, _)| *p == part).map(|(_, s)| *s).collect();
        assert!(!found.is_empty() && found.iter().all(|s| *s == wanted), "{part:?}: {found:?}");
    }
}

#[test]
fn of_a_log_only_a_new_entry_is_news() {
    let then = taken(vec![log(&[(200, "b"), (100, "a")])]);
    let later = |lines| compare(&then, &taken(lines)).last().expect("the log").standing;
    assert_eq!(later(vec![log(&[(200, "b")])]), Standing::Same, "an old entry left the window");
    assert_eq!(later(vec![log(&[(300, "c"), (200, "b")])]), Standing::Moved);
}

#[test]
fn a_document_tells_a_text_a_number_or_the_hash_of_a_list() {
    let body = json!({
        "index": { "version": "kb-2026-11-20", "sha256": "77aa", "built": "2026-11-20T02:00:00Z" },
        "tools": [ { "name": "refund" }, { "name": "order" } ],
        "none": null,
    });
    let built: Timestamp = "2026-11-20T02:00:00Z".parse().expect("time");
    let wanted = Found::Known {
        value: "kb-2026-11-20".into(),
        hash: Some("77aa".into()),
        as_of: Some(built),
        entries: Vec::new(),
    };
    assert_eq!(of_document(&body, &document("/index/version")), wanted);
    let mut tools = document("/tools");
    if let Tells::Document { hash, .. } = &mut tools {
        *hash = None;
    }
    let Found::Known { value, hash: Some(first), .. } = of_document(&body, &tools) else { panic!("known") };
    assert_eq!((value.as_str(), first.len()), ("2 entries", 12));
    let other = json!({ "tools": [ { "name": "refund", "limit": 1 }, { "name": "order" } ] });
    let Found::Known { hash: Some(second), .. } = of_document(&other, &tools) else { panic!("known") };
    assert_ne!(first, second, "the same number of tools, other tools");
    for missing in ["/none", "/nowhere"] {
        assert!(matches!(of_document(&body, &document(missing)), Found::Gap { .. }), "{missing}");
    }
}

#[test]
fn control_bytes_of_a_server_do_not_get_in() {
    let body = json!({ "index": { "version": "kb\u{1b}[31m" } });
    let Found::Known { value, .. } = of_document(&body, &document("/index/version")) else { panic!("known") };
    assert!(!value.contains('\u{1b}'), "{value:?}");
}

#[test]
fn it_is_read_back_from_the_journal_as_it_was_written() {
    let snapshot = taken(vec![
        known(Part::Prompts, "prompt", "42", Some("9f2c")),
        log(&[(200, "b")]),
        Line::gap(Part::Index, "build", "refused"),
    ]);
    let text = serde_json::to_string(&snapshot).expect("JSON");
    assert_eq!(serde_json::from_str::<VersionSnapshot>(&text).expect("read back"), snapshot);
}
