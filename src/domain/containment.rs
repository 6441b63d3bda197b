//! Containments in force, and what goes quiet because of them. May not move levers or judge signals.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::action::{ActionSpec, Destination};
use super::catalogue::Catalogue;
use super::cause::Fault;
use super::evidence::Comparison;
use super::lever::{LeverReading, LeverSpec, LeverState, Setting};
use super::observations::{Observations, OurMove, Released};
use super::signal::{Ours, SignalSpec};
use super::snapshot::{Containment, Unreadable};

/// Every lever away from its normal setting, whoever moved it. A version pointer without a declared normal setting
/// counts only while our own move stands. A lever that cannot be read now stays listed as it was last known.
#[must_use]
pub fn in_force(catalogue: &Catalogue, observations: &Observations) -> Vec<Containment> {
    catalogue
        .levers
        .iter()
        .filter_map(|lever| {
            let ours = observations.ours.iter().rev().find(|ours| ours.lever == lever.id);
            let found = of_lever(lever, observations.levers.get(&lever.id), ours)?;
            let displaced = found.normal.is_some() && found.run.is_none() && !contains(catalogue, lever, &found.now);
            Some(Containment { displaced, ..found })
        })
        .collect()
}

fn of_lever(lever: &LeverSpec, state: Option<&LeverState>, ours: Option<&OurMove>) -> Option<Containment> {
    let (reading, fault) = known(state);
    // A reading from before our own move says nothing about what our move left.
    let reading = reading.filter(|seen| fault.is_none() || ours.is_none_or(|ours| ours.at < seen.read_at));
    let (now, known_at) = match (reading, ours) {
        (Some(reading), _) => (reading.setting.clone(), reading.read_at),
        (None, Some(ours)) => (ours.after.clone(), ours.at),
        (None, None) => return None,
    };
    let ours = ours.filter(|ours| ours.after.same(&now));
    let before = ours.map(|ours| ours.prior.clone());
    // Where no setting is declared normal, what was there before our move tells whether it still stands.
    if now.same(lever.normal.as_ref().or(before.as_ref())?) {
        return None;
    }
    Some(Containment {
        lever: lever.id.clone(),
        displaced: false,
        now,
        normal: lever.normal.clone(),
        before,
        state: ours.map(|ours| ours.state),
        shown_by: ours.and_then(|ours| ours.shown_by),
        run: ours.map(|ours| ours.run.clone()),
        action: ours.map(|ours| ours.action.clone()),
        who: ours.map(|ours| ours.who.clone()).or_else(|| reading.and_then(|reading| reading.set_by.clone())),
        since: ours.map(|ours| ours.at).or_else(|| reading.and_then(|reading| reading.set_at)),
        review_by: ours.and_then(|ours| ours.review_by),
        failing: ours.map(|ours| ours.failing.clone()).unwrap_or_default(),
        stage: ours.and_then(|ours| ours.stage.clone()),
        unreadable: fault.map(|cause| Unreadable { known_at, cause }),
    })
}

/// True if the setting is one that contains: the declared one, or where one of the lever's actions leads.
#[must_use]
pub fn contains(catalogue: &Catalogue, lever: &LeverSpec, now: &Setting) -> bool {
    let declared = lever.contained.as_ref().is_some_and(|contained| contained.same(now));
    let reached = |action: &ActionSpec| {
        action.lever == lever.id && matches!(&action.to, Destination::Setting(to) if to.same(now))
    };
    declared || catalogue.actions.iter().any(reached)
}

/// The newest good reading, and why there is no newer one if the lever cannot be read now.
fn known(state: Option<&LeverState>) -> (Option<&LeverReading>, Option<String>) {
    match state.map(|state| (&state.reading, &state.last)) {
        Some((Ok(reading), _)) => (Some(reading), None),
        Some((Err(fault), last)) => (last.as_deref(), Some(fault.to_string())),
        None => (None, Some(Fault::NotYet.to_string())),
    }
}

impl Containment {
    /// `normal on`; for a lever without a declared normal setting `before: 42`: what we moved it away from may be the
    /// very thing that was wrong, and is never called normal.
    #[must_use]
    pub fn away_from(&self) -> String {
        match (&self.normal, &self.before) {
            (Some(normal), _) => format!("normal {normal}"),
            (None, Some(before)) => format!("before: {before}"),
            (None, None) => "normal not known".to_owned(),
        }
    }

    /// `assistant is off`, or `assistant was off at 16:58Z, cannot be read now (no data)`.
    #[must_use]
    pub fn words(&self) -> String {
        match (&self.unreadable, &self.stage) {
            (None, Some(stage)) => format!("{} is {}, half-way back: {}", self.lever, self.now, stage.words()),
            _ => self.words_whole(),
        }
    }

