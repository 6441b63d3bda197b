//! Any JSON endpoint: numbers at a pointer as signals, an array of items as a change feed, levers by recipes, documents.
//! May not know any product's format beyond the pointers of the config.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use jiff::Timestamp;
use serde_json::Value;

use crate::domain::ahead::Ahead;
use crate::domain::cause::Fault;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::endpoint::{FeedFields, FeedSpec};
use crate::domain::sample::{Point, Reading, Sample};
use crate::domain::signal::{Query, SignalSpec};
use crate::domain::text;
use crate::net::ReadClient;

use super::recipe::{Line, Recipes};
use super::samples::Export;
use super::suite::Product;
use super::{Adapter, Changes, Documents, Readings, Window};

/// Most changes handed on; the newest are the ones that matter.
const MOST_CHANGES: usize = 300;
/// Most requests in flight at one server.
const IN_FLIGHT: usize = 4;
/// Epoch numbers from here on are milliseconds (as seconds it is the year 5138).
const MILLISECONDS_FROM: f64 = 1e11;

/// What a JSON endpoint can do. `actor` is told to recipes that name who moves a lever.
#[must_use]
pub fn adapter(client: ReadClient, actor: &str) -> Adapter {
    let product = Product::new(client.clone());
    let levers = Arc::new(Recipes::new(Line::Http(client.clone()), actor));
    let samples = Arc::new(Export::new(client.clone()));
    let http = Arc::new(Http { client });
    Adapter {
        readings: Some(http.clone()),
        changes: Some(http.clone()),
        traffic: Some(product),
        levers: Some(levers),
        documents: Some(http),
        samples: Some(samples),
    }
}

struct Http {
    client: ReadClient,
}

#[async_trait]
impl Readings for Http {
    async fn poll(&self, signals: &[Arc<SignalSpec>], at: Timestamp) -> Vec<Reading> {
        let paths: BTreeSet<String> = signals.iter().map(|signal| signal.query.value.clone()).collect();
        let fetch = |path: String| async move {
            let answer = self.client.get(&path, &[]).await;
            (path, answer.and_then(|answer| answer.json()))
        };
        let answers: BTreeMap<String, Result<Value, Fault>> =
            futures::stream::iter(paths).map(fetch).buffer_unordered(IN_FLIGHT).collect().await;
        let reading = |signal: &Arc<SignalSpec>| {
            let answer = answers.get(&signal.query.value).unwrap_or(&Err(Fault::NotYet));
            let sample = answer.as_ref().map_err(Clone::clone).and_then(|body| sample(body, &signal.query, at));
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
impl Documents for Http {
    async fn document(&self, path: &str) -> Result<Value, Fault> {
        self.client.get(path, &[]).await?.json()
    }
}

#[async_trait]
impl Changes for Http {
    async fn since(&self, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
        let body = self.client.get(&feed.what, &[]).await?.json()?;
        changes(&body, feed, since)
    }
}

fn sample(body: &Value, query: &Query, at: Timestamp) -> Result<Sample, Fault> {
    let value = number_at(body, query.pointer.as_deref().unwrap_or_default())?;
    let n = query.samples.as_deref().map(|pointer| number_at(body, pointer)).transpose()?;
    if n.is_some_and(|n| n < 0.0) {
        return Err(Fault::NotUnderstood { why: "a negative number of observations".into() });
    }
    Ok(Sample { value, n, at })
}

/// A finite number, or text that is one.
fn number_at(body: &Value, pointer: &str) -> Result<f64, Fault> {
    let not_understood = |why: String| Fault::NotUnderstood { why };
    let found = body.pointer(pointer).ok_or_else(|| not_understood(format!("nothing at {pointer:?}")))?;
    let number = match found {
        Value::Null => return Err(Fault::NoData),
        Value::Number(number) => number.as_f64(),
        Value::String(words) => words.trim().parse().ok(),
        _ => None,
    };
    let number = number.ok_or_else(|| not_understood(format!("no number at {pointer:?}")))?;
    if number.is_finite() { Ok(number) } else { Err(Fault::NotANumber) }
}

/// The changes of a feed, newest first. Items without a time or a text are left out; if that is all of them, the
/// pointers are wrong and the feed says so.
fn changes(body: &Value, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
    let usual = FeedFields {
        items: String::new(),
        at: "/at".into(),
        what: "/what".into(),
        who: Some("/who".into()),
        kind: Some("/kind".into()),
    };
    let fields = feed.fields.as_ref().unwrap_or(&usual);
    let not_understood = |why: String| Fault::NotUnderstood { why };
    let items = body.pointer(&fields.items).and_then(Value::as_array);
    let items = items.ok_or_else(|| not_understood(format!("no list at {:?}", fields.items)))?;
    let mut readable: Vec<_> = items.iter().filter_map(|item| change(item, fields, feed)).collect();
    if readable.is_empty() && !items.is_empty() {
        let why = format!("no item has a time at {:?} and a text at {:?}", fields.at, fields.what);
        return Err(not_understood(why));
    }
    if readable.len() < items.len() {
        tracing::warn!(feed = %feed.id, left_out = items.len() - readable.len(), "items of a change feed are not readable");
    }
    readable.retain(|change| change.at >= since);
    readable.sort_by_key(|change| std::cmp::Reverse(change.at));
    readable.truncate(MOST_CHANGES);
    Ok(readable)
}

fn change(item: &Value, fields: &FeedFields, feed: &FeedSpec) -> Option<Change> {
    let words = |pointer: &str| item.pointer(pointer).and_then(line);
    let said = fields.kind.as_deref().and_then(words).and_then(|kind| kind.to_lowercase().parse().ok());
    Some(Change {
        at: time(item.pointer(&fields.at)?)?,
        kind: said.or(feed.kind).unwrap_or(ChangeKind::Config),
        what: words(&fields.what)?,
        who: fields.who.as_deref().and_then(words),
        source: feed.id.to_string(),
        before: None,
        after: None,
        reviewed: None,
        ours: false,
    })
}

/// One clean, non-empty line; a commit message has many, the first says it.
fn line(value: &Value) -> Option<String> {
    let words = match value {
        Value::String(words) => words.lines().map(str::trim).find(|line| !line.is_empty())?.to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text::clean(&words))
}

/// RFC 3339 text, or epoch seconds or milliseconds, as number or as text.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    let epoch = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(words) => match words.trim().parse::<Timestamp>() {
            Ok(at) => return Some(at),
            Err(_) => words.trim().parse().ok()?,
        },
        _ => return None,
    };
    let seconds = if epoch.abs() >= MILLISECONDS_FROM { epoch / 1_000.0 } else { epoch };
    Timestamp::from_duration(jiff::SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}

#[cfg(test)]
mod tests;
