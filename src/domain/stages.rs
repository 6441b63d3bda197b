//! Stages of a release: a lever that can be partial goes back a little at a time, each stage after its own watch, and
//! back to the contained setting when the symptom returns. Values and rules only: the engine moves, a person approves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::gate::GateSpec;
use super::ids::{LeverId, RunId};
use super::incident::{Ledger, RunRecord};
use super::lever::{Holds, LeverSpec, Setting};

/// Percent of the way back, unless the config says otherwise.
pub const PERCENT: &[u8] = &[1, 5, 20, 100];
/// Weights are written to a part in ten thousand, which every store takes.
const FINENESS: f64 = 10_000.0;

/// Which stage of which release a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageOf {
    /// The run whose containment is released, if a run of this journal made it.
    pub of: Option<RunId>,
    /// The run of the first stage; `None` for the first one itself. What it found is where an abort goes back to.
    pub first: Option<RunId>,
    /// From 1. 0 is the way back: the contained setting again.
    pub number: usize,
    /// How many there are.
    pub total: usize,
    /// How much of the way it goes, in percent.
    pub percent: u8,
    /// So long everything has to be well before the next one, in milliseconds.
    pub watch_ms: u64,
    /// Conditions of the restore gate that a person went past at the start, by name: they are not asked for again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<String>,
}

impl StageOf {
    /// True if more has to follow before the lever is released.
    #[must_use]
    pub const fn is_partial(&self) -> bool {
        self.number > 0 && self.number < self.total
    }

    /// True for the way back to the contained setting.
    #[must_use]
    pub const fn is_back(&self) -> bool {
        self.number == 0
    }

    /// So long everything has to be well before the next one.
    #[must_use]
    pub const fn watch(&self) -> Duration {
        Duration::from_millis(self.watch_ms)
    }

    /// `stage 2 of 4, 5 %`.
    #[must_use]
    pub fn words(&self) -> String {
        if self.is_back() {
            return "back to contained".to_owned();
        }
        format!("stage {} of {}, {} %", self.number, self.total, self.percent)
    }
}

/// One stage that is to come.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// From 1.
    pub number: usize,
    /// How much of the way it goes, in percent.
    pub percent: u8,
    /// What the lever is set to.
    pub setting: Setting,
}

/// The stages of a plan: its own, and those that the same approval lets follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Stages {
    /// The one that the plan's requests are.
    pub own: StageOf,
    /// Those after it, in order; the last one is the whole release.
    pub rest: Vec<Stage>,
    /// Where an abort goes back to.
    pub contained: Setting,
}

impl Stages {
    /// The stages that are left from what is set now, and the first of their settings. `None` if the lever cannot be
    /// partial and is not half-way: then it goes back at once.
    #[must_use]
    pub fn left(
        gate: &GateSpec,
        lever: &LeverSpec,
        now: &Setting,
        normal: &Setting,
        half_way: Option<&Releasing<'_>>,
        of: Option<&RunId>,
    ) -> Option<(Self, Setting)> {
        let contained = half_way.map_or(now, |releasing| &releasing.first.intent.prior.setting);
        let all = settings(&gate.stages, lever, contained, normal);
        if all.len() < 2 && half_way.is_none() {
            return None;
        }
        let reached = half_way.map_or(0, |releasing| releasing.stage.percent);
        let total = all.len();
        let mut left = all.into_iter().filter(|stage| stage.percent > reached);
        let next = left.next()?;
        let own = StageOf {
            of: of.cloned(),
            first: half_way.map(|releasing| releasing.first.intent.run.clone()),
            number: next.number,
            total,
            percent: next.percent,
            watch_ms: u64::try_from(gate.stage_watch.as_millis()).unwrap_or(u64::MAX),
            waived: Vec::new(),
        };
        Some((Self { own, rest: left.collect(), contained: contained.clone() }, next.setting))
    }

    /// The same after its own stage: the next one and those behind it. `first` is the run that began the release.
    #[must_use]
    pub fn next(&self, first: &RunId, waived: &[String]) -> Option<(Self, Setting)> {
        let (next, rest) = self.rest.split_first()?;
        let own = StageOf {
            first: Some(first.clone()),
            number: next.number,
            percent: next.percent,
            waived: waived.to_vec(),
            ..self.own.clone()
        };
        Some((Self { own, rest: rest.to_vec(), contained: self.contained.clone() }, next.setting.clone()))
    }

    /// The way back to the contained setting.
    #[must_use]
    pub fn back(&self, first: &RunId) -> Self {
        let own = StageOf { first: Some(first.clone()), number: 0, percent: 0, ..self.own.clone() };
        Self { own, rest: Vec::new(), contained: self.contained.clone() }
    }

    /// True if this belongs to the release that `approved` stands for: one of its later stages, or its way back.
    #[must_use]
    pub fn follows(&self, after: &Setting, approved: &Self) -> bool {
        let same = self.own.of == approved.own.of && self.own.total == approved.own.total;
        let named = |stage: &Stage| {
            stage.number == self.own.number && stage.percent == self.own.percent && stage.setting.same(after)
        };
        let is_named = if self.own.is_back() {
            self.rest.is_empty() && after.same(&approved.contained)
        } else {
            approved.rest.iter().any(named)
        };
        same && is_named && self.contained.same(&approved.contained)
    }
}

