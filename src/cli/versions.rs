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
    let known: Vec<&str> = Part::ALL.into_iter().filter(|part| !then.has_gap(*part)).map(Part::word).collect();
    let mut text = format!("\n\nVersions of the product before the first change, {}: ", second(then.at));
    let _ = match known.as_slice() {
        [] => write!(text, "none is known"),
        _ if known.len() == Part::ALL.len() => write!(text, "all {} parts are known", known.len()),
        _ => write!(text, "{} known", known.join(", ")),
    };
    for (cause, parts) in gaps(then) {
        let _ = write!(text, "\n  not known: {}: {cause}", parts.join(", "));
    }
    let lines = now.map(|now| version::compare(then, now)).unwrap_or_default();
    for line in lines.iter().filter(|line| line.standing == Standing::Moved) {
        let (Some(then), Some(now)) = (line.then, line.now) else { continue };
        let _ = write!(text, "\n  {:<13} {} → {}", now.part.word(), value(then), value(now));
    }
    text
}

/// What was not known then, by its cause: a cause that several parts share is said once.
fn gaps(then: &VersionSnapshot) -> Vec<(String, Vec<&'static str>)> {
    let mut gaps: Vec<(String, Vec<&'static str>)> = Vec::new();
    for line in then.gaps() {
        let Found::Gap { cause } = &line.found else { continue };
        let by = if line.by.is_empty() { String::new() } else { format!("{}: ", line.by) };
        let cause = format!("{by}{cause}");
        match gaps.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, parts)) => parts.push(line.part.word()),
            None => gaps.push((cause, vec![line.part.word()])),
        }
    }
    gaps
}

fn value(line: &Line) -> String {
    match &line.found {
        Found::Known { value, hash: Some(hash), .. } => format!("{value} ({hash})"),
        Found::Known { value, .. } => value.clone(),
        Found::Gap { .. } => "gap".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::Happening;
    use crate::domain::fixture::{entry, now};

    fn told(lines: Vec<Line>) -> String {
        let taken = VersionSnapshot::new(now(), std::time::Duration::ZERO, lines);
        let mut opened =
            entry(0, "ana", Happening::IncidentOpened { title: "t".into(), severity: None, why: "by hand".into() });
        opened.incident = "inc-0001".parse().ok();
        let mut kept = entry(1, "ana", Happening::VersionsTaken(Box::new(taken)));
        kept.incident = "inc-0001".parse().ok();
        words(&Ledger::fold(&[opened, kept]), None)
    }

    #[test]
    fn it_says_of_what_and_which_parts_are_not_known_and_why_each_cause_once() {
        let none = told(Vec::new());
        assert!(
            none.contains("Versions of the product before the first change") && none.contains("none is known"),
            "{none}"
        );
        assert_eq!(none.matches("nothing configured that tells it").count(), 1, "{none}");
        assert!(!none.contains("0 of 7"), "{none}");
        let some = told(vec![Line::gap(Part::Index, "build", "timed out after 2 s")]);
        assert!(some.contains("not known: index: build: timed out after 2 s"), "{some}");
    }
}
