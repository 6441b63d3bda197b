//! The board: all observations, kept current by updates. One task owns it, so it needs no lock.
//! May not judge: `domain::picture` does. May not poll.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::parts::{Part, Parts};
use crate::adapters::{Burn, Told};
use crate::clock;
use crate::config::Config;
use crate::domain::ahead::Ahead;
use crate::domain::cause::Fault;
use crate::domain::change::Change;
use crate::domain::endpoint::FeedSpec;
use crate::domain::ids::{EndpointId, FeedId, LeverId, SignalId};
use crate::domain::lever::LeverState;
use crate::domain::observations::{FeedState, Observations, OurRuns, Readiness};
use crate::domain::sample::{Baseline, Point, Reading, Sample};
use crate::domain::signal::Observed;

/// How far back the trend goes.
pub const TREND: SignedDuration = SignedDuration::from_hours(2);
/// Seconds between two points of the trend.
pub const TREND_STEP: u32 = 60;

/// Something that has to be asked once before the picture is complete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// The first poll of an endpoint.
    Readings(EndpointId),
    /// Its two-hour history.
    Trend(EndpointId),
    /// Its baselines.
    Baselines(EndpointId),
    /// A change feed.
    Feed(FeedId),
    /// A lever.
    Lever(LeverId),
}

/// One answer from outside.
#[derive(Debug)]
pub enum Update {
    /// A poll.
    Readings { from: EndpointId, readings: Vec<Reading>, took: Duration, at: Timestamp, ahead: Option<Ahead> },
    /// History of one endpoint's signals.
    Trend { from: EndpointId, series: Vec<(SignalId, Vec<Point>)> },
    /// Baselines of one endpoint's signals.
    Baselines { from: EndpointId, baselines: Vec<(SignalId, Option<Baseline>)> },
    /// Burn rates.
    Burn(Vec<Burn>),
    /// A change feed's answer.
    Changes { feed: FeedId, from: EndpointId, told: Told, took: Duration, at: Timestamp },
    /// A lever's reading.
    Lever { from: EndpointId, state: LeverState, took: Duration, at: Timestamp },
    /// Whether actions could fire.
    Ready(Vec<Readiness>),
    /// Our own runs moved.
    Ours(OurRuns),
    /// The machine slept: nothing we hold is fresh.
    Resumed,
}

/// All observations.
#[derive(Debug)]
pub struct Board {
    observations: Observations,
    feeds: BTreeMap<FeedId, Vec<Change>>,
    parts: Parts,
    open: BTreeSet<Question>,
    first_seen: BTreeMap<SignalId, Came>,
}

/// How a sample came here first.
#[derive(Debug)]
struct Came {
    /// Its own time, at the source.
    at: Timestamp,
    /// How old it seemed then; negative if its source's clock is ahead of ours.
    lag: SignedDuration,
    /// The time since boot.
    since_boot: Duration,
}

