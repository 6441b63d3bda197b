//! One incident from its first key to its last entry: weather, one to three responders, and then calm, in which everything
//! that is under way comes to its end and is judged.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use breakglass::clock::simulated;
use breakglass::domain::incident::Ledger;
use breakglass::domain::run::RunState;
use breakglass::journal::Place;

use crate::bugs::Bug;
use crate::hands::Virtual;
use crate::invariants::{AT_THE_END, End};
use crate::process::Process;
use crate::session::Session;
use crate::weather::{STORM, Weather};
use crate::world::{Record, World};
use crate::{responder, spooled};

/// Longest that anything may take to come to its end once all is calm.
const CALM: Duration = Duration::from_secs(150);

/// What came of it.
#[derive(Debug, Default, Clone)]
pub struct Found {
    pub broken: Vec<String>,
    /// Equal for equal incidents.
    pub trace: u64,
    pub runs: usize,
    pub sends: usize,
    pub effects: usize,
    pub unknown: usize,
    pub verified: usize,
    pub stuck: usize,
    pub spooled: usize,
    pub unlogged: usize,
    pub processes: usize,
    /// What happened, in order of true time.
    pub story: Vec<String>,
}

fn spool_of(seed: u64) -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let thread = format!("{:?}", std::thread::current().id());
    base.join(format!("breakglass-{}-{}-{seed}", std::process::id(), crate::chance::of(&thread)))
}

/// Runs `story` in a world of its own, on this thread, and judges it.
pub fn play<S, F>(seed: u64, weather: Weather, set: impl FnOnce(&mut World), story: S) -> Found
where
    S: FnOnce(Arc<World>) -> F,
    F: Future<Output = Vec<Arc<Process>>>,
{
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true);
    #[cfg(tokio_unstable)]
    builder.rng_seed(tokio::runtime::RngSeed::from_bytes(&seed.to_le_bytes()));
    let runtime = builder.build().expect("a runtime");
    fastrand::seed(seed);
    let spool = spool_of(seed);
    let (found, world) = runtime.block_on(async {
        let mut world = World::new(seed, weather, spool.clone());
        set(&mut world);
        let world = Arc::new(world);
        let hands = simulated::put_on(Rc::new(Virtual::new(Arc::clone(&world))));
        let whole = async { judge(&world, story(Arc::clone(&world)).await).await };
        let found = tokio::time::timeout(Duration::from_mins(30), whole)
            .await
            .unwrap_or_else(|_| Found { broken: vec!["the incident never ends".into()], ..Found::default() });
        drop(hands);
        (found, world)
    });
    drop(runtime);
    world.end();
    // A hundred thousand incidents fit into the memory only if nothing of one outlives it.
    assert_eq!(Arc::strong_count(&world), 1, "seed {seed}: something holds the world when all its tasks are gone");
    // Most incidents never spool.
    let _ = std::fs::remove_dir_all(&spool);
    found
}

/// The incident of a seed.
pub fn of_seed(seed: u64, bug: Option<Bug>) -> Found {
    let weather = Weather::of(seed);
    play(seed, weather, |world| world.bug = bug, storm)
}

async fn storm(world: Arc<World>) -> Vec<Arc<Process>> {
    let elements = tokio::spawn(elements(Arc::clone(&world)));
    let responders: Vec<_> =
        (0..=world.seed % 3).map(|number| tokio::spawn(responder::live(Arc::clone(&world), number))).collect();
    let mut processes = Vec::new();
    for responder in responders {
        processes.extend(responder.await.expect("a responder does not panic"));
    }
    elements.await.expect("the elements do not panic");
    processes
}

/// Clocks that are set, and other people's hands.
async fn elements(world: Arc<World>) {
    let jumps = world.weather.jumps.iter().map(|(at, by)| (*at, Some(*by)));
    let mut due: Vec<_> = jumps.chain(world.weather.foreign.iter().map(|at| (*at, None))).collect();
    due.sort();
    for (at, what) in due {
        tokio::time::sleep(at.saturating_sub(world.t())).await;
        match what {
            Some(by) => world.jump(by),
            None => world.foreign_hand(if world.micros() & 1024 == 0 { "assistant" } else { "tools" }),
        }
    }
}

