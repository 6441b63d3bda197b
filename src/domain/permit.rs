//! The write permit: without one no `WriteClient` exists. Minted by the runner at its only entrance.
//! May not be built anywhere else; every guard of DESIGN section 6 that can refuse a write is asked here.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::action::{Direction, Tier};
use super::approval::{Approval, NotGranted};
use super::ids::{LeverId, RunId};
use super::plan::{Confirmed, Digest, Plan};

/// Whether this session may change production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Looks and previews; sends nothing that writes.
    ReadOnly,
    /// Everything up to the socket, then says what it would have sent.
    DryRun,
    /// May act.
    Act,
}

/// After an intent and the deadline of its requests, this long passes before others judge the run: a request may still be
/// on its way.
pub const SETTLE: Duration = Duration::from_secs(2);
/// A permit ends this long before others may judge its run, for a request that has just left.
const MARGIN: Duration = Duration::from_millis(250);

/// When a permit ends, on the clock since boot. `before_intent` was read before the intent was written; each of `requests`
/// may take `each`. The last one then ends before others judge the run, so a process that was stopped and goes on later
/// finds its permit at an end.
#[must_use]
pub fn permit_end(before_intent: Duration, each: Duration, requests: usize) -> Duration {
    let earlier = u32::try_from(requests.saturating_sub(1)).unwrap_or(u32::MAX);
    before_intent.saturating_add(each.saturating_mul(earlier)).saturating_add(SETTLE.saturating_sub(MARGIN))
}

/// Least time between two writes on one lever.
pub const LEVER_PAUSE: Duration = Duration::from_secs(10);
/// Most writes within a minute, on all levers and by everybody on the journal. Containing is never held up by it.
pub const PER_MINUTE: usize = 6;
/// Failed or unknown writes in a row before everything freezes.
pub const FREEZE_AFTER: usize = 3;
/// A failure older than this does not freeze: last night's trouble must not stand before tonight's containment.
pub const FREEZE_FORGETS: SignedDuration = SignedDuration::from_hours(1);

/// What the gate knows at the moment of the write.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Mode of this session.
    pub mode: Mode,
    /// Why the config may not act (writable by others, not ours), if so.
    pub untrusted: Option<String>,
    /// Failed or unknown writes in a row, by anybody on this journal.
    pub failures: usize,
    /// Writes within the last minute on any lever, by anybody on this journal.
    pub lately: usize,
    /// When this lever was last written, by anybody on this journal.
    pub last_write: Option<Timestamp>,
    /// Whether an entry can be written durably (database or spool). If not, only containment may go out.
    pub durable: bool,
    /// What the journal says now of this plan's approval; asked for tier three only.
    pub approval: Result<Approval, NotGranted>,
}

impl Gate {
    /// The first guard that refuses this plan, in the order in which a person would want to hear of it. Asked before
    /// anything is claimed, and again when the permit is minted.
    #[must_use]
    pub fn refuses(&self, plan: &Plan, now: Timestamp) -> Option<Refusal> {
        match self.mode {
            Mode::ReadOnly => return Some(Refusal::ReadOnly),
            Mode::DryRun => return Some(Refusal::DryRun),
            Mode::Act => {}
        }
        if let Some(why) = &self.untrusted {
            return Some(Refusal::Untrusted(why.clone()));
        }
        if self.failures >= FREEZE_AFTER {
            return Some(Refusal::Frozen);
        }
        if let Some(last) = self.last_write {
            let ago = now.duration_since(last);
            if ago >= SignedDuration::ZERO && ago < SignedDuration::try_from(LEVER_PAUSE).unwrap_or_default() {
                return Some(Refusal::TooSoon(ago.as_secs()));
            }
        }
        if self.lately >= PER_MINUTE && plan.direction != Direction::Contain {
            return Some(Refusal::TooMany);
        }
        if !self.durable && plan.direction != Direction::Contain {
            return Some(Refusal::NotDurable);
        }
        if plan.tier >= Tier::Three {
            match &self.approval {
                Ok(approval) if approval.is_of(&plan.digest, now) => {}
                Ok(_) => return Some(Refusal::NotApproved(NotGranted::NotAsked)),
                Err(why) => return Some(Refusal::NotApproved(why.clone())),
            }
        }
        plan.expired(now).then_some(Refusal::Expired)
    }
}

/// A journal's claim: the one open run of this lever is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The lever.
    pub lever: LeverId,
    /// The run that holds it.
    pub run: RunId,
}

/// Why the gate refused. Every refusal is journaled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Read-only session.
    #[error("read-only: this session sends nothing that writes")]
    ReadOnly,
    /// Dry run.
    #[error("dry run: would send, sent nothing")]
    DryRun,
    /// The config file could have been written by somebody else.
    #[error("the config may not act: {0}")]
    Untrusted(String),
    /// Too many failures.
    #[error(
        "frozen after {FREEZE_AFTER} failed or unknown writes in a row; look at their runs, then \
         `breakglass unfreeze --type \"unfreeze ENVIRONMENT\" --why WORDS`"
    )]
    Frozen,
    /// Too soon after the last write on this lever.
    #[error("this lever was written {0} s ago; wait 10 s between two writes")]
    TooSoon(i64),
    /// Too many writes in a minute, and this is not a containment.
    #[error("{PER_MINUTE} writes went out within a minute, and this is not a containment; wait until it is over")]
    TooMany,
    /// The journal is away, and this is not a containment.
    #[error("the journal cannot be written and this is not a containment; releasing waits")]
    NotDurable,
    /// Tier three without an approval that stands now: a denial or its end may have come after the confirmation.
    #[error("not approved: {0}")]
    NotApproved(NotGranted),
    /// The claim is for something else.
    #[error("another run holds this lever")]
    NotClaimed,
    /// The plan aged since it was confirmed.
    #[error("the confirmation is older than 60 s")]
    Expired,
}

/// Allows exactly the requests of one confirmed plan. Cannot be cloned; fields are private.
#[derive(Debug)]
pub struct WritePermit {
    run: RunId,
    lever: LeverId,
    digest: Digest,
    until: Duration,
}

impl WritePermit {
    /// Asks every guard, in the order in which a person would want to hear of it. The permit ends at `until` on the clock
    /// since boot, see [`permit_end`].
    ///
    /// # Errors
    /// The first [`Refusal`].
    pub fn mint(
        gate: &Gate,
        confirmed: &Confirmed<Plan>,
        claim: &Claim,
        now: Timestamp,
        until: Duration,
    ) -> Result<Self, Refusal> {
        let plan = confirmed.plan();
        if let Some(refusal) = gate.refuses(plan, now) {
            return Err(refusal);
        }
        if claim.lever != plan.lever {
            return Err(Refusal::NotClaimed);
        }
        Ok(Self { run: claim.run.clone(), lever: plan.lever.clone(), digest: plan.digest.clone(), until })
    }

    /// The run it belongs to; sent as idempotency key where the store takes one.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// When it ends, on the clock since boot: no request may leave later.
    #[must_use]
    pub fn until(&self) -> Duration {
        self.until
    }

    /// The lever it allows.
    #[must_use]
    pub fn lever(&self) -> &LeverId {
        &self.lever
    }

    /// The digest it allows.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

#[cfg(test)]
mod tests;
