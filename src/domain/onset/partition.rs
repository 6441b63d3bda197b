//! Exact partitioning by least squares (optimal partitioning, Jackson 2005). May not know times.

/// Fewer points than this are no segment.
pub(super) const MIN_SEGMENT: usize = 5;
/// Price of a change, in units of `σ² ln n`.
const PENALTY: f64 = 10.0;

/// A stretch of one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Segment {
    /// Index of its first point.
    pub(super) start: usize,
    /// Mean of its points.
    pub(super) level: f64,
}

/// The cheapest partition, oldest segment first. Empty if there are too few points.
pub(super) fn segments(values: &[f64], sigma: f64) -> Vec<Segment> {
    let count = values.len();
    if count < MIN_SEGMENT {
        return Vec::new();
    }
    let sums = Sums::of(values);
    #[expect(clippy::cast_precision_loss, reason = "counts of points are small")]
    let penalty = PENALTY * sigma * sigma * (count as f64).ln();
    // best[end] = (cheapest cost of the first `end` points, where the last segment of that partition starts)
    let mut best = vec![(f64::INFINITY, 0); count + 1];
    if let Some(nothing) = best.first_mut() {
        *nothing = (-penalty, 0);
    }
    for end in MIN_SEGMENT..=count {
        let cost = |start: usize| best.get(start).map_or(f64::INFINITY, |b| b.0) + sums.error(start, end) + penalty;
        let cheapest = (0..=end - MIN_SEGMENT).map(|start| (cost(start), start)).min_by(|a, b| a.0.total_cmp(&b.0));
        if let (Some(slot), Some(cheapest)) = (best.get_mut(end), cheapest) {
            *slot = cheapest;
        }
    }
    let mut segments = Vec::new();
    let mut end = count;
    while end > 0 {
        let start = best.get(end).map_or(0, |b| b.1);
        segments.push(Segment { start, level: sums.mean(start, end) });
        end = start;
    }
    segments.reverse();
    segments
}

/// Running sums, so that the error of any stretch costs two subtractions.
struct Sums {
    shift: f64,
    values: Vec<f64>,
    squares: Vec<f64>,
}

impl Sums {
    /// Values are shifted by the first one: squares of large numbers would lose the small differences.
    fn of(values: &[f64]) -> Self {
        let shift = values.first().copied().unwrap_or_default();
        let running = |power: fn(f64) -> f64| {
            let mut total = 0.0;
            let sums = values.iter().map(|value| {
                total += power(value - shift);
                total
            });
            std::iter::once(0.0).chain(sums).collect::<Vec<f64>>()
        };
        Self { shift, values: running(|x| x), squares: running(|x| x * x) }
    }

    fn between(sums: &[f64], start: usize, end: usize) -> f64 {
        sums.get(end).copied().unwrap_or_default() - sums.get(start).copied().unwrap_or_default()
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of points are small")]
    fn error(&self, start: usize, end: usize) -> f64 {
        let total = Self::between(&self.values, start, end);
        (Self::between(&self.squares, start, end) - total * total / (end - start) as f64).max(0.0)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of points are small")]
    fn mean(&self, start: usize, end: usize) -> f64 {
        self.shift + Self::between(&self.values, start, end) / (end - start).max(1) as f64
    }
}
