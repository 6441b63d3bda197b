//! Drafts plans against the live lever, and keeps actions ready: side-effect-free probes in the background.
//! May not write anything, to a store or to the journal's runs.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::board::Update;
use super::path::{Reached, Unread, out_of_reach};
use super::poll::Poller;
use super::{Core, View};
use crate::clock;
use crate::domain::action::{ActionSpec, Direction};
use crate::domain::approval::Asking;
use crate::domain::doubt;
use crate::domain::draft::{self, Read, Way};
use crate::domain::gate;
use crate::domain::ids::{ActionId, RunId};
use crate::domain::incident::{Ledger, RunRecord};
use crate::domain::lever::{LeverReading, LeverSpec};
use crate::domain::observations::{OurMove, Readiness};
use crate::domain::permit::Mode;
use crate::domain::plan::{Check, CheckStatus, Plan, Purpose};
use crate::domain::tier::direction;

/// What a read-only session is told with every preview.
const READ_ONLY: &str = "read-only: start with --write, or type the environment's name in the dialog";
/// Levers are probed this often.
const PROBE_EVERY: Duration = Duration::from_mins(1);

impl Core {
    /// Reads the lever and drafts the plan of an action.
    ///
    /// # Errors
    /// In words: unknown action, lever cannot be read, already there, no last good version, …
    pub async fn preview(&self, id: &ActionId) -> Result<Plan, String> {
        let action = self.config.catalogue.action(id).ok_or_else(|| format!("there is no action {id}"))?;
        let Reached { lever, mut read, instead } = self.reach_lever(action).await?;
        let levers = self.levers(lever)?;
        read.unverifiable = self.unverifiable(action);
        read.already = self.already(action);
        let after = draft::destination(action, lever, &read)?;
        let planned = || levers.plan(&lever.target, &read.observed, &after);
        let (way, at_once) = match direction(lever, Some(&action.to), &read.observed.setting, &after) {
            Direction::Release => {
                let of = read.ours.as_ref().filter(|ours| ours.after.same(&read.observed.setting));
                self.way_back(lever, &read, &after, of.map(|ours| &ours.run), planned)?
            }
            Direction::Contain | Direction::Lower => {
                let stages = self.is_way_back(lever, &read, &after);
                (Way { stages, ..Way::at_once(after.clone(), planned()?) }, None)
            }
        };
        let mut plan = draft::action(&self.config.catalogue, action, lever, read, way)?;
        if let Some(why) = instead {
            plan.checks.insert(0, Check { name: "second path".into(), status: CheckStatus::Warn, why });
        }
        plan.checks.extend(at_once.map(|why| Check { name: "stages".into(), status: CheckStatus::Warn, why }));
        self.put_gate_before(&mut plan, Some(action), None).await;
        Ok(plan)
    }

    /// Drafts afresh what was put up for approval.
    ///
    /// # Errors
    /// In words, like any preview.
    pub async fn preview_asked(&self, asking: &Asking) -> Result<Plan, String> {
        match &asking.purpose {
            Purpose::Action => self.preview(&asking.action).await,
            Purpose::Undo(run) => self.preview_undo(run).await,
        }
    }

    /// Reads the lever and drafts the exact undo of a run.
    ///
    /// # Errors
    /// In words: unknown run, lever gone from the config, already undone, …
    pub async fn preview_undo(&self, run: &RunId) -> Result<Plan, String> {
        let ledger = self.book.ledger();
        let record = ledger.runs.get(run).ok_or_else(|| format!("there is no run {run} in this journal"))?;
        let catalogue = &self.config.catalogue;
        let action = catalogue
            .action(&record.intent.action)
            .ok_or_else(|| format!("action {} of that run is no longer in the config", record.intent.action))?;
        let lever = catalogue
            .lever(&record.intent.lever)
            .ok_or_else(|| format!("lever {} of that run is no longer in the config", record.intent.lever))?;
        let read = self.read(lever).await.map_err(|unread| unread.why)?;
        let half_way = ledger.releasing(&lever.id).filter(|releasing| releasing.stage.of.as_ref() == Some(run));
        let left = half_way.map_or(&record.intent.after, |releasing| &releasing.record.intent.after);
        let record = &whole_move(&ledger, record);
        let (levers, prior) = (self.levers(lever)?, &record.intent.prior);
        let restored = || levers.restore(&lever.target, &read.observed, prior);
        let releases = record.intent.direction == Direction::Contain;
        let (way, at_once) = if releases && !gate::in_grace(record, &read.observed.setting, read.now) {
            self.way_back(lever, &read, &prior.setting, Some(run), restored)?
        } else {
            (Way::at_once(prior.setting.clone(), restored()?), None)
        };
        let mut plan = draft::undo(catalogue, action, lever, record, read, left, way)?;
        plan.checks.extend(at_once.map(|why| Check { name: "stages".into(), status: CheckStatus::Warn, why }));
        self.put_gate_before(&mut plan, None, Some(record)).await;
        Ok(plan)
    }

    pub(super) fn lever_of(&self, action: &ActionSpec) -> Result<&LeverSpec, String> {
        self.config
            .catalogue
            .lever(&action.lever)
            .ok_or_else(|| format!("action {} names lever {}, which is not configured", action.id, action.lever))
    }

