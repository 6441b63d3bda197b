//! The generators of the change-point study, with fixed seeds: steps, ramps, counts, and series where nothing happened.

use jiff::{SignedDuration, Timestamp};

use super::*;

const POINTS: usize = 120;
const SEEDS: u64 = 200;
const SD: f64 = 0.02;

fn start() -> Timestamp {
    "2026-11-23T01:26:00Z".parse().expect("valid")
}

fn series(values: impl IntoIterator<Item = f64>) -> Vec<Point> {
    let at = |slot: usize| start() + SignedDuration::from_mins(i64::try_from(slot).expect("small"));
    values.into_iter().enumerate().map(|(slot, value)| Point { at: at(slot), value }).collect()
}

/// Roughly normal: the sum of twelve uniform numbers.
fn normal(random: &mut fastrand::Rng) -> f64 {
    (0..12).map(|_| random.f64()).sum::<f64>() - 6.0
}

fn poisson(random: &mut fastrand::Rng, mean: f64) -> f64 {
    let limit = (-mean).exp();
    let (mut count, mut product) = (0.0, random.f64());
    while product > limit {
        count += 1.0;
        product *= random.f64();
    }
    count
}

/// One series for a seed, made from (random numbers, slot, slot of the change).
type Generator = fn(&mut fastrand::Rng, usize, usize) -> f64;

/// Share of 200 seeds whose onset is within five points of the true change.
fn hits(generator: Generator) -> f64 {
    let hit = |seed: u64| {
        let mut random = fastrand::Rng::with_seed(9_000 + seed);
        let change = random.usize(60..110);
        let history = series((0..POINTS).map(|slot| generator(&mut random, slot, change)).collect::<Vec<_>>());
        find(&history, None).is_some_and(|onset| {
            let truth = history[change].at;
            onset.at.duration_since(truth).abs() <= SignedDuration::from_mins(5)
                && onset.earliest <= truth
                && onset.latest >= truth
        })
    };
    share((0..SEEDS).filter(|seed| hit(*seed)).count())
}

/// Share of 200 seeds with any onset at all.
fn alarms(generator: Generator) -> f64 {
    let alarm = |seed: u64| {
        let mut random = fastrand::Rng::with_seed(90_000 + seed);
        let values: Vec<_> = (0..POINTS).map(|slot| generator(&mut random, slot, POINTS)).collect();
        find(&series(values), None).is_some()
    };
    share((0..SEEDS).filter(|seed| alarm(*seed)).count())
}

fn share(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("small")) / 200.0
}

fn step(random: &mut fastrand::Rng, slot: usize, change: usize, deviations: f64) -> f64 {
    let level = if slot < change { 0.88 } else { 0.88 - deviations * SD };
    level + SD * normal(random)
}

#[test]
fn a_step_is_found_where_it_is() {
    let large = hits(|random, slot, change| step(random, slot, change, 4.0));
    let small = hits(|random, slot, change| step(random, slot, change, 2.0));
    assert!(large >= 0.98, "4 deviations: {large}");
    assert!(small >= 0.75, "2 deviations: {small}");
}

#[test]
fn spikes_neither_hide_a_step_nor_raise_a_false_alarm() {
    let spiky: Generator = |random, slot, change| {
        let value = step(random, slot, change, 4.0);
        if random.f64() < 0.04 { value + 0.4 } else { value }
    };
    let (found, false_alarms) = (hits(spiky), alarms(spiky));
    assert!(found >= 0.9, "found: {found}");
    assert!(false_alarms <= 0.02, "false alarms: {false_alarms}");
}

#[test]
fn nothing_is_found_where_nothing_happened() {
    let quiet = alarms(|random, slot, change| step(random, slot, change, 0.0));
    assert!(quiet <= 0.01, "{quiet}");
    assert_eq!(find(&series(vec![0.88; POINTS]), None), None);
}

