//! Flags, strategies and events as Unleash keeps them, with its surprises: the first `on` creates a strategy, deleting the
//! last strategy of an enabled environment turns it off, no-op toggles write no event. May not know HTTP or clocks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{PROJECT, variants};

/// What is known of one environment of one flag.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Environment {
    /// On or off.
    pub enabled: bool,
    /// Strategies as the store shows them, ids included.
    pub strategies: Vec<Map<String, Value>>,
}

/// Why the store refused, as Unleash names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// 404.
    NotFound(String),
    /// 400.
    BadData(String),
    /// 500: how Unleash answers a JSON Patch `test` that fails.
    TestFailed,
}

/// The store.
#[derive(Debug, Clone, Default)]
pub struct FlagStore {
    flags: BTreeMap<String, BTreeMap<String, Environment>>,
    events: Vec<Value>,
    strategies_made: u64,
}

/// Who does something, when.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// By the store's clock.
    pub at: Timestamp,
    /// User name.
    pub who: &'a str,
}

impl FlagStore {
    /// Creates a flag in the environments `development` and `production`, off.
    pub fn create(&mut self, stamp: Stamp<'_>, flag: &str) {
        let environments = ["development", "production"].map(|name| (name.to_owned(), Environment::default()));
        self.flags.insert(flag.to_owned(), environments.into());
        self.record(stamp, "feature-created", flag, None, (Value::Null, json!({ "name": flag })));
    }

    /// One environment.
    ///
    /// # Errors
    /// Unknown flag or environment.
    pub fn environment(&self, flag: &str, environment: &str) -> Result<&Environment, Refusal> {
        let environments = self.flags.get(flag).ok_or_else(|| unknown_flag(flag))?;
        environments.get(environment).ok_or_else(|| unknown_environment(flag, environment))
    }

    fn environment_mut(&mut self, flag: &str, environment: &str) -> Result<&mut Environment, Refusal> {
        let environments = self.flags.get_mut(flag).ok_or_else(|| unknown_flag(flag))?;
        environments.get_mut(environment).ok_or_else(|| unknown_environment(flag, environment))
    }

    /// Every flag with its environments, by name.
    pub fn flags(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, Environment>)> {
        self.flags.iter().map(|(name, environments)| (name.as_str(), environments))
    }

    /// Whether a flag is on.
    #[must_use]
    pub fn is_on(&self, flag: &str, environment: &str) -> bool {
        self.environment(flag, environment).is_ok_and(|e| e.enabled)
    }

