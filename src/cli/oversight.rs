//! What people have to look after, for `status` and `approve`: requests for approval, broken glasses, changes from outside,
//! the freeze of changes, the one after failed writes. As JSON and as text. May not judge: it tells what the journal adds up to.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{second, setting};
use crate::domain::approval::{Glass, Record, Standing, unfreeze_command};
use crate::domain::catalogue::Catalogue;
use crate::domain::freeze;
use crate::domain::incident::Ledger;
use crate::domain::outside::{self, OutsideChange, Watch};
use crate::domain::snapshot::Snapshot;

/// Adds the fields to `status --json`.
pub fn add_to(status: &mut Value, catalogue: &Catalogue, snapshot: &Snapshot, ledger: &Ledger, now: Timestamp) {
    let Some(fields) = status.as_object_mut() else { return };
    let frozen = freeze::in_force(ledger).map(|incident| {
        let held = freeze::holders(catalogue, &snapshot.containments);
        json!({
            "incident": incident.id, "since": incident.opened_at,
            "for_others": held.iter().map(|(action, holds)| json!({ "action": action.id, "in_force": holds }))
                .collect::<Vec<_>>(),
        })
    });
    fields.insert("change_freeze".into(), json!(frozen));
    fields.insert("frozen".into(), json!(ledger.is_frozen(now)));
    fields.insert("break_glass".into(), ledger.glasses.open().map(|glass| glass_json(glass, now)).collect());
    fields.insert("approvals".into(), approvals(ledger, now));
    let changes = outside_changes(snapshot, ledger, now).into_iter().map(|change| {
        json!({
            "at": change.changed_at, "what": change.what, "who": change.by, "source": change.source,
            "lever": change.lever, "containment": change.containment,
        })
    });
    fields.insert("outside_changes".into(), changes.collect());
}

/// Those on record, and those that this very look found.
fn outside_changes(snapshot: &Snapshot, ledger: &Ledger, now: Timestamp) -> Vec<OutsideChange> {
    let mut changes: Vec<OutsideChange> = outside::told(ledger, now).cloned().collect();
    changes.extend(Watch::default().moved(snapshot, ledger));
    changes.extend(outside::of_feeds(snapshot, ledger));
    changes
}

fn glass_json(glass: &Glass, now: Timestamp) -> Value {
    json!({
        "digest": glass.entry.digest, "action": glass.entry.action, "lever": glass.entry.lever,
        "by": glass.entry.by, "why": glass.entry.why, "at": glass.at, "run": glass.run,
        "review_by": glass.entry.review_by, "overdue": glass.is_overdue(now),
    })
}

/// Open requests as JSON, oldest first.
pub fn approvals(ledger: &Ledger, now: Timestamp) -> Value {
    ledger.requests.open(now).into_iter().map(|record| request(record, now)).collect()
}

/// One request as JSON.
pub fn request(record: &Record, now: Timestamp) -> Value {
    let asking = &record.asking;
    let by = match record.standing(now) {
        Standing::Approved { by } | Standing::Denied { by, .. } => Some(by.to_string()),
        _ => None,
    };
    json!({
        "digest": asking.digest, "action": asking.action, "title": asking.title, "tier": asking.tier,
        "lever": { "id": asking.lever, "now": setting(&asking.now), "after": setting(&asking.after) },
        "requests": super::json::requests(&asking.requests),
        "asked_by": record.asker.to_string(), "asked_at": record.at, "until": asking.until,
        "standing": record.standing(now).word(), "answered_by": by, "type": asking.approval_word(),
    })
}

/// Open requests as text.
pub fn approval_words(catalogue: &Catalogue, ledger: &Ledger, now: Timestamp) -> String {
    let mut text = String::new();
    for record in ledger.requests.open(now) {
        let asking = &record.asking;
        let _ = writeln!(
            text,
            "{}  {:<9} {}: {} → {} of {}, asked by {} until {}",
            asking.digest.short(),
            record.standing(now).word(),
            asking.title,
            asking.now,
            asking.after,
            asking.lever,
            record.asker,
            second(asking.until)
        );
    }
    if text.is_empty() {
        return "No request for approval is open.".to_owned();
    }
    let (approve, deny) = (catalogue.command("approve DIGEST"), catalogue.command("deny DIGEST --why …"));
    let _ = write!(text, "{approve} shows one whole; {deny} ends it.");
    text
}

fn frozen_words(catalogue: &Catalogue) -> String {
    let command = unfreeze_command(catalogue);
    format!("FROZEN after failed or unknown writes in a row: look at their runs, then {command}")
}

/// What stands before the table of `status`, loudest first; empty on ordinary days.
pub fn words(catalogue: &Catalogue, snapshot: &Snapshot, ledger: &Ledger, now: Timestamp) -> String {
    let mut text = String::new();
    for glass in ledger.glasses.open() {
        let due = if glass.is_overdue(now) { "OVERDUE since" } else { "review by" };
        let entry = &glass.entry;
        let _ = writeln!(
            text,
            "BREAK GLASS {} by {}: {} ({due} {}; {})",
            entry.title,
            entry.by,
            entry.why,
            second(entry.review_by),
            catalogue.command(&format!("review {} --why …", entry.digest.short()))
        );
    }
    if ledger.is_frozen(now) {
        let _ = writeln!(text, "{}", frozen_words(catalogue));
    }
    if let Some(incident) = freeze::in_force(ledger) {
        let (since, id) = (second(incident.opened_at), incident.id.as_str().to_uppercase());
        let others = freeze::for_others(catalogue, &snapshot.containments);
        let _ = writeln!(text, "CHANGE FREEZE since {since} ({id}): only what contains or restores is moved; {others}");
    }
    for change in outside_changes(snapshot, ledger, now) {
        let (meaning, at) = (change.meaning().to_uppercase(), second(change.changed_at));
        let _ = writeln!(text, "{meaning} {at}: {}", change.words());
    }
    if !ledger.requests.open(now).is_empty() {
        text.push_str(&approval_words(catalogue, ledger, now));
        text.push('\n');
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{Args, Command};
    use super::*;

    #[test]
    fn the_command_that_unfreezes_is_told_with_everything_that_it_needs() {
        let (environment, told) = ("prod".to_owned(), " -c bot.toml".to_owned());
        let words = frozen_words(&Catalogue { environment, told, ..Catalogue::empty() });
        let command = words.split('`').nth(1).expect("a command");
        assert_eq!(command, "breakglass unfreeze --type \"unfreeze prod\" --why … -c bot.toml");
        let given = ["breakglass", "unfreeze", "--type", "unfreeze prod", "--why", "…", "-c", "bot.toml"];
        let args = Args::try_parse_from(given).expect("it parses");
        assert!(matches!(args.command, Some(Command::Unfreeze(_))));
    }
}
