//! What a containment did for that which failed when it was fired: better, not repaired, or no better.
//! May not judge signals or call anything proven: it compares what was bad then with what is bad now.

use super::figures::listed;
use super::ids::SignalId;
use super::signal::SignalState;
use super::snapshot::Containment;
use super::status::Status;

/// At most so many failing signals are named.
const NAMED: usize = 2;

/// What became of that which failed before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aftermath {
    /// It is not known what failed before, or nothing of it fails now.
    Nothing,
    /// Something is better, and this still fails: users may be safe, the cause is not repaired.
    NotRepaired(Vec<SignalId>),
    /// Nothing that failed is better: it may have been the wrong lever.
    NoBetter(Vec<SignalId>),
}

/// Compares what failed when it was fired with what fails now.
#[must_use]
pub fn of(failing: &[SignalId], signals: &[SignalState]) -> Aftermath {
    let now = |id: &SignalId| signals.iter().find(|signal| signal.spec.id == *id).map(|signal| signal.status);
    let still: Vec<SignalId> = failing.iter().filter(|id| now(id).is_some_and(Status::is_bad)).cloned().collect();
    // What cannot be judged now is not better.
    let better = |id: &SignalId| matches!(now(id), Some(Status::Ok | Status::Contained));
    match (still.is_empty(), failing.iter().any(better)) {
        (true, _) => Aftermath::Nothing,
        (false, true) => Aftermath::NotRepaired(still),
        (false, false) => Aftermath::NoBetter(still),
    }
}

/// The same for several containments together: one that helped is enough to call it contained.
#[must_use]
pub fn of_all<'a>(containments: impl IntoIterator<Item = &'a Containment>, signals: &[SignalState]) -> Aftermath {
    containments.into_iter().fold(Aftermath::Nothing, |so_far, held| match (so_far, of(&held.failing, signals)) {
        (Aftermath::NotRepaired(still), _) | (_, Aftermath::NotRepaired(still)) => Aftermath::NotRepaired(still),
        (Aftermath::NoBetter(still), _) | (_, Aftermath::NoBetter(still)) => Aftermath::NoBetter(still),
        (Aftermath::Nothing, Aftermath::Nothing) => Aftermath::Nothing,
    })
}

/// `provider primary probe error still fails`: the worst ones with their layer.
#[must_use]
pub fn still_fails(still: &[SignalId], signals: &[SignalState]) -> String {
    let mut failing: Vec<&SignalState> = signals.iter().filter(|signal| still.contains(&signal.spec.id)).collect();
    failing.sort_by_key(|signal| std::cmp::Reverse(signal.status));
    let name = |signal: &&SignalState| {
        let (layer, title) = (signal.spec.layer.as_str(), signal.spec.title.as_str());
        if title.starts_with(layer) { title.to_owned() } else { format!("{layer} {title}") }
    };
    let mut names: Vec<String> = failing.iter().take(NAMED).map(name).collect();
    if failing.len() > NAMED {
        names.push(format!("{} more", failing.len() - NAMED));
    }
    format!("{} still {}", listed(&names), if names.len() == 1 { "fails" } else { "fail" })
}
