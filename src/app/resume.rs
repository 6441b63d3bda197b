//! Takes up a walk where the journal left it, so that a restart or a hand-over keeps the place; and ends walks with
//! their incident. May not write entries.

use jiff::Timestamp;

use super::dialog::Dialog;
use super::model::Model;
use super::pinned;
use super::screen::Screen;
use crate::domain::entry::{Entry, Happening};
use crate::domain::evidence::Verdict;
use crate::domain::ids::{IncidentId, StepId, SymptomId};
use crate::domain::runbook::Runbook;
use crate::domain::walk::{Answered, Walk, WalkAnswer};

/// The word journaled when an answer is taken back.
pub const BACK: &str = "back";

/// Every answer that can be journaled.
const ANSWERS: [WalkAnswer; 5] =
    [WalkAnswer::Yes, WalkAnswer::No, WalkAnswer::DontKnow, WalkAnswer::Done, WalkAnswer::Skipped];

/// Replays the answers of the open incident (of entries without an incident if none is open). Stops at the first
/// answer that the runbook as it is now does not take: the runbook has changed, and guessing would mislead.
#[must_use]
pub fn walk(runbook: &Runbook, entries: &[Entry], incident: Option<&IncidentId>, now: Timestamp) -> Walk {
    let mut walk = Walk::start(runbook, now);
    let mut began = None;
    for entry in entries.iter().filter(|entry| entry.incident.as_ref() == incident) {
        if let Happening::Jumped { runbook: of, from, to, why } = &entry.what
            && *of == runbook.id
        {
            began.get_or_insert(entry.at);
            if walk.step(runbook).is_none_or(|present| present.id != *from)
                || !walk.jump(runbook, to, left(entry, from, why))
            {
                break;
            }
            continue;
        }
        let Happening::Answered { runbook: of, step, answer, suggested, why } = &entry.what else { continue };
        if *of != runbook.id {
            continue;
        }
        began.get_or_insert(entry.at);
        if answer == BACK {
            walk.back(entry.at);
            continue;
        }
        let Some(answer) = ANSWERS.into_iter().find(|known| known.word() == answer) else { break };
        let answered = Answered {
            step: step.clone(),
            answer,
            suggested: suggested.as_deref().and_then(verdict),
            why: why.clone(),
            who: entry.who.clone(),
            at: entry.at,
        };
        if walk.step(runbook).is_none_or(|present| present.id != *step) || !walk.answer(runbook, answered) {
            break;
        }
    }
    walk.started_at = began.unwrap_or(now);
    walk
}

/// How many answers are on record, those that were taken back left out: with [`walk`], whether all of them still fit.
pub(super) fn recorded(runbook: &SymptomId, entries: &[Entry], incident: Option<&IncidentId>) -> usize {
    entries.iter().filter(|entry| entry.incident.as_ref() == incident).fold(0, |count: usize, entry| {
        match &entry.what {
            Happening::Jumped { runbook: of, .. } if of == runbook => count + 1,
            Happening::Answered { runbook: of, answer, .. } if of == runbook && answer == BACK => {
                count.saturating_sub(1)
            }
            Happening::Answered { runbook: of, .. } if of == runbook => count + 1,
            _ => count,
        }
    })
}

/// Walks belong to an incident: what was answered in one that is closed says nothing about the next. A runbook on the
/// screen begins anew. The first answer opens an incident, so that a walk from before it was open belongs to it; and
/// two that were opened apart while the journal was away are one night.
pub(super) fn end_walks(model: &mut Model) {
    let open = model.ledger.open.as_ref().map(|incident| incident.id.clone());
    if model.walked_in == open {
        return;
    }
    let Some(before) = std::mem::replace(&mut model.walked_in, open) else { return };
    let closes = |entry: &Entry| {
        matches!(entry.what, Happening::IncidentClosed { .. }) && entry.incident.as_ref() == Some(&before)
    };
    if model.walked_in.is_some() && !model.entries.iter().any(closes) {
        return;
    }
    let answered = model.walks.values().filter(|walk| !walk.path.is_empty()).count();
    model.walks.clear();
    model.pinned.clear();
    // Words for a step that the walk does not stand at any more would be said of another one.
    if let Some(Dialog::Write(writing, _)) = &model.dialog
        && writing.is_about_a_step()
    {
        model.dialog = None;
    }
    let mut shown: Vec<SymptomId> = Vec::new();
    for screen in model.screens.above_mut() {
        if let Screen::Runbook(screen) = screen {
            screen.scroll = 0;
            shown.push(screen.symptom.clone());
        }
    }
    for symptom in shown {
        pinned::begin(model, &symptom);
    }
    match answered {
        0 => {}
        1 => model.say(format!("incident {before} is closed; its walk is in the timeline, the next one begins anew")),
        _ => model.say(format!("incident {before} is closed; its walks are in the timeline, the next ones begin anew")),
    }
}

/// What is kept of a step that was left by a jump.
fn left(entry: &Entry, from: &StepId, why: &str) -> Answered {
    Answered {
        step: from.clone(),
        answer: WalkAnswer::Jumped,
        suggested: None,
        why: why.to_owned(),
        who: entry.who.clone(),
        at: entry.at,
    }
}

fn verdict(word: &str) -> Option<Verdict> {
    [Verdict::True, Verdict::False, Verdict::Unknown].into_iter().find(|verdict| verdict.to_string() == word)
}
