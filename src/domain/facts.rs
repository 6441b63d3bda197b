//! What comparisons may know: judged signals, changes and levers of one picture, never more than is measured.
//! STALE, LOW-N and UNKNOWN answer with their cause instead of a number. May not judge comparisons.

mod trend;

use jiff::Timestamp;

use super::change::{Change, ChangeKind};
use super::evidence::{Facts, Missing};
use super::figures;
use super::lever::{LeverSpec, LeverState, Setting};
use super::observations::{FeedState, SourceState};
use super::onset::Onset;
use super::ranking;
use super::runbook::Runbook;
use super::signal::SignalState;
use super::snapshot::Snapshot;

/// The facts of one picture, optionally only those newer than a moment.
#[derive(Debug, Clone)]
pub struct Live<'a> {
    /// Our clock.
    pub at: Timestamp,
    /// Judged signals.
    pub signals: &'a [SignalState],
    /// Newest first.
    pub changes: &'a [Change],
    /// Endpoints by role, with how they answer.
    pub sources: &'a [SourceState],
    /// Change feeds: what none reports, and while one is not read, may have happened without being listed.
    pub feeds: &'a [FeedState],
    /// Levers with their settings.
    pub levers: &'a [(LeverSpec, LeverState)],
    /// Onset of the leading trouble.
    pub onset: Option<Onset>,
    /// If set, only samples and lever readings newer than this count.
    pub since: Option<Timestamp>,
}

impl<'a> Live<'a> {
    /// The facts of a snapshot.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot) -> Self {
        Self {
            at: snapshot.at,
            signals: &snapshot.signals,
            changes: &snapshot.changes,
            sources: &snapshot.sources,
            feeds: &snapshot.feeds,
            levers: &snapshot.levers,
            onset: ranking::leading_onset(&snapshot.signals),
            since: None,
        }
    }

    /// The facts of a snapshot as far as they are newer than `since`, by each source's own clock: what came before an
    /// action says nothing about its effect.
    #[must_use]
    pub fn newer_than(snapshot: &'a Snapshot, since: Timestamp) -> Self {
        Self { since: Some(since), ..Self::of(snapshot) }
    }

    /// The same facts as one symptom sees them: changes and lags count to the onset of its own bad signals, since two
    /// causes may have begun at two times. Without an onset of its own, to the leading one.
    #[must_use]
    pub fn seen_by(&self, runbook: &Runbook) -> Self {
        let named = |signal: &&SignalState| {
            let id = signal.spec.id.as_str();
            runbook.evidence.iter().any(|piece| piece.when.signals().contains(&id))
        };
        let own: Vec<&SignalState> = self.signals.iter().filter(named).collect();
        Self { onset: ranking::leading_onset(own).or(self.onset), ..self.clone() }
    }

    fn signal(&self, id: &str) -> Result<&'a SignalState, Missing> {
        let found = self.signals.iter().find(|signal| signal.spec.id.as_str() == id);
        found.ok_or_else(|| Missing(format!("{id}: not wired")))
    }

    /// Why a comparison with normal cannot be made.
    fn no_baseline(&self, id: &str) -> Missing {
        let loads = self.signal(id).is_ok_and(|signal| signal.loads_history);
        Missing(format!("{id}: {}", if loads { "history is loading" } else { "no baseline yet" }))
    }

    /// The signal, if its value is fresh and adequate.
    fn usable(&self, id: &str) -> Result<&'a SignalState, Missing> {
        let signal = self.signal(id)?;
        if !signal.usable || signal.sample.is_none() {
            let cause = signal.cause.as_deref().map(|cause| format!(" {cause}")).unwrap_or_default();
            return Err(Missing(format!("{id}: {}{cause}", signal.status.word())));
        }
        if let Some(since) = self.since
            && signal.sample.is_none_or(|sample| sample.at <= since)
        {
            return Err(Missing(format!("{id}: no sample since {}", clock(since))));
        }
        Ok(signal)
    }

    fn first_to_explain(&self, kind: ChangeKind) -> Option<&'a Change> {
        let end = self.onset.map_or(self.at, |onset| onset.latest);
        self.changes.iter().filter(|c| c.kind == kind && !c.ours && c.at <= end).max_by_key(|c| c.at)
    }

    /// Why a change of that kind may have happened unseen: nobody would report it, or who would is not read.
    fn unseen(&self, kind: ChangeKind) -> Option<Missing> {
        let mut reporting = self.feeds.iter().filter(|feed| feed.reports(kind)).peekable();
        if reporting.peek().is_none() {
            return Some(Missing(format!("{kind} changes: not wired")));
        }
        reporting.find_map(|feed| {
            let fault = feed.fault.as_ref()?;
            Some(Missing(format!("{kind} changes: feed {} is not read ({fault})", feed.id)))
        })
    }
}

/// `03:14:15Z`: within an incident the day is known.
fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}

