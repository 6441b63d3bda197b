//! What simulated incidents found in the program, each as the shortest story that shows it. The invariants judge.

use std::sync::Arc;
use std::time::Duration;

use breakglass::domain::run::{RunMove, RunState};
use jiff::SignedDuration;

use crate::incident::{self, Found};
use crate::process::Process;
use crate::session::{Session, Wish};
use crate::weather::{Answer, Fate, Weather};
use crate::world::World;

/// A weak store without idempotency keys.
const WEAK: u64 = 7;

fn kill() -> Wish {
    Wish::Act("kill-assistant")
}

fn holds<F: Future<Output = Vec<Arc<Process>>>>(fate: Fate, story: impl FnOnce(Arc<World>) -> F) {
    holds_in(Weather::default(), fate, story);
}

fn holds_in<F: Future<Output = Vec<Arc<Process>>>>(weather: Weather, fate: Fate, story: impl FnOnce(Arc<World>) -> F) {
    let found: Found = incident::play(WEAK, weather, |world| world.record().fates.push_back(fate), story);
    assert_eq!(found.broken, Vec::<String>::new(), "{}", found.story.join("\n"));
    assert!(found.sends > 0, "a story in which nothing is sent shows nothing");
}

/// Recovery waited by the wall clock: set ahead, it judged at once, while the request was still on its way.
#[test]
fn a_clock_set_ahead_does_not_shorten_the_settle_time() {
    holds(Fate { delay: Duration::from_millis(4_100), ..Fate::GOOD }, async |world| {
        let ana = Session::start(&world, "ana").await;
        ana.engine.settled(Duration::from_secs(4)).await;
        ana.fire(&kill()).await;
        ana.pause(Duration::from_secs(1)).await;
        world.jump(SignedDuration::from_mins(10));
        ana.pause(Duration::from_secs(10)).await;
        vec![Arc::clone(&ana.process)]
    });
}

/// The same at a start: what the dead process wrote down is by a clock that may have been set since.
#[test]
fn a_clock_set_ahead_before_the_next_start_makes_no_failure_of_what_lands() {
    holds(Fate { delay: Duration::from_millis(4_100), ..Fate::GOOD }, async |world| {
        let ana = Session::start(&world, "ana").await;
        ana.engine.settled(Duration::from_secs(4)).await;
        ana.fire(&kill()).await;
        ana.pause(Duration::from_secs(1)).await;
        ana.process.kill();
        world.jump(SignedDuration::from_mins(10));
        let ben = Session::start(&world, "ben").await;
        ben.pause(Duration::from_secs(12)).await;
        vec![Arc::clone(&ana.process), Arc::clone(&ben.process)]
    });
}

/// The prior setting was taken for "not sent", also where the request had landed and was taken back.
#[test]
fn a_lever_that_was_taken_back_does_not_prove_that_nothing_was_sent() {
    holds(Fate { answer: Answer::Lost, ..Fate::GOOD }, async |world| {
        let ana = Session::start(&world, "ana").await;
        ana.engine.settled(Duration::from_secs(4)).await;
        ana.fire(&kill()).await;
        ana.pause(Duration::from_secs(1)).await;
        world.turn_over("assistant");
        ana.pause(Duration::from_secs(12)).await;
        vec![Arc::clone(&ana.process)]
    });
}

/// With a clock behind that of the metrics, samples from before the answer looked newer than it.
#[test]
fn samples_from_before_the_answer_prove_nothing_whatever_the_clocks_say() {
    holds_in(Weather { mute: true, ..Weather::default() }, Fate::GOOD, async |world| {
        world.jump(SignedDuration::from_secs(-30));
        world.turn_over("assistant");
        tokio::time::sleep(Duration::from_secs(9)).await;
        let ana = Session::start(&world, "ana").await;
        ana.engine.settled(Duration::from_secs(4)).await;
        tokio::time::sleep(Duration::from_millis(12_500).saturating_sub(world.t())).await;
        world.turn_over("assistant");
        ana.fire(&kill()).await;
        ana.pause(Duration::from_secs(20)).await;
        vec![Arc::clone(&ana.process)]
    });
}

