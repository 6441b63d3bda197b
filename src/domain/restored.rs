//! Whether the traffic is back where it was before an action, after its undo. That the action's effect no longer holds is
//! not enough: four in five users may still be on the fallback. May not ask the store or move runs.

use super::evidence::{Evidence, Facts, Missing, Verdict};
use super::facts::Live;
use super::figures;
use super::ids::SignalId;
use super::signal::{Better, SignalState};
use super::snapshot::Snapshot;

/// A signal is back if no more than this part of the way is left.
const LEFT: f64 = 0.1;
/// Or if it is within so many robust deviations of where it was.
const WITHIN: f64 = 4.0;

/// One signal of the effect, on its way back.
#[derive(Debug, Clone, PartialEq)]
pub struct Back {
    /// Its name, for people.
    pub title: String,
    /// Before the action; `None` if it was not measured then.
    pub before: Option<String>,
    /// When the undo was fired.
    pub from: Option<String>,
    /// Now, on a sample newer than the store's yes.
    pub now: Result<String, Missing>,
    /// Whether it is back; UNKNOWN without a sample, or if nobody knows where it was.
    pub verdict: Verdict,
}

/// Values of signals at an instant, as an intent keeps them.
pub type Values = [(SignalId, f64)];

/// The values of the signals that an effect looks at, as far as they are measured now.
#[must_use]
pub fn values(effect: &Evidence, snapshot: &Snapshot) -> Vec<(SignalId, f64)> {
    let facts = Live::of(snapshot);
    let measured = |signal: &SignalState| Some((signal.spec.id.clone(), facts.value(signal.spec.id.as_str()).ok()?));
    signals(effect, snapshot).into_iter().filter_map(measured).collect()
}

/// Every signal of the effect, judged on what `facts` may know.
#[must_use]
pub fn judge(effect: &Evidence, before: &Values, from: &Values, snapshot: &Snapshot, facts: &Live<'_>) -> Vec<Back> {
    signals(effect, snapshot).into_iter().map(|signal| back(signal, before, from, facts)).collect()
}

fn signals<'a>(effect: &Evidence, snapshot: &'a Snapshot) -> Vec<&'a SignalState> {
    let asks = |signal: &&SignalState| {
        effect.comparisons().any(|comparison| comparison.signals().contains(&signal.spec.id.as_str()))
    };
    snapshot.signals.iter().filter(asks).collect()
}

fn back(signal: &SignalState, before: &Values, from: &Values, facts: &Live<'_>) -> Back {
    let spec = &signal.spec;
    let of = |values: &Values| values.iter().find(|(id, _)| *id == spec.id).map(|(_, value)| *value);
    let shown = |value: f64| figures::in_unit(value, &spec.unit, spec.better == Better::Higher);
    let (before, from, now) = (of(before), of(from), facts.value(spec.id.as_str()));
    let verdict = match (&now, before) {
        (Ok(now), Some(before)) => {
            let way = from.map_or(0.0, |from| (from - before).abs());
            let noise = signal.baseline.map_or(0.0, |baseline| WITHIN * baseline.spread);
            if (now - before).abs() <= (LEFT * way).max(noise) { Verdict::True } else { Verdict::False }
        }
        _ => Verdict::Unknown,
    };
    Back { title: spec.title.clone(), before: before.map(shown), from: from.map(shown), now: now.map(shown), verdict }
}

impl Back {
    /// `fallback share 0.5 % (before 0 %)`, or why that is not known.
    #[must_use]
    pub fn words(&self) -> String {
        let before = self.before.as_deref().unwrap_or("not known");
        match &self.now {
            Ok(now) => format!("{} {now} (before {before})", self.title),
            Err(Missing(why)) => format!("{} unknown ({why})", self.title),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{World, ago, comparison};
    use super::*;

    fn effect() -> Evidence {
        Evidence { all: vec![comparison("error_rate > 0.95")], ..Evidence::default() }
    }

    /// The share was 0 before, 1 when the undo was fired, and is this now.
    fn now(value: f64, sample_is_newer: bool) -> Back {
        let world = World::well().since("error_rate", value, 1);
        let snapshot = world.snapshot();
        let at = |value| vec![("error_rate".parse().expect("id"), value)];
        let since = if sample_is_newer { ago(7) } else { ago(5) };
        let facts = Live::newer_than(&snapshot, since);
        judge(&effect(), &at(0.0), &at(1.0), &snapshot, &facts).remove(0)
    }

    #[test]
    fn an_undo_is_back_only_when_the_signal_is_where_it_was_not_when_the_effect_stops_holding() {
        assert_eq!(now(0.803, true).verdict, Verdict::False, "no longer > 0.95, and far from back");
        assert_eq!(now(0.02, true).verdict, Verdict::True);
        assert_eq!(now(0.02, true).words(), "error rate 2 % (before 0 %)");
    }

    #[test]
    fn samples_from_before_the_stores_yes_prove_nothing() {
        let back = now(0.0, false);
        assert_eq!(back.verdict, Verdict::Unknown);
        assert!(back.words().starts_with("error rate unknown (error_rate: no sample since"), "{}", back.words());
    }

    #[test]
    fn where_nobody_measured_before_nothing_is_claimed() {
        let snapshot = World::well().snapshot();
        let back = judge(&effect(), &[], &[], &snapshot, &Live::of(&snapshot)).remove(0);
        assert_eq!((back.verdict, back.before), (Verdict::Unknown, None));
        assert_eq!(values(&effect(), &snapshot), vec![("error_rate".parse().expect("id"), 0.002)]);
    }
}
