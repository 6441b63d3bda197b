//! I1 to I10, each a check by its own name: what the program says and does, against what the world knows to be true.
//!
//! Some are asked at the moment they are about (at the socket, at the journal, on the screen), the others of the
//! finished incident, when every process has had its time to come clean.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use breakglass::domain::action::Direction;
use breakglass::domain::entry::{Entry, Happening};
use breakglass::domain::incident::Ledger;
use breakglass::domain::lever::{Revision, Setting};
use breakglass::domain::permit::{FREEZE_AFTER, Mode, WritePermit};
use breakglass::domain::plan::PlannedRequest;
use breakglass::domain::run::{RunMove, RunState};
use breakglass::domain::status::Status;
use breakglass::engine::View;
use breakglass::journal::Place;

use crate::process::Process;
use crate::spooled;
use crate::transport;
use crate::world::World;

/// Three missed polls of five seconds, five seconds between two samples, and two seconds for the publisher.
const FRESH: Duration = Duration::from_secs(22);
/// A clock that is behind its source's by less than this makes samples look younger by as much: without the source's own
/// time nobody can tell. What is further ahead is shown as UNKNOWN.
const CLOCKS_DIFFER: Duration = Duration::from_mins(1);

fn broken(world: &World, words: impl std::fmt::Display) {
    let t = world.t().as_secs_f64();
    world.record().broken.push(format!("{words} (t = {t:.3} s)"));
}

/// I1, I2, I3, I7, I8: a process is about to send.
pub fn at_the_socket(process: &Process, permit: &WritePermit, requests: &[PlannedRequest]) {
    let world = &process.world;
    let journal = process.journal().expect("a journal");
    let run = permit.run();
    let confirmed = world.record().confirmed.get(&(process.id, permit.digest().as_str().to_owned())).cloned();
    let Some((plan, confirmed_at)) = confirmed else {
        return broken(world, format!("I8 run {run} was never confirmed by anybody"));
    };

    // I1 no effect without an earlier durable intent, or an explicit mark that there is none.
    let spooled = spooled::runs(&world.spool);
    if !world.memory.knows(run) && !spooled.contains(run.as_str()) {
        let marked = matches!(journal.place(), Place::Unlogged { .. }) && plan.direction == Direction::Contain;
        if marked {
            world.record().unlogged.push(run.to_string());
        } else {
            broken(world, format!("I1 run {run} is sent without a durable intent; {:?}", journal.place()));
        }
    }

    // I2 at most one send per idempotency key.
    if world.record().sends.iter().any(|send| send.run == run.as_str()) {
        broken(world, format!("I2 run {run} is sent again"));
    }

    // I3 a lever has at most one open run: as the store tells it, and as this process knows it. Runs that were spooled
    // could not be seen by others; the store's compare-and-set is then the only guard.
    let unlogged = world.record().unlogged.clone();
    let stored = Ledger::fold(&world.memory.entries());
    for ledger in [&stored, &*journal.ledger()] {
        let mut others = ledger.open_runs().filter(|r| r.intent.lever == *permit.lever() && r.intent.run != *run);
        let visible = |id: &str| !spooled.contains(id) && !unlogged.iter().any(|one| one == id);
        if let Some(other) = others.find(|r| visible(r.intent.run.as_str()))
            && visible(run.as_str())
        {
            broken(world, format!("I3 run {run} is sent while run {} is {}", other.intent.run, other.state));
        }
    }

    // I7 no write in read-only, dry run, or frozen.
    let mode = *process.mode.lock().expect("no panics");
    if mode != Mode::Act {
        broken(world, format!("I7 run {run} is sent in mode {mode:?}"));
    }
    if failures_in_a_row(process) >= FREEZE_AFTER {
        broken(world, format!("I7 run {run} is sent while frozen"));
    }

    // I8 sent bytes equal the confirmed digest, which binds them to what was seen.
    if plan.requests != requests {
        broken(world, format!("I8 run {run} sends other bytes than were confirmed"));
    }
    let (Revision::Strong(revision) | Revision::Soft(revision)) = &plan.observed.revision else { return };
    if !world.record().levers[permit.lever().as_str()].had(revision, confirmed_at, world.t()) {
        broken(world, format!("I8 run {run} is sent though the lever had moved before it was confirmed"));
    }
}

