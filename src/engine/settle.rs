//! What happens after the store's answer: read back, look for the effect in the traffic, reconcile what is unknown.
//! A write is not an effect. May read and journal; may not write to any store.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::proof::{self, Proof, Since, Witness};
use super::{Core, Event};
use crate::adapters::Levers;
use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::entry::{Happening, Intent};
use crate::domain::ids::RunId;
use crate::domain::incident::RunRecord;
use crate::domain::lever::LeverReading;
use crate::domain::permit::SETTLE;
use crate::domain::plan::Purpose;
use crate::domain::propagation::Propagated;
use crate::domain::recovery::{self, Recovery};
use crate::domain::run::{RunMove, RunState};
use crate::domain::stages::StageOf;

/// Clocks of two machines are never further apart than this.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);
/// Between two looks while something is expected to change.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A stuck run is still watched this long for a late effect.
const LATE_EFFECT: Duration = Duration::from_mins(10);
/// How long recovery is watched.
const RECOVERY_WATCH: Duration = Duration::from_mins(15);

/// The settle time is over, and nothing proves that the request was dropped.
const MAY_LAND: &str = "no effect seen; it may still land";

/// Follows a run from the store's answer to its end. `begun` is the time since boot after which nobody began to send it;
/// `witness` tells how this process knows of the answer.
pub(super) async fn follow(core: &Arc<Core>, run: &RunId, begun: Duration, witness: Witness) {
    if core.state_of(run) == Some(RunState::Unknown) {
        reconcile(core, run, begun).await;
    }
    if core.state_of(run) == Some(RunState::Acknowledged) {
        read_back(core, run).await;
    }
    if core.state_of(run) == Some(RunState::ReadBack) {
        mark_undone(core, run).await;
    }
    if matches!(core.state_of(run), Some(RunState::ReadBack | RunState::Stuck)) {
        seek_effect(core, run, witness).await;
    }
    if core.state_of(run) == Some(RunState::Verified) {
        let core = Arc::clone(core);
        let run = run.clone();
        tokio::spawn(async move { watch_recovery(&core, &run).await });
    }
}

/// Takes up every unfinished run of the journal: the last process may have died in its middle.
pub(super) fn take_up(core: &Arc<Core>) {
    let unfinished = |r: &&RunRecord| {
        r.state.is_open()
            || r.state == RunState::Acknowledged
            || matches!(r.state, RunState::ReadBack | RunState::Stuck) && is_recent(r)
    };
    let ids: Vec<RunId> = core.book.ledger().runs.values().filter(unfinished).map(|r| r.intent.run.clone()).collect();
    for run in ids {
        let core = Arc::clone(core);
        tokio::spawn(async move {
            take_up_one(&core, &run).await;
        });
    }
}

fn is_recent(record: &RunRecord) -> bool {
    clock::now().duration_since(record.at) < SignedDuration::try_from(LATE_EFFECT).unwrap_or(SignedDuration::MAX)
}

async fn take_up_one(core: &Arc<Core>, run: &RunId) {
    let Some(record) = core.book.ledger().runs.get(run).cloned() else { return };
    // Too early a look calls nothing failed that may still land.
    let begun = (clock::since_boot() + in_flight(&record, clock::now())).saturating_sub(term(&record.intent));
    wait_until(settled(&record.intent, begun)).await;
    // Another process on this journal may have been alive all the time: its word counts.
    core.book.reread().await;
    // Of one without an answer this process finds out itself what became of it.
    let unanswered = matches!(core.state_of(run), Some(RunState::Intent | RunState::Sent | RunState::Unknown));
    let witness = if unanswered { Witness::Heard } else { Witness::TakenUp };
    let lost = matches!(core.state_of(run), Some(RunState::Intent | RunState::Sent));
    if lost {
        core.step(run, RunMove::LoseSight, "the process that sent it ended before the answer").await;
    }
    follow(core, run, begun, witness).await;
}

