//! Ten bugs, planted in the ports around the program and never in it. A simulator that does not catch them proves nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use breakglass::adapters::{Levers, Readings, Window, WriteOutcome};
use breakglass::clock;
use breakglass::domain::ahead::Ahead;
use breakglass::domain::cause::Fault;
use breakglass::domain::lever::{Contract, LeverReading, LeverTarget, Setting, VersionInfo};
use breakglass::domain::permit::WritePermit;
use breakglass::domain::plan::{Check, PlannedRequest};
use breakglass::domain::sample::{Point, Reading};
use breakglass::domain::signal::SignalSpec;
use jiff::Timestamp;

/// A planted bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// The store answers that the intent is kept before it is.
    NoDurableIntent,
    /// A lost answer is answered by sending again.
    BlindRetry,
    /// The request turns the lever over instead of setting it.
    Toggles,
    /// A lever that moved since the preview goes unnoticed.
    IgnoresMoved,
    /// Old samples are stamped as new.
    StaleAsFresh,
    /// The claim of a lever is not looked up.
    TwoOpenRuns,
    /// What was acknowledged is taken for stored and served.
    BelievesTheAnswer,
    /// A 500 is taken for a refusal.
    DefiniteTooSoon,
    /// A restart closes what was open without looking.
    DropsUnknown,
    /// An import does not look at what is there.
    ImportsTwice,
}

impl Bug {
    pub const ALL: [Self; 10] = [
        Self::NoDurableIntent,
        Self::BlindRetry,
        Self::Toggles,
        Self::IgnoresMoved,
        Self::StaleAsFresh,
        Self::TwoOpenRuns,
        Self::BelievesTheAnswer,
        Self::DefiniteTooSoon,
        Self::DropsUnknown,
        Self::ImportsTwice,
    ];

    /// The invariants by which it may show itself first.
    pub const fn breaks(self) -> &'static [&'static str] {
        match self {
            Self::NoDurableIntent => &["I1"],
            Self::BlindRetry => &["I2"],
            Self::Toggles => &["I2", "I8"],
            Self::IgnoresMoved => &["I8"],
            Self::StaleAsFresh => &["I4", "I10"],
            Self::TwoOpenRuns => &["I3"],
            Self::BelievesTheAnswer => &["I4"],
            Self::DefiniteTooSoon => &["I5"],
            Self::DropsUnknown => &["I6"],
            Self::ImportsTwice => &["I9"],
        }
    }

    /// So many seeds are enough for each.
    pub const CAUGHT_WITHIN: u64 = 100;
}

/// An adapter with a bug.
pub struct Buggy<T> {
    pub inner: T,
    pub bug: Bug,
    seen: Mutex<BTreeMap<String, LeverReading>>,
    believed: Mutex<BTreeMap<String, Setting>>,
}

impl<T> Buggy<T> {
    pub fn new(inner: T, bug: Bug) -> Self {
        Self { inner, bug, seen: Mutex::default(), believed: Mutex::default() }
    }

    fn believed(&self, target: &LeverTarget) -> Option<Setting> {
        self.believed.lock().expect("no panics").get(target.key("flag")).cloned()
    }
}

#[async_trait]
impl<T: Levers> Levers for Buggy<T> {
    fn contract(&self, target: &LeverTarget) -> Contract {
        self.inner.contract(target)
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let mut reading = self.inner.read(target).await?;
        if self.bug == Bug::IgnoresMoved {
            // The first reading is shown for ever, so that nothing ever seems to move before our own write.
            let mut seen = self.seen.lock().expect("no panics");
            return Ok(seen.entry(target.key("flag").to_owned()).or_insert(reading).clone());
        }
        if let Some(setting) = self.believed(target) {
            reading.setting = setting;
        }
        Ok(reading)
    }

    async fn versions(&self, target: &LeverTarget) -> Result<Vec<VersionInfo>, Fault> {
        self.inner.versions(target).await
    }

    fn plan(&self, target: &LeverTarget, now: &LeverReading, after: &Setting) -> Result<Vec<PlannedRequest>, String> {
        let mut requests = self.inner.plan(target, now, after)?;
        for request in &mut requests {
            match self.bug {
                Bug::Toggles => request.body = Some("toggle".into()),
                Bug::IgnoresMoved => request.headers.clear(),
                _ => {}
            }
        }
        Ok(requests)
    }

    fn restore(
        &self,
        target: &LeverTarget,
        now: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        self.plan(target, now, &prior.setting)
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        let outcome = self.inner.write(permit, requests).await;
        self.seen.lock().expect("no panics").remove(permit.lever().as_str());
        match (self.bug, outcome) {
            (Bug::BlindRetry, WriteOutcome::Unknown(_)) => self.inner.write(permit, requests).await,
            (Bug::DefiniteTooSoon, WriteOutcome::Unknown(fault @ Fault::ServerError { .. })) => {
                WriteOutcome::Rejected(fault)
            }
            (Bug::BelievesTheAnswer, WriteOutcome::Acknowledged(words)) => {
                let set = Setting::Switch(requests[0].body.as_deref() == Some("on"));
                self.believed.lock().expect("no panics").insert(permit.lever().to_string(), set);
                WriteOutcome::Acknowledged(words)
            }
            (_, outcome) => outcome,
        }
    }

    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        match self.believed(target) {
            Some(setting) => Ok(Some(setting)),
            None => self.inner.served(target).await,
        }
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        self.inner.probe(target).await
    }
}

#[async_trait]
impl<T: Readings> Readings for Buggy<T> {
    async fn poll(&self, signals: &[Arc<SignalSpec>], at: Timestamp) -> Vec<Reading> {
        let mut readings = self.inner.poll(signals, at).await;
        if self.bug == Bug::StaleAsFresh {
            readings.iter_mut().filter_map(|reading| reading.sample.as_mut().ok()).for_each(|s| s.at = clock::now());
        }
        readings
    }

    fn ahead(&self) -> Option<Ahead> {
        self.inner.ahead()
    }

    async fn history(&self, signals: &[Arc<SignalSpec>], window: Window) -> Vec<Result<Vec<Point>, Fault>> {
        self.inner.history(signals, window).await
    }
}
