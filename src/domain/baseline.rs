//! Baselines: median and MAD of the same hour of earlier days. May not fetch history.

use jiff::Timestamp;

use super::sample::{Baseline, Point};

/// Fewer usable points than this give no baseline.
pub const MIN_POINTS: usize = 30;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const DAYS: i64 = 7;

/// Makes the MAD of normally distributed values an estimate of their standard deviation.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// A deviation below one percent of the median is taken for one percent: a flat series must not make every wiggle odd.
const RELATIVE_FLOOR: f64 = 0.01;
/// The floor of a series that is always zero and so has no scale of its own.
const ZERO_FLOOR: f64 = 0.001;
const ABSOLUTE_FLOOR: f64 = 1e-9;

/// Builds the baseline for `now` from history that may span days, oldest first; leaves out the last hour.
/// `None` with fewer than 30 usable points.
///
/// Uses the same hour (± 1 h) of the last seven days; falls back to the last 24 h.
#[must_use]
pub fn build(history: &[Point], now: Timestamp) -> Option<Baseline> {
    let chosen = |keep: fn(i64) -> bool| -> Vec<f64> {
        history
            .iter()
            .filter(|point| point.value.is_finite() && keep(now.duration_since(point.at).as_secs()))
            .map(|point| point.value)
            .collect()
    };
    of_values(chosen(same_hour_of_an_earlier_day)).or_else(|| of_values(chosen(last_day_but_not_last_hour)))
}

/// Median and robust deviation of values; `None` with fewer than 30.
#[must_use]
pub fn of_values(values: Vec<f64>) -> Option<Baseline> {
    let points = values.len();
    if points < MIN_POINTS {
        return None;
    }
    let median = median(values.clone())?;
    let mad = self::median(values.into_iter().map(|value| (value - median).abs()).collect())?;
    Some(Baseline { median, spread: floored(MAD_TO_DEVIATION * mad, median), points })
}

/// The median; `None` of nothing.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 { Some(upper) } else { values.get(middle - 1).map(|lower| f64::midpoint(*lower, upper)) }
}

fn floored(deviation: f64, median: f64) -> f64 {
    let floor = if median.abs() > ABSOLUTE_FLOOR { RELATIVE_FLOOR * median.abs() } else { ZERO_FLOOR };
    deviation.max(floor).max(ABSOLUTE_FLOOR)
}

fn same_hour_of_an_earlier_day(age_s: i64) -> bool {
    let days = (age_s + DAY / 2) / DAY;
    (1..=DAYS).contains(&days) && (age_s - days * DAY).abs() <= HOUR
}

fn last_day_but_not_last_hour(age_s: i64) -> bool {
    age_s > HOUR && age_s <= DAY
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-11-23T03:26:00Z".parse().expect("valid")
    }

    /// One point every five minutes over `days`, oldest first.
    fn every_five_minutes(days: i64, value: impl Fn(i64) -> f64) -> Vec<Point> {
        (0..days * 288)
            .rev()
            .map(|slot| slot * 300)
            .map(|age| Point { at: now() - SignedDuration::from_secs(age), value: value(age) })
            .collect()
    }

    #[test]
    fn the_same_hour_of_earlier_days_counts_and_other_hours_do_not() {
        let near_the_hour = |age: i64| same_hour_of_an_earlier_day(age);
        let history = every_five_minutes(5, |age| if near_the_hour(age) { 10.0 } else { 100.0 });
        let baseline = build(&history, now()).expect("enough points");
        assert!((baseline.median - 10.0).abs() < 1e-9);
        assert!((baseline.spread - 0.1).abs() < 1e-9, "floored at one percent, not zero: {}", baseline.spread);
    }

    #[test]
    fn the_incident_of_the_last_hour_does_not_become_normal() {
        let history = every_five_minutes(1, |age| if age <= HOUR { 0.2 } else { 0.9 });
        let baseline = build(&history, now()).expect("falls back to the last day");
        assert!((baseline.median - 0.9).abs() < 1e-9);
    }

    #[test]
    fn too_little_history_is_no_baseline() {
        assert_eq!(build(&every_five_minutes(1, |_| 1.0)[..29], now()), None);
        assert_eq!(build(&[], now()), None);
    }

    #[test]
    fn a_series_of_zeros_has_a_spread_all_the_same() {
        let baseline = build(&every_five_minutes(3, |_| 0.0), now()).expect("enough points");
        assert!(baseline.spread > 0.0);
    }

    proptest! {
        #[test]
        fn a_quarter_of_wild_values_does_not_move_the_median_out_of_the_ordinary_range(
            ordinary in proptest::collection::vec(0.8f64..0.9, 90..200), wild in -1e6f64..1e6,
        ) {
            let spoilt = ordinary.len() / 4;
            let values: Vec<f64> = ordinary.iter().enumerate().map(|(i, v)| if i < spoilt { wild } else { *v }).collect();
            let baseline = of_values(values).expect("enough points");
            prop_assert!((0.8..0.9).contains(&baseline.median));
            prop_assert!(baseline.spread > 0.0 && baseline.spread < 0.2);
        }
    }
}
