//! The version snapshot of the open incident, for `status`: what was in service then, and what is now. May not take one.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::json::second;
use crate::domain::incident::Ledger;
use crate::domain::version::{self, Compared, Found, Line, Part, Standing, VersionSnapshot};

/// Adds `versions` to `status --json`; null while no incident has had its first change.
pub fn add_to(status: &mut Value, ledger: &Ledger, now: Option<&VersionSnapshot>) {
    let Some(fields) = status.as_object_mut() else { return };
    let versions = ledger.open.as_ref().zip(ledger.versions_then()).map(|(open, then)| {
        let lines = now.map(|now| version::compare(then, now));
        json!({
            "incident": open.id,
            "at": then.at,
            "took_ms": then.took_ms,
            "parts": then.lines.iter().map(line).collect::<Vec<_>>(),
            "now": lines.map(|lines| lines.iter().map(compared).collect::<Vec<_>>()),
            "now_at": now.map(|now| now.at),
        })
    });
    fields.insert("versions".into(), json!(versions));
}

fn line(line: &Line) -> Value {
    let mut value = found(&line.found);
    value["part"] = json!(line.part);
    value["by"] = json!((!line.by.is_empty()).then_some(&line.by));
    value
}

fn found(found: &Found) -> Value {
    match found {
        Found::Known { value, hash, as_of, entries } => json!({
            "value": value, "hash": hash, "as_of": as_of, "gap": null,
            "entries": entries.iter().map(|entry| json!({ "at": entry.at, "what": entry.what })).collect::<Vec<_>>(),
        }),
        Found::Gap { cause } => json!({ "value": null, "hash": null, "as_of": null, "gap": cause, "entries": [] }),
    }
}

fn compared(compared: &Compared<'_>) -> Value {
    let any = compared.now.or(compared.then);
    let mut value = compared.now.map_or_else(|| json!({}), |line| found(&line.found));
    value["part"] = json!(any.map(|line| line.part));
    value["by"] = json!(any.map(|line| &line.by).filter(|by| !by.is_empty()));
    value["standing"] = json!(compared.standing.word());
    value
}

/// What the text of `status` says of it; empty before the first change.
pub fn words(ledger: &Ledger, now: Option<&VersionSnapshot>) -> String {
    let Some(then) = ledger.versions_then() else { return String::new() };
    let mut text = format!(
        "\n\nVersions before the first change, {}: {} of {} parts",
        second(then.at),
        then.whole_parts(),
        Part::ALL.len()
    );
    for gap in then.gaps() {
        let Found::Gap { cause } = &gap.found else { continue };
        let _ = write!(text, "\n  {:<13} gap: {cause}", gap.part.word());
    }
    let lines = now.map(|now| version::compare(then, now)).unwrap_or_default();
    for line in lines.iter().filter(|line| line.standing == Standing::Moved) {
        let (Some(then), Some(now)) = (line.then, line.now) else { continue };
        let _ = write!(text, "\n  {:<13} {} → {}", now.part.word(), value(then), value(now));
    }
    text
}

fn value(line: &Line) -> String {
    match &line.found {
        Found::Known { value, hash: Some(hash), .. } => format!("{value} ({hash})"),
        Found::Known { value, .. } => value.clone(),
        Found::Gap { .. } => "gap".to_owned(),
    }
}
