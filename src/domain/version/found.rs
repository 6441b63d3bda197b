//! From what was read to a line of the version snapshot. Pure; text from servers is cleaned here.

use jiff::Timestamp;
use serde_json::Value;

use super::{Found, LogEntry, Tells, short_hash};
use crate::domain::change::Change;
use crate::domain::lever::{LeverReading, Setting, VersionInfo};
use crate::domain::text;

/// Longest value that is kept, in characters: a version, not a document.
const LONGEST: usize = 200;
/// Most entries of a log that are kept.
const MOST_ENTRIES: usize = 50;

/// A lever's setting; of a version pointer also the hash of the text that it points to.
#[must_use]
pub fn of_lever(reading: &LeverReading, versions: &[VersionInfo]) -> Found {
    let hash = match &reading.setting {
        Setting::Pointer(version) => versions.iter().find(|v| v.version == *version).and_then(|v| v.hash.clone()),
        _ => None,
    };
    let value = one_line(&reading.setting.to_string());
    Found::Known { value, hash, as_of: reading.set_at, entries: Vec::new() }
}

/// The entries of a change feed, newest first.
#[must_use]
pub fn of_changes(changes: &[Change], since: Timestamp) -> Found {
    let mut entries: Vec<LogEntry> = changes
        .iter()
        .filter(|change| change.at >= since)
        .map(|change| LogEntry { at: change.at, what: one_line(&change.what) })
        .collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    let value = match entries.len() {
        0 => "no entries in 14 days".to_owned(),
        1 => "1 entry in 14 days".to_owned(),
        n => format!("{n} entries in 14 days"),
    };
    entries.truncate(MOST_ENTRIES);
    Found::Known { value, hash: None, as_of: entries.first().map(|entry| entry.at), entries }
}

/// The value in a document. A list or an object is told by its size and the hash of its content.
#[must_use]
pub fn of_document(body: &Value, tells: &Tells) -> Found {
    let Tells::Document { pointer, hash, as_of, .. } = tells else {
        return Found::Gap { cause: "it is not told by a document".to_owned() };
    };
    let (value, own_hash) = match body.pointer(pointer) {
        None => return Found::Gap { cause: format!("nothing at {pointer:?} of the answer") },
        Some(Value::Null) => return Found::Gap { cause: format!("null at {pointer:?} of the answer") },
        Some(Value::String(words)) => (one_line(words), None),
        Some(list @ Value::Array(items)) => (sized(items.len()), Some(short_hash(list.to_string().as_bytes()))),
        Some(table @ Value::Object(keys)) => (sized(keys.len()), Some(short_hash(table.to_string().as_bytes()))),
        Some(other) => (other.to_string(), None),
    };
    if value.is_empty() {
        return Found::Gap { cause: format!("an empty text at {pointer:?} of the answer") };
    }
    let text_at = |pointer: &Option<String>| {
        let found = pointer.as_deref().and_then(|pointer| body.pointer(pointer))?;
        found.as_str().map(one_line)
    };
    let as_of = text_at(as_of).and_then(|words| words.trim().parse().ok());
    Found::Known { value, hash: text_at(hash).or(own_hash), as_of, entries: Vec::new() }
}

fn sized(n: usize) -> String {
    if n == 1 { "1 entry".to_owned() } else { format!("{n} entries") }
}

fn one_line(words: &str) -> String {
    let clean = text::clean(words.trim());
    match clean.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &clean[..at]),
        None => clean,
    }
}
