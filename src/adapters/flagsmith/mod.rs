//! Flagsmith: what a feature is by default in one environment, on or off and its value, as levers.
//! May not touch segment overrides, which win over the default.
//!
//! Facts this relies on (Flagsmith's API documentation): the experimental environment API reads a feature whole and patches
//! only what it is told; nothing compares before it sets; it refuses where change requests are on.

mod audit;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::change::Change;
use crate::domain::endpoint::FeedSpec;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Revision, Setting, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};
use crate::domain::text;
use crate::net::{Question, ReadClient, segment};

use super::planned::{self, odd};
use super::{Adapter, Changes, Levers, WriteOutcome, checks, sending};

/// The edge API follows within this.
const PROPAGATION: Duration = Duration::from_mins(1);
/// What SDKs ask, with the environment's key instead of ours.
const SERVED: &str = "/api/v1/flags/";

/// The adapter for a Flagsmith endpoint.
#[must_use]
pub fn adapter(client: ReadClient) -> Adapter {
    let flagsmith = Arc::new(Flagsmith { client });
    Adapter { changes: Some(flagsmith.clone()), levers: Some(flagsmith), ..Adapter::default() }
}

struct Flagsmith {
    client: ReadClient,
}

/// Where a lever lives.
struct Place<'target> {
    environment: &'target str,
    feature: &'target str,
    /// The value rather than the switch.
    value: bool,
}

impl Place<'_> {
    fn path(&self) -> String {
        let (environment, feature) = (segment(self.environment), segment(self.feature));
        format!("/api/__future__/environments/{environment}/features/{feature}/")
    }

    /// What the default says of the lever.
    fn setting(&self, default: &Value) -> Result<Setting, Fault> {
        if self.value {
            return value_of(default.pointer("/value/value"));
        }
        let on = default.get("enabled").and_then(Value::as_bool);
        on.map(Setting::Switch).ok_or_else(|| odd("a feature that is neither on nor off"))
    }
}

/// Flagsmith may give numbers and switches as text next to their type.
fn value_of(value: Option<&Value>) -> Result<Setting, Fault> {
    match value {
        None | Some(Value::Null) => Ok(Setting::Unset),
        Some(Value::Bool(on)) => Ok(Setting::Switch(*on)),
        Some(Value::Number(number)) => number.as_f64().map(Setting::Number).ok_or_else(|| odd("a number without end")),
        Some(Value::String(words)) => Ok(Setting::Pointer(text::clean_lines(words))),
        Some(_) => Err(odd("the value is neither text, number nor switch")),
    }
}

/// The new value, in the type that it has.
fn typed(now: &Value, after: &Setting) -> Result<Value, String> {
    let kind = now.get("type").and_then(Value::as_str).unwrap_or("string");
    let value = match (now.get("value"), after) {
        (Some(Value::Bool(_)), Setting::Switch(on)) => json!(on),
        (Some(Value::Number(_)), Setting::Number(number)) if number.fract() == 0.0 => {
            format!("{number:.0}").parse::<i64>().map(Value::from).map_err(|error| error.to_string())?
        }
        (Some(Value::String(_)), Setting::Pointer(words)) => json!(words),
        (_, after) => return Err(format!("the value is of type {kind}, so it cannot become {after}")),
    };
    Ok(json!({ "type": kind, "value": value }))
}

impl Flagsmith {
    fn place<'target>(&self, target: &'target LeverTarget) -> Result<Place<'target>, String> {
        let value = target.is(&forms::FLAGSMITH_VALUE);
        if !value && !target.is(&forms::FLAGSMITH_FEATURE) {
            return Err(format!("{} is no lever of Flagsmith (endpoint {})", target.words(), self.client.spec().id));
        }
        let feature = target.key(if value { "value" } else { "feature" });
        Ok(Place { environment: target.key("environment-key"), feature, value })
    }

    async fn feature(&self, place: &Place<'_>) -> Result<Value, Fault> {
        self.client.get(&place.path(), &[]).await?.json_as()
    }

    fn reading(place: &Place<'_>, feature: &Value) -> Result<LeverReading, Fault> {
        let default = feature.get("environment_default").ok_or_else(|| odd("a feature without environment_default"))?;
        Ok(LeverReading {
            setting: place.setting(default)?,
            revision: Revision::None,
            raw: default.to_string(),
            read_at: clock::now(),
            set_by: None,
            set_at: None,
        })
    }

    fn patch(&self, place: &Place<'_>, default: &Map<String, Value>) -> Result<Vec<PlannedRequest>, String> {
        let body = json!({ "environment_default": default });
        planned::request(&self.client, "PATCH", &place.path(), Some((planned::JSON, &body)))
            .map(|request| vec![request])
    }
}

