//! Scripted walks inside runbook tests: answers from the first step on, and where they end. May not judge evidence.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::ids::{StepId, SymptomId};
use crate::domain::runbook::Runbook;
use crate::domain::walk::{Answered, Place, Walk, WalkAnswer};

use super::super::shape::{Shape, Takes, required};
use super::super::source::Sink;
use super::super::suggest;
use super::super::view::View;

pub(super) static WALK: Shape = Shape {
    about: "Answers from the first step on, and where they end.",
    keys: &[
        required("answers", Takes::List(&Takes::Word(words)), "yes, no, dont-know; done at a containment"),
        required("ends", Takes::Id, "\"end\" for the words of a hand-over, a runbook, or the step that was reached"),
    ],
};

/// The word for the end of a tree.
const END: &str = "end";
const ANSWERS: [(&str, WalkAnswer); 4] =
    [("yes", WalkAnswer::Yes), ("no", WalkAnswer::No), ("dont-know", WalkAnswer::DontKnow), ("done", WalkAnswer::Done)];

fn words() -> Vec<&'static str> {
    ANSWERS.iter().map(|(word, _)| *word).collect()
}

/// One scripted walk.
#[derive(Debug, Clone)]
pub(super) struct Walked {
    answers: Vec<WalkAnswer>,
    ends: String,
}

impl Walked {
    /// The steps that were answered, with the answer; and where the walk stands after the last one.
    ///
    /// # Errors
    /// In words: an answer that a step does not take, or answers after the end.
    pub(super) fn steps(&self, runbook: &Runbook) -> Result<(Vec<(StepId, WalkAnswer)>, Place), String> {
        let mut walk = Walk::start(runbook, Timestamp::UNIX_EPOCH);
        let mut steps = Vec::new();
        for answer in &self.answers {
            let Some(step) = walk.step(runbook).map(|step| step.id.clone()) else {
                return Err(format!("the walk ends before `{}`, answer {}", answer.word(), steps.len() + 1));
            };
            let answered = Answered {
                step: step.clone(),
                answer: *answer,
                suggested: None,
                why: String::new(),
                who: "test".into(),
                at: Timestamp::UNIX_EPOCH,
            };
            if !walk.answer(runbook, answered) {
                return Err(format!("step `{step}` does not take `{}`", answer.word()));
            }
            steps.push((step, *answer));
        }
        Ok((steps, walk.place))
    }

    /// What differs from what was expected.
    pub(super) fn failure(&self, runbook: &Runbook) -> Result<(), String> {
        let (steps, place) = self.steps(runbook)?;
        let found = match &place {
            Place::At(step) => step.as_str(),
            Place::Handed(other) => other.as_str(),
            Place::Ended(_) => END,
        };
        if found == self.ends {
            return Ok(());
        }
        let path: Vec<String> = steps.iter().map(|(step, answer)| format!("{step} {}", answer.word())).collect();
        Err(format!("{} should lead to `{}`, it leads to `{found}`", path.join(", "), self.ends))
    }
}

/// The walks of one test.
pub(super) fn read(test: &View<'_>, steps: &[&str], known: &BTreeSet<&SymptomId>, sink: &mut Sink<'_>) -> Vec<Walked> {
    let mut walks = Vec::new();
    for view in test.tables("walks") {
        let answer = |word: &str| ANSWERS.iter().find(|(name, _)| *name == word).map(|(_, answer)| *answer);
        let answers = view.texts("answers").into_iter().filter_map(|word| answer(word.is)).collect();
        let Some(ends) = view.text("ends") else { continue };
        let names = || steps.iter().copied().chain(known.iter().map(|id| id.as_str())).chain([END]);
        if !names().any(|name| name == ends.is) {
            let message = format!("a walk cannot end at `{}`", ends.is);
            sink.error(&ends.span, message, suggest::hint(ends.is, names()));
        }
        walks.push(Walked { answers, ends: ends.is.to_owned() });
    }
    walks
}
