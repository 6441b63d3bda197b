//! How far a stored setting has come: the share of the traffic that shows it, by the evidence that the action's own effect
//! asks for. A share is not a verdict: only the evidence itself makes a run verified. May not ask stores or judge runs.

use super::evidence::{Evidence, Facts};
use super::facts::Live;
use super::figures;
use super::ids::SignalId;

/// How much of the way is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Propagated {
    /// In percent, 0 to 100: the least of all comparisons.
    pub percent: u8,
    /// What shows it: `fallback_share 0.52 of 0.95`.
    pub by: String,
}

impl Propagated {
    /// `propagating 54 %: fallback_share 0.52 of 0.95`.
    #[must_use]
    pub fn words(&self) -> String {
        format!("propagating {} %: {}", self.percent, self.by)
    }
}

/// How far the traffic has come from what it showed `before` the write to what the effect asks for, on what `facts` may
/// know. `None` where nobody can say: no sample since, nothing measured before, or evidence without a limit to approach.
#[must_use]
pub fn of(effect: &Evidence, before: &[(SignalId, f64)], facts: &Live<'_>) -> Option<Propagated> {
    let ways = effect.all.iter().chain(effect.any.iter()).filter_map(|comparison| {
        let (signal, limit) = comparison.limit()?;
        let before = before.iter().find(|(id, _)| id.as_str() == signal).map(|(_, value)| *value)?;
        let now = facts.value(signal).ok()?;
        let whole = limit - before;
        // What was there already before shows nothing of what this write does.
        let share = if whole.abs() < f64::EPSILON { return None } else { (now - before) / whole };
        let by = format!("{signal} {} of {}", figures::number(now), figures::number(limit));
        Some((share.clamp(0.0, 1.0), by))
    });
    let (share, by) = ways.min_by(|a, b| a.0.total_cmp(&b.0))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 100")]
    let percent = (share * 100.0).floor() as u8;
    Some(Propagated { percent, by })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{World, ago, comparison};
    use super::*;

    fn effect() -> Evidence {
        Evidence { all: vec![comparison("error_rate > 0.95")], ..Evidence::default() }
    }

    fn shown(value: f64, since: i64, before: &[(SignalId, f64)]) -> Option<Propagated> {
        let snapshot = World::well().since("error_rate", value, 1).snapshot();
        of(&effect(), before, &Live::newer_than(&snapshot, ago(since)))
    }

    #[test]
    fn it_is_how_far_the_traffic_has_come_and_never_more_than_its_own_evidence_says() {
        let before = [("error_rate".parse().expect("id"), 0.0)];
        let half = shown(0.475, 7, &before).expect("measured");
        assert_eq!((half.percent, half.words().as_str()), (50, "propagating 50 %: error_rate 0.475 of 0.95"));
        assert_eq!(shown(0.0, 7, &before).map(|p| p.percent), Some(0));
        assert_eq!(shown(0.94, 7, &before).map(|p| p.percent), Some(98), "not 100 before the evidence holds");
        assert_eq!(shown(1.0, 7, &before).map(|p| p.percent), Some(100));
        assert_eq!(shown(0.5, 5, &before), None, "no sample since the store's yes: nobody can say");
        assert_eq!(shown(0.5, 7, &[]), None, "nothing measured before: nobody can say");
        let there = [("error_rate".parse().expect("id"), 0.95)];
        assert_eq!(shown(0.95, 7, &there), None, "it held already");
    }

    #[test]
    fn of_several_comparisons_the_slowest_counts() {
        let world = World::well().since("error_rate", 0.9, 1).since("grounding", 0.5, 1);
        let snapshot = world.snapshot();
        let effect = Evidence {
            all: vec![comparison("error_rate > 0.9"), comparison("grounding < 0.1")],
            ..Evidence::default()
        };
        let before = [("error_rate".parse().expect("id"), 0.0), ("grounding".parse().expect("id"), 0.9)];
        let share = of(&effect, &before, &Live::newer_than(&snapshot, ago(7))).expect("measured");
        assert!(share.by.starts_with("grounding") && share.percent < 60, "{share:?}");
    }
}
