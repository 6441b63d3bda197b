//! A file that extends an earlier runbook: what it says replaces or joins what that one says, and the whole is checked
//! again. May not change the earlier file: it stays as it is when this one is broken.
//!
//! Texts, severity, `start` and `contain` replace; `never`, `beats`, `tags`, evidence, diagnosis and the lists of what
//! comes after join; a step of the same name replaces that step; the earlier tests go on holding.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::evidence::Names;
use crate::domain::ids::{StepId, SymptomId};
use crate::domain::runbook::{Harm, Next, Origin, Runbook, Step, StepBody};

use super::super::runbook_tests::TEST;
use super::super::shape::{Shape, Takes, optional, required};
use super::super::source::Sink;
use super::super::suggest;
use super::super::view::View;
use super::super::wording::{SENTENCE, TITLE};
use super::format::{DIAGNOSE, EVIDENCE, SEVERITY, STEP, kinds as kind_words};
use super::order::Words;
use super::reach::edges;
use super::{RunbookFile, build, care, graph, steps};

pub(in crate::config) static EXTENSION: Shape = Shape {
    about: "What a team changes of a shipped or earlier runbook.",
    keys: &[
        required("schema", Takes::Whole, "version of this format: 1"),
        required("extends", Takes::Id, "the runbook: one that ships, or one of an earlier directory"),
        required("version", Takes::Version, "from 1; goes up with every change of this file"),
        required("owner", Takes::Line(TITLE), "who keeps it"),
        optional("title", Takes::Line(TITLE), "replaces the title"),
        optional("hypothesis", Takes::Line(SENTENCE), "replaces the hypothesis"),
        optional("severity", Takes::Table(&SEVERITY), "replaces the severity; its reasons for a higher one join"),
        optional("beats", Takes::List(&Takes::Id), "joins: more general symptoms that stand behind this one"),
        optional("contain", Takes::List(&Takes::Word(kind_words)), "replaces: kinds of action to offer, best first"),
        optional("never", Takes::List(&Takes::Word(kind_words)), "joins: kinds that make it worse"),
        optional("start", Takes::Id, "replaces the first step"),
        optional("stop-after", Takes::Duration, "replaces the time after which to contain first"),
        optional("tags", Takes::List(&Takes::Line(TITLE)), "join"),
        optional("drilled", Takes::Day, "when people last practised it; `check` warns after 90 days"),
        optional("scope", Takes::Line(SENTENCE), "replaces whom it hits"),
        optional("verify", Takes::List(&Takes::Line(SENTENCE)), "join"),
        optional("diagnose", Takes::List(&Takes::Table(&DIAGNOSE)), "join"),
        optional("mitigate", Takes::List(&Takes::Line(SENTENCE)), "join"),
        optional("restore", Takes::List(&Takes::Line(SENTENCE)), "join"),
        optional("evidence", Takes::List(&Takes::Table(&EVIDENCE)), "joins what speaks for the symptom"),
        optional("step", Takes::Named(&STEP), "replaces the step of that name, or adds one"),
        optional("test", Takes::List(&Takes::Table(&TEST)), "join; the earlier tests go on holding"),
    ],
};

/// The extended runbook, or `None` if something that it cannot do without is wrong; what is wrong is in the sink.
pub(super) fn runbook(
    root: &View<'_>,
    file: &RunbookFile,
    earlier: Result<&Runbook, Words>,
    names: &Names,
    known: &BTreeSet<&SymptomId>,
    sink: &mut Sink<'_>,
) -> Option<Runbook> {
    build::check_schema(root, sink);
    let extends = root.text("extends")?;
    let earlier = match earlier {
        Ok(earlier) => earlier,
        Err((message, hint)) => {
            sink.error(&extends.span, message, hint);
            return None;
        }
    };
    let mut book = earlier.clone();
    let replace = |text: &mut String, key: &str| text.clone_from(&root.words(key).unwrap_or_else(|| text.clone()));
    replace(&mut book.title, "title");
    replace(&mut book.hypothesis, "hypothesis");
    replace(&mut book.owner, "owner");
    replace(&mut book.care.scope, "scope");
    if let Some(severity) = root.table("severity") {
        replace_severity(&severity, &mut book, names, sink);
    }
    if root.has("contain") {
        book.contain = build::kinds(root, "contain");
    }
    book.never.extend(build::kinds(root, "never"));
    if let Some(both) = book.contain.iter().find(|kind| book.never.contains(kind)) {
        let span = root.key_span(if root.has("contain") { "contain" } else { "never" });
        sink.error(&span, format!("`{both}` is offered and forbidden"), "remove it from contain or from never");
    }
    book.beats.extend(build::beats(root, Some(&earlier.id), known, sink));
    book.stop_after = root.duration("stop-after").map_or(book.stop_after, |at| at.is);
    book.tags.extend(care::texts(root, "tags"));
    book.care.verify.extend(care::texts(root, "verify"));
    book.care.mitigate.extend(care::texts(root, "mitigate"));
    book.care.restore.extend(care::texts(root, "restore"));
    book.care.diagnose.extend(root.tables("diagnose").iter().filter_map(|view| care::diagnosis(view, sink)));
    add_evidence(root, &mut book, names, sink);
    book.start = root.parsed("start").map_or(book.start, |at| at.is);
    let own = steps::build(root, names, known, sink);
    steps::check_forbidden(root, &book.never, sink);
    for step in &own {
        match book.steps.iter_mut().find(|known| known.id == step.id) {
            Some(known) => *known = step.clone(),
            None => book.steps.push(step.clone()),
        }
    }
    no_longer_offered(root, &mut book, sink);
    check_tree(root, &mut book, sink);
    book.version = u32::try_from(root.whole("version")?.is).ok()?;
    book.origin = Origin {
        extends: true,
        shipped: false,
        digest: build::digest(&[&earlier.origin.digest, &file.text]),
        drilled: root.day("drilled").map_or(earlier.origin.drilled, |at| Some(at.is)),
        ..build::origin(root, file)
    };
    // The links of the earlier file were followed from there; those of this file lead on from here.
    let mine: BTreeSet<&StepId> = own.iter().map(|step| &step.id).collect();
    let added = earlier.care.diagnose.len();
    let looks = book.steps.iter_mut().filter(|step| mine.contains(&step.id)).flat_map(|step| &mut step.look);
    build::links_from(file, looks.chain(book.care.diagnose.iter_mut().skip(added).flat_map(|one| &mut one.look)));
    Some(book)
}

