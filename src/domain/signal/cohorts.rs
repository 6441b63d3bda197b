//! The worst cohort of a signal: direction aware, and only where enough observations stand behind it.

use super::super::baseline;
use super::super::figures;
use super::super::sample::Cohort;
use super::{Better, SignalSpec};

/// Observations that a cohort needs where the config does not say.
const MIN_SAMPLES: f64 = 30.0;

/// Labels that tell one serving process from another: a cohort of anything else (a language, a customer) has no setting.
const INSTANCE: [&str; 5] = ["instance", "pod", "replica", "host", "node"];

/// The cohorts that are serving processes: each of them has taken a setting over, or not yet.
pub(super) fn instances(cohorts: &[Cohort]) -> Vec<Cohort> {
    let is_instance = |cohort: &&Cohort| {
        let mut labels = cohort.name.split(',').filter_map(|pair| pair.split_once('='));
        cohort.value.is_finite() && labels.any(|(label, _)| INSTANCE.contains(&label))
    };
    cohorts.iter().filter(is_instance).cloned().collect()
}

/// What the cohorts of one signal add up to.
#[derive(Debug, Default)]
pub(super) struct Cohorts {
    /// The worst of the adequately sampled ones.
    pub(super) worst: Option<Cohort>,
    /// Its distance from the median of cohorts, as a ratio ≥ 1.
    pub(super) spread: Option<f64>,
}

/// Finds the worst adequately sampled cohort.
pub(super) fn of(spec: &SignalSpec, cohorts: &[Cohort]) -> Cohorts {
    let needed = spec.cohort_samples();
    let adequate: Vec<&Cohort> =
        cohorts.iter().filter(|c| c.value.is_finite() && c.n.is_none_or(|n| n >= needed)).collect();
    let Some(median) = baseline::median(adequate.iter().map(|c| c.value).collect()) else { return Cohorts::default() };
    let badness = |cohort: &Cohort| badness(spec.better, cohort.value, median);
    let worst = adequate.iter().copied().max_by(|a, b| badness(a).total_cmp(&badness(b)));
    let spread = worst.and_then(|worst| ratio(spec.better, worst.value, median)).filter(|_| adequate.len() > 1);
    Cohorts { worst: worst.cloned(), spread }
}

impl SignalSpec {
    /// Observations that a cohort needs before its value says anything.
    #[must_use]
    pub fn cohort_samples(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "sample counts are far below 2^52")]
        let needed = self.query.cohorts.as_ref().map_or(MIN_SAMPLES, |query| query.min_samples as f64);
        needed
    }
}

/// Larger is worse.
fn badness(better: Better, value: f64, median: f64) -> f64 {
    match better {
        Better::Lower => value,
        Better::Higher => -value,
        Better::Band => (value - median).abs(),
    }
}

fn ratio(better: Better, worst: f64, median: f64) -> Option<f64> {
    let (above, below) = match better {
        Better::Lower => (worst, median),
        Better::Higher => (median, worst),
        Better::Band => (worst.max(median), worst.min(median)),
    };
    let ratio = above / below;
    (below > 0.0 && ratio.is_finite()).then_some(ratio.max(1.0))
}

impl Cohorts {
    /// The words for a cohort that breaks a limit which the aggregate keeps, and the limit. A cohort whose own normal
    /// breaks the limit is not news.
    pub(super) fn outside(&self, spec: &SignalSpec, median: Option<f64>) -> Option<(String, String)> {
        let worst = self.worst.as_ref()?;
        let normal = worst.baseline.or(median);
        let broken = [&spec.crit, &spec.warn].into_iter().flatten().find_map(|limits| {
            let bound = limits.broken_by(worst.value, normal).ok().flatten()?;
            let always = worst.baseline.is_some_and(|usual| {
                limits.broken_by(usual, normal).is_ok_and(|b| b.is_some_and(|b| b.above == bound.above))
            });
            (!always).then_some(bound)
        })?;
        let share = worst.share.map(|share| format!(" ({} % of traffic)", figures::number(share * 100.0)));
        let words = format!("{} {} is {broken}{}", worst.name, figures::number(worst.value), share.unwrap_or_default());
        Some((words, broken.to_string()))
    }
}
