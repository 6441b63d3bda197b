//! The runner: the only entrance to production. Takes a `Confirmed<Plan>`, asks every guard, re-reads the lever, writes
//! the durable intent, mints the permit, sends once, and hands over to `settle`. May not retry, ever.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::proof::Witness;
use super::{Core, Event, proof, release, settle};
use crate::adapters::WriteOutcome;
use crate::clock;
use crate::domain::action::{ActionSpec, Direction};
use crate::domain::approval::{Approval, Granted};
use crate::domain::entry::{Happening, Intent};
use crate::domain::freeze;
use crate::domain::gate;
use crate::domain::ids::{RunId, SignalId};
use crate::domain::lever::{LeverReading, LeverSpec};
use crate::domain::permit::{Refusal, WritePermit, permit_end};
use crate::domain::plan::{Confirmed, Plan, PlannedRequest, Purpose};
use crate::domain::restored;
use crate::domain::run::{RunMove, RunNews, RunState};
use crate::domain::snapshot::Snapshot;
use crate::domain::stages::StageOf;
use crate::domain::version::VersionSnapshot;
use crate::journal::{IntendError, Opening};

/// Fires a confirmed plan and follows it to its end. Detached from every screen.
pub(super) async fn fire(core: Arc<Core>, confirmed: Confirmed<Plan>) {
    core.running.send_modify(|count| *count += 1);
    match send(&core, &confirmed).await {
        Ok((run, begun)) => {
            let followed = {
                let (core, run) = (Arc::clone(&core), run.clone());
                tokio::spawn(async move { settle::follow(&core, &run, begun, Witness::Heard).await })
            };
            if confirmed.plan().stages.as_ref().is_some_and(|stages| !stages.rest.is_empty()) {
                tokio::spawn(release::go_on(Arc::clone(&core), confirmed, run, followed));
            } else {
                let _ = followed.await;
            }
        }
        Err(unsent) => unsent.tell(&core, confirmed.plan()).await,
    }
    core.running.send_modify(|count| *count -= 1);
}

/// Why nothing was sent. It is on record already.
pub(super) struct Unsent {
    /// In words.
    pub(super) why: String,
    /// True if the lever was touched since it was read for the plan: then a person is shown a fresh one.
    pub(super) void: bool,
}

impl Unsent {
    /// Tells the listener.
    async fn tell(self, core: &Core, plan: &Plan) {
        let (action, why) = (plan.action.clone(), self.why);
        if !self.void {
            return core.tell(Event::Refused { action, why }).await;
        }
        let fresh = match &plan.purpose {
            Purpose::Action => core.preview(&plan.action).await,
            Purpose::Undo(run) => core.preview_undo(run).await,
        };
        let (why, fresh) = match fresh {
            Ok(fresh) => (why, Some(Box::new(fresh))),
            Err(reason) => (format!("{why}; {reason}"), None),
        };
        core.tell(Event::PlanVoid { action, why, fresh }).await;
    }
}