impl Facts for Live<'_> {
    fn value(&self, id: &str) -> Result<f64, Missing> {
        self.usable(id)?.sample.map(|sample| sample.value).ok_or_else(|| Missing(format!("{id}: no data")))
    }

    fn ratio(&self, id: &str) -> Result<f64, Missing> {
        let value = self.value(id)?;
        let median = self.signal(id)?.baseline.ok_or_else(|| self.no_baseline(id))?.median;
        let ratio = value / median;
        if median > 0.0 && ratio.is_finite() { Ok(ratio) } else { Err(Missing(format!("{id}: its baseline is 0"))) }
    }

    fn z(&self, id: &str) -> Result<f64, Missing> {
        self.usable(id)?.z.ok_or_else(|| self.no_baseline(id))
    }

    fn slope(&self, id: &str, seconds: f64) -> Result<f64, Missing> {
        let history = &self.usable(id)?.history;
        trend::slope_per_hour(history, self.at, seconds, self.since).map_err(|why| Missing(format!("{id}: {why}")))
    }

    fn burn(&self, id: &str, long_seconds: f64, short_seconds: f64) -> Result<f64, Missing> {
        let rates = &self.usable(id)?.rates;
        let rate = |wanted: f64| {
            #[expect(clippy::cast_precision_loss, reason = "windows are hours at most")]
            let found = rates.iter().find(|(window, _)| (**window as f64 - wanted).abs() < 0.5);
            found
                .map(|(_, rate)| *rate)
                .ok_or_else(|| Missing(format!("{id}: burn rate over {} is not known", figures::span(wanted))))
        };
        Ok(rate(long_seconds)?.min(rate(short_seconds)?))
    }

    fn worst(&self, id: &str) -> Result<f64, Missing> {
        let none = || Missing(format!("{id}: no cohort with enough samples"));
        self.usable(id)?.worst.as_ref().map(|cohort| cohort.value).ok_or_else(none)
    }

    fn spread(&self, id: &str) -> Result<f64, Missing> {
        let none = || Missing(format!("{id}: fewer than two cohorts with enough samples"));
        self.usable(id)?.spread.ok_or_else(none)
    }

    fn age(&self, id: &str) -> Result<f64, Missing> {
        self.signal(id)?.age_s.ok_or_else(|| Missing(format!("{id}: never measured")))
    }

    fn n(&self, id: &str) -> Result<f64, Missing> {
        let sample = self.signal(id)?.sample.ok_or_else(|| Missing(format!("{id}: never measured")))?;
        sample.n.ok_or_else(|| Missing(format!("{id}: its source does not say how many")))
    }

    fn changed(&self, kind: ChangeKind, seconds: f64) -> Result<bool, Missing> {
        let reference = self.onset.map_or(self.at, |onset| onset.at);
        let newest = self.first_to_explain(kind);
        if newest.is_some_and(|change| reference.duration_since(change.at).as_secs_f64() <= seconds) {
            return Ok(true);
        }
        self.unseen(kind).map_or(Ok(false), Err)
    }

    fn lag(&self, kind: ChangeKind) -> Result<f64, Missing> {
        let onset = self.onset.ok_or_else(|| Missing("no onset to measure a lag to".to_owned()))?;
        if let Some(unseen) = self.unseen(kind) {
            return Err(unseen);
        }
        let none = || Missing(format!("no {kind} change before the onset"));
        let change = self.first_to_explain(kind).ok_or_else(none)?;
        Ok(onset.at.duration_since(change.at).as_secs_f64().max(0.0))
    }

    fn onset(&self, id: &str) -> Result<f64, Missing> {
        let onset = self.signal(id)?.onset.ok_or_else(|| Missing(format!("{id}: no onset")))?;
        Ok(self.at.duration_since(onset.at).as_secs_f64().max(0.0))
    }

    fn lever(&self, id: &str) -> Result<String, Missing> {
        let found = self.levers.iter().find(|(spec, _)| spec.id.as_str() == id);
        let (_, state) = found.ok_or_else(|| Missing(format!("lever {id}: not wired")))?;
        let reading = state.reading.as_ref().map_err(|fault| Missing(format!("lever {id}: {fault}")))?;
        match self.since.filter(|since| reading.read_at <= *since) {
            Some(since) => Err(Missing(format!("lever {id}: not read since {}", clock(since)))),
            None => Ok(word_of(&reading.setting)),
        }
    }

    fn provider_status(&self, id: &str) -> Result<String, Missing> {
        let by_name = |s: &&SignalState| s.spec.id.as_str() == id;
        let by_endpoint = |s: &&SignalState| {
            s.spec.from.as_ref().is_some_and(|from| from.as_str() == id) && ranking::is_status_page(&s.spec)
        };
        let page = self.signals.iter().find(by_name).or_else(|| self.signals.iter().find(by_endpoint));
        let page = page.ok_or_else(|| Missing(format!("provider page {id}: not wired")))?;
        let level = self.value(page.spec.id.as_str())?;
        let words = [(0.0, "none"), (1.0, "minor"), (2.0, "major"), (3.0, "critical")];
        let word = words.iter().find(|(number, _)| (number - level).abs() < 0.5);
        word.map(|(_, word)| (*word).to_owned()).ok_or_else(|| Missing(format!("provider page {id}: level {level}?")))
    }
}

/// A setting in one word: weights name the target that has most.
fn word_of(setting: &Setting) -> String {
    match setting {
        Setting::Weights(weights) => {
            let most = weights.iter().max_by(|a, b| a.1.total_cmp(b.1));
            most.map_or_else(|| "unset".to_owned(), |(target, _)| target.clone())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