    fn words_whole(&self) -> String {
        match &self.unreadable {
            None if self.displaced => format!("{} is {} ({})", self.lever, self.now, self.away_from()),
            None => format!("{} is {}", self.lever, self.now),
            Some(lost) => {
                let at = lost.known_at.strftime("%H:%MZ");
                format!("{} was {} at {at}, cannot be read now ({})", self.lever, self.now, lost.cause)
            }
        }
    }
}

/// How long the traffic may need to come back after a release, beyond the time in which its containment was to be seen.
const COMES_BACK: SignedDuration = SignedDuration::from_mins(1);

/// Containments of ours that were released so lately that the traffic may still show them. A lever that is contained again,
/// or that was never seen to leave its contained setting, is none of them.
#[must_use]
pub fn coming_back<'a>(
    catalogue: &Catalogue,
    observations: &'a Observations,
    in_force: &[Containment],
) -> Vec<&'a Released> {
    let lately = |released: &&Released| {
        let effect = catalogue.action(&released.action).and_then(|action| action.effect.as_ref());
        let within = effect.map_or(SignedDuration::ZERO, |e| SignedDuration::try_from(e.within).unwrap_or_default());
        observations.at.duration_since(released.at).abs() < within.saturating_add(COMES_BACK)
    };
    let is_back = |released: &&Released| {
        let read = observations.levers.get(&released.lever).and_then(|state| state.reading.as_ref().ok());
        !in_force.iter().any(|held| held.lever == released.lever)
            && read.is_some_and(|reading| !reading.setting.same(&released.was))
    };
    observations.released.iter().filter(lately).filter(is_back).collect()
}

/// What levers that are displaced, or were until lately, do to signals: which go quiet, and which only show the move.
#[derive(Debug, Default)]
pub struct Quiet<'a> {
    /// By signal or layer, as the actions declare in `affects`.
    affected: BTreeMap<&'a str, Explained<'a>>,
    /// By signal, as the actions ask for in their effect.
    moved: BTreeMap<&'a str, Explained<'a>>,
}

/// What a lever explains.
#[derive(Debug, Clone)]
struct Explained<'a> {
    /// The lever, in words.
    words: String,
    /// The release, if it is displaced no more.
    released: Option<&'a Released>,
}

impl<'a> Quiet<'a> {
    /// What the actions behind the containments declare in `affects`, and what their effects look at; then the same for
    /// those that were released lately, where nothing else explains it.
    #[must_use]
    pub fn of(catalogue: &'a Catalogue, in_force: &[Containment], coming_back: &[&'a Released]) -> Self {
        let mut quiet = Self::default();
        for held in in_force {
            let lever = catalogue.lever(&held.lever);
            let behind = |action: &&ActionSpec| match &held.action {
                Some(ours) => action.id == *ours,
                None => action.lever == held.lever && leads_to(action, lever, &held.now),
            };
            let explained = Explained { words: format!("{} ({})", held.lever, held.now), released: None };
            catalogue.actions.iter().filter(behind).for_each(|action| quiet.explain(action, &explained));
        }
        for released in coming_back {
            let words = format!("{} ({} until {})", released.lever, released.was, released.at.strftime("%H:%M:%SZ"));
            let explained = Explained { words, released: Some(released) };
            catalogue.action(&released.action).into_iter().for_each(|action| quiet.explain(action, &explained));
        }
        quiet
    }

    fn explain(&mut self, action: &'a ActionSpec, by: &Explained<'a>) {
        for affected in &action.affects {
            self.affected.entry(affected).or_insert_with(|| by.clone());
        }
        let effect = action.effect.iter().flat_map(|effect| effect.evidence.comparisons());
        for signal in effect.flat_map(Comparison::signals) {
            self.moved.entry(signal).or_insert_with(|| by.clone());
        }
    }

    /// What our levers do to this signal, by its own id or its layer's. One that failed before it was contained goes on
    /// failing after the release for a cause of its own.
    #[must_use]
    pub fn because_of(&self, signal: &SignalSpec) -> Ours<'_> {
        let explains = |by: &&Explained<'_>| by.released.is_none_or(|released| !released.failing.contains(&signal.id));
        let (id, layer) = (signal.id.as_str(), signal.layer.as_str());
        let quiets = self.affected.get(id).or_else(|| self.affected.get(layer)).filter(explains);
        let moves = self.moved.get(id).filter(explains);
        Ours {
            quiets: quiets.map(|by| by.words.as_str()),
            moves: moves.map(|by| by.words.as_str()),
            since: quiets.and_then(|by| by.released).map(|released| released.since),
        }
    }
}

/// True if the action could have brought the lever to this setting.
fn leads_to(action: &ActionSpec, lever: Option<&LeverSpec>, now: &Setting) -> bool {
    match &action.to {
        Destination::Contained => lever.and_then(|l| l.contained.as_ref()).is_some_and(|contained| contained.same(now)),
        Destination::Setting(setting) => setting.same(now),
        Destination::LastGood => true,
        Destination::Normal => false,
    }
}
