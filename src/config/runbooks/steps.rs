//! The steps of a runbook: questions, containments, watches. May not know the tree as a whole; `graph` checks that.

use std::collections::BTreeSet;

use crate::domain::action::ActionKind;
use crate::domain::evidence::{Evidence, Names};
use crate::domain::ids::{StepId, SymptomId};
use crate::domain::runbook::{Look, LookAt, Next, Step, StepBody};
use crate::domain::text;

use super::super::evidence::of_table;
use super::super::source::Sink;
use super::super::view::{View, gathered};
use super::build::{kinds, symptom};

/// The three sorts of step: the key that makes it one, the keys it needs, the keys it may have besides `know`, `look`.
const SORTS: [(&str, &[&str], &[&str]); 3] = [
    ("ask", &["yes", "no", "dont-know"], &["evidence", "reading"]),
    ("contain", &["title", "then"], &[]),
    ("watch", &["until", "minutes", "then", "otherwise"], &[]),
];
const LONGEST_WATCH_MINUTES: u64 = 24 * 60;

/// Every step that could be understood, in file order; what could not is in the sink.
pub(super) fn build(root: &View<'_>, names: &Names, known: &BTreeSet<&SymptomId>, sink: &mut Sink<'_>) -> Vec<Step> {
    let tables = root.named("step");
    gathered(tables.len(), tables.iter().filter_map(|(name, view)| step(name, view, names, known, sink)))
}

/// No step may offer what the runbook forbids.
pub(super) fn check_forbidden(root: &View<'_>, never: &[ActionKind], sink: &mut Sink<'_>) {
    for (name, view) in root.named("step") {
        let offered = view.texts("contain");
        for word in offered.iter().filter(|word| never.iter().any(|kind| kind.word() == word.is)) {
            let message = format!("[step.{name}] offers `{}`, which `never` forbids", word.is);
            sink.error(&word.span, message, "remove it here, or from never");
        }
    }
}

fn step(name: &str, view: &View<'_>, names: &Names, known: &BTreeSet<&SymptomId>, sink: &mut Sink<'_>) -> Option<Step> {
    let sort = sort(name, view, sink);
    // What a step shows is judged whatever else is wrong with it.
    let look = looks(view, sink);
    let reading = view.number("reading").map(|share| {
        if !(0.0..1.0).contains(&share.is) {
            sink.error(&share.span, "a share lies between 0 and 1", "write for example 0.02");
        }
        share.is
    });
    let sort = sort?;
    let mut next = |key: &str| next(view, key, known, sink);
    let (title, body) = match sort {
        "ask" => {
            let (yes, no, dont_know) = (next("yes"), next("no"), next("dont-know"));
            let evidence = evidence(view, "evidence", names, sink);
            (view.words("ask")?, StepBody::Ask { evidence, yes: yes?, no: no?, dont_know: dont_know? })
        }
        "contain" => {
            let then = next("then");
            let kinds = kinds(view, "contain");
            if kinds.is_empty() {
                sink.error(
                    &view.key_span("contain"),
                    "a containment step that offers nothing",
                    "name at least one kind",
                );
            }
            (view.words("title")?, StepBody::Contain { kinds, then: then? })
        }
        _ => {
            let (then, otherwise) = (next("then"), next("otherwise"));
            let until = evidence(view, "until", names, sink);
            let minutes = minutes(view, sink);
            (view.words("watch")?, StepBody::Watch { until, minutes: minutes?, then: then?, otherwise: otherwise? })
        }
    };
    let know = view.text("know").map(|know| text::clean_lines(know.is.trim())).unwrap_or_default();
    Some(Step { id: name.parse::<StepId>().ok()?, title, know, look, reading, body })
}

