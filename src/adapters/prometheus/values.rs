//! From series to readings, with every trap on the way: an empty answer is no data (never 0), NaN is no number,
//! many series are ambiguous, a series that stopped at its source is old. May not judge.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::cause::Fault;
use crate::domain::sample::{Cohort, Reading, Sample};
use crate::domain::signal::{CohortQuery, Query, SignalSpec};
use crate::domain::text;

use super::batch::Answers;
use super::selector;
use super::wire::{Dot, Labels, Series};

/// Scrapes are ordinarily up to a minute apart, and `VictoriaMetrics` holds back 30 s. What is older stopped at its source.
const FRESH_AT_SOURCE: Duration = Duration::from_mins(2);
/// More cohorts than this are a label that should not be one.
const MOST_COHORTS: usize = 200;

/// Every expression that one signal needs.
pub(super) fn expressions(query: &Query) -> Vec<String> {
    let mut all = vec![query.value.clone()];
    all.extend(age_expression(query));
    all.extend(query.samples.clone());
    if let Some(cohorts) = &query.cohorts {
        all.push(cohorts.value.clone());
        all.extend(cohorts.samples.clone());
    }
    all
}

/// The reading of one signal; `at` is the shared time of the poll by our clock, and the server's is ahead of that `by`.
pub(super) fn reading(signal: &SignalSpec, answers: &Answers, at: Timestamp, by: SignedDuration) -> Reading {
    let query = &signal.query;
    let cohorts = query.cohorts.as_ref().map(|cohorts| cohorts_of(cohorts, answers)).unwrap_or_default();
    Reading { signal: signal.id.clone(), sample: sample(query, answers, at, by), cohorts }
}

/// One finite number of an expression.
///
/// # Errors
/// The server's fault for it, or why its answer is not one number.
pub(super) fn number(answers: &Answers, expression: &str) -> Result<Dot, Fault> {
    let series = match answers.get(expression) {
        Some(Ok(series)) => series,
        Some(Err(fault)) => return Err(fault.clone()),
        None => return Err(Fault::NotYet),
    };
    let one = match series.as_slice() {
        [] => return Err(Fault::NoData),
        [one] => one,
        many => return Err(Fault::Ambiguous { series: many.len() }),
    };
    let not_a_number = || Fault::NotUnderstood { why: "a histogram where a number was asked for".into() };
    let newest = one.dots.last().copied().ok_or_else(not_a_number)?;
    if newest.value.is_finite() { Ok(newest) } else { Err(Fault::NotANumber) }
}

/// Unix seconds as a time.
pub(super) fn timestamp(seconds: f64) -> Option<Timestamp> {
    let since = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_duration(since).ok()
}

fn age_expression(query: &Query) -> Option<String> {
    selector::is_bare(&query.value).then(|| format!("max(timestamp({}))", query.value))
}

fn sample(query: &Query, answers: &Answers, at: Timestamp, by: SignedDuration) -> Result<Sample, Fault> {
    let dot = number(answers, &query.value)?;
    let n = query.samples.as_ref().map(|samples| observations(answers, samples)).transpose()?;
    Ok(Sample { value: dot.value, n, at: time_at_source(query, answers, dot, at, by) })
}

/// No series of observations means that none was counted: too few, not "enough".
fn observations(answers: &Answers, expression: &str) -> Result<f64, Fault> {
    match number(answers, expression) {
        Ok(dot) => Ok(dot.value.max(0.0)),
        Err(Fault::NoData) => Ok(0.0),
        Err(fault) => Err(fault),
    }
}

/// The time of an instant vector is the time of the question. A range selector and `timestamp()` know better.
fn time_at_source(query: &Query, answers: &Answers, dot: Dot, at: Timestamp, by: SignedDuration) -> Timestamp {
    let by_selector = age_expression(query).and_then(|expression| number(answers, &expression).ok());
    let known = by_selector.map_or(dot.time, |source| source.value - by.as_secs_f64());
    let Some(source) = timestamp(known) else { return at };
    let fresh = SignedDuration::try_from(FRESH_AT_SOURCE).unwrap_or_default();
    // A clock that runs ahead is told apart as well: its samples would look fresh long after they stopped.
    if at.duration_since(source).abs() > fresh { source } else { at }
}

/// Cohorts with their observations and shares. Where observations were asked for and could not be had, there are no
/// cohorts: naming one with two samples would mislead.
fn cohorts_of(query: &CohortQuery, answers: &Answers) -> Vec<Cohort> {
    let Some(Ok(series)) = answers.get(&query.value) else { return Vec::new() };
    let counts = match query.samples.as_ref().map(|samples| answers.get(samples)) {
        None => None,
        Some(Some(Ok(counts))) => Some(counts),
        Some(_) => return Vec::new(),
    };
    let count_of = |labels: &Labels| -> Option<f64> {
        let counts = counts?;
        let same = counts.iter().find(|count| named(&count.labels).eq(named(labels)));
        Some(same.and_then(finite).unwrap_or(0.0).max(0.0))
    };
    let total: f64 = counts.into_iter().flatten().filter_map(finite).sum();
    let cohort = |one: &Series| {
        let n = count_of(&one.labels);
        let share = n.filter(|_| total > 0.0).map(|n| n / total);
        Some(Cohort { name: name_of(&one.labels), value: finite(one)?, baseline: None, n, share })
    };
    series.iter().filter_map(cohort).take(MOST_COHORTS).collect()
}

fn finite(series: &Series) -> Option<f64> {
    series.dots.last().map(|dot| dot.value).filter(|value| value.is_finite())
}

/// The labels that name a cohort; value and observations come from metrics of different names.
fn named(labels: &Labels) -> impl Iterator<Item = (&String, &String)> {
    labels.iter().filter(|(name, _)| name.as_str() != "__name__")
}

fn name_of(labels: &Labels) -> String {
    let pairs: Vec<_> = named(labels).map(|(name, value)| format!("{name}={value}")).collect();
    text::clean(&pairs.join(","))
}
