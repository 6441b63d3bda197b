//! What the ledger says when it is looked back on: when an action last worked, what the product was made of. May not fold
//! anything: `incident` does.

use std::sync::Arc;

use jiff::Timestamp;

use super::entry::Happening;
use super::ids::ActionId;
use super::incident::{Ledger, RunRecord};
use super::plan::Purpose;
use super::run::RunMove;
use super::version::VersionSnapshot;

impl Ledger {
    /// The version snapshot of the open incident, if its first change was made.
    #[must_use]
    pub fn versions_then(&self) -> Option<&Arc<VersionSnapshot>> {
        self.versions.get(&self.open.as_ref()?.id)
    }

    /// False for what the open incident has already and needs only once: the version snapshot before its first change.
    #[must_use]
    pub fn lacks(&self, what: &Happening) -> bool {
        !matches!(what, Happening::VersionsTaken(_)) || self.versions_then().is_none()
    }

    /// When this action was last seen to work: the newest of its runs that traffic verified.
    #[must_use]
    pub fn rehearsed_at(&self, action: &ActionId) -> Option<Timestamp> {
        let runs =
            self.runs.values().filter(|run| run.intent.action == *action && run.intent.purpose == Purpose::Action);
        let seen =
            |run: &RunRecord| run.moves.iter().rev().find(|(_, by, _)| *by == RunMove::SeeEffect).map(|(at, ..)| *at);
        runs.filter_map(seen).max()
    }
}
