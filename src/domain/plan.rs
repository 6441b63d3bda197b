//! A plan: an action resolved against the live lever, with everything a person must read before it fires.
//! `Confirmed` is made in `confirmed` alone, and is all that the runner takes. May not send anything.

mod confirmed;

use std::fmt::{self, Write as _};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::action::{ActionKind, Direction, Tier};
use super::diff::Diff;
use super::gate::{self, Report};
use super::ids::{ActionId, LeverId, RunId};
use super::lever::{Contract, LeverReading, Setting};
use super::stages::Stages;
pub use confirmed::{Answer, Confirmed, NotConfirmed};

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

impl PlannedRequest {
    /// What goes before the body besides what every request carries: `if-match: 7`.
    #[must_use]
    pub fn head(&self) -> Vec<String> {
        let kind = self.content_type.iter().map(|kind| format!("content-type: {kind}"));
        self.headers.iter().map(|(name, value)| format!("{name}: {value}")).chain(kind).collect()
    }
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
    /// What it will be; of a release in stages, the first of them.
    pub after: Setting,
    /// The stages of a release, if the lever can be partial: what else this confirmation lets follow.
    pub stages: Option<Stages>,
    /// Contain, release or lower.
    pub direction: Direction,
    /// Friction.
    pub tier: Tier,
    /// Exactly what will be sent, in order.
    pub requests: Vec<PlannedRequest>,
    /// Every check with its finding.
    pub checks: Vec<Check>,
    /// The restore gate, if this releases, and the change freeze, if it holds this: while it is shut, only an override with
    /// its reason confirms.
    pub gate: Option<Report>,
    /// Word by word, where both texts are known.
    pub diff: Option<Diff>,
    /// What it reaches, in words.
    pub reach: String,
    /// What users see while it holds, in words.
    pub users_see: String,
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

fn hex(hasher: Sha256) -> String {
    let mut hex = String::with_capacity(64);
    for byte in hasher.finalize() {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
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
        Digest(hex(hasher))
    }

    /// The same, bound to the stages that may follow: their settings, their watch, and where an abort goes back to.
    #[must_use]
    pub fn digest_with(digest: Digest, stages: Option<&Stages>) -> Digest {
        let Some(stages) = stages else { return digest };
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        part(b"breakglass-stages-v1");
        part(digest.0.as_bytes());
        part(&(stages.own.number as u64).to_be_bytes());
        part(&(stages.own.total as u64).to_be_bytes());
        part(&[stages.own.percent]);
        part(&stages.own.watch_ms.to_be_bytes());
        part(format!("{:?}", stages.contained).as_bytes());
        for stage in &stages.rest {
            part(&[stage.percent]);
            part(format!("{:?}", stage.setting).as_bytes());
        }
        Digest(hex(hasher))
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

#[cfg(test)]
mod tests;
