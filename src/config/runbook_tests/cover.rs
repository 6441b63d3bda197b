//! Which edges of a tree its tests walk: yes, no, don't know, then, otherwise. An edge counts when a path that the
//! evidence suggests, or a scripted walk, goes along it. May not run tests.

use std::collections::BTreeSet;

use crate::domain::facts::Live;
use crate::domain::ids::{StepId, SymptomId};
use crate::domain::picture;
use crate::domain::ranking;
use crate::domain::runbook::{Runbook, StepBody};
use crate::domain::walk::WalkAnswer;

use super::super::runbooks::Shelf;
use super::RunbookTest;

/// At most about so many edges are listed by name.
const LISTED: usize = 6;

/// Edges of one runbook that its tests walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The runbook.
    pub runbook: SymptomId,
    /// True if it ships with the program.
    pub shipped: bool,
    /// How many edges its tree has.
    pub edges: usize,
    /// Those that no test walks: `step yes`.
    pub missed: Vec<String>,
}

impl Coverage {
    /// How many edges were walked.
    #[must_use]
    pub fn walked(&self) -> usize {
        self.edges.saturating_sub(self.missed.len())
    }

    /// For people: `slow-search: its tests walk 3 of 5 branches; not walked: store no, store dont-know`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let missed = match self.missed.as_slice() {
            [] => String::new(),
            [first @ .., _, _] if first.len() > LISTED => {
                let shown = self.missed.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
                format!("; not walked: {shown} and {} more", self.missed.len() - LISTED)
            }
            some => format!("; not walked: {}", some.join(", ")),
        };
        format!("{}: its tests walk {} of {} branches{missed}", self.runbook, self.walked(), self.edges)
    }
}

/// The coverage of every runbook on the shelf, by the tests on it.
pub(in super::super) fn coverage(shelf: &Shelf) -> Vec<Coverage> {
    shelf.runbooks.values().map(|runbook| of(runbook, shelf)).collect()
}

fn of(runbook: &Runbook, shelf: &Shelf) -> Coverage {
    let mut walked: BTreeSet<(StepId, &'static str)> = BTreeSet::new();
    for test in shelf.tests.iter().filter(|test| test.runbook == runbook.id) {
        walked.extend(suggested(test, runbook, shelf));
        let scripted = test.walks.iter().filter_map(|walked| walked.steps(runbook).ok());
        walked.extend(scripted.flat_map(|(steps, _)| steps).filter_map(|(step, answer)| edge(runbook, step, answer)));
    }
    let all: Vec<(StepId, &'static str)> =
        runbook.steps.iter().flat_map(|step| edges(&step.body).iter().map(|edge| (step.id.clone(), *edge))).collect();
    let missed = all.iter().filter(|edge| !walked.contains(edge)).map(|(step, edge)| format!("{step} {edge}"));
    Coverage {
        runbook: runbook.id.clone(),
        shipped: runbook.origin.shipped,
        edges: all.len(),
        missed: missed.collect(),
    }
}

/// The edges of the path that the readings of a test suggest, if the test says anything about it.
fn suggested(test: &RunbookTest, runbook: &Runbook, shelf: &Shelf) -> Vec<(StepId, &'static str)> {
    if test.path.is_empty() {
        return Vec::new();
    }
    let (catalogue, observations) = test.readings.seen_through(shelf);
    let snapshot = picture::snapshot(&catalogue, &observations);
    let led = ranking::suggested(runbook, &shelf.runbooks, &Live::of(&snapshot).seen_by(runbook));
    led.path.into_iter().zip(led.answers).filter_map(|(step, answer)| edge(runbook, step, answer)).collect()
}

const fn edges(body: &StepBody) -> &'static [&'static str] {
    match body {
        StepBody::Ask { .. } => &["yes", "no", "dont-know"],
        StepBody::Contain { .. } => &["then"],
        StepBody::Watch { .. } => &["then", "otherwise"],
    }
}

/// The edge along which an answer goes.
fn edge(runbook: &Runbook, step: StepId, answer: WalkAnswer) -> Option<(StepId, &'static str)> {
    let name = match (&runbook.step(&step)?.body, answer) {
        (StepBody::Ask { .. }, WalkAnswer::Yes) => "yes",
        (StepBody::Ask { .. }, WalkAnswer::No) => "no",
        (StepBody::Ask { .. }, WalkAnswer::DontKnow) => "dont-know",
        (StepBody::Contain { .. }, WalkAnswer::Done) | (StepBody::Watch { .. }, WalkAnswer::Yes) => "then",
        (StepBody::Watch { .. }, WalkAnswer::No | WalkAnswer::DontKnow) => "otherwise",
        _ => return None,
    };
    Some((step, name))
}
