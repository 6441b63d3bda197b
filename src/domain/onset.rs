//! Onset: the change point that leads to today's level, with an interval. Our own exact partitioning.
//! Only asked for signals that are WARN or CRIT. May not know units or limits.
//!
//! Least squares over all partitions into segments of at least five points, a penalty of `10 σ² ln n` per change, σ from
//! the median step between neighbours, after a median of three that drops lone spikes. From the last change we walk
//! back while points stay off the old level, which finds the foot of a ramp.

mod partition;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::baseline::median;
use super::sample::{Baseline, Point};
use partition::{MIN_SEGMENT, Segment};

/// When a signal went bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onset {
    /// Best estimate.
    pub at: Timestamp,
    /// Not before.
    pub earliest: Timestamp,
    /// Not after.
    pub latest: Timestamp,
}

/// The interval reaches at least this many points to both sides.
const MARGIN: usize = 5;
/// Points nearer to the old level than this many σ belong to it.
const OFF_LEVEL: f64 = 1.0;
/// Points within so many robust deviations of the old level's own points belong to it.
const WAVES: f64 = 1.5;
/// Makes a median deviation of normally distributed values an estimate of their standard deviation.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// Points nearer to the old level than this part of the way to the new one belong to it.
const PART_OF_WAY: f64 = 0.08;
/// Points farther than this many σ from their neighbours are spikes.
const SPIKE: f64 = 4.0;
/// A level counts as trouble if it is at least this much of today's distance away from normal.
const PART_OF_TODAY: f64 = 0.25;
/// Only so many newest points are looked at: the work grows with the square.
const MAX_POINTS: usize = 720;
/// The part of the history that stands for normal where no baseline is known.
const NORMAL_PART: f64 = 0.4;
/// Robust deviations beyond which the newest points are off normal, before a whole segment of them exists.
const FRESH_DEVIATIONS: f64 = 4.0;

/// A single bad point tells its onset only if the last normal point is this near.
const LONGEST_GAP: SignedDuration = SignedDuration::from_mins(15);

/// Finds the onset in a history, oldest first; `normal` helps to tell trouble from recovery. `None`: too short, no change,
/// or trouble that is older than the history.
#[must_use]
pub fn find(history: &[Point], normal: Option<Baseline>) -> Option<Onset> {
    let points: Vec<Point> = history.iter().filter(|point| point.value.is_finite()).copied().collect();
    let points = points.get(points.len().saturating_sub(MAX_POINTS)..)?;
    if points.len() < 2 * MIN_SEGMENT {
        return sparse(points, normal);
    }
    let raw: Vec<f64> = points.iter().map(|point| point.value).collect();
    let sigma = noise(&raw)?;
    let values = without_spikes(&raw, sigma);
    let segments = partition::segments(&values, sigma);
    let normal_level = normal.map_or_else(|| level_of_the_first_part(&values), |b| Some(b.median))?;
    let Some(first) = first_segment_of_trouble(&segments, normal_level, sigma) else {
        return fresh(points, normal?);
    };
    let (old, new) = (segments.get(first.checked_sub(1)?)?, segments.get(first)?);
    let foot = foot_of_change(&values, old, new, sigma);
    let at = |index: usize| points.get(index.min(points.len().saturating_sub(1))).map(|point| point.at);
    Some(Onset { at: at(foot)?, earliest: at(foot.saturating_sub(MARGIN))?, latest: at(new.start.max(foot) + MARGIN)? })
}

/// σ of the noise: from steps between neighbours, so that levels and ramps do not count as noise.
fn noise(values: &[f64]) -> Option<f64> {
    if values.len() < 2 * MIN_SEGMENT {
        return None;
    }
    let steps = values.windows(2).filter_map(|pair| Some((pair.get(1)? - pair.first()?).abs())).collect();
    let from_steps = median(steps)? / (0.6745 * std::f64::consts::SQRT_2);
    let size = median(values.iter().map(|value| value.abs()).collect())?;
    let highest = values.iter().copied().fold(0.0, f64::max);
    let are_counts = highest > 3.0 && values.iter().all(|value| *value >= 0.0 && value.fract() == 0.0);
    let counting_noise = if are_counts { size.max(1.0).sqrt() } else { 0.0 };
    Some(from_steps.max(0.005 * size).max(counting_noise).max(1e-9))
}

