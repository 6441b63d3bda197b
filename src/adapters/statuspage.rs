//! Status pages in the form of Atlassian Statuspage (incident.io and others answer the same): how bad the provider says
//! it is, 0 to 3, and its incidents as changes. May not take a silent page for a healthy provider.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::ahead::Ahead;
use crate::domain::cause::Fault;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::endpoint::FeedSpec;
use crate::domain::sample::{Point, Reading, Sample};
use crate::domain::signal::SignalSpec;
use crate::domain::text;
use crate::net::ReadClient;

use super::{Adapter, Changes, Readings, Window};

/// Most incidents handed on.
const MOST_CHANGES: usize = 100;
/// The API's own prefix, which a config may or may not have written into the URL.
const PREFIX: &str = "/api/v2";

/// What a status page can do.
#[must_use]
pub fn adapter(client: ReadClient) -> Adapter {
    let page = Arc::new(Statuspage { client });
    Adapter { readings: Some(page.clone()), changes: Some(page), ..Adapter::default() }
}

struct Statuspage {
    client: ReadClient,
}

#[derive(Debug, Deserialize)]
struct Summary {
    status: Option<Overall>,
    #[serde(default)]
    components: Vec<Component>,
    #[serde(default)]
    incidents: Vec<Incident>,
}

#[derive(Debug, Deserialize)]
struct Overall {
    indicator: String,
}

#[derive(Debug, Deserialize)]
struct Component {
    #[serde(default)]
    id: String,
    name: String,
    status: String,
    #[serde(default)]
    group: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Incident {
    name: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    impact: Option<String>,
    created_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
}

impl Statuspage {
    async fn fetch(&self, file: &str) -> Result<Summary, Fault> {
        let prefix = if self.client.spec().url.trim_end_matches('/').ends_with(PREFIX) { "" } else { PREFIX };
        read(self.client.get(&format!("{prefix}/{file}"), &[]).await?.json()?)
    }

    /// The whole page, or the overall status alone where that is all there is.
    async fn summary(&self) -> Result<Summary, Fault> {
        match self.fetch("summary.json").await {
            Err(Fault::NotFound { .. }) => self.fetch("status.json").await,
            other => other,
        }
    }
}

#[async_trait]
impl Readings for Statuspage {
    async fn poll(&self, signals: &[Arc<SignalSpec>], at: Timestamp) -> Vec<Reading> {
        let summary = self.summary().await;
        let reading = |signal: &Arc<SignalSpec>| {
            let level = summary.as_ref().map_err(Clone::clone).and_then(|page| level(page, &signal.query.value));
            let sample = level.map(|value| Sample { value, n: None, at });
            Reading { signal: signal.id.clone(), sample, cohorts: Vec::new() }
        };
        signals.iter().map(reading).collect()
    }

    /// Samples are by our clock, the time of the question.
    fn ahead(&self) -> Option<Ahead> {
        Some(Ahead::NONE)
    }