/// Lets everything come to its end, and asks every invariant.
async fn judge(world: &Arc<World>, processes: Vec<Arc<Process>>) -> Found {
    tokio::time::sleep(STORM.saturating_sub(world.t())).await;
    let last = Session::start(world, "judge").await;
    let calm = async {
        loop {
            last.journal.poll_foreign().await;
            let settled = last.journal.ledger().unfinished().next().is_none() && last.journal.place() == Place::Stored;
            let alive = processes.iter().filter(|process| !process.is_dead());
            let all_stored =
                alive.filter_map(|p| p.journal()).all(|journal| journal.place() == Place::Stored || gone(&journal));
            if settled && all_stored {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let in_time = tokio::time::timeout(CALM, calm).await.is_ok();
    // Nothing may be on its way any more.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let entries = world.memory.entries();
    let ledger = Ledger::fold(&entries);
    let mut found = Found { processes: processes.len(), ..Found::default() };
    found.broken.append(&mut world.record().broken);
    let end = End { world, entries: &entries, ledger: &ledger };
    for (name, check) in AT_THE_END {
        found.broken.extend(check(&end).into_iter().map(|words| format!("{name}: {words}")));
    }
    if !in_time {
        let alive = processes.iter().filter(|process| !process.is_dead());
        let places: Vec<_> = alive.filter_map(|p| Some((p.id, p.journal()?.place()))).collect();
        found.broken.push(format!("not everything came to its end in {CALM:?}: {places:?}"));
    }
    let record = world.record();
    found.runs = ledger.runs.len();
    found.sends = record.sends.len();
    found.effects = record.effects.len();
    found.unknown = record.heard.iter().filter(|news| news.state == RunState::Unknown).count();
    found.verified = ledger.runs.values().filter(|run| run.state == RunState::Verified).count();
    found.stuck = ledger.runs.values().filter(|run| run.state == RunState::Stuck).count();
    found.spooled = spooled::origins(&world.spool).len();
    found.unlogged = record.unlogged.len();
    found.story = story(world, &record);
    let mut trace = DefaultHasher::new();
    for entry in &entries {
        serde_json::to_string(entry).expect("JSON").hash(&mut trace);
    }
    for effect in &record.effects {
        (effect.t, &effect.run, &effect.lever, effect.setting).hash(&mut trace);
    }
    found.trace = trace.finish();
    found
}

fn story(world: &World, record: &Record) -> Vec<String> {
    let short = |run: &str| run.get(run.len() - 6..).unwrap_or(run).to_owned();
    let mut lines: Vec<(Duration, String)> = Vec::new();
    let sends = record.sends.iter().map(|s| (s.t, format!("process {} sends for run {}", s.process, short(&s.run))));
    let effects = record.effects.iter().map(|e| {
        let by = e.run.as_deref().map_or("a foreign hand".to_owned(), |run| format!("run {}", short(run)));
        (e.t, format!("{} is set {} by {by}", e.lever, if e.setting { "on" } else { "off" }))
    });
    let heard = record.heard.iter();
    let heard = heard.map(|h| (h.t, format!("process {} hears that run {} is {}", h.process, short(&h.run), h.state)));
    lines.extend(sends.chain(effects).chain(heard));
    lines.extend(world.weather.jumps.iter().map(|(t, by)| (*t, format!("the clock is set by {by:#}"))));
    lines.sort_by_key(|(t, _)| *t);
    lines.into_iter().map(|(t, words)| format!("{:9.3} s  {words}", t.as_secs_f64())).collect()
}

/// A journal whose keeper has ended.
fn gone(journal: &breakglass::journal::Journal) -> bool {
    matches!(journal.place(), Place::Unlogged { why, .. } if why.contains("closed"))
}
