//! Containments are released one at a time, the widest last. May not look at evidence.

use jiff::SignedDuration;

use super::super::action::{ActionKind, Direction};
use super::super::ids::LeverId;
use super::super::run::RunState;
use super::super::snapshot::Containment;
use super::{Known, Line, Standing};

/// The name of its line.
pub(super) const NAME: &str = "order";

/// How much of the product a kind takes away from its users: 1 little, 2 some of it, 3 all of it.
#[must_use]
pub const fn width(kind: ActionKind) -> u8 {
    use ActionKind as K;
    match kind {
        K::KillFeature | K::UnavailableMessage | K::HaltAgents => 3,
        K::DegradedMode
        | K::Throttle
        | K::ServeCache
        | K::HumanReview
        | K::SwitchProvider
        | K::SwitchModel
        | K::BreakerOpen
        | K::RouteCell
        | K::GuardrailMax => 2,
        _ => 1,
    }
}

/// The kind behind a containment decides; for one that nobody here made, the widest action that moves its lever.
fn width_of(known: &Known<'_>, held: &Containment) -> u8 {
    let behind = |action: &&super::super::action::ActionSpec| match &held.action {
        Some(ours) => action.id == *ours,
        None => action.lever == held.lever,
    };
    known.catalogue.actions.iter().filter(behind).map(|action| width(action.kind)).max().unwrap_or(2)
}

/// Whether it is this lever's turn.
pub(super) fn line(known: &Known<'_>, lever: &LeverId) -> Line {
    let span = SignedDuration::try_from(known.catalogue.gate.watch).unwrap_or(SignedDuration::MAX);
    let half_way = known.snapshot.containments.iter().find(|other| other.lever != *lever && other.stage.is_some());
    if let Some(stage) = half_way.and_then(|other| other.stage.as_ref().map(|stage| (other, stage.words()))) {
        let why =
            format!("{} is half-way back ({}): release it whole or contain it again first", stage.0.lever, stage.1);
        return Line::new(NAME, Standing::Open, why).by(format!("end the release of {} first", stage.0.lever));
    }
    let lately = known.ledger.in_order().rfind(|record| {
        let failed = matches!(record.state, RunState::NotSent | RunState::Rejected);
        let released = record.intent.direction == Direction::Release && !failed && record.intent.lever != *lever;
        released && known.now.duration_since(record.at) < span
    });
    if let Some(record) = lately {
        let at = record.at.strftime("%H:%M:%SZ");
        let why = format!("{} was released at {at} and is still being watched; one at a time", record.intent.lever);
        return Line::new(NAME, Standing::Open, why);
    }
    let held = &known.snapshot.containments;
    let Some(this) = held.iter().find(|held| held.lever == *lever) else {
        return Line::new(NAME, Standing::Held, "nothing else is being released");
    };
    // A version that was rolled back stays: it is the remedy, not a protection that waits to be lifted.
    let returns = |other: &&Containment| {
        other.lever != *lever && known.catalogue.lever(&other.lever).is_some_and(|spec| spec.normal.is_some())
    };
    let narrower = held.iter().filter(returns).find(|other| width_of(known, other) < width_of(known, this));
    match narrower {
        Some(other) => Line::new(NAME, Standing::Open, format!("release {} first: the widest goes last", other.lever))
            .by(format!("release {} first", other.lever)),
        None => {
            Line::new(NAME, Standing::Held, "its turn: nothing narrower is in force, nothing else is being released")
        }
    }
}