/// Everything up to the store's answer: the run, and the time since boot when it began to be sent. An error: nothing was
/// sent.
pub(super) async fn send(core: &Arc<Core>, confirmed: &Confirmed<Plan>) -> Result<(RunId, Duration), Unsent> {
    let plan = confirmed.plan();
    if let Some(refusal) = core.gate(plan, None).refuses(plan, clock::now()) {
        if refusal == Refusal::DryRun {
            return dry_run(core, plan).await;
        }
        return refused(core, plan, words_of(core, &refusal, plan)).await;
    }
    let Some(lever) = core.config.catalogue.lever(&plan.lever) else {
        return refused(core, plan, format!("lever {} is not configured", plan.lever)).await;
    };
    let levers = match core.levers(lever) {
        Ok(levers) => levers,
        Err(why) => return refused(core, plan, why).await,
    };
    // First of all: the two seconds that this may take must not stand between reading the lever and writing it.
    let versions = core.versions_before_change().await;
    // Before the lever is read: a run that is open now may still move it, and then be over before our claim; one that
    // comes later makes the claim fail. Runs that are over have moved what is read next.
    let ledger = core.book.ledger();
    if let Some(holder) = ledger.open_runs().find(|run| run.intent.lever == plan.lever) {
        let held = IntendError::Held { run: holder.intent.run.clone(), who: holder.who.clone() };
        return refused(core, plan, held.to_string()).await;
    }
    let runs_known = ledger.runs_on(&plan.lever);
    let observed = match levers.read(&lever.target).await {
        Ok(observed) => observed,
        Err(fault) => return refused(core, plan, format!("cannot read {} again: {fault}", plan.target)).await,
    };
    if let Some(why) = moved_since(plan, &observed) {
        return void(core, plan, why).await;
    }
    let waived = match core.passes_gate(confirmed).await {
        Ok(waived) => waived,
        Err(why) => return refused(core, plan, why).await,
    };
    // A containment waits so long for the journal, whatever becomes of it; a release waits until it is stored.
    let patience = (plan.direction == Direction::Contain).then(|| core.book.journal().for_a_containment());
    if let Some(incident) = core.book.before_change(opening(core, plan), on_record(confirmed, versions), patience).await
    {
        core.tell(Event::Notice(freeze::begins(&core.config.catalogue, &incident))).await;
    }
    let until = permit_end(clock::since_boot(), deadline(core, lever), plan.requests.len());
    let intent = intent(core, confirmed, lever, observed, waived);
    let run = intent.run.clone();
    let claim = match core.book.intend(intent, runs_known, patience).await {
        Ok(claim) => claim,
        Err(moved @ IntendError::Moved { .. }) => return void(core, plan, moved.to_string()).await,
        Err(held) => return refused(core, plan, held.to_string()).await,
    };
    core.announce(&run, "durable intent written").await;
    // Minted last: the gate is asked again with the claim in hand, and nothing stands between permit and socket.
    let permit = match WritePermit::mint(&core.gate(plan, Some(&run)), confirmed, &claim, clock::now(), until) {
        Ok(permit) => permit,
        Err(refusal) => {
            core.step(&run, RunMove::FailToSend, &refusal.to_string()).await;
            return refused(core, plan, refusal.to_string()).await;
        }
    };
    let begun = clock::since_boot();
    let (outcome, noted) = {
        let mut write = pin!(levers.write_at(&lever.target, &permit, &plan.requests));
        // The write goes first and the entry is written beside it: nothing waits for the disk once the intent is durable.
        match poll_once(write.as_mut()).await {
            Some(outcome) => (outcome, false),
            None => (tokio::join!(write, core.step_from(RunState::Intent, &run, RunMove::Send, "")).0, true),
        }
    };
    drop(permit);
    if clock::since_boot() >= until && was_judged(core, &run).await {
        return Ok((run, begun));
    }
    note_outcome(core, &run, outcome, noted).await;
    Ok((run, begun))
}

/// True if others judged the run while this process was held up: then their word counts, and ours would only confuse.
async fn was_judged(core: &Core, run: &RunId) -> bool {
    core.book.reread().await;
    let judged = !matches!(core.state_of(run), Some(RunState::Intent | RunState::Sent));
    if judged {
        core.announce(run, "this process was held up; the run was judged meanwhile").await;
    }
    judged
}

/// How long one request to the lever's endpoint may take.
fn deadline(core: &Core, lever: &LeverSpec) -> std::time::Duration {
    let endpoint = core.config.endpoints.iter().find(|endpoint| endpoint.id == lever.from);
    endpoint.map_or(std::time::Duration::from_secs(8), |endpoint| endpoint.timeout)
}

