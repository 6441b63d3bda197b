//! The tree as a whole: every edge leads somewhere, every step can be reached, and no path runs in a circle. Also the
//! relation `beats` between runbooks. May not build steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::ids::SymptomId;
use crate::domain::runbook::{Runbook, Step, StepBody};

use super::super::source::Sink;
use super::super::suggest;
use super::super::view::{At, View};

const EDGES: [&str; 5] = ["yes", "no", "dont-know", "then", "otherwise"];

/// Checks the tree of one file. Works on the names as written, so that one broken step does not condemn the others.
pub(super) fn check(root: &View<'_>, steps: &[Step], sink: &mut Sink<'_>) {
    let views = root.named("step");
    let declared = root.names("step");
    let names: BTreeSet<&str> = declared.iter().copied().collect();
    let edges: BTreeMap<&str, Vec<At<&str>>> = views
        .iter()
        .map(|(name, view)| (*name, EDGES.into_iter().filter_map(|key| view.text(key)).collect()))
        .collect();
    for to in edges.values().flatten().filter(|to| !names.contains(to.is)) {
        if sink.is_full() {
            break;
        }
        let hint = suggest::hint(to.is, declared.iter().copied());
        let hint = format!("{hint} To leave the runbook write {{ runbook = \"…\" }} or {{ end = \"…\" }}");
        sink.error(&to.span, format!("no step is named `{}`", to.is), hint);
    }
    circles(&views, &edges, sink);
    let own = root.text("id").map(|id| id.is);
    for table in views.iter().flat_map(|(_, view)| EDGES.into_iter().filter_map(|key| view.table(key))) {
        if let Some(to) = table.text("runbook").filter(|to| Some(to.is) == own) {
            let hint = "lead to one of its steps, to another runbook, or end with the words of a hand-over";
            sink.error(&to.span, format!("the path leads back to this runbook itself, `{}`", to.is), hint);
        }
    }
    let Some(start) = root.text("start") else { return };
    if !names.contains(start.is) {
        let hint = suggest::hint(start.is, declared.iter().copied());
        sink.error(&start.span, format!("no step is named `{}`", start.is), hint);
        return;
    }
    let mut reached = BTreeSet::from([start.is]);
    let mut open = vec![start.is];
    while let Some(name) = open.pop() {
        for to in edges.get(name).into_iter().flatten() {
            if names.contains(to.is) && reached.insert(to.is) {
                open.push(to.is);
            }
        }
    }
    // Where a broken step leads, nobody knows: perhaps to those that seem to be left out.
    let leads: BTreeSet<&str> = views.iter().filter(|(_, view)| leads_on(view)).map(|(name, _)| *name).collect();
    let known = reached.is_subset(&leads);
    for (name, view) in views.iter().filter(|_| known) {
        if !reached.contains(name) {
            let message = format!("no path leads to [step.{name}]");
            sink.error(&view.span, message, "lead a path there, or remove the step");
        }
    }
    let contains = steps.iter().any(|step| matches!(step.body, StepBody::Contain { .. }))
        || views.iter().any(|(_, view)| view.has("contain"));
    if !contains && views.len() == names.len() {
        sink.warn(&root.key_span("step"), "no step contains anything", "add a step with contain = [\"…\"]");
    }
}

/// True if everything that a step of its sort leads to can be read.
pub(super) fn leads_on(step: &View<'_>) -> bool {
    let leads = |key: &str| {
        step.text(key).is_some()
            || step.table(key).is_some_and(|to| to.text("runbook").is_some() != to.text("end").is_some())
    };
    let needs: &[&str] = match ["ask", "contain", "watch"].map(|key| step.has(key)) {
        [true, false, false] => &["yes", "no", "dont-know"],
        [false, true, false] => &["then"],
        [false, false, true] => &["then", "otherwise"],
        _ => return false,
    };
    needs.iter().all(|key| leads(key))
}

/// Reports each edge that leads back to a step already on the path.
fn circles(views: &[(&str, View<'_>)], edges: &BTreeMap<&str, Vec<At<&str>>>, sink: &mut Sink<'_>) {
    // Iterative, and every edge is walked once: files may be hostile.
    let mut entered: BTreeSet<&str> = BTreeSet::new();
    let mut on_path: BTreeSet<&str> = BTreeSet::new();
    for (start, _) in views {
        if !entered.insert(start) {
            continue;
        }
        on_path.insert(start);
        let mut path: Vec<(&str, usize)> = vec![(start, 0)];
        while let Some((name, at)) = path.pop() {
            let Some(to) = edges.get(name).and_then(|edges| edges.get(at)) else {
                on_path.remove(name);
                continue;
            };
            path.push((name, at + 1));
            if on_path.contains(to.is) {
                let message = format!("the path runs in a circle: `{name}` leads back to `{}`", to.is);
                sink.error(&to.span, message, "lead on to a later step, or end with the words of a hand-over");
            } else if edges.contains_key(to.is) && entered.insert(to.is) {
                on_path.insert(to.is);
                path.push((to.is, 0));
            }
        }
    }
}

/// Circles of `beats`, each with its members in order and the first repeated at the end left out.
pub(super) fn beats_circles(runbooks: &BTreeMap<SymptomId, Arc<Runbook>>) -> Vec<Vec<SymptomId>> {
    let beaten = |id: &SymptomId| runbooks.get(id).map(|runbook| runbook.beats.as_slice()).unwrap_or_default();
    let mut circles: Vec<Vec<SymptomId>> = Vec::new();
    for start in runbooks.keys() {
        if circles.iter().flatten().any(|member| member == start) {
            continue;
        }
        let mut from: BTreeMap<&SymptomId, &SymptomId> = BTreeMap::new();
        let mut open = vec![start];
        while let Some(id) = open.pop() {
            for next in beaten(id) {
                if runbooks.contains_key(next) && !from.contains_key(next) {
                    from.insert(next, id);
                    open.push(next);
                }
            }
        }
        let mut circle = Vec::new();
        let mut at = from.get(start).copied();
        while let Some(id) = at {
            circle.push(id.clone());
            at = if id == start { None } else { from.get(id).copied() };
        }
        if !circle.is_empty() {
            circle.reverse();
            circles.push(circle);
        }
    }
    circles
}
