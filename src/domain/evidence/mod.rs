//! Evidence: lists of single comparisons under `all`, `any`, `none`, judged to true, false or unknown.
//! May not read clocks or sources: facts come in through [`Facts`].

mod check;
mod eval;
mod expr;
mod kept;
mod operand;
mod plain;
mod tree;
mod words;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use expr::{Comparison, ExprError, Names};

use super::change::ChangeKind;

/// Kleene's three values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Cannot say.
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::True => "TRUE",
            Self::False => "FALSE",
            Self::Unknown => "UNKNOWN",
        })
    }
}

/// Why a fact is not there, in words: `grounding: no data`, `status page: stale 94 s`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub String);

/// What comparisons may ask. Numbers are finite. Every `Err` makes the comparison UNKNOWN with that cause.
/// Ids are plain text here: names were checked when the comparison was loaded.
#[expect(clippy::missing_errors_doc, reason = "every error is `Missing`: said once, above")]
pub trait Facts {
    /// Newest fresh, adequate value.
    fn value(&self, id: &str) -> Result<f64, Missing>;
    /// Value over baseline median.
    fn ratio(&self, id: &str) -> Result<f64, Missing>;
    /// Robust deviations from the baseline median, signed (positive = above).
    fn z(&self, id: &str) -> Result<f64, Missing>;
    /// Change per hour over the last `seconds`, in the signal's unit.
    fn slope(&self, id: &str, seconds: f64) -> Result<f64, Missing>;
    /// The smaller of the burn rates over the long and the short window.
    fn burn(&self, id: &str, long_seconds: f64, short_seconds: f64) -> Result<f64, Missing>;
    /// Value of the worst adequately sampled cohort.
    fn worst(&self, id: &str) -> Result<f64, Missing>;
    /// Worst cohort over the median of cohorts, as a ratio ≥ 1 in the bad direction.
    fn spread(&self, id: &str) -> Result<f64, Missing>;
    /// Seconds since the value was true at its source (also answers for stale values).
    fn age(&self, id: &str) -> Result<f64, Missing>;
    /// Observations behind the value (also answers for LOW-N values).
    fn n(&self, id: &str) -> Result<f64, Missing>;
    /// Whether a change of that kind, not ours, happened within `seconds` before the onset (or before now without onset).
    fn changed(&self, kind: ChangeKind, seconds: f64) -> Result<bool, Missing>;
    /// Seconds from the newest change of that kind before the onset to the onset.
    fn lag(&self, kind: ChangeKind) -> Result<f64, Missing>;
    /// Seconds since the onset of that signal; `Missing` if it has none.
    fn onset(&self, id: &str) -> Result<f64, Missing>;
    /// A lever's setting as text: `on`, `off`, a version, a number; weights name the target that has most.
    fn lever(&self, id: &str) -> Result<String, Missing>;
    /// A provider page's indicator: `none`, `minor` (also planned maintenance), `major`, `critical`.
    fn provider_status(&self, id: &str) -> Result<String, Missing>;
}

/// One comparison with what it came to: shown with value, verdict and age.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The comparison's text.
    pub text: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// True if it is asked for, false if it must not hold (`none`).
    pub wanted: bool,
    /// The left side's value as shown, for example `0.71` or `6 min`; `–` if unknown.
    pub value: String,
    /// Why it is unknown, if it is.
    pub cause: Option<String>,
    /// Age of the value behind it, in seconds, where one signal stands behind it.
    pub age_s: Option<f64>,
}

/// Comparisons under the three quantifiers. Empty lists say nothing; all empty is UNKNOWN.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Each must hold.
    pub all: Vec<Comparison>,
    /// At least one must hold.
    pub any: Vec<Comparison>,
    /// None may hold.
    pub none: Vec<Comparison>,
}

/// A judged list of comparisons.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Combined by Kleene's rules.
    pub verdict: Verdict,
    /// Every comparison, `all` first, then `any`, then `none` (whose own verdicts are shown, not negated).
    pub parts: Vec<Judged>,
}

impl Judged {
    /// Whether it speaks for the whole: what must not hold speaks for it by being false.
    #[must_use]
    pub const fn speaks_for(&self) -> Verdict {
        if self.wanted { self.verdict } else { not(self.verdict) }
    }
}

impl Judgement {
    /// Every comparison with its value, or why it is unknown.
    #[must_use]
    pub fn words(&self) -> String {
        let part = |j: &Judged| match &j.cause {
            Some(cause) => format!("{} unknown ({cause})", j.text),
            None => format!("{} (is {})", j.text, j.value),
        };
        self.parts.iter().map(part).collect::<Vec<_>>().join(", ")
    }
}

/// Kleene conjunction.
#[must_use]
pub fn and(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    verdicts.into_iter().fold(Verdict::True, |so_far, v| match (so_far, v) {
        (Verdict::False, _) | (_, Verdict::False) => Verdict::False,
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
        _ => Verdict::True,
    })
}

/// Kleene negation.
#[must_use]
pub const fn not(v: Verdict) -> Verdict {
    match v {
        Verdict::True => Verdict::False,
        Verdict::False => Verdict::True,
        Verdict::Unknown => Verdict::Unknown,
    }
}

/// Kleene disjunction.
#[must_use]
pub fn or(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    not(and(verdicts.into_iter().map(not)))
}

impl Evidence {
    /// True if there is no comparison at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.any.is_empty() && self.none.is_empty()
    }

    /// Every comparison, in the order of [`Judgement::parts`].
    pub fn comparisons(&self) -> impl Iterator<Item = &Comparison> {
        self.all.iter().chain(&self.any).chain(&self.none)
    }

    /// Judges every comparison and combines them.
    #[must_use]
    pub fn judge(&self, facts: &dyn Facts) -> Judgement {
        let all: Vec<_> = self.all.iter().map(|c| c.judge(facts)).collect();
        let any: Vec<_> = self.any.iter().map(|c| c.judge(facts)).collect();
        let none: Vec<_> = self.none.iter().map(|c| Judged { wanted: false, ..c.judge(facts) }).collect();
        let verdict = if self.is_empty() {
            Verdict::Unknown
        } else {
            let any_holds = if any.is_empty() { Verdict::True } else { or(any.iter().map(|j| j.verdict)) };
            and([and(all.iter().map(|j| j.verdict)), any_holds, not_any(&none)])
        };
        Judgement { verdict, parts: all.into_iter().chain(any).chain(none).collect() }
    }
}

fn not_any(none: &[Judged]) -> Verdict {
    not(or(none.iter().map(|j| j.verdict)))
}

#[cfg(test)]
mod tests;
