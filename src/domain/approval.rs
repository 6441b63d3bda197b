//! Approval of a tier three plan: asked for, granted by a second person, denied, expired, used; or one person's recorded
//! break glass instead. Rules and folds only. May not know how entries are stored, or who is really at a keyboard.
//!
//! An approval is for a digest, and a digest holds no time: a plan that is drafted afresh against an unmoved lever has the
//! same one. So the asked plan is read again when the approval arrives, and it fires only if not one byte differs.

mod book;
mod glass;
mod request;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use book::{Record, Requests, Standing};
pub use glass::{BreakGlass, Glass, Glasses, NotBroken};
pub use request::Asking;

use super::catalogue::Catalogue;
use super::plan::Digest;

/// How long a request for approval stands, if the config says nothing else.
pub const APPROVAL_LIFE: Duration = Duration::from_mins(10);
/// After how long a move by break glass is overdue for review, if the config says nothing else.
pub const GLASS_LIFE: Duration = Duration::from_mins(30);

/// How approvals are handled here; the config's `[policy]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// A request ends by itself after this.
    pub approval: Duration,
    /// What was moved by break glass is overdue for review after this.
    pub break_glass: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { approval: APPROVAL_LIFE, break_glass: GLASS_LIFE }
    }
}

impl Policy {
    /// When a request that is asked now ends.
    #[must_use]
    pub fn until(&self, now: Timestamp) -> Timestamp {
        later(now, self.approval)
    }

    /// When a move that goes out now by break glass is overdue for review.
    #[must_use]
    pub fn review_by(&self, now: Timestamp) -> Timestamp {
        later(now, self.break_glass)
    }
}

fn later(now: Timestamp, span: Duration) -> Timestamp {
    SignedDuration::try_from(span).ok().and_then(|span| now.checked_add(span).ok()).unwrap_or(now)
}

/// Somebody, as the journal knows people. These are names that a machine gave, not proofs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The operating system's user name.
    pub who: String,
    /// On which host.
    pub host: String,
    /// The configured name; the user name if there is none.
    pub name: String,
}

impl Person {
    /// Somebody with a configured name, or without.
    #[must_use]
    pub fn new(who: &str, host: &str, name: Option<&str>) -> Self {
        let name = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(who);
        Self { who: who.to_owned(), host: host.to_owned(), name: name.to_owned() }
    }

    /// True if the two cannot count as two people: one account on one host, or one name on two hosts.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        (self.who == other.who && self.host == other.host) || self.name.to_lowercase() == other.name.to_lowercase()
    }
}

impl std::fmt::Display for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.name == self.who {
            write!(f, "{}@{}", self.who, self.host)
        } else {
            write!(f, "{} ({}@{})", self.name, self.who, self.host)
        }
    }
}

/// How one person was allowed to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// By a second person.
    SecondPerson(Person),
    /// By break glass, for this reason; somebody else reviews it until then.
    BreakGlass {
        /// The typed reason.
        why: String,
        /// When it is overdue for review.
        review_by: Timestamp,
    },
}

/// Permission for one person to fire the plan of one digest, once. Only the folds of this module make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    digest: Digest,
    until: Timestamp,
    to: String,
    granted: Granted,
}

impl Approval {
    /// True if it lets `who` fire the plan of this digest now.
    #[must_use]
    pub fn covers(&self, digest: &Digest, who: &str, now: Timestamp) -> bool {
        self.is_of(digest, now) && self.to == who
    }

    /// True if it is of this digest and holds now.
    #[must_use]
    pub fn is_of(&self, digest: &Digest, now: Timestamp) -> bool {
        self.digest == *digest && now <= self.until
    }

    /// By whom or by what.
    #[must_use]
    pub const fn granted(&self) -> &Granted {
        &self.granted
    }

    /// For the record: `approved by ben@laptop`, `break glass: the approver does not answer`.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.granted {
            Granted::SecondPerson(by) => format!("approved by {by}"),
            Granted::BreakGlass { why, .. } => format!("break glass: {why}"),
        }
    }
}

/// Why nobody may fire this plan yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotGranted {
    /// Nobody was asked.
    #[error("a second person has not been asked for approval of this plan")]
    NotAsked,
    /// Asked, not answered.
    #[error("waiting for a second person's approval")]
    Waiting,
    /// One denial ends it.
    #[error("denied by {by}: {why}")]
    Denied {
        /// By whom.
        by: String,
        /// Why.
        why: String,
    },
    /// Its time is over.
    #[error("the request for approval has expired; ask again")]
    Expired,
    /// It was fired once.
    #[error("this approval was used by run {0}; ask again")]
    Used(String),
    /// The approver fires it.
    #[error("{0} approved this; whoever approves does not fire")]
    OwnApproval(String),
}

/// What has to be typed to end the freeze after failed writes.
#[must_use]
pub fn unfreeze_word(environment: &str) -> String {
    format!("unfreeze {environment}")
}

/// The whole command that ends it, but for the reason.
#[must_use]
pub fn unfreeze_command(catalogue: &Catalogue) -> String {
    catalogue.command(&format!("unfreeze --type {:?} --why …", unfreeze_word(&catalogue.environment)))
}

#[cfg(test)]
mod tests;
