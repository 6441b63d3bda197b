//! The mathematics of the miniature product: noise, the curve of a day, and how a level follows its target.
//! Pure functions of (seed, time). May not know what the levels mean.

use std::f64::consts::TAU;

/// Unix time in seconds.
pub type Seconds = f64;

/// Seconds of a day.
pub const DAY: Seconds = 86_400.0;

/// Periods of the two layers of noise, in seconds, with their weights (which sum to 1).
const LAYERS: [(Seconds, f64); 2] = [(420.0, 0.6), (10.0, 0.4)];

/// How fast a level follows its target: time constants of a first-order lag, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Towards a higher target.
    pub rise: Seconds,
    /// Towards a lower target.
    pub fall: Seconds,
}

/// A level this near to its target has arrived: a leak that has stopped is zero, not a small number.
const ARRIVED: f64 = 0.01;

/// Smooth noise within -1..=1, the same for the same seed, stream and time.
#[must_use]
pub fn noise(seed: u64, stream: u64, at: Seconds) -> f64 {
    LAYERS
        .iter()
        .zip(1_u64..)
        .map(|((period, weight), layer)| weight * smooth(mix(seed, stream, layer), at / period))
        .sum()
}

/// A number within 0..1, the same for the same seed and stream.
#[must_use]
pub fn chance(seed: u64, stream: u64) -> f64 {
    unit(mix(seed, stream, 0))
}

/// Traffic over the day as a factor of its peak, within 0.4..=1: low at 02:00 UTC, high at 14:00 UTC.
#[must_use]
pub fn daily(at: Seconds) -> f64 {
    let turn = (at.rem_euclid(DAY) / DAY - 2.0 / 24.0) * TAU;
    0.7 - 0.3 * turn.cos()
}

/// Where a level stands that follows `targets`, given as (from when, target), oldest first.
/// Before the first entry it rests at the first target.
#[must_use]
pub fn follow(targets: impl IntoIterator<Item = (Seconds, f64)>, pace: Pace, at: Seconds) -> f64 {
    let mut targets = targets.into_iter();
    let Some((mut since, mut target)) = targets.next() else { return 0.0 };
    let mut level = target;
    for (from, next) in targets.take_while(|(from, _)| *from <= at) {
        level = approach(level, target, pace, from - since);
        (since, target) = (from, next);
    }
    approach(level, target, pace, at - since)
}

fn approach(level: f64, target: f64, pace: Pace, elapsed: Seconds) -> f64 {
    let constant = if target > level { pace.rise } else { pace.fall };
    let next = target + (level - target) * (-elapsed.max(0.0) / constant).exp();
    if (next - target).abs() < ARRIVED { target } else { next }
}

/// Value noise: random heights on a lattice, joined by a curve without corners.
fn smooth(key: u64, position: f64) -> f64 {
    let left = position.floor();
    let within = position - left;
    let height = |lattice: f64| 2.0 * unit(mix(key, lattice.to_bits(), 0)) - 1.0;
    let blend = within * within * (3.0 - 2.0 * within);
    height(left) * (1.0 - blend) + height(left + 1.0) * blend
}

/// `SplitMix64` over three words.
fn mix(a: u64, b: u64, c: u64) -> u64 {
    [b, c].into_iter().fold(scramble(a), |state, word| scramble(state ^ word))
}

fn scramble(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn unit(word: u64) -> f64 {
    let high = u32::try_from(word >> 32).unwrap_or(u32::MAX);
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PACE: Pace = Pace { rise: 60.0, fall: 3.0 };

    proptest! {
        #[test]
        fn noise_is_bounded_and_repeatable(seed: u64, stream: u64, at in 0.0..4e9) {
            let value = noise(seed, stream, at);
            prop_assert!((-1.0..=1.0).contains(&value));
            prop_assert_eq!(value.to_bits(), noise(seed, stream, at).to_bits());
        }

        #[test]
        fn noise_has_no_jumps(seed: u64, at in 0.0..4e9) {
            prop_assert!((noise(seed, 1, at) - noise(seed, 1, at + 0.1)).abs() < 0.05);
        }

        #[test]
        fn a_level_stays_between_its_targets(moves in proptest::collection::vec((0.0..500.0, 0.0..1.0_f64), 1..8), at in -10.0..900.0) {
            let mut moves: Vec<(f64, f64)> = moves;
            moves.sort_by(|a, b| a.0.total_cmp(&b.0));
            let level = follow(moves.iter().copied(), PACE, at);
            let low = moves.iter().map(|m| m.1).fold(f64::INFINITY, f64::min);
            let high = moves.iter().map(|m| m.1).fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(level >= low - 1e-9 && level <= high + 1e-9);
        }
    }

    #[test]
    fn a_level_rises_slowly_and_falls_to_exactly_nothing() {
        let moves = [(0.0, 0.0), (100.0, 1.0), (1000.0, 0.0)];
        assert!((follow(moves, PACE, 160.0) - (1.0 - (-1.0_f64).exp())).abs() < 1e-9);
        assert!(follow(moves, PACE, 1003.0) > 0.3);
        assert!(follow(moves, PACE, 1020.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_day_peaks_after_noon() {
        assert!((daily(14.0 * 3600.0) - 1.0).abs() < 1e-9);
        assert!((daily(2.0 * 3600.0) - 0.4).abs() < 1e-9);
    }
}
