//! Levers: live settings in production that we read and move.
//! May not move anything: moving takes a `Confirmed<Plan>`, a `WritePermit` and the runner.

pub mod forms;
pub mod recipe;
mod target;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cause::Fault;
use super::change::ChangeKind;
use super::ids::{EndpointId, LeverId};
pub use target::{Form, Holds, LeverTarget};

/// A lever's value. Always absolute: nothing can express a toggle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", content = "value")]
pub enum Setting {
    /// Nothing is set there (no alias, no key). Not an error.
    Unset,
    /// A flag.
    Switch(bool),
    /// A version pointer: a prompt alias, a label, an image tag.
    Pointer(String),
    /// Shares of traffic by target; they sum to 1.
    Weights(BTreeMap<String, f64>),
    /// A limit or a rollout, in the lever's unit.
    Number(f64),
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset => f.write_str("unset"),
            Self::Switch(true) => f.write_str("on"),
            Self::Switch(false) => f.write_str("off"),
            Self::Pointer(to) => f.write_str(to),
            Self::Number(x) => write!(f, "{x}"),
            Self::Weights(weights) => {
                for (at, (target, share)) in weights.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{:.0} % {target}", share * 100.0)?;
                }
                Ok(())
            }
        }
    }
}

impl Setting {
    /// Equal for the store: weights are compared to one part in a million.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Weights(a), Self::Weights(b)) => {
                let near = |x: &f64, y: &f64| (x - y).abs() < 1e-6;
                let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
                keys.into_iter().all(|k| near(a.get(k).unwrap_or(&0.0), b.get(k).unwrap_or(&0.0)))
            }
            (Self::Number(a), Self::Number(b)) => (a - b).abs() < 1e-9,
            (a, b) => a == b,
        }
    }
}

/// What the store calls this version of the setting, and how far that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "strength", content = "is")]
pub enum Revision {
    /// The server refuses a write against another revision.
    Strong(String),
    /// We compare before and after; the server does not enforce it.
    Soft(String),
    /// The store has none; the setting itself is compared.
    None,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strong(r) | Self::Soft(r) => f.write_str(r),
            Self::None => f.write_str("none"),
        }
    }
}

/// What a store promises about writes; shown in the preview as strong or weak guarantee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contract {
    /// The server itself refuses a write if the lever moved.
    pub compare_and_set: bool,
    /// How long until a stored setting is normally seen by traffic.
    pub propagation: Duration,
    /// A prior setting can be restored exactly. Where not, even containing wants the target's name typed.
    pub exact_undo: bool,
    /// The least that a token must be allowed, in the store's own words; shown when a token is refused.
    pub least_right: &'static str,
}

impl Contract {
    /// A store without compare-and-set that restores exactly.
    #[must_use]
    pub const fn weak(propagation: Duration, least_right: &'static str) -> Self {
        Self { compare_and_set: false, propagation, exact_undo: true, least_right }
    }

    /// A store that refuses a write to a lever that moved, and restores exactly.
    #[must_use]
    pub const fn strong(propagation: Duration, least_right: &'static str) -> Self {
        Self { compare_and_set: true, ..Self::weak(propagation, least_right) }
    }
}

/// A live reading of a lever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeverReading {
    /// What is set now.
    pub setting: Setting,
    /// The store's version of it.
    pub revision: Revision,
    /// The whole sub-resource as the store gave it (cleaned of nothing: it is what undo restores), JSON or file text.
    pub raw: String,
    /// When we read it, by our clock.
    pub read_at: Timestamp,
    /// Who set it and when, if the store says.
    pub set_by: Option<String>,
    /// When it was set, if the store says.
    pub set_at: Option<Timestamp>,
}

/// A version a pointer could be moved to; newest first where listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionInfo {
    /// What a `Setting::Pointer` would hold.
    pub version: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Its text, for the diff (a prompt template).
    pub text: Option<String>,
    /// First 12 hex digits of the SHA-256 of the text.
    pub hash: Option<String>,
    /// Commit message or description, cleaned.
    pub note: Option<String>,
}

/// A lever as the config declares it. `target` is the adapter's own address of it.
#[derive(Debug, Clone, PartialEq)]
pub struct LeverSpec {
    /// Its name.
    pub id: LeverId,
    /// The endpoint it lives on.
    pub from: EndpointId,
    /// The adapter's address of it.
    pub target: LeverTarget,
    /// The setting of ordinary days; `None` for version pointers, whose normal is the newest released one.
    pub normal: Option<Setting>,
    /// The safe setting.
    pub contained: Option<Setting>,
    /// Which kind of change a move of this lever is, in the change feed.
    pub change_kind: ChangeKind,
}

/// What is known of a lever now.
#[derive(Debug, Clone, PartialEq)]
pub struct LeverState {
    /// Which lever.
    pub id: LeverId,
    /// The newest reading, or why there is none.
    pub reading: Result<LeverReading, Fault>,
    /// The newest good reading, while `reading` is a fault: what was there, never what is there.
    pub last: Option<Box<LeverReading>>,
    /// Versions that a pointer may be moved to, newest first; empty if not a pointer or not known.
    pub versions: Vec<VersionInfo>,
}

impl LeverState {
    /// This answer, with what the one before it knew: versions and reading do not vanish because one read failed.
    #[must_use]
    pub fn after(mut self, old: Self) -> Self {
        if self.versions.is_empty() {
            self.versions = old.versions;
        }
        if self.reading.is_err() {
            self.last = old.reading.ok().map(Box::new).or(old.last);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_read_keeps_what_was_last_read_however_often_it_fails() {
        let answer = |reading| LeverState { id: "a".parse().expect("id"), reading, last: None, versions: Vec::new() };
        let good = LeverReading {
            setting: Setting::Switch(false),
            revision: Revision::None,
            raw: String::new(),
            read_at: Timestamp::UNIX_EPOCH,
            set_by: None,
            set_at: None,
        };
        let known = answer(Ok(good.clone()));
        let lost = answer(Err(Fault::NoData)).after(known);
        assert_eq!((lost.reading.is_err(), lost.last.as_deref()), (true, Some(&good)));
        let still_lost = answer(Err(Fault::NoData)).after(lost);
        assert_eq!(still_lost.last.as_deref(), Some(&good));
        assert_eq!(answer(Ok(good)).after(still_lost).last, None, "what can be read is not remembered");
    }

    #[test]
    fn weights_compare_by_target_and_absent_means_zero() {
        let a = Setting::Weights([("a".into(), 1.0), ("b".into(), 0.0)].into());
        let b = Setting::Weights([("a".into(), 1.0)].into());
        let c = Setting::Weights([("b".into(), 1.0)].into());
        assert!(a.same(&b));
        assert!(!a.same(&c));
    }
}
