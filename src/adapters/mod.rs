//! One vendor = one file (or folder), behind the port traits below. An adapter translates; it may not judge,
//! keep time, retry, or know about screens, journals or other adapters.

pub mod alertmanager;
mod audit;
pub mod build;
mod checks;
pub mod command;
pub mod consul;
pub mod etcd;
pub mod file;
pub mod flagsmith;
pub mod http;
mod keys;
pub mod kubernetes;
pub mod langfuse;
pub mod launchdarkly;
pub mod litellm;
pub mod mlflow;
pub mod ofrep;
mod planned;
pub mod prometheus;
mod recipe;
pub mod redis;
pub mod samples;
mod sending;
pub mod statuspage;
mod stored;
pub mod suite;
#[cfg(test)]
mod testing;
pub mod unleash;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::domain::ahead::Ahead;
use crate::domain::cause::Fault;
use crate::domain::change::Change;
use crate::domain::endpoint::{FeedSpec, SecretSource};
use crate::domain::ids::SignalId;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Setting, VersionInfo};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, PlannedRequest};
use crate::domain::sample::{Point, Reading};
use crate::domain::signal::SignalSpec;

pub use samples::Samples;
pub use suite::Traffic;

/// A password for a server that no adapter speaks to: the journal's database.
///
/// # Errors
/// [`Fault::MissingSecret`], which names the source, never the value.
pub async fn password(source: &SecretSource) -> Result<SecretString, Fault> {
    crate::net::Secret::resolve(source).await.map(crate::net::Secret::into_password)
}

/// An aligned window of history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First slot.
    pub start: Timestamp,
    /// Last slot.
    pub end: Timestamp,
    /// Seconds between slots.
    pub step: u32,
}

/// Burn rates of one signal, by window in seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Burn {
    /// Which signal.
    pub signal: SignalId,
    /// (window in seconds, burn rate); windows without data are absent.
    pub rates: Vec<(u64, f64)>,
}

/// Something that signals can be read from.
#[async_trait]
pub trait Readings: Send + Sync {
    /// One poll of all the given signals, in as few requests as the vendor allows. One reading per signal, same order.
    async fn poll(&self, signals: &[Arc<SignalSpec>], at: Timestamp) -> Vec<Reading>;

    /// History of the given signals, same order; a source without history answers `Fault::NoData` for each.
    async fn history(&self, signals: &[Arc<SignalSpec>], window: Window) -> Vec<Result<Vec<Point>, Fault>>;

    /// How far the clock by which the source works is ahead of ours, as its newest answers tell; samples are stamped by
    /// ours all the same. `None` where nobody told.
    fn ahead(&self) -> Option<Ahead>;

    /// Burn rates of the signals that have an SLO. Empty where the vendor cannot.
    async fn burn(&self, signals: &[Arc<SignalSpec>], at: Timestamp) -> Vec<Burn> {
        let _ = (signals, at);
        Vec::new()
    }
}

/// What a change feed told. Both parts at once mean: these, and others that could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Newest first; `None` if nothing could be read.
    pub changes: Option<Vec<Change>>,
    /// Why it is not everything.
    pub fault: Option<Fault>,
}

/// Something that reports changes.
#[async_trait]
pub trait Changes: Send + Sync {
    /// Like [`Changes::since`], for sources that can read one change although they cannot read another.
    async fn tell(&self, feed: &FeedSpec, since: Timestamp) -> Told {
        match self.since(feed, since).await {
            Ok(changes) => Told { changes: Some(changes), fault: None },
            Err(fault) => Told { changes: None, fault: Some(fault) },
        }
    }

    /// Changes since then, newest first, at most a few hundred.
    async fn since(&self, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault>;
}

/// What a store said to a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteOutcome {
    /// A definite yes to every request. The words are shown.
    Acknowledged(String),
    /// A definite no to the first request; nothing changed (400, 401, 403, 404, 409, 412, 422, and
    /// 307 or 308, which want the same request elsewhere; another redirect may follow what was done).
    Rejected(Fault),
    /// Proof that no byte was acted on.
    NotSent(Fault),
    /// It may have happened, or a later request of several failed after an earlier one was accepted.
    Unknown(Fault),
}

/// Something whose levers can be read and moved.
#[async_trait]
pub trait Levers: Send + Sync {
    /// What the store promises for this lever.
    fn contract(&self, target: &LeverTarget) -> Contract;

    /// Reads setting, revision and the whole sub-resource.
    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault>;

    /// Versions a pointer may be moved to, newest first; empty for other levers.
    async fn versions(&self, target: &LeverTarget) -> Result<Vec<VersionInfo>, Fault> {
        let _ = target;
        Ok(Vec::new())
    }

    /// The exact requests that move the lever from `observed` to `after`. Pure.
    ///
    /// # Errors
    /// In words, why it cannot be done.
    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String>;

    /// The exact requests that bring the whole sub-resource from `observed` back to `prior`. Pure.
    ///
    /// # Errors
    /// In words, why it cannot be done exactly.
    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String>;

    /// Sends the requests, in order, once. Stops at the first that is not a definite yes.
    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome;

    /// As [`Levers::write`], for stores whose answers can only be judged by what the config says of the lever.
    async fn write_at(&self, target: &LeverTarget, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        let _ = target;
        self.write(permit, requests).await
    }

    /// What the serving side hands out now; `None` if the store has no serving side of its own.
    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault>;

    /// Side-effect-free proof that the lever could be moved now: reachable, token allowed, target exists.
    async fn probe(&self, target: &LeverTarget) -> Vec<Check>;
}

/// Something that holds JSON documents: what a version snapshot reads parts from.
#[async_trait]
pub trait Documents: Send + Sync {
    /// The document at a path.
    async fn document(&self, path: &str) -> Result<serde_json::Value, Fault>;
}

/// What one endpoint can do.
#[derive(Clone, Default)]
pub struct Adapter {
    /// Signals.
    pub readings: Option<Arc<dyn Readings>>,
    /// Changes.
    pub changes: Option<Arc<dyn Changes>>,
    /// Levers.
    pub levers: Option<Arc<dyn Levers>>,
    /// The product's public path, for suites.
    pub traffic: Option<Arc<dyn Traffic>>,
    /// Documents.
    pub documents: Option<Arc<dyn Documents>>,
    /// Answers as users got them.
    pub samples: Option<Arc<dyn Samples>>,
}
