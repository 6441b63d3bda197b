//! The weights of a strategy's variants: what they are, and the variants with other weights. Pure.
//!
//! Facts this relies on (the source and a run of Unleash 7.5.1): weights are thousandths; the server shares what the fixed variants
//! leave among the variable ones, wants at least one of these, and sorts variants by name; payloads and stickiness are kept.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::adapters::planned;
use crate::domain::lever::Setting;

use super::state::field;

/// The share of each variant; without variants there is nothing to move.
pub(super) fn shares(strategy: &Map<String, Value>) -> Setting {
    let variants = of(strategy);
    let share = |variant: &Value| {
        let name = variant.get("name")?.as_str()?;
        Some((name.to_owned(), variant.get("weight")?.as_f64()? / 1000.0))
    };
    let shares: Option<BTreeMap<String, f64>> = variants.iter().map(share).collect();
    shares.filter(|shares| !shares.is_empty()).map_or(Setting::Unset, Setting::Weights)
}

/// The variants with these shares. All but one are fixed, so that the server has nothing of its own to share out.
///
/// # Errors
/// In words: no such variant, or shares that Unleash cannot keep.
pub(super) fn with_shares(strategy: &Map<String, Value>, wanted: &BTreeMap<String, f64>) -> Result<Value, String> {
    planned::check_shares(wanted)?;
    let mut variants = of(strategy).to_vec();
    let name = |variant: &Value| variant.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let known: Vec<String> = variants.iter().map(name).collect();
    if let Some(unknown) = wanted.keys().find(|wanted| !known.contains(wanted)) {
        return Err(format!("the strategy has no variant {unknown}; it has: {}", known.join(", ")));
    }
    let is_variable = |variant: &Value| variant.get("weightType").and_then(Value::as_str) == Some("variable");
    let variable = variants.iter().position(is_variable).unwrap_or(0);
    for (index, variant) in variants.iter_mut().enumerate() {
        let share = wanted.get(&name(variant)).copied().unwrap_or(0.0) * 1000.0;
        let weight = share.round();
        if (share - weight).abs() > 1e-3 {
            return Err("Unleash keeps weights in thousandths; write shares such as 0.25 or 0.333".into());
        }
        let Some(variant) = variant.as_object_mut() else { return Err("a variant that is no object".into()) };
        variant.insert("weight".into(), serde_json::from_str(&format!("{weight:.0}")).unwrap_or_default());
        variant.insert("weightType".into(), if index == variable { "variable" } else { "fix" }.into());
    }
    Ok(Value::Array(variants))
}

/// The variants as they stand, for a request that compares or puts them back.
pub(super) fn whole(strategy: &Map<String, Value>) -> Value {
    strategy.get("variants").cloned().unwrap_or_else(|| json!([]))
}

/// Why not everybody gets a variant by these weights, if so.
pub(super) fn beside(strategies: &[Map<String, Value>], chosen: &Map<String, Value>) -> Option<String> {
    let id = field(chosen, "id");
    let other = strategies.iter().find(|other| field(other, "id") != id && !of(other).is_empty())?;
    Some(format!("strategy {} has variants of its own, which stay as they are", field(other, "id")))
}

fn of(strategy: &Map<String, Value>) -> &[Value] {
    strategy.get("variants").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
