//! The watch: so long everything has been well without a break, and nothing new went wrong. When it began is an entry of
//! the journal; that it held is read from each signal's history, so that a process that died leaves no hole in it: what
//! nobody measured in between breaks it.

use jiff::{SignedDuration, Timestamp};

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

/// Why a watch that runs does not count any more: a new anomaly, a value outside its limits, a hole in the measurements.
pub(super) fn broken(known: &Known<'_>, watch: &Watch, scope: &Scope, bad: &[String]) -> Option<String> {
    if watch.since > known.now {
        return Some("it began in the future: a clock went back".to_owned());
    }
    if let Some(news) = bad.iter().find(|id| !watch.bad.contains(id)) {
        return Some(format!("{news} went bad"));
    }
    known.snapshot.signals.iter().find_map(|signal| {
        let id = &signal.spec.id;
        let watched = scope.contains(id.as_str());
        if watched && signal.status.is_bad() {
            return Some(format!("{id} is {}", signal.status.word()));
        }
        if watch.bad.iter().any(|known| known == id.as_str()) {
            return None;
        }
        if let Some(point) = outside(signal, watch.since) {
            let value = figures::number(point.value);
            return Some(format!("{id} was {value} at {}", point.at.strftime("%H:%M:%SZ")));
        }
        // What is quiet because of us, or comes from a suite, has no unbroken history to have.
        let continuous = watched && !is_of_suite(signal) && signal.status == Status::Ok;
        let hole = continuous.then(|| hole(&signal.history, watch.since, known.now)).flatten()?;
        Some(format!("{id} was not measured for {}", figures::span(hole)))
    })
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

/// The longest time since then without a point, in seconds, if it is too long.
fn hole(history: &[Point], since: Timestamp, now: Timestamp) -> Option<f64> {
    let mut last = since;
    let mut longest = SignedDuration::ZERO;
    for point in history.iter().filter(|point| point.at > since) {
        longest = longest.max(point.at.duration_since(last));
        last = point.at;
    }
    let seconds = longest.max(now.duration_since(last)).as_secs_f64();
    (seconds > LONGEST_GAP).then_some(seconds)
}

/// The line of the watch.
pub(super) fn line(known: &Known<'_>, watch: Option<&Watch>, broken: Option<&str>, ends: Option<Timestamp>) -> Line {
    let whole = figures::span(known.catalogue.gate.watch.as_secs_f64());
    match (watch, broken, ends) {
        (_, Some(why), _) => Line::new(NAME, Standing::Open, format!("begins anew: {why}")),
        (Some(watch), None, Some(ends)) if ends <= known.now => {
            let since = watch.since.strftime("%H:%M:%SZ");
            Line::new(NAME, Standing::Held, format!("all of this since {since}, nothing new went wrong"))
        }
        (Some(_), None, Some(ends)) => {
            let left = figures::span(ends.duration_since(known.now).as_secs_f64());
            Line::new(NAME, Standing::Open, format!("{left} of {whole} left"))
        }
        _ => Line::new(NAME, Standing::Open, format!("{whole}, from when all of the above holds")),
    }
}
