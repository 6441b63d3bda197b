//! The running and verifying view: what has happened to a run, what is waited for, and what is offered when it is stuck.
//! May not move a run: it only tells what the journal and the runner reported.

mod words;

use std::time::Duration;

use jiff::Timestamp;

use super::containments;
use super::model::Model;
use super::screen::Screen;
use crate::domain::action::{ActionSpec, Effect};
use crate::domain::aftermath::{self, Aftermath};
use crate::domain::evidence::Judgement;
use crate::domain::facts::Live;
use crate::domain::ids::{ActionId, RunId};
use crate::domain::incident::RunRecord;
use crate::domain::plan::{Plan, Purpose};
use crate::domain::propagation::{self, Propagated};
use crate::domain::restored::{self, Back};
use crate::domain::run::{RunNews, RunState};

pub use self::words::waiting_for;

/// How much news is kept.
const KEPT: usize = 400;

/// A run being watched. Until the first news arrives there is no run, only what was fired.
#[derive(Debug, Clone, PartialEq)]
pub struct RunScreen {
    /// The run, once it has a name.
    pub run: Option<RunId>,
    /// Its action.
    pub action: ActionId,
    /// What was confirmed, if it was in this session.
    pub plan: Option<Plan>,
    /// When `Y` was pressed, or the run was intended.
    pub at: Timestamp,
}

impl RunScreen {
    /// Right after `Y`.
    #[must_use]
    pub fn fired(plan: Plan, at: Timestamp) -> Self {
        Self { run: None, action: plan.action.clone(), plan: Some(plan), at }
    }
}

/// A station of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// The state reached.
    pub state: RunState,
    /// When; `None` if not yet.
    pub at: Option<Timestamp>,
    /// In words.
    pub why: String,
}

/// The stations of a run that goes well.
const LADDER: [RunState; 5] =
    [RunState::Intent, RunState::Sent, RunState::Acknowledged, RunState::ReadBack, RunState::Verified];

/// What happened to a run, oldest first: from the journal, or from the runner's news where that knows more.
#[must_use]
pub fn story(model: &Model, run: &RunId) -> Vec<Station> {
    let mut told = Vec::new();
    if let Some(record) = model.ledger.runs.get(run) {
        let mut state = RunState::Intent;
        told.push(Station { state, at: Some(record.at), why: String::new() });
        for (at, by, why) in &record.moves {
            state = state.after(*by).unwrap_or(state);
            told.push(Station { state, at: Some(*at), why: why.clone() });
        }
    }
    let heard: Vec<Station> = model
        .news
        .iter()
        .filter(|news| news.run == *run)
        .map(|news| Station { state: news.state, at: Some(news.at), why: news.why.clone() })
        .collect();
    if heard.len() > told.len() { heard } else { told }
}

/// Where a run stands, by its story.
#[must_use]
pub fn state(model: &Model, run: &RunId) -> Option<RunState> {
    story(model, run).last().map(|station| station.state)
}

/// The stations to draw: the ladder with what was reached, then anything that went another way.
#[must_use]
pub fn stations(model: &Model, screen: &RunScreen) -> Vec<Station> {
    let story = screen.run.as_ref().map(|run| story(model, run)).unwrap_or_default();
    let mut stations: Vec<Station> = LADDER
        .into_iter()
        .map(|state| reached(&story, state).unwrap_or(Station { state, at: None, why: String::new() }))
        .collect();
    if let Some(last) = story.last().filter(|last| !LADDER.contains(&last.state)) {
        stations.retain(|station| station.at.is_some());
        stations.push(last.clone());
    }
    stations
}

/// The last time that a station was reached. How far the traffic has come since is news of the same state: as long as the
/// run waits for that it stands beside what was reached, and never in its place.
fn reached(story: &[Station], wanted: RunState) -> Option<Station> {
    let last = story.iter().rposition(|station| station.state == wanted)?;
    let first = story[..last].iter().rposition(|station| station.state != wanted).map_or(0, |before| before + 1);
    let mut station = story[first].clone();
    if last > first && last + 1 == story.len() {
        station.why = format!("{}; {}", station.why, story[last].why);
    }
    Some(station)
}

/// True if the run takes an earlier one back.
#[must_use]
pub fn is_undo(model: &Model, screen: &RunScreen) -> bool {
    let journaled = screen.run.as_ref().and_then(|run| model.ledger.runs.get(run)).map(|record| &record.intent.purpose);
    matches!(screen.plan.as_ref().map(|plan| &plan.purpose).or(journaled), Some(Purpose::Undo(_)))
}

