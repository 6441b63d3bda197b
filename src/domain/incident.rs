//! The incident and its runs as a fold over journal entries. May not store anything itself.

mod record;
mod released;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::action::Direction;
use super::approval::{Approval, Glasses, NotGranted, Person, Record, Requests};
use super::coach;
use super::entry::{Entry, Happening};
use super::gate::Watch;
use super::ids::{IncidentId, LeverId, RunId, SuiteId};
use super::lever::Setting;
use super::observations::{OurMove, OurRuns, OurWrite};
use super::outside::{OutsideChange, OutsideMove};
use super::permit::{FREEZE_AFTER, FREEZE_FORGETS};
use super::plan::Digest;
use super::run::{RunMove, RunState};
use super::stages::{ReleaseEnd, StageOf};
use super::suite::SuiteOutcome;
use super::version::VersionSnapshot;

pub use record::RunRecord;

/// How long a request that showed no effect is still called `unknown`: it may land.
pub const LATE_LANDING: SignedDuration = SignedDuration::from_mins(10);

/// What the journal adds up to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    /// Every run, by id. For their order see [`Ledger::in_order`].
    pub runs: BTreeMap<RunId, RunRecord>,
    /// The open incident, if one is open.
    pub open: Option<Incident>,
    /// The newest run of every suite.
    pub suites: BTreeMap<SuiteId, SuiteOutcome>,
    /// Watches of the restore gate that run, by lever.
    pub watches: BTreeMap<LeverId, Watch>,
    /// Releases that ended without being whole, by lever, until something moves it again.
    pub releases: BTreeMap<LeverId, ReleaseEnd>,
    /// The highest incident number so far.
    pub incidents: u32,
    /// Requests for approval.
    pub requests: Requests,
    /// Broken glasses.
    pub glasses: Glasses,
    /// What somebody outside changed since the open incident began, oldest first; without one, what happened to containments
    /// since the last one ended.
    pub outside: Vec<OutsideChange>,
    /// Where somebody outside left a lever last, as far as it was told.
    pub moved_outside: BTreeMap<LeverId, OutsideMove>,
    /// What the product was made of before the first change of each incident.
    pub versions: BTreeMap<IncidentId, Arc<VersionSnapshot>>,
    /// Failed or unknown writes since the last good one, or since a person ended a freeze: when each was sent.
    failed: Vec<Timestamp>,
    /// Moves that the machine refused: a damaged or foreign journal. Shown, never hidden.
    pub illegal: Vec<String>,
}

/// An open incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Its name.
    pub id: IncidentId,
    /// One line.
    pub title: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Severity, once set or proposed.
    pub severity: Option<String>,
    /// Since when it is the top one; `None` while it is not.
    pub top_since: Option<Timestamp>,
    /// Why a person does not contain, since it is the top one.
    pub declined: Option<String>,
}

/// True for the top severity of any scheme: `P1`, `SEV1`.
fn is_top(level: &str) -> bool {
    coach::rank(level) == Some(1)
}

impl Ledger {
    /// Every run, oldest first: in the order of the journal, whatever the clocks of those who wrote it said.
    #[must_use = "looking at runs changes nothing"]
    pub fn in_order(&self) -> impl DoubleEndedIterator<Item = &RunRecord> {
        let mut runs: Vec<&RunRecord> = self.runs.values().collect();
        runs.sort_by_key(|record| record.seq);
        runs.into_iter()
    }

    /// How many runs this lever has had.
    #[must_use]
    pub fn runs_on(&self, lever: &LeverId) -> usize {
        self.runs.values().filter(|run| run.intent.lever == *lever).count()
    }

