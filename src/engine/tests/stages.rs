//! A release in stages, in virtual time: forward while the watch holds, back when the symptom returns, and never a write
//! that nobody approved.

use std::sync::Arc;
use std::time::Duration;

use super::timed::{CONFIG, Night, confirm, type_and_confirm, virtual_time};
use crate::adapters::WriteOutcome;
use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::entry::Happening;
use crate::domain::lever::Setting;
use crate::domain::run::RunState;
use crate::domain::stages::ReleaseStep;

fn intents(what: &Happening) -> bool {
    matches!(what, Happening::Intended(intent) if intent.stage.is_some())
}

#[tokio::test(start_paused = true)]
async fn a_release_goes_in_stages_each_watched_and_each_with_its_own_intent() {
    let _time = virtual_time();
    let (mut night, run) = Night::ready(CONFIG).await;
    let plan = night.undo(&run).await;
    assert_eq!(plan.after, Setting::Number(1.0), "{plan:?}");
    night.engine.fire(confirm(plan));
    for percent in [1.0, 5.0, 20.0] {
        let news = night.release().await;
        assert_eq!(news.step, ReleaseStep::Watching, "{}", news.words);
        assert_eq!(night.writes().last(), Some(&percent));
        let began = clock::now();
        night.pass(Duration::from_secs(50)).await;
        assert_eq!(night.writes().last(), Some(&percent), "not before its watch is over");
        let held = night.engine.core().view().expect("a view").snapshot.containments[0].clone();
        assert_eq!((held.run.as_ref(), held.who.as_deref()), (Some(&run), Some("ana")), "still whose it was");
        assert_eq!(held.stage.map(|stage| f64::from(stage.percent)), Some(percent));
        assert!(clock::now() > began);
    }
    assert_eq!(night.release().await.step, ReleaseStep::Whole);
    assert_eq!(night.writes(), [0.0, 1.0, 5.0, 20.0, 100.0]);
    assert_eq!(night.recorded(intents).await, 4);
    assert!(night.store.intended_before_write());
    let ledger = night.engine.core().book.ledger();
    assert_eq!(ledger.runs[&run].state, RunState::Undone, "whole: undone");
    assert!(ledger.ours().is_empty() && ledger.illegal.is_empty());
}