impl Board {
    /// Nothing observed yet; every question of the config is open.
    #[must_use]
    pub fn new(config: &Config, now: Timestamp) -> Self {
        let catalogue = &config.catalogue;
        let suite = |id: &EndpointId| catalogue.suites.iter().find(|suite| suite.source().as_ref() == Some(id));
        let interval_of = |id: &EndpointId| {
            let endpoint = config.endpoints.iter().find(|e| e.id == *id).map(|e| e.interval);
            endpoint.or_else(|| suite(id).map(|suite| suite.every)).unwrap_or(Duration::from_secs(10))
        };
        let mut open = BTreeSet::new();
        let mut signals = BTreeMap::new();
        for spec in &catalogue.signals {
            let Some(from) = &spec.from else { continue };
            // A suite answers when it ran, which may be never: nobody waits for it.
            if suite(from).is_none() {
                open.insert(Question::Readings(from.clone()));
                open.insert(Question::Trend(from.clone()));
                open.insert(Question::Baselines(from.clone()));
            }
            signals.insert(spec.id.clone(), nothing_yet(interval_of(from)));
        }
        open.extend(config.feeds.iter().map(|feed| Question::Feed(feed.id.clone())));
        let mut levers = BTreeMap::new();
        for lever in &catalogue.levers {
            open.insert(Question::Lever(lever.id.clone()));
            let state =
                LeverState { id: lever.id.clone(), reading: Err(Fault::NotYet), last: None, versions: Vec::new() };
            levers.insert(lever.id.clone(), state);
        }
        let parts = Parts::new(config);
        let unheard = |feed: &FeedSpec| {
            let vendor = config.endpoints.iter().find(|spec| spec.id == feed.from).map(|spec| spec.vendor);
            let kinds = vendor.map(|vendor| feed.kinds(vendor)).unwrap_or_default();
            FeedState { id: feed.id.clone(), kinds, fault: Some(Fault::NotYet) }
        };
        let unchecked = |action: &crate::domain::action::ActionSpec| Readiness {
            action: action.id.clone(),
            ready: None,
            why: "not checked yet".into(),
            done: false,
            checked_at: None,
            latency: None,
            rehearsed_at: None,
        };
        Self {
            observations: Observations {
                at: now,
                signals,
                changes: Vec::new(),
                levers,
                sources: parts.folded(),
                feeds: config.feeds.iter().map(unheard).collect(),
                readiness: catalogue.actions.iter().map(unchecked).collect(),
                ours: Vec::new(),
                pending: Vec::new(),
                writes: Vec::new(),
                released: Vec::new(),
            },
            feeds: BTreeMap::new(),
            parts,
            open,
            first_seen: BTreeMap::new(),
        }
    }

    /// True when every source has been heard once, well or badly.
    #[must_use]
    pub fn settled(&self) -> bool {
        self.open.is_empty()
    }

    /// The observations as of `now` by the wall clock, and of `since_boot` by the one that nobody sets: what is done to the
    /// wall clock meanwhile makes no sample younger.
    #[must_use]
    pub fn observations(&self, now: Timestamp, since_boot: Duration) -> Observations {
        let mut observations = Observations { at: now, ..self.observations.clone() };
        for (id, observed) in &mut observations.signals {
            let held = |sample: Sample| self.held(id, sample, now, since_boot);
            observed.sample = observed.sample.clone().map(held);
            observed.last = observed.last.map(held);
        }
        observations
    }

    /// As old as it was when it came, and the time that it has been here. After three missed polls it is at least as old
    /// as that, also if its source's clock is ahead of ours.
    fn held(&self, id: &SignalId, sample: Sample, now: Timestamp, since_boot: Duration) -> Sample {
        let observed = self.observations.signals.get(id);
        let Some((came, observed)) = self.first_seen.get(id).filter(|came| came.at == sample.at).zip(observed) else {
            return sample;
        };
        let here = since_boot.saturating_sub(came.since_boot);
        let lag = if here > observed.interval * 3 { came.lag.max(SignedDuration::ZERO) } else { came.lag };
        let age = lag + SignedDuration::try_from(here).unwrap_or(SignedDuration::ZERO);
        Sample { at: now.checked_sub(age).unwrap_or(sample.at), ..sample }
    }

    /// The next instant at which a status changes by itself (a value becomes stale or is removed).
    #[must_use]
    pub fn next_ageing(&self, now: Timestamp, since_boot: Duration) -> Option<Timestamp> {
        let bounds = |(id, observed): (&SignalId, &Observed)| {
            let sample = observed.sample.as_ref().ok().copied().or(observed.last)?;
            let sample = self.held(id, sample, now, since_boot);
            let after = |times: u32| {
                let limit = SignedDuration::try_from(observed.interval * times).ok()?;
                sample.at.checked_add(limit + SignedDuration::from_millis(50)).ok()
            };
            [after(3), after(6)].into_iter().flatten().filter(|at| *at > now).min()
        };
        self.observations.signals.iter().filter_map(bounds).min()
    }

