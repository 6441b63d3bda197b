//! A release in stages: where a lever can be partial, a confirmed release goes on by itself while the watch of each stage
//! holds, and back to the contained setting when the symptom returns. Every step is a write like any other: drafted,
//! permitted, journaled, sent once. May not begin a release, or take one up that another process began: a person does.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinHandle;

use super::proof::Witness;
use super::runner::{self, Unsent};
use super::{Core, Event, settle};
use crate::clock;
use crate::domain::action::Direction;
use crate::domain::draft::{self, Read, Way};
use crate::domain::entry::Happening;
use crate::domain::gate::Report;
use crate::domain::ids::RunId;
use crate::domain::incident::RunRecord;
use crate::domain::lever::{LeverSpec, Setting};
use crate::domain::permit::LEVER_PAUSE;
use crate::domain::plan::{Confirmed, Plan, PlannedRequest};
use crate::domain::run::RunState;
use crate::domain::stages::{ReleaseNews, ReleaseStep, Stages};

/// A look at the watch at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two attempts to come back, when nothing was sent.
const AGAIN_AFTER: Duration = Duration::from_secs(5);
/// So often the way back is tried when it is certain that nothing was sent.
const ATTEMPTS: usize = 6;

impl Core {
    /// The way of a release to `to`: in stages where the lever can be partial, else at once. `whole` plans the last one.
    /// The words say why a lever that can be partial goes back at once.
    pub(super) fn way_back(
        &self,
        lever: &LeverSpec,
        read: &Read,
        to: &Setting,
        of: Option<&RunId>,
        whole: impl FnOnce() -> Result<Vec<PlannedRequest>, String>,
    ) -> Result<(Way, Option<String>), String> {
        let ledger = self.book.ledger();
        let now = &read.observed.setting;
        let half_way = ledger.releasing(&lever.id).filter(|releasing| releasing.record.intent.after.same(now));
        let gate = &self.config.catalogue.gate;
        let Some((stages, after)) = Stages::left(gate, lever, now, to, half_way.as_ref(), of) else {
            return Ok((Way::at_once(to.clone(), whole()?), None));
        };
        let Some((_, between)) = stages.rest.split_last() else {
            return Ok((Way { whole: to.clone(), after, requests: whole()?, stages: Some(stages) }, None));
        };
        let levers = self.levers(lever)?;
        let plan = |setting: &Setting| levers.plan(&lever.target, &read.observed, setting);
        match plan(&after).and_then(|own| between.iter().try_for_each(|s| plan(&s.setting).map(drop)).map(|()| own)) {
            Ok(requests) => Ok((Way { whole: to.clone(), after, requests, stages: Some(stages) }, None)),
            Err(why) => Ok((Way::at_once(to.clone(), whole()?), Some(why))),
        }
    }

    /// What a move to the contained setting of a lever that is half-way back is: the way back of its release.
    pub(super) fn is_way_back(&self, lever: &LeverSpec, read: &Read, after: &Setting) -> Option<Stages> {
        let ledger = self.book.ledger();
        let releasing = ledger.releasing(&lever.id)?;
        let stands = releasing.record.intent.after.same(&read.observed.setting);
        let contained = &releasing.first.intent.prior.setting;
        let own = releasing.stage.clone();
        let whole = Stages { own, rest: Vec::new(), contained: contained.clone() };
        (stands && contained.same(after)).then(|| whole.back(&releasing.first.intent.run))
    }

    async fn tell_release(&self, plan: &Plan, step: ReleaseStep, words: String) {
        let news = ReleaseNews { lever: plan.lever.clone(), step, words, at: clock::now() };
        self.tell(Event::Release(news)).await;
    }
}

/// What the watch of a stage came to.
enum Watched {
    /// Everything held for its whole time.
    Held(Box<Report>),
    /// Something went wrong: back.
    Wrong(String),
    /// It is no longer ours to go on with: somebody else moved the lever, or nothing was changed at all.
    Over(String),
}

