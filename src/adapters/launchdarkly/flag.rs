//! One flag in one environment: its reading, and the semantic patch that moves it. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::cause::Fault;
use crate::domain::lever::{LeverReading, LeverTarget, Revision, Setting, forms};
use crate::domain::plan::PlannedRequest;
use crate::domain::text;
use crate::net::{ReadClient, segment};

use super::super::planned::{self, odd};

/// What to do where a direct change is refused.
pub(super) const BY_APPROVAL: &str =
    "this environment takes changes by approval only; request an approval in LaunchDarkly and let somebody apply it";
const SEMANTIC_PATCH: &str = "application/json; domain-model=launchdarkly.semanticpatch";
/// All of a fallthrough's weights: thousandths of a percent.
const WHOLE: f64 = 100_000.0;
/// What every write renews, and what is no part of the setting.
const NOT_KEPT: [&str; 6] = ["version", "lastModified", "_links", "_site", "_summary", "_environmentName"];
/// The parts that an instruction can bring back.
const MOVED: [&str; 3] = ["on", "fallthrough", "offVariation"];

/// Where a lever lives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'target> {
    pub(super) project: &'target str,
    pub(super) flag: &'target str,
    pub(super) environment: &'target str,
    /// The weights rather than the switch.
    pub(super) weights: bool,
}

impl<'target> Place<'target> {
    pub(super) fn of(target: &'target LeverTarget) -> Option<Self> {
        let weights = target.is(&forms::LAUNCHDARKLY_FALLTHROUGH);
        (weights || target.is(&forms::LAUNCHDARKLY_FLAG)).then(|| Self {
            project: target.key("project"),
            flag: target.key(if weights { "fallthrough" } else { "flag" }),
            environment: target.key("environment"),
            weights,
        })
    }

    pub(super) fn path(&self) -> String {
        format!("/api/v2/flags/{}/{}", segment(self.project), segment(self.flag))
    }