/// True for a stage that others have to follow, and for the way back: neither is what an undo is whole.
#[must_use]
pub fn is_between(model: &Model, screen: &RunScreen) -> bool {
    let record = screen.run.as_ref().and_then(|run| model.ledger.runs.get(run));
    record.and_then(|record| record.intent.stage.as_ref()).is_some_and(|stage| stage.is_partial() || stage.is_back())
}

/// The traffic evidence that is waited for: that it shows, or for an undo that its signals are back.
fn awaited<'a>(model: &'a Model, screen: &RunScreen) -> Option<&'a Effect> {
    model.catalogue.action(&screen.action)?.effect.as_ref()
}

/// When the traffic must have shown it, and how long that is in all; `None` if nothing is awaited, or for an undo,
/// whose time depends on the store.
#[must_use]
pub fn deadline(model: &Model, screen: &RunScreen) -> Option<(Timestamp, Duration)> {
    let within = awaited(model, screen).filter(|_| !is_undo(model, screen))?.within;
    let story = story(model, screen.run.as_ref()?);
    let last = story.last()?.state;
    if !matches!(last, RunState::Acknowledged | RunState::ReadBack) {
        return None;
    }
    let from = story.iter().find(|station| station.state == RunState::Acknowledged)?.at?;
    Some((from.checked_add(within).ok()?, within))
}

/// What the traffic shows of the effect, judged only on samples newer than the store's yes. `None` before that, for an
/// undo, or if the action declares no traffic evidence.
#[must_use]
pub fn effect(model: &Model, screen: &RunScreen) -> Option<Judgement> {
    let evidence = &awaited(model, screen).filter(|_| !is_undo(model, screen))?.evidence;
    let since = acknowledged_at(model, screen)?;
    Some(evidence.judge(&Live::newer_than(model.snapshot.as_ref()?, since)))
}

/// How far the traffic has come since the store's yes, as far as anybody can say.
fn propagated(model: &Model, screen: &RunScreen) -> Option<Propagated> {
    let evidence = &awaited(model, screen).filter(|_| !is_undo(model, screen))?.evidence;
    let intent = &model.ledger.runs.get(screen.run.as_ref()?)?.intent;
    let facts = Live::newer_than(model.snapshot.as_ref()?, acknowledged_at(model, screen)?);
    propagation::of(evidence, &intent.showed, &facts)
}

/// Of an undo, the signals of the effect on their way back to where they were. `None` before the store's yes.
#[must_use]
pub fn way_back(model: &Model, screen: &RunScreen) -> Option<Vec<Back>> {
    let evidence = &awaited(model, screen)?.evidence;
    let undone = undone(model, screen)?;
    let own = model.ledger.runs.get(screen.run.as_ref()?).filter(|_| !is_between(model, screen))?;
    let snapshot = model.snapshot.as_ref()?;
    let facts = Live::newer_than(snapshot, acknowledged_at(model, screen)?);
    Some(restored::judge(evidence, &undone.intent.showed, &own.intent.showed, snapshot, &facts))
}

fn acknowledged_at(model: &Model, screen: &RunScreen) -> Option<Timestamp> {
    let story = story(model, screen.run.as_ref()?);
    story.iter().find(|station| station.state == RunState::Acknowledged)?.at
}

/// The run that an undo takes back.
fn undone<'a>(model: &'a Model, screen: &RunScreen) -> Option<&'a RunRecord> {
    let own = screen.run.as_ref().and_then(|run| model.ledger.runs.get(run)).map(|record| &record.intent.purpose);
    match screen.plan.as_ref().map(|plan| &plan.purpose).or(own)? {
        Purpose::Undo(run) => model.ledger.runs.get(run),
        Purpose::Action => None,
    }
}

/// What a verified run did for that which failed when it was fired.
fn aftermath(model: &Model, screen: &RunScreen) -> Aftermath {
    let record = screen.run.as_ref().and_then(|run| model.ledger.runs.get(run));
    match (record, &model.snapshot) {
        (Some(record), Some(snapshot)) => aftermath::of(&record.intent.failing, &snapshot.signals),
        _ => Aftermath::Nothing,
    }
}