/// Goes on with a release whose plan was sent as `run`. `followed` ends when that run is settled.
pub(super) async fn go_on(core: Arc<Core>, approved: Confirmed<Plan>, run: RunId, followed: JoinHandle<()>) {
    let Some(mut stages) = approved.plan().stages.clone() else { return };
    // Of a release that somebody continues, the first stage lies further back: that one found the contained setting.
    let first = stages.own.first.clone().unwrap_or_else(|| run.clone());
    let (mut run, mut followed) = (run, followed);
    loop {
        match watch(&core, &approved, &run, &stages, &mut followed).await {
            Watched::Held(report) => match forward(&core, &approved, &stages, &first, *report).await {
                Ok((next, sent)) => {
                    let is_whole = next.rest.is_empty();
                    stages = next;
                    run = sent.0.clone();
                    followed = follow(&core, sent);
                    if is_whole {
                        let _ = (&mut followed).await;
                        return end_whole(&core, approved.plan(), &stages, &run).await;
                    }
                }
                Err(why) => return back(&core, &approved, &stages, &first, &why).await,
            },
            Watched::Wrong(why) => return back(&core, &approved, &stages, &first, &why).await,
            Watched::Over(why) => return core.tell_release(approved.plan(), ReleaseStep::Left, why).await,
        }
    }
}

/// Follows a run to its end, counted as one in flight: leaving waits for it.
fn follow(core: &Arc<Core>, (run, begun): (RunId, Duration)) -> JoinHandle<()> {
    let core = Arc::clone(core);
    core.running.send_modify(|count| *count += 1);
    tokio::spawn(async move {
        settle::follow(&core, &run, begun, Witness::Heard).await;
        core.running.send_modify(|count| *count -= 1);
    })
}

