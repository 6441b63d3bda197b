//! Leaving the order of a tree: skipping a step, jumping to another one. Both say why, and both are on record.
//! May not answer a question.

use std::sync::Arc;

use super::{answer, to_top, walk};
use crate::app::effect::Effect;
use crate::app::model::Model;
use crate::app::pinned;
use crate::app::screen::Screen;
use crate::app::writing::{self, Writing};
use crate::domain::entry::Happening;
use crate::domain::ids::{StepId, SymptomId};
use crate::domain::walk::{Answered, WalkAnswer};

/// Goes on without an answer, a containment or a watch; the words say why.
pub(in crate::app) fn skip(model: &mut Model, symptom: &SymptomId, why: &str) -> Vec<Effect> {
    answer(model, symptom, WalkAnswer::Skipped, why)
}

/// A step was picked to jump to: asks why, since the tree's order is left.
pub(in crate::app) fn leave_for(model: &mut Model, to: StepId) {
    let Screen::Runbook(screen) = model.screens.top() else { return };
    let runbook = screen.symptom.clone();
    writing::ask(model, Writing::Jump { runbook, to });
}

/// Leaves the present step for another one.
pub(in crate::app) fn jump(model: &mut Model, symptom: &SymptomId, to: &StepId, why: &str) -> Vec<Effect> {
    let Some((runbook, walk)) = walk(model, symptom) else { return Vec::new() };
    let Some(from) = walk.step(runbook).map(|step| step.id.clone()) else { return Vec::new() };
    let runbook = Arc::clone(runbook);
    let left = Answered {
        step: from.clone(),
        answer: WalkAnswer::Jumped,
        suggested: None,
        why: why.to_owned(),
        who: model.who.clone(),
        at: model.now,
    };
    let began = pinned::began(model, symptom);
    let jumped = model.walks.get_mut(symptom).is_some_and(|walk| walk.jump(&runbook, to, left));
    if !jumped {
        return Vec::new();
    }
    to_top(model);
    let jumped = Happening::Jumped { runbook: symptom.clone(), from, to: to.clone(), why: why.to_owned() };
    began.into_iter().chain([Effect::Record(jumped)]).collect()
}
