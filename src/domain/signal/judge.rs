//! From what was observed of one signal to its status. May not look at other signals.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::cause::Fault;
use super::super::figures;
use super::super::limits::{Bound, Limits};
use super::super::onset;
use super::super::sample::{Baseline, Point, Sample};
use super::super::status::Status;
use super::cohorts::{self, Cohorts};
use super::{Better, Observed, Ours, SignalSpec, SignalState, range};

/// After this many missed polls a value is STALE.
const STALE_AFTER: f64 = 3.0;
/// After this many it says nothing any more.
const UNKNOWN_AFTER: f64 = 6.0;
/// Robust deviations beyond which a value that our lever moves is away from normal.
const MOVED: f64 = 4.0;

/// Status, cause and broken limit.
struct Finding {
    status: Status,
    /// Whether the value is fresh and adequate, whatever the status.
    usable: bool,
    cause: Option<String>,
    broken: Option<String>,
}

impl Finding {
    fn new(status: Status, cause: impl Into<String>) -> Self {
        Self { status, usable: false, cause: Some(cause.into()), broken: None }
    }
}

/// Judges one signal. `ours` names the displaced levers that explain what it shows.
///
/// Order: no sample, age, number of observations, critical limit, warning limit, worst cohort, limits that cannot be
/// compared; then containment: low traffic is quiet because of us, and what is far from normal only because we moved it
/// there is not called OK. What is bad stays bad.
#[must_use]
pub fn judge(spec: &Arc<SignalSpec>, observed: &Observed, ours: Ours<'_>, now: Timestamp) -> SignalState {
    let fault = observed.sample.as_ref().err();
    let candidate = observed.sample.as_ref().ok().copied().or(observed.last);
    let age_s = candidate.map(|sample| now.duration_since(sample.at).as_secs_f64());
    let cohorts = cohorts::of(spec, &observed.cohorts);
    let mut finding = find(spec, observed, candidate, age_s, &cohorts);
    let too_old = age_s.is_some_and(|age| is_older_than(age, observed, UNKNOWN_AFTER) || is_ahead(age, observed));
    let sample = candidate.filter(|sample| !too_old && range::is_possible(&spec.unit, sample.value));
    // Trouble from before we contained is not what a release leaves behind. An onset does not tell: a minute of quiet is
    // too short for a change point, and some slow wave of earlier is then taken for it.
    let has_own_cause = |since: Timestamp| {
        let before = observed.history.iter().rfind(|point| point.at <= since);
        before.is_some_and(|point| is_outside(spec, point.value, observed))
    };
    let ours = if finding.status.is_bad() && ours.since.is_some_and(has_own_cause) { Ours::default() } else { ours };
    let z = candidate.zip(observed.baseline).and_then(|(sample, baseline)| deviations(sample.value, baseline));
    if let Some(lever) = ours.quiets
        && is_low_traffic(spec, observed, candidate, &finding)
    {
        let why = finding.cause.as_deref().unwrap_or("quiet").to_owned();
        let cause = Some(format!("{why}; quiet because of {lever}"));
        finding = Finding { status: Status::Contained, cause, ..finding };
    } else if let (Some(lever), Status::Ok) = (ours.moves, finding.status)
        && z.is_some_and(|z| z.abs() > MOVED)
    {
        let cause = Some(format!("far from normal because of {lever}"));
        finding = Finding { status: Status::Contained, cause, ..finding };
    } else if matches!(finding.status, Status::Ok | Status::Warn | Status::Crit | Status::LowN)
        && let Some(fault) = fault
    {
        let before = finding.cause.map(|why| format!("{why}; ")).unwrap_or_default();
        finding.cause = Some(format!("{before}newest poll: {fault}"));
    }
    let usable = finding.usable;
    let points = || with_newest(observed, sample, now);
    let onset = finding.status.is_bad().then(|| onset::find(&points(), observed.baseline)).flatten();
    SignalState {
        spec: Arc::clone(spec),
        status: finding.status,
        sample,
        usable,
        baseline: observed.baseline,
        loads_history: observed.loads_history,
        z: z.filter(|_| sample.is_some()),
        age_s: age_s.map(|age| age.max(0.0)),
        cause: finding.cause,
        broken: finding.broken,
        onset,
        instances: cohorts::instances(&observed.cohorts),
        worst: cohorts.worst,
        spread: cohorts.spread,
        burn: sustained_burn(observed),
        rates: observed.burn.clone(),
        history: Arc::clone(&observed.history),
    }
}