#[async_trait]
impl Changes for Flagsmith {
    async fn since(&self, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
        let mut query = vec![("page_size", "100")];
        if !feed.what.is_empty() {
            query.push(("project", feed.what.as_str()));
        }
        audit::changes(&self.client.get(audit::PATH, &query).await?.json()?, feed, since)
    }
}

#[async_trait]
impl Levers for Flagsmith {
    fn contract(&self, _target: &LeverTarget) -> Contract {
        Contract::weak(PROPAGATION, "an organisation API key with update on the environment")
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let place = self.place(target).map_err(|why| odd(&why))?;
        Self::reading(&place, &self.feature(&place).await?)
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        let place = self.place(target)?;
        let now = planned::kept(&observed.raw)?;
        let mut default = Map::new();
        match after {
            Setting::Switch(on) if !place.value => {
                default.insert("enabled".into(), json!(on));
            }
            after if place.value => {
                default.insert("value".into(), typed(now.get("value").unwrap_or(&Value::Null), after)?);
            }
            other => return Err(format!("a feature is on or off, not {other}")),
        }
        self.patch(&place, &default)
    }

    /// Switch and value as they were. What else the default holds must be as it was then.
    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        let place = self.place(target)?;
        let (now, before) = (planned::kept(&observed.raw)?, planned::kept(&prior.raw)?);
        let (Some(now), Some(before)) = (now.as_object(), before.as_object()) else {
            return Err("the kept reading is no feature of Flagsmith".into());
        };
        let mut default = Map::new();
        for key in now.keys().chain(before.keys()).filter(|key| now.get(*key) != before.get(*key)) {
            match (key.as_str(), before.get(key)) {
                ("enabled" | "value", Some(value)) => {
                    default.insert(key.clone(), value.clone());
                }
                _ => return Err(format!("{key} of the feature changed since; bring it back in Flagsmith")),
            }
        }
        if default.is_empty() {
            return Err(planned::nothing_to_undo());
        }
        self.patch(&place, &default)
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        sending::send(permit, &self.client, requests, |_| None).await
    }

    /// What SDKs get that name no user. A feature that is not handed out says nothing: disabled ones can be hidden.
    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        let place = self.place(target).map_err(|why| odd(&why))?;
        let headers = [("X-Environment-Key".to_owned(), place.environment.to_owned())];
        let question = Question {
            path: SERVED,
            query: &[],
            headers: &headers,
            content_type: None,
            post: false,
            body: None,
            serving: false,
        };
        let answer = self.client.ask_as(&question).await?;
        if let Some(fault) = answer.fault() {
            return Err(fault.clone());
        }
        let flags = answer.json()?;
        let flags = flags.as_array().ok_or_else(|| odd("the flags are no list"))?;
        let wanted: Option<u64> = place.feature.parse().ok();
        let ours = |flag: &&Value| wanted.is_some() && flag.pointer("/feature/id").and_then(Value::as_u64) == wanted;
        match flags.iter().find(ours) {
            None => Ok(None),
            Some(flag) if place.value => value_of(flag.get("feature_state_value")).map(Some),
            Some(flag) => Ok(flag.get("enabled").and_then(Value::as_bool).map(Setting::Switch)),
        }
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let place = match self.place(target) {
            Ok(place) => place,
            Err(why) => return vec![Check { name: "target exists".into(), status: CheckStatus::Fail, why }],
        };
        let feature = self.feature(&place).await;
        let read = match &feature {
            Ok(feature) => Self::reading(&place, feature).map(drop),
            Err(fault) => Err(fault.clone()),
        };
        let mut found = checks::of_read(&read, &target.words());
        if let (Ok(feature), true) = (&feature, read.is_ok()) {
            let why = "Flagsmith does not tell what a key may write, nor before whether change requests are on".into();
            found.push(Check { name: "token allowed".into(), status: CheckStatus::Unknown, why });
            let overrides = feature.get("segment_overrides").and_then(Value::as_array).map_or(0, Vec::len);
            if overrides > 0 {
                let why = format!("{overrides} segment overrides win over the default and stay as they are");
                found.push(Check { name: "reaches everybody".into(), status: CheckStatus::Warn, why });
            }
        }
        found
    }
}