/// Failed or unknown writes of this process in a row, as far as they stand in the journal: its listener has heard of them.
/// A clock that was set ahead by an hour lets old failures be forgotten.
fn failures_in_a_row(process: &Process) -> usize {
    let world = &process.world;
    let record = world.record();
    if world.weather.jumps.iter().any(|(_, by)| by.as_secs() > 1_000) {
        return 0;
    }
    let ours = |run: &str| record.sends.iter().any(|send| send.run == run && send.process == process.id);
    let since = record.unfrozen.last().copied().unwrap_or_default();
    let mut failed: Vec<&str> = Vec::new();
    for news in record.heard.iter().filter(|news| news.t > since) {
        match news.state {
            RunState::Acknowledged => failed.clear(),
            RunState::NotSent | RunState::Rejected | RunState::Unknown
                if news.process == process.id && ours(&news.run) && !failed.contains(&news.run.as_str()) =>
            {
                failed.push(&news.run);
            }
            _ => {}
        }
    }
    failed.len()
}

/// I6: an unknown run ends by a reconcile entry, and that by a look at the lever.
pub fn at_the_journal(process: &Process, what: &Happening) {
    let Happening::RunMoved { run, by, .. } = what else { return };
    let world = &process.world;
    let Some(record) = process.journal().and_then(|journal| journal.ledger().runs.get(run).cloned()) else {
        return;
    };
    let wanted = |setting: &Setting| *setting == Setting::Switch(true);
    let matches = |seen: bool| match by {
        RunMove::SeeStored => seen == wanted(&record.intent.after),
        RunMove::SeeUnchanged => seen == wanted(&record.intent.prior.setting),
        _ => true,
    };
    if !matches!(by, RunMove::SeeStored | RunMove::SeeUnchanged | RunMove::SeeOther) {
        return;
    }
    // What lands late is seen by the poll of its lever, every ten seconds.
    let seen_within = Duration::from_secs(if record.state == RunState::Unseen { 15 } else { 2 });
    let since = world.t().saturating_sub(seen_within);
    let looked =
        world.record().looks.iter().rev().take_while(|look| look.t >= since).any(|look| {
            look.process == process.id && look.lever == record.intent.lever.as_str() && matches(look.setting)
        });
    if !looked {
        broken(world, format!("I6 run {run} is closed ({by:?}) without a look at the lever"));
    }
}

/// I10: what the screen shows now. Unknown or stale never rolls up to healthy.
pub fn on_the_screen(process: &Process, view: &View) {
    let world = &process.world;
    let t = world.t();
    let newest = world.weather.newest(t);
    let behind = Duration::try_from(-world.lowest_jump()).unwrap_or_default().min(CLOCKS_DIFFER);
    let snapshot = &view.snapshot;
    for signal in &snapshot.signals {
        let well = signal.status == Status::Ok;
        if well && t.saturating_sub(newest) > FRESH + behind {
            let age = t.saturating_sub(newest);
            broken(world, format!("I10 {} is shown OK, its newest sample is {age:?} old", signal.spec.id));
        }
    }
    if snapshot.headline.status == Status::Ok && snapshot.signals.iter().any(|signal| signal.status != Status::Ok) {
        broken(world, "I10 the headline is OK and a signal is not");
    }
}

/// What is judged at the end.
pub struct End<'a> {
    pub world: &'a World,
    pub entries: &'a [Entry],
    pub ledger: &'a Ledger,
}

