//! Takes up a walk where the journal left it, so that a restart or a hand-over keeps the place. May not write entries.

use jiff::Timestamp;

use crate::domain::entry::{Entry, Happening};
use crate::domain::evidence::Verdict;
use crate::domain::ids::{IncidentId, StepId};
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
