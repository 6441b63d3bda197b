//! One run as the journal tells it: what was intended, where it stands, and what it may have moved.
//! Computed from entries by the ledger alone.

use jiff::Timestamp;

use super::LATE_LANDING;
use crate::domain::entry::Intent;
use crate::domain::lever::Setting;
use crate::domain::observations::OurMove;
use crate::domain::plan::Purpose;
use crate::domain::run::{RunMove, RunState};
use crate::domain::shown::ShownBy;

/// A run as the journal tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// What was intended.
    pub intent: Intent,
    /// Where it stands.
    pub state: RunState,
    /// Who confirmed it.
    pub who: String,
    /// When it was intended.
    pub at: Timestamp,
    /// Position of its intent in the journal: this, and no clock, says which of two runs is newer.
    pub seq: u64,
    /// Position of the entry by which it took the lever: its intent, or its late landing.
    pub took: u64,
    /// Every move with its time and reason, oldest first.
    pub moves: Vec<(Timestamp, RunMove, String)>,
}

impl RunRecord {
    /// True if it changed something, was not undone, and is no undo itself.
    #[must_use]
    pub fn is_undoable(&self) -> bool {
        matches!(self.state, RunState::ReadBack | RunState::Verified | RunState::Stuck)
            && !matches!(self.intent.purpose, Purpose::Undo(_))
            // A stage is taken back by the way back of its release, to what the first one found.
            && self.intent.stage.as_ref().is_none_or(|stage| stage.number == stage.total)
    }

    /// True if its store was ever seen to hold the setting.
    #[must_use]
    pub fn was_stored(&self) -> bool {
        self.moves.iter().any(|(_, by, _)| matches!(by, RunMove::SeeStored | RunMove::SeeEffect))
    }

    pub(super) fn as_our_move(&self) -> OurMove {
        OurMove {
            lever: self.intent.lever.clone(),
            run: self.intent.run.clone(),
            action: self.intent.action.clone(),
            kind: self.intent.action_kind,
            prior: self.intent.prior.setting.clone(),
            after: self.intent.after.clone(),
            state: self.state,
            shown_by: self.shown_by(),
            who: self.who.clone(),
            at: self.at,
            moved_at: self.moved_at(),
            review_by: self.intent.review_by,
            failing: self.intent.failing.clone(),
            stage: None,
        }
    }

    /// What showed its effect, if it is verified.
    #[must_use]
    pub fn shown_by(&self) -> Option<ShownBy> {
        let verified = self.moves.iter().rfind(|(_, by, _)| *by == RunMove::SeeEffect);
        verified.filter(|_| self.state == RunState::Verified).map(|(.., why)| ShownBy::of(&self.intent, why))
    }

    /// When its effect was seen, if it is verified.
    #[must_use]
    pub fn verified_at(&self) -> Option<Timestamp> {
        let verified = self.moves.iter().rfind(|(_, by, _)| *by == RunMove::SeeEffect);
        verified.filter(|_| self.state == RunState::Verified).map(|(at, ..)| *at)
    }

    /// When it was last seen to move.
    #[must_use]
    pub fn moved_at(&self) -> Timestamp {
        self.moves.last().map_or(self.at, |(at, ..)| *at)
    }

    /// True while a request without a seen effect may still be carried out.
    #[must_use]
    pub fn may_still_land(&self, now: Timestamp) -> bool {
        self.state == RunState::Unseen && now.duration_since(self.moved_at()) < LATE_LANDING
    }

    /// False for a run that certainly left the lever as it was, or whose setting does not stand.
    pub(super) fn has_moved(&self) -> bool {
        !matches!(self.state, RunState::NotSent | RunState::Rejected | RunState::Superseded | RunState::Unseen)
    }

    /// True if this run may have set what another run, intended at the position `since`, would have set too.
    pub(super) fn explains(&self, setting: &Setting, since: u64) -> bool {
        let stands = !matches!(
            self.state,
            RunState::NotSent | RunState::Rejected | RunState::Superseded | RunState::Undone | RunState::Unseen
        );
        stands && self.intent.after.same(setting) && self.took > since
    }
}