/// Which sort of step it is; reports none, several, and keys that belong to another sort.
fn sort(name: &str, view: &View<'_>, sink: &mut Sink<'_>) -> Option<&'static str> {
    let keys: Vec<_> = view.keys().collect();
    let has = |key: &str| keys.iter().any(|given| given.is == key);
    let given: Vec<_> = SORTS.iter().filter(|(key, ..)| has(key)).collect();
    let [(sort, needs, may)] = given.as_slice() else {
        let message = format!("[step.{name}] is not one of question, containment, watch");
        sink.error(&view.span, message, "write exactly one of ask = \"…?\", contain = [\"…\"] or watch = \"…\"");
        return None;
    };
    for key in needs.iter().filter(|key| !has(key)) {
        let hint = match *key {
            "dont-know" => "every question needs a way on when nobody knows".to_owned(),
            _ => format!("add {key} = …"),
        };
        sink.error(&view.span, format!("[step.{name}] lacks `{key}`"), hint);
    }
    for key in &keys {
        let shared = ["know", "look"].contains(&key.is) || key.is == *sort;
        let belongs_elsewhere = SORTS
            .iter()
            .any(|(other, needs, may)| key.is == *other || needs.contains(&key.is) || may.contains(&key.is));
        if belongs_elsewhere && !shared && !needs.contains(&key.is) && !may.contains(&key.is) {
            sink.error(&key.span, format!("`{}` means nothing in a step with `{sort}`", key.is), "remove it");
        }
    }
    Some(sort)
}

/// Evidence that is there must say something: an empty table would be unknown for ever.
fn evidence(view: &View<'_>, key: &str, names: &Names, sink: &mut Sink<'_>) -> Evidence {
    let Some(table) = view.table(key) else { return Evidence::default() };
    if !["all", "any", "none"].iter().any(|list| table.has_items(list)) {
        sink.error(&table.span, format!("`{key}` says nothing"), "add all = ['…'], any = ['…'] or none = ['…']");
    }
    of_table(&table, names, sink)
}

fn minutes(view: &View<'_>, sink: &mut Sink<'_>) -> Option<u32> {
    let minutes = view.whole("minutes")?;
    if minutes.is == 0 || minutes.is > LONGEST_WATCH_MINUTES {
        sink.error(&minutes.span, format!("a watch of {} minutes", minutes.is), "write 1 to 1440");
        return None;
    }
    u32::try_from(minutes.is).ok()
}

/// Where an edge leads. Steps are checked by `graph`, which sees all of them.
fn next(view: &View<'_>, key: &str, known: &BTreeSet<&SymptomId>, sink: &mut Sink<'_>) -> Option<Next> {
    if let Some(step) = view.parsed::<StepId>(key) {
        return Some(Next::Step(step.is));
    }
    let table = view.table(key)?;
    match (table.text("runbook"), table.text("end")) {
        (Some(runbook), None) => symptom(&runbook, known, sink).map(Next::Runbook),
        (None, Some(words)) => Some(Next::End(text::clean(words.is))),
        _ => {
            let hint = "write { runbook = \"ID\" } or { end = \"words of the hand-over\" }";
            sink.error(&table.span, format!("`{key}` leads nowhere, or to two places"), hint);
            None
        }
    }
}

/// True for the address of a page.
pub(super) fn is_address(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://")
}

/// True for such an address with a host and without anything that ends an address.
fn leads_somewhere(link: &str) -> bool {
    let host = link.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    !host.is_empty() && !host.starts_with(':') && !link.contains(char::is_whitespace)
}

/// True for the path of a file as seen from the runbook: no scheme, and not from the root.
pub(super) fn is_file_beside(link: &str) -> bool {
    !link.is_empty() && !link.starts_with('/') && !link.contains(':')
}

/// What to look at.
pub(super) fn looks(view: &View<'_>, sink: &mut Sink<'_>) -> Vec<Look> {
    let tables = view.tables("look");
    gathered(tables.len(), tables.iter().filter_map(|view| look(view, sink)))
}

/// One thing to look at.
fn look(view: &View<'_>, sink: &mut Sink<'_>) -> Option<Look> {
    let title = view.words("title")?;
    let (query, link, command) = (view.words("query"), view.words("link"), view.words("command"));
    let what = match (query, link, command) {
        (Some(query), None, None) => LookAt::Query(query),
        (None, Some(link), None) => {
            if !is_address(&link) && !is_file_beside(&link) {
                let hint = "write link = \"https://…\", or the path of a file from this one";
                sink.error(&view.key_span("link"), "a link is an http or https address, or a file", hint);
            } else if is_address(&link) && !leads_somewhere(&link) {
                let hint = "write https://HOST/PATH, a space in it as %20";
                sink.error(&view.key_span("link"), "an address without a host, or with a space in it", hint);
            }
            LookAt::Link(link)
        }
        (None, None, Some(command)) => LookAt::Command(command),
        _ => {
            sink.error(&view.span, "one thing to look at", "write exactly one of query, link, command");
            return None;
        }
    };
    Some(Look { title, what })
}
