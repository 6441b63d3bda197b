//! The exact requests that move an Unleash lever and bring it back. Pure.

use serde_json::{Map, Value, json};

use crate::domain::lever::{LeverReading, LeverTarget, Setting, forms};
use crate::domain::plan::PlannedRequest;
use crate::net::{ReadClient, segment};

use super::state::{Environment, field};
use super::variants;

/// The fields of a strategy that a PUT replaces. Ids and names of the flag belong to the address, not to the body.
/// Segments are kept by Unleash when the body does not mention them, and the environment's JSON does not.
const STRATEGY_FIELDS: [&str; 8] =
    ["name", "title", "constraints", "parameters", "variants", "segments", "disabled", "sortOrder"];

/// Which part of a flag in an environment is the lever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// On and off.
    Switch,
    /// The percentage of the first gradual strategy.
    Rollout,
    /// The weights of that strategy's variants.
    Variants,
}

/// Where a lever lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'target> {
    pub(super) project: &'target str,
    pub(super) flag: &'target str,
    pub(super) environment: &'target str,
    pub(super) part: Part,
}

impl<'target> Place<'target> {
    /// The place of a target, if it is one of ours.
    pub(super) fn of(target: &'target LeverTarget) -> Option<Self> {
        let parts = [
            (&forms::UNLEASH_FLAG, "flag", Part::Switch),
            (&forms::UNLEASH_ROLLOUT, "rollout", Part::Rollout),
            (&forms::UNLEASH_VARIANTS, "variants", Part::Variants),
        ];
        let (_, name, part) = parts.into_iter().find(|(form, ..)| target.is(form))?;
        Some(Self {
            project: target.key("project"),
            flag: target.key(name),
            environment: target.key("environment"),
            part,
        })
    }

    /// The path of the environment, the smallest resource that holds the lever.
    pub(super) fn path(&self) -> String {
        format!(
            "/api/admin/projects/{}/features/{}/environments/{}",
            segment(self.project),
            segment(self.flag),
            segment(self.environment)
        )
    }

