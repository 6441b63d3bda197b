//! The coach speaks at ten minutes, not before, and is quiet once something is contained or declined.

use super::super::entry::{Entry, Happening};
use super::super::fixture::{ago, now};
use super::*;

fn entry(seconds_ago: i64, what: Happening) -> Entry {
    Entry {
        seq: 1,
        at: ago(seconds_ago),
        who: "ana".into(),
        host: "laptop".into(),
        incident: "inc-0001".parse().ok(),
        what,
    }
}

fn opened(level: &str) -> Happening {
    Happening::IncidentOpened { title: "t".into(), severity: Some(level.into()), why: String::new() }
}

fn severity(level: &str) -> Happening {
    Happening::Severity { level: level.into(), why: String::new() }
}

fn says(entries: &[Entry]) -> Coach {
    coach(Ledger::fold(entries).open.as_ref(), false, now())
}

#[test]
fn it_speaks_at_ten_minutes_of_the_top_severity_and_not_a_second_before() {
    for level in ["P1", "SEV1", "Sev 1"] {
        assert_eq!(says(&[entry(599, opened(level))]), Coach::Waits { until: ago(-1) }, "{level}");
        assert_eq!(says(&[entry(600, opened(level))]), Coach::Speaks { since: ago(600) }, "{level}");
    }
    assert_eq!(says(&[entry(9_000, opened("P2"))]), Coach::Rests);
    assert_eq!(says(&[]), Coach::Rests);
}

#[test]
fn the_clock_begins_when_the_severity_is_raised_and_ends_when_it_is_lowered() {
    let raised = [entry(9_000, opened("P3")), entry(300, severity("P1"))];
    assert_eq!(says(&raised), Coach::Waits { until: ago(-300) });
    let confirmed = [entry(900, opened("P1")), entry(30, severity("P1"))];
    assert_eq!(says(&confirmed), Coach::Speaks { since: ago(900) });
    let lowered = [entry(900, opened("P1")), entry(30, severity("P2"))];
    assert_eq!(says(&lowered), Coach::Rests);
}

#[test]
fn a_containment_or_a_reason_makes_it_rest_and_raising_the_severity_anew_does_not_inherit_the_reason() {
    let entries = [entry(900, opened("P1"))];
    assert_eq!(coach(Ledger::fold(&entries).open.as_ref(), true, now()), Coach::Rests);
    let declined = || entry(60, Happening::ContainmentDeclined { why: "the kill switch costs more".into() });
    assert_eq!(says(&[entry(900, opened("P1")), declined()]), Coach::Rests);
    let anew = [entry(2_000, opened("P1")), declined(), entry(50, severity("P2")), entry(700, severity("P1"))];
    assert_eq!(says(&anew), Coach::Speaks { since: ago(700) });
}

#[test]
fn the_number_of_a_severity_is_its_rank_in_every_scheme() {
    assert_eq!((rank("P1"), rank("Sev 2"), rank("SEV10"), rank("high")), (Some(1), Some(2), Some(10), None));
}

#[test]
fn what_the_runbook_forbids_is_no_advice_however_hurried() {
    use crate::domain::fixture::World;
    let mut world = World::well();
    let action = |kind: ActionKind| ActionSpec {
        id: kind.word().replace('_', "-").parse().expect("id"),
        kind,
        key: None,
        title: "Contain".into(),
        lever: "assistant".parse().expect("id"),
        to: Destination::Contained,
        affects: Vec::new(),
        effect: None,
        recovery: None,
        review_after: std::time::Duration::from_hours(1),
        fallback: Vec::new(),
        tier: None,
        alternative: None,
        by_hand: None,
        users_see: None,
        scope: crate::domain::action::Scope::default(),
        effect_of_kind: false,
    };
    world.catalogue.actions = vec![action(ActionKind::DegradedMode), action(ActionKind::KillFeature)];
    let advised = |never: &[ActionKind]| advice(&world.catalogue, &[], never, &[]).map(|action| action.kind);
    assert_eq!(advised(&[]), Some(ActionKind::DegradedMode));
    assert_eq!(advised(&[ActionKind::DegradedMode]), Some(ActionKind::KillFeature));
    assert_eq!(advised(&[ActionKind::DegradedMode, ActionKind::KillFeature]), None);
}
