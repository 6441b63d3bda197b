//! What Unleash's answers say about a lever. Pure.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::domain::cause::Fault;
use crate::domain::lever::{LeverReading, Revision, Setting};
use crate::domain::text;
use crate::net::Answer;

use super::moves::{Part, Place};
use super::variants;

/// One environment of one flag. Strategies stay whole: undo must not lose what we do not know.
#[derive(Debug, Deserialize)]
pub(super) struct Environment {
    pub(super) enabled: bool,
    pub(super) strategies: Vec<Map<String, Value>>,
}

impl Environment {
    /// # Errors
    /// In words, where the JSON is not what Unleash gives.
    pub(super) fn parse(raw: &str) -> Result<Self, String> {
        serde_json::from_str(raw).map_err(|error| format!("not an Unleash environment: {error}"))
    }

    /// The strategy whose rollout is the lever: the first gradual one.
    pub(super) fn rollout(&self) -> Option<&Map<String, Value>> {
        self.strategies.iter().find(|strategy| field(strategy, "name") == "flexibleRollout")
    }
}

/// A text field, empty if absent.
pub(super) fn field<'map>(map: &'map Map<String, Value>, key: &str) -> &'map str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The rollout of a strategy, in percent. Unleash keeps it as text.
pub(super) fn percent(strategy: &Map<String, Value>) -> Option<f64> {
    let rollout = strategy.get("parameters")?.get("rollout")?;
    rollout.as_f64().or_else(|| rollout.as_str()?.parse().ok()).filter(|percent| percent.is_finite())
}

fn setting(place: &Place<'_>, environment: &Environment) -> Setting {
    match place.part {
        Part::Switch => Setting::Switch(environment.enabled),
        Part::Rollout => environment.rollout().and_then(percent).map_or(Setting::Unset, Setting::Number),
        Part::Variants => environment.rollout().map_or(Setting::Unset, variants::shares),
    }
}

/// The reading of a lever from the environment's JSON and the flag's newest event.
pub(super) fn reading(
    place: &Place<'_>,
    raw: String,
    event: Option<&Value>,
    read_at: Timestamp,
) -> Result<LeverReading, Fault> {
    let environment = Environment::parse(&raw).map_err(|why| Fault::NotUnderstood { why })?;
    let words = |key| event?.get(key)?.as_str();
    Ok(LeverReading {
        setting: setting(place, &environment),
        revision: Revision::Soft(revision(&raw, event)),
        raw,
        read_at,
        set_by: words("createdBy").map(text::clean),
        set_at: words("createdAt").and_then(|at| at.parse().ok()),
    })
}

/// The flag's newest event id, with a fingerprint of the environment: both are read at the same moment, and only
/// together do they notice a change between the two answers.
fn revision(raw: &str, event: Option<&Value>) -> String {
    let fingerprint = format!("{:.8x}", Sha256::digest(raw));
    match event.and_then(|event| event.get("id")).and_then(Value::as_u64) {
        Some(id) => format!("event {id}, content {fingerprint}"),
        None => format!("content {fingerprint}"),
    }
}

/// What the client API hands out for this lever.
pub(super) fn served(place: &Place<'_>, answer: &Value) -> Result<Setting, Fault> {
    let features = answer
        .get("features")
        .and_then(Value::as_array)
        .ok_or_else(|| Fault::NotUnderstood { why: "the client API's answer has no features".into() })?;
    let feature = features
        .iter()
        .find(|feature| feature.get("name").and_then(Value::as_str) == Some(place.flag))
        .ok_or_else(|| Fault::NotFound { what: format!("flag {} at the client API", place.flag) })?;
    let environment =
        Environment::deserialize(feature).map_err(|error| Fault::NotUnderstood { why: error.to_string() })?;
    Ok(setting(place, &environment))
}

/// Whether the user behind the token may move this lever; `None` if the answer does not say.
pub(super) fn may_toggle(user: &Value, place: &Place<'_>) -> Option<bool> {
    let permissions = user.get("permissions")?.as_array()?;
    let covers = |entry: &Value, key: &str, wanted: &str| {
        entry.get(key).and_then(Value::as_str).is_none_or(|value| value == wanted || value == "*")
    };
    Some(permissions.iter().any(|entry| {
        let name = entry.get("permission").and_then(Value::as_str);
        name == Some("ADMIN")
            || (name == Some(place.permission())
                && covers(entry, "project", place.project)
                && covers(entry, "environment", place.environment))
    }))
}

/// True for the answer by which Unleash says that a JSON Patch `test` did not hold. Its status is 500, but nothing was changed.
pub(super) fn lost_compare_and_set(answer: &Answer) -> bool {
    answer.status == 500
        && answer.json().is_ok_and(|body| {
            body.get("message").and_then(Value::as_str).is_some_and(|m| m.contains("TEST_OPERATION_FAILED"))
        })
}