/// The serving side still showed what somebody had set before, and nothing was measured yet at the preview: with the clock
/// set ahead after the answer, the first sample looked newer than the answer, and the run was verified by it.
#[test]
fn a_clock_set_ahead_after_the_answer_makes_no_older_sample_newer() {
    let frozen = vec![(Duration::from_secs(9), Duration::from_mins(1))];
    holds_in(Weather { frozen, mute: true, ..Weather::default() }, Fate::GOOD, async |world| {
        world.turn_over("assistant");
        tokio::time::sleep(Duration::from_millis(9_500)).await;
        world.turn_over("assistant");
        tokio::time::sleep(Duration::from_secs(11).saturating_sub(world.t())).await;
        let ana = Session::start(&world, "ana").await;
        ana.fire(&kill()).await;
        ana.pause(Duration::from_millis(200)).await;
        world.jump(SignedDuration::from_secs(37));
        ana.pause(Duration::from_secs(2)).await;
        vec![Arc::clone(&ana.process)]
    });
}

/// Whoever looked once at the run of a dead process took every sample for one that was known before the answer, and called
/// the run stuck.
#[test]
fn what_the_traffic_shows_since_verifies_the_run_of_a_dead_process_at_the_first_look() {
    holds(Fate::GOOD, async |world| {
        let mut ana = Session::start(&world, "ana").await;
        ana.engine.settled(Duration::from_secs(4)).await;
        ana.fire(&kill()).await;
        while ana.journal.ledger().runs.values().all(|run| run.state != RunState::ReadBack) {
            ana.wait(Duration::from_secs(1)).await;
        }
        ana.process.kill();
        tokio::time::sleep(Duration::from_secs(40)).await;
        let ben = Session::start(&world, "ben").await;
        ben.engine.settled(Duration::from_secs(4)).await;
        let ledger = ben.journal.ledger();
        let run = ledger.runs.values().next().expect("the run");
        assert_eq!(run.state, RunState::Verified, "{:?}", run.moves);
        assert!(run.moves.iter().all(|(_, by, _)| *by != RunMove::MissDeadline), "{:?}", run.moves);
        vec![Arc::clone(&ana.process), Arc::clone(&ben.process)]
    });
}

/// Whoever looked once gave up before the run's term was over, and called it sent for five minutes; it could not be undone.
#[test]
fn what_a_dead_process_sent_a_moment_ago_is_settled_by_the_first_look() {
    holds(Fate { answer: Answer::Lost, ..Fate::GOOD }, async |world| {
        let ana = Session::start(&world, "ana").await;
        ana.engine.settled(Duration::from_secs(4)).await;
        ana.fire(&kill()).await;
        ana.pause(Duration::from_secs(1)).await;
        ana.process.kill();
        tokio::time::sleep(Duration::from_secs(5)).await;
        let ben = Session::start(&world, "ben").await;
        assert!(ben.engine.left_behind().is_some(), "it is told that this takes its time");
        ben.engine.settled(Duration::from_secs(4)).await;
        let state = ben.journal.ledger().runs.values().next().expect("the run").state;
        assert!(matches!(state, RunState::ReadBack | RunState::Verified), "{state}");
        vec![Arc::clone(&ana.process), Arc::clone(&ben.process)]
    });
}

/// What was held before a clock is set is told by another clock: compared with what the new one says it looked newer than
/// the answer. The other seed has a store that knows no keys and carries a repeated request out after a later one.
#[test]
fn seeds_of_a_clock_that_is_set_while_an_effect_is_looked_for() {
    for seed in [20_108, 20_189, 68_746, 55_175, 83_969, 91_166] {
        let found = incident::of_seed(seed, None);
        assert_eq!(found.broken, Vec::<String>::new(), "seed {seed}: {}", found.story.join("\n"));
    }
}