    /// Takes one answer in.
    pub fn apply(&mut self, update: Update) {
        match update {
            Update::Readings { from, readings, took, at, ahead } => {
                let source_fault = shared_fault(&readings);
                self.parts.tells_time(&from, ahead);
                self.heard(&from, &Part::Signals, source_fault, took, at);
                for reading in readings {
                    self.take_reading(reading);
                }
                self.open.remove(&Question::Readings(from));
            }
            Update::Trend { from, series } => {
                for (id, points) in series {
                    if let Some(observed) = self.observations.signals.get_mut(&id) {
                        observed.history = points.into();
                    }
                }
                self.open.remove(&Question::Trend(from));
            }
            Update::Baselines { from, baselines } => {
                for (id, baseline) in baselines {
                    if let Some(observed) = self.observations.signals.get_mut(&id) {
                        observed.baseline = baseline.or(observed.baseline);
                        observed.loads_history = false;
                    }
                }
                self.open.remove(&Question::Baselines(from));
            }
            Update::Burn(burns) => {
                for burn in burns {
                    if let Some(observed) = self.observations.signals.get_mut(&burn.signal) {
                        observed.burn = burn.rates.into_iter().collect();
                    }
                }
            }
            Update::Changes { feed, from, told, took, at } => {
                self.heard(&from, &Part::Feed(feed.clone()), told.fault.clone(), took, at);
                if let Some(state) = self.observations.feeds.iter_mut().find(|state| state.id == feed) {
                    state.fault = told.fault;
                }
                if let Some(changes) = told.changes {
                    self.feeds.insert(feed.clone(), changes);
                    let mut all: Vec<Change> = self.feeds.values().flatten().cloned().collect();
                    all.sort_by_key(|change| std::cmp::Reverse(change.at));
                    self.observations.changes = all;
                }
                self.open.remove(&Question::Feed(feed));
            }
            Update::Lever { from, state, took, at } => {
                self.heard(&from, &Part::Lever(state.id.clone()), state.reading.as_ref().err().cloned(), took, at);
                self.open.remove(&Question::Lever(state.id.clone()));
                self.take_lever(state);
            }
            Update::Ready(all) => {
                for ready in all {
                    if let Some(slot) = self.observations.readiness.iter_mut().find(|r| r.action == ready.action) {
                        *slot = ready;
                    }
                }
            }
            Update::Ours(runs) => {
                self.observations.ours = runs.ours;
                self.observations.pending = runs.pending;
                self.observations.writes = runs.writes;
                self.observations.released = runs.released;
            }
            Update::Resumed => {
                for observed in self.observations.signals.values_mut() {
                    observed.last = observed.sample.as_ref().ok().copied().or(observed.last);
                    observed.sample = Err(Fault::NotYet);
                }
            }
        }
    }

    fn take_reading(&mut self, reading: Reading) {
        let Some(observed) = self.observations.signals.get_mut(&reading.signal) else { return };
        if let Ok(sample) = &reading.sample {
            if self.first_seen.get(&reading.signal).is_none_or(|came| came.at != sample.at) {
                let (lag, since_boot) = (clock::now().duration_since(sample.at), clock::since_boot());
                self.first_seen.insert(reading.signal.clone(), Came { at: sample.at, lag, since_boot });
            }
            observed.last = Some(*sample);
            observed.history = extended(&observed.history, Point { at: sample.at, value: sample.value });
            observed.cohorts = reading.cohorts;
        }
        observed.sample = reading.sample;
    }

    fn take_lever(&mut self, state: LeverState) {
        let state = match self.observations.levers.remove(&state.id) {
            Some(old) => state.after(old),
            None => state,
        };
        self.observations.levers.insert(state.id.clone(), state);
    }

