//! From an export to samples: cleaned, cut to their caps, newest first. What cannot be read is counted, never hidden.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::text;
use super::{MOST, MOST_FACT, MOST_TEXT, SamplesSpec, UserSample};

/// Samples, and how many items were none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Newest first where they carry a time; else in the order of the source.
    pub samples: Vec<UserSample>,
    /// Items without a prompt or an answer where the config says that they are.
    pub unread: usize,
}

/// The samples of a JSON document.
///
/// # Errors
/// In words: no list at the pointer.
pub fn of_json(spec: &SamplesSpec, document: &Value) -> Result<Parsed, String> {
    let pointer = spec.items.as_deref().unwrap_or_default();
    let Some(items) = document.pointer(pointer).and_then(Value::as_array) else {
        return Err(format!("no list at {pointer:?}"));
    };
    Ok(taken(spec, items.iter().map(|item| sample(spec, item)), false))
}

/// The samples of JSON Lines, one object a line; the newest line is the last one. A last line that is not complete yet
/// is left out by the caller.
#[must_use]
pub fn of_lines(spec: &SamplesSpec, lines: &str) -> Parsed {
    let lines = lines.lines().filter(|line| !line.trim().is_empty());
    let one = |line: &str| sample(spec, &serde_json::from_str::<Value>(line).ok()?);
    taken(spec, lines.map(one), true)
}

/// As many in a row as the config wants, the newest ones.
fn taken(spec: &SamplesSpec, all: impl Iterator<Item = Option<UserSample>>, newest_last: bool) -> Parsed {
    let mut parsed = Parsed::default();
    for sample in all {
        match sample {
            Some(sample) => parsed.samples.push(sample),
            None => parsed.unread += 1,
        }
    }
    if newest_last {
        parsed.samples.reverse();
    }
    if parsed.samples.iter().any(|sample| sample.at.is_some()) {
        parsed.samples.sort_by_key(|sample| std::cmp::Reverse(sample.at));
    }
    let mut seen = std::collections::BTreeSet::new();
    parsed.samples.retain(|sample| seen.insert(sample.id.clone()));
    parsed.samples.truncate(spec.count.min(MOST));
    parsed
}

fn sample(spec: &SamplesSpec, item: &Value) -> Option<UserSample> {
    let fields = &spec.fields;
    let prompt = cut(&text::clean_lines(&words(item.pointer(&fields.prompt)?)?), MOST_TEXT);
    let answer = cut(&text::clean_lines(&words(item.pointer(&fields.answer)?)?), MOST_TEXT);
    let fact = |pointer: &str| Some(cut(&text::clean(&words(item.pointer(pointer)?)?), MOST_FACT));
    let at = fields.at.as_deref().and_then(fact).and_then(|at| at.parse::<Timestamp>().ok());
    let named = fields.id.as_deref().and_then(fact).filter(|id| !id.is_empty());
    let facts = fields.facts.iter().filter_map(|(name, pointer)| Some((name.clone(), fact(pointer)?))).collect();
    let id = named.unwrap_or_else(|| fingerprint(&[&prompt, &answer]));
    Some(UserSample { id, prompt, answer, at, facts })
}

/// The same words always get the same name, so that a tag finds its sample again.
fn fingerprint(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().take(6).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A text, or a plain value as text; a list of messages as its last one's text.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Array(items) => items.last().and_then(|last| words(last.get("content").unwrap_or(last))),
        Value::Object(_) | Value::Null => None,
    }
}

/// At most so many bytes, cut between characters; a cut is visible.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}… (cut)", &text[..end])
}
