//! History by range queries: few, aligned, under the server's limit of steps. A range answer holds only the slots that
//! have data, so points are placed by their own time. May not fill gaps.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::adapters::Window;
use crate::domain::cause::Fault;
use crate::domain::sample::Point;

use super::batch::{Batcher, When};
use super::values::timestamp;
use super::wire::Series;

/// Prometheus refuses more than 11,000 steps per series.
const MOST_SLOTS: usize = 10_000;

/// The history of every expression, oldest first.
pub(super) async fn ask(
    batcher: &Batcher,
    expressions: BTreeSet<String>,
    window: Window,
) -> BTreeMap<String, Result<Vec<Point>, Fault>> {
    let mut all: BTreeMap<String, Result<Vec<Series>, Fault>> = BTreeMap::new();
    for part in parts(aligned(window)) {
        for (expression, outcome) in batcher.ask(expressions.clone(), When::Range(part)).await {
            let so_far = all.entry(expression).or_insert_with(|| Ok(Vec::new()));
            match (so_far.as_mut(), outcome) {
                (Ok(series), Ok(more)) => series.extend(more),
                (Ok(_), Err(fault)) => *so_far = Err(fault),
                (Err(_), _) => {}
            }
        }
    }
    all.into_iter().map(|(expression, outcome)| (expression, outcome.and_then(|series| points(&series)))).collect()
}

/// How many slots a window has, both ends counted.
pub(super) fn slots(window: Window) -> usize {
    let span = window.end.as_second().saturating_sub(window.start.as_second());
    usize::try_from(span / i64::from(window.step.max(1))).map_or(1, |steps| steps + 1)
}

/// Start and end on multiples of the step: repeated questions hit the same slots and the servers' caches.
fn aligned(window: Window) -> Window {
    let step = window.step.max(1);
    let floor = |at: Timestamp| {
        let second = at.as_second();
        Timestamp::from_second(second - second.rem_euclid(i64::from(step))).unwrap_or(at)
    };
    Window { start: floor(window.start), end: floor(window.end), step }
}

fn parts(window: Window) -> Vec<Window> {
    let step = SignedDuration::from_secs(i64::from(window.step));
    let span = step * i32::try_from(MOST_SLOTS - 1).unwrap_or(1);
    let mut parts = Vec::new();
    let mut start = window.start;
    while start <= window.end {
        let end = start.checked_add(span).map_or(window.end, |end| end.min(window.end));
        parts.push(Window { start, end, step: window.step });
        let Ok(next) = end.checked_add(step) else { break };
        start = next;
    }
    parts
}

/// One line of points. Series that follow each other (a restarted pod) are one history; at the same time they are not.
fn points(series: &[Series]) -> Result<Vec<Point>, Fault> {
    let mut by_time: BTreeMap<Timestamp, f64> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for dot in series.iter().flat_map(|one| &one.dots) {
        let Some(at) = timestamp(dot.time) else { continue };
        if !seen.insert(at) {
            let labels: BTreeSet<_> = series.iter().map(|one| &one.labels).collect();
            return Err(Fault::Ambiguous { series: labels.len() });
        }
        if dot.value.is_finite() {
            by_time.insert(at, dot.value);
        }
    }
    if by_time.is_empty() {
        return Err(if seen.is_empty() { Fault::NoData } else { Fault::NotANumber });
    }
    Ok(by_time.into_iter().map(|(at, value)| Point { at, value }).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::wire::{Dot, Labels};
    use super::*;

    fn window(start: i64, end: i64, step: u32) -> Window {
        let at = |second| Timestamp::from_second(second).expect("in range");
        Window { start: at(start), end: at(end), step }
    }

    fn series(pod: &str, dots: &[(f64, f64)]) -> Series {
        let labels = Labels::from([("pod".to_owned(), pod.to_owned())]);
        Series { labels, dots: dots.iter().map(|&(time, value)| Dot { time, value }).collect() }
    }

    proptest! {
        #[test]
        fn parts_cover_every_slot_once_and_none_is_too_long(
            start in 1_700_000_000_i64..1_800_000_000, span in 0_i64..8_000_000, step in 1_u32..900,
        ) {
            let whole = aligned(window(start, start + span, step));
            let parts = parts(whole);
            prop_assert!(parts.iter().all(|part| slots(*part) <= MOST_SLOTS));
            prop_assert_eq!(parts.iter().map(|part| slots(*part)).sum::<usize>(), slots(whole));
            prop_assert_eq!(whole.start.as_second() % i64::from(step), 0);
        }
    }

    #[test]
    fn a_restarted_pod_is_one_history_and_two_at_once_are_ambiguous() {
        let first = series("a", &[(60.0, 1.0), (120.0, f64::NAN)]);
        let second = series("b", &[(180.0, 3.0)]);
        let found = points(&[second, first.clone()]).expect("one line");
        assert_eq!(
            found.iter().map(|point| (point.at.as_second(), point.value)).collect::<Vec<_>>(),
            [(60, 1.0), (180, 3.0)]
        );
        let overlapping = series("c", &[(60.0, 9.0)]);
        assert_eq!(points(&[first, overlapping]), Err(Fault::Ambiguous { series: 2 }));
    }

    #[test]
    fn nothing_is_no_data_and_only_nan_is_not_a_number() {
        assert_eq!(points(&[]), Err(Fault::NoData));
        assert_eq!(points(&[series("a", &[(60.0, f64::NAN)])]), Err(Fault::NotANumber));
    }
}
