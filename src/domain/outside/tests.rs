//! What is told as a change from outside, and what our own runs explain.

use super::*;
use crate::domain::action::Direction;
use crate::domain::change::ChangeKind;
use crate::domain::entry::{Entry, Happening};
use crate::domain::fixture::{World, ago, entry, intent, now, plan};
use crate::domain::lever::{LeverReading, LeverState, forms};
use crate::domain::observations::OurWrite;
use crate::domain::plan::{Plan, Purpose};
use crate::domain::run::RunMove;

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
    let before = with(&[("assistant", true), ("prompt", true)]);
    assert!(watch.moved(&before, &ledger).is_empty(), "the first look");
    watch.remember(&before);
    ledger.apply(&entry(-10, "ana", Happening::Intended(Box::new(intent(&plan(), "run-1")))));
    let after = with(&[("assistant", false), ("prompt", false)]);
    let told = watch.moved(&after, &ledger);
    assert_eq!(
        told.iter().map(|change| change.lever.as_ref().expect("a lever").as_str()).collect::<Vec<_>>(),
        ["prompt"]
    );
    watch.remember(&after);
    assert!(watch.moved(&after, &ledger).is_empty(), "told once");
    assert!(Watch::default().moved(&with(&[("prompt", false)]), &Ledger::default()).is_empty());
}

/// A journal as it grows.
struct Book(Ledger, u64);

impl Book {
    fn write(&mut self, what: Happening) {
        self.1 += 1;
        self.0.apply(&Entry { seq: self.1, ..entry(-100 + i64::try_from(self.1).expect("few"), "ana", what) });
    }

    /// A run that came as far as these moves.
    fn run(&mut self, run: &str, plan: &Plan, moves: &[RunMove]) {
        self.write(Happening::Intended(Box::new(intent(plan, run))));
        for by in moves {
            self.write(Happening::RunMoved { run: run.parse().expect("id"), by: *by, why: String::new() });
        }
    }

    /// What the first look of a new process tells, which it writes down.
    fn look(&mut self, on: bool) -> Vec<Option<Fate>> {
        let told = Watch::default().moved(&with(&[("assistant", on)]), &self.0);
        let fates = told.iter().map(|change| change.containment).collect();
        for change in told {
            self.write(Happening::OutsideChange(Box::new(change)));
        }
        fates
    }
}

const STORED: [RunMove; 3] = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored];

fn release() -> Plan {
    let (after, direction) = (Setting::Switch(true), Direction::Release);
    let observed = LeverReading { setting: Setting::Switch(false), ..plan().observed };
    Plan { observed, after, direction, purpose: Purpose::Undo("run-1".parse().expect("id")), ..plan() }
}

#[test]
fn a_containment_that_was_released_while_nobody_looked_is_told_once_by_the_first_look_with_or_without_an_incident() {
    let mut book = Book(Ledger::default(), 0);
    assert_eq!(book.look(true), [], "never touched by us");
    book.run("run-1", &plan(), &STORED);
    assert_eq!(book.look(false), [], "as we left it");
    assert_eq!(book.look(true), [Some(Fate::Released)]);
    assert_eq!(book.look(true), [], "on record");
    let words = told(&book.0, now()).map(|change| format!("{}: {}", change.meaning(), change.words()));
    let line = "containment released from outside: assistant off → on (flag assistant in production) (flags)";
    assert_eq!(words.collect::<Vec<_>>(), [line]);
    assert_eq!(book.look(false), [Some(Fate::BroughtBack)]);
    assert_eq!(book.look(true), [Some(Fate::Released)], "a second time is news again");
    assert_eq!(told(&book.0, now() + SignedDuration::from_hours(13)).count(), 0, "the next shift begins clean");
    book.run("run-2", &plan(), &STORED);
    assert_eq!(told(&book.0, now()).count(), 0, "contained again by us");
}

#[test]
fn what_a_run_of_ours_did_or_may_do_is_no_change_from_outside_and_a_refused_one_explains_nothing() {
    let after = |moves: &[RunMove], on| {
        let mut book = Book(Ledger::default(), 0);
        book.run("run-1", &plan(), &STORED);
        book.run("run-2", &release(), moves);
        book.look(on)
    };
    assert_eq!(after(&STORED, true), [], "released by another process on this journal");
    assert_eq!(after(&[RunMove::Send], true), [], "under way");
    assert_eq!(after(&[RunMove::Send, RunMove::LoseSight], true), []);
    assert_eq!(after(&[RunMove::Send, RunMove::Reject], true), [Some(Fate::Released)]);
    assert_eq!(after(&[RunMove::Send, RunMove::Reject], false), []);
}

#[test]
fn a_reading_from_before_our_own_move_tells_nothing() {
    let mut book = Book(Ledger::default(), 0);
    book.run("run-1", &plan(), &STORED);
    let mut early = with(&[("assistant", true)]);
    for (_, state) in &mut early.levers {
        state.reading.as_mut().expect("a reading").read_at = ago(99);
    }
    assert!(Watch::default().moved(&early, &book.0).is_empty());
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
    assert!(of_feeds(&snapshot, &ledger).is_empty());
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