/// The same by the wall clock of whoever wrote the intent: an estimate, for a command that does not stay.
pub(super) fn settled_at(intent: &Intent, from: Timestamp) -> Timestamp {
    from.checked_add(term(intent)).unwrap_or(from)
}

/// How long a run that was recorded by some wall clock may still be in flight, for a process that begins now. Clocks differ
/// and are set: a recent one gets its whole term by ours.
pub(super) fn in_flight(record: &RunRecord, now: Timestamp) -> Duration {
    let whole = term(&record.intent);
    let elapsed = now.duration_since(record.at);
    if elapsed.abs() < CLOCKS_APART { whole } else { whole.saturating_sub(elapsed.try_into().unwrap_or_default()) }
}

/// So long after it was begun nothing of a run can be in flight any more.
const fn term(intent: &Intent) -> Duration {
    Duration::from_millis(intent.deadline_ms).saturating_add(SETTLE)
}

/// The time since boot when nothing of a run can be in flight any more.
fn settled(intent: &Intent, begun: Duration) -> Duration {
    begun + term(intent)
}

/// Decides an unknown run by reading the lever, after the settle time. Never resends.
async fn reconcile(core: &Arc<Core>, run: &RunId, begun: Duration) {
    let Some(record) = core.book.ledger().runs.get(run).cloned() else { return };
    wait_until(settled(&record.intent, begun)).await;
    let Some(levers) = levers_or_say(core, &record).await else { return };
    let mut pause = Duration::from_secs(1);
    loop {
        match read(core, &*levers, &record.intent).await {
            Ok(seen) => {
                let (by, why) = what_was_seen(&record.intent, &seen);
                let why = if by == RunMove::SeeUnchanged { format!("{why}; {MAY_LAND}") } else { why };
                core.step_from(RunState::Unknown, run, by, &why).await;
                return;
            }
            Err(fault) => {
                core.tell(Event::Notice(format!("run {} is still unknown: {fault}", run.short()))).await;
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(30));
            }
        }
    }
}

fn what_was_seen(intent: &Intent, seen: &LeverReading) -> (RunMove, String) {
    if seen.setting.same(&intent.after) {
        (RunMove::SeeStored, format!("the store holds {}", seen.setting))
    } else if seen.setting.same(&intent.prior.setting) {
        (RunMove::SeeUnchanged, format!("the store still holds {}", seen.setting))
    } else {
        (RunMove::SeeOther, format!("the store holds {}, which is neither ours nor what was there", seen.setting))
    }
}

