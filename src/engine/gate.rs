//! The restore gate at work: puts its state before plans that release, asks it again right before the write, and keeps
//! its watches in the journal. May not release anything: a person does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Core;
use crate::clock;
use crate::domain::action::ActionSpec;
use crate::domain::entry::Happening;
use crate::domain::freeze;
use crate::domain::gate::{self, Known, Line, Report};
use crate::domain::ids::LeverId;
use crate::domain::incident::RunRecord;
use crate::domain::plan::{Check, CheckStatus, Confirmed, Plan, Purpose};
use crate::domain::snapshot::Snapshot;

/// Pictures come up to ten times a second; a watch is a matter of minutes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Core {
    /// How the restore gate of one lever stands; `None` before the first picture.
    pub(super) fn report(&self, lever: &LeverId, action: Option<&ActionSpec>) -> Option<Report> {
        let view = self.view()?;
        let ledger = self.book.ledger();
        let known =
            Known { catalogue: &self.config.catalogue, ledger: &ledger, snapshot: &view.snapshot, now: clock::now() };
        Some(gate::judge(&known, lever, action))
    }

    /// How the restore gate of every containment in force stands.
    #[must_use]
    pub fn gates(&self, snapshot: &Snapshot) -> BTreeMap<LeverId, Report> {
        let ledger = self.book.ledger();
        let known = Known { catalogue: &self.config.catalogue, ledger: &ledger, snapshot, now: snapshot.at };
        let levers = snapshot.containments.iter().map(|held| &held.lever);
        levers.map(|lever| (lever.clone(), gate::judge(&known, lever, None))).collect()
    }

    /// Puts the gate before a plan that releases; says so where the grace of ten minutes spares it.
    pub(super) async fn put_gate_before(
        &self,
        plan: &mut Plan,
        action: Option<&ActionSpec>,
        undone: Option<&RunRecord>,
    ) {
        let now = clock::now();
        if !gate::is_asked(plan.direction, undone, &plan.observed.setting, now) {
            if undone.is_some_and(|record| gate::in_grace(record, &plan.observed.setting, now)) {
                plan.checks.push(Check {
                    name: "no gate".into(),
                    status: CheckStatus::Pass,
                    why: "undone within 10 minutes, nobody else moved it, and nothing that the action is for was bad before".into(),
                });
            }
            plan.gate = self.frozen(plan).map(|line| Report::of(&plan.lever, line));
            return;
        }
        let Some(report) = self.report(&plan.lever, action) else {
            // Nothing is measured yet: an empty report is a gate that is shut.
            plan.gate = Some(Report::unknown(&plan.lever));
            return;
        };
        self.keep_one(&report).await;
        let mut report = self.report(&plan.lever, action).unwrap_or(report);
        report.lines.extend(self.frozen(plan));
        plan.gate = Some(report);
    }

    /// What the change freeze of the open incident says to this plan, if it holds it.
    fn frozen(&self, plan: &Plan) -> Option<Line> {
        let view = self.view();
        let contained = view.as_ref().map_or(&[][..], |view| &view.snapshot.containments);
        freeze::line(&self.config.catalogue, &self.book.ledger(), contained, plan)
    }

    /// Asks the gate once more, right before the write. A person's override goes on record first; what it went past is
    /// named, for the stages that follow.
    ///
    /// # Errors
    /// In words: the gate closed since the plan was shown, a plan that needs one came without, or changes are frozen since.
    pub(super) async fn passes_gate(&self, confirmed: &Confirmed<Plan>) -> Result<Vec<String>, String> {
        let plan = confirmed.plan();
        let ledger = self.book.ledger();
        let undone = match &plan.purpose {
            Purpose::Undo(run) => ledger.runs.get(run),
            Purpose::Action => None,
        };
        let asked = gate::is_asked(plan.direction, undone, &plan.observed.setting, clock::now());
        let frozen = self.frozen(plan);
        let report = if asked {
            let action = self.config.catalogue.action(&plan.action).filter(|_| plan.purpose == Purpose::Action);
            let mut report = self.report(&plan.lever, action).unwrap_or_else(|| Report::unknown(&plan.lever));
            report.lines.extend(frozen);
            report
        } else {
            match frozen {
                Some(line) => Report::of(&plan.lever, line),
                None => return Ok(Vec::new()),
            }
        };
        if report.is_open() && plan.gate.is_some() {
            return Ok(Vec::new());
        }
        let Some(reason) = confirmed.override_reason() else {
            let shut = if asked { "the restore gate is not open: " } else { "" };
            return Err(format!("{shut}{}", report.missing().join("; ")));
        };
        self.book
            .record(Happening::GateOverridden {
                action: plan.action.clone(),
                lever: plan.lever.clone(),
                digest: plan.digest.clone(),
                reason: reason.to_owned(),
                missing: report.missing(),
            })
            .await;
        Ok(report.shut().map(|line| line.name.clone()).collect())
    }

    /// Writes down that a watch began or does not count any more.
    async fn keep_one(&self, report: &Report) {
        // Between two stages the watch begins with the stage, and its end is no entry of its own.
        if report.stage.is_some() {
            return;
        }
        let lever = report.lever.clone();
        if let Some(why) = &report.broken {
            self.book.record(Happening::WatchBroken { lever, why: why.clone() }).await;
        } else if report.may_watch() {
            self.book.record(Happening::WatchBegan { lever, bad: report.bad.clone() }).await;
        }
    }
}

/// Keeps the watches of all containments in force, until the engine is gone.
pub(super) async fn keep(core: Arc<Core>) {
    let mut views = core.views.subscribe();
    while views.changed().await.is_ok() {
        let Some(view) = core.view() else { continue };
        for report in core.gates(&view.snapshot).values() {
            core.keep_one(report).await;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