/// What is forbidden now is no longer offered by the steps of the earlier runbook either.
fn no_longer_offered(root: &View<'_>, book: &mut Runbook, sink: &mut Sink<'_>) {
    for step in &mut book.steps {
        let StepBody::Contain { kinds, .. } = &mut step.body else { continue };
        kinds.retain(|kind| !book.never.contains(kind));
        let is_own = root.named("step").iter().any(|(name, _)| *name == step.id.as_str());
        if kinds.is_empty() && !is_own {
            let message = format!("`never` leaves [step.{}] of the earlier runbook nothing to offer", step.id);
            sink.error(&root.key_span("never"), message, "write that step anew, with other kinds");
        }
    }
}

fn replace_severity(severity: &View<'_>, book: &mut Runbook, names: &Names, sink: &mut Sink<'_>) {
    if let (Some(level), Some(why)) = (severity.words("level"), severity.words("why")) {
        (book.severity, book.severity_why) = (level, why);
    }
    book.raises.extend(care::raises(severity, names, sink));
}

fn add_evidence(root: &View<'_>, book: &mut Runbook, names: &Names, sink: &mut Sink<'_>) {
    for piece in root.tables("evidence") {
        let Some(weighted) = build::weighted(&piece, names, sink) else { continue };
        if book.rule.is_some() {
            let message = "evidence in the runbook of a cross-cutting rule, which never ranks";
            sink.error(&piece.span, message, "remove it");
        }
        if weighted.harm && book.harm == Harm::None {
            let hint = "remove harm = true, or replace the runbook by its id instead of extending it";
            sink.error(&piece.key_span("harm"), "evidence of harm in a runbook that declares none", hint);
        }
        book.evidence.push(weighted);
    }
}

/// Every edge leads to a step, no path runs in a circle, every step of this file is reached. Steps of the earlier runbook
/// that nothing leads to any more are left out.
fn check_tree(root: &View<'_>, book: &mut Runbook, sink: &mut Sink<'_>) {
    let views = root.named("step");
    let span = |step: &StepId, edge: Option<&str>| {
        let own = views.iter().find(|(name, _)| *name == step.as_str()).map(|(_, view)| view);
        own.map_or_else(|| root.key_span("extends"), |view| edge.map_or(view.span.clone(), |edge| view.key_span(edge)))
    };
    let bodies: BTreeMap<&StepId, &Step> = book.steps.iter().map(|step| (&step.id, step)).collect();
    // A step that is declared here and broken is there all the same; where it leads, nobody knows.
    let declared: BTreeSet<&str> = root.names("step").into_iter().collect();
    let is_there = |step: &StepId| bodies.contains_key(step) || declared.contains(step.as_str());
    let missing = |step: &StepId| {
        let hint = suggest::hint(step.as_str(), bodies.keys().map(|id| id.as_str()));
        (format!("no step is named `{step}`"), hint)
    };
    if !is_there(&book.start) {
        let (message, hint) = missing(&book.start);
        sink.error(&root.key_span("start"), message, hint);
        return;
    }
    // Each edge is walked once; `open` holds the path from the start.
    let mut entered: BTreeSet<StepId> = BTreeSet::from([book.start.clone()]);
    let mut on_path: BTreeSet<&StepId> = BTreeSet::from([&book.start]);
    let mut open: Vec<(&StepId, usize)> = vec![(&book.start, 0)];
    while let Some((id, at)) = open.pop() {
        let onward = bodies.get(id).map(|step| edges(&step.body)).unwrap_or_default();
        let Some((edge, next)) = onward.get(at) else {
            on_path.remove(id);
            continue;
        };
        open.push((id, at + 1));
        let Next::Step(to) = next else { continue };
        if !is_there(to) {
            let (message, hint) = missing(to);
            sink.error(&span(id, Some(edge)), message, hint);
        } else if on_path.contains(to) {
            let message = format!("the path runs in a circle: `{id}` leads back to `{to}`");
            sink.error(&span(id, Some(edge)), message, "lead on to a later step, or end with a hand-over");
        } else if entered.insert(to.clone()) {
            on_path.insert(to);
            open.push((to, 0));
        }
    }
    let leads: BTreeSet<&str> = views.iter().filter(|(_, view)| graph::leads_on(view)).map(|(name, _)| *name).collect();
    let is_reached = |name: &str| name.parse().is_ok_and(|id: StepId| entered.contains(&id));
    let known = declared.difference(&leads).all(|name| !is_reached(name));
    for (name, view) in views.iter().filter(|_| known) {
        if name.parse::<StepId>().is_ok_and(|id| !entered.contains(&id)) {
            sink.error(&view.span, format!("no path leads to [step.{name}]"), "lead a path there, or remove the step");
        }
    }
    book.steps.retain(|step| entered.contains(&step.id));
}