    /// Share of users that a flag is on for, 0..=1.
    #[must_use]
    pub fn share(&self, flag: &str, environment: &str) -> f64 {
        let Ok(environment) = self.environment(flag, environment) else { return 0.0 };
        let rollout = |strategy: &Map<String, Value>| -> Option<f64> {
            let percent = strategy.get("parameters")?.get("rollout")?;
            percent.as_str().and_then(|text| text.parse().ok()).or_else(|| percent.as_f64())
        };
        let gradual =
            environment.strategies.iter().find(|s| s.get("name").is_some_and(|name| name == "flexibleRollout"));
        let percent = gradual.and_then(rollout).unwrap_or(100.0);
        if environment.enabled { (percent / 100.0).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Switches a flag. Idempotent; the first `on` creates a strategy that lets everybody in.
    ///
    /// # Errors
    /// Unknown flag or environment.
    pub fn switch(&mut self, stamp: Stamp<'_>, flag: &str, environment: &str, on: bool) -> Result<(), Refusal> {
        let found = self.environment_mut(flag, environment)?;
        let first = on && found.strategies.is_empty();
        let moved = found.enabled != on;
        found.enabled = on;
        if first {
            let parameters = json!({ "groupId": flag, "rollout": "100", "stickiness": "default" });
            let body =
                json!({ "name": "flexibleRollout", "constraints": [], "parameters": parameters, "variants": [] });
            self.add_strategy(stamp, flag, environment, &body.as_object().cloned().unwrap_or_default())?;
        }
        if moved {
            let kind = if on { "feature-environment-enabled" } else { "feature-environment-disabled" };
            self.record(stamp, kind, flag, Some(environment), (Value::Null, Value::Null));
        }
        Ok(())
    }

    /// Adds a strategy and returns it with its id.
    ///
    /// # Errors
    /// Unknown flag or environment, a body without a name.
    pub fn add_strategy(
        &mut self,
        stamp: Stamp<'_>,
        flag: &str,
        environment: &str,
        body: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Refusal> {
        self.environment(flag, environment)?;
        self.strategies_made += 1;
        let id = format!("5a4db0c5-0000-4000-8000-{:012}", self.strategies_made);
        let strategy = whole_strategy(&id, body)?;
        self.environment_mut(flag, environment)?.strategies.push(strategy.clone());
        let after = Value::Object(strategy.clone());
        self.record(stamp, "feature-strategy-add", flag, Some(environment), (Value::Null, after));
        Ok(strategy)
    }

    /// Replaces a strategy; what the body does not mention is wiped.
    ///
    /// # Errors
    /// Unknown flag, environment or strategy, a body without a name.
    pub fn replace_strategy(
        &mut self,
        stamp: Stamp<'_>,
        (flag, environment, id): (&str, &str, &str),
        body: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Refusal> {
        let strategy = whole_strategy(id, body)?;
        let slot = self.strategy_mut(flag, environment, id)?;
        let before = std::mem::replace(slot, strategy.clone());
        let data = (Value::Object(before), Value::Object(strategy.clone()));
        self.record(stamp, "feature-strategy-update", flag, Some(environment), data);
        Ok(strategy)
    }

    /// Applies a JSON Patch (`test`, `replace`, `add`, `remove`) to a strategy, wholly or not at all.
    ///
    /// # Errors
    /// Unknown flag, environment or strategy; a patch that does not fit; a `test` that fails.
    pub fn patch_strategy(
        &mut self,
        stamp: Stamp<'_>,
        (flag, environment, id): (&str, &str, &str),
        patch: &[Value],
    ) -> Result<Map<String, Value>, Refusal> {
        let slot = self.strategy_mut(flag, environment, id)?;
        let before = Value::Object(slot.clone());
        let mut after = before.clone();
        for operation in patch {
            apply(&mut after, operation)?;
        }
        let mut strategy = after.as_object().cloned().unwrap_or_default();
        variants::settle(&mut strategy)?;
        slot.clone_from(&strategy);
        let after = Value::Object(strategy.clone());
        self.record(stamp, "feature-strategy-update", flag, Some(environment), (before, after));
        Ok(strategy)
    }

    /// Removes a strategy.
    ///
    /// # Errors
    /// Unknown flag, environment or strategy.
    pub fn remove_strategy(
        &mut self,
        stamp: Stamp<'_>,
        (flag, environment, id): (&str, &str, &str),
    ) -> Result<(), Refusal> {
        let before = Value::Object(self.strategy_mut(flag, environment, id)?.clone());
        let found = self.environment_mut(flag, environment)?;
        found.strategies.retain(|strategy| strategy.get("id").is_none_or(|known| known != id));
        let turned_off = found.enabled && found.strategies.is_empty();
        found.enabled &= !turned_off;
        self.record(stamp, "feature-strategy-remove", flag, Some(environment), (before, Value::Null));
        if turned_off {
            self.record(stamp, "feature-environment-disabled", flag, Some(environment), (Value::Null, Value::Null));
        }
        Ok(())
    }

    /// Events, newest first.
    pub fn events(&self) -> impl Iterator<Item = &Value> {
        self.events.iter().rev()
    }

    /// Grows with every change.
    #[must_use]
    pub fn revision(&self) -> usize {
        self.events.len()
    }

    fn strategy_mut(&mut self, flag: &str, environment: &str, id: &str) -> Result<&mut Map<String, Value>, Refusal> {
        let found = self.environment_mut(flag, environment)?;
        let strategy = found.strategies.iter_mut().find(|strategy| strategy.get("id").is_some_and(|known| known == id));
        strategy.ok_or_else(|| Refusal::NotFound(format!("Could not find strategy with id {id}")))
    }

    fn record(
        &mut self,
        stamp: Stamp<'_>,
        kind: &str,
        flag: &str,
        environment: Option<&str>,
        (before, after): (Value, Value),
    ) {
        let id = self.events.len() + 1;
        self.events.push(json!({
            "id": id, "type": kind, "createdBy": stamp.who, "createdByUserId": 2, "createdAt": iso(stamp.at),
            "data": after, "preData": before, "tags": [], "featureName": flag, "project": PROJECT,
            "environment": environment, "label": label(kind), "summary": format!("**{}** {}", stamp.who, label(kind)),
        }));
    }
}

/// `2026-11-23T03:26:41.000Z`, the form in which Unleash writes instants.
fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

fn label(kind: &str) -> &'static str {
    match kind {
        "feature-created" => "Flag created",
        "feature-environment-enabled" => "Flag enabled",
        "feature-environment-disabled" => "Flag disabled",
        "feature-strategy-add" => "Strategy added",
        "feature-strategy-remove" => "Strategy removed",
        _ => "Strategy updated",
    }
}

fn unknown_flag(flag: &str) -> Refusal {
    Refusal::NotFound(format!("Could not find feature with name {flag}"))
}

fn unknown_environment(flag: &str, environment: &str) -> Refusal {
    Refusal::NotFound(format!("Could not find environment {environment} for feature: {flag}"))
}

/// A strategy as the store keeps it: absent lists are empty, not kept.
fn whole_strategy(id: &str, body: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    if body.get("name").and_then(Value::as_str).is_none() {
        return Err(Refusal::BadData("\"name\" is required".into()));
    }
    let mut strategy = Map::new();
    strategy.insert("id".into(), id.into());
    let given = |key: &str, otherwise: Value| (key.to_owned(), body.get(key).cloned().unwrap_or(otherwise));
    strategy.extend([
        given("name", Value::Null),
        given("title", Value::Null),
        given("constraints", json!([])),
        given("parameters", json!({})),
        given("variants", json!([])),
        given("segments", json!([])),
        given("disabled", false.into()),
        given("sortOrder", 0.into()),
    ]);
    variants::settle(&mut strategy)?;
    Ok(strategy)
}

fn apply(target: &mut Value, operation: &Value) -> Result<(), Refusal> {
    let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default();
    let (op, path) = (text("op"), text("path"));
    let wrong = || Refusal::BadData(format!("JSON Patch operation {op:?} at {path:?} does not fit"));
    let wanted = operation.get("value").cloned().unwrap_or_default();
    let (parent, key) = path.rsplit_once('/').ok_or_else(wrong)?;
    match op {
        "test" if target.pointer(path) == Some(&wanted) => {}
        "test" => return Err(Refusal::TestFailed),
        "replace" => *target.pointer_mut(path).ok_or_else(wrong)? = wanted,
        "add" | "remove" => {
            let object = target.pointer_mut(parent).and_then(Value::as_object_mut).ok_or_else(wrong)?;
            if op == "add" {
                object.insert(key.to_owned(), wanted);
            } else {
                object.remove(key).ok_or_else(wrong)?;
            }
        }
        _ => return Err(wrong()),
    }
    Ok(())
}
