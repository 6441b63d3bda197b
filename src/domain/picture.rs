//! Makes the snapshot: catalogue + observations → picture. Pure; the one place where everything is judged together.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::SignedDuration;

use super::catalogue::Catalogue;
use super::cause::Fault;
use super::change::{Change, ChangeKind};
use super::containment::{self, Quiet};
use super::facts::Live;
use super::headline::{self, Said};
use super::ids::LayerId;
use super::lever::{LeverSpec, LeverState};
use super::observations::{Observations, OurWrite};
use super::ranking;
use super::signal::{self, Observed, SignalState};
use super::snapshot::{LayerState, Snapshot};
use super::status::roll_up;

/// Changes older than this are not looked at: slow data changes count that long, others far shorter.
const CHANGES_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A feed's report of our own write comes at most this much before or after it: store clocks differ from ours.
const OWN: SignedDuration = SignedDuration::from_secs(90);

/// Judges everything at the instant of the observations.
#[must_use]
pub fn snapshot(catalogue: &Catalogue, observations: &Observations) -> Snapshot {
    let containments = containment::in_force(catalogue, observations);
    let coming_back = containment::coming_back(catalogue, observations, &containments);
    let signals = judged(catalogue, observations, &Quiet::of(catalogue, &containments, &coming_back));
    let layers = layers(catalogue, &signals);
    let changes = changes(catalogue, observations);
    let levers = levers(catalogue, observations);
    let facts = Live {
        at: observations.at,
        signals: &signals,
        changes: &changes,
        sources: &observations.sources,
        feeds: &observations.feeds,
        levers: &levers,
        onset: ranking::leading_onset(&signals),
        since: None,
    };
    let triage = ranking::triage(catalogue, &facts);
    let said = Said {
        layers: &layers,
        signals: &signals,
        changes: &changes,
        containments: &containments,
        coming_back: &coming_back,
        pending: &observations.pending,
        feeds: &observations.feeds,
        unreadable: levers.iter().filter(|(_, lever)| lever.reading.is_err()).map(|(spec, _)| &spec.id).collect(),
        looked_at_levers: !levers.is_empty(),
        triage: &triage,
        at: observations.at,
    };
    let headline = headline::write(&said);
    Snapshot {
        at: observations.at,
        headline,
        layers,
        signals,
        changes,
        levers,
        sources: observations.sources.clone(),
        feeds: observations.feeds.clone(),
        readiness: observations.readiness.clone(),
        containments,
        pending: observations.pending.clone(),
        triage,
    }
}

/// Every wired signal, also one that was never polled: it is UNKNOWN, not absent.
fn judged(catalogue: &Catalogue, observations: &Observations, quiet: &Quiet<'_>) -> Vec<SignalState> {
    let never = Observed {
        sample: Err(Fault::NotYet),
        last: None,
        baseline: None,
        loads_history: false,
        cohorts: Vec::new(),
        history: Arc::from([]),
        burn: std::collections::BTreeMap::new(),
        interval: std::time::Duration::from_secs(10),
    };
    let judge = |spec: &Arc<signal::SignalSpec>| {
        let observed = observations.signals.get(&spec.id).unwrap_or(&never);
        signal::judge(spec, observed, quiet.because_of(spec), observations.at)
    };
    catalogue.signals.iter().map(judge).collect()
}

/// Layers in declared order, then layers that only signals name: no signal may drop out of the roll-up.
fn layers(catalogue: &Catalogue, signals: &[SignalState]) -> Vec<LayerState> {
    let mut ids: Vec<&LayerId> = catalogue.layers.iter().collect();
    for signal in signals {
        if !ids.contains(&&signal.spec.layer) {
            ids.push(&signal.spec.layer);
        }
    }
    ids.into_iter().map(|id| layer(id, signals)).collect()
}

fn layer(id: &LayerId, signals: &[SignalState]) -> LayerState {
    let mut members: Vec<(usize, &SignalState)> =
        signals.iter().enumerate().filter(|(_, signal)| signal.spec.layer == *id).collect();
    members.sort_by(|(_, a), (_, b)| {
        let oddness = |signal: &SignalState| signal.z.map_or(0.0, f64::abs);
        Reverse(a.status).cmp(&Reverse(b.status)).then_with(|| oddness(b).total_cmp(&oddness(a)))
    });
    let rolled = roll_up(members.iter().map(|(_, signal)| signal.status));
    LayerState {
        id: id.clone(),
        status: rolled.map(|rolled| rolled.status),
        blind: rolled.map_or(0, |rolled| rolled.blind),
        worst: members.first().map(|(index, _)| *index),
        signals: members.into_iter().map(|(index, _)| index).collect(),
    }
}

/// Newest first; those that tell of a write of ours are marked, so that no containment is taken for a suspect or for news.
fn changes(catalogue: &Catalogue, observations: &Observations) -> Vec<Change> {
    let recent = |change: &&Change| observations.at.duration_since(change.at) <= CHANGES_KEPT;
    let mut changes: Vec<Change> = observations.changes.iter().filter(recent).cloned().collect();
    for change in &mut changes {
        change.ours |= observations.writes.iter().any(|write| tells_of(catalogue, change, write));
    }
    changes.sort_by_key(|change| Reverse(change.at));
    changes
}

/// True if the change is of the lever's kind, or names what the lever moves, and came about when we wrote it: a flag that
/// switches guardrails is a guardrail to us and a flag to its store.
fn tells_of(catalogue: &Catalogue, change: &Change, write: &OurWrite) -> bool {
    // The time first: a journal holds the writes of years.
    if change.at.duration_since(write.at).abs() > OWN {
        return false;
    }
    let Some(lever) = catalogue.levers.iter().find(|lever| lever.id == write.lever) else { return false };
    let is_like = change.kind == lever.change_kind || change.kind == ChangeKind::Config;
    is_like || lever.target.is_named_in(&change.what)
}

fn levers(catalogue: &Catalogue, observations: &Observations) -> Vec<(LeverSpec, LeverState)> {
    let unread = |lever: &LeverSpec| LeverState {
        id: lever.id.clone(),
        reading: Err(Fault::NotYet),
        last: None,
        versions: Vec::new(),
    };
    let state = |lever: &LeverSpec| observations.levers.get(&lever.id).cloned().unwrap_or_else(|| unread(lever));
    catalogue.levers.iter().map(|lever| (lever.clone(), state(lever))).collect()
}

#[cfg(test)]
mod feeds;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod releases;
#[cfg(test)]
mod tests;
