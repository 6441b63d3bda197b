//! Samples: answers of the product as users got them, read in a row and counted; and replays of one through the product's
//! public path. Values and rules only: the texts are foreign, the adapter cleans and cuts them when they come in.

mod parse;
mod reading;
mod replay;

use std::time::Duration;

use serde_json::Value;

use super::ids::{EndpointId, SamplesId};

pub use parse::{Parsed, of_json, of_lines};
pub use reading::{LEAST, Reading};
pub use replay::{ReplayOutcome, WayOutcome};

/// Most samples that are read in a row.
pub const MOST: usize = 200;
/// Bytes kept of a prompt or an answer.
pub const MOST_TEXT: usize = 4_000;
/// Bytes kept of a fact.
pub const MOST_FACT: usize = 120;
/// Most tags: one digit key each.
pub const MOST_TAGS: usize = 9;

/// Where samples come from, as the config declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplesSpec {
    /// Its name.
    pub id: SamplesId,
    /// One line for people.
    pub title: String,
    /// The endpoint: http (an export), or file (JSON Lines).
    pub from: EndpointId,
    /// The path below it.
    pub path: String,
    /// RFC 6901 pointer to the list in a JSON document; `None` reads JSON Lines.
    pub items: Option<String>,
    /// Where the parts of a sample are.
    pub fields: Fields,
    /// How many in a row.
    pub count: usize,
    /// What an answer can be called. The first one means that nothing is wrong with it.
    pub tags: Vec<String>,
    /// How a sample is asked again, if it can be.
    pub replay: Option<ReplaySpec>,
}

/// RFC 6901 pointers within one sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// Its name; without one, samples are numbered by their content.
    pub id: Option<String>,
    /// What was asked.
    pub prompt: String,
    /// What was answered.
    pub answer: String,
    /// When, as a timestamp.
    pub at: Option<String>,
    /// What else is shown, by name: model, prompt version, language.
    pub facts: Vec<(String, String)>,
}

/// How a sample is asked again through the product's public path.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplaySpec {
    /// The http endpoint of the product.
    pub from: EndpointId,
    /// The path of its public API.
    pub path: String,
    /// RFC 6901 pointer to the text of an answer; `None` = the whole body.
    pub answer: Option<String>,
    /// How often each way is asked.
    pub runs: u32,
    /// Most requests in flight.
    pub at_once: usize,
    /// Everything has to be answered within this.
    pub within: Duration,
    /// The ways to ask: as users do, another prompt version, another provider.
    pub ways: Vec<Way>,
}

/// One way to ask.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// For people: `as users get it`, `prompt v41`.
    pub name: String,
    /// The request's body, with the prompt's place in it.
    pub body: Value,
}

/// One answer that a user got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSample {
    /// Its name, unique within its source.
    pub id: String,
    /// What was asked.
    pub prompt: String,
    /// What was answered.
    pub answer: String,
    /// When.
    pub at: Option<jiff::Timestamp>,
    /// What else is known of it.
    pub facts: Vec<(String, String)>,
}

#[cfg(test)]
pub(crate) mod tests;