/// After a yes: the store must hold the setting within its propagation time.
async fn read_back(core: &Arc<Core>, run: &RunId) {
    let Some(record) = core.book.ledger().runs.get(run).cloned() else { return };
    let Some(levers) = levers_or_say(core, &record).await else { return };
    let Some(lever) = core.config.catalogue.lever(&record.intent.lever) else { return };
    let patience = levers.contract(&lever.target).propagation.max(Duration::from_secs(5));
    let give_up = clock::since_boot() + patience;
    loop {
        let seen = read(core, &*levers, &record.intent).await;
        let last_look = clock::since_boot() >= give_up;
        match seen {
            Ok(seen) => {
                let (by, why) = what_was_seen(&record.intent, &seen);
                // The old setting may linger in a cache; only the last look may call that final.
                if by != RunMove::SeeUnchanged || last_look {
                    core.step(run, by, &why).await;
                    return;
                }
            }
            Err(fault) if last_look => {
                core.step(run, RunMove::MissDeadline, &format!("could not be read back: {fault}")).await;
                return;
            }
            Err(_) => {}
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Looks for the effect in the traffic until its deadline; a late effect still turns a stuck run verified.
async fn seek_effect(core: &Arc<Core>, run: &RunId, witness: Witness) {
    let Some(record) = core.book.ledger().runs.get(run).cloned() else { return };
    let acknowledged_at = acknowledged_at(&record);
    let Some((mut proof, within)) = proof::of(core, &record.intent) else {
        let why = "stored; nothing declared shows the effect".to_owned();
        core.tell(Event::CannotTell { run: run.clone(), why }).await;
        return;
    };
    // By the clock that nobody sets; only what was left when another process began is told by the wall clock.
    let spent = Duration::try_from(clock::now().duration_since(acknowledged_at)).unwrap_or_default();
    let deadline = clock::since_boot() + within.saturating_sub(spent);
    let mut since = Since::witnessed(core, witness, acknowledged_at);
    let mut views = core.views.subscribe();
    let mut told = None;
    loop {
        let looked = proof::look(core, &record.intent, &mut proof, &mut since).await;
        let now = clock::since_boot();
        if looked.propagated.is_some() && looked.propagated != told && core.state_of(run) == Some(RunState::ReadBack) {
            told = looked.propagated;
            let words = told.as_ref().map(Propagated::words).unwrap_or_default();
            core.announce(run, &words).await;
        }
        if let Some(why) = looked.held {
            if core.state_of(run) == Some(RunState::Stuck) {
                look_again(core, run, &record.intent).await;
            }
            match core.state_of(run) {
                Some(RunState::ReadBack) => {
                    core.step_from(RunState::ReadBack, run, RunMove::SeeEffect, &why).await;
                    return;
                }
                Some(RunState::Stuck) => {}
                _ => return,
            }
        }
        // Where there is no serving side to ask, waiting for it shows nothing.
        let no_side = looked.cannot_tell && matches!(proof, Proof::Served(_) | Proof::Stage(_));
        let over = now >= deadline || no_side;
        if over && core.state_of(run) == Some(RunState::ReadBack) {
            if looked.cannot_tell {
                core.tell(Event::CannotTell { run: run.clone(), why: looked.open }).await;
                return;
            }
            let why = proof::why_not(core, &record.intent, looked.open).await;
            core.step_from(RunState::ReadBack, run, RunMove::MissDeadline, &why).await;
        }
        if now > deadline + LATE_EFFECT || matches!(proof, Proof::Served(_) | Proof::Stage(_)) && now > deadline {
            return;
        }
        core.refresh();
        tokio::select! {
            biased;
            _ = views.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn acknowledged_at(record: &RunRecord) -> Timestamp {
    let answered = |by: &RunMove| matches!(by, RunMove::Acknowledge | RunMove::SeeStored);
    record.moves.iter().rev().find(|(_, by, _)| answered(by)).map_or(record.at, |(at, ..)| *at)
}

/// Judges once, on the newest view, every run that is stored and not verified: a command that looks once must not leave a run
/// of a dead process open for ever. One that is stuck may have taken effect since, whenever that was; it is asked as long as
/// nothing else has moved its lever.
pub(super) async fn judge_stored(core: &Arc<Core>) {
    let ledger = core.book.ledger();
    let newest =
        |r: &RunRecord| ledger.newest_move(&r.intent.lever).is_some_and(|last| last.intent.run == r.intent.run);
    let stored = |r: &&RunRecord| r.state == RunState::ReadBack || r.state == RunState::Stuck && newest(r);
    let records: Vec<RunRecord> = ledger.runs.values().filter(stored).cloned().collect();
    for record in records {
        let Some((mut proof, within)) = proof::of(core, &record.intent) else { continue };
        let answered = acknowledged_at(&record);
        let looked = proof::look(core, &record.intent, &mut proof, &mut Since::one_look(answered)).await;
        let spent = Duration::try_from(clock::now().duration_since(answered)).unwrap_or_default();
        let overdue = spent >= within;
        let (by, why) = match looked.held {
            Some(why) => {
                if record.state == RunState::Stuck {
                    look_again(core, &record.intent.run, &record.intent).await;
                }
                (RunMove::SeeEffect, why)
            }
            None if overdue && !looked.cannot_tell => (RunMove::MissDeadline, looked.open),
            None => continue,
        };
        core.step_from(RunState::ReadBack, &record.intent.run, by, &why).await;
    }
}

/// Traffic that looks right late proves our run only if the store still holds our setting.
async fn look_again(core: &Core, run: &RunId, intent: &Intent) {
    let Ok(levers) = levers_of(core, intent) else { return };
    if let Ok(seen) = read(core, &*levers, intent).await {
        let (by, why) = what_was_seen(intent, &seen);
        if by != RunMove::SeeUnchanged {
            core.step(run, by, &why).await;
        }
    }
}

/// An undo that is stored has undone its run, whatever the traffic still says.
async fn mark_undone(core: &Arc<Core>, run: &RunId) {
    let record = core.book.ledger().runs.get(run).cloned();
    // Half-way back nothing is undone yet.
    let whole = record.filter(|record| !record.intent.stage.as_ref().is_some_and(StageOf::is_partial));
    if let Some(Purpose::Undo(original)) = whole.map(|record| record.intent.purpose)
        && core.state_of(&original).is_some_and(|state| state.after(RunMove::Undo).is_ok())
    {
        core.step(&original, RunMove::Undo, &format!("by run {}", run.short())).await;
    }
}

/// Tells once whether what was bad before the run recovered; where nothing was bad, there is nothing to tell.
async fn watch_recovery(core: &Arc<Core>, run: &RunId) {
    let Some(record) = core.book.ledger().runs.get(run).cloned() else { return };
    if record.intent.purpose != Purpose::Action {
        return;
    }
    let action = core.config.catalogue.action(&record.intent.action);
    let Some(evidence) = action.and_then(|a| a.recovery.clone()) else { return };
    let since = record.moves.last().map_or(record.at, |(at, _, _)| *at);
    let end = clock::since_boot() + RECOVERY_WATCH;
    let mut views = core.views.subscribe();
    loop {
        let bad_before = &record.intent.bad_before;
        let looked = match core.view() {
            Some(view) => recovery::judge(&evidence, bad_before, &view.snapshot, since),
            None => Recovery::Open("nothing is measured yet".to_owned()),
        };
        let over = clock::since_boot() > end;
        let (held, why) = match looked {
            Recovery::NothingWasBad => return,
            Recovery::Held(why) => (true, why),
            Recovery::Open(why) if over => (false, why),
            Recovery::Open(_) => {
                if views.changed().await.is_err() {
                    return;
                }
                if core.state_of(run) != Some(RunState::Verified) {
                    return;
                }
                continue;
            }
        };
        core.book.record(Happening::Recovery { run: run.clone(), held, why: why.clone() }).await;
        core.tell(Event::Recovered { run: run.clone(), held, why, at: clock::now() }).await;
        return;
    }
}

fn levers_of(core: &Core, intent: &Intent) -> Result<Arc<dyn Levers>, String> {
    let lever = core.config.catalogue.lever(&intent.lever).ok_or("the lever is no longer configured")?;
    core.levers(lever)
}

/// The same for a run that waits for a look at its lever: without one it stays as it is, and somebody must hear of that.
async fn levers_or_say(core: &Core, record: &RunRecord) -> Option<Arc<dyn Levers>> {
    match levers_of(core, &record.intent) {
        Ok(levers) => Some(levers),
        Err(why) => {
            let (run, state, lever) = (record.intent.run.short(), record.state, &record.intent.lever);
            core.tell(Event::Notice(format!("run {run} stays {state}: {lever} cannot be read: {why}"))).await;
            None
        }
    }
}

async fn read(core: &Core, levers: &dyn Levers, intent: &Intent) -> Result<LeverReading, Fault> {
    match core.config.catalogue.lever(&intent.lever) {
        Some(lever) => levers.read(&lever.target).await,
        None => Err(Fault::NotFound { what: format!("lever {} in the config", intent.lever) }),
    }
}

async fn wait_until(since_boot: Duration) {
    tokio::time::sleep(since_boot.saturating_sub(clock::since_boot())).await;
}
