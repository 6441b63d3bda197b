//! `incident`: the one that is open, and its end. An incident begins by itself, with its first action or answer; only a person
//! ends it, on record. May not release anything: what is contained stays so.

use serde_json::json;

use super::args::{Incident as IncidentArgs, IncidentCommand, Place};
use super::exit::Exit;
use super::json::second;
use super::out::{self, Failure};
use super::{approve, session};
use crate::domain::catalogue::Catalogue;
use crate::domain::entry::Happening;
use crate::domain::freeze;
use crate::domain::incident::Ledger;

/// Runs `incident …`.
pub async fn run(place: &Place, args: IncidentArgs) -> Result<Exit, Failure> {
    let config = session::load(place, None)?;
    let json = out::json_or_pipe(args.json);
    let book = approve::open(&config).await;
    let ledger = book.account().await.ledger;
    let ended = match args.what {
        None => {
            tell(&config.catalogue, &ledger, json);
            Ok(Exit::Done)
        }
        Some(IncidentCommand::Close { why, typed }) => {
            let word = format!("close {}", config.catalogue.environment);
            let asked = may_close(&ledger, &word, typed.as_deref(), &why);
            if let Ok(Some(why)) = &asked {
                book.record(Happening::IncidentClosed { why: why.clone() }).await;
            }
            asked.map(|closed| {
                told_closed(&config.catalogue, &ledger, closed.is_some(), json);
                Exit::Done
            })
        }
    };
    book.journal().close().await;
    ended
}

/// The reason to write down; `None` if no incident is open, which is what was wanted.
fn may_close(ledger: &Ledger, word: &str, typed: Option<&str>, why: &str) -> Result<Option<String>, Failure> {
    let why = approve::reason(why)?;
    let Some(open) = &ledger.open else { return Ok(None) };
    if typed.map(str::trim) != Some(word) {
        let id = open.id.as_str().to_uppercase();
        let hint = format!("{id} is {:?}; what is contained stays contained. Add --type {word:?}", open.title);
        return Err(Failure::new("not closed yet", hint).with(Exit::ApprovalMissing));
    }
    Ok(Some(why))
}

fn told_closed(catalogue: &Catalogue, ledger: &Ledger, is_closed: bool, json: bool) {
    let id = ledger.open.as_ref().filter(|_| is_closed).map(|open| &open.id);
    if json {
        return out::say_json(&json!({ "closed": id }));
    }
    out::tell(&match id {
        // No lever is asked here: what is in force, only a look can say.
        Some(id) => format!(
            "{} is closed, on record; changes are not frozen any more. {} shows what is still contained.",
            id.as_str().to_uppercase(),
            catalogue.command("status")
        ),
        None => "no incident is open".to_owned(),
    });
}

fn tell(catalogue: &Catalogue, ledger: &Ledger, json: bool) {
    if json {
        let open = ledger.open.as_ref().map(|open| {
            json!({ "id": open.id, "title": open.title, "opened_at": open.opened_at, "severity": open.severity })
        });
        return out::say_json(&json!({ "incident": open }));
    }
    out::tell(&match &ledger.open {
        None => "No incident is open.".to_owned(),
        Some(open) => {
            let (id, at) = (open.id.as_str().to_uppercase(), second(open.opened_at));
            let severity = open.severity.as_ref().map(|level| format!(" {level}")).unwrap_or_default();
            let end = freeze::end(catalogue).unwrap_or_default();
            format!("{id}{severity} open since {at}: {}\nChanges are frozen meanwhile. {end} ends it.", open.title)
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::entry;

    #[test]
    fn an_incident_ends_only_by_the_typed_word_and_with_a_reason() {
        let mut opened = entry(
            -600,
            "ana",
            Happening::IncidentOpened { title: "grounding fell".into(), severity: None, why: "by hand".into() },
        );
        opened.incident = Some("inc-0001".parse().expect("id"));
        let ledger = Ledger::fold(&[opened]);
        let close = |typed, why| may_close(&ledger, "close prod", typed, why);
        let untyped = close(None, "it is over").expect_err("no word");
        assert!(
            untyped.hint.contains("INC-0001") && untyped.hint.ends_with("--type \"close prod\""),
            "{}",
            untyped.hint
        );
        assert_eq!(untyped.exit, Exit::ApprovalMissing);
        assert!(close(Some("close test"), "it is over").is_err() && close(Some("close prod"), " ").is_err());
        assert_eq!(close(Some("close prod"), "it is over").expect("closed"), Some("it is over".to_owned()));
        assert_eq!(may_close(&Ledger::default(), "close prod", None, "over").expect("nothing to do"), None);
    }
}
