//! Leaving the order of a tree: skipping a step, jumping to another one. Both say why, and both are on record.
//! May not answer a question.

use std::sync::Arc;

use super::{AGAINST, Telling, answer, suggestion, to_top, walk, watched_so_far};
use crate::app::dialog::Dialog;
use crate::app::effect::Effect;
use crate::app::model::Model;
use crate::app::palette::Palette;
use crate::app::pinned;
use crate::app::screen::Screen;
use crate::app::writing::{self, Writing};
use crate::domain::entry::Happening;
use crate::domain::evidence::Verdict;
use crate::domain::ids::{StepId, SymptomId};
use crate::domain::runbook::{Runbook, StepBody};
use crate::domain::walk::{Answered, Walk, WalkAnswer};

/// Asks why the present step is skipped. A strict walk leaves out only a containment that cannot be carried out here.
pub(super) fn ask_to_skip(model: &mut Model, symptom: &SymptomId) -> Vec<Effect> {
    let Some((runbook, walk)) = walk(model, symptom) else { return Vec::new() };
    match walk.step(runbook).map(|step| &step.body) {
        Some(StepBody::Ask { .. } | StepBody::Watch { .. }) if model.catalogue.strict => {
            model.say("a strict walk skips no question; don't know is an answer");
        }
        Some(_) => writing::ask(model, Writing::Skip(symptom.clone())),
        None => {}
    }
    Vec::new()
}

/// Lists the steps to jump to.
pub(super) fn ask_to_jump(model: &mut Model, symptom: &SymptomId) -> Vec<Effect> {
    let at_step = walk(model, symptom).is_some_and(|(runbook, walk)| walk.step(runbook).is_some());
    if model.catalogue.strict {
        model.say("a strict walk goes in the order of the tree");
    } else if at_step {
        model.ask(Dialog::Palette(Palette::of_steps()));
    } else {
        model.say("this walk is at its end; go back one step first");
    }
    Vec::new()
}

/// A person's answer. A strict walk asks why, if the evidence suggests another one.
pub(super) fn said(model: &mut Model, symptom: &SymptomId, given: WalkAnswer) -> Vec<Effect> {
    let suggestion = walk(model, symptom).and_then(|(runbook, walk)| {
        let step = walk.step(runbook)?;
        suggestion(model, walk, step)
    });
    let suggested = suggestion.as_ref().and_then(|suggestion| suggestion.answer);
    let against = suggestion.is_some_and(|suggestion| suggestion.judgement.verdict == Verdict::False);
    let early = |(runbook, walk): (&Arc<Runbook>, &Walk)| watched_so_far(model, walk, walk.step(runbook)?);
    if given == WalkAnswer::Yes
        && let Some((passed, minutes)) = walk(model, symptom).and_then(early)
    {
        writing::ask(model, Writing::Early { runbook: symptom.clone(), passed, minutes, against });
        return Vec::new();
    }
    if model.catalogue.strict && suggested.is_some_and(|suggested| suggested != given) {
        writing::ask(model, Writing::Against { runbook: symptom.clone(), answer: given });
        return Vec::new();
    }
    answer(model, symptom, given, "")
}

/// The answer against the evidence, with its reason.
pub(in crate::app) fn against(model: &mut Model, symptom: &SymptomId, given: WalkAnswer, why: &str) -> Vec<Effect> {
    answer(model, symptom, given, &format!("{AGAINST}: {why}"))
}

/// A watch is said to have held before its time: how much of it had passed goes on record with the reason.
pub(in crate::app) fn early(model: &mut Model, symptom: &SymptomId, why: &str) -> Vec<Effect> {
    let passed = walk(model, symptom).and_then(|(runbook, walk)| watched_so_far(model, walk, walk.step(runbook)?));
    let why = match passed {
        Some((passed, minutes)) => format!("after {passed} of {minutes} min: {why}"),
        None => why.to_owned(),
    };
    answer(model, symptom, WalkAnswer::Yes, &why)
}

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

/// Closes what is open within the runbook on top; true if something was.
pub(in crate::app) fn leave_inner(model: &mut Model) -> bool {
    let Screen::Runbook(screen) = model.screens.top_mut() else { return false };
    std::mem::replace(&mut screen.telling, Telling::Know) == Telling::Why
}