/// What a future says at its first poll, if it says anything.
async fn poll_once<T>(mut future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Option<T> {
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Too soon names whose run wrote the lever; every other refusal speaks for itself.
fn words_of(core: &Core, refusal: &Refusal, plan: &Plan) -> String {
    if let Refusal::TooSoon(_) = refusal
        && let Some(writer) = core.book.ledger().last_writer(&plan.lever)
    {
        let run = &writer.intent;
        return format!("{refusal}: run {} of {} ({}) moved it", run.run.short(), writer.who, run.title);
    }
    refusal.to_string()
}

/// The end of a dry run, which is no refusal: everything went as it would have gone.
async fn dry_run<T>(core: &Core, plan: &Plan) -> Result<T, Unsent> {
    let request = |r: &PlannedRequest| {
        let body = r.body.as_ref().map_or_else(String::new, |body| format!(" {body}"));
        format!("{} {}{body}", r.method, r.url)
    };
    let requests: Vec<String> = plan.requests.iter().map(request).collect();
    let why = format!("dry run: would send {}; sent nothing", requests.join(" then "));
    let (action, digest) = (plan.action.clone(), plan.digest.clone());
    core.book.record(Happening::DryRun { action, digest, why: why.clone() }).await;
    Err(Unsent { why, void: false })
}

/// Writes down what became of the write. `noted`: that it was sent is on record already.
async fn note_outcome(core: &Core, run: &RunId, outcome: WriteOutcome, noted: bool) {
    let (by, why) = match outcome {
        WriteOutcome::NotSent(fault) => (RunMove::FailToSend, fault.to_string()),
        WriteOutcome::Acknowledged(words) => (RunMove::Acknowledge, words),
        WriteOutcome::Rejected(fault) => (RunMove::Reject, fault.to_string()),
        WriteOutcome::Unknown(fault) => (RunMove::LoseSight, fault.to_string()),
    };
    if !noted && by != RunMove::FailToSend {
        core.step(run, RunMove::Send, "").await;
    }
    core.step(run, by, &why).await;
}

async fn refused<T>(core: &Core, plan: &Plan, why: String) -> Result<T, Unsent> {
    core.book.record(Happening::Refused { action: plan.action.clone(), why: why.clone() }).await;
    Err(Unsent { why, void: false })
}

async fn void<T>(core: &Core, plan: &Plan, why: String) -> Result<T, Unsent> {
    let happening = Happening::PlanVoid { action: plan.action.clone(), digest: plan.digest.clone(), why: why.clone() };
    core.book.record(happening).await;
    Err(Unsent { why, void: true })
}

/// Why the plan no longer fits the lever, if so.
fn moved_since(plan: &Plan, observed: &LeverReading) -> Option<String> {
    if !observed.setting.same(&plan.observed.setting) {
        return Some(format!(
            "{} moved: it was {}, now it is {}",
            plan.target, plan.observed.setting, observed.setting
        ));
    }
    (observed.revision != plan.observed.revision).then(|| {
        format!(
            "{} was touched: revision {} when shown, {} now",
            plan.target, plan.observed.revision, observed.revision
        )
    })
}

fn intent(
    core: &Core,
    confirmed: &Confirmed<Plan>,
    lever: &LeverSpec,
    observed: LeverReading,
    mut waived: Vec<String>,
) -> Intent {
    let plan = confirmed.plan();
    let stage = plan.stages.as_ref().map(|stages| {
        waived.extend(stages.own.waived.iter().cloned());
        StageOf { waived, ..stages.own.clone() }
    });
    let action = core.config.catalogue.action(&plan.action);
    let contained = plan.direction == Direction::Contain;
    let review_by = match confirmed.approval().map(Approval::granted) {
        // What one person did alone is looked at soon, whichever way it went.
        Some(Granted::BreakGlass { review_by, .. }) => Some(*review_by),
        _ => contained.then(|| action.and_then(|a| after(clock::now(), a.review_after))).flatten(),
    };
    let each = u64::try_from(deadline(core, lever).as_millis()).unwrap_or(8_000);
    Intent {
        run: RunId::from_uuid(clock::stamp()),
        action: plan.action.clone(),
        action_kind: plan.kind,
        title: plan.title.clone(),
        purpose: plan.purpose.clone(),
        direction: plan.direction,
        lever: plan.lever.clone(),
        prior: observed,
        after: plan.after.clone(),
        requests: plan.requests.clone(),
        digest: plan.digest.clone(),
        deadline_ms: each * plan.requests.len().max(1) as u64,
        review_by,
        bad_before: action.map(|a| bad_now(core, a)).unwrap_or_default(),
        failing: core.view().map(|view| failing(&view.snapshot)).unwrap_or_default(),
        showed: showed(core, action).unwrap_or_default(),
        shown_before: proof::shows_already(core, plan),
        stage,
    }
}

fn after(now: Timestamp, span: Duration) -> Option<Timestamp> {
    now.checked_add(SignedDuration::try_from(span).ok()?).ok()
}

/// The incident that a change opens, if none is open.
fn opening(core: &Core, plan: &Plan) -> Opening {
    let view = core.view();
    let snapshot = view.as_ref().map(|view| &view.snapshot);
    Opening {
        title: snapshot.map_or_else(|| plan.title.clone(), |snapshot| snapshot.headline.what.clone()),
        severity: snapshot.and_then(|s| s.triage.severity.as_ref()).map(|severity| severity.level.as_str().to_owned()),
        why: "opened by its first action".to_owned(),
    }
}

/// What stands on record before a change: the versions, if it is the first, and how it was approved.
fn on_record(confirmed: &Confirmed<Plan>, versions: Option<Arc<VersionSnapshot>>) -> Vec<Happening> {
    let plan = confirmed.plan();
    let versions = versions.map(|taken| Happening::VersionsTaken(Box::new((*taken).clone())));
    let how = confirmed.approval().map(Approval::words);
    let approved =
        how.map(|how| Happening::Confirmed { action: plan.action.clone(), digest: plan.digest.clone(), how });
    versions.into_iter().chain(approved).collect()
}

/// What the signals of the action's effect show now.
fn showed(core: &Core, action: Option<&ActionSpec>) -> Option<Vec<(SignalId, f64)>> {
    Some(restored::values(&action?.effect.as_ref()?.evidence, &core.view()?.snapshot))
}

/// Every signal that is WARN or CRIT.
fn failing(snapshot: &Snapshot) -> Vec<SignalId> {
    snapshot.signals.iter().filter(|signal| signal.status.is_bad()).map(|signal| signal.spec.id.clone()).collect()
}

/// What an action was for: the signals that it affects or whose recovery it promises, as far as they are WARN or CRIT now.
/// An action that names none is for whatever is bad.
fn bad_now(core: &Core, action: &ActionSpec) -> Vec<String> {
    let Some(view) = core.view() else { return Vec::new() };
    let mut names: Vec<&str> = action.affects.iter().map(String::as_str).collect();
    names.extend(gate::named_by_recovery(action));
    let meant = |id: &str, layer: &str| names.is_empty() || names.iter().any(|name| *name == id || *name == layer);
    let bad = view.snapshot.signals.iter().filter(|s| s.status.is_bad());
    bad.filter(|s| meant(s.spec.id.as_str(), s.spec.layer.as_str())).map(|s| s.spec.id.to_string()).collect()
}

impl Core {
    /// Journals one move of a run and tells the listener. What was seen may have been seen by another process before:
    /// then its word stands, and ours is not written.
    pub(super) async fn step(&self, run: &RunId, by: RunMove, why: &str) {
        if by.is_seen() {
            self.book.reread().await;
            if self.state_of(run).is_some_and(|state| state.after(by).is_err()) {
                return self.announce(run, why).await;
            }
        }
        self.book.moved(run, by, why).await;
        self.announce(run, why).await;
    }

    /// Moves a run that still stands at `from`; false if somebody else was first.
    pub(super) async fn step_from(&self, from: RunState, run: &RunId, by: RunMove, why: &str) -> bool {
        let _moving = self.moving.lock().await;
        let stands = self.state_of(run) == Some(from);
        if stands {
            self.step(run, by, why).await;
        }
        stands
    }

    /// Tells the listener where a run stands.
    pub(super) async fn announce(&self, run: &RunId, why: &str) {
        let ledger = self.book.ledger();
        let Some(record) = ledger.runs.get(run) else { return };
        let news = RunNews {
            run: run.clone(),
            action: record.intent.action.clone(),
            state: record.state,
            why: why.to_owned(),
            at: clock::now(),
        };
        self.tell(Event::Run(news)).await;
    }

    /// Where a run stands, if it is known.
    pub(super) fn state_of(&self, run: &RunId) -> Option<RunState> {
        self.book.ledger().runs.get(run).map(|record| record.state)
    }
}
