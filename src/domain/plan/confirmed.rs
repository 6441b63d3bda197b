//! What a person did before a plan, and the plan that is confirmed by it: the only place that makes a [`Confirmed`].
//! May not send anything.

use jiff::Timestamp;

use super::super::action::{Direction, Tier};
use super::super::approval::Approval;
use super::super::gate;
use super::{Digest, Plan};

/// What the person did in the dialog (or on the command line).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The digest of the plan that was on the screen.
    pub digest: Digest,
    /// What was typed, for tier two and three.
    pub typed: Option<String>,
    /// Whether every required line has been on the screen (`--yes-plan` names the digest instead, which counts).
    pub read: bool,
    /// A second person's approval, or recorded break glass, for tier three.
    pub approved_by: Option<Approval>,
    /// Who answers.
    pub by: String,
}

/// Why a plan is not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    /// Another plan was on the screen.
    #[error("the plan on the screen was another one; look again")]
    OtherPlan,
    /// Too old.
    #[error("the plan is older than 60 s: the lever has to be read again first")]
    Expired,
    /// A check failed.
    #[error("blocked: {0}")]
    Blocked(String),
    /// Not everything was on the screen.
    #[error("scroll to the end first: every line must have been on the screen")]
    NotRead,
    /// Tier two and three.
    #[error("type {0:?} first")]
    NotTyped(String),
    /// Tier three.
    #[error("needs a second person's approval, or recorded break glass")]
    NotApproved,
    /// A release in stages: what would follow is not what was confirmed.
    #[error("the release that was confirmed names no such stage")]
    NotAStage,
    /// A release in stages: the watch between two of them is not over.
    #[error("the watch of this stage is not over: {0}")]
    NotWatched(String),
}

/// A plan that a person has confirmed. The only constructors are [`Confirmed::confirm`] and, for what a confirmed release
/// in stages lets follow, [`Confirmed::follow`]; the runner takes nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirmed<T> {
    inner: T,
    by: String,
    at: Timestamp,
    approval: Option<Approval>,
    reason: Option<String>,
}

impl Confirmed<Plan> {
    /// Confirms `plan` by `answer`, or says why not.
    ///
    /// # Errors
    /// [`NotConfirmed`]: another digest, expired, blocked by a check, not read to the end, not typed, not approved.
    pub fn confirm(plan: Plan, answer: &Answer, now: Timestamp) -> Result<Self, NotConfirmed> {
        if plan.digest != answer.digest {
            return Err(NotConfirmed::OtherPlan);
        }
        if plan.expired(now) {
            return Err(NotConfirmed::Expired);
        }
        if let Some(check) = plan.blocked_by() {
            return Err(NotConfirmed::Blocked(format!("{}: {}", check.name, check.why)));
        }
        if !answer.read {
            return Err(NotConfirmed::NotRead);
        }
        let typed = answer.typed.as_deref().unwrap_or_default();
        if (plan.tier >= Tier::Two || plan.is_shut()) && !plan.is_typed(typed) {
            return Err(NotConfirmed::NotTyped(plan.typed_word()));
        }
        let covers = |approval: &&Approval| approval.covers(&plan.digest, &answer.by, now);
        let approval = answer.approved_by.as_ref().filter(covers).cloned();
        if plan.tier >= Tier::Three && approval.is_none() {
            return Err(NotConfirmed::NotApproved);
        }
        let reason =
            if plan.is_shut() { gate::override_reason(typed, &plan.environment).map(str::to_owned) } else { None };
        Ok(Self { inner: plan, by: answer.by.clone(), at: now, approval, reason })
    }

    /// A later stage of a release that a person has confirmed, or its way back to the contained setting. Forward only
    /// while the watch is over and nothing went wrong in it; back at any time.
    ///
    /// # Errors
    /// [`NotConfirmed`]: it is nothing that was confirmed, the watch is not over, a check failed, or it is too old.
    pub fn follow(approved: &Self, plan: Plan, now: Timestamp) -> Result<Self, NotConfirmed> {
        let of = &approved.inner;
        let same = plan.lever == of.lever && plan.environment == of.environment && plan.service == of.service;
        let (Some(stages), Some(whole)) = (&plan.stages, &of.stages) else { return Err(NotConfirmed::NotAStage) };
        let back = stages.own.is_back();
        let way = if back { Direction::Contain } else { of.direction };
        if !same || plan.direction != way || !stages.follows(&plan.after, whole) {
            return Err(NotConfirmed::NotAStage);
        }
        if plan.expired(now) {
            return Err(NotConfirmed::Expired);
        }
        if let Some(check) = plan.blocked_by() {
            return Err(NotConfirmed::Blocked(format!("{}: {}", check.name, check.why)));
        }
        if !back && !plan.gate.as_ref().is_some_and(gate::Report::is_open) {
            let missing = plan.gate.as_ref().map(gate::Report::missing).unwrap_or_default();
            return Err(NotConfirmed::NotWatched(missing.join("; ")));
        }
        Ok(Self { inner: plan, by: approved.by.clone(), at: now, approval: None, reason: None })
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.inner
    }

    /// Who confirmed it.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// When.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Why it goes past a restore gate that is shut, if it does.
    #[must_use]
    pub fn override_reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Who or what allowed it, for tier three.
    #[must_use]
    pub const fn approval(&self) -> Option<&Approval> {
        self.approval.as_ref()
    }
}
