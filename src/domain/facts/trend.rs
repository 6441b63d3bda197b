//! The trend of a history: a straight line by least squares. May not know signals.

use jiff::Timestamp;

use super::super::figures;
use super::super::sample::Point;

/// Fewer points than this have no trend.
const MIN_POINTS: usize = 5;
/// The part of the asked span that the points must cover.
const COVERED: f64 = 0.5;

/// Change per hour over the last `seconds`, of points newer than `since`.
///
/// # Errors
/// In words: too few points, or they cover too little of the span.
pub(super) fn slope_per_hour(
    history: &[Point],
    now: Timestamp,
    seconds: f64,
    since: Option<Timestamp>,
) -> Result<f64, String> {
    let age = |point: &Point| now.duration_since(point.at).as_secs_f64();
    let within = |point: &&Point| {
        let new_enough = since.is_none_or(|since| point.at > since);
        new_enough && (0.0..=seconds).contains(&age(point)) && point.value.is_finite()
    };
    let points: Vec<(f64, f64)> = history.iter().filter(within).map(|p| (-age(p) / 3_600.0, p.value)).collect();
    if points.len() < MIN_POINTS {
        return Err(format!("only {} points in the last {}", points.len(), figures::span(seconds)));
    }
    let covered = -points.iter().map(|(time, _)| *time).fold(0.0, f64::min) * 3_600.0;
    if covered < COVERED * seconds {
        return Err(format!("history covers {} of {}", figures::span(covered), figures::span(seconds)));
    }
    line(&points).ok_or_else(|| "no trend".to_owned())
}

#[expect(clippy::cast_precision_loss, reason = "counts of points are small")]
fn line(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let mean_time = points.iter().map(|p| p.0).sum::<f64>() / count;
    let mean_value = points.iter().map(|p| p.1).sum::<f64>() / count;
    let together: f64 = points.iter().map(|(time, value)| (time - mean_time) * (value - mean_value)).sum();
    let alone: f64 = points.iter().map(|(time, _)| (time - mean_time).powi(2)).sum();
    let slope = together / alone;
    slope.is_finite().then_some(slope)
}
