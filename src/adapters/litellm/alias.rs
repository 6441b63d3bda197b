//! Which model group an alias names: one entry of the router's `model_group_alias`. Pure.
//!
//! Facts this relies on (the source of LiteLLM 1.106.2): `POST /config/update` replaces the whole map of aliases and keeps other
//! settings, so that every other alias is sent along as it was read; an entry is a group, or an object with `model` and `hidden`;
//! a map that stands in the config file is refused with a 400; a group that nobody serves is taken without a word.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::adapters::planned::{self, odd};
use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::lever::{LeverReading, Revision, Setting};
use crate::domain::text;

use super::{Planned, of_file};

pub(super) const SETTINGS: &str = "/router/settings";
const ALIASES: &str = "model_group_alias";

/// A reading from the router's settings and the rows of all deployments: every alias, where they stand, and the groups.
pub(super) fn reading(alias: &str, settings: &Value, rows: &[Value]) -> Result<LeverReading, Fault> {
    let values = settings.get("current_values").and_then(Value::as_object);
    let aliases = match values.ok_or_else(|| odd("an answer without the router's values"))?.get(ALIASES) {
        Some(Value::Object(aliases)) => aliases.clone(),
        Some(Value::Null) | None => Map::new(),
        Some(_) => return Err(odd("aliases that are no table")),
    };
    let setting = match aliases.get(alias) {
        None => Setting::Unset,
        Some(entry) => {
            let model = entry.get("model").unwrap_or(entry).as_str();
            Setting::Pointer(text::clean(model.ok_or_else(|| odd("an alias of no model group"))?))
        }
    };
    let names = rows.iter().filter_map(|row| row.get("model_name").and_then(Value::as_str));
    let groups: BTreeSet<&str> = names.filter(|name| !aliases.contains_key(*name)).collect();
    let source = settings.pointer("/source/model_group_alias");
    Ok(LeverReading {
        setting,
        revision: Revision::None,
        raw: json!({ "aliases": aliases, "source": source, "groups": groups }).to_string(),
        read_at: clock::now(),
        set_by: None,
        set_at: None,
    })
}

pub(super) fn plan(alias: &str, observed: &LeverReading, after: &Setting) -> Result<Planned, String> {
    let kept = planned::kept(&observed.raw)?;
    let mut aliases = aliases(&kept);
    match after {
        Setting::Unset => drop(aliases.remove(alias)),
        Setting::Pointer(group) => {
            let groups = kept.get("groups").and_then(Value::as_array);
            let groups: Vec<&str> = groups.into_iter().flatten().filter_map(Value::as_str).collect();
            if !groups.contains(&group.as_str()) {
                return Err(format!("the gateway has no model group {group}; it has: {}", groups.join(", ")));
            }
            match aliases.get_mut(alias).and_then(|entry| entry.get_mut("model")) {
                Some(model) => *model = json!(group),
                None => drop(aliases.insert(alias.to_owned(), json!(group))),
            }
        }
        other => return Err(format!("an alias names a model group, not {other}")),
    }
    update(&kept, &aliases)
}

/// The entry as it was; other aliases stay as they are now.
pub(super) fn restore(alias: &str, observed: &LeverReading, prior: &LeverReading) -> Result<Planned, String> {
    let (kept, before) = (planned::kept(&observed.raw)?, aliases(&planned::kept(&prior.raw)?));
    let mut aliases = aliases(&kept);
    if aliases.get(alias) == before.get(alias) {
        return Err(planned::nothing_to_undo());
    }
    match before.get(alias) {
        Some(entry) => drop(aliases.insert(alias.to_owned(), entry.clone())),
        None => drop(aliases.remove(alias)),
    }
    update(&kept, &aliases)
}

/// Why no alias can be moved: the config file holds them.
pub(super) fn fixed(observed: &LeverReading) -> Option<String> {
    let kept = planned::kept(&observed.raw).ok()?;
    (kept.get("source").and_then(Value::as_str) == Some("config")).then(|| of_file("the aliases stand"))
}

fn aliases(kept: &Value) -> Map<String, Value> {
    kept.get("aliases").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn update(kept: &Value, aliases: &Map<String, Value>) -> Result<Planned, String> {
    if kept.get("source").and_then(Value::as_str) == Some("config") {
        return Err(of_file("the aliases stand"));
    }
    Ok(("POST", "/config/update".to_owned(), json!({ "router_settings": { ALIASES: aliases } })))
}
