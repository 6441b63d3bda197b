//! Burn rates: how many times faster than allowed the error budget goes. `(bad / total) / (1 - objective)` over each
//! window (SRE workbook, chapter 5). May not decide which windows matter.

use crate::adapters::Burn;
use crate::domain::signal::{BURN_WINDOWS, SignalSpec, Slo};

use super::batch::Answers;
use super::values::number;

/// The expressions of every window of one signal.
pub(super) fn expressions(signal: &SignalSpec) -> Vec<String> {
    let windows = |slo: &Slo| BURN_WINDOWS.iter().flat_map(|window| pair(slo, *window)).collect();
    signal.query.slo.as_ref().map(windows).unwrap_or_default()
}

/// The burn rates of one signal; `None` without an objective.
pub(super) fn rates(signal: &SignalSpec, answers: &Answers) -> Option<Burn> {
    let slo = signal.query.slo.as_ref()?;
    let rates = BURN_WINDOWS.iter().filter_map(|window| Some((*window, rate(slo, *window, answers)?))).collect();
    Some(Burn { signal: signal.id.clone(), rates })
}

/// Without a count of bad or of all events there is no rate: neither 0 nor infinite.
fn rate(slo: &Slo, window: u64, answers: &Answers) -> Option<f64> {
    let [bad, total] = pair(slo, window);
    let bad = number(answers, &bad).ok()?.value;
    let total = number(answers, &total).ok()?.value;
    let budget = 1.0 - slo.objective;
    (total > 0.0 && budget > 0.0 && bad >= 0.0).then(|| bad / total / budget)
}

fn pair(slo: &Slo, window: u64) -> [String; 2] {
    let of = |expression: &str| expression.replace("$window", &format!("{window}s"));
    [of(&slo.bad), of(&slo.total)]
}
