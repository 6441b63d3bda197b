//! Suites: prompts sent through the product's public path, and what the answers have to be. Values and rules only.
//! May not send anything: the adapter does, and only with a [`SaySo`].

mod expect;
mod outcome;
mod say_so;

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::ids::{EndpointId, SuiteId};

pub use expect::{Expect, Pattern, Said};
pub use outcome::{Failing, Finding, SuiteOutcome, wilson};
pub use say_so::SaySo;

/// Where the prompt of a case goes in a request's body.
pub const PROMPT: &str = "{{prompt}}";
/// What a signal's `from` begins with if a suite is its source: `suite:smoke`.
pub const SOURCE: &str = "suite:";

/// A suite as the config declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct SuiteSpec {
    /// Its name.
    pub id: SuiteId,
    /// One line for people.
    pub title: String,
    /// The endpoint behind which the product's public path lies.
    pub from: EndpointId,
    /// That path.
    pub path: String,
    /// The request's body; every text in it that holds [`PROMPT`] gets the prompt of the case.
    pub body: Value,
    /// RFC 6901 pointer to the text of an answer; `None` = the whole body as text.
    pub answer: Option<String>,
    /// What is asked, and what the answers have to be.
    pub cases: Vec<Case>,
    /// How often each case is asked: answers are probabilistic.
    pub runs: u32,
    /// Most requests in flight.
    pub at_once: usize,
    /// Everything has to be answered within this.
    pub within: Duration,
    /// The share that has to pass. At 1 every answer has to; below, the lower end of the interval has to reach it.
    pub pass: f64,
    /// Fewer answers than this say nothing: LOW-N.
    pub min_samples: u32,
    /// How often it runs by itself in a session that may act, if signals are read from it.
    pub every: Duration,
    /// Whether releasing anything needs it (restore gate).
    pub gate: bool,
}

/// One prompt, and everything that its answer has to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// What is asked.
    pub prompt: String,
    /// Each has to hold.
    pub expect: Vec<Expect>,
}

impl SuiteSpec {
    /// The body of one request, with the prompt put in as a JSON string: no prompt can change the shape of the request.
    #[must_use]
    pub fn body_for(&self, prompt: &str) -> Value {
        fill(&self.body, prompt)
    }

    /// The source id that signals name.
    #[must_use]
    pub fn source(&self) -> Option<EndpointId> {
        format!("{SOURCE}{}", self.id).parse().ok()
    }

    /// How many answers one run of it asks for.
    #[must_use]
    pub fn asks(&self) -> u32 {
        u32::try_from(self.cases.len()).unwrap_or(u32::MAX).saturating_mul(self.runs)
    }

    /// First 12 hex digits of the SHA-256 over everything that decides an outcome: results of two definitions are not
    /// compared.
    #[must_use]
    pub fn definition(&self) -> String {
        let mut hasher = Sha256::new();
        let mut part = |text: &str| {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        };
        part(&self.path);
        part(&self.body.to_string());
        part(self.answer.as_deref().unwrap_or("\0"));
        part(&format!("{} {} {}", self.runs, self.pass, self.min_samples));
        for case in &self.cases {
            part(&case.name);
            part(&case.prompt);
            part(&format!("{:?}", case.expect));
        }
        let digest = hasher.finalize();
        digest.iter().take(6).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// The template with the prompt put in as a JSON string: no prompt can change the shape of the request.
#[must_use]
pub fn fill(template: &Value, prompt: &str) -> Value {
    match template {
        Value::String(text) => Value::String(text.replace(PROMPT, prompt)),
        Value::Array(items) => Value::Array(items.iter().map(|item| fill(item, prompt)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), fill(value, prompt))).collect())
        }
        other => other.clone(),
    }
}

/// True if a prompt has a place in the body.
#[must_use]
pub fn takes_prompt(template: &Value) -> bool {
    match template {
        Value::String(text) => text.contains(PROMPT),
        Value::Array(items) => items.iter().any(takes_prompt),
        Value::Object(fields) => fields.values().any(takes_prompt),
        _ => false,
    }
}

#[cfg(test)]
pub(crate) mod tests;
