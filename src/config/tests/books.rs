//! The shipped runbooks as a whole: which tables of the references they cover, how far each path is from a containment,
//! and that every walk ends.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::super::runbooks::{Shelf, collect, directory};
use super::super::{readings, runbook_tests};
use crate::domain::catalogue::Catalogue;
use crate::domain::ids::SymptomId;
use crate::domain::runbook::{LookAt, Next, Rule, Runbook, StepBody};

/// The runbooks of the repository, with their tests.
pub(super) fn shelf() -> Shelf {
    static SHELF: OnceLock<Shelf> = OnceLock::new();
    let load = || {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks");
        let (files, unread) = directory(&home, 0).expect("the runbooks");
        assert!(unread.is_empty(), "{unread:?}");
        collect(&files, &readings::vocabulary_names(), true)
    };
    SHELF.get_or_init(load).clone()
}

/// The same catalogue with the runbooks as they are on disk.
pub(super) fn on_disk(catalogue: Catalogue) -> Catalogue {
    Catalogue { runbooks: shelf().runbooks, ..catalogue }
}

const SYMPTOMS: [&str; 18] = [
    "wrong-consistent",
    "wrong-random",
    "stale",
    "refusals",
    "latency",
    "errors",
    "hallucination-topic",
    "leak",
    "over-trigger",
    "runaway",
    "cost",
    "provider-outage",
    "drift",
    "retrieval",
    "injection",
    "verbose",
    "tool-harm",
    "empty-identical",
];

/// Tables of the references: the sort of tag, its word, and the symptoms that must carry it.
const TABLES: [(&str, &str, &[&str]); 31] = [
    ("row", "wrong answers, consistent pattern", &["wrong-consistent"]),
    ("row", "wrong answers, random subset", &["wrong-random"]),
    ("row", "stale or outdated information", &["stale"]),
    ("row", "increased refusals", &["refusals"]),
    ("row", "latency spike", &["latency"]),
    ("row", "errors and exceptions", &["errors"]),
    ("row", "hallucinations on specific topics", &["hallucination-topic"]),
    ("type", "quality metric alert", &["wrong-consistent", "hallucination-topic"]),
    ("type", "latency alert", &["latency"]),
    ("type", "guardrail alert", &["leak", "over-trigger"]),
    ("type", "drift alert", &["drift"]),
    ("type", "retrieval alert", &["retrieval"]),
    ("pillar", "Autonomy", &["tool-harm", "injection"]),
    ("pillar", "Tool Use", &["runaway", "tool-harm", "errors"]),
    ("pillar", "Planning", &["runaway", "cost"]),
    ("pillar", "Memory", &["retrieval", "stale", "hallucination-topic"]),
    ("pillar", "Multi-Step Reasoning", &["wrong-consistent", "wrong-random"]),
    ("pattern", "silent guardrail", &["leak"]),
    ("pattern", "slow drift", &["drift"]),
    ("pattern", "dependency", &["provider-outage"]),
    ("pattern", "classic operation", &["latency", "errors"]),
    ("pattern", "agent side effects", &["runaway", "tool-harm"]),
    (
        "mode",
        "confident failure",
        &["wrong-consistent", "wrong-random", "stale", "hallucination-topic", "empty-identical"],
    ),
    ("mode", "latency", &["latency", "errors", "verbose", "provider-outage"]),
    ("mode", "guardrail", &["leak", "over-trigger", "refusals", "injection"]),
    ("mode", "drift", &["drift"]),
    ("mode", "retrieval", &["retrieval"]),
    ("example", "P1", &["leak", "injection"]),
    ("example", "P2", &["empty-identical", "retrieval"]),
    ("example", "P3", &["hallucination-topic"]),
    ("example", "P4", &["drift"]),
];

#[test]
fn eighteen_symptoms_and_every_rule_are_there_and_every_row_of_the_tables_leads_to_one() {
    let books = shelf().runbooks;
    for id in SYMPTOMS {
        assert!(books.get(id).is_some_and(|book| book.rule.is_none()), "{id}");
    }
    for rule in Rule::ALL {
        assert_eq!(books.values().filter(|book| book.rule == Some(rule)).count(), 1, "{}", rule.word());
    }
    assert_eq!(books.len(), SYMPTOMS.len() + Rule::ALL.len());
    for (sort, word, symptoms) in TABLES {
        for id in symptoms {
            assert!(books[*id].tagged(sort).any(|tag| tag == word), "{id} lacks the tag {sort}: {word}");
        }
    }
    for id in SYMPTOMS {
        assert!(books[id].tagged("mode").next().is_some(), "{id} belongs to no failure mode");
        assert!(books[id].tagged("pillar").next().is_some(), "{id} belongs to no pillar");
    }
}