/// One check of a finished incident.
pub type Check = fn(&End<'_>) -> Vec<String>;

/// Each by its name.
pub const AT_THE_END: [(&str, Check); 6] = [
    ("I2 at most one effect per idempotency key", one_effect),
    ("I4 verified implies evidence newer than the answer", verified_is_true),
    ("I5 no definite failure for what took effect", no_false_failure),
    ("I6 an unknown never disappears", unknown_stays),
    ("I8 the effect is what was confirmed", effect_is_confirmed),
    ("I9 each entry exactly once", each_once),
];

/// A store that knows no keys and compares nothing carries a request out again that the network delivers twice; then the
/// run must have been sent once, and nothing could tell the second delivery from a foreign hand.
fn one_effect(end: &End<'_>) -> Vec<String> {
    let mut changes: BTreeMap<&str, usize> = BTreeMap::new();
    let record = end.world.record();
    for effect in record.effects.iter().filter(|effect| effect.changed) {
        if let Some(run) = &effect.run {
            *changes.entry(run).or_default() += 1;
        }
    }
    let is_helpless = |run: &str| {
        let lever = record.effects.iter().find(|effect| effect.run.as_deref() == Some(run)).map(|effect| &effect.lever);
        let store = lever.and_then(|lever| record.levers.get(lever));
        store.is_some_and(|store| !store.compare_and_set && !store.knows_keys)
            && record.sends.iter().filter(|send| send.run == run).count() == 1
    };
    let doubles = changes.into_iter().filter(|(run, count)| *count > 1 && !is_helpless(run));
    doubles.map(|(run, count)| format!("run {run} moved its lever {count} times")).collect()
}

fn verified_is_true(end: &End<'_>) -> Vec<String> {
    let heard = end.world.record().heard.clone();
    let mut wrong = Vec::new();
    for news in heard.iter().filter(|news| news.state == RunState::Verified) {
        let Some(record) = end.ledger.runs.values().find(|r| r.intent.run.as_str() == news.run) else { continue };
        let answered = heard.iter().find(|h| h.run == news.run && h.state == RunState::Acknowledged);
        let sent = end.world.record().sends.iter().find(|send| send.run == news.run).map(|send| send.t);
        let since = answered.map(|h| h.t).or(sent).unwrap_or(Duration::ZERO);
        let lever = record.intent.lever.as_str();
        let wanted = record.intent.after == Setting::Switch(true);
        // Where the traffic showed nothing new the serving side is asked; then that has to be true.
        let by_traffic = lever == "assistant" && !wanted && !news.why.contains("the serving side hands out");
        let shown = if by_traffic {
            transport::traffic_shows_off(end.world, since, news.t)
        } else {
            end.world.was_served(lever, wanted, since, news.t)
        };
        if !shown {
            wrong.push(format!(
                "run {} is verified at {:?} ({}), nothing showed it since {since:?}",
                news.run, news.t, news.why
            ));
        }
    }
    wrong
}

fn no_false_failure(end: &End<'_>) -> Vec<String> {
    let record = end.world.record();
    let failed = end.ledger.runs.values().filter(|r| matches!(r.state, RunState::NotSent | RunState::Rejected));
    let took = |run: &str| record.effects.iter().any(|effect| effect.run.as_deref() == Some(run));
    failed
        .filter(|r| took(r.intent.run.as_str()))
        .map(|r| format!("run {} is {}, and it took effect", r.intent.run, r.state))
        .collect()
}

fn unknown_stays(end: &End<'_>) -> Vec<String> {
    let record = end.world.record();
    let mut wrong: Vec<String> = Vec::new();
    for open in end.ledger.unfinished() {
        wrong.push(format!("run {} is still {} though everybody had time", open.intent.run, open.state));
    }
    let heard: BTreeSet<&str> =
        record.heard.iter().filter(|news| news.state == RunState::Unknown).map(|news| news.run.as_str()).collect();
    let known: BTreeSet<&str> = end.ledger.runs.keys().map(AsRef::as_ref).collect();
    let lost = heard.difference(&known).filter(|run| !record.unlogged.iter().any(|one| one == **run));
    wrong.extend(lost.map(|run| format!("run {run} was unknown, and no journal knows it")));
    for run in end.ledger.runs.values() {
        let unknown = run.moves.iter().position(|(_, by, _)| *by == RunMove::LoseSight);
        let after = unknown.and_then(|at| run.moves.get(at + 1)).map(|(_, by, _)| *by);
        if unknown.is_some()
            && !matches!(after, Some(RunMove::SeeStored | RunMove::SeeUnchanged | RunMove::SeeOther | RunMove::Undo))
        {
            wrong.push(format!("run {} was unknown, and nothing reconciled it", run.intent.run));
        }
    }
    wrong
}

fn effect_is_confirmed(end: &End<'_>) -> Vec<String> {
    let record = end.world.record();
    let mut wrong = Vec::new();
    for effect in &record.effects {
        let Some(run) = effect.run.as_deref() else { continue };
        let Some(known) = end.ledger.runs.values().find(|r| r.intent.run.as_str() == run) else { continue };
        if known.intent.after != Setting::Switch(effect.setting) {
            wrong.push(format!("run {run} was confirmed to set {}, and set {}", known.intent.after, effect.setting));
        }
    }
    wrong
}

fn each_once(end: &End<'_>) -> Vec<String> {
    let origins = end.world.memory.origins();
    let mut seen = BTreeSet::new();
    let mut wrong: Vec<String> = origins
        .iter()
        .filter(|origin| !seen.insert(*origin))
        .map(|origin| format!("entry {origin} is there twice"))
        .collect();
    let spooled = spooled::origins(&end.world.spool);
    wrong.extend(spooled.iter().filter(|o| !seen.contains(o)).map(|origin| format!("entry {origin} was not imported")));
    wrong.extend(end.world.memory.verify().broken.map(|broken| format!("the chain is broken: {broken:?}")));
    let imported = end.entries.iter().filter(|entry| matches!(entry.what, Happening::Foreign { .. }));
    wrong.extend(imported.map(|entry| format!("entry {} cannot be read", entry.seq)));
    wrong
}