    /// The right that moving this lever takes.
    pub(super) const fn permission(&self) -> &'static str {
        match self.part {
            Part::Switch => "UPDATE_FEATURE_ENVIRONMENT",
            Part::Rollout | Part::Variants => "UPDATE_FEATURE_STRATEGY",
        }
    }

    /// What moving this lever leaves as it is, though it does the same.
    pub(super) fn beside(&self, raw: &str) -> Option<String> {
        let environment = Environment::parse(raw).ok().filter(|_| self.part == Part::Variants)?;
        variants::beside(&environment.strategies, environment.rollout()?)
    }

    /// The requests that move the lever to `after`.
    ///
    /// # Errors
    /// In words: a setting this lever cannot hold, or no gradual strategy.
    pub(super) fn plan(
        &self,
        client: &ReadClient,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        let environment = Environment::parse(&observed.raw)?;
        let strategy = || {
            let none = || format!("flag {} has no gradual rollout in {}", self.flag, self.environment);
            environment.rollout().ok_or_else(none)
        };
        match (self.part, after) {
            (Part::Switch, Setting::Switch(on)) => Ok(vec![self.switch(client, *on)?]),
            (Part::Switch, other) => Err(format!("a flag is on or off, not {other}")),
            (Part::Rollout, Setting::Number(percent)) => {
                Ok(vec![self.set_rollout(client, strategy()?, &whole_percent(*percent)?)?])
            }
            (Part::Rollout, other) => Err(format!("a rollout is a whole percentage from 0 to 100, not {other}")),
            (Part::Variants, Setting::Weights(shares)) => {
                let wanted = variants::with_shares(strategy()?, shares)?;
                Ok(vec![self.set_variants(client, strategy()?, &wanted)?])
            }
            (Part::Variants, other) => Err(format!("variants have weights by name, not {other}")),
        }
    }

    /// The requests that bring this lever from `observed` back to exactly `prior`.
    ///
    /// # Errors
    /// In words, where Unleash cannot bring it back exactly.
    pub(super) fn restore(
        &self,
        client: &ReadClient,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        let (now, before) = (Environment::parse(&observed.raw)?, Environment::parse(&prior.raw)?);
        let requests = match self.part {
            Part::Switch => self.restore_environment(client, &now, &before)?,
            Part::Rollout | Part::Variants => self.restore_strategy(client, &now, &before)?,
        };
        if requests.is_empty() {
            return Err("nothing to undo: it is already as it was before".into());
        }
        Ok(requests)
    }

    /// Only this part of the one strategy: whether the flag is on, and other strategies, are other people's business.
    fn restore_strategy(
        &self,
        client: &ReadClient,
        now: &Environment,
        before: &Environment,
    ) -> Result<Vec<PlannedRequest>, String> {
        let (Some(now), Some(before)) = (now.rollout(), before.rollout()) else {
            return Err("the gradual rollout is gone; Unleash cannot bring a strategy back under its old id".into());
        };
        if field(now, "id") != field(before, "id") {
            return Err("another gradual rollout has taken its place since; set it by hand".into());
        }
        if self.part == Part::Variants {
            let wanted = variants::whole(before);
            let same = variants::whole(now) == wanted;
            return if same { Ok(Vec::new()) } else { Ok(vec![self.set_variants(client, now, &wanted)?]) };
        }
        let wanted = rollout_text(before)?;
        if rollout_text(now)? == wanted {
            return Ok(Vec::new());
        }
        Ok(vec![self.set_rollout(client, now, &wanted)?])
    }

    /// The switch and every strategy. Off comes first and on comes last, so that no traffic meets a half restored flag.
    fn restore_environment(
        &self,
        client: &ReadClient,
        now: &Environment,
        before: &Environment,
    ) -> Result<Vec<PlannedRequest>, String> {
        let same_id = |id: &str, all: &[Map<String, Value>]| all.iter().any(|s| field(s, "id") == id);
        if before.strategies.iter().any(|s| !same_id(field(s, "id"), &now.strategies)) {
            return Err("a strategy was removed since; Unleash cannot bring it back under its old id".into());
        }
        if before.enabled && before.strategies.is_empty() && !(now.enabled && now.strategies.is_empty()) {
            return Err("it was on without any strategy, which Unleash no longer allows to be set".into());
        }
        let mut requests = Vec::new();
        if now.enabled && !before.enabled {
            requests.push(self.switch(client, false)?);
        }
        for old in &before.strategies {
            let changed =
                now.strategies.iter().any(|new| field(new, "id") == field(old, "id") && body(new) != body(old));
            if changed {
                requests.push(self.strategy_request(client, "PUT", old, Some(body(old).into()))?);
            }
        }
        for added in now.strategies.iter().filter(|s| !same_id(field(s, "id"), &before.strategies)) {
            requests.push(self.strategy_request(client, "DELETE", added, None)?);
        }
        if before.enabled && !now.enabled {
            requests.push(self.switch(client, true)?);
        }
        Ok(requests)
    }

    fn switch(&self, client: &ReadClient, on: bool) -> Result<PlannedRequest, String> {
        let path = format!("{}/{}", self.path(), if on { "on" } else { "off" });
        Ok(PlannedRequest {
            method: "POST".into(),
            url: client.url(&path, &[]).map_err(|fault| fault.to_string())?,
            headers: Vec::new(),
            content_type: None,
            body: None,
        })
    }

    fn set_rollout(
        &self,
        client: &ReadClient,
        strategy: &Map<String, Value>,
        to: &str,
    ) -> Result<PlannedRequest, String> {
        let from = strategy.get("parameters").and_then(|p| p.get("rollout")).cloned().unwrap_or_default();
        self.set(client, strategy, "/parameters/rollout", (&from, &to.into()))
    }

    fn set_variants(
        &self,
        client: &ReadClient,
        strategy: &Map<String, Value>,
        to: &Value,
    ) -> Result<PlannedRequest, String> {
        self.set(client, strategy, "/variants", (&variants::whole(strategy), to))
    }

    /// A JSON Patch whose `test` makes the store refuse if somebody moved the place meanwhile.
    fn set(
        &self,
        client: &ReadClient,
        strategy: &Map<String, Value>,
        pointer: &str,
        (from, to): (&Value, &Value),
    ) -> Result<PlannedRequest, String> {
        let patch = json!([
            { "op": "test", "path": pointer, "value": from },
            { "op": "replace", "path": pointer, "value": to },
        ]);
        self.strategy_request(client, "PATCH", strategy, Some(patch))
    }

    fn strategy_request(
        &self,
        client: &ReadClient,
        method: &str,
        strategy: &Map<String, Value>,
        body: Option<Value>,
    ) -> Result<PlannedRequest, String> {
        let id = field(strategy, "id");
        if id.is_empty() {
            return Err("the store gave a strategy without an id".into());
        }
        let path = format!("{}/strategies/{}", self.path(), segment(id));
        Ok(PlannedRequest {
            method: method.into(),
            url: client.url(&path, &[]).map_err(|fault| fault.to_string())?,
            headers: Vec::new(),
            content_type: body.is_some().then(|| "application/json".into()),
            body: body.map(|body| body.to_string()),
        })
    }
}

/// The replaceable part of a strategy, whole: a PUT wipes the variants that it does not mention.
fn body(strategy: &Map<String, Value>) -> Map<String, Value> {
    STRATEGY_FIELDS
        .into_iter()
        .filter_map(|key| strategy.get(key).map(|value| (key.to_owned(), value.clone())))
        .collect()
}

fn rollout_text(strategy: &Map<String, Value>) -> Result<String, String> {
    super::state::percent(strategy)
        .map(|percent| percent.to_string())
        .ok_or_else(|| "the strategy has no readable rollout".into())
}

fn whole_percent(percent: f64) -> Result<String, String> {
    if (0.0..=100.0).contains(&percent) && percent.fract() == 0.0 {
        Ok(format!("{percent:.0}"))
    } else {
        Err(format!("a rollout is a whole percentage from 0 to 100, not {percent}"))
    }
}
