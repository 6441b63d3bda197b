//! Seeded simulated incidents: the real engine, the real domain and the real journal keeper in a simulated world.
//!
//! `BREAKGLASS_SEEDS=100000` sets how many, `BREAKGLASS_SEED=4711` plays one and says what happened.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test stops by itself, and is told how much to do"
)]

mod bugs;
mod chance;
mod found;
mod hands;
mod incident;
mod invariants;
mod process;
mod responder;
mod scenarios;
mod session;
mod spooled;
mod sweep;
mod transport;
mod weather;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bugs::Bug;
use incident::Found;
use scenarios::Scenario;

/// Seeds of `cargo test`.
const SEEDS: u64 = 100;
/// With so many seeds the sweep leaves nothing out either.
const WHOLE: u64 = 1_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Plays the seeds on every core, each core with a runtime of its own.
fn many(seeds: std::ops::Range<u64>, bug: Option<Bug>, enough: usize) -> Vec<(u64, Found)> {
    let next = AtomicU64::new(seeds.start);
    let found = Mutex::new(Vec::new());
    let failed = std::sync::atomic::AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || failed.load(Ordering::Relaxed) >= enough {
                        return;
                    }
                    let mut one = incident::of_seed(seed, bug);
                    if one.broken.is_empty() && seeds.end - seeds.start > 1 {
                        // A hundred thousand stories would fill the memory, and nobody reads the good ones.
                        one.story.clear();
                    }
                    if (seed + 1).is_multiple_of(10_000) {
                        println!("{} incidents", seed + 1);
                    }
                    failed.fetch_add(usize::from(!one.broken.is_empty()), Ordering::Relaxed);
                    found.lock().expect("no panics").push((seed, one));
                }
            });
        }
    });
    found.into_inner().expect("no panics")
}

#[test]
fn simulated_incidents_break_no_invariant() {
    let seeds = match number("BREAKGLASS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("BREAKGLASS_SEEDS").unwrap_or(SEEDS),
    };
    let began = Instant::now();
    let found = many(seeds.clone(), None, 20);
    let sum = |of: fn(&Found) -> usize| found.iter().map(|(_, one)| of(one)).sum::<usize>();
    println!(
        "{} incidents, {} processes, {} runs, {} sends, {} effects, {} unknown, {} verified, {} stuck, {} spooled entries, {} unlogged, in {:.0?}",
        found.len(),
        sum(|f| f.processes),
        sum(|f| f.runs),
        sum(|f| f.sends),
        sum(|f| f.effects),
        sum(|f| f.unknown),
        sum(|f| f.verified),
        sum(|f| f.stuck),
        sum(|f| f.spooled),
        sum(|f| f.unlogged),
        began.elapsed(),
    );
    if seeds.end - seeds.start == 1 {
        let weather = weather::Weather::of(seeds.start);
        println!(
            "{weather:#?}\n{}",
            found.iter().flat_map(|(_, one)| one.story.clone()).collect::<Vec<_>>().join("\n")
        );
    }
    let broken: Vec<String> = found
        .iter()
        .flat_map(|(seed, one)| one.broken.iter().map(move |words| format!("BREAKGLASS_SEED={seed}  {words}")))
        .collect();
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}

/// Exact with `--cfg tokio_unstable`, which lets the runtime's own chance be seeded; without it, tasks that wake at the same
/// instant may run in another order, which few incidents notice.
#[test]
fn a_seed_plays_the_same_incident_again() {
    let again = |seed| incident::of_seed(seed, None).trace == incident::of_seed(seed, None).trace;
    let other: Vec<u64> = (0..20).filter(|seed| !again(*seed)).collect();
    let may_differ = if cfg!(tokio_unstable) { 0 } else { 5 };
    assert!(other.len() <= may_differ, "seeds {other:?}");
}

#[test]
fn every_call_of_twelve_scenarios_may_fail() {
    let whole = number("BREAKGLASS_SEEDS").is_some_and(|seeds| seeds >= WHOLE);
    let only = std::env::var("BREAKGLASS_SCENARIO").ok();
    let chosen = |scenario: &Scenario| only.as_ref().is_none_or(|only| *only == format!("{scenario:?}"));
    let mut broken = Vec::new();
    for scenario in Scenario::ALL.into_iter().filter(chosen) {
        let swept = sweep::sweep(scenario, whole);
        let [store, transport, clock] = swept.calls;
        let which = if whole { "each" } else { "some" };
        println!(
            "{scenario:?}: store calls 1 to {store}, transport calls 1 to {transport}, clock readings 1 to {clock}, {which}: {} plays",
            swept.plays
        );
        broken.extend(swept.broken);
    }
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn each_planted_bug_is_caught() {
    let mut escaped = Vec::new();
    for bug in Bug::ALL {
        let found = many(0..Bug::CAUGHT_WITHIN, Some(bug), 6);
        let its_own = |words: &&String| bug.breaks().iter().any(|invariant| words.starts_with(invariant));
        let caught = found.iter().filter_map(|(seed, one)| Some((seed, one.broken.iter().find(its_own)?)));
        match caught.min() {
            Some((seed, words)) => println!("{bug:?}: caught by seed {seed}: {words}"),
            None => escaped.push(format!("{bug:?} is not caught within {} seeds", Bug::CAUGHT_WITHIN)),
        }
    }
    assert!(escaped.is_empty(), "{}", escaped.join("\n"));
}
