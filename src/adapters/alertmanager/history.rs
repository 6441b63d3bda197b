//! Silences that began and ended, as changes: whoever made one, fewer people are told. Pure.
//!
//! Facts this relies on (read off Alertmanager 0.25.0): the list holds expired silences too, for five days; the end of one that
//! was taken off early is the moment when it was.

use jiff::Timestamp;
use serde_json::Value;

use crate::adapters::planned::odd;
use crate::domain::cause::Fault;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::endpoint::FeedSpec;
use crate::domain::text;

use super::matchers::Matcher;

/// The changes of the list between the two instants, newest first.
pub(super) fn changes(list: &Value, feed: &FeedSpec, since: Timestamp, now: Timestamp) -> Result<Vec<Change>, Fault> {
    let list = list.as_array().ok_or_else(|| odd("the silences are no list"))?;
    let mut changes: Vec<Change> = list.iter().flat_map(|silence| of(silence, feed)).collect();
    changes.retain(|change| (since..=now).contains(&change.at));
    changes.sort_by_key(|change| std::cmp::Reverse(change.at));
    Ok(changes)
}

/// The beginning and the end of one silence.
fn of(silence: &Value, feed: &FeedSpec) -> Vec<Change> {
    let words = |key: &str| silence.get(key).and_then(Value::as_str).filter(|words| !words.is_empty());
    let matchers = silence.get("matchers").and_then(Value::as_array).into_iter().flatten();
    let matchers: Vec<String> = matchers.filter_map(Matcher::of).map(|matcher| matcher.to_string()).collect();
    let about = matchers.join(", ");
    let comment = words("comment").map(|comment| format!(" ({comment})")).unwrap_or_default();
    let change = |key: &str, what: String, who: Option<&str>| {
        Some(Change {
            at: words(key)?.parse().ok()?,
            kind: feed.kind.unwrap_or(ChangeKind::Config),
            what: text::clean(&what),
            who: who.map(text::clean),
            source: feed.id.to_string(),
            before: None,
            after: None,
            reviewed: None,
            ours: false,
        })
    };
    let until = words("endsAt").unwrap_or("nobody knows when");
    let began = change("startsAt", format!("alerts silenced until {until}: {about}{comment}"), words("createdBy"));
    let expired = silence.pointer("/status/state").and_then(Value::as_str) == Some("expired");
    let ended = expired.then(|| change("endsAt", format!("alerts no longer silenced: {about}"), None)).flatten();
    began.into_iter().chain(ended).collect()
}
