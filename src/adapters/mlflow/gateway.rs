//! A gateway route: weights of traffic by model definition name, and the request that replaces them. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::cause::Fault;
use crate::domain::lever::{LeverReading, Revision, Setting};
use crate::domain::plan::PlannedRequest;
use crate::domain::text;
use crate::net::ReadClient;

/// One route with its models.
pub(super) const ROUTE: &str = "/api/3.0/mlflow/gateway/endpoints/get";
/// Every model that a route may name.
pub(super) const DEFINITIONS: &str = "/api/3.0/mlflow/gateway/model-definitions/list";
/// Replaces a route's models.
const UPDATE: &str = "/api/3.0/mlflow/gateway/endpoints/update";
/// What MLflow shows as the author of our writes; who pressed the key stands in the journal.
const AUTHOR: &str = "breakglass";

/// The reading of a route. Its sub-resource holds the route as the store gave it, and the models it may name.
pub(super) fn reading(route: &str, definitions: Option<&str>, read_at: Timestamp) -> Result<LeverReading, Fault> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| not_understood(&error.to_string()));
    let route = parse(route)?.get("endpoint").cloned().ok_or_else(|| not_understood("the answer has no endpoint"))?;
    let definitions = definitions.and_then(|text| parse(text).ok()).and_then(|list| names_and_ids(&list));
    let snapshot = json!({ "endpoint": route, "model_definitions": definitions });
    let route = Route::of(&snapshot).map_err(|why| not_understood(&why))?;
    let by = route.endpoint.get("last_updated_by").and_then(Value::as_str).filter(|who| !who.is_empty());
    let updated = route.endpoint.get("last_updated_at").and_then(Value::as_i64);
    Ok(LeverReading {
        setting: Setting::Weights(route.weights().map_err(|why| not_understood(&why))?),
        revision: updated.map_or(Revision::None, |at| Revision::Soft(at.to_string())),
        set_by: by.map(text::clean),
        set_at: updated.and_then(|at| Timestamp::from_millisecond(at).ok()),
        raw: snapshot.to_string(),
        read_at,
    })
}

/// The request that gives the route the weights of `after`. Fallback rows stay as they are.
///
/// # Errors
/// In words: no weights, weights that are no shares, or a model that the store does not know.
pub(super) fn plan(client: &ReadClient, observed: &LeverReading, after: &Setting) -> Result<PlannedRequest, String> {
    let Setting::Weights(weights) = after else { return Err(format!("a gateway route takes weights, not {after}")) };
    check_shares(weights)?;
    let snapshot = parse(&observed.raw)?;
    let route = Route::of(&snapshot)?;
    let mut rows = Vec::new();
    for (name, share) in weights.iter().filter(|(_, share)| **share > 0.0) {
        let id = route.id_of(name)?;
        rows.push(json!({ "model_definition_id": id, "linkage_type": "PRIMARY", "weight": share }));
    }
    rows.extend(route.mappings.iter().filter(|row| !is_primary(row)).map(config_of));
    route.update(client, rows)
}

/// The request that gives the route the exact rows of `prior`.
///
/// # Errors
/// In words: nothing differs, or another route has taken the name.
pub(super) fn restore(
    client: &ReadClient,
    observed: &LeverReading,
    prior: &LeverReading,
) -> Result<PlannedRequest, String> {
    let (now, before) = (parse(&observed.raw)?, parse(&prior.raw)?);
    let (now, before) = (Route::of(&now)?, Route::of(&before)?);
    if now.id()? != before.id()? {
        return Err("another route has taken this name since; its models cannot be brought back by undo".into());
    }
    if now.rows() == before.rows() && now.fallback() == before.fallback() {
        return Err("nothing to undo: it is already as it was before".into());
    }
    before.update(client, before.rows())
}

/// A view of the snapshot.
struct Route<'snapshot> {
    endpoint: &'snapshot Value,
    mappings: &'snapshot [Value],
    definitions: &'snapshot Value,
}

