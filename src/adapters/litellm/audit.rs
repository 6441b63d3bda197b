//! LiteLLM's audit log as changes: deployments and settings. Keys, users and teams are left out, and so is what was written:
//! it holds credentials. Pure.
//!
//! Facts this relies on (the source of litellm-enterprise 0.1.83): the log is kept with a licence only and where
//! `store_audit_logs` is on; pages of at most 100 entries, newest first; without the licence the path is not there.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::adapters::audit;
use crate::domain::cause::Fault;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::endpoint::FeedSpec;
use crate::domain::text;

pub(super) const PATH: &str = "/audit";

/// The changes of one page since then, newest first.
pub(super) fn changes(answer: &Value, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
    audit::page(answer, "audit_logs", since, |entry| change(entry, feed))
}

fn change(entry: &Value, feed: &FeedSpec) -> Option<Change> {
    let words = |key: &str| entry.get(key).and_then(Value::as_str).filter(|words| !words.is_empty());
    let (what, kind) = match words("table_name")? {
        "LiteLLM_ProxyModelTable" => ("deployment", ChangeKind::Model),
        "LiteLLM_Config" | "LiteLLM_ConfigOverrides" | "LiteLLM_CacheConfig" => ("settings", ChangeKind::Config),
        _ => return None,
    };
    let action = words("action").unwrap_or("changed");
    Some(Change {
        at: instant(words("updated_at")?)?,
        kind: feed.kind.unwrap_or(kind),
        what: text::clean(&format!("{what} {}: {action}", words("object_id").unwrap_or("without a name"))),
        who: words("changed_by").map(text::clean),
        source: feed.id.to_string(),
        before: None,
        after: None,
        reviewed: None,
        ours: false,
    })
}

/// The log's times are UTC, with or without saying so.
fn instant(words: &str) -> Option<Timestamp> {
    let plain = || words.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
    words.parse().ok().or_else(plain)
}
