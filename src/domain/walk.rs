//! The walk through a runbook: a pure cursor with the path taken. Nothing advances by itself.
//! May not fire actions; a containment step only names kinds.

mod stop;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::evidence::Verdict;
use super::ids::{StepId, SymptomId};
use super::runbook::{Next, Runbook, Step, StepBody};

pub use stop::{StopRule, stop_rule};

/// A person's answer at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WalkAnswer {
    /// Yes (also: watched and held).
    Yes,
    /// No (also: watched and did not hold).
    No,
    /// Don't know.
    DontKnow,
    /// Contained here: go on.
    Done,
    /// Went on without an answer, a containment or a watch: where a question leads that nobody can answer.
    Skipped,
    /// Left this step for another one, out of the tree's order.
    Jumped,
}

impl WalkAnswer {
    /// For people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::DontKnow => "don't know",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Jumped => "jumped",
        }
    }
}

/// A step that was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// Which step.
    pub step: StepId,
    /// What the person said.
    pub answer: WalkAnswer,
    /// What the evidence suggested at that moment.
    pub suggested: Option<Verdict>,
    /// What stood behind it, for example `37 of 41 samples alike`.
    pub why: String,
    /// Who.
    pub who: String,
    /// When.
    pub at: Timestamp,
}

/// Where a walk stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// At a step of the current runbook.
    At(StepId),
    /// At the end, with the words of the hand-over.
    Ended(String),
    /// Handed to another runbook.
    Handed(SymptomId),
}

/// A walk through one runbook. Pinned to the runbook it began with.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// The runbook.
    pub runbook: SymptomId,
    /// Answers so far, oldest first.
    pub path: Vec<Answered>,
    /// Where it stands.
    pub place: Place,
    /// When the present step was entered.
    pub entered_at: Timestamp,
    /// When it began: the stop rule counts from here.
    pub started_at: Timestamp,
}

impl Walk {
    /// Starts at the runbook's first step.
    #[must_use]
    pub fn start(runbook: &Runbook, now: Timestamp) -> Self {
        Self {
            runbook: runbook.id.clone(),
            path: Vec::new(),
            place: Place::At(runbook.start.clone()),
            entered_at: now,
            started_at: now,
        }
    }

    /// The step it stands at, if it stands at one.
    #[must_use]
    pub fn step<'a>(&self, runbook: &'a Runbook) -> Option<&'a Step> {
        match &self.place {
            Place::At(id) => runbook.step(id),
            Place::Ended(_) | Place::Handed(_) => None,
        }
    }

    /// Answers the present step. An answer that the step does not take changes nothing and returns false.
    #[expect(clippy::match_same_arms, reason = "one line for each kind of step and answer")]
    pub fn answer(&mut self, runbook: &Runbook, answered: Answered) -> bool {
        let Some(step) = self.step(runbook) else { return false };
        let next = match (&step.body, answered.answer) {
            (StepBody::Ask { yes, .. }, WalkAnswer::Yes) => yes,
            (StepBody::Ask { no, .. }, WalkAnswer::No) => no,
            (StepBody::Ask { dont_know, .. }, WalkAnswer::DontKnow | WalkAnswer::Skipped) => dont_know,
            (StepBody::Contain { then, .. }, WalkAnswer::Done | WalkAnswer::Skipped) => then,
            (StepBody::Watch { then, .. }, WalkAnswer::Yes) => then,
            // Nobody watched is not that it held.
            (StepBody::Watch { otherwise, .. }, WalkAnswer::No | WalkAnswer::DontKnow | WalkAnswer::Skipped) => {
                otherwise
            }
            _ => return false,
        };
        let place = match next {
            Next::Step(id) => Place::At(id.clone()),
            Next::Runbook(id) => Place::Handed(id.clone()),
            Next::End(words) => Place::Ended(words.clone()),
        };
        self.entered_at = answered.at;
        self.path.push(answered);
        self.place = place;
        true
    }

    /// Leaves the present step for another one; [`Walk::back`] returns. False without a present step, or if there is no
    /// other step of that name.
    pub fn jump(&mut self, runbook: &Runbook, to: &StepId, mut left: Answered) -> bool {
        let Some(step) = self.step(runbook) else { return false };
        if step.id == *to || runbook.step(to).is_none() {
            return false;
        }
        left.step = step.id.clone();
        left.answer = WalkAnswer::Jumped;
        self.entered_at = left.at;
        self.path.push(left);
        self.place = Place::At(to.clone());
        true
    }

    /// Takes the last answer back. False at the first step.
    pub fn back(&mut self, now: Timestamp) -> bool {
        let Some(last) = self.path.pop() else { return false };
        self.place = Place::At(last.step);
        self.entered_at = now;
        true
    }
}

#[cfg(test)]
mod tests;
