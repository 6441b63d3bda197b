//! The contain-first coach: so long at the top severity without a containment, and it says which reversible action to
//! take, until something is contained or a person declines with a reason. May not read clocks or fire anything.

use jiff::{SignedDuration, Timestamp};

use super::action::{ActionKind, ActionSpec, Destination, Tier};
use super::catalogue::Catalogue;
use super::incident::{Incident, Ledger};
use super::observations::Readiness;
use super::run::RunState;
use super::snapshot::Containment;

/// So long the top severity may stand without a containment before the coach speaks.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// Kinds that stop harm whatever the cause is, smallest first: what is advised when no symptom offers anything.
const WHATEVER_IT_IS: [ActionKind; 3] =
    [ActionKind::DegradedMode, ActionKind::KillFeature, ActionKind::UnavailableMessage];

/// What the coach does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coach {
    /// No incident of the top severity, something is contained, or a person declined.
    Rests,
    /// Speaks from then on.
    Waits {
        /// When.
        until: Timestamp,
    },
    /// Speaks.
    Speaks {
        /// Since when the top severity stands.
        since: Timestamp,
    },
}

/// What the coach does at this instant.
#[must_use]
pub fn coach(incident: Option<&Incident>, contained: bool, now: Timestamp) -> Coach {
    let since = incident.filter(|incident| incident.declined.is_none() && !contained).and_then(|i| i.top_since);
    let Some(since) = since else { return Coach::Rests };
    match since.checked_add(PATIENCE) {
        Ok(until) if now < until => Coach::Waits { until },
        _ => Coach::Speaks { since },
    }
}

/// The rank of a severity's word, 1 is the top one: `P1`, `SEV2`, `Sev 3`. `None` if it has no number.
#[must_use]
pub fn rank(level: &str) -> Option<u32> {
    let digits: String = level.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Whether something contains, or is on its way: a lever that stands contained, a run whose outcome is open, or a run
/// of this incident that the store took.
#[must_use]
pub fn is_contained(ledger: &Ledger, containments: &[Containment]) -> bool {
    let opened = ledger.open.as_ref().map(|incident| incident.opened_at);
    let stands = |state: RunState| state.is_stored() && state != RunState::Undone;
    let ours = ledger.runs.values().any(|run| {
        run.intent.direction == super::action::Direction::Contain
            && (run.state.is_open() || (stands(run.state) && opened.is_none_or(|opened| run.at >= opened)))
    });
    ours || containments.iter().any(|held| !held.displaced)
}

/// The action to take first: reversible, of the kinds that the symptom offers in that order, ready ones before those
/// nobody has checked. One that is known not to be ready is no advice, and none is `never`: what makes that failure worse.
#[must_use]
pub fn advice<'a>(
    catalogue: &'a Catalogue,
    offered: &[ActionKind],
    never: &[ActionKind],
    readiness: &[Readiness],
) -> Option<&'a ActionSpec> {
    let ready = |action: &ActionSpec| readiness.iter().find(|r| r.action == action.id).and_then(|r| r.ready);
    let place = |action: &ActionSpec| {
        let among = |kinds: &[ActionKind]| kinds.iter().position(|kind| *kind == action.kind);
        among(offered).or_else(|| Some(offered.len() + among(&WHATEVER_IT_IS)?))
    };
    let candidates =
        catalogue.actions.iter().filter(|action| contains(catalogue, action) && !never.contains(&action.kind));
    let placed = candidates.filter(|action| ready(action) != Some(false)).filter_map(|a| Some((a, place(a)?)));
    placed.min_by_key(|(action, place)| (ready(action) != Some(true), *place)).map(|(action, _)| action)
}

/// True for what moves its lever to safety and takes one person: that is what can be advised in a hurry.
fn contains(catalogue: &Catalogue, action: &ActionSpec) -> bool {
    if action.tier.is_some_and(|tier| tier > Tier::One) {
        return false;
    }
    match &action.to {
        Destination::Contained | Destination::LastGood => true,
        Destination::Normal => false,
        Destination::Setting(setting) => {
            let lever = catalogue.lever(&action.lever);
            lever.and_then(|lever| lever.contained.as_ref()).is_some_and(|contained| contained.same(setting))
        }
    }
}

#[cfg(test)]
mod tests;
