//! Leaving: when it asks first, and with which exit code. May not end anything; runs finish detached from the screen.

use super::effect::Effect;
use super::model::Model;
use super::run;
use crate::domain::run::RunState;

/// Left with containments in force.
const CONTAINED: u8 = 3;
/// Left while a run's outcome is not known, or it is stuck.
const CANNOT_SAY: u8 = 4;

/// Why leaving is worth a question, in words; empty = leave.
#[must_use]
pub fn reasons(model: &Model) -> Vec<String> {
    let mut reasons: Vec<String> = run::pinned(model)
        .into_iter()
        .map(|pinned| format!("{} is {}; it goes on without this screen", pinned.title, pinned.state))
        .collect();
    if let Some(snapshot) = &model.snapshot {
        reasons.extend(snapshot.containments.iter().map(|c| match c.unreadable {
            None if c.stage.is_some() => {
                format!("{} is half-way back, {}: leaving stops its release there, unwatched", c.lever, c.now)
            }
            None => format!("{} stays {} ({})", c.lever, c.now, c.away_from()),
            Some(_) => format!("{} ({})", c.words(), c.away_from()),
        }));
    }
    reasons
}

/// The exit code of leaving now.
#[must_use]
pub fn code(model: &Model) -> u8 {
    let doubtful = |state| matches!(state, RunState::Unknown | RunState::Unseen | RunState::Stuck);
    if model.snapshot.as_ref().is_some_and(|snapshot| !snapshot.containments.is_empty()) {
        CONTAINED
    } else if run::pinned(model).iter().any(|pinned| doubtful(pinned.state)) {
        CANNOT_SAY
    } else {
        0
    }
}

/// Leaves.
#[must_use]
pub fn leave(model: &Model) -> Vec<Effect> {
    vec![Effect::Quit(code(model))]
}