fn find(
    spec: &SignalSpec,
    observed: &Observed,
    candidate: Option<Sample>,
    age_s: Option<f64>,
    cohorts: &Cohorts,
) -> Finding {
    let fault = observed.sample.as_ref().err();
    let (Some(sample), Some(age)) = (candidate, age_s) else {
        let why = fault.map_or_else(|| Fault::NotYet.to_string(), ToString::to_string);
        return Finding::new(Status::Unknown, why);
    };
    if is_ahead(age, observed) {
        return Finding::new(Status::Unknown, format!("the source's clock is {} ahead of ours", figures::span(-age)));
    }
    let since = || fault.map_or_else(|| "no newer sample at the source".to_owned(), ToString::to_string);
    let was = || format!("was {} {} ago: {}", figures::number(sample.value), figures::span(age), since());
    if is_older_than(age, observed, UNKNOWN_AFTER) {
        return Finding::new(Status::Unknown, was());
    }
    if is_older_than(age, observed, STALE_AFTER) {
        return Finding::new(Status::Stale, was());
    }
    if !range::is_possible(&spec.unit, sample.value) {
        let words = format!("impossible value {} ({})", figures::number(sample.value), range::words(&spec.unit));
        return Finding::new(Status::Unknown, words);
    }
    if let Some(n) = sample.n.filter(|n| n.is_nan() || *n < 0.0) {
        return Finding::new(Status::Unknown, format!("impossible number of samples: n {}", figures::number(n)));
    }
    if sample.n == Some(0.0) && spec.min_samples.is_none_or(|needed| needed <= 0.0) {
        return Finding::new(Status::LowN, "n 0: nothing was counted");
    }
    if let (Some(n), Some(needed)) = (sample.n, spec.min_samples)
        && n < needed
    {
        return Finding::new(Status::LowN, format!("n {} of {} needed", figures::number(n), figures::number(needed)));
    }
    compare(spec, sample.value, observed, cohorts)
}

/// Compares a fresh, adequate value with its limits. A limit that cannot be compared leaves room for trouble: then only a
/// limit that is broken says anything.
fn compare(spec: &SignalSpec, value: f64, observed: &Observed, cohorts: &Cohorts) -> Finding {
    let median = observed.baseline.map(|b| b.median);
    let limits = [(Status::Crit, &spec.crit), (Status::Warn, &spec.warn)];
    for (status, limit) in limits {
        if let Some(Ok(Some(bound))) = limit.as_ref().map(|limit| limit.broken_by(value, median)) {
            let broken = limit_in_words(status, &in_unit(spec, bound));
            return Finding {
                status,
                usable: true,
                cause: Some(outside(spec, value, bound, median)),
                broken: Some(broken),
            };
        }
    }
    if let Some((words, limit)) = cohorts.outside(spec, median) {
        let broken = Some(limit_in_words(Status::Warn, &limit));
        return Finding { status: Status::Warn, usable: true, cause: Some(words), broken };
    }
    let bounds: Vec<&Bound> = limits.iter().filter_map(|(_, l)| l.as_ref()).flat_map(Limits::bounds).collect();
    if bounds.is_empty() {
        return Finding { usable: true, ..Finding::new(Status::Unknown, "no limit declared") };
    }
    if bounds.iter().any(|bound| bound.absolute(median).is_none()) {
        let why = match median {
            Some(_) => "normal is 0: times normal says nothing",
            None if observed.loads_history => "history is loading",
            None => "no baseline yet",
        };
        return Finding { usable: true, ..Finding::new(Status::Unknown, why) };
    }
    Finding { status: Status::Ok, usable: true, cause: None, broken: None }
}

