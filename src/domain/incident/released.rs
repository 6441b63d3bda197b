//! Containments of ours that were released, by a run of ours or from outside, as the journal tells it.
//! May not judge what the traffic shows meanwhile.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Ledger, RunRecord};
use crate::domain::action::Direction;
use crate::domain::ids::LeverId;
use crate::domain::observations::{OurMove, Released};
use crate::domain::outside::Fate;
use crate::domain::run::RunMove;

impl Ledger {
    /// The newest release of every lever that we had contained and that stands released.
    pub(super) fn released(&self) -> Vec<Released> {
        let levers: BTreeSet<&LeverId> = self.runs.values().map(|record| &record.intent.lever).collect();
        levers.into_iter().filter_map(|lever| self.release_of(lever)).collect()
    }

    fn release_of(&self, lever: &LeverId) -> Option<Released> {
        let newest = self.newest_move(lever)?;
        if self.moved_outside.get(lever).is_some_and(|outside| outside.seq > newest.took) {
            return self.released_by_hand(lever, &self.standing(newest)?);
        }
        let half_way = newest.intent.stage.as_ref().is_some_and(|stage| stage.is_partial() || stage.is_back());
        if newest.intent.direction != Direction::Release || half_way {
            return None;
        }
        let contained = |record: &&RunRecord| {
            let partial = record.intent.stage.as_ref().is_some_and(|stage| stage.is_partial() || stage.is_back());
            record.intent.lever == *lever
                && record.took < newest.took
                && record.has_moved()
                && record.intent.direction != Direction::Release
                && !partial
        };
        let held = self.runs.values().filter(contained).max_by_key(|record| record.took)?;
        Some(of(&held.as_our_move(), answered_at(newest)))
    }

    /// The release that somebody outside made of this containment, if that is what the last move from outside was.
    fn released_by_hand(&self, lever: &LeverId, held: &OurMove) -> Option<Released> {
        let outside = self.moved_outside.get(lever)?;
        let told = self.outside.iter().rfind(|change| {
            change.lever.as_ref() == Some(lever) && change.to.as_ref().is_some_and(|to| to.same(&outside.to))
        });
        let is_back =
            told.map_or_else(|| outside.to.same(&held.prior), |change| change.containment == Some(Fate::Released));
        // A store's own time of it counts, where it can be true.
        let at = told.map(|change| change.changed_at).filter(|at| *at > held.at).unwrap_or(outside.at);
        is_back.then(|| of(held, at))
    }
}

fn of(held: &OurMove, at: Timestamp) -> Released {
    Released {
        lever: held.lever.clone(),
        action: held.action.clone(),
        was: held.after.clone(),
        since: held.at,
        at,
        failing: held.failing.clone(),
    }
}

/// When the store took it, as far as that is known.
fn answered_at(release: &RunRecord) -> Timestamp {
    let took = |by: RunMove| matches!(by, RunMove::Acknowledge | RunMove::SeeStored);
    release.moves.iter().find(|(_, by, _)| took(*by)).map_or(release.at, |(at, ..)| *at)
}

#[cfg(test)]
mod tests;