#[test]
fn every_runbook_says_what_comes_after_the_containment_and_what_to_look_at() {
    for book in shelf().runbooks.values() {
        let care = &book.care;
        assert!(!care.scope.is_empty(), "{}", book.id);
        assert!(!care.verify.is_empty() && !care.mitigate.is_empty() && !care.restore.is_empty(), "{}", book.id);
        assert!(care.diagnose.len() >= 2, "{}", book.id);
        let looks: Vec<&LookAt> = book.steps.iter().flat_map(|step| &step.look).map(|look| &look.what).collect();
        let has = |wanted: fn(&LookAt) -> bool| looks.iter().any(|look| wanted(look));
        assert!(has(|look| matches!(look, LookAt::Query(_))), "{}: no query", book.id);
        assert!(has(|look| matches!(look, LookAt::Link(_))), "{}: no dashboard", book.id);
        assert!(has(|look| matches!(look, LookAt::Command(_))), "{}: no command", book.id);
        for step in &book.steps {
            let StepBody::Contain { kinds, .. } = &step.body else { continue };
            let forbidden = kinds.iter().find(|kind| book.never.contains(kind));
            assert_eq!(forbidden, None, "{}: step {} offers what the runbook forbids", book.id, step.id);
        }
    }
    let books = shelf().runbooks;
    for id in SYMPTOMS {
        let layers: BTreeSet<&str> = books[id].care.diagnose.iter().map(|one| one.layer.as_str()).collect();
        assert!(layers.len() >= 5, "{id} looks at {layers:?} only");
    }
}

fn next_of(body: &StepBody) -> Vec<&Next> {
    match body {
        StepBody::Ask { yes, no, dont_know, .. } => vec![yes, no, dont_know],
        StepBody::Contain { then, .. } => vec![then],
        StepBody::Watch { then, otherwise, .. } => vec![then, otherwise],
    }
}

/// Follows every path to its first containment, also into other runbooks; returns those that take too many answers.
fn too_far(books: &BTreeMap<SymptomId, Arc<Runbook>>, book: &Runbook) -> Vec<String> {
    let mut far = Vec::new();
    let mut open: Vec<(&Runbook, &Next, usize, String)> = Vec::new();
    let start = Next::Step(book.start.clone());
    open.push((book, &start, 0, String::new()));
    while let Some((book, next, answers, path)) = open.pop() {
        match next {
            Next::End(words) => far.push(format!("{path}: ends without a containment: {words}")),
            Next::Runbook(id) if path.len() < 400 => {
                let other = &books[id];
                let step = other.step(&other.start).expect("start");
                follow(other, &step.body, answers, &format!("{path} > {id}/{}", step.id), &mut open, &mut far);
            }
            Next::Runbook(id) => far.push(format!("{path}: round and round at {id}")),
            Next::Step(id) => {
                let step = book.step(id).expect("step");
                follow(book, &step.body, answers, &format!("{path} > {id}"), &mut open, &mut far);
            }
        }
    }
    far
}

fn follow<'a>(
    book: &'a Runbook,
    body: &'a StepBody,
    answers: usize,
    path: &str,
    open: &mut Vec<(&'a Runbook, &'a Next, usize, String)>,
    far: &mut Vec<String>,
) {
    match body {
        StepBody::Contain { .. } if answers > 2 => far.push(format!("{path}: {answers} answers")),
        StepBody::Contain { .. } => {}
        body => open.extend(next_of(body).into_iter().map(|next| (book, next, answers + 1, path.to_owned()))),
    }
}

#[test]
fn no_path_needs_more_than_two_answers_to_the_first_containment() {
    let books = shelf().runbooks;
    let far: Vec<String> = books.values().flat_map(|book| too_far(&books, book)).collect();
    assert!(far.is_empty(), "{}", far.join("\n"));
}

#[test]
fn every_walk_of_every_tree_ends_in_a_containment_with_words_or_a_named_hand_over() {
    let books = shelf().runbooks;
    for book in books.values() {
        // No path of one tree is longer than its steps; hand-overs name runbooks that exist, and never go round.
        let mut open: Vec<(&Next, usize)> = vec![];
        let start = Next::Step(book.start.clone());
        open.push((&start, 0));
        let mut ends = 0;
        while let Some((next, steps)) = open.pop() {
            assert!(steps <= book.steps.len(), "{}: a path is longer than the tree", book.id);
            match next {
                Next::Step(id) => {
                    let body = &book.step(id).expect("every edge leads to a step").body;
                    open.extend(next_of(body).into_iter().map(|next| (next, steps + 1)));
                }
                Next::Runbook(id) => {
                    ends += 1;
                    assert!(books.contains_key(id) && *id != book.id, "{}: hands over to {id}", book.id);
                }
                Next::End(words) => {
                    ends += 1;
                    assert!(words.split_whitespace().count() >= 8, "{}: an end that says too little: {words}", book.id);
                }
            }
        }
        assert!(ends > 0, "{}", book.id);
    }
}

#[test]
fn the_tests_of_every_shipped_runbook_walk_every_edge() {
    let missed: Vec<String> = runbook_tests::coverage(&shelf())
        .into_iter()
        .filter(|coverage| !coverage.missed.is_empty())
        .map(|coverage| format!("{}: {}", coverage.runbook, coverage.missed.join(", ")))
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn what_is_built_in_is_what_lies_in_the_directory() {
    let built_in = collect(&super::super::runbooks::shipped_files(), &readings::vocabulary_names(), false).runbooks;
    for (built_in, on_disk) in built_in.values().zip(shelf().runbooks.values()) {
        let mut built_in = Runbook::clone(built_in);
        assert_eq!(built_in.origin.digest, on_disk.origin.digest);
        built_in.origin = on_disk.origin.clone();
        assert_eq!(built_in, **on_disk);
    }
    assert_eq!(built_in.len(), shelf().runbooks.len());
}