    /// The patch that moves the lever to `after`.
    ///
    /// # Errors
    /// In words: a setting this lever cannot hold, or a fallthrough that could not be brought back.
    pub(super) fn plan(
        &self,
        client: &ReadClient,
        comment: &str,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<PlannedRequest, String> {
        let flag = Flag::kept(&observed.raw)?;
        let instruction = match after {
            Setting::Switch(on) if !self.weights => turn(*on),
            Setting::Weights(shares) if self.weights => {
                flag.simple_fallthrough()?;
                flag.give(shares)?
            }
            other if self.weights => return Err(format!("a fallthrough takes weights by variation, not {other}")),
            other => return Err(format!("a flag is on or off, not {other}")),
        };
        self.patch(client, comment, &[instruction])
    }

    /// The patch that brings switch, fallthrough and off variation back to exactly `prior`, all or nothing.
    ///
    /// # Errors
    /// In words, where targeting has changed since or nothing differs.
    pub(super) fn restore(
        &self,
        client: &ReadClient,
        comment: &str,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<PlannedRequest, String> {
        let (now, before) = (Flag::kept(&observed.raw)?, Flag::kept(&prior.raw)?);
        let fixed = |flag: &Flag| {
            let mut parts = flag.environment.clone();
            parts.retain(|key, _| !MOVED.contains(&key.as_str()));
            parts
        };
        if fixed(&now) != fixed(&before) || now.variations != before.variations {
            return Err("targeting or variations of the flag changed since; bring it back in LaunchDarkly".into());
        }
        let differs = |key: &str| now.environment.get(key) != before.environment.get(key);
        let mut instructions = Vec::new();
        if differs("fallthrough") {
            before.simple_fallthrough()?;
            instructions.push(before.fallthrough_again()?);
        }
        if differs("offVariation") {
            let id = before.variation_id(before.environment.get("offVariation"))?;
            instructions.push(json!({ "kind": "updateOffVariation", "variationId": id }));
        }
        if differs("on") {
            instructions.push(turn(before.on()?));
        }
        if instructions.is_empty() {
            return Err(planned::nothing_to_undo());
        }
        self.patch(client, comment, &instructions)
    }

    fn patch(&self, client: &ReadClient, comment: &str, instructions: &[Value]) -> Result<PlannedRequest, String> {
        let body = json!({ "environmentKey": self.environment, "comment": comment, "instructions": instructions });
        planned::request(client, "PATCH", &self.path(), Some((SEMANTIC_PATCH, &body)))
    }
}

fn turn(on: bool) -> Value {
    json!({ "kind": if on { "turnFlagOn" } else { "turnFlagOff" } })
}

/// The reading of a lever from the flag's JSON.
pub(super) fn reading(place: &Place<'_>, answer: &Value, read_at: Timestamp) -> Result<LeverReading, Fault> {
    let environment = answer
        .get("environments")
        .ok_or_else(|| odd("a flag without environments"))?
        .get(place.environment)
        .and_then(Value::as_object)
        .ok_or_else(|| Fault::NotFound { what: format!("environment {} of the flag", place.environment) })?;
    let part = |value: &Value, key: &str| value.get(key).cloned().unwrap_or_default();
    let listed = answer.get("variations").and_then(Value::as_array).ok_or_else(|| odd("a flag without variations"))?;
    let variations: Vec<Value> = listed
        .iter()
        .map(|v| json!({ "_id": part(v, "_id"), "name": part(v, "name"), "value": part(v, "value") }))
        .collect();
    let mut kept = environment.clone();
    kept.retain(|key, _| !NOT_KEPT.contains(&key.as_str()));
    let flag = Flag { variations, environment: kept };
    let setting = if place.weights { flag.weights().map(Setting::Weights) } else { flag.on().map(Setting::Switch) };
    let number = |value: Option<&Value>| value.and_then(Value::as_u64);
    let (whole, own) = (number(answer.get("_version")), number(environment.get("version")));
    Ok(LeverReading {
        setting: setting.map_err(|why| odd(&why))?,
        revision: match (whole, own) {
            (Some(whole), Some(own)) => Revision::Soft(format!("flag {whole}, environment {own}")),
            (Some(whole), None) => Revision::Soft(format!("flag {whole}")),
            (None, Some(own)) => Revision::Soft(format!("environment {own}")),
            (None, None) => Revision::None,
        },
        raw: json!({ "variations": flag.variations, "environment": flag.environment }).to_string(),
        read_at,
        set_by: None,
        set_at: environment
            .get("lastModified")
            .and_then(Value::as_i64)
            .and_then(|at| Timestamp::from_millisecond(at).ok()),
    })
}

/// What is kept of a flag: its variations, and one environment without what every write renews.
struct Flag {
    variations: Vec<Value>,
    environment: Map<String, Value>,
}

impl Flag {
    fn kept(raw: &str) -> Result<Self, String> {
        let kept = planned::kept(raw)?;
        match (kept.get("variations").and_then(Value::as_array), kept.get("environment").and_then(Value::as_object)) {
            (Some(variations), Some(environment)) => {
                Ok(Self { variations: variations.clone(), environment: environment.clone() })
            }
            _ => Err("the kept reading is no flag of LaunchDarkly".into()),
        }
    }

    fn on(&self) -> Result<bool, String> {
        self.environment.get("on").and_then(Value::as_bool).ok_or_else(|| "a flag that is neither on nor off".into())
    }

    /// The name of a variation; its value where it has none.
    fn name(&self, at: usize) -> Option<String> {
        let variation = self.variations.get(at)?;
        let name = variation.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let value = variation.get("value")?;
        let value = || value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        Some(text::clean(&name.map_or_else(value, ToOwned::to_owned)))
    }

    fn variation_id(&self, index: Option<&Value>) -> Result<&str, String> {
        index
            .and_then(Value::as_u64)
            .and_then(|index| self.variations.get(usize::try_from(index).ok()?)?.get("_id")?.as_str())
            .ok_or_else(|| "the flag names a variation that it does not have".into())
    }

    fn fallthrough(&self) -> &Value {
        self.environment.get("fallthrough").unwrap_or(&Value::Null)
    }

    fn rows(&self) -> Option<&Vec<Value>> {
        self.fallthrough().pointer("/rollout/variations")?.as_array()
    }

    /// Shares by variation.
    fn weights(&self) -> Result<BTreeMap<String, f64>, String> {
        let index = |value: &Value| value.get("variation")?.as_u64().and_then(|index| usize::try_from(index).ok());
        let unknown = || "the fallthrough names a variation that the flag does not have".to_owned();
        let mut shares = BTreeMap::new();
        if let Some(rows) = self.rows() {
            for row in rows {
                let name = index(row).and_then(|at| self.name(at)).ok_or_else(unknown)?;
                let weight = row.get("weight").and_then(Value::as_f64).unwrap_or(0.0);
                *shares.entry(name).or_insert(0.0) += weight / WHOLE;
            }
        } else {
            let name = index(self.fallthrough()).and_then(|at| self.name(at)).ok_or_else(unknown)?;
            shares.insert(name, 1.0);
        }
        Ok(shares)
    }

    /// Only what an instruction can bring back exactly may be moved.
    fn simple_fallthrough(&self) -> Result<(), String> {
        let rollout = self.fallthrough().get("rollout");
        let experiment = rollout.is_some_and(|rollout| {
            rollout.get("kind").and_then(Value::as_str) == Some("experiment")
                || rollout.get("experimentAllocation").is_some_and(|of| !of.is_null())
        });
        if experiment {
            return Err("an experiment runs on the fallthrough; end it in LaunchDarkly first".into());
        }
        Ok(())
    }

    /// The instruction that gives the variations these shares.
    fn give(&self, shares: &BTreeMap<String, f64>) -> Result<Value, String> {
        planned::check_shares(shares)?;
        let names: Vec<String> = (0..self.variations.len()).filter_map(|at| self.name(at)).collect();
        if let Some(unknown) = shares.keys().find(|name| names.iter().filter(|known| known == name).count() != 1) {
            return Err(format!("the flag has not exactly one variation {unknown:?}; it has: {}", names.join(", ")));
        }
        let wanted = |at: usize| self.name(at).and_then(|name| shares.get(&name)).copied().unwrap_or(0.0);
        let id = |at: usize| self.variation_id(Some(&json!(at)));
        if let Some(only) = (0..names.len()).find(|at| (wanted(*at) - 1.0).abs() < 1e-9) {
            return Ok(json!({ "kind": "updateFallthroughVariationOrRollout", "variationId": id(only)? }));
        }
        let mut weights = Map::new();
        for at in 0..names.len() {
            let thousandths = (wanted(at) * WHOLE).round();
            if (thousandths - wanted(at) * WHOLE).abs() > 1e-3 {
                return Err("LaunchDarkly takes shares in thousandths of a percent".into());
            }
            weights.insert(id(at)?.to_owned(), whole_number(thousandths));
        }
        Ok(self.rollout(&weights))
    }

    /// The instruction that sets the fallthrough as it is here.
    fn fallthrough_again(&self) -> Result<Value, String> {
        let Some(rows) = self.rows() else {
            let id = self.variation_id(self.fallthrough().get("variation"))?;
            return Ok(json!({ "kind": "updateFallthroughVariationOrRollout", "variationId": id }));
        };
        let mut weights = Map::new();
        for row in rows {
            weights.insert(
                self.variation_id(row.get("variation"))?.to_owned(),
                row.get("weight").cloned().unwrap_or_default(),
            );
        }
        Ok(self.rollout(&weights))
    }

    /// Users stay with their variation only as long as they are told apart by the same attribute.
    fn rollout(&self, weights: &Map<String, Value>) -> Value {
        let mut instruction = json!({ "kind": "updateFallthroughVariationOrRollout", "rolloutWeights": weights });
        for (theirs, ours) in [("bucketBy", "rolloutBucketBy"), ("contextKind", "rolloutContextKind")] {
            if let Some(kept) =
                self.fallthrough().pointer(&format!("/rollout/{theirs}")).filter(|kept| kept.is_string())
            {
                instruction[ours] = kept.clone();
            }
        }
        instruction
    }
}

/// A whole number from 0 to 100 000, as JSON without a fraction.
fn whole_number(number: f64) -> Value {
    format!("{number:.0}").parse::<u64>().map_or(Value::Null, Value::from)
}
