//! Signals: what the config declares, what was observed, and the status that follows.
//! `judge` is the only place that turns a value into a status. May not poll or keep time.

mod cohorts;
mod judge;
mod range;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::cause::Fault;
use super::ids::{EndpointId, LayerId, SignalId};
use super::limits::Limits;
use super::onset::Onset;
use super::sample::{Baseline, Cohort, Point, Sample};
use super::status::Status;

pub use judge::judge;

/// Which direction is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Small is good.
    Lower,
    /// Large is good.
    Higher,
    /// Both directions are bad.
    Band,
}

/// How a signal is read. The text is the adapter's own language: PromQL, or a path with a JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// PromQL for Prometheus; a path for `http`; a component name (or empty) for `statuspage`.
    pub value: String,
    /// RFC 6901 pointer into the answer, for `http`.
    pub pointer: Option<String>,
    /// A second query for the number of observations.
    pub samples: Option<String>,
    /// A query that yields one series per cohort, and one for their observations.
    pub cohorts: Option<CohortQuery>,
    /// Bad and total, with `$window` where the window goes, for burn rates.
    pub slo: Option<Slo>,
}

/// Cohorts of a signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortQuery {
    /// One series per cohort.
    pub value: String,
    /// Observations, one series per cohort with the same labels.
    pub samples: Option<String>,
    /// Cohorts with fewer observations are not named.
    pub min_samples: u64,
}

/// A service level objective.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    /// Query of bad events; `$window` is replaced.
    pub bad: String,
    /// Query of all events; `$window` is replaced.
    pub total: String,
    /// For example 0.95.
    pub objective: f64,
}

impl Eq for Slo {}

/// The windows that burn rates are asked for, in seconds (SRE workbook, chapter 5).
pub const BURN_WINDOWS: [u64; 4] = [300, 1_800, 3_600, 21_600];

/// A signal as the config declares it, with the vocabulary's defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalSpec {
    /// Its name.
    pub id: SignalId,
    /// The layer it belongs to.
    pub layer: LayerId,
    /// For people: `grounding`, `latency p99`.
    pub title: String,
    /// `ratio`, `s`, `req/s`, …
    pub unit: String,
    /// Which direction is good.
    pub better: Better,
    /// WARN beyond this.
    pub warn: Option<Limits>,
    /// CRIT beyond this.
    pub crit: Option<Limits>,
    /// Fewer observations than this is LOW-N.
    pub min_samples: Option<f64>,
    /// The endpoint it is read from; `None` in a readings file.
    pub from: Option<EndpointId>,
    /// How.
    pub query: Query,
    /// What it means, one line.
    pub meaning: String,
}

/// All that is known about a signal now, as data. The engine keeps it; `triage --readings` builds it from a file.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The newest answer.
    pub sample: Result<Sample, Fault>,
    /// The newest good sample, if the newest answer was a fault.
    pub last: Option<Sample>,
    /// What is normal.
    pub baseline: Option<Baseline>,
    /// True until the source answered for the first time what was normal. In these seconds only limits that need no
    /// baseline can be judged, and a bad value has no onset yet.
    pub loads_history: bool,
    /// Cohorts of the newest answer.
    pub cohorts: Vec<Cohort>,
    /// Recent history (two hours), oldest first.
    pub history: Arc<[Point]>,
    /// Burn rates by window in seconds.
    pub burn: BTreeMap<u64, f64>,
    /// How often it is polled; three times this is STALE, six times UNKNOWN.
    pub interval: Duration,
}

/// Displaced levers that explain what a signal shows, in words.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ours<'a> {
    /// The lever whose action declares that this signal goes quiet.
    pub quiets: Option<&'a str>,
    /// The lever whose effect this signal shows.
    pub moves: Option<&'a str>,
    /// Since when they can explain it, where they were released meanwhile: trouble from before that has another cause.
    pub since: Option<Timestamp>,
}

/// A signal with its status, as the snapshot holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalState {
    /// What it is.
    pub spec: Arc<SignalSpec>,
    /// What we can say.
    pub status: Status,
    /// The value behind the status: the newest good one. STALE keeps the last one; UNKNOWN has one only if the value is
    /// fresh and adequate but cannot be compared with its limits.
    pub sample: Option<Sample>,
    /// Whether evidence may use the sample: fresh and adequate, whatever its limits say.
    pub usable: bool,
    /// What is normal.
    pub baseline: Option<Baseline>,
    /// True while the history is loading that tells what is normal.
    pub loads_history: bool,
    /// Robust deviations from normal, signed.
    pub z: Option<f64>,
    /// Seconds since the value was true at its source.
    pub age_s: Option<f64>,
    /// Why it is not OK, in words; for a judged older value also why the newest poll failed. `None` if all is well.
    pub cause: Option<String>,
    /// The limit that was broken, in words.
    pub broken: Option<String>,
    /// When it went bad; only for WARN and CRIT.
    pub onset: Option<Onset>,
    /// The worst adequately sampled cohort.
    pub worst: Option<Cohort>,
    /// Cohorts that are serving processes, each with its own value.
    pub instances: Vec<Cohort>,
    /// How far the worst adequately sampled cohort is from the median of cohorts: a ratio ≥ 1 in the bad direction.
    pub spread: Option<f64>,
    /// Fastest sustained burn: min of the 1 h and 5 min windows, if known.
    pub burn: Option<f64>,
    /// Burn rates by window in seconds, as far as they are known.
    pub rates: BTreeMap<u64, f64>,
    /// Recent history, oldest first.
    pub history: Arc<[Point]>,
}