/// Other containments to offer when a run did not help: the action's own fallbacks. None after an undo, which takes one
/// back.
#[must_use]
pub fn fallbacks<'a>(model: &'a Model, screen: &RunScreen) -> Vec<&'a ActionSpec> {
    if is_undo(model, screen) {
        return Vec::new();
    }
    let no_better = matches!(aftermath(model, screen), Aftermath::NoBetter(_));
    let helps = |state| match state {
        RunState::Stuck | RunState::Rejected | RunState::NotSent | RunState::Unknown | RunState::Unseen => true,
        RunState::Verified => no_better,
        _ => false,
    };
    if !screen.run.as_ref().and_then(|run| state(model, run)).is_some_and(helps) {
        return Vec::new();
    }
    let fallback = model.catalogue.action(&screen.action).map(|action| action.fallback.as_slice()).unwrap_or_default();
    fallback.iter().filter_map(|id| model.catalogue.action(id)).collect()
}

/// A run that must not be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// Which run.
    pub run: RunId,
    /// What it does.
    pub title: String,
    /// Where it stands.
    pub state: RunState,
}

/// Runs whose outcome is open, unknown or stuck: pinned on every screen until a person or a reading settles them.
#[must_use]
pub fn pinned(model: &Model) -> Vec<Pinned> {
    let mut runs: Vec<RunId> = model.ledger.runs.keys().cloned().collect();
    for news in &model.news {
        if !runs.contains(&news.run) {
            runs.push(news.run.clone());
        }
    }
    runs.into_iter()
        .filter_map(|run| {
            let state = state(model, &run).filter(|state| !state.is_final())?;
            let gone = |record: &RunRecord| state == RunState::Unseen && !record.may_still_land(model.now);
            let passed = |record: &RunRecord| {
                let newest = || model.ledger.newest_move(&record.intent.lever);
                record.intent.stage.is_some() && state.is_stored() && newest().is_some_and(|of| of.intent.run != run)
            };
            if model.ledger.runs.get(&run).is_some_and(|record| gone(record) || passed(record)) {
                return None;
            }
            Some(Pinned { title: title(model, &run), run, state })
        })
        .collect()
}

/// True if this session sent the run, or was about to: only its sender tells of that.
#[must_use]
pub fn is_of_this_session(model: &Model, run: &RunId) -> bool {
    model.news.iter().any(|news| news.run == *run && matches!(news.state, RunState::Intent | RunState::Sent))
}

/// What a run does, for people.
#[must_use]
pub fn title(model: &Model, run: &RunId) -> String {
    if let Some(record) = model.ledger.runs.get(run) {
        return record.intent.title.clone();
    }
    let action = model.news.iter().find(|news| news.run == *run).map(|news| &news.action);
    action
        .map(|id| model.catalogue.action(id).map_or_else(|| id.to_string(), |action| action.title.clone()))
        .unwrap_or_default()
}

/// Takes news of a run: names the waiting screen, and says aloud what nobody is looking at.
pub(super) fn heard(model: &mut Model, news: RunNews) {
    let follows = |run: &RunId| {
        // The next stage of the release that is watched, or its way back: the same view tells of it.
        let stage_of = |run: &RunId| model.ledger.runs.get(run).and_then(|record| record.intent.stage.clone());
        let first = |run: &RunId| stage_of(run).map(|stage| stage.first.unwrap_or_else(|| run.clone()));
        first(run).is_some_and(|begun| Some(begun) == first(&news.run)) && *run < news.run
    };
    let waits = |screen: &Screen| match screen {
        Screen::Run(waiting) if waiting.action == news.action => waiting.run.as_ref().is_none_or(follows),
        _ => false,
    };
    let waiting: Vec<bool> = model.screens.above_mut().map(|screen| waits(screen)).collect();
    for (screen, waits) in model.screens.above_mut().zip(waiting) {
        if let (Screen::Run(waiting), true) = (screen, waits) {
            // What was confirmed is the plan of the first stage: of a later one its own record tells.
            waiting.plan = waiting.plan.take().filter(|_| waiting.run.is_none());
            waiting.run = Some(news.run.clone());
        }
    }
    let watched = matches!(model.screens.top(), Screen::Run(screen) if screen.run.as_ref() == Some(&news.run));
    if model.news.len() == KEPT {
        model.news.remove(0);
    }
    let (run, state, why) = (news.run.clone(), news.state, news.why.clone());
    model.news.push(news);
    if !watched {
        let title = title(model, &run);
        model.say(if why.is_empty() { format!("{title}: {state}") } else { format!("{title}: {state}, {why}") });
    }
}

/// Opens the view of a run of the journal.
pub(crate) fn open(model: &mut Model, run: &RunId) {
    if let Some(record) = model.ledger.runs.get(run) {
        let screen =
            RunScreen { run: Some(run.clone()), action: record.intent.action.clone(), plan: None, at: record.at };
        model.screens.push(Screen::Run(Box::new(screen)));
    }
}
