//! Unleash's event log as changes. Pure.

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::cause::Fault;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::endpoint::FeedSpec;
use crate::domain::text;

use super::super::audit;
use super::state::percent;
use super::variants;

/// Where the log is searched.
pub(super) const PATH: &str = "/api/admin/search/events";

/// Families of events that can alter what traffic gets. Log-ins, users, tokens and projects cannot.
const FAMILIES: [&str; 4] = ["feature", "segment", "strategy", "change-request-applied"];

/// The changes of an answer since then, newest first.
pub(super) fn changes(answer: &Value, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
    audit::page(answer, "events", since, |event| change(event, feed))
}

fn change(event: &Value, feed: &FeedSpec) -> Option<Change> {
    let words = |key: &str| event.get(key).and_then(Value::as_str).filter(|words| !words.is_empty());
    let family = words("type")?;
    if !FAMILIES.iter().any(|known| family.starts_with(known)) {
        return None;
    }
    let (before, after) = (part(event, "preData"), part(event, "data"));
    Some(Change {
        at: words("createdAt")?.parse().ok()?,
        kind: feed.kind.unwrap_or(ChangeKind::Flag),
        what: what(event, family),
        who: words("createdBy").map(text::clean),
        source: feed.id.to_string(),
        before: before.and_then(pretty),
        after: after.and_then(pretty),
        reviewed: None,
        ours: false,
    })
}

/// One line: the flag, where, and from → to.
fn what(event: &Value, family: &str) -> String {
    let words = |key: &str| event.get(key).and_then(Value::as_str).filter(|words| !words.is_empty());
    let subject = match (words("featureName"), words("environment")) {
        (Some(flag), Some(environment)) => format!("{flag} in {environment}"),
        (Some(flag), None) => flag.to_owned(),
        _ => part(event, "data")
            .or(part(event, "preData"))
            .and_then(|d| d.get("name")?.as_str())
            .map_or_else(|| words("project").unwrap_or("Unleash").to_owned(), str::to_owned),
    };
    let happened = match family {
        "feature-environment-enabled" => "off → on".to_owned(),
        "feature-environment-disabled" => "on → off".to_owned(),
        "feature-strategy-update" => strategy_update(event),
        "feature-strategy-add" => "strategy added".to_owned(),
        "feature-strategy-remove" => "strategy removed".to_owned(),
        other => words("label").map_or_else(|| other.replace('-', " "), str::to_lowercase),
    };
    text::clean(&format!("{subject}: {happened}"))
}

fn strategy_update(event: &Value) -> String {
    let rollout = |key| part(event, key).and_then(Value::as_object).and_then(percent);
    match (rollout("preData"), rollout("data")) {
        (Some(from), Some(to)) if (from - to).abs() > f64::EPSILON => format!("rollout {from} % → {to} %"),
        _ => variants_update(event).unwrap_or_else(|| "strategy changed".to_owned()),
    }
}

fn variants_update(event: &Value) -> Option<String> {
    let shares = |key| part(event, key).and_then(Value::as_object).map(variants::shares);
    let (from, to) = (shares("preData")?, shares("data")?);
    (from != to).then(|| format!("variants {from} → {to}"))
}

fn part<'event>(event: &'event Value, key: &str) -> Option<&'event Value> {
    event.get(key).filter(|value| !value.is_null())
}

fn pretty(value: &Value) -> Option<String> {
    serde_json::to_string_pretty(value).ok()
}
