//! What is said between "the store holds it" and "the traffic shows it": how far it has come, then stuck, then late.

use std::sync::Arc;
use std::time::Duration;

use super::scripted::{Script, Scripted};
use super::timed::{CONFIG, Night, confirm, virtual_time};
use crate::adapters::WriteOutcome;
use crate::domain::lever::Setting;
use crate::domain::run::RunState;
use crate::engine::Event;
use crate::journal::memory::Memory;

#[tokio::test(start_paused = true)]
async fn a_stored_setting_propagates_by_its_own_evidence_is_stuck_at_the_deadline_and_verified_late() {
    let _time = virtual_time();
    let effect = "effect = { all = ['error_rate > 0.9'], within = \"30s\" }\n[gate]";
    let config = CONFIG.replace("[gate]", effect);
    let store = Arc::new(Scripted::new(Script { starts_as: Some(Setting::Number(100.0)), ..Script::default() }));
    let mut night = Night::on(&config, "ana", Memory::new("test"), store, 0.0).await;
    night.engine.settled(Duration::from_secs(10)).await.expect("a view");
    let plan = night.engine.core().preview(&"kill-assistant".parse().expect("id")).await.expect("a plan");
    night.engine.fire(confirm(plan));
    night.until(RunState::ReadBack).await;
    night.metrics.show(Ok(0.45));
    let share = loop {
        match night.next().await {
            Event::Run(news) if news.why.starts_with("propagating 50 %") => break news,
            Event::Run(news) => assert!(news.why.starts_with("propagating 0 %"), "{news:?}"),
            _ => {}
        }
    };
    assert_eq!((share.state, share.why.as_str()), (RunState::ReadBack, "propagating 50 %: error_rate 0.45 of 0.9"));
    night.until(RunState::Stuck).await;
    night.metrics.show(Ok(0.95));
    night.until(RunState::Verified).await;
    assert_eq!(night.writes(), [0.0], "watching sends nothing");
}

