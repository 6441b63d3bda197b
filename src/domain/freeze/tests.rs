//! What belongs to an open incident, and what the freeze holds.

use std::time::Duration;

use super::*;
use crate::domain::action::{Destination, Scope};
use crate::domain::entry::{Entry, Happening};
use crate::domain::fixture::{ago, entry, intent, plan};
use crate::domain::ids::RunId;
use crate::domain::lever::Setting;

fn opened(seconds: i64) -> Entry {
    let what = Happening::IncidentOpened { title: "answers are wrong".into(), severity: None, why: "by hand".into() };
    let mut opened = entry(seconds, "ana", what);
    opened.incident = Some("inc-0007".parse().expect("id"));
    opened
}

fn run() -> RunId {
    "0198c0de-0000-7000-8000-000000000001".parse().expect("id")
}

/// A move of the lever, so many seconds after now.
fn moved(seconds: i64, direction: Direction) -> Entry {
    let mut intent = intent(&plan(), run().as_str());
    intent.direction = direction;
    entry(seconds, "ana", Happening::Intended(Box::new(intent)))
}

fn told(entries: &[Entry], contained: &[Containment], plan: &Plan) -> Option<String> {
    line(&Catalogue::empty(), &Ledger::fold(entries), contained, plan).map(|line| line.why)
}

fn of(direction: Direction) -> Plan {
    Plan { direction, ..plan() }
}

#[test]
fn what_neither_contains_nor_restores_waits_for_the_end_of_the_incident() {
    let during = [opened(-600)];
    for direction in [Direction::Release, Direction::Lower] {
        assert_eq!(told(&[], &[], &of(direction)), None, "no incident, no freeze");
        let why = told(&during, &[], &of(direction)).expect("frozen");
        let at = ago(600).strftime("%H:%MZ").to_string();
        assert!(why.starts_with(&format!("in force since {at} (INC-0007)")), "{why}");
    }
    assert_eq!(told(&during, &[], &of(Direction::Contain)), None, "containing is never held up");
    let closed = [opened(-600), entry(-5, "ana", Happening::IncidentClosed { why: "over".into() })];
    assert_eq!(told(&closed, &[], &of(Direction::Lower)), None, "it ends with its incident");
}

#[test]
fn what_is_contained_may_be_restored_and_a_move_of_this_incident_taken_back() {
    let contained = [moved(-900, Direction::Contain), opened(-600)];
    assert_eq!(told(&contained, &[], &of(Direction::Release)), None);
    assert!(told(&contained, &[], &of(Direction::Lower)).is_some(), "not back, but somewhere else");
    let undo = |direction| Plan { purpose: Purpose::Undo(run()), ..of(direction) };
    let released_before = [moved(-900, Direction::Release), opened(-600)];
    assert!(told(&released_before, &[], &undo(Direction::Lower)).is_some(), "an older move is no part of it");
    let released_since = [opened(-600), moved(-300, Direction::Release)];
    assert_eq!(told(&released_since, &[], &undo(Direction::Lower)), None);
}

#[test]
fn it_names_the_action_that_holds_others() {
    let mut catalogue = Catalogue::empty();
    assert!(for_others(&catalogue, &[]).contains("no action of kind freeze_changes is wired"));
    catalogue.actions.push(ActionSpec {
        id: "halt-deploys".parse().expect("id"),
        kind: ActionKind::FreezeChanges,
        key: None,
        title: "Halt all deployments".into(),
        lever: "deploys".parse().expect("id"),
        alternative: None,
        by_hand: None,
        users_see: None,
        scope: Scope::default(),
        effect_of_kind: false,
        to: Destination::Setting(Setting::Switch(false)),
        affects: Vec::new(),
        effect: None,
        recovery: None,
        review_after: Duration::from_hours(4),
        fallback: Vec::new(),
        tier: None,
    });
    assert_eq!(for_others(&catalogue, &[]), "it holds nobody outside until halt-deploys does");
    assert!(!holders(&catalogue, &[])[0].1);
}