impl<'snapshot> Route<'snapshot> {
    fn of(snapshot: &'snapshot Value) -> Result<Self, String> {
        let endpoint = snapshot.get("endpoint").ok_or("the snapshot holds no route")?;
        let mappings = endpoint.get("model_mappings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        Ok(Self { endpoint, mappings, definitions: snapshot.get("model_definitions").unwrap_or(&Value::Null) })
    }

    fn id(&self) -> Result<&str, String> {
        text_at(self.endpoint, "endpoint_id").ok_or_else(|| "the store gave the route no id".into())
    }

    /// Shares by name. Two rows of one model add up, as they do for traffic; shares are of the sum of all rows.
    fn weights(&self) -> Result<BTreeMap<String, f64>, String> {
        let mut weights = BTreeMap::new();
        for row in self.mappings.iter().filter(|row| is_primary(row)) {
            let name = self.name_of(row).ok_or("the store names no model in one row of the route")?;
            let weight = row.get("weight").and_then(Value::as_f64).unwrap_or(0.0);
            *weights.entry(text::clean(name)).or_insert(0.0) += weight;
        }
        let sum: f64 = weights.values().sum();
        if sum > 0.0 {
            for weight in weights.values_mut() {
                *weight /= sum;
            }
        }
        Ok(weights)
    }

    fn name_of(&self, row: &'snapshot Value) -> Option<&'snapshot str> {
        let nested = row.get("model_definition").and_then(|definition| text_at(definition, "name"));
        nested.or_else(|| {
            let id = text_at(row, "model_definition_id")?;
            let known = self.definitions.as_array()?;
            known.iter().find(|d| text_at(d, "model_definition_id") == Some(id)).and_then(|d| text_at(d, "name"))
        })
    }

    fn id_of(&self, name: &str) -> Result<&'snapshot str, String> {
        let listed = self.definitions.as_array().map_or(&[][..], Vec::as_slice).iter();
        let nested = self.mappings.iter().filter_map(|row| row.get("model_definition"));
        let mut known: Vec<&str> = Vec::new();
        for definition in listed.chain(nested) {
            match (text_at(definition, "name"), text_at(definition, "model_definition_id")) {
                (Some(found), Some(id)) if found == name => return Ok(id),
                (Some(other), _) if !known.contains(&other) => known.push(other),
                _ => {}
            }
        }
        Err(format!("the gateway knows no model definition {name:?}; it has: {}", text::clean(&known.join(", "))))
    }

    fn rows(&self) -> Vec<Value> {
        self.mappings.iter().map(config_of).collect()
    }

    fn fallback(&self) -> Option<&Value> {
        self.endpoint.get("fallback_config").filter(|config| config.as_object().is_some_and(|c| !c.is_empty()))
    }

    fn update(&self, client: &ReadClient, rows: Vec<Value>) -> Result<PlannedRequest, String> {
        let mut body = Map::new();
        body.insert("endpoint_id".into(), self.id()?.into());
        body.insert("model_configs".into(), rows.into());
        // Not repeating it wipes it.
        if let Some(config) = self.fallback() {
            body.insert("fallback_config".into(), config.clone());
        }
        body.insert("updated_by".into(), AUTHOR.into());
        Ok(PlannedRequest {
            method: "POST".into(),
            url: client.url(UPDATE, &[]).map_err(|fault| fault.to_string())?,
            headers: Vec::new(),
            content_type: Some("application/json".into()),
            body: Some(Value::Object(body).to_string()),
        })
    }
}

/// What the update wants to hear of a row that the read gave.
fn config_of(row: &Value) -> Value {
    let keys = ["model_definition_id", "linkage_type", "weight", "fallback_order"];
    let kept = keys.into_iter().filter_map(|key| row.get(key).map(|value| (key.to_owned(), value.clone())));
    Value::Object(kept.collect())
}

fn is_primary(row: &Value) -> bool {
    text_at(row, "linkage_type").is_none_or(|linkage| linkage == "PRIMARY")
}

fn names_and_ids(list: &Value) -> Option<Value> {
    let definitions = list.get("model_definitions")?.as_array()?;
    let keep = |d: &Value| json!({ "model_definition_id": d.get("model_definition_id"), "name": d.get("name") });
    Some(definitions.iter().map(keep).collect())
}

fn check_shares(weights: &BTreeMap<String, f64>) -> Result<(), String> {
    let sum: f64 = weights.values().sum();
    if weights.values().any(|share| !(0.0..=1.0).contains(share)) || (sum - 1.0).abs() > 1e-6 {
        return Err("weights are shares from 0 to 1 and sum to 1".into());
    }
    Ok(())
}

fn text_at<'value>(value: &'value Value, key: &str) -> Option<&'value str> {
    value.get(key)?.as_str()
}

fn parse(raw: &str) -> Result<Value, String> {
    serde_json::from_str(raw).map_err(|error| format!("the snapshot is not JSON: {error}"))
}

fn not_understood(why: &str) -> Fault {
    Fault::NotUnderstood { why: why.to_owned() }
}
