//! How far a person walks before anything is contained: the answers up to the first containment of every path, paths
//! that end without one, and hand-overs that run in a circle before one. May not know files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::ids::{StepId, SymptomId};
use crate::domain::runbook::{Next, Runbook, StepBody};

/// At most this many answers lie between the first question and the first containment.
pub(super) const MOST_ANSWERS: usize = 2;

/// Every edge by its key in the file.
pub(super) fn edges(body: &StepBody) -> Vec<(&'static str, &Next)> {
    match body {
        StepBody::Ask { yes, no, dont_know, .. } => vec![("yes", yes), ("no", no), ("dont-know", dont_know)],
        StepBody::Contain { then, .. } => vec![("then", then)],
        StepBody::Watch { then, otherwise, .. } => vec![("then", then), ("otherwise", otherwise)],
    }
}

/// The steps of one tree that are reached before anything was contained.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// Answers given before the step on the longest way to it, and the step before it on that way.
    answers: BTreeMap<StepId, (usize, Option<StepId>)>,
    /// Hand-overs before a containment: step, edge, runbook, answers given by then.
    pub(super) handed: Vec<(StepId, &'static str, SymptomId, usize)>,
    /// Ends before a containment: step and edge.
    pub(super) ends: Vec<(StepId, &'static str)>,
    /// First containments, with the answers given before them.
    pub(super) contained: Vec<(StepId, usize)>,
}

impl Before {
    /// Measures a tree that has no circle. Every edge is looked at twice, whatever the file holds.
    pub(super) fn of(runbook: &Runbook) -> Self {
        let bodies: BTreeMap<&StepId, &StepBody> = runbook.steps.iter().map(|step| (&step.id, &step.body)).collect();
        let mut found = Self::default();
        found.answers.insert(runbook.start.clone(), (0, None));
        for id in in_order(&runbook.start, &bodies) {
            let (Some(body), Some((answers, _))) = (bodies.get(id), found.answers.get(id).cloned()) else { continue };
            if let StepBody::Contain { .. } = body {
                found.contained.push((id.clone(), answers));
                continue;
            }
            for (edge, next) in edges(body) {
                match next {
                    Next::Step(to) => {
                        let way = found.answers.entry(to.clone()).or_insert((0, None));
                        if way.1.is_none() || way.0 < answers + 1 {
                            *way = (answers + 1, Some(id.clone()));
                        }
                    }
                    Next::Runbook(other) => found.handed.push((id.clone(), edge, other.clone(), answers + 1)),
                    Next::End(_) => found.ends.push((id.clone(), edge)),
                }
            }
        }
        found
    }

    /// The longest way to a step, for people: `first > second > third`.
    pub(super) fn way(&self, to: &StepId) -> String {
        let mut way = vec![to.as_str()];
        let mut at = self.answers.get(to).and_then(|(_, from)| from.as_ref());
        while let Some(step) = at {
            way.push(step.as_str());
            at = self.answers.get(step).and_then(|(_, from)| from.as_ref());
        }
        way.reverse();
        way.join(" > ")
    }
}

/// Steps reachable without passing a containment, each after every step that leads to it. Iterative: files may be hostile.
fn in_order<'a>(start: &'a StepId, bodies: &BTreeMap<&'a StepId, &'a StepBody>) -> Vec<&'a StepId> {
    let mut done: Vec<&StepId> = Vec::new();
    let mut entered: BTreeSet<&StepId> = BTreeSet::from([start]);
    let mut open: Vec<(&StepId, usize)> = vec![(start, 0)];
    while let Some((id, at)) = open.pop() {
        let onward = match bodies.get(id) {
            Some(StepBody::Contain { .. }) | None => Vec::new(),
            Some(body) => edges(body),
        };
        let Some((_, next)) = onward.get(at) else {
            done.push(id);
            continue;
        };
        open.push((id, at + 1));
        if let Next::Step(to) = next
            && entered.insert(to)
        {
            open.push((to, 0));
        }
    }
    done.reverse();
    done
}

/// Every tree of a shelf, measured.
pub(super) struct Roads {
    before: BTreeMap<SymptomId, Before>,
    /// The most answers to a first containment from the start of each runbook, hand-overs included; counted to one more
    /// than may be.
    farthest: BTreeMap<SymptomId, usize>,
}

impl Roads {
    /// Measures each tree once. Every hand-over is an answer, so that few of them in a row are followed.
    pub(super) fn of(runbooks: &BTreeMap<SymptomId, Arc<Runbook>>) -> Self {
        let before: BTreeMap<_, _> = runbooks.iter().map(|(id, book)| (id.clone(), Before::of(book))).collect();
        let mut farthest: BTreeMap<SymptomId, usize> = BTreeMap::new();
        for _ in 0..=MOST_ANSWERS {
            let further = |(id, before): (&SymptomId, &Before)| {
                let own = before.contained.iter().map(|(_, answers)| *answers);
                let handed = before.handed.iter().filter_map(|(_, _, to, more)| Some(more + farthest.get(to)?));
                (id.clone(), own.chain(handed).max().unwrap_or(0).min(MOST_ANSWERS + 1))
            };
            farthest = before.iter().map(further).collect();
        }
        Self { before, farthest }
    }

    /// One tree.
    pub(super) fn before(&self, id: &SymptomId) -> Option<&Before> {
        self.before.get(id)
    }

    /// True if a path through that runbook, entered after so many answers, needs too many to its first containment.
    pub(super) fn is_too_far(&self, id: &SymptomId, answers: usize) -> bool {
        answers + self.farthest.get(id).copied().unwrap_or(0) > MOST_ANSWERS
    }

    /// The circle of hand-overs, before any containment, on which `from` hands over to `to`; `None` if there is none.
    pub(super) fn circle(&self, from: &SymptomId, to: &SymptomId) -> Option<Vec<SymptomId>> {
        let mut came: BTreeMap<&SymptomId, &SymptomId> = BTreeMap::new();
        let mut open = vec![to];
        while let Some(id) = open.pop() {
            if id == from {
                let mut circle = vec![from.clone()];
                let mut at = id;
                while let Some(before) = came.get(at).filter(|_| at != to) {
                    at = before;
                    circle.push(at.clone());
                }
                circle.push(from.clone());
                circle.reverse();
                return Some(circle);
            }
            for (_, _, other, _) in self.before.get(id).map(|before| before.handed.as_slice()).unwrap_or_default() {
                if other != to && !came.contains_key(other) {
                    came.insert(other, id);
                    open.push(other);
                }
            }
        }
        None
    }
}
