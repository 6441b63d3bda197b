//! What an answer has to be. Pure; an answer that cannot be read is never what was expected.

use std::fmt;

use regex_lite::Regex;
use serde_json::Value;

/// An answer of the product, as far as expectations look at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// HTTP status.
    pub status: u16,
    /// The body, if it is JSON.
    pub json: Option<Value>,
    /// The body as text, cleaned.
    pub text: String,
}

impl Said {
    /// The text that expectations look at: at the pointer, or the whole body.
    ///
    /// # Errors
    /// In words: no text there.
    pub fn words(&self, pointer: Option<&str>) -> Result<String, String> {
        let Some(pointer) = pointer else { return Ok(self.text.clone()) };
        let found = self.json.as_ref().and_then(|json| json.pointer(pointer));
        match found {
            Some(Value::String(words)) => Ok(words.clone()),
            Some(Value::Null) | None => Err(format!("HTTP {}: no text at {pointer:?}", self.status)),
            Some(other) => Ok(other.to_string()),
        }
    }
}

/// A regular expression with its text. Linear in time: no pattern can hang the program.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles it.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        Regex::new(text).map(|regex| Self { text: text.to_owned(), regex }).map_err(|error| error.to_string())
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// One expectation.
#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    /// The answer contains this text, whatever its case.
    Contains(String),
    /// It does not.
    Lacks(String),
    /// The answer is this text, apart from space around it.
    Equals(String),
    /// The answer matches.
    Matches(Pattern),
    /// The HTTP status is this.
    Status(u16),
    /// The JSON body holds this value at this RFC 6901 pointer.
    Holds(String, Value),
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contains(text) => write!(f, "contains {text:?}"),
            Self::Lacks(text) => write!(f, "does not contain {text:?}"),
            Self::Equals(text) => write!(f, "is {text:?}"),
            Self::Matches(pattern) => write!(f, "matches {:?}", pattern.text),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Holds(pointer, value) => write!(f, "{value} at {pointer:?}"),
        }
    }
}

impl Expect {
    /// Whether the answer is as expected. Where no status is expected, only a 2xx answers at all.
    ///
    /// # Errors
    /// In words, what it was instead.
    pub fn check(&self, said: &Said, pointer: Option<&str>) -> Result<(), String> {
        let wanted = |held: bool, words: &str| {
            if held { Ok(()) } else { Err(format!("wanted: {self}; said: {}", excerpt(words))) }
        };
        if let Self::Status(status) = self {
            return wanted(said.status == *status, &format!("HTTP {}", said.status));
        }
        if let Self::Holds(pointer, value) = self {
            let found = said.json.as_ref().and_then(|json| json.pointer(pointer));
            return wanted(found == Some(value), &found.map_or_else(|| "nothing there".into(), Value::to_string));
        }
        let words = said.words(pointer)?;
        let lower = words.to_lowercase();
        let held = match self {
            Self::Contains(text) => lower.contains(&text.to_lowercase()),
            Self::Lacks(text) => !lower.contains(&text.to_lowercase()),
            Self::Equals(text) => words.trim() == text.trim(),
            Self::Matches(pattern) => pattern.regex.is_match(&words),
            Self::Status(_) | Self::Holds(..) => false,
        };
        wanted(held, &words)
    }
}

/// Every expectation against one answer: the first that does not hold.
///
/// # Errors
/// In words, what it was instead.
pub(super) fn check_all(expect: &[Expect], said: &Said, pointer: Option<&str>) -> Result<(), String> {
    let status_is_expected = expect.iter().any(|one| matches!(one, Expect::Status(_)));
    if !status_is_expected && !(200..300).contains(&said.status) {
        return Err(format!("HTTP {}: {}", said.status, excerpt(&said.text)));
    }
    expect.iter().try_for_each(|one| one.check(said, pointer))
}

/// The beginning of an answer, on one line.
fn excerpt(words: &str) -> String {
    const MOST: usize = 120;
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
