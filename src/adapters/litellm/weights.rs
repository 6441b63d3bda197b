//! The weights by which LiteLLM shares a model group's requests among its deployments, by id. Pure.
//!
//! Facts this relies on (the source of LiteLLM 1.106.2): a deployment without a weight counts as weight 0; where no weight is above
//! 0, LiteLLM shares by requests per minute, tokens per minute or evenly; `PATCH /model/{id}/update` changes only the parameters
//! that it names, and cannot take a weight away again; a blocked deployment gets nothing whatever its weight.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value, json};

use crate::adapters::planned::{self, odd};
use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::lever::{LeverReading, Revision, Setting};
use crate::net::segment;

use super::{Planned, info, of_database, of_file, words};

/// A reading from the rows of all deployments: for each of the group, its weight, whether it is blocked and whether the database
/// holds it. Other parameters are left out: they hold masked keys.
pub(super) fn reading(group: &str, rows: &[Value]) -> Result<LeverReading, Fault> {
    let (mut deployments, mut newest) = (Map::new(), None);
    for row in rows.iter().filter(|row| row.get("model_name").and_then(Value::as_str) == Some(group)) {
        let info = info(row)?;
        let id = info.get("id").and_then(Value::as_str).ok_or_else(|| odd("a deployment without an id"))?;
        let weight = row.pointer("/litellm_params/weight").filter(|weight| !weight.is_null()).cloned();
        let weight = weight.unwrap_or_else(|| json!(0));
        if weight.as_f64().is_none_or(|weight| weight < 0.0) {
            return Err(odd("a weight that is no number from 0 on"));
        }
        let blocked = info.get("blocked").and_then(Value::as_bool).unwrap_or(false);
        let kept = json!({ "weight": weight, "blocked": blocked, "db_model": of_database(info)? });
        deployments.insert(id.to_owned(), kept);
        newest = newest.max(words(info, "updated_at").map(|at| (at, words(info, "updated_by"))));
    }
    if deployments.is_empty() {
        return Err(Fault::NotFound { what: format!("model group {group}") });
    }
    let weights = deployments.iter().map(|(id, row)| (id.clone(), weight_of(row))).collect();
    let (set_at, set_by) = newest.unzip();
    Ok(LeverReading {
        setting: shares(&weights),
        revision: set_at.clone().map_or(Revision::None, Revision::Soft),
        raw: Value::Object(deployments).to_string(),
        read_at: clock::now(),
        set_by: set_by.flatten(),
        set_at: set_at.and_then(|at| at.parse().ok()),
    })
}

/// The requests that give the deployments these shares of the weight that they have together.
pub(super) fn plan(observed: &LeverReading, after: &Setting) -> Result<Vec<Planned>, String> {
    let Setting::Weights(wanted) = after else {
        return Err(format!("a model group has weights by the id of its deployments, not {after}"));
    };
    planned::check_shares(wanted)?;
    let kept = deployments(&observed.raw)?;
    if let Some(unknown) = wanted.keys().find(|id| !kept.contains_key(*id)) {
        let known: Vec<&str> = kept.keys().map(String::as_str).collect();
        return Err(format!("the group has no deployment {unknown}; it has: {}", known.join(", ")));
    }
    let is_blocked = |id: &str| kept.get(id).and_then(|row| row.get("blocked")) == Some(&Value::Bool(true));
    if let Some((id, _)) = wanted.iter().find(|(id, share)| **share > 0.0 && is_blocked(id)) {
        return Err(format!("deployment {id} is blocked and would get nothing; unblock it first"));
    }
    let together: f64 = kept.values().map(weight_of).sum();
    let together = if together > 0.0 { together } else { 1.0 };
    let weight = |share: f64| number(share * together).ok_or("a weight that is no finite number");
    let ids = kept.keys().map(|id| Ok((id.clone(), weight(wanted.get(id).copied().unwrap_or(0.0))?)));
    let requests = requests(&kept, &ids.collect::<Result<_, String>>()?)?;
    if requests.is_empty() { Err(format!("the weights are {after} already")) } else { Ok(requests) }
}

/// The requests that give every deployment exactly the weight that it had.
pub(super) fn restore(observed: &LeverReading, prior: &LeverReading) -> Result<Vec<Planned>, String> {
    let (now, before) = (deployments(&observed.raw)?, deployments(&prior.raw)?);
    if now.keys().ne(before.keys()) {
        return Err("the group has other deployments than before; set its weights by hand".into());
    }
    let had = |row: &Value| row.get("weight").and_then(Value::as_number).cloned();
    let weights = before.iter().map(|(id, row)| Some((id.clone(), had(row)?)));
    let weights = weights.collect::<Option<_>>().ok_or("the kept reading lacks a weight")?;
    let requests = requests(&now, &weights)?;
    if requests.is_empty() { Err(planned::nothing_to_undo()) } else { Ok(requests) }
}

/// Why no weight can be moved: the config file holds one of the deployments.
pub(super) fn fixed(observed: &LeverReading) -> Option<String> {
    let kept = deployments(&observed.raw).ok()?;
    kept.iter().find(|(_, row)| !in_database(row)).map(|(id, _)| of_file(&format!("deployment {id} stands")))
}

/// One request for each weight that changes. What is raised comes first, so that no moment has nobody to answer.
fn requests(now: &BTreeMap<String, Value>, weights: &BTreeMap<String, Number>) -> Result<Vec<Planned>, String> {
    let (mut raised, mut lowered) = (Vec::new(), Vec::new());
    for (id, weight) in weights {
        let Some(row) = now.get(id) else { continue };
        if row.get("weight").and_then(Value::as_number) == Some(weight) {
            continue;
        }
        if !in_database(row) {
            return Err(of_file(&format!("deployment {id} stands")));
        }
        let body = json!({ "litellm_params": { "weight": weight } });
        let up = weight.as_f64() > Some(weight_of(row));
        let list = if up { &mut raised } else { &mut lowered };
        list.push(("PATCH", format!("/model/{}/update", segment(id)), body));
    }
    raised.append(&mut lowered);
    Ok(raised)
}

fn deployments(raw: &str) -> Result<BTreeMap<String, Value>, String> {
    serde_json::from_str(raw).map_err(|error| format!("the kept reading cannot be read: {error}"))
}

fn in_database(row: &Value) -> bool {
    row.get("db_model") == Some(&Value::Bool(true))
}

fn weight_of(row: &Value) -> f64 {
    row.get("weight").and_then(Value::as_f64).unwrap_or(0.0)
}

/// Shares of one whole; without any weight LiteLLM decides by other numbers.
fn shares(weights: &BTreeMap<String, f64>) -> Setting {
    let together: f64 = weights.values().sum();
    if together <= 0.0 {
        return Setting::Unset;
    }
    Setting::Weights(weights.iter().map(|(id, weight)| (id.clone(), weight / together)).collect())
}

/// A whole number stays one: that is how people write weights.
fn number(weight: f64) -> Option<Number> {
    let near = weight.round();
    if (weight - near).abs() < 1e-9 && (0.0..1e15).contains(&near) {
        return format!("{near:.0}").parse::<u64>().ok().map(Number::from);
    }
    Number::from_f64(weight)
}