    fn heard(&mut self, from: &EndpointId, part: &Part, fault: Option<Fault>, took: Duration, at: Timestamp) {
        self.parts.hear(from, part, fault, took, at);
        self.observations.sources = self.parts.folded();
    }
}

fn nothing_yet(interval: Duration) -> Observed {
    Observed {
        sample: Err(Fault::NotYet),
        last: None,
        baseline: None,
        loads_history: true,
        cohorts: Vec::new(),
        history: Arc::from([]),
        burn: BTreeMap::new(),
        interval,
    }
}

/// A source is at fault if every one of its readings has the same fault; one bad query is that signal's own.
fn shared_fault(readings: &[Reading]) -> Option<Fault> {
    let first = readings.first()?.sample.as_ref().err()?;
    let same = readings.iter().all(|reading| reading.sample.as_ref().err() == Some(first));
    (same && !matches!(first, Fault::NoData | Fault::NotANumber)).then(|| first.clone())
}

/// One point a step: the newest value replaces the one of its own step, so the trend stays short and current.
fn extended(history: &[Point], point: Point) -> Arc<[Point]> {
    let oldest = point.at.checked_sub(TREND).unwrap_or(Timestamp::MIN);
    let step_of = |p: &Point| p.at.as_second().div_euclid(i64::from(TREND_STEP));
    let mut points: Vec<Point> = history
        .iter()
        .copied()
        .filter(|p| p.at >= oldest && p.at < point.at && step_of(p) != step_of(&point))
        .collect();
    points.push(point);
    points.into()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config;

    const CONFIG: &str = r#"
schema = 1
[service]
name = "support-bot"
environment = "test"
[endpoint.metrics]
vendor = "prometheus"
url = "http://127.0.0.1:9"
interval = "5s"
[signal.error_rate]
from = "metrics"
query = "errors"
"#;

    #[test]
    fn history_loads_until_the_source_answered_even_with_nothing() {
        let config = config::load_text("test", CONFIG).unwrap_or_else(|problems| panic!("{problems:?}"));
        let mut board = Board::new(&config, clock::now());
        let signal: SignalId = "error_rate".parse().expect("an id");
        assert!(board.observations.signals[&signal].loads_history);
        let from = "metrics".parse().expect("an id");
        board.apply(Update::Baselines { from, baselines: vec![(signal.clone(), None)] });
        assert!(!board.observations.signals[&signal].loads_history, "a source without history is not waited for");
    }

    /// A board that hears its only signal, polled every five seconds, for the first time.
    pub fn heard_once(came: Timestamp) -> (Board, SignalId) {
        let config = config::load_text("test", CONFIG).unwrap_or_else(|problems| panic!("{problems:?}"));
        let mut board = Board::new(&config, came);
        let signal: SignalId = "error_rate".parse().expect("an id");
        let sample = Ok(Sample { value: 0.0, n: None, at: came });
        let readings = vec![Reading { signal: signal.clone(), sample, cohorts: Vec::new() }];
        let from = "metrics".parse().expect("an id");
        board.apply(Update::Readings { from, readings, took: Duration::ZERO, at: came, ahead: None });
        (board, signal)
    }

    #[test]
    fn a_wall_clock_that_is_set_back_makes_no_sample_younger() {
        let (came, boot) = (clock::now(), clock::since_boot());
        let (board, signal) = heard_once(came);
        let age = |set_back: i64, passed: u64| {
            let now = came + SignedDuration::from_secs(i64::try_from(passed).expect("short") - set_back);
            let observations = board.observations(now, boot + Duration::from_secs(passed));
            let sample = observations.signals[&signal].sample.clone().expect("a sample");
            now.duration_since(sample.at).as_secs_f64().round()
        };
        assert_eq!((age(0, 9), age(0, 60)), (9.0, 60.0));
        assert_eq!((age(3_600, 9), age(3_600, 60)), (9.0, 60.0), "an hour back");
    }
}
