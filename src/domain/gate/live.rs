//! Which signals speak for a release, and what they say. May not keep time: the watch does.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::action::ActionSpec;
use super::super::evidence::{Comparison, Evidence};
use super::super::figures;
use super::super::ids::{LeverId, SignalId};
use super::super::incident::RunRecord;
use super::super::signal::SignalState;
use super::super::snapshot::Containment;
use super::super::status::Status;
use super::super::suite::SOURCE;
use super::{Known, Line, Standing};

/// Only a suite can speak for what is quiet because of us.
const WIRE_A_SUITE: &str = "wire a suite: nothing else speaks for what is quiet because of us";

/// Ids of the signals that are watched.
pub(super) type Scope = BTreeSet<String>;

/// The signals that were bad when it was contained (they have to be well again), those that the action affects, and
/// those that its recovery names. Where nothing is named, everything that has limits.
pub(super) fn scope(
    known: &Known<'_>,
    lever: &LeverId,
    containment: Option<&Containment>,
    record: Option<&RunRecord>,
    action: Option<&ActionSpec>,
) -> Scope {
    let ours = containment.and_then(|held| held.action.as_ref());
    let behind = |spec: &&ActionSpec| match ours {
        Some(ours) => spec.id == *ours,
        None => spec.lever == *lever,
    };
    let mut names: BTreeSet<&str> = record
        .map(|r| r.intent.bad_before.iter().map(String::as_str).chain(r.intent.failing.iter().map(SignalId::as_str)))
        .into_iter()
        .flatten()
        .collect();
    for spec in known.catalogue.actions.iter().filter(behind).chain(action) {
        names.extend(spec.affects.iter().map(String::as_str));
        names.extend(named_by_recovery(spec));
    }
    let wired = known.snapshot.signals.iter().filter(|signal| has_limits(signal));
    let meant = |s: &&SignalState| names.contains(s.spec.id.as_str()) || names.contains(s.spec.layer.as_str());
    let chosen: Scope = wired.clone().filter(meant).map(id_of).collect();
    if chosen.is_empty() { wired.map(id_of).collect() } else { chosen }
}

/// The signals that an action's recovery evidence asks for.
pub fn named_by_recovery(action: &ActionSpec) -> impl Iterator<Item = &str> {
    action.recovery.iter().flat_map(Evidence::comparisons).flat_map(Comparison::signals)
}

fn id_of(signal: &SignalState) -> String {
    signal.spec.id.to_string()
}

/// A signal without limits can never say that all is well, nor that it is not.
fn has_limits(signal: &SignalState) -> bool {
    signal.spec.warn.is_some() || signal.spec.crit.is_some()
}

/// True for a signal that is read from a suite: the suite has a line of its own.
pub(super) fn is_of_suite(signal: &SignalState) -> bool {
    signal.spec.from.as_ref().is_some_and(|from| from.as_str().starts_with(SOURCE))
}

/// One line for each signal that does not hold, one for all that do. `spoken_for`: suites passed, so that what is quiet
/// because of us need not wait for traffic that it cannot have.
pub(super) fn lines(known: &Known<'_>, scope: &Scope, since: Option<Timestamp>, spoken_for: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut well = Vec::new();
    let watched = known.snapshot.signals.iter().filter(|signal| scope.contains(signal.spec.id.as_str()));
    for signal in watched {
        match standing(known, signal, since, spoken_for) {
            (Standing::Held, why) => well.push(why),
            (standing, why) => {
                let line = Line::new(signal.spec.id.as_str(), standing, why);
                // Traffic that we keep away comes back by no waiting.
                let lost = signal.status == Status::Contained && !known.catalogue.suites.iter().any(|suite| suite.gate);
                lines.push(if lost { line.by(WIRE_A_SUITE) } else { line });
            }
        }
    }
    if !well.is_empty() {
        lines.push(Line::new("signals", Standing::Held, well.join(", ")));
    }
    if lines.is_empty() {
        let why = "none is wired: nothing measured can speak for a release";
        lines.push(Line::new("signals", Standing::Open, why).by("wire a signal with limits"));
    }
    lines
}

fn standing(known: &Known<'_>, signal: &SignalState, since: Option<Timestamp>, spoken_for: bool) -> (Standing, String) {
    let id = &signal.spec.id;
    let cause = signal.cause.as_deref().map(|cause| format!(" {cause}")).unwrap_or_default();
    match signal.status {
        Status::Ok => {}
        Status::Contained if spoken_for => {
            return (Standing::Held, format!("{id} is quiet because of us, the suites speak for it"));
        }
        Status::Contained => {
            return (Standing::Open, "quiet because of us, and no suite has passed that speaks for it".into());
        }
        bad if bad.is_bad() => return (Standing::Failed, format!("{}{cause}", bad.word())),
        blind => return (Standing::Open, format!("{}{cause}", blind.word())),
    }
    let Some(sample) = signal.sample.filter(|_| signal.usable) else {
        return (Standing::Open, "has no usable value".into());
    };
    if since.is_some_and(|since| sample.at <= since) {
        return (Standing::Open, "has no sample since this was contained".into());
    }
    // A suite knows by itself how many answers are enough.
    let needed = if is_of_suite(signal) { 0.0 } else { known.catalogue.gate.n };
    match sample.n {
        Some(n) if n < needed => {
            (Standing::Open, format!("n {} of {} needed", figures::number(n), figures::number(needed)))
        }
        _ => (Standing::Held, id.to_string()),
    }
}

/// What is bad beside the watched signals.
pub(super) fn bad_beside(known: &Known<'_>, scope: &Scope) -> Vec<String> {
    let beside = known.snapshot.signals.iter().filter(|signal| !scope.contains(signal.spec.id.as_str()));
    beside.filter(|signal| signal.status.is_bad()).map(id_of).collect()
}