#[tokio::test(start_paused = true)]
async fn a_stuck_run_of_a_dead_process_is_judged_by_whoever_looks_once_however_late() {
    let _time = virtual_time();
    let effect = "effect = { all = ['error_rate > 0.9'], within = \"30s\" }\n[gate]";
    let config = CONFIG.replace("[gate]", effect);
    for (by_hand, wanted) in [(None, RunState::Verified), (Some(30.0), RunState::Superseded)] {
        let store = Arc::new(Scripted::new(Script { starts_as: Some(Setting::Number(100.0)), ..Script::default() }));
        let mut night = Night::on(&config, "ana", Memory::new("test"), store, 0.0).await;
        night.engine.settled(Duration::from_secs(10)).await.expect("a view");
        let plan = night.engine.core().preview(&"kill-assistant".parse().expect("id")).await.expect("a plan");
        night.engine.fire(confirm(plan));
        night.until(RunState::Stuck).await;
        let (memory, store) = night.killed();
        // Longer than any living process watches for a late effect.
        tokio::time::sleep(Duration::from_mins(40)).await;
        let still = Night::on(&config, "ben", memory, Arc::clone(&store), 0.0).await;
        still.engine.settled(Duration::from_secs(10)).await.expect("a view");
        let states =
            |night: &Night| night.engine.core().book.ledger().runs.values().map(|r| r.state).collect::<Vec<_>>();
        assert_eq!(states(&still), [RunState::Stuck], "the traffic does not show it yet");
        let (memory, store) = still.killed();
        if let Some(percent) = by_hand {
            store.set_by_hand(Setting::Number(percent));
        }
        let later = Night::on(&config, "ben", memory, store, 0.95).await;
        later.engine.settled(Duration::from_secs(10)).await.expect("a view");
        assert_eq!(states(&later), [wanted], "right traffic without our setting in the store is not our effect");
        assert_eq!(later.writes().len(), 1, "looking sends nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn a_yes_that_was_never_seen_stored_is_told_for_as_long_as_it_may_land() {
    let _time = virtual_time();
    let outcome = Some(WriteOutcome::Acknowledged("200".into()));
    let starts_as = Some(Setting::Number(100.0));
    let store = Arc::new(Scripted::new(Script { outcome, starts_as, takes_effect: false, ..Script::default() }));
    let mut night = Night::on(CONFIG, "ana", Memory::new("test"), store, 0.0).await;
    night.engine.settled(Duration::from_secs(10)).await.expect("a view");
    let plan = night.engine.core().preview(&"kill-assistant".parse().expect("id")).await.expect("a plan");
    night.engine.fire(confirm(plan));
    night.until(RunState::Stuck).await;
    let ledger = night.engine.core().book.ledger();
    assert_eq!(ledger.pending().map(|record| record.state).collect::<Vec<_>>(), [RunState::Stuck]);
    let (memory, store) = night.killed();
    let later = Night::on(CONFIG, "ben", memory, store, 0.0).await;
    let view = later.engine.settled(Duration::from_secs(10)).await.expect("a view");
    let suspect = &view.snapshot.headline.suspect;
    assert!(suspect.contains("was never seen to hold it; it may still land"), "{suspect}");
}

#[tokio::test(start_paused = true)]
async fn where_nothing_could_show_an_effect_a_stored_run_is_said_to_be_just_that_and_is_never_stuck() {
    let _time = virtual_time();
    let starts_as = Some(Setting::Number(100.0));
    let store = Arc::new(Scripted::new(Script { serves_nothing: true, starts_as, ..Script::default() }));
    let mut night = Night::on(CONFIG, "ana", Memory::new("test"), store, 0.0).await;
    night.engine.settled(Duration::from_secs(10)).await.expect("a view");
    let plan = night.engine.core().preview(&"kill-assistant".parse().expect("id")).await.expect("a plan");
    night.engine.fire(confirm(plan));
    night.until(RunState::ReadBack).await;
    let told = loop {
        match night.next().await {
            Event::CannotTell { why, .. } => break why,
            Event::Run(news) => panic!("{news:?}"),
            _ => {}
        }
    };
    assert_eq!(told, "nothing declared shows the effect");
    let news = night.pass(Duration::from_mins(20)).await;
    assert!(!news.iter().any(|event| matches!(event, Event::Run(_))), "{news:?}");
    let (memory, store) = night.killed();
    let later = Night::on(CONFIG, "ben", memory, store, 0.0).await;
    later.engine.settled(Duration::from_secs(10)).await.expect("a view");
    let states: Vec<_> = later.engine.core().book.ledger().runs.values().map(|run| run.state).collect();
    assert_eq!(states, [RunState::ReadBack], "whoever looks later does not call it stuck either");
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_lever_the_config_no_longer_has_is_told_and_stays_unknown() {
    let _time = virtual_time();
    let starts_as = Some(Setting::Number(100.0));
    let store = Arc::new(Scripted::new(Script { hang: true, starts_as, ..Script::default() }));
    let mut night = Night::on(CONFIG, "ana", Memory::new("test"), store, 0.0).await;
    night.engine.settled(Duration::from_secs(10)).await.expect("a view");
    let plan = night.engine.core().preview(&"kill-assistant".parse().expect("id")).await.expect("a plan");
    night.engine.fire(confirm(plan));
    night.until(RunState::Sent).await;
    let (memory, store) = night.killed();
    let renamed =
        CONFIG.replace("[lever.assistant]", "[lever.other]").replace("lever = \"assistant\"", "lever = \"other\"");
    let mut later = Night::on(&renamed, "ben", memory, store, 0.0).await;
    let told = loop {
        match later.next().await {
            Event::Notice(words) if words.contains("stays") => break words,
            _ => {}
        }
    };
    assert!(told.ends_with("stays unknown: assistant cannot be read: the lever is no longer configured"), "{told}");
    assert_eq!(later.writes().len(), 1, "nothing is sent again");
}