/// The settings on the way from `contained` to `normal`, each with its percent of the way; the last is `normal` itself.
/// One alone: this lever goes back at once.
#[must_use]
pub fn settings(percents: &[u8], lever: &LeverSpec, contained: &Setting, normal: &Setting) -> Vec<Stage> {
    let part = |percent: u8| {
        let share = f64::from(percent) / 100.0;
        match (lever.target.holds(), contained, normal) {
            (Holds::Percent, Setting::Number(from), Setting::Number(to)) => {
                Some(Setting::Number((from + (to - from) * share).round()))
            }
            (Holds::Weights, Setting::Weights(from), Setting::Weights(to)) => {
                Some(Setting::Weights(mix(from, to, share)))
            }
            _ => None,
        }
    };
    let mut stages: Vec<(u8, Setting)> = Vec::new();
    for percent in percents.iter().copied().filter(|percent| (1..100).contains(percent)) {
        let Some(setting) = part(percent) else { break };
        let before = stages.last().map_or(contained, |(_, before)| before);
        // Rounded to what a store takes, a small stage may be none at all, or the whole.
        if !setting.same(before) && !setting.same(normal) {
            stages.push((percent, setting));
        }
    }
    stages.push((100, normal.clone()));
    let numbered = stages.into_iter().enumerate();
    numbered.map(|(at, (percent, setting))| Stage { number: at + 1, percent, setting }).collect()
}

/// So much of `to`, the rest of `from`; sums to 1 after rounding.
fn mix(from: &BTreeMap<String, f64>, to: &BTreeMap<String, f64>, share: f64) -> BTreeMap<String, f64> {
    let of = |weights: &BTreeMap<String, f64>, target: &str| weights.get(target).copied().unwrap_or(0.0);
    let targets: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let fine = |weight: f64| (weight * FINENESS).round() / FINENESS;
    let exact = |target: &str| (1.0 - share) * of(from, target) + share * of(to, target);
    let mut mixed: BTreeMap<String, f64> =
        targets.into_iter().map(|target| (target.clone(), fine(exact(target)))).collect();
    let missing = 1.0 - mixed.values().sum::<f64>();
    // What rounding left over belongs to the largest share: it is felt least there.
    let largest = mixed.iter().max_by(|a, b| a.1.total_cmp(b.1)).map(|(target, _)| target.clone());
    if let Some(weight) = largest.and_then(|target| mixed.get_mut(&target)) {
        *weight = fine(*weight + missing);
    }
    mixed
}

/// A release that is under way: its lever is half-way back.
#[derive(Debug, Clone, Copy)]
pub struct Releasing<'a> {
    /// The run of the stage that is in force.
    pub record: &'a RunRecord,
    /// Which stage that is.
    pub stage: &'a StageOf,
    /// The run of the first stage: what it found is the contained setting, whole.
    pub first: &'a RunRecord,
}

/// How a release ended without being whole, as the journal tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseEnd {
    /// When.
    pub at: Timestamp,
    /// At how much of the way.
    pub percent: u8,
    /// Why, in words.
    pub why: String,
    /// False if it stands where it stood: nobody brought it back to the contained setting.
    pub back: bool,
}

impl ReleaseEnd {
    /// `release aborted at 5 %: error_rate went bad`, or that nothing could be done about it.
    #[must_use]
    pub fn words(&self) -> String {
        let at = self.at.strftime("%H:%MZ");
        if self.back {
            format!("release aborted at {at} at {} %, contained again: {}", self.percent, self.why)
        } else {
            format!("RELEASE STOPPED at {at} at {} % and NOT contained again: {}", self.percent, self.why)
        }
    }
}

/// News of a release in stages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseNews {
    /// The lever.
    pub lever: LeverId,
    /// What became of it.
    pub step: ReleaseStep,
    /// In words, with the reason.
    pub words: String,
    /// When.
    pub at: Timestamp,
}

/// What became of a release in stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseStep {
    /// A stage is in force and its watch runs.
    Watching,
    /// The last stage went out: it is whole.
    Whole,
    /// The symptom came back: the lever is at its contained setting again.
    Back,
    /// It is not gone on with: somebody else moved the lever, or nothing was changed at all.
    Left,
    /// It ended half-way and is not contained again. Loud.
    Stopped,
}

impl ReleaseStep {
    /// True when nothing more follows.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Watching)
    }
}

impl Ledger {
    /// The release that is under way on this lever, if its newest move is a stage that others have to follow. True for
    /// as long as nothing else moves the lever, whoever began it and whether or not that process still lives.
    #[must_use]
    pub fn releasing(&self, lever: &LeverId) -> Option<Releasing<'_>> {
        self.half_way(self.newest_move(lever)?)
    }

    /// The release that this run is a stage of, if others have to follow.
    #[must_use]
    pub fn half_way<'a>(&'a self, record: &'a RunRecord) -> Option<Releasing<'a>> {
        let stage = record.intent.stage.as_ref().filter(|stage| stage.is_partial())?;
        let first = match &stage.first {
            Some(run) => self.runs.get(run)?,
            None => record,
        };
        Some(Releasing { record, stage, first })
    }
}

#[cfg(test)]
mod tests;
