//! What a run of a suite came to: a rate with its interval, never a bare "passed". May not forget what was not answered.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::ids::SuiteId;
use super::expect::{Said, check_all};
use super::{Case, SuiteSpec};

/// The most failing samples that are kept.
const MOST_FAILING: usize = 5;
/// Two-sided 95 %.
const Z: f64 = 1.959_964;

/// A sample that was not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// The case's name.
    pub case: String,
    /// What was wanted and what was said.
    pub why: String,
}

/// One run of a suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuiteOutcome {
    /// Which suite.
    pub suite: SuiteId,
    /// When it ended.
    pub at: Timestamp,
    /// Of which definition (see [`SuiteSpec::definition`]).
    pub definition: String,
    /// Answers.
    pub n: u32,
    /// Answers as expected.
    pub passed: u32,
    /// Requests without an answer: they say nothing about the product's answers, so they are in no rate.
    pub unanswered: u32,
    /// Why the last one was not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The first failing samples, each once.
    pub failing: Vec<Failing>,
    /// Milliseconds it took.
    pub took_ms: u64,
}

/// What an outcome means for a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It passes, in words.
    Passes(String),
    /// It fails, in words.
    Fails(String),
    /// It cannot be said: too few answers, or none.
    CannotSay(String),
}

/// The Wilson interval of a share, two-sided 95 %. Of nothing: everything is possible.
#[must_use]
pub fn wilson(passed: u32, n: u32) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let (n, passed) = (f64::from(n), f64::from(passed));
    let rate = passed / n;
    let spread = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
    let centre = rate + Z * Z / (2.0 * n);
    let scale = 1.0 + Z * Z / n;
    let low = if passed == 0.0 { 0.0 } else { (centre - spread) / scale };
    let high = if passed >= n { 1.0 } else { (centre + spread) / scale };
    (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0))
}

impl SuiteOutcome {
    /// Nothing asked yet.
    #[must_use]
    pub fn of(spec: &SuiteSpec, at: Timestamp) -> Self {
        Self {
            suite: spec.id.clone(),
            at,
            definition: spec.definition(),
            n: 0,
            passed: 0,
            unanswered: 0,
            fault: None,
            failing: Vec::new(),
            took_ms: 0,
        }
    }

    /// Takes one answer.
    pub fn answered(&mut self, spec: &SuiteSpec, case: &Case, said: &Said) {
        self.n += 1;
        match check_all(&case.expect, said, spec.answer.as_deref()) {
            Ok(()) => self.passed += 1,
            Err(why) => {
                let failing = Failing { case: case.name.clone(), why };
                if self.failing.len() < MOST_FAILING && !self.failing.contains(&failing) {
                    self.failing.push(failing);
                }
            }
        }
    }

    /// Takes a request that was not answered.
    pub fn lost(&mut self, why: &str) {
        self.unanswered += 1;
        self.fault = Some(why.to_owned());
    }

    /// The share of answers that were as expected; `None` without answers.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.n > 0).then(|| f64::from(self.passed) / f64::from(self.n))
    }

    /// `18 of 20 as expected (90 %, 95 % interval 70 to 97 %)`.
    #[must_use]
    pub fn words(&self) -> String {
        let Some(rate) = self.rate() else {
            let fault = self.fault.as_deref().unwrap_or("nothing was asked");
            return format!("no answer: {fault}");
        };
        let (low, high) = wilson(self.passed, self.n);
        let lost = match self.unanswered {
            0 => String::new(),
            lost => format!(", {lost} not answered ({})", self.fault.as_deref().unwrap_or("no reason known")),
        };
        format!(
            "{} of {} as expected ({:.0} %, interval {:.0} to {:.0} %){lost}",
            self.passed,
            self.n,
            rate * 100.0,
            low * 100.0,
            high * 100.0
        )
    }

    /// What it means. Failing is said before missing: one wrong answer of a suite that must be perfect decides.
    #[must_use]
    pub fn finding(&self, spec: &SuiteSpec) -> Finding {
        let words = self.words();
        if self.definition != spec.definition() {
            return Finding::CannotSay(format!("{words}; but the suite was altered since"));
        }
        let (low, _) = wilson(self.passed, self.n);
        let perfect = spec.pass >= 1.0;
        if self.rate().is_some_and(|rate| rate < spec.pass) {
            return Finding::Fails(words);
        }
        if self.n < spec.min_samples {
            return Finding::CannotSay(format!("{words}; n {} of {} needed", self.n, spec.min_samples));
        }
        if self.unanswered > 0 {
            return Finding::CannotSay(words);
        }
        if perfect || low >= spec.pass {
            Finding::Passes(words)
        } else {
            Finding::CannotSay(format!("{words}; the interval does not reach {:.0} %", spec.pass * 100.0))
        }
    }
}
