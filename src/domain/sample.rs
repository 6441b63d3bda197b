//! What was measured: samples, series, baselines. Values only; judging them is `signal`'s business.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cause::Fault;
use super::ids::SignalId;

/// One value of a signal with its weight and its time at the source. Always finite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// In the signal's unit.
    pub value: f64,
    /// How many observations stand behind the value; `None` = adequate (the source does not say).
    pub n: Option<f64>,
    /// When it was true, by the source's clock.
    pub at: Timestamp,
}

/// One cohort's value, for example `lang=es`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cohort {
    /// `label=value`, cleaned.
    pub name: String,
    /// In the signal's unit.
    pub value: f64,
    /// What is normal for this cohort, if known.
    pub baseline: Option<f64>,
    /// Observations behind it.
    pub n: Option<f64>,
    /// Share of traffic, 0..1.
    pub share: Option<f64>,
}

/// A point of history.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Time at the source.
    pub at: Timestamp,
    /// Finite value in the signal's unit.
    pub value: f64,
}

/// What is normal: robust centre and robust deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Median of the same hour on earlier days.
    pub median: f64,
    /// 1.4826 × MAD, floored so that a flat series does not make every wiggle an anomaly.
    pub spread: f64,
    /// How many points it was made from.
    pub points: usize,
}

/// The answer of one poll for one signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Which signal.
    pub signal: SignalId,
    /// The value, or why there is none.
    pub sample: Result<Sample, Fault>,
    /// Cohorts, where asked for.
    pub cohorts: Vec<Cohort>,
}
