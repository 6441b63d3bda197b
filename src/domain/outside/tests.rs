//! What is told as a change from outside, and what our own runs explain.

use super::*;
use crate::domain::change::ChangeKind;
use crate::domain::entry::Happening;
use crate::domain::fixture::{World, ago, entry, intent, now, plan};
use crate::domain::lever::{LeverReading, LeverState, forms};
use crate::domain::observations::OurWrite;

fn opened() -> Ledger {
    let mut opened = entry(
        -600,
        "ana",
        Happening::IncidentOpened { title: "grounding fell".into(), severity: None, why: "by hand".into() },
    );
    opened.incident = Some("inc-0001".parse().expect("id"));
    Ledger::fold(&[opened])
}

fn change(at: Timestamp) -> Change {
    Change {
        at,
        kind: ChangeKind::Prompt,
        what: "support v42 → v43".into(),
        who: Some("dana".into()),
        source: "prompts".into(),
        before: None,
        after: None,
        reviewed: None,
        ours: false,
    }
}

#[test]
fn a_feed_tells_of_changes_after_the_incident_began_and_not_of_earlier_ones() {
    let mut snapshot = World::well().snapshot();
    snapshot.changes = vec![change(ago(60)), change(ago(601))];
    let told = of_feeds(&snapshot, &opened());
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].words(), "support v42 → v43, by dana (prompts)");
    assert!(of_feeds(&snapshot, &Ledger::default()).is_empty(), "no incident, no alarm");
}

fn with(levers: &[(&str, bool)]) -> Snapshot {
    let mut snapshot = World::well().snapshot();
    for (id, on) in levers {
        let spec = LeverSpec {
            id: id.parse().expect("id"),
            from: "flags".parse().expect("id"),
            target: forms::UNLEASH_FLAG.at([("flag", *id), ("environment", "production")]),
            normal: Some(Setting::Switch(true)),
            contained: Some(Setting::Switch(false)),
            change_kind: ChangeKind::Flag,
        };
        let reading = LeverReading { setting: Setting::Switch(*on), read_at: now(), ..plan().observed };
        let state = LeverState { id: spec.id.clone(), reading: Ok(reading), last: None, versions: Vec::new() };
        snapshot.levers.push((spec, state));
    }
    snapshot
}

#[test]
fn a_lever_that_somebody_else_moves_during_the_incident_is_told_and_our_own_move_is_not() {
    let mut ledger = opened();
    let mut watch = Watch::default();
    assert!(watch.look(&with(&[("assistant", true), ("prompt", true)]), &ledger).is_empty(), "the first look");
    ledger.apply(&entry(-10, "ana", Happening::Intended(Box::new(intent(&plan(), "run-1")))));
    let told = watch.look(&with(&[("assistant", false), ("prompt", false)]), &ledger);
    assert_eq!(
        told.iter().map(|change| change.lever.as_ref().expect("a lever").as_str()).collect::<Vec<_>>(),
        ["prompt"]
    );
    assert!(watch.look(&with(&[("assistant", false), ("prompt", false)]), &ledger).is_empty(), "told once");
    assert!(Watch::default().look(&with(&[("prompt", false)]), &Ledger::default()).is_empty());
}

#[test]
fn the_same_change_is_told_once() {
    let mut ledger = opened();
    let mut snapshot = World::well().snapshot();
    snapshot.changes = vec![change(ago(60))];
    let told = of_feeds(&snapshot, &ledger);
    for _ in 0..2 {
        ledger.apply(&entry(0, "ana", Happening::OutsideChange(Box::new(told[0].clone()))));
    }
    assert_eq!(ledger.outside.len(), 1);
    ledger.apply(&entry(1, "ana", Happening::IncidentClosed { why: "over".into() }));
    assert!(ledger.outside.is_empty(), "the next incident begins clean");
}

#[test]
fn a_feed_that_tells_of_our_own_write_is_marked_ours_and_anybody_elses_is_not() {
    let lever = LeverSpec {
        id: "assistant".parse().expect("id"),
        from: "flags".parse().expect("id"),
        target: forms::UNLEASH_FLAG.at([("flag", "support"), ("environment", "production")]),
        normal: Some(Setting::Switch(true)),
        contained: Some(Setting::Switch(false)),
        change_kind: ChangeKind::Flag,
    };
    let marked = |kind: ChangeKind, seconds_after: i64| {
        let mut world = World::well().change(kind, "assistant on → off", 10);
        world.catalogue.levers.push(LeverSpec { change_kind: ChangeKind::Flag, ..lever.clone() });
        let at = world.observed.changes[0].at - jiff::SignedDuration::from_secs(seconds_after);
        world.observed.writes.push(OurWrite { lever: lever.id.clone(), at });
        world.snapshot().changes[0].ours
    };
    assert!(marked(ChangeKind::Flag, 1) && marked(ChangeKind::Config, -60));
    let named = World::well().change(ChangeKind::Deploy, "flag support in production: on → off", 10);
    let mut named = World { observed: named.observed, ..World::well() };
    let lever = LeverSpec { change_kind: ChangeKind::Guardrail, ..lever.clone() };
    named.observed.writes.push(OurWrite { lever: lever.id.clone(), at: named.observed.changes[0].at });
    named.catalogue.levers.push(lever.clone());
    assert!(named.snapshot().changes[0].ours, "its store calls it otherwise and names it");
    assert!(!marked(ChangeKind::Flag, 120), "two minutes later it is somebody else's");
    assert!(!marked(ChangeKind::Prompt, 1), "our switch explains no prompt");
}
