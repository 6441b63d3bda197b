//! The restore gate at work: what it refuses, what passes it, and what of it is on record.

use std::time::Duration;

use super::timed::{CONFIG, Night, confirm, type_and_confirm, virtual_time};
use crate::clock;
use crate::domain::entry::Happening;
use crate::domain::lever::Setting;
use crate::domain::plan::{Answer, Confirmed, NotConfirmed};
use crate::domain::run::RunState;
use crate::engine::Event;

/// The same night on a switch, which goes back at once.
fn switch() -> String {
    CONFIG.replace("stage-watch = \"1m\"", "stages = [100]")
}

#[tokio::test(start_paused = true)]
async fn a_shut_gate_wants_an_override_with_a_reason_and_both_are_on_record() {
    let _time = virtual_time();
    let (mut night, run) = Night::contained(&switch(), 0.2).await;
    night.pass(Duration::from_secs(15)).await;
    let plan = night.undo(&run).await;
    assert!(plan.is_shut());
    let answer = |typed: &str| Answer {
        digest: plan.digest.clone(),
        typed: Some(typed.into()),
        read: true,
        approved_by: None,
        by: "ana".into(),
    };
    for typed in ["assistant test", "override test", "override test now", "override prod checked by hand"] {
        let refused = Confirmed::confirm(plan.clone(), &answer(typed), clock::now());
        assert_eq!(refused, Err(NotConfirmed::NotTyped("override test REASON".into())), "{typed}");
    }
    night.engine.fire(type_and_confirm(plan.clone(), "override test checked by hand with support"));
    night.until(RunState::ReadBack).await;
    assert_eq!(night.writes(), [0.0, 100.0]);
    let entries = night.engine.core().book.account().await.entries;
    let told = entries.iter().find_map(|entry| match &entry.what {
        Happening::GateOverridden { reason, missing, digest, .. } => {
            Some((reason.clone(), missing.clone(), digest.clone()))
        }
        _ => None,
    });
    let (reason, missing, digest) = told.expect("on record");
    assert_eq!((reason.as_str(), digest), ("checked by hand with support", plan.digest));
    assert!(missing.iter().any(|line| line.contains("error_rate failed")), "{missing:?}");
    let at = |wanted: fn(&Happening) -> bool| entries.iter().rposition(|entry| wanted(&entry.what)).expect("on record");
    let overridden = at(|what| matches!(what, Happening::GateOverridden { .. }));
    assert!(overridden < at(|what| matches!(what, Happening::Intended(_))), "the reason comes before the write");
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_closed_since_the_plan_was_shown_refuses_the_write() {
    let _time = virtual_time();
    let (mut night, run) = Night::ready(&switch()).await;
    let plan = night.undo(&run).await;
    assert!(!plan.is_shut(), "{:?}", plan.gate);
    night.metrics.show(Ok(0.2));
    night.pass(Duration::from_secs(12)).await;
    night.engine.fire(confirm(plan));
    let why = loop {
        if let Event::Refused { why, .. } = night.next().await {
            break why;
        }
    };
    assert!(why.contains("the restore gate is not open") && why.contains("error_rate"), "{why}");
    assert_eq!(night.writes(), [0.0]);
}

#[tokio::test(start_paused = true)]
async fn an_open_gate_releases_nothing_by_itself() {
    let _time = virtual_time();
    let (mut night, _) = Night::ready(&switch()).await;
    night.pass(Duration::from_hours(4)).await;
    assert_eq!(night.writes(), [0.0]);
}

#[tokio::test(start_paused = true)]
async fn the_watch_is_in_the_journal_and_begins_anew_when_the_symptom_returns() {
    let _time = virtual_time();
    let (mut night, run) = Night::contained(&switch(), 0.2).await;
    night.metrics.show(Ok(0.01));
    night.pass(Duration::from_mins(1)).await;
    let began = |what: &Happening| matches!(what, Happening::WatchBegan { .. });
    assert_eq!(night.recorded(began).await, 1);
    night.metrics.show(Ok(0.2));
    night.pass(Duration::from_secs(20)).await;
    assert_eq!(night.recorded(|what| matches!(what, Happening::WatchBroken { .. })).await, 1);
    night.metrics.show(Ok(0.01));
    night.pass(Duration::from_mins(1)).await;
    assert_eq!(night.recorded(began).await, 2);
    let report = night.undo(&run).await.gate.expect("a gate");
    assert!(!report.is_open() && report.left(clock::now()).is_some_and(|left| left.as_secs() > 30), "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn the_undo_of_a_mistake_needs_no_gate_for_ten_minutes_and_goes_back_at_once() {
    let _time = virtual_time();
    let (mut night, run) = Night::contained(CONFIG, 0.01).await;
    night.pass(Duration::from_secs(11)).await;
    let plan = night.undo(&run).await;
    assert!(plan.gate.is_none() && plan.stages.is_none(), "{plan:?}");
    assert_eq!(plan.after, Setting::Number(100.0));
    assert!(plan.checks.iter().any(|check| check.name == "no gate"));
    night.pass(Duration::from_mins(10)).await;
    let late = night.undo(&run).await;
    assert!(late.gate.is_some() && late.stages.is_some(), "after ten minutes it is a release like any other");
    night.store.set_by_hand(Setting::Number(30.0));
    let moved = night.undo(&run).await;
    assert!(moved.blocked_by().is_some(), "somebody else moved it");
}

#[tokio::test(start_paused = true)]
async fn the_grace_is_not_for_what_was_bad_and_ends_when_it_was_used_late() {
    let _time = virtual_time();
    let (mut night, run) = Night::contained(&switch(), 0.01).await;
    night.pass(Duration::from_secs(598)).await;
    let plan = night.undo(&run).await;
    assert!(plan.gate.is_none(), "shown in time");
    night.pass(Duration::from_secs(15)).await;
    night.engine.fire(confirm(plan));
    let why = loop {
        if let Event::Refused { why, .. } = night.next().await {
            break why;
        }
    };
    assert!(why.contains("restore gate"), "the gate is asked at the write: {why}");
    assert_eq!(night.writes(), [0.0]);
}
