//! LaunchDarkly's audit log as changes. Pure.

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::cause::Fault;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::endpoint::FeedSpec;
use crate::domain::text;

use super::super::audit;

/// The changes of an answer since then, newest first.
pub(super) fn changes(answer: &Value, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
    audit::page(answer, "items", since, |entry| change(entry, feed))
}

fn change(item: &Value, feed: &FeedSpec) -> Option<Change> {
    let words = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).filter(|words| !words.is_empty());
    let environment = words("/target/resources/0")
        .and_then(|resource| resource.split(':').find_map(|part| part.strip_prefix("env/")))
        .map(|environment| format!(" in {environment}"))
        .unwrap_or_default();
    let verb = words("/titleVerb").or_else(|| words("/description")).unwrap_or("changed");
    let comment = words("/comment").map(|comment| format!(" ({comment})")).unwrap_or_default();
    Some(Change {
        at: Timestamp::from_millisecond(item.get("date")?.as_i64()?).ok()?,
        kind: feed.kind.unwrap_or(ChangeKind::Flag),
        what: text::clean(&format!("{}{environment}: {verb}{comment}", words("/name")?)),
        who: words("/member/email").or_else(|| words("/token/name")).map(text::clean),
        source: feed.id.to_string(),
        before: None,
        after: None,
        reviewed: None,
        ours: false,
    })
}
