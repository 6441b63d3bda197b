//! Runs suites: for a person who asked, and by themselves where signals are read from them in a session that may act.
//! Their outcomes are entries of the journal and samples of signals. May not judge a release.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::Core;
use super::board::Update;
use crate::adapters::suite;
use crate::clock;
use crate::domain::ahead::Ahead;
use crate::domain::entry::Happening;
use crate::domain::ids::{EndpointId, SuiteId};
use crate::domain::sample::{Reading, Sample};
use crate::domain::suite::{SaySo, SuiteOutcome, SuiteSpec};

/// Who asks when a suite runs by itself.
const OURSELVES: &str = "breakglass";

impl Core {
    /// Runs a suite once and writes down what it came to.
    ///
    /// # Errors
    /// In words: no such suite, or its endpoint takes no prompts.
    pub async fn probe(&self, id: &SuiteId, say_so: &SaySo) -> Result<SuiteOutcome, String> {
        let spec = self.config.catalogue.suite(id).ok_or_else(|| format!("there is no suite {id}"))?;
        let outcome = self.run_suite(spec, say_so).await?;
        self.book.record(Happening::SuiteRan(Box::new(outcome.clone()))).await;
        Ok(outcome)
    }

    /// Asks every suite of the restore gate, if this session may act; what each came to, in words.
    pub async fn ask_suites(&self) -> Vec<String> {
        let Some(say_so) = SaySo::of_a_session(self.mode(), OURSELVES) else {
            return vec!["this session may not ask the product; nothing was sent".to_owned()];
        };
        let mut words = Vec::new();
        for spec in self.config.catalogue.suites.iter().filter(|spec| spec.gate) {
            words.push(match self.probe(&spec.id, &say_so).await {
                Ok(outcome) => format!("suite {}: {}", spec.id, outcome.words()),
                Err(why) => format!("suite {}: {why}", spec.id),
            });
        }
        words
    }

    async fn run_suite(&self, spec: &SuiteSpec, say_so: &SaySo) -> Result<SuiteOutcome, String> {
        let traffic = self.adapters.get(&spec.from).and_then(|adapter| adapter.traffic.clone());
        let traffic = traffic.ok_or_else(|| format!("endpoint {} takes no prompts", spec.from))?;
        Ok(suite::run(spec, &*traffic, say_so).await)
    }

    /// Whether a signal of the config is read from this suite.
    fn has_signals(&self, source: &EndpointId) -> bool {
        self.config.catalogue.signals.iter().any(|signal| signal.from.as_ref() == Some(source))
    }
}

/// Starts what keeps the signals of suites current.
pub(super) fn spawn(core: &Arc<Core>, tasks: &mut JoinSet<()>) {
    if core.config.catalogue.suites.is_empty() {
        return;
    }
    tasks.spawn(follow(Arc::clone(core)));
    for spec in &core.config.catalogue.suites {
        if spec.source().is_some_and(|source| core.has_signals(&source)) {
            tasks.spawn(keep(Arc::clone(core), Arc::clone(spec)));
        }
    }
}

/// Makes samples of what the journal says about suites, whoever ran them.
async fn follow(core: Arc<Core>) {
    let mut changes = core.book.changes();
    changes.mark_changed();
    while changes.changed().await.is_ok() {
        let ledger = core.book.ledger();
        for outcome in ledger.suites.values() {
            if !measured(&core, outcome).await {
                return;
            }
        }
    }
}

/// Runs a suite for its signals, while this session may ask the product at all. Most of these runs would only repeat
/// what the journal knows: an entry is made if the outcome is another one, or something is contained.
async fn keep(core: Arc<Core>, spec: Arc<SuiteSpec>) {
    loop {
        let last = core.book.ledger().suites.get(&spec.id).cloned();
        let due = last.as_ref().map_or(Duration::ZERO, |last| {
            let age = Duration::try_from(clock::now().duration_since(last.at)).unwrap_or_default();
            spec.every.saturating_sub(age)
        });
        tokio::time::sleep(due).await;
        let Some(say_so) = SaySo::of_a_session(core.mode(), OURSELVES) else {
            tokio::time::sleep(spec.every).await;
            continue;
        };
        let Ok(outcome) = core.run_suite(&spec, &say_so).await else { return };
        let same = last.is_some_and(|last| last.finding(&spec) == outcome.finding(&spec));
        let contained = core.view().is_some_and(|view| !view.snapshot.containments.is_empty());
        let known = measured(&core, &outcome).await;
        if !same || contained {
            core.book.record(Happening::SuiteRan(Box::new(outcome))).await;
        }
        if !known {
            return;
        }
        tokio::time::sleep(spec.every).await;
    }
}

/// Hands an outcome to the signals that are read from its suite. False when the engine is gone.
async fn measured(core: &Core, outcome: &SuiteOutcome) -> bool {
    let catalogue = &core.config.catalogue;
    let Some(source) = catalogue.suite(&outcome.suite).and_then(|spec| spec.source()) else { return true };
    let Some(value) = outcome.rate() else { return true };
    let of_suite = catalogue.signals.iter().filter(|signal| signal.from.as_ref() == Some(&source));
    let sample = Sample { value, n: Some(f64::from(outcome.n)), at: outcome.at };
    let readings: Vec<Reading> =
        of_suite.map(|signal| Reading { signal: signal.id.clone(), sample: Ok(sample), cohorts: Vec::new() }).collect();
    if readings.is_empty() {
        return true;
    }
    let took = Duration::from_millis(outcome.took_ms);
    core.updates
        .send(Update::Readings { from: source, readings, took, at: outcome.at, ahead: Some(Ahead::NONE) })
        .await
        .is_ok()
}
