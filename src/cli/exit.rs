//! Exit codes: a stable contract (DESIGN section 11).

use std::process::ExitCode;

use crate::domain::run::RunState;
use crate::domain::snapshot::Snapshot;
use crate::domain::status::Status;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or everything is OK.
    Done,
    /// Something is WARN or CRIT. Outranks `CannotSay`.
    Degraded,
    /// Wrong usage or invalid files.
    Usage,
    /// Left with containments in force.
    Contained,
    /// Unknown, stuck, or too little is measured.
    CannotSay,
    /// A second person's approval (or a typed word) is missing.
    ApprovalMissing,
    /// A guard or the store refused.
    Refused,
    /// Ended by a signal without a containment in force: 128 and the signal's number, as shells say it.
    Signal(u8),
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Degraded => 1,
            Self::Usage => 2,
            Self::Contained => 3,
            Self::CannotSay => 4,
            Self::ApprovalMissing => 5,
            Self::Refused => 6,
            Self::Signal(code) => code,
        }
    }

    /// For a picture: a run that is not settled, or whose effect was not seen, is no "done".
    #[must_use]
    pub fn of_snapshot(snapshot: &Snapshot) -> Self {
        let open = snapshot.pending.iter().any(|run| run.state != RunState::Unseen);
        let unproven = |state: RunState| state != RunState::Verified;
        let doubtful = open || snapshot.containments.iter().any(|held| held.state.is_some_and(unproven));
        match Self::of(snapshot.headline.status) {
            Self::Done if doubtful => Self::CannotSay,
            exit => exit,
        }
    }

    /// For a roll-up.
    #[must_use]
    pub const fn of(status: Status) -> Self {
        match status {
            Status::Warn | Status::Crit => Self::Degraded,
            Status::Unknown | Status::Stale | Status::LowN => Self::CannotSay,
            Status::Ok | Status::Contained => Self::Done,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
