//! The life of a confirmed plan, from the durable intent on: a state machine whose illegal moves are errors.
//! May not do I/O; the runner reports events, the journal stores them, everybody folds them with [`RunState::after`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Durably intended; nothing may have been sent.
    Intent,
    /// Request bytes may be on the wire.
    Sent,
    /// The store said yes.
    Acknowledged,
    /// The store holds the setting.
    ReadBack,
    /// The traffic shows it, or the serving side where nothing in the traffic can tell: see [`super::shown`].
    Verified,
    /// The store refused; nothing changed.
    Rejected,
    /// The connection was never made; nothing changed.
    NotSent,
    /// It may have happened. Pinned on the screen until reconciled.
    Unknown,
    /// It may have happened, and the store still held the prior setting after the settle time. Frees the lever, but is
    /// no proof: a request that was received can still be carried out, and then this run is read back.
    Unseen,
    /// Stored, but no effect by the deadline.
    Stuck,
    /// Somebody else moved the lever meanwhile.
    Superseded,
    /// Its exact prior setting was restored by a later run.
    Undone,
}

/// What can happen to a run. Each becomes one journal entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunMove {
    /// The request is handed to the network: from here on bytes may be on the wire.
    Send,
    /// A definite yes.
    Acknowledge,
    /// A definite no (400, 401, 403, 404, 409, 412, 422).
    Reject,
    /// Proof that no byte was acted on.
    FailToSend,
    /// Timeout, reset, 5xx, cut body, crash.
    LoseSight,
    /// Reading the lever showed the wanted setting.
    SeeStored,
    /// Reading the lever showed the prior setting, after the settle time.
    SeeUnchanged,
    /// Reading the lever showed a third setting.
    SeeOther,
    /// Traffic evidence came true on samples newer than the acknowledgement.
    SeeEffect,
    /// The deadline passed without effect.
    MissDeadline,
    /// A later run restored the prior setting.
    Undo,
}

/// A move that the machine does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a run that is {from} cannot {by:?}")]
pub struct IllegalMove {
    /// Where it stood.
    pub from: RunState,
    /// What was tried.
    pub by: RunMove,
}

impl RunMove {
    /// Every move.
    pub const ALL: [Self; 11] = [
        Self::Send,
        Self::Acknowledge,
        Self::Reject,
        Self::FailToSend,
        Self::LoseSight,
        Self::SeeStored,
        Self::SeeUnchanged,
        Self::SeeOther,
        Self::SeeEffect,
        Self::MissDeadline,
        Self::Undo,
    ];

    /// True for what somebody sees who looks, whoever sent the request; false for what only its sender can know.
    #[must_use]
    pub const fn is_seen(self) -> bool {
        !matches!(self, Self::Send | Self::Acknowledge | Self::Reject | Self::FailToSend | Self::LoseSight)
    }
}

impl RunState {
    /// Every state.
    pub const ALL: [Self; 12] = [
        Self::Intent,
        Self::Sent,
        Self::Acknowledged,
        Self::ReadBack,
        Self::Verified,
        Self::Rejected,
        Self::NotSent,
        Self::Unknown,
        Self::Unseen,
        Self::Stuck,
        Self::Superseded,
        Self::Undone,
    ];

    /// The state after a move.
    ///
    /// # Errors
    /// [`IllegalMove`] for every pair that DESIGN section 6 does not draw.
    #[expect(clippy::match_same_arms, reason = "one line for each arrow that the design draws")]
    pub fn after(self, by: RunMove) -> Result<Self, IllegalMove> {
        use RunMove as M;
        use RunState as S;
        Ok(match (self, by) {
            (S::Intent, M::Send) => S::Sent,
            (S::Intent | S::Sent, M::FailToSend) => S::NotSent,
            (S::Intent | S::Sent | S::Acknowledged, M::LoseSight) => S::Unknown,
            (S::Sent, M::Acknowledge) => S::Acknowledged,
            (S::Sent, M::Reject) => S::Rejected,
            // From Unseen this is a late landing: what was sent can be carried out long after we stopped waiting.
            (S::Acknowledged | S::Unknown | S::Unseen | S::Stuck, M::SeeStored) => S::ReadBack,
            (S::Unknown, M::SeeUnchanged) => S::Unseen,
            (S::Acknowledged, M::SeeUnchanged) => S::Stuck,
            (S::Acknowledged | S::Unknown | S::ReadBack | S::Stuck, M::SeeOther) => S::Superseded,
            // A stuck run is read back again first: right traffic without our setting in the store is not our effect.
            (S::ReadBack, M::SeeEffect) => S::Verified,
            (S::Acknowledged | S::ReadBack, M::MissDeadline) => S::Stuck,
            (S::ReadBack | S::Verified | S::Stuck | S::Unknown, M::Undo) => S::Undone,
            (from, by) => return Err(IllegalMove { from, by }),
        })
    }

    /// True while it holds the lever's one place: nobody else may write there.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Intent | Self::Sent | Self::Unknown)
    }

    /// True once the store was seen to hold the setting, and nothing speaks against it.
    #[must_use]
    pub const fn is_stored(self) -> bool {
        matches!(self, Self::ReadBack | Self::Verified)
    }

    /// True when nothing more is expected without a person.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Verified | Self::Rejected | Self::NotSent | Self::Superseded | Self::Undone)
    }

    /// The word shown and written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::ReadBack => "read back",
            Self::Verified => "verified",
            Self::Rejected => "rejected",
            Self::NotSent => "not sent",
            Self::Unknown => "unknown",
            Self::Unseen => "no effect seen",
            Self::Stuck => "stuck",
            Self::Superseded => "superseded",
            Self::Undone => "undone",
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl RunState {
    /// The word of the machine contract: while nobody can say whether it happened, it is `unknown`.
    #[must_use]
    pub const fn contract_word(self) -> &'static str {
        match self {
            Self::Unseen => Self::Unknown.word(),
            other => other.word(),
        }
    }
}

/// News of a run, on its way to screens and commands.
#[derive(Debug, Clone, PartialEq)]
pub struct RunNews {
    /// Which run.
    pub run: super::ids::RunId,
    /// Its action.
    pub action: super::ids::ActionId,
    /// Where it stands now.
    pub state: RunState,
    /// Why, in words.
    pub why: String,
    /// When.
    pub at: jiff::Timestamp,
}

#[cfg(test)]
mod tests;