/// Waits until the stage of this run has held, or cannot any more.
async fn watch(
    core: &Arc<Core>,
    approved: &Confirmed<Plan>,
    run: &RunId,
    stages: &Stages,
    followed: &mut JoinHandle<()>,
) -> Watched {
    let lever = &approved.plan().lever;
    let mut views = core.views.subscribe();
    let mut announced = false;
    loop {
        let ledger = core.book.ledger();
        let Some(record) = ledger.runs.get(run) else { return Watched::Over("its run is not on record".into()) };
        if let Some(over) = ended(record, stages) {
            return over;
        }
        if let Some(newest) = ledger.newest_move(lever).filter(|newest| newest.intent.run != *run)
            && newest.took >= record.took
        {
            let (who, title) = (&newest.who, &newest.intent.title);
            return Watched::Over(format!("{lever} was moved by run {} of {who} ({title})", newest.intent.run.short()));
        }
        let stored = matches!(record.state, RunState::ReadBack | RunState::Verified | RunState::Stuck);
        if stored {
            if let Some(other) = moved_by_hand(core, record) {
                return Watched::Over(format!("somebody else moved {lever}: it is {other} now"));
            }
            if !announced {
                announced = true;
                begin_watch(core, approved.plan(), stages).await;
            }
            if let Some(report) = core.report(lever, None).filter(|report| report.stage.is_some()) {
                if let Some(why) = &report.returned {
                    return Watched::Wrong(why.clone());
                }
                // Until the run is followed to its end nobody knows whether the serving side took this stage.
                if report.is_open() && followed.is_finished() {
                    return Watched::Held(Box::new(report));
                }
            }
        }
        tokio::select! {
            biased;
            _ = views.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What a run that changed nothing, or nobody knows what, means for its release.
fn ended(record: &RunRecord, stages: &Stages) -> Option<Watched> {
    let words = format!("its {}: {}", stages.own.words(), record.state);
    match record.state {
        // Nothing was ever released: the containment stands as it stood.
        RunState::NotSent | RunState::Rejected if stages.own.number == 1 => Some(Watched::Over(words)),
        RunState::Superseded => Some(Watched::Over(format!("somebody else moved the lever: {words}"))),
        RunState::NotSent | RunState::Rejected | RunState::Unseen | RunState::Undone => Some(Watched::Wrong(words)),
        _ => None,
    }
}

/// What a lever is set to that no longer holds what this run set, by a reading since.
fn moved_by_hand(core: &Core, record: &RunRecord) -> Option<Setting> {
    let view = core.view()?;
    let (_, state) = view.snapshot.levers.iter().find(|(spec, _)| spec.id == record.intent.lever)?;
    let reading = state.reading.as_ref().ok()?;
    let other = reading.read_at > record.moved_at() && !reading.setting.same(&record.intent.after);
    other.then(|| reading.setting.clone())
}

async fn begin_watch(core: &Arc<Core>, plan: &Plan, stages: &Stages) {
    let minutes = crate::domain::figures::span(stages.own.watch().as_secs_f64());
    let words = format!("{}: {} is in force, watched for {minutes}", plan.title, stages.own.words());
    core.tell_release(plan, ReleaseStep::Watching, words).await;
    core.refresh();
    if core.config.catalogue.suites.iter().any(|suite| suite.gate) {
        let core = Arc::clone(core);
        tokio::spawn(async move {
            for words in core.ask_suites().await {
                core.tell(Event::Notice(words)).await;
            }
        });
    }
}

/// Drafts and sends the next stage.
async fn forward(
    core: &Arc<Core>,
    approved: &Confirmed<Plan>,
    stages: &Stages,
    first: &RunId,
    report: Report,
) -> Result<(Stages, (RunId, Duration)), String> {
    let plan = approved.plan();
    let waived = report.stage.as_ref().map(|stage| stage.waived.clone()).unwrap_or_default();
    let (next, after) = stages.next(first, &waived).ok_or("there is no next stage")?;
    pause(core, plan).await;
    let (lever, read) = read(core, plan).await?;
    let levers = core.levers(&lever)?;
    let is_whole = next.rest.is_empty();
    let prior = whole_prior(core, plan);
    let requests = match prior.filter(|_| is_whole) {
        Some(prior) => levers.restore(&lever.target, &read.observed, &prior)?,
        None => levers.plan(&lever.target, &read.observed, &after)?,
    };
    let way = Way { whole: after.clone(), after, requests, stages: None };
    let drafted = draft::stage::next(plan, read, way, next.clone(), report);
    let confirmed = Confirmed::follow(approved, drafted, clock::now()).map_err(|why| why.to_string())?;
    let sent = runner::send(core, &confirmed).await.map_err(|Unsent { why, .. }| why)?;
    Ok((next, sent))
}

/// What an undo restores in the end, whole; `None` for an action, which plans its setting.
fn whole_prior(core: &Core, plan: &Plan) -> Option<crate::domain::lever::LeverReading> {
    match &plan.purpose {
        crate::domain::plan::Purpose::Undo(run) => {
            core.book.ledger().runs.get(run).map(|record| record.intent.prior.clone())
        }
        crate::domain::plan::Purpose::Action => None,
    }
}

async fn read(core: &Core, plan: &Plan) -> Result<(LeverSpec, Read), String> {
    let lever = core.config.catalogue.lever(&plan.lever).cloned().ok_or("the lever is no longer configured")?;
    let read = core.read(&lever).await.map_err(|unread| unread.why)?;
    Ok((lever, read))
}

/// A lever is not written twice within ten seconds, whoever writes.
async fn pause(core: &Core, plan: &Plan) {
    let pause = SignedDuration::try_from(LEVER_PAUSE).unwrap_or_default();
    if let Some(last) = core.book.ledger().last_write(&plan.lever) {
        let left = pause - clock::now().duration_since(last);
        tokio::time::sleep(Duration::try_from(left.min(pause)).unwrap_or_default()).await;
    }
}

async fn end_whole(core: &Arc<Core>, plan: &Plan, stages: &Stages, run: &RunId) {
    let words = match core.state_of(run) {
        Some(state @ (RunState::ReadBack | RunState::Verified)) => {
            format!("{}: whole again, {state}", plan.title)
        }
        Some(state) => format!("{}, {}: {state}", plan.title, stages.own.words()),
        None => format!("{}: its last run is not on record", plan.title),
    };
    core.tell_release(plan, ReleaseStep::Whole, words).await;
}

/// Back to the contained setting, or a loud word that it could not be.
async fn back(core: &Arc<Core>, approved: &Confirmed<Plan>, stages: &Stages, first: &RunId, why: &str) {
    let plan = approved.plan();
    let percent = stages.own.percent;
    core.running.send_modify(|count| *count += 1);
    core.coming_back.send_modify(|count| *count += 1);
    let mut failed = String::new();
    let mut done = false;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            tokio::time::sleep(AGAIN_AFTER).await;
        }
        match try_back(core, approved, stages, first, why).await {
            Ok(()) => {
                done = true;
                break;
            }
            Err(Failed { why, certain }) => {
                failed = why;
                if !certain {
                    break;
                }
            }
        }
    }
    // A picture from before the way back would call the lever displaced.
    core.refresh();
    let lever = plan.lever.clone();
    let (why, step, words) = if done {
        (
            why.to_owned(),
            ReleaseStep::Back,
            format!("release of {lever} aborted at {percent} %, contained again: {why}"),
        )
    } else {
        let why = format!("{why}; and the way back failed: {failed}");
        let words = format!("release of {lever} stopped at {percent} % and NOT contained again: {why}");
        (why, ReleaseStep::Stopped, words)
    };
    core.book.record(Happening::ReleaseEnded { lever, percent, why, back: done }).await;
    core.running.send_modify(|count| *count -= 1);
    core.coming_back.send_modify(|count| *count -= 1);
    core.tell_release(plan, step, words).await;
}

/// Why the lever did not come back.
struct Failed {
    why: String,
    /// True if it is certain that nothing was sent: then it may be tried again.
    certain: bool,
}

async fn try_back(
    core: &Arc<Core>,
    approved: &Confirmed<Plan>,
    stages: &Stages,
    first: &RunId,
    why: &str,
) -> Result<(), Failed> {
    let again = |why: String| Failed { why, certain: true };
    let plan = approved.plan();
    pause(core, plan).await;
    let (lever, read) = read(core, plan).await.map_err(again)?;
    let prior = core.book.ledger().runs.get(first).map(|record| record.intent.prior.clone());
    let prior = prior.ok_or_else(|| again("the run of the first stage is not on record".into()))?;
    let now = &read.observed.setting;
    if now.same(&prior.setting) {
        return Ok(());
    }
    if !is_of_release(core, first, now) {
        let why = format!("somebody else moved it: it is {now} now");
        return Err(Failed { why, certain: false });
    }
    let levers = core.levers(&lever).map_err(again)?;
    let requests = levers.restore(&lever.target, &read.observed, &prior).map_err(again)?;
    let drafted = draft::stage::back(plan, read, requests, stages.back(first), why);
    debug_assert_eq!(drafted.direction, Direction::Contain);
    let confirmed = Confirmed::follow(approved, drafted, clock::now()).map_err(|why| again(why.to_string()))?;
    let (run, begun) = runner::send(core, &confirmed).await.map_err(|Unsent { why, .. }| again(why))?;
    settle::follow(core, &run, begun, Witness::Heard).await;
    match core.state_of(&run) {
        Some(RunState::ReadBack | RunState::Verified) => Ok(()),
        Some(RunState::NotSent) => Err(again("nothing was sent".into())),
        Some(state) => Err(Failed { why: format!("its run: {state}"), certain: false }),
        None => Err(Failed { why: "its run is not on record".into(), certain: false }),
    }
}

/// True if this release has set the lever so, or tried to.
fn is_of_release(core: &Core, first: &RunId, now: &Setting) -> bool {
    let ledger = core.book.ledger();
    let of = |record: &&RunRecord| {
        let begun = record.intent.stage.as_ref().and_then(|stage| stage.first.as_ref());
        record.intent.run == *first || begun == Some(first)
    };
    ledger.runs.values().filter(of).any(|record| record.intent.after.same(now))
}
