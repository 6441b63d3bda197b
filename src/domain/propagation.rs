//! How far a stored setting has come: the share of the instances that show it where a signal is read instance by instance,
//! else of the traffic, by the evidence that the action's own effect asks for. A share is not a verdict: only the evidence
//! itself makes a run verified. May not ask stores or judge runs.

use super::evidence::{Evidence, Facts, Verdict};
use super::facts::Live;
use super::figures;
use super::ids::SignalId;
use super::sample::Cohort;

/// How much of the way is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Propagated {
    /// In percent, 0 to 100: the least of all comparisons.
    pub percent: u8,
    /// What shows it: `fallback_share 0.52 of 0.95`, `7 of 10 instances show fallback_share 0.95`.
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
/// know. A signal that is read instance by instance is counted by them; one with too few observations does not show it. `None` where nobody can say: no sample since, nothing measured before, or evidence without a limit to approach.
#[must_use]
pub fn of(effect: &Evidence, before: &[(SignalId, f64)], facts: &Live<'_>) -> Option<Propagated> {
    let ways = effect.all.iter().chain(effect.any.iter()).filter_map(|comparison| {
        let (signal, limit) = comparison.limit()?;
        let before = before.iter().find(|(id, _)| id.as_str() == signal).map(|(_, value)| *value)?;
        let now = facts.value(signal).ok()?;
        let whole = limit - before;
        // What was there already before shows nothing of what this write does.
        let way = if whole.abs() < f64::EPSILON { return None } else { |value: f64| (value - before) / whole };
        let holds = comparison.judge(facts).verdict == Verdict::True;
        let limit = figures::number(limit);
        let state = facts.signals.iter().find(|state| state.spec.id.as_str() == signal)?;
        let instances = &state.instances;
        if instances.len() > 1 {
            let needed = state.spec.cohort_samples();
            let shows = |one: &&Cohort| one.n.is_none_or(|n| n >= needed) && way(one.value) >= 1.0;
            let (showing, all) = (instances.iter().filter(shows).count(), instances.len());
            #[expect(clippy::cast_precision_loss, reason = "instances are counted in hundreds")]
            let share = showing as f64 / all as f64;
            if share >= 1.0 && !holds {
                return None;
            }
            return Some((share, format!("{showing} of {all} instances show {signal} {limit}")));
        }
        // It was past the limit before, and is on the wrong side of it now: that way does not lead there.
        if way(now) >= 1.0 && !holds {
            return None;
        }
        Some((way(now).clamp(0.0, 1.0), format!("{signal} {} of {limit}", figures::number(now))))
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
        let beyond = [("error_rate".parse().expect("id"), 1.0)];
        assert_eq!(shown(0.0, 7, &beyond), None, "the way from beyond the limit does not lead to it");
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

    #[test]
    fn a_signal_that_is_read_by_instance_is_counted_by_instance_and_other_cohorts_are_not() {
        let mut world = World::well().since("error_rate", 0.5, 1);
        let instance = |name: &str, value: f64, n: f64| Cohort {
            name: name.to_owned(),
            value,
            baseline: None,
            n: Some(n),
            share: None,
        };
        let before = [("error_rate".parse().expect("id"), 0.0)];
        let by = |world: &World| {
            let snapshot = world.snapshot();
            of(&effect(), &before, &Live::newer_than(&snapshot, ago(7))).expect("measured")
        };
        world.signal("error_rate").cohorts =
            ["a", "b", "c"].map(|pod| instance(&format!("job=bot,pod={pod}"), 1.0, 80.0)).to_vec();
        world.signal("error_rate").cohorts.push(instance("job=bot,pod=d", 0.9, 80.0));
        assert_eq!(by(&world).words(), "propagating 75 %: 3 of 4 instances show error_rate 0.95");
        world.signal("error_rate").cohorts = vec![instance("lang=en", 1.0, 80.0), instance("lang=es", 0.1, 80.0)];
        assert_eq!(by(&world).words(), "propagating 52 %: error_rate 0.5 of 0.95");
        world.signal("error_rate").cohorts = vec![instance("pod=a", 1.0, 80.0)];
        assert_eq!(by(&world).percent, 52, "one instance is no share of anything");
    }
}