    async fn history(&self, signals: &[Arc<SignalSpec>], _window: Window) -> Vec<Result<Vec<Point>, Fault>> {
        signals.iter().map(|_| Err(Fault::NoData)).collect()
    }
}

#[async_trait]
impl Changes for Statuspage {
    async fn since(&self, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
        let page = match self.fetch("incidents.json").await {
            // Some compatible pages have only the summary, which lists what is not resolved.
            Err(Fault::NotFound { .. }) => self.fetch("summary.json").await?,
            other => other?,
        };
        Ok(changes(page.incidents, feed, since))
    }
}

fn read(json: Value) -> Result<Summary, Fault> {
    if json.get("page").is_none_or(Value::is_null) {
        return Err(Fault::NotUnderstood { why: "not a status page: it has no \"page\"".into() });
    }
    serde_json::from_value(json)
        .map_err(|error| Fault::NotUnderstood { why: format!("not the Statuspage format: {error}") })
}

/// 0 none, 1 minor, 2 major, 3 critical; of one component if it is named (by name or id), else of the whole page.
fn level(page: &Summary, component: &str) -> Result<f64, Fault> {
    if component.is_empty() {
        let not_told = || Fault::NotUnderstood { why: "the page does not tell its status".into() };
        return overall_level(&page.status.as_ref().ok_or_else(not_told)?.indicator);
    }
    let named =
        |row: &&Component| row.group != Some(true) && (row.id == component || row.name.eq_ignore_ascii_case(component));
    let mut worst = None;
    for row in page.components.iter().filter(named) {
        let level = component_level(&row.status)?;
        worst = Some(worst.map_or(level, |so_far: f64| so_far.max(level)));
    }
    worst.ok_or_else(|| Fault::NotFound { what: format!("component {component:?} of the status page") })
}

/// A word we do not know is never "none".
fn overall_level(indicator: &str) -> Result<f64, Fault> {
    match indicator {
        "none" => Ok(0.0),
        "minor" | "maintenance" => Ok(1.0),
        "major" => Ok(2.0),
        "critical" => Ok(3.0),
        other => Err(Fault::NotUnderstood { why: format!("indicator {other:?}") }),
    }
}

fn component_level(status: &str) -> Result<f64, Fault> {
    match status {
        "operational" => Ok(0.0),
        "degraded_performance" | "under_maintenance" => Ok(1.0),
        "partial_outage" => Ok(2.0),
        "major_outage" => Ok(3.0),
        other => Err(Fault::NotUnderstood { why: format!("component status {other:?}") }),
    }
}

/// Incidents as changes, newest first: what the provider did to us, from when it says it began.
fn changes(incidents: Vec<Incident>, feed: &FeedSpec, since: Timestamp) -> Vec<Change> {
    let change = |incident: Incident| {
        let at = incident.started_at.or(incident.created_at)?;
        let about: Vec<_> = [incident.impact, incident.status].into_iter().flatten().collect();
        let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
        Some(Change {
            at,
            kind: ChangeKind::Provider,
            what: text::clean(&format!("{}{about}", incident.name)),
            who: None,
            source: feed.id.to_string(),
            before: None,
            after: None,
            reviewed: None,
            ours: false,
        })
    };
    let mut found: Vec<_> = incidents.into_iter().filter_map(change).filter(|change| change.at >= since).collect();
    found.sort_by_key(|change| std::cmp::Reverse(change.at));
    found.truncate(MOST_CHANGES);
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page() -> Summary {
        read(json!({
            "page": {"id": "abc123", "name": "Example AI"},
            "status": {"indicator": "major", "description": "Partial System Outage"},
            "components": [
                {"id": "g1", "name": "API", "status": "operational", "group": true},
                {"id": "b13y", "name": "API", "status": "partial_outage", "group": false},
                {"id": "c2", "name": "Console", "status": "operational"},
                {"id": "d3", "name": "Batch", "status": "on_fire"},
            ],
            "incidents": [
                {"name": "Elevated errors\u{202e}", "status": "identified", "impact": "major",
                 "created_at": "2026-11-23T04:30:00.000Z", "started_at": "2026-11-23T04:28:00.000-00:00"},
                {"name": "Old", "created_at": "2026-11-01T00:00:00-07:00", "started_at": null},
            ],
        }))
        .expect("a page")
    }

    #[test]
    fn the_named_component_counts_not_its_group_row_nor_the_whole_page() {
        assert_eq!(level(&page(), ""), Ok(2.0));
        assert_eq!(level(&page(), "api"), Ok(2.0));
        assert_eq!(level(&page(), "c2"), Ok(0.0));
    }

    #[test]
    fn what_is_not_known_is_never_level_zero() {
        assert!(matches!(level(&page(), "Batch"), Err(Fault::NotUnderstood { .. })));
        assert!(matches!(level(&page(), "No such"), Err(Fault::NotFound { .. })));
        assert!(overall_level("purple").is_err());
        assert!(read(json!({"page": null})).is_err());
        assert!(read(json!([])).is_err());
        let silent = read(json!({"page": {}})).expect("a page");
        assert!(level(&silent, "").is_err());
    }

    #[test]
    fn incidents_begin_when_the_provider_says_they_began() {
        let feed = FeedSpec {
            id: "provider".parse().expect("an id"),
            from: "status".parse().expect("an id"),
            kind: None,
            what: String::new(),
            fields: None,
        };
        let since = "2026-11-23T00:00:00Z".parse().expect("a time");
        let found = changes(page().incidents, &feed, since);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].at.to_string(), "2026-11-23T04:28:00Z");
        assert_eq!(found[0].what, "Elevated errors‹U+202E› (major, identified)");
        assert_eq!(found[0].kind, ChangeKind::Provider);
    }
}
