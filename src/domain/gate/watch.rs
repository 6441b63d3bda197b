//! The watch: so long everything has been well without a break, and nothing new went wrong. When it began is an entry of
//! the journal; that it held is read from each signal's history, so that a process that died leaves no hole in it: what
//! nobody measured in between breaks it.

use std::time::Duration;

use jiff::Timestamp;

use super::super::figures;
use super::super::sample::Point;
use super::super::signal::SignalState;
use super::super::status::Status;
use super::live::{Scope, is_of_suite};
use super::{Known, Line, Standing};

/// The name of its line.
pub(super) const NAME: &str = "watch";
/// Histories have a point a minute: with three missing, nobody was looking.
const LONGEST_GAP: f64 = 180.0;

/// A watch that began, as the journal tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// When it began.
    pub since: Timestamp,
    /// What was bad beside the watched signals then: not news.
    pub bad: Vec<String>,
}

/// Why a watch does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// It was measured that something went wrong.
    Wrong(String),
    /// Nobody can say: a hole in the measurements, a clock that went back.
    Blind(String),
}

impl Broken {
    /// In words.
    pub(super) fn words(self) -> String {
        match self {
            Self::Wrong(why) | Self::Blind(why) => why,
        }
    }
}

/// Why a watch that runs does not count any more: a new anomaly, a value outside its limits, a hole in the measurements.
pub(super) fn broken(known: &Known<'_>, watch: &Watch, scope: &Scope, bad: &[String]) -> Option<Broken> {
    if watch.since > known.now {
        return Some(Broken::Blind("it began in the future: a clock went back".to_owned()));
    }
    if let Some(news) = bad.iter().find(|id| !watch.bad.contains(id)) {
        return Some(Broken::Wrong(format!("{news} went bad")));
    }
    let signals = &known.snapshot.signals;
    let wrong = signals.iter().find_map(|signal| went_wrong(signal, watch, scope));
    wrong.map(Broken::Wrong).or_else(|| {
        signals.iter().find_map(|signal| {
            if !is_continuous(signal, scope) || is_known(signal, watch) {
                return None;
            }
            let (hole, _) = longest_hole(&signal.history, watch.since, known.now)?;
            Some(Broken::Blind(format!("{} was not measured for {}", signal.spec.id, figures::span(hole))))
        })
    })
}

fn went_wrong(signal: &SignalState, watch: &Watch, scope: &Scope) -> Option<String> {
    let id = &signal.spec.id;
    if scope.contains(id.as_str()) && signal.status.is_bad() {
        return Some(format!("{id} is {}", signal.status.word()));
    }
    if is_known(signal, watch) {
        return None;
    }
    let point = outside(signal, watch.since)?;
    Some(format!("{id} was {} at {}", figures::number(point.value), point.at.strftime("%H:%M:%SZ")))
}

/// True for what was bad already when the watch began.
fn is_known(signal: &SignalState, watch: &Watch) -> bool {
    watch.bad.iter().any(|known| known == signal.spec.id.as_str())
}

/// What is quiet because of us, or comes from a suite, has no unbroken history to have.
fn is_continuous(signal: &SignalState, scope: &Scope) -> bool {
    scope.contains(signal.spec.id.as_str()) && !is_of_suite(signal) && signal.status == Status::Ok
}

/// From when on every watched signal has been measured without a hole, not before `from`.
pub(super) fn unbroken_since(known: &Known<'_>, scope: &Scope, from: Timestamp) -> Timestamp {
    let watched = known.snapshot.signals.iter().filter(|signal| is_continuous(signal, scope));
    let ends = watched.filter_map(|signal| longest_hole(&signal.history, from, known.now)).map(|(_, end)| end);
    ends.max().unwrap_or(from)
}

/// The first point since then that breaks a limit.
fn outside(signal: &SignalState, since: Timestamp) -> Option<Point> {
    let median = signal.baseline.map(|baseline| baseline.median);
    let limits = [&signal.spec.warn, &signal.spec.crit];
    let breaks = |point: &&Point| {
        let broken = |limit: &super::super::limits::Limits| matches!(limit.broken_by(point.value, median), Ok(Some(_)));
        point.at > since && limits.into_iter().flatten().any(broken)
    };
    // Its own traffic may be ours to quiet: a rate below its band is what CONTAINED means.
    (signal.status != Status::Contained).then(|| signal.history.iter().find(breaks).copied()).flatten()
}

/// The longest time since then without a point, in seconds, if it is too long; and when the last of such holes ended.
fn longest_hole(history: &[Point], since: Timestamp, now: Timestamp) -> Option<(f64, Timestamp)> {
    let mut last = since;
    let mut longest: Option<(f64, Timestamp)> = None;
    let ends = history.iter().map(|point| point.at).filter(|at| *at > since && *at < now);
    for end in ends.chain([now]) {
        let seconds = end.duration_since(last).as_secs_f64();
        if seconds > LONGEST_GAP {
            longest = Some((longest.map_or(seconds, |(length, _)| seconds.max(length)), end));
        }
        last = end;
    }
    longest
}

/// The line of the watch.
pub(super) fn line(known: &Known<'_>, watch: Option<&Watch>, broken: Option<&str>, ends: Option<Timestamp>) -> Line {
    let span = known.catalogue.gate.watch;
    if let Some(watch) = watch {
        return line_of(known, watch, broken, ends, span);
    }
    let whole = figures::span(span.as_secs_f64());
    Line::new(NAME, Standing::Open, format!("{whole}, from when all of the above holds"))
}

/// The line of a watch that runs for `span` in all.
pub(super) fn line_of(
    known: &Known<'_>,
    watch: &Watch,
    broken: Option<&str>,
    ends: Option<Timestamp>,
    span: Duration,
) -> Line {
    match (broken, ends) {
        (Some(why), _) => Line::new(NAME, Standing::Open, format!("begins anew: {why}")),
        (None, Some(ends)) if ends <= known.now => {
            let since = watch.since.strftime("%H:%M:%SZ");
            Line::new(NAME, Standing::Held, format!("all of this since {since}, nothing new went wrong"))
        }
        (None, ends) => {
            let left = ends.map_or(span.as_secs_f64(), |ends| ends.duration_since(known.now).as_secs_f64());
            let (left, whole) = (figures::span(left), figures::span(span.as_secs_f64()));
            Line::new(NAME, Standing::Open, format!("{left} of {whole} left"))
        }
    }
}
