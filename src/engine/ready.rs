//! Keeps actions ready: side-effect-free probes in the background say which could fire now, and why not. Asking the store
//! keeps its connection warm as well. May not write anything.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::board::Update;
use super::path::out_of_reach;
use super::poll::Poller;
use super::{Core, View};
use crate::clock;
use crate::domain::action::ActionSpec;
use crate::domain::cause::Fault;
use crate::domain::draft::{self, Read};
use crate::domain::lever::{LeverReading, LeverSpec, Setting};
use crate::domain::observations::Readiness;
use crate::domain::plan::{Check, CheckStatus};
use crate::domain::unchanged;

/// A lever is probed again within this time: what became of a token, a target or a version is seen by then.
pub const PROBED_WITHIN: Duration = Duration::from_mins(1);
/// Polls of a process meet on its phase, which may make a pause half as long again.
const PROBE_EVERY: Duration = Duration::from_secs(PROBED_WITHIN.as_secs() * 3 / 5);

/// Probes one lever until the engine is gone, and says which of its actions could fire.
pub(super) async fn keep(core: Arc<Core>, lever: LeverSpec, mut poller: Poller) {
    let Ok(levers) = core.levers(&lever) else { return };
    loop {
        let began = clock::since_boot();
        let timed = async {
            let reading = levers.read(&lever.target).await;
            (reading, clock::since_boot().saturating_sub(began))
        };
        let (probed, (reading, took), versions) =
            tokio::join!(levers.probe(&lever.target), timed, levers.versions(&lever.target));
        core.probes.lock().unwrap_or_else(PoisonError::into_inner).insert(lever.id.clone(), probed.clone());
        let probed: Vec<Check> = core.may_act().into_iter().chain(probed).collect();
        let now = clock::now();
        let versions = versions.unwrap_or_default();
        let seen = core.seen(&lever.id, &versions);
        let read = reading.map(|observed| Read {
            observed,
            versions,
            seen,
            contract: levers.contract(&lever.target),
            probed: probed.clone(),
            held_by: None,
            ours: core.our_move(&lever),
            calm: None,
            unverifiable: None,
            already: None,
            onset: core.view().and_then(|view| view.snapshot.triage.onset.map(|onset| onset.at)),
            reach: None,
            now,
        });
        let ledger = core.book.ledger();
        let of_lever = core.config.catalogue.actions.iter().filter(|action| action.lever == lever.id);
        let ready = of_lever.map(|action| {
            let (ready, why) = match &read {
                Ok(read) => readiness(action, &lever, read),
                Err(fault) if action.alternative.is_some() && out_of_reach(fault) => {
                    (None, format!("first path: {fault}; the preview tries its alternative"))
                }
                Err(fault) => (Some(false), fault.to_string()),
            };
            let done = ready == Some(false) && read.as_ref().is_ok_and(|read| is_there(action, &lever, read));
            Readiness {
                action: action.id.clone(),
                ready,
                why,
                done,
                checked_at: Some(now),
                latency: read.is_ok().then_some(took),
                rehearsed_at: ledger.rehearsed_at(&action.id),
            }
        });
        let seen = read.as_ref().ok().map(|read| read.observed.clone());
        if core.updates.send(Update::Ready(ready.collect())).await.is_err() {
            return;
        }
        let pause = poller.pause(PROBE_EVERY, 0);
        tokio::select! {
            alive = poller.wait(pause) => if !alive { return },
            () = moved(&core, &lever, seen.as_ref()) => {}
        }
    }
}

/// Waits until the polled lever is otherwise than it was when its actions were checked: set to something else, or not to be
/// read any more. Neither "already off" nor READY must outlive that.
async fn moved(core: &Core, lever: &LeverSpec, seen: Option<&LeverReading>) {
    let mut views = core.views.subscribe();
    let mut could_read = None;
    loop {
        let (is_other, can_read) = {
            let view = views.borrow_and_update();
            let mut levers = view.iter().flat_map(|view: &View| &view.snapshot.levers);
            match (levers.find(|(spec, _)| spec.id == lever.id).map(|(_, state)| &state.reading), seen) {
                // The picture may be older than our own reading: only a later one says that it moved.
                (Some(Ok(now)), Some(seen)) => {
                    (now.read_at > seen.read_at && !now.setting.same(&seen.setting), Some(true))
                }
                (Some(Ok(_)), None) => (false, Some(true)),
                (Some(Err(Fault::NotYet)) | None, _) => (false, None),
                (Some(Err(_)), _) => (false, Some(false)),
            }
        };
        let turned = could_read.is_some() && can_read.is_some() && could_read != can_read;
        if is_other || turned {
            return;
        }
        could_read = can_read.or(could_read);
        if views.changed().await.is_err() {
            break;
        }
    }
    std::future::pending::<()>().await;
}

/// True if the lever is where the action would move it: by its setting, or because our own rollback stands.
fn is_there(action: &ActionSpec, lever: &LeverSpec, read: &Read) -> bool {
    let now = &read.observed.setting;
    let ours = read.ours.as_ref().is_some_and(|ours| ours.action == action.id && ours.after.same(now));
    ours || draft::destination(action, lever, read).is_ok_and(|after| now.same(&after))
}

/// Ready if every check passed or only warned, and there is somewhere to go that still is what it was.
fn readiness(action: &ActionSpec, lever: &LeverSpec, read: &Read) -> (Option<bool>, String) {
    let with = |status: CheckStatus| read.probed.iter().find(|check| check.status == status);
    let words = |check: &Check| format!("{}: {}", check.name, check.why);
    if let Some(failed) = with(CheckStatus::Fail) {
        return (Some(false), words(failed));
    }
    let after = match draft::destination(action, lever, read) {
        Ok(after) => after,
        Err(why) => return (Some(false), why),
    };
    if read.observed.setting.same(&after) {
        return (Some(false), format!("already {after}"));
    }
    let goal = match &after {
        Setting::Pointer(version) => Some(unchanged::check(version, &read.versions, &read.seen, read.now)),
        _ => None,
    };
    if let Some(failed) = goal.as_ref().filter(|check| check.status == CheckStatus::Fail) {
        return (Some(false), words(failed));
    }
    if let Some(unknown) = with(CheckStatus::Unknown).or(goal.as_ref().filter(|c| c.status == CheckStatus::Unknown)) {
        return (None, words(unknown));
    }
    let note = read.probed.iter().find(|check| check.name == "may act");
    let note = note.map_or_else(String::new, |check| format!("; {}", check.why));
    (Some(true), format!("{} → {after}{note}", read.observed.setting))
}
