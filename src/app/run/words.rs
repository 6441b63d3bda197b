//! What the view of a run says is waited for, and what its end means. May not judge: the journal, the runner and the picture
//! did.

use super::{RunScreen, aftermath, awaited, containments, is_undo, propagated, state, undone};
use crate::app::Model;
use crate::domain::aftermath::{Aftermath, still_fails};
use crate::domain::figures::{capitalised, listed};
use crate::domain::incident::RunRecord;
use crate::domain::run::RunState;
use crate::domain::shown::ShownBy;

/// What is being waited for, or what to do next; one or two sentences.
#[must_use]
pub fn waiting_for(model: &Model, screen: &RunScreen) -> String {
    let Some(state) = screen.run.as_ref().and_then(|run| state(model, run)) else {
        return "Reading the lever once more, then writing the intent down. Nothing was sent yet.".to_owned();
    };
    if let Some(words) = stage_words(model, screen, state) {
        return words;
    }
    let effect = awaited(model, screen);
    match state {
        RunState::Intent => "The intent is durable. The request goes out next.".to_owned(),
        RunState::Sent => "The request is on the wire. Waiting for the store's answer.".to_owned(),
        RunState::Acknowledged => "The store said yes. Reading the lever back: a yes is not proof.".to_owned(),
        RunState::ReadBack if effect.is_none() => {
            "The store holds it. This action declares no traffic evidence: the serving side is asked, if there is one."
                .to_owned()
        }
        RunState::ReadBack if is_undo(model, screen) => {
            "The store holds it. Watching traffic until it is back where it was before.".to_owned()
        }
        RunState::ReadBack => match propagated(model, screen) {
            Some(share) => format!("The store holds it; {}. Watching traffic until it shows.", share.words()),
            None => "The store holds it. Watching traffic until it shows.".to_owned(),
        },
        RunState::Verified => verified(model, screen),
        RunState::Rejected => "The store refused. Nothing changed.".to_owned(),
        RunState::NotSent => "Nothing was sent. Nothing changed.".to_owned(),
        RunState::Unseen => {
            "No effect was seen. It may still land: every reading of the lever is compared with it.".to_owned()
        }
        RunState::Unknown => {
            "It MAY have happened. The lever is being read; nothing is sent again by itself.".to_owned()
        }
        RunState::Stuck => stuck(model, screen, effect.is_none()),
        RunState::Superseded => "Somebody else moved the lever meanwhile. Look at it before you act again.".to_owned(),
        RunState::Undone => "Undone: the exact prior setting was restored by a later run.".to_owned(),
    }
}

/// What a stuck run lacks: a store that was seen to hold it, or what would show it. After an undo there is no containment to
/// try next: what it wanted back did not come back.
fn stuck(model: &Model, screen: &RunScreen, by_serving_side: bool) -> String {
    let record = screen.run.as_ref().and_then(|run| model.ledger.runs.get(run));
    let what = match (record.is_some_and(RunRecord::was_stored), by_serving_side, is_undo(model, screen)) {
        (false, ..) => "The store said yes, and was not seen to hold it in time.",
        (true, true, _) => "Stored, but the serving side does not hand it out in time.",
        (true, false, true) => "Stored, but the traffic is not back where it was before in time.",
        (true, false, false) => "Stored, but the traffic does not show it in time.",
    };
    let next = if is_undo(model, screen) {
        "Look at the lever and at what still holds the traffic before you act again."
    } else {
        "Try the next containment."
    };
    format!("{what} {next}")
}

/// Of a stage that the store holds: what its watch waits for, and what follows.
fn stage_words(model: &Model, screen: &RunScreen, now: RunState) -> Option<String> {
    let record = model.ledger.runs.get(screen.run.as_ref()?)?;
    let stage = record.intent.stage.as_ref()?;
    if stage.is_back() {
        let back = "Back at the contained setting: the release is over, and the containment stands as before.";
        return now.is_stored().then(|| back.to_owned());
    }
    let releasing = model.ledger.releasing(&record.intent.lever).filter(|of| of.record.intent.run == record.intent.run);
    if !stage.is_partial() || !matches!(now, RunState::ReadBack | RunState::Verified) {
        return None;
    }
    let words = capitalised(&stage.words());
    if releasing.is_none() {
        return Some(format!("{words} is over: something moved the lever since."));
    }
    let at = containments::rows(model).iter().position(|held| held.lever == record.intent.lever);
    let next = at.and_then(|at| containments::gate(model, at)).map(|report| report.next(model.now));
    let next = next.unwrap_or_else(|| "being read".to_owned());
    let back = if containments::is_released_here(model, &record.intent.lever) {
        "If the symptom returns it goes back to contained by itself."
    } else {
        "It goes on or back by itself only while the process that began it lives."
    };
    Some(format!("{words} is in force: {next}. {back}"))
}

/// What a verified run means: what it did for that which failed before it, and where an undo has gone back to.
fn verified(model: &Model, screen: &RunScreen) -> String {
    let shown_by = shown_by(model, screen);
    let shown = match shown_by {
        ShownBy::Traffic | ShownBy::Both => "The traffic shows it.",
        ShownBy::ServingSide => "The serving side hands it out; no traffic evidence shows it.",
    };
    if is_undo(model, screen) {
        let failing = undone(model, screen).map(|record| record.intent.failing.as_slice()).unwrap_or_default();
        let back = match shown_by {
            ShownBy::Traffic | ShownBy::Both => "Undone: the traffic is back where it was before.",
            ShownBy::ServingSide => {
                "Undone: the serving side hands out what was there before; no traffic evidence says more."
            }
        };
        return match failing {
            [] => back.to_owned(),
            failing => format!("{back} {} failed there: watch before you leave.", capitalised(&listed(failing))),
        };
    }
    let signals = model.snapshot.as_ref().map(|snapshot| snapshot.signals.as_slice()).unwrap_or_default();
    match aftermath(model, screen) {
        Aftermath::NotRepaired(still) => format!(
            "{shown} Contained, not repaired: {}. If users still meet it, contain that too.",
            still_fails(&still, signals)
        ),
        Aftermath::NoBetter(still) => format!(
            "{shown} But the incident is not better: {}. If it stays so, try the next containment.",
            still_fails(&still, signals)
        ),
        Aftermath::Nothing => match model.snapshot.as_ref().map(|snapshot| &snapshot.headline) {
            Some(headline) if headline.status.is_bad() => format!("{shown} {}", headline.what),
            _ => format!("{shown} Now understand it in peace."),
        },
    }
}

/// What showed the effect of a verified run.
fn shown_by(model: &Model, screen: &RunScreen) -> ShownBy {
    let record = screen.run.as_ref().and_then(|run| model.ledger.runs.get(run));
    record.and_then(RunRecord::shown_by).unwrap_or(ShownBy::Traffic)
}
