//! The path through a runbook that the evidence suggests: each question answered as its evidence stands, unknown as
//! "don't know". Screens suggest the same one answer at a time. May not answer for anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::action::ActionKind;
use super::super::evidence::{Facts, Verdict};
use super::super::ids::{StepId, SymptomId};
use super::super::runbook::{Next, Runbook, Step, StepBody};
use super::super::walk::WalkAnswer;

/// More runbooks than this are not followed: each hand-over was an answer, and two lead to a containment.
const MOST_RUNBOOKS: usize = 3;

/// Where the evidence leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suggested {
    /// Steps of the runbook it began in, up to the containment that a true answer leads to; without one, up to the
    /// first containment, where one waits for better evidence.
    pub path: Vec<StepId>,
    /// The answers given at those steps, without one at the last.
    pub answers: Vec<WalkAnswer>,
    /// What the last step of `path` offers, best first. Empty if the path leaves the runbook before a containment.
    pub at_end: Vec<ActionKind>,
    /// Every kind on the way, best first: what a true answer leads to, then what holds until there is one.
    pub kinds: Vec<ActionKind>,
}

/// Follows the evidence through the tree. Containments that no true answer leads to only hold: the path goes on behind
/// them, until a watch.
#[must_use]
pub fn suggested(runbook: &Runbook, shelf: &BTreeMap<SymptomId, Arc<Runbook>>, facts: &dyn Facts) -> Suggested {
    follow(runbook, shelf, facts, MOST_RUNBOOKS)
}

fn follow(
    runbook: &Runbook,
    shelf: &BTreeMap<SymptomId, Arc<Runbook>>,
    facts: &dyn Facts,
    runbooks_left: usize,
) -> Suggested {
    let mut trail = Trail::default();
    let mut seen: BTreeSet<&StepId> = BTreeSet::new();
    let mut present = runbook.step(&runbook.start);
    let mut said_yes = false;
    while let Some(step) = present.filter(|step| seen.insert(&step.id)) {
        let (answer, next) = match &step.body {
            StepBody::Ask { evidence, yes, no, dont_know } => match evidence.judge(facts).verdict {
                Verdict::True => (WalkAnswer::Yes, yes),
                Verdict::False => (WalkAnswer::No, no),
                Verdict::Unknown => (WalkAnswer::DontKnow, dont_know),
            },
            StepBody::Contain { kinds, .. } if said_yes => return trail.ended(step, kinds),
            StepBody::Contain { kinds, then } => {
                trail.hold(step, kinds);
                (WalkAnswer::Done, then)
            }
            StepBody::Watch { .. } => break,
        };
        trail.steps.push((step.id.clone(), answer));
        said_yes = answer == WalkAnswer::Yes;
        present = match next {
            Next::Step(id) => runbook.step(id),
            Next::Runbook(id) if said_yes && runbooks_left > 0 => {
                let other = shelf.get(id).map(|other| follow(other, shelf, facts, runbooks_left - 1));
                return trail.handed(other.map(|other| other.kinds).unwrap_or_default());
            }
            Next::Runbook(_) | Next::End(_) => None,
        };
    }
    trail.unsure()
}

/// The steps so far.
#[derive(Debug, Default)]
struct Trail {
    steps: Vec<(StepId, WalkAnswer)>,
    /// Steps up to the first containment that only holds, and what it offers.
    first_hold: Option<(usize, StepId, Vec<ActionKind>)>,
    held: Vec<ActionKind>,
}

impl Trail {
    fn hold(&mut self, step: &Step, kinds: &[ActionKind]) {
        let steps = self.steps.len();
        self.first_hold.get_or_insert_with(|| (steps, step.id.clone(), kinds.to_vec()));
        self.held.extend_from_slice(kinds);
    }

    fn ended(self, step: &Step, kinds: &[ActionKind]) -> Suggested {
        let (mut path, answers): (Vec<_>, Vec<_>) = self.steps.into_iter().unzip();
        path.push(step.id.clone());
        Suggested { path, answers, at_end: kinds.to_vec(), kinds: [kinds, &self.held].concat() }
    }

    fn handed(self, kinds: Vec<ActionKind>) -> Suggested {
        let (path, answers) = self.steps.into_iter().unzip();
        Suggested { path, answers, at_end: Vec::new(), kinds: [kinds, self.held].concat() }
    }

    fn unsure(mut self) -> Suggested {
        let Some((steps, step, at_end)) = self.first_hold.take() else {
            let (path, answers) = self.steps.into_iter().unzip();
            return Suggested { path, answers, ..Suggested::default() };
        };
        let (mut path, answers): (Vec<_>, Vec<_>) = self.steps.into_iter().take(steps).unzip();
        path.push(step);
        Suggested { path, answers, at_end, kinds: self.held }
    }
}