    /// Folds entries in journal order.
    #[must_use]
    pub fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut ledger = Self::default();
        for entry in entries {
            ledger.apply(entry);
        }
        ledger
    }

    /// Adds one entry.
    pub fn apply(&mut self, entry: &Entry) {
        self.requests.apply(entry);
        self.glasses.apply(entry);
        match &entry.what {
            Happening::Unfrozen { .. } => self.failed.clear(),
            Happening::OutsideChange(change) => self.changed_outside(change, entry),
            Happening::IncidentOpened { title, severity, .. } => {
                if let Some(id) = &entry.incident {
                    self.incidents = self.incidents.max(id.number().unwrap_or_default());
                    self.outside.clear();
                    self.open = Some(Incident {
                        id: id.clone(),
                        title: title.clone(),
                        opened_at: entry.at,
                        severity: severity.clone(),
                        top_since: severity.as_deref().filter(|level| is_top(level)).map(|_| entry.at),
                        declined: None,
                    });
                }
            }
            Happening::Severity { level, .. } => {
                if let Some(open) = &mut self.open {
                    open.severity = Some(level.clone());
                    // Said again it stands as long as before; raised to the top its clock begins, whatever was declined.
                    match (is_top(level), open.top_since) {
                        (true, None) => (open.top_since, open.declined) = (Some(entry.at), None),
                        (true, Some(_)) => {}
                        (false, _) => open.top_since = None,
                    }
                }
            }
            Happening::ContainmentDeclined { why } => {
                if let Some(open) = &mut self.open {
                    open.declined = Some(why.clone());
                }
            }
            Happening::VersionsTaken(taken) => {
                // Two cockpits may take one for the same first change: the earlier one was before it.
                if let Some(id) = &entry.incident {
                    self.versions.entry(id.clone()).or_insert_with(|| Arc::new((**taken).clone()));
                }
            }
            Happening::IncidentClosed { .. } => {
                self.open = None;
                self.outside.clear();
            }
            Happening::Intended(intent) => {
                let record = RunRecord {
                    intent: (**intent).clone(),
                    state: RunState::Intent,
                    who: entry.who.clone(),
                    at: entry.at,
                    seq: entry.seq,
                    took: entry.seq,
                    moves: Vec::new(),
                };
                self.runs.insert(intent.run.clone(), record);
                // Whatever is moved, the product is another one: what was watched before says nothing about it.
                self.watches.clear();
                if self.open.is_none() {
                    self.outside.retain(|change| change.lever.as_ref() != Some(&intent.lever));
                }
                if !intent.stage.as_ref().is_some_and(StageOf::is_back) {
                    self.releases.remove(&intent.lever);
                }
            }
            Happening::ReleaseEnded { lever, percent, why, back } => {
                let end = ReleaseEnd { at: entry.at, percent: *percent, why: why.clone(), back: *back };
                self.releases.insert(lever.clone(), end);
            }
            Happening::WatchBegan { lever, bad } => {
                // Two cockpits may see the same moment: the earlier one counts.
                let watch = Watch { since: entry.at, bad: bad.clone() };
                self.watches.entry(lever.clone()).or_insert(watch);
            }
            Happening::WatchBroken { lever, .. } => {
                self.watches.remove(lever);
            }
            Happening::SuiteRan(outcome) => {
                self.suites.insert(outcome.suite.clone(), (**outcome).clone());
            }
            Happening::RunMoved { run, by, why } => self.move_run(run, *by, why, entry),
            _ => {}
        }
    }

    fn changed_outside(&mut self, change: &OutsideChange, entry: &Entry) {
        if let (Some(lever), Some(to)) = (&change.lever, &change.to) {
            let moved = OutsideMove { to: to.clone(), at: entry.at, seq: entry.seq };
            self.moved_outside.insert(lever.clone(), moved);
        }
        let is_news = !self.outside.iter().any(|known| known.is(change));
        if is_news && (self.open.is_some() || change.containment.is_some()) {
            self.outside.push(change.clone());
        }
    }

    fn move_run(&mut self, run: &RunId, by: RunMove, why: &str, entry: &Entry) {
        let Some(record) = self.runs.get_mut(run) else {
            self.illegal.push(format!("run {run} moved ({by:?}) but was never intended"));
            return;
        };
        match record.state.after(by) {
            Ok(state) => {
                if record.state == RunState::Unseen && by == RunMove::SeeStored {
                    record.took = entry.seq;
                }
                record.state = state;
                record.moves.push((entry.at, by, why.to_owned()));
                match by {
                    RunMove::Acknowledge => self.failed.clear(),
                    RunMove::FailToSend | RunMove::Reject | RunMove::LoseSight => self.failed.push(entry.at),
                    _ => {}
                }
            }
            Err(illegal) => self.illegal.push(format!("run {run}: {illegal}")),
        }
    }

    /// Runs that hold a lever (intent, sent, unknown), oldest first.
    pub fn open_runs(&self) -> impl Iterator<Item = &RunRecord> {
        self.in_order().filter(|record| record.state.is_open())
    }

    /// Runs whose fate is not known yet, oldest first: those that hold a lever, and those that the store accepted but
    /// nobody has read back. At a start, this is what a crash left behind.
    pub fn unfinished(&self) -> impl Iterator<Item = &RunRecord> {
        self.in_order().filter(|record| record.state.is_open() || record.state == RunState::Acknowledged)
    }

    /// Failed or unknown writes in a row, not older than an hour: three of them freeze. By anybody on this journal, so
    /// that a second terminal does not go on where the first one was stopped.
    #[must_use]
    pub fn failures(&self, now: Timestamp) -> usize {
        self.failed.iter().filter(|at| now.duration_since(**at) <= FREEZE_FORGETS).count()
    }

    /// True while three failed or unknown writes in a row stand.
    #[must_use]
    pub fn is_frozen(&self, now: Timestamp) -> bool {
        self.failures(now) >= FREEZE_AFTER
    }

    /// Lets `person` fire the plan of this digest: by a second person, or by break glass of their own. A denial stands
    /// against both: who was told no was not out of reach of an approver. `run` is the run that asks, if it has begun.
    ///
    /// # Errors
    /// [`NotGranted`].
    pub fn approval(
        &self,
        digest: &Digest,
        person: &Person,
        run: Option<&RunId>,
        now: Timestamp,
    ) -> Result<Approval, NotGranted> {
        match self.requests.granted(digest, person, run, now) {
            Ok(approval) => Ok(approval),
            Err(why) => match self.requests.get(digest).and_then(Record::denial) {
                Some(denied) => Err(denied),
                None => self.glasses.granted(digest, person, run, now).map_err(|_| why),
            },
        }
    }

    /// Runs that are not settled, oldest first: what must be said before anybody calls the lever untouched. A stuck one that
    /// its store was never seen to hold is one of them, for as long as nothing else has moved its lever.
    pub fn pending(&self) -> impl Iterator<Item = &RunRecord> {
        let newest = |record: &RunRecord| {
            self.newest_move(&record.intent.lever).is_some_and(|last| last.intent.run == record.intent.run)
        };
        let settled = move |record: &RunRecord| match record.state {
            RunState::Stuck => record.was_stored() || !newest(record),
            state => state.is_final() || state == RunState::ReadBack,
        };
        self.in_order().filter(move |record| !settled(record))
    }

    /// The run whose request landed late, if `setting` was read on this lever at `read_at`: the oldest one that showed no
    /// effect before, would have set just this, and no other run explains it.
    #[must_use]
    pub fn landed_late(&self, lever: &LeverId, setting: &Setting, read_at: Timestamp) -> Option<&RunRecord> {
        let of_lever = || self.in_order().filter(|record| record.intent.lever == *lever);
        of_lever().find(|record| {
            record.state == RunState::Unseen
                && record.intent.after.same(setting)
                && read_at > record.moved_at()
                && !of_lever().any(|other| other.explains(setting, record.seq))
                // What was read before another run came to where it stands may be that run's own.
                && !of_lever().any(|other| other.seq != record.seq && other.moved_at() >= read_at)
        })
    }

    /// The name of the next incident: one more than the highest opened so far.
    #[must_use]
    pub fn next_incident(&self) -> IncidentId {
        IncidentId::numbered(self.incidents.saturating_add(1))
    }

    /// How many writes went out within the last minute, or may have, on any lever and by anybody on this journal.
    #[must_use]
    pub fn writes_lately(&self, now: Timestamp) -> usize {
        let wrote = |r: &&RunRecord| !matches!(r.state, RunState::NotSent | RunState::Rejected);
        let lately = |r: &&RunRecord| (0..60).contains(&now.duration_since(r.at).as_secs());
        self.runs.values().filter(wrote).filter(lately).count()
    }

    /// When this lever was last written, or may have been, by anybody on this journal.
    #[must_use]
    pub fn last_write(&self, lever: &LeverId) -> Option<Timestamp> {
        self.last_writer(lever).map(|record| record.at)
    }

    /// The run that wrote this lever last, or may have.
    #[must_use]
    pub fn last_writer(&self, lever: &LeverId) -> Option<&RunRecord> {
        let wrote =
            |r: &&RunRecord| r.intent.lever == *lever && !matches!(r.state, RunState::NotSent | RunState::Rejected);
        self.in_order().rfind(wrote)
    }

    /// Our containments that still stand, and what we lowered: what moved the lever, newest per lever.
    #[must_use]
    pub fn ours(&self) -> Vec<OurMove> {
        let mut newest: BTreeMap<&LeverId, &RunRecord> = BTreeMap::new();
        for record in self.runs.values().filter(|record| record.has_moved()) {
            if newest.get(&record.intent.lever).is_none_or(|other| other.took <= record.took) {
                newest.insert(&record.intent.lever, record);
            }
        }
        newest.values().filter_map(|record| self.standing(record)).collect()
    }

    /// The containment that stands by the newest move of its lever: that run's own, or the one that it releases in stages
    /// or came back to. Whoever contained stays the owner until the release is whole.
    fn standing(&self, newest: &RunRecord) -> Option<OurMove> {
        let contained = |stage: &StageOf| stage.of.as_ref().and_then(|run| self.runs.get(run));
        match &newest.intent.stage {
            Some(stage) if stage.is_partial() => {
                let held = contained(stage).map_or_else(|| newest.as_our_move(), RunRecord::as_our_move);
                Some(OurMove { after: newest.intent.after.clone(), stage: Some(stage.clone()), ..held })
            }
            Some(stage) if stage.is_back() => Some(contained(stage).unwrap_or(newest).as_our_move()),
            _ => {
                let stands = newest.intent.direction != Direction::Release && newest.state != RunState::Undone;
                stands.then(|| newest.as_our_move())
            }
        }
    }

    /// The run that moved this lever last, or may have.
    #[must_use]
    pub fn newest_move(&self, lever: &LeverId) -> Option<&RunRecord> {
        let moved = self.runs.values().filter(|record| record.intent.lever == *lever && record.has_moved());
        moved.max_by_key(|record| record.took)
    }

    /// What the picture must know of our runs.
    #[must_use]
    pub fn our_runs(&self) -> OurRuns {
        let went_out = |record: &&RunRecord| !matches!(record.state, RunState::NotSent | RunState::Rejected);
        let write = |record: &RunRecord| OurWrite { lever: record.intent.lever.clone(), at: record.at };
        OurRuns {
            ours: self.ours(),
            pending: self.pending().map(RunRecord::as_our_move).collect(),
            writes: self.runs.values().filter(went_out).map(write).collect(),
            released: self.released(),
        }
    }

    /// The newest run of this incident that changed something and was not undone; what `U` takes back.
    #[must_use]
    pub fn undoable(&self) -> Option<&RunRecord> {
        let stands = |record: &&RunRecord| {
            let outside = self.moved_outside.get(&record.intent.lever);
            outside.is_none_or(|moved| moved.seq < record.took)
        };
        self.in_order().filter(stands).rfind(|record| record.is_undoable())
    }
}