/// Drops spikes: values far off the median of their seven neighbours first (spikes close together), then the median of
/// three. Both keep the place of a step.
fn without_spikes(values: &[f64], sigma: f64) -> Vec<f64> {
    let around = |values: &[f64], index: usize, reach: usize| {
        let neighbours = values.get(index.saturating_sub(reach)..(index + reach + 1).min(values.len()));
        neighbours.and_then(|near| median(near.to_vec())).unwrap_or_default()
    };
    let calm = |(index, value): (usize, &f64)| {
        let near = around(values, index, 3);
        if (value - near).abs() > SPIKE * sigma { near } else { *value }
    };
    let calmed: Vec<f64> = values.iter().enumerate().map(calm).collect();
    (0..calmed.len()).map(|index| around(&calmed, index, 1)).collect()
}

fn level_of_the_first_part(values: &[f64]) -> Option<f64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of at most 720 points"
    )]
    let count = (values.len() as f64 * NORMAL_PART) as usize;
    median(values.get(..count)?.to_vec())
}

/// The first segment of the run that leads to today's level; its predecessor is the old level. `None` without a change.
fn first_segment_of_trouble(segments: &[Segment], normal: f64, sigma: f64) -> Option<usize> {
    let last = segments.len().checked_sub(1).filter(|last| *last > 0)?;
    let level = |index: usize| segments.get(index).map_or(normal, |segment| segment.level);
    let today = level(last) - normal;
    if today.abs() > 3.0 * sigma {
        let is_trouble = |index: usize| (level(index) - normal) * today.signum() > PART_OF_TODAY * today.abs();
        let first = (0..=last).rev().take_while(|index| is_trouble(*index)).last().unwrap_or(last);
        if first > 0 {
            return Some(first);
        }
    }
    // Normal does not tell: take the steps in one direction that end at today's level.
    let rises = |index: usize| level(index) > level(index - 1);
    let last_rises = rises(last);
    (1..=last).rev().take_while(|index| rises(*index) == last_rises).last()
}

/// The first point that left the old level: before the boundary on a ramp; behind it where a minimum segment swallowed
/// points of the old level. Slow waves of the old level are no part of the way: a point counts only if it is off by more
/// than the old level itself was.
fn foot_of_change(values: &[f64], old: &Segment, new: &Segment, sigma: f64) -> usize {
    let distance = new.level - old.level;
    let is_off =
        |index: usize, by: f64| values.get(index).is_some_and(|value| (value - old.level) * distance.signum() > by);
    let calm = values.get(old.start..new.start).unwrap_or_default().iter().map(|value| (value - old.level).abs());
    let waves = WAVES * MAD_TO_DEVIATION * median(calm.collect()).unwrap_or_default();
    let left = (OFF_LEVEL * sigma).max(waves).max(PART_OF_WAY * distance.abs());
    let before = (old.start..new.start).rev().take_while(|index| is_off(*index, left)).last();
    let clearly = left.max(PART_OF_TODAY * distance.abs());
    before.or_else(|| (new.start..values.len()).find(|index| is_off(*index, clearly))).unwrap_or(new.start)
}

/// A handful of points (a readings file): the run of points that ends with today's and is off normal like today's. The
/// true onset lies between the last normal point and the first of the run, which is the estimate.
fn sparse(points: &[Point], normal: Option<Baseline>) -> Option<Onset> {
    let level = normal.map_or_else(|| points.first().map(|point| point.value), |b| Some(b.median))?;
    let last = points.last()?;
    let today = last.value - level;
    let smallest = (PART_OF_TODAY * today.abs()).max(normal.map_or(0.0, |b| b.spread));
    let off = |point: &&Point| (point.value - level) * today.signum() > smallest;
    let first = points.len() - points.iter().rev().take_while(off).count();
    let (before, bad) = (points.get(first.checked_sub(1)?)?, points.get(first)?);
    // One bad point after a long gap says only that it is bad now.
    let says_since_when = first + 1 < points.len() || bad.at.duration_since(before.at) <= LONGEST_GAP;
    says_since_when.then_some(Onset { at: bad.at, earliest: before.at, latest: bad.at })
}

/// Trouble so young that it makes no segment yet: the newest points, at least two, all off normal.
fn fresh(points: &[Point], normal: Baseline) -> Option<Onset> {
    let off = |point: &&Point| (point.value - normal.median).abs() > FRESH_DEVIATIONS * normal.spread;
    let young = points.iter().rev().take_while(off).count();
    if !(2..MIN_SEGMENT).contains(&young) {
        return None;
    }
    let first = points.len() - young;
    let before = points.get(first.checked_sub(1)?)?;
    Some(Onset { at: points.get(first)?.at, earliest: before.at, latest: points.last()?.at })
}

#[cfg(test)]
mod tests;