#[tokio::test(start_paused = true)]
async fn it_goes_back_to_contained_by_itself_when_the_symptom_returns() {
    let _time = virtual_time();
    let (mut night, run) = Night::ready(CONFIG).await;
    let plan = night.undo(&run).await;
    night.engine.fire(confirm(plan));
    assert_eq!(night.release().await.step, ReleaseStep::Watching);
    assert_eq!(night.release().await.step, ReleaseStep::Watching);
    night.metrics.show(Ok(0.2));
    let news = night.release().await;
    assert_eq!(news.step, ReleaseStep::Back, "{}", news.words);
    assert!(news.words.contains("aborted at 5 %") && news.words.contains("error_rate"), "{}", news.words);
    assert_eq!(night.writes(), [0.0, 1.0, 5.0, 0.0]);
    let ledger = night.engine.core().book.ledger();
    assert!(ledger.ours().iter().map(|ours| &ours.run).eq([&run]));
    assert!(ledger.releases.values().all(|end| end.back));
    night.pass(Duration::from_mins(10)).await;
    assert_eq!(night.writes().len(), 4, "nothing more by itself");
    assert_eq!(ledger.undoable().map(|record| record.intent.run.clone()), Some(run), "a person may release it again");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_see_does_not_go_on_and_goes_back_in_the_end() {
    let _time = virtual_time();
    let (mut night, run) = Night::ready(CONFIG).await;
    let plan = night.undo(&run).await;
    night.engine.fire(confirm(plan));
    assert_eq!(night.release().await.step, ReleaseStep::Watching);
    night.metrics.show(Err(Fault::NoData));
    night.pass(Duration::from_secs(150)).await;
    assert_eq!(night.writes(), [0.0, 1.0], "blind is not well");
    let news = night.release().await;
    assert_eq!(news.step, ReleaseStep::Back, "{}", news.words);
    assert_eq!(night.writes(), [0.0, 1.0, 0.0]);
}

#[tokio::test(start_paused = true)]
async fn a_way_back_that_fails_is_said_loudly_and_stays_on_record() {
    let _time = virtual_time();
    let (mut night, run) = Night::ready(CONFIG).await;
    let plan = night.undo(&run).await;
    night.engine.fire(confirm(plan));
    assert_eq!(night.release().await.step, ReleaseStep::Watching);
    night.store.answers(WriteOutcome::Rejected(Fault::NotAllowed { status: 403, secret: None }));
    night.metrics.show(Ok(0.2));
    let news = night.release().await;
    assert_eq!(news.step, ReleaseStep::Stopped, "{}", news.words);
    assert!(news.words.contains("NOT contained again") && news.words.contains("rejected"), "{}", news.words);
    assert_eq!(night.writes(), [0.0, 1.0, 0.0], "a definite no is not asked again");
    let ledger = night.engine.core().book.ledger();
    assert!(ledger.releases.values().any(|end| !end.back));
    night.pass(Duration::from_secs(6)).await;
    let held = &night.engine.core().view().expect("a view").snapshot.containments[0];
    assert_eq!(held.stage.as_ref().map(|stage| stage.number), Some(1), "it stands half-way, and that is shown");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_be_reached_is_tried_again_until_it_is_contained() {
    let _time = virtual_time();
    let (mut night, run) = Night::ready(CONFIG).await;
    let plan = night.undo(&run).await;
    night.engine.fire(confirm(plan));
    assert_eq!(night.release().await.step, ReleaseStep::Watching);
    night.store.answers(WriteOutcome::NotSent(Fault::Refused { target: "flags".into() }));
    night.metrics.show(Ok(0.2));
    night.until(RunState::NotSent).await;
    night.store.recovers();
    assert_eq!(night.release().await.step, ReleaseStep::Back);
    assert_eq!(night.writes(), [0.0, 1.0, 0.0, 0.0]);
}

#[tokio::test(start_paused = true)]
async fn killed_between_two_stages_it_stands_with_its_stage_and_a_person_goes_on() {
    let _time = virtual_time();
    let (mut night, run) = Night::ready(CONFIG).await;
    let plan = night.undo(&run).await;
    night.engine.fire(confirm(plan));
    assert_eq!(night.release().await.step, ReleaseStep::Watching);
    assert_eq!(night.release().await.step, ReleaseStep::Watching);
    let (memory, store) = night.killed();
    let mut next = Night::on(CONFIG, "ben", memory, Arc::clone(&store), 0.01).await;
    let view = next.engine.settled(Duration::from_secs(10)).await.expect("a view");
    let held = &view.snapshot.containments[0];
    assert_eq!(held.stage.as_ref().map(|stage| (stage.number, stage.percent)), Some((2, 5)));
    assert_eq!((held.run.as_ref(), held.who.as_deref()), (Some(&run), Some("ana")));
    next.pass(Duration::from_mins(15)).await;
    assert_eq!(next.writes().len(), 3, "nobody approved that this process goes on");
    let plan = next.undo(&run).await;
    assert_eq!(plan.after, Setting::Number(20.0), "{plan:?}");
    assert!(!plan.is_shut(), "{:?}", plan.gate);
    next.engine.fire(confirm(plan));
    assert_eq!(next.release().await.step, ReleaseStep::Watching);
    next.metrics.show(Ok(0.2));
    assert_eq!(next.release().await.step, ReleaseStep::Back);
    assert_eq!(next.writes().last(), Some(&0.0), "back to what the first stage of the first process found");
}

#[tokio::test(start_paused = true)]
async fn a_lever_that_somebody_else_moved_is_left_to_them() {
    let _time = virtual_time();
    let (mut night, run) = Night::ready(CONFIG).await;
    let plan = night.undo(&run).await;
    night.engine.fire(confirm(plan));
    assert_eq!(night.release().await.step, ReleaseStep::Watching);
    night.store.set_by_hand(Setting::Number(50.0));
    let news = night.release().await;
    assert_eq!(news.step, ReleaseStep::Left, "{}", news.words);
    night.metrics.show(Ok(0.2));
    night.pass(Duration::from_mins(10)).await;
    assert_eq!(night.writes(), [0.0, 1.0], "neither forward nor back over somebody else's hand");
}

#[tokio::test(start_paused = true)]
async fn containing_by_hand_during_a_release_ends_it_and_the_containment_is_the_old_one() {
    let _time = virtual_time();
    let (mut night, run) = Night::ready(CONFIG).await;
    let plan = night.undo(&run).await;
    night.engine.fire(confirm(plan));
    assert_eq!(night.release().await.step, ReleaseStep::Watching);
    night.pass(Duration::from_secs(12)).await;
    let again = night.engine.core().preview(&"kill-assistant".parse().expect("id")).await.expect("a plan");
    assert_eq!(u8::from(again.tier), 1, "containing stays easy");
    night.engine.fire(confirm(again));
    assert_eq!(night.release().await.step, ReleaseStep::Left);
    night.pass(Duration::from_mins(5)).await;
    assert_eq!(night.writes(), [0.0, 1.0, 0.0]);
    let ours = night.engine.core().book.ledger().ours();
    assert_eq!(ours.iter().map(|ours| (&ours.run, ours.stage.is_some())).collect::<Vec<_>>(), [(&run, false)]);
}

#[tokio::test(start_paused = true)]
async fn what_was_overridden_is_not_asked_again_and_what_goes_bad_still_sends_it_back() {
    let _time = virtual_time();
    let (mut night, run) = Night::contained(CONFIG, 0.2).await;
    night.pass(Duration::from_secs(15)).await;
    let plan = night.undo(&run).await;
    assert!(plan.is_shut(), "errors are high still");
    night.engine.fire(type_and_confirm(plan, "override test the meter is wrong, checked by hand"));
    assert_eq!(night.release().await.step, ReleaseStep::Watching);
    assert_eq!(night.release().await.step, ReleaseStep::Watching, "errors were high before, so they abort nothing");
    night.metrics.show(Ok(0.01));
    night.pass(Duration::from_secs(70)).await;
    night.metrics.show(Ok(0.3));
    let mut last = night.release().await;
    while last.step == ReleaseStep::Watching {
        last = night.release().await;
    }
    assert_eq!(last.step, ReleaseStep::Back, "{}", last.words);
    assert_eq!(night.writes().last(), Some(&0.0));
}

#[tokio::test(start_paused = true)]
async fn leaving_while_a_release_goes_back_waits_until_it_is_contained_again() {
    let _time = virtual_time();
    let (mut night, run) = Night::ready(CONFIG).await;
    let plan = night.undo(&run).await;
    night.engine.fire(confirm(plan));
    assert_eq!(night.release().await.step, ReleaseStep::Watching);
    night.metrics.show(Ok(0.2));
    let mut coming_back = night.engine.coming_back();
    coming_back.wait_for(|count| *count > 0).await.expect("an engine");
    assert_eq!(night.writes(), [0.0, 1.0], "a lever is not written twice within ten seconds: it waits");
    let began = clock::now();
    night.engine.finish(Duration::ZERO).await;
    assert!(clock::now() > began);
    assert_eq!(night.writes(), [0.0, 1.0, 0.0], "nobody would take it up");
    assert_eq!(night.recorded(|what| matches!(what, Happening::ReleaseEnded { back: true, .. })).await, 1);
}
