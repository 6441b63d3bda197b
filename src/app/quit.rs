//! Leaving: when it asks first, and with which exit code. May not end anything; runs finish detached from the screen.

use jiff::SignedDuration;

use super::containments;
use super::effect::Effect;
use super::model::Model;
use super::run::{self, Pinned};
use crate::domain::run::RunState;

/// Left with containments in force.
const CONTAINED: u8 = 3;
/// Left while nobody can say what became of a run, or it is stuck.
const CANNOT_SAY: u8 = 4;

/// So long after it was stored somebody waits for a run's effect.
const LOOKED_FOR: SignedDuration = SignedDuration::from_mins(2);

/// Why leaving is worth a question, in words; empty = leave.
#[must_use]
pub fn reasons(model: &Model) -> Vec<String> {
    let mut reasons: Vec<String> = run::pinned(model)
        .into_iter()
        .map(|pinned| format!("{}: {}; {}", pinned.title, pinned.state, left_to(model, &pinned)))
        .collect();
    if let Some(snapshot) = &model.snapshot {
        reasons.extend(snapshot.containments.iter().map(|c| match c.unreadable {
            None if c.stage.is_some() && containments::is_released_here(model, &c.lever) => {
                format!("{} is half-way back, {}: leaving stops its release there, unwatched", c.lever, c.now)
            }
            None if c.stage.is_some() => {
                format!("{} is half-way back, {}: this session does not release it", c.lever, c.now)
            }
            None => format!("{} stays {} ({})", c.lever, c.now, c.away_from()),
            Some(_) => format!("{} ({})", c.words(), c.away_from()),
        }));
    }
    reasons
}

/// What becomes of an open run when this process ends. Only a request that this session sent is waited for; what it took up,
/// or looks for in the traffic, nobody follows without it, unless another process on this journal lives.
fn left_to(model: &Model, pinned: &Pinned) -> &'static str {
    match pinned.state {
        RunState::Intent | RunState::Sent | RunState::Acknowledged | RunState::ReadBack
            if run::is_of_this_session(model, &pinned.run) =>
        {
            "leaving waits 5 s for it; after that nobody follows it until the next start or `status`"
        }
        RunState::ReadBack => "after leaving nobody here looks for its effect until the next start or `status`",
        _ if run::is_of_this_session(model, &pinned.run) => {
            "after leaving nobody follows it until the next start or `status` reads its lever"
        }
        _ => "unless the process that sent it lives, nobody follows it after leaving until the next start or `status`",
    }
}

/// The exit code of leaving now.
#[must_use]
pub fn code(model: &Model) -> u8 {
    // Stored is known; before that nobody can say what the lever is.
    let doubtful = |state| state != RunState::ReadBack;
    if model.snapshot.as_ref().is_some_and(|snapshot| !snapshot.containments.is_empty()) {
        CONTAINED
    } else if run::pinned(model).iter().any(|pinned| doubtful(pinned.state)) {
        CANNOT_SAY
    } else {
        0
    }
}

/// Stops this process as every shell expects of ctrl-z, unless somebody counts on it: what it sent or releases nobody would
/// follow, and nothing would go back by itself.
pub(super) fn suspend(model: &mut Model) -> Vec<Effect> {
    let followed = |pinned: &Pinned| match pinned.state {
        RunState::Intent | RunState::Sent | RunState::Acknowledged | RunState::Unknown => true,
        RunState::ReadBack => model
            .ledger
            .runs
            .get(&pinned.run)
            .is_some_and(|record| model.now.duration_since(record.moved_at()) < LOOKED_FOR),
        _ => false,
    };
    let mut pinned = run::pinned(model).into_iter();
    let held = pinned.find(|pinned| run::is_of_this_session(model, &pinned.run) && followed(pinned));
    let releasing = containments::rows(model)
        .iter()
        .find(|held| held.stage.is_some() && containments::is_released_here(model, &held.lever));
    let why = match (held, releasing) {
        (Some(pinned), _) => format!("{}: {}", pinned.title, pinned.state),
        (None, Some(held)) => format!("{} is half-way back", held.lever),
        (None, None) => return vec![Effect::Suspend],
    };
    // The reason comes first: a narrow footer cuts the end.
    model.say(format!("not stopped, or nobody would follow it: {why}"));
    Vec::new()
}

/// Leaves.
#[must_use]
pub fn leave(model: &Model) -> Vec<Effect> {
    vec![Effect::Quit(code(model))]
}