/// True for a value outside a limit of its signal.
fn is_outside(spec: &SignalSpec, value: f64, observed: &Observed) -> bool {
    let median = observed.baseline.map(|b| b.median);
    let limits = [&spec.crit, &spec.warn];
    limits.into_iter().flatten().any(|limit| matches!(limit.broken_by(value, median), Ok(Some(_))))
}

/// The history with the newest sample behind it, if it is not in it yet. What a source stamps ahead of our clock did not
/// happen yet: it would put the onset into the future.
fn with_newest(observed: &Observed, sample: Option<Sample>, now: Timestamp) -> Vec<Point> {
    let mut points = observed.history.to_vec();
    points.retain(|point| !is_ahead(now.duration_since(point.at).as_secs_f64(), observed));
    if let Some(sample) = sample.filter(|sample| points.last().is_none_or(|last| last.at < sample.at)) {
        points.push(Point { at: sample.at, value: sample.value });
    }
    points
}

/// `> 5 %`, `< 0.85`, `> 2x`.
fn in_unit(spec: &SignalSpec, bound: Bound) -> String {
    if bound.relative {
        return bound.to_string();
    }
    let sign = if bound.above { '>' } else { '<' };
    format!("{sign} {}", figures::in_unit(bound.number, &spec.unit, spec.better == Better::Higher))
}

/// `crit < 0.85`.
fn limit_in_words(status: Status, limit: &str) -> String {
    format!("{} {limit}", if status == Status::Crit { "crit" } else { "warn" })
}

/// `0.71 is < 0.85`, a relative one with what it comes to: `5.8 % is > 4.2 % (2x normal)`.
fn outside(spec: &SignalSpec, value: f64, bound: Bound, median: Option<f64>) -> String {
    let shown = |number: f64| figures::in_unit(number, &spec.unit, spec.better == Better::Higher);
    match median {
        Some(median) if bound.relative => {
            let (sign, limit) = (if bound.above { '>' } else { '<' }, shown(median * bound.number));
            format!("{} is {sign} {limit} ({}x normal)", shown(value), bound.number)
        }
        _ => format!("{} is {} {}", shown(value), if bound.above { '>' } else { '<' }, shown(bound.number)),
    }
}

/// True for states that follow from less traffic and from nothing else: LOW-N, nothing to measure behind a source that
/// answers well, or a rate that fell below its band. Whatever else is bad stays bad.
fn is_low_traffic(spec: &SignalSpec, observed: &Observed, candidate: Option<Sample>, finding: &Finding) -> bool {
    let nothing_to_measure = matches!(observed.sample, Err(Fault::NoData | Fault::NotANumber));
    match finding.status {
        Status::LowN => true,
        Status::Unknown | Status::Stale => nothing_to_measure,
        Status::Warn | Status::Crit => {
            let below = candidate.zip(observed.baseline).is_some_and(|(sample, normal)| sample.value < normal.median);
            spec.better == Better::Band && spec.unit.ends_with("/s") && below
        }
        Status::Ok | Status::Contained => false,
    }
}

fn is_older_than(age_s: f64, observed: &Observed, polls: f64) -> bool {
    age_s > polls * observed.interval.as_secs_f64()
}

/// A source whose clock runs ahead would look fresh long after it stopped.
fn is_ahead(age_s: f64, observed: &Observed) -> bool {
    -age_s > (STALE_AFTER * observed.interval.as_secs_f64()).max(60.0)
}

fn deviations(value: f64, baseline: Baseline) -> Option<f64> {
    let z = (value - baseline.median) / baseline.spread;
    (baseline.spread > 0.0 && z.is_finite()).then_some(z)
}

/// The smaller of the 1 h and 5 min windows: fast, and still going on (SRE workbook, chapter 5).
fn sustained_burn(observed: &Observed) -> Option<f64> {
    let long = observed.burn.get(&3_600)?;
    let short = observed.burn.get(&300)?;
    Some(long.min(*short))
}

#[cfg(test)]
mod tests;
