//! Which containments stand released, and since when.

use super::*;
use crate::domain::entry::{Entry, Happening, Intent};
use crate::domain::fixture::{ago, entry, intent, plan};
use crate::domain::lever::Setting;
use crate::domain::outside::OutsideChange;
use crate::domain::plan::Purpose;

/// A journal: every entry a second after the one before, the first one 100 s ago.
fn journal(entries: Vec<Happening>) -> Ledger {
    let numbered = |(seq, what): (u64, Happening)| {
        let seconds = i64::try_from(seq).expect("few");
        Entry { seq, ..entry(seconds - 100, "ana", what) }
    };
    Ledger::fold(&(1..).zip(entries).map(numbered).collect::<Vec<_>>())
}

fn moved(run: &str, by: RunMove) -> Happening {
    Happening::RunMoved { run: run.parse().expect("id"), by, why: "seen".into() }
}

fn killed() -> Vec<Happening> {
    let kill = Intent { failing: vec!["grounding".parse().expect("id")], ..intent(&plan(), "run-1") };
    let steps = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored, RunMove::SeeEffect];
    [Happening::Intended(Box::new(kill))].into_iter().chain(steps.map(|by| moved("run-1", by))).collect()
}

fn undo() -> Happening {
    let mut undo = intent(&plan(), "run-2");
    (undo.purpose, undo.direction) = (Purpose::Undo("run-1".parse().expect("id")), Direction::Release);
    (undo.prior.setting, undo.after) = (Setting::Switch(false), Setting::Switch(true));
    Happening::Intended(Box::new(undo))
}

fn by_hand(to: bool, fate: Fate, changed_at: Timestamp) -> Happening {
    Happening::OutsideChange(Box::new(OutsideChange {
        changed_at,
        what: "assistant moved".into(),
        by: Some("sam".into()),
        source: "flags".into(),
        lever: Some("assistant".parse().expect("id")),
        to: Some(Setting::Switch(to)),
        containment: Some(fate),
    }))
}

#[test]
fn a_containment_that_stands_is_not_released_and_its_undo_releases_it_when_the_store_takes_it() {
    assert_eq!(journal(killed()).our_runs().released, []);
    let undone = [undo(), moved("run-2", RunMove::Send), moved("run-2", RunMove::Acknowledge)];
    let ledger = journal(killed().into_iter().chain(undone).collect());
    let released = ledger.our_runs().released;
    assert_eq!(released.len(), 1);
    let one = &released[0];
    assert_eq!(
        (one.lever.as_str(), &one.was, one.since, one.at),
        ("assistant", &Setting::Switch(false), ago(99), ago(92))
    );
    assert_eq!(one.failing, ["grounding".parse().expect("id")]);
}

#[test]
fn an_undo_that_was_refused_released_nothing() {
    let refused = [undo(), moved("run-2", RunMove::Send), moved("run-2", RunMove::Reject)];
    assert_eq!(journal(killed().into_iter().chain(refused).collect()).our_runs().released, []);
}

#[test]
fn a_release_by_hand_counts_from_when_its_store_says_or_else_from_when_it_was_seen() {
    let at = |changed_at| {
        let ledger = journal(killed().into_iter().chain([by_hand(true, Fate::Released, changed_at)]).collect());
        ledger.our_runs().released.first().map(|released| released.at)
    };
    assert_eq!(at(ago(95)), Some(ago(95)));
    assert_eq!(
        at(ago(5_000)),
        Some(ago(94)),
        "a store that says it was before the containment tells of something else"
    );
    let again = [by_hand(true, Fate::Released, ago(95)), by_hand(false, Fate::BroughtBack, ago(94))];
    assert_eq!(journal(killed().into_iter().chain(again).collect()).our_runs().released, [], "it is contained again");
}
