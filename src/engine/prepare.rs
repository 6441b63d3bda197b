//! Drafts plans against the live lever. May not write anything, to a store or to the journal's runs.

use std::sync::PoisonError;

use super::Core;
use super::path::{Reached, Unread, out_of_reach};
use crate::clock;
use crate::domain::action::{ActionSpec, Direction};
use crate::domain::approval::Asking;
use crate::domain::doubt;
use crate::domain::draft::{self, Read, Way};
use crate::domain::gate;
use crate::domain::ids::{ActionId, LeverId, RunId};
use crate::domain::incident::{Ledger, RunRecord};
use crate::domain::lever::{LeverSpec, VersionInfo};
use crate::domain::observations::OurMove;
use crate::domain::permit::Mode;
use crate::domain::plan::{Check, CheckStatus, Plan, Purpose};
use crate::domain::rehearsal;
use crate::domain::tier::direction;
use crate::domain::unchanged::{self, Seen};

/// What a read-only session is told with every preview.
/// How it is lifted is said by the face that shows it: the dialog by its key, the command line by its flags.
const READ_ONLY: &str = "read-only: this session previews, and sends nothing that writes";

impl Core {
    /// Reads the lever and drafts the plan of an action.
    ///
    /// # Errors
    /// In words: unknown action, lever cannot be read, already there, no last good version, …
    pub async fn preview(&self, id: &ActionId) -> Result<Plan, String> {
        let action = self.config.catalogue.action(id).ok_or_else(|| format!("there is no action {id}"))?;
        let first = self.read_versions_ahead();
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
        if let Some(why) = self.forbidden(action) {
            plan.checks.insert(0, Check { name: "runbook".into(), status: CheckStatus::Warn, why });
        }
        plan.checks.extend(at_once.map(|why| Check { name: "stages".into(), status: CheckStatus::Warn, why }));
        plan.checks.extend(self.rehearsal(action));
        plan.checks.extend(first.then(|| self.versions_check()));
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
        let first = self.read_versions_ahead();
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
        plan.checks.extend(first.then(|| self.versions_check()));
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
        let versions = versions.unwrap_or_default();
        let view = self.view();
        let onset = view.as_ref().and_then(|view| view.snapshot.triage.onset.map(|onset| onset.at));
        Ok(Read {
            observed,
            seen: self.seen(&lever.id, &versions),
            versions,
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

    /// What the runbook of the likeliest cause says against it. Runbooks may have been loaded after the config.
    fn forbidden(&self, action: &ActionSpec) -> Option<String> {
        let view = self.view()?;
        doubt::forbidden(&self.catalogue.borrow(), action.kind, &view.snapshot)
    }

    /// When the action was last seen to work. A drill is a rehearsal itself and asks for none.
    fn rehearsal(&self, action: &ActionSpec) -> Option<Check> {
        if self.config.catalogue.drill {
            return None;
        }
        Some(rehearsal::check(self.book.ledger().rehearsed_at(&action.id), clock::now()))
    }

    /// What was seen of this lever's versions, with what is seen now: first by the journal, then by this session.
    pub(super) fn seen(&self, lever: &LeverId, versions: &[VersionInfo]) -> Vec<Seen> {
        let mut seen = unchanged::on_record(&self.book.ledger(), lever);
        let mut of_session = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let here = of_session.entry(lever.clone()).or_default();
        unchanged::remember(here, versions, clock::now());
        for known in here.iter() {
            if !seen.iter().any(|earlier| earlier.version == known.version) {
                seen.push(known.clone());
            }
        }
        seen
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
    pub(super) fn may_act(&self) -> Option<Check> {
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

    pub(super) fn our_move(&self, lever: &LeverSpec) -> Option<OurMove> {
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
