//! A plan: an action resolved against the live lever, with everything a person must read before it fires.
//! `Confirmed` has one constructor, here, and is all that the runner takes. May not send anything.

use std::fmt::{self, Write as _};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::action::{ActionKind, Direction, Tier};
use super::approval::Approval;
use super::diff::Diff;
use super::gate::{self, Report};
use super::ids::{ActionId, LeverId, RunId};
use super::lever::{Contract, LeverReading, Setting};

/// How long a digest lives.
pub const PLAN_LIFE: Duration = Duration::from_mins(1);

/// SHA-256 over environment, lever, observed setting and revision, after-setting and request bytes; lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Digest(String);

impl Digest {
    /// The first 12 hex digits: what people compare.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }

    /// All 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for the full digest or an unambiguous prefix of at least 12 digits.
    #[must_use]
    pub fn matches(&self, typed: &str) -> bool {
        typed.len() >= 12 && self.0.starts_with(typed)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One request exactly as it will be sent, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRequest {
    /// HTTP method, or `WRITE` for a file.
    pub method: String,
    /// Absolute URL (no user info, no secret), or `file://` path.
    pub url: String,
    /// Headers beyond those that every request carries, for example `If-Match`; never a secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// Content type of the body, if there is one.
    pub content_type: Option<String>,
    /// The exact body bytes, as text.
    pub body: Option<String>,
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// Proven.
    Pass,
    /// Does not block; shown.
    Warn,
    /// Blocks the plan.
    Fail,
    /// Could not be checked; shown, does not block containment.
    Unknown,
}

/// One line of the preview's checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// A short name, for example `target exists`.
    pub name: String,
    /// The finding.
    pub status: CheckStatus,
    /// Why, in words.
    pub why: String,
}

/// What the plan is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", content = "run")]
pub enum Purpose {
    /// A pre-written action.
    Action,
    /// The exact undo of a run.
    Undo(RunId),
}

/// A drafted, previewed plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Which action (for an undo: the action that is undone).
    pub action: ActionId,
    /// Its kind.
    pub kind: ActionKind,
    /// One line for people.
    pub title: String,
    /// Action or undo.
    pub purpose: Purpose,
    /// Service of the config.
    pub service: String,
    /// Environment of the config; part of every typed word.
    pub environment: String,
    /// The lever.
    pub lever: LeverId,
    /// Its address in words.
    pub target: String,
    /// What was read just now; undo restores exactly this.
    pub observed: LeverReading,
    /// What it will be.
    pub after: Setting,
    /// Contain, release or lower.
    pub direction: Direction,
    /// Friction.
    pub tier: Tier,
    /// Exactly what will be sent, in order.
    pub requests: Vec<PlannedRequest>,
    /// Every check with its finding.
    pub checks: Vec<Check>,
    /// The restore gate, if this releases: while it is shut, only an override with its reason confirms.
    pub gate: Option<Report>,
    /// Word by word, where both texts are known.
    pub diff: Option<Diff>,
    /// What it reaches, in words.
    pub reach: String,
    /// The effect in words, with its deadline; says so if there is none.
    pub effect: String,
    /// The undo in words.
    pub undo: String,
    /// The store's guarantees.
    pub contract: Contract,
    /// When the lever was read for this plan.
    pub drafted_at: Timestamp,
    /// Binds what was read to what will be sent.
    pub digest: Digest,
}

impl Plan {
    /// Computes the digest of the given parts. Every part is length-prefixed, so no two plans share bytes.
    #[must_use]
    pub fn digest_of(
        environment: &str,
        lever: &LeverId,
        observed: &LeverReading,
        after: &Setting,
        requests: &[PlannedRequest],
    ) -> Digest {
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        part(b"breakglass-plan-v1");
        part(environment.as_bytes());
        part(lever.as_str().as_bytes());
        part(format!("{:?}", observed.setting).as_bytes());
        part(format!("{:?}", observed.revision).as_bytes());
        part(format!("{after:?}").as_bytes());
        for request in requests {
            part(request.method.as_bytes());
            part(request.url.as_bytes());
            part(&(request.headers.len() as u64).to_be_bytes());
            for (name, value) in &request.headers {
                part(name.as_bytes());
                part(value.as_bytes());
            }
            part(request.content_type.as_deref().unwrap_or_default().as_bytes());
            part(request.body.as_deref().unwrap_or_default().as_bytes());
        }
        let mut hex = String::with_capacity(64);
        for byte in hasher.finalize() {
            let _ = write!(hex, "{byte:02x}");
        }
        Digest(hex)
    }

    /// The word a tier two or three plan wants typed: lever and environment; past a gate that is shut, `override`, the
    /// environment, and a reason after it.
    #[must_use]
    pub fn typed_word(&self) -> String {
        if self.is_shut() {
            format!("{} REASON", gate::override_word(&self.environment))
        } else {
            format!("{} {}", self.lever, self.environment)
        }
    }

    /// True if what was typed is what [`Plan::typed_word`] asks for.
    #[must_use]
    pub fn is_typed(&self, typed: &str) -> bool {
        if self.is_shut() {
            gate::override_reason(typed, &self.environment).is_some()
        } else {
            typed.trim() == self.typed_word()
        }
    }

    /// True while the restore gate stands before this plan and is not open.
    #[must_use]
    pub fn is_shut(&self) -> bool {
        self.gate.as_ref().is_some_and(|report| !report.is_open())
    }

    /// The conditions of the gate as checks, for everything that lists checks. They do not block: an override may pass.
    pub fn gate_checks(&self) -> impl Iterator<Item = Check> {
        self.gate.iter().flat_map(|report| &report.lines).map(|line| Check {
            name: format!("gate: {}", line.name),
            status: match line.standing {
                gate::Standing::Held => CheckStatus::Pass,
                gate::Standing::Open => CheckStatus::Unknown,
                gate::Standing::Failed => CheckStatus::Fail,
            },
            why: line.why.clone(),
        })
    }

    /// True once the digest's life is over.
    #[must_use]
    pub fn expired(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.drafted_at);
        age > SignedDuration::try_from(PLAN_LIFE).unwrap_or(SignedDuration::MAX) || age < SignedDuration::ZERO
    }

    /// The first check that blocks it, if any.
    #[must_use]
    pub fn blocked_by(&self) -> Option<&Check> {
        self.checks.iter().find(|check| check.status == CheckStatus::Fail)
    }
}

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
    #[error("the plan is older than 60 s; it is drafted afresh")]
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
}

/// A plan that a person has confirmed. The only constructor is [`Confirmed::confirm`]; the runner takes nothing else.
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

#[cfg(test)]
mod tests;
