//! Flagsmith's audit log as changes. Pure.
//!
//! Facts this relies on (Flagsmith's API): pages of `results`, newest first, each with one line of what happened; the log may
//! need a plan that has it.

use jiff::Timestamp;
use serde_json::Value;

use crate::adapters::audit;
use crate::domain::cause::Fault;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::endpoint::FeedSpec;
use crate::domain::text;

pub(super) const PATH: &str = "/api/v1/audit/";

/// The changes of one page since then, newest first.
pub(super) fn changes(answer: &Value, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
    audit::page(answer, "results", since, |entry| change(entry, feed))
}

fn change(entry: &Value, feed: &FeedSpec) -> Option<Change> {
    let words = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).filter(|words| !words.is_empty());
    let place = words("/environment/name").map(|environment| format!(" in {environment}")).unwrap_or_default();
    Some(Change {
        at: words("/created_date")?.parse().ok()?,
        kind: feed.kind.unwrap_or(ChangeKind::Flag),
        what: text::clean(&format!("{}{place}", words("/log")?)),
        who: words("/author/email").map(text::clean),
        source: feed.id.to_string(),
        before: None,
        after: None,
        reviewed: None,
        ours: false,
    })
}