    pub(super) async fn read(&self, lever: &LeverSpec) -> Result<Read, Unread> {
        let levers = self.levers(lever).map_err(|why| Unread { why, out_of_reach: false })?;
        let (observed, versions) = tokio::join!(levers.read(&lever.target), levers.versions(&lever.target));
        let observed = observed.map_err(|fault| Unread {
            why: format!("{} cannot be read: {fault}", lever.target.words()),
            out_of_reach: out_of_reach(&fault),
        })?;
        let held_by = self.book.ledger().open_runs().find(|r| r.intent.lever == lever.id).map(|r| r.who.clone());
        let cached = self.probes.lock().unwrap_or_else(PoisonError::into_inner).get(&lever.id).cloned();
        let probed = match cached {
            Some(checks) => checks,
            None => levers.probe(&lever.target).await,
        };
        let probed = self.may_act().into_iter().chain(probed).collect();
        let view = self.view();
        let onset = view.as_ref().and_then(|view| view.snapshot.triage.onset.map(|onset| onset.at));
        Ok(Read {
            observed,
            versions: versions.unwrap_or_default(),
            contract: levers.contract(&lever.target),
            probed,
            held_by,
            ours: self.our_move(lever),
            calm: view.and_then(|view| doubt::calm(&view.snapshot)),
            unverifiable: None,
            already: None,
            onset,
            reach: self.reach(),
            now: clock::now(),
        })
    }

    /// Why the action's effect could not be seen now, as far as it declares one.
    fn unverifiable(&self, action: &ActionSpec) -> Option<String> {
        let effect = action.effect.as_ref()?;
        match self.view() {
            Some(view) => doubt::unverifiable(&effect.evidence, &view.snapshot),
            None => Some("nothing is measured yet".to_owned()),
        }
    }

    /// Why the action's effect, seen afterwards, would prove nothing.
    fn already(&self, action: &ActionSpec) -> Option<String> {
        doubt::already(&action.effect.as_ref()?.evidence, &self.view()?.snapshot)
    }

    /// Whether this session may act at all; nobody should learn that only when it counts.
    fn may_act(&self) -> Option<Check> {
        let check = |status, why: String| Some(Check { name: "may act".into(), status, why });
        if let Some(why) = &self.config.untrusted {
            return check(CheckStatus::Fail, format!("this config may not act: {why}"));
        }
        match self.mode() {
            Mode::Act => None,
            Mode::ReadOnly => check(CheckStatus::Warn, READ_ONLY.into()),
            Mode::DryRun => check(CheckStatus::Warn, "dry run: says what it would send, sends nothing".into()),
        }
    }

    fn our_move(&self, lever: &LeverSpec) -> Option<OurMove> {
        self.book.ledger().ours().into_iter().find(|ours| ours.lever == lever.id)
    }

    /// What a lever of this product reaches, from the request rate, if that is measured.
    fn reach(&self) -> Option<String> {
        let view = self.view()?;
        let rate = view.snapshot.signals.iter().find(|s| s.spec.id.as_str() == "request_rate")?;
        let sample = rate.sample.filter(|_| !rate.status.is_blind())?;
        let catalogue = &self.config.catalogue;
        let per_minute = sample.value * 60.0;
        Some(format!("all of {} {}: {per_minute:.0} requests per minute", catalogue.service, catalogue.environment))
    }
}

/// The last stage of a release undoes the whole release: back to what its first stage found.
fn whole_move(ledger: &Ledger, record: &RunRecord) -> RunRecord {
    let first = record.intent.stage.as_ref().and_then(|stage| ledger.runs.get(stage.first.as_ref()?));
    let mut whole = record.clone();
    if let Some(first) = first {
        whole.intent.prior = first.intent.prior.clone();
    }
    whole
}

/// Probes one lever until the engine is gone, and says which of its actions could fire.
pub(super) async fn keep_ready(core: Arc<Core>, lever: LeverSpec, mut poller: Poller) {
    let Ok(levers) = core.levers(&lever) else { return };
    loop {
        let (probed, reading, versions) =
            tokio::join!(levers.probe(&lever.target), levers.read(&lever.target), levers.versions(&lever.target));
        core.probes.lock().unwrap_or_else(PoisonError::into_inner).insert(lever.id.clone(), probed.clone());
        let probed: Vec<Check> = core.may_act().into_iter().chain(probed).collect();
        let now = clock::now();
        let read = reading.map(|observed| Read {
            observed,
            versions: versions.unwrap_or_default(),
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
            Readiness { action: action.id.clone(), ready, why, done, checked_at: Some(now) }
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

/// Waits until the polled lever is set otherwise than it was when its actions were checked: "already off" must not
/// outlive the setting.
async fn moved(core: &Core, lever: &LeverSpec, seen: Option<&LeverReading>) {
    let mut views = core.views.subscribe();
    let is_other = |view: &Option<View>| {
        let levers = view.iter().flat_map(|view| &view.snapshot.levers);
        let reading = levers.filter(|(spec, _)| spec.id == lever.id).find_map(|(_, state)| state.reading.as_ref().ok());
        reading.zip(seen).is_some_and(|(now, seen)| now.read_at > seen.read_at && !now.setting.same(&seen.setting))
    };
    // The picture may be older than our own reading: only a later one says that it moved.
    while views.changed().await.is_ok() {
        if is_other(&views.borrow_and_update()) {
            return;
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

/// Ready if every check passed or only warned, and there is somewhere to go.
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
    if let Some(unknown) = with(CheckStatus::Unknown) {
        return (None, words(unknown));
    }
    let note = read.probed.iter().find(|check| check.name == "may act");
    let note = note.map_or_else(String::new, |check| format!("; {}", check.why));
    (Some(true), format!("{} → {after}{note}", read.observed.setting))
}