#[test]
fn the_foot_of_a_ramp_is_found_and_not_its_top() {
    let ramp = hits(|random, slot, change| {
        let done = f64::from(u32::try_from(slot.saturating_sub(change).min(20)).expect("small")) / 20.0;
        0.88 - 8.0 * SD * done + SD * normal(random)
    });
    assert!(ramp >= 0.7, "ramp: {ramp}");
}

#[test]
fn tripled_latency_is_found_under_log_normal_noise() {
    let latency = hits(|random, slot, change| {
        let level = if slot < change { 0.8 } else { 2.4 };
        level * (0.15 * normal(random)).exp()
    });
    assert!(latency >= 0.95, "{latency}");
}

#[test]
fn rising_counts_are_found() {
    let counts = hits(|random, slot, change| poisson(random, if slot < change { 0.3 } else { 12.0 }));
    assert!(counts >= 0.7, "{counts}");
}

fn levels(stretches: &[(usize, f64)]) -> Vec<Point> {
    let mut random = fastrand::Rng::with_seed(5);
    let values: Vec<f64> = stretches
        .iter()
        .flat_map(|(count, level)| std::iter::repeat_n(*level, *count))
        .map(|level| level + 0.005 * normal(&mut random))
        .collect();
    series(values)
}

fn minutes_in(onset: Option<Onset>) -> Option<i64> {
    onset.map(|onset| onset.at.duration_since(start()).as_secs() / 60)
}

fn usual(median: f64) -> Baseline {
    Baseline { median, spread: 0.01, points: 500 }
}

#[test]
fn an_earlier_incident_that_healed_is_not_the_onset() {
    let history = levels(&[(30, 0.88), (20, 0.70), (40, 0.88), (20, 0.71)]);
    assert_eq!(minutes_in(find(&history, Some(usual(0.88)))), Some(90));
    assert_eq!(minutes_in(find(&history, None)), Some(90));
}

#[test]
fn a_partial_recovery_does_not_move_the_onset() {
    let history = levels(&[(60, 0.88), (20, 0.60), (30, 0.72)]);
    assert_eq!(minutes_in(find(&history, Some(usual(0.88)))), Some(60));
    assert_eq!(minutes_in(find(&history, None)), Some(60));
}

#[test]
fn a_decline_in_stages_begins_with_the_first_stage() {
    let history = levels(&[(60, 0.88), (15, 0.82), (15, 0.76), (20, 0.70)]);
    assert_eq!(minutes_in(find(&history, Some(usual(0.88)))), Some(60));
}

#[test]
fn trouble_older_than_the_history_has_no_onset() {
    assert_eq!(find(&levels(&[(120, 0.60)]), Some(usual(0.88))), None);
}

#[test]
fn trouble_of_three_points_has_an_onset_already() {
    let history = levels(&[(100, 0.88), (3, 0.60)]);
    assert_eq!(minutes_in(find(&history, Some(usual(0.88)))), Some(100));
}

/// (minutes before now, value); now is two hours after the start.
fn handful(points: &[(i64, f64)]) -> Vec<Point> {
    let now = start() + SignedDuration::from_mins(120);
    points.iter().map(|(age, value)| Point { at: now - SignedDuration::from_mins(*age), value: *value }).collect()
}

#[test]
fn a_handful_of_points_has_an_onset_between_the_last_good_and_the_first_bad() {
    let history = handful(&[(120, 0.88), (60, 0.87), (30, 0.74), (0, 0.71)]);
    let onset = find(&history, Some(usual(0.88))).expect("found");
    assert_eq!((onset.earliest, onset.at, onset.latest), (history[1].at, history[2].at, history[2].at));
    assert_eq!(find(&history, None).map(|onset| onset.at), Some(history[2].at), "also without a baseline");
    assert_eq!(find(&handful(&[(120, 0.88), (0, 0.71)]), Some(usual(0.88))), None, "bad now; since when is not known");
    assert_eq!(find(&handful(&[(60, 0.70), (0, 0.71)]), Some(usual(0.88))), None, "bad all along");
}

#[test]
fn no_history_has_no_onset() {
    assert_eq!(find(&handful(&[(0, 0.1)]), Some(usual(0.88))), None);
    assert_eq!(find(&[], None), None);
}
