//! The change freeze: while an incident is open, a lever moves only to contain, or to restore what is contained. Anything
//! else would be one more cause, and waits for a typed reason. May not move anything, and holds nobody outside: it names
//! the action that does, if a team has wired one.

use super::action::{ActionKind, ActionSpec, Direction};
use super::catalogue::Catalogue;
use super::gate::{Line, Standing};
use super::ids::{IncidentId, LeverId};
use super::incident::{Incident, Ledger};
use super::plan::{Plan, Purpose};
use super::snapshot::Containment;

/// The name of its line before a plan.
pub const NAME: &str = "change freeze";

/// The freeze that is in force: it begins and ends with its incident.
#[must_use]
pub fn in_force(ledger: &Ledger) -> Option<&Incident> {
    ledger.open.as_ref()
}

/// What whoever caused it hears when an incident begins, and how it ends.
#[must_use]
pub fn begins(catalogue: &Catalogue, incident: &IncidentId) -> String {
    let name = incident.as_str().to_uppercase();
    match end(catalogue) {
        Some(command) => format!("{name} opened; {command} ends it and its freeze"),
        None => format!("{name} opened; it and its freeze end with this drill"),
    }
}

/// The whole command that ends the incident, but for the reason; `None` in a drill, which no other command reaches.
#[must_use]
pub fn end(catalogue: &Catalogue) -> Option<String> {
    let word = format!("close {}", catalogue.environment);
    (!catalogue.drill).then(|| catalogue.command(&format!("incident close --type {word:?} --why …")))
}

/// What stands before a plan that the freeze holds: it neither contains, nor restores what is contained, nor takes back a
/// move of this incident.
#[must_use]
pub fn line(catalogue: &Catalogue, ledger: &Ledger, contained: &[Containment], plan: &Plan) -> Option<Line> {
    let incident = in_force(ledger)?;
    let is_contained = is_contained(ledger, contained, &plan.lever);
    let belongs = match (plan.direction, &plan.purpose) {
        (Direction::Contain, _) => true,
        (Direction::Release, _) if is_contained => true,
        (_, Purpose::Undo(run)) => ledger.runs.get(run).is_some_and(|record| record.at >= incident.opened_at),
        (Direction::Release | Direction::Lower, Purpose::Action) => false,
    };
    if belongs {
        return None;
    }
    let why = format!(
        "{}: this neither contains nor restores what is contained; {}",
        since(incident),
        for_others(catalogue, contained)
    );
    let deed = end(catalogue).map(|command| format!("end the incident: {command}"));
    Some(Line { name: NAME.to_owned(), standing: Standing::Failed, why, deed })
}

fn is_contained(ledger: &Ledger, contained: &[Containment], lever: &LeverId) -> bool {
    contained.iter().any(|held| held.lever == *lever) || ledger.ours().iter().any(|ours| ours.lever == *lever)
}

/// `in force since 03:16Z (INC-0142)`.
#[must_use]
pub fn since(incident: &Incident) -> String {
    format!("in force since {} ({})", incident.opened_at.strftime("%H:%MZ"), incident.id.as_str().to_uppercase())
}

/// What holds changes of others: the wired actions of the kind that freezes changes, and whether one of them is in force.
#[must_use]
pub fn holders<'a>(catalogue: &'a Catalogue, contained: &[Containment]) -> Vec<(&'a ActionSpec, bool)> {
    let holds = |action: &ActionSpec| contained.iter().any(|held| held.lever == action.lever);
    catalogue.actions_of(ActionKind::FreezeChanges).map(|action| (action, holds(action))).collect()
}

/// Whether it holds for others too, or what would make it so.
#[must_use]
pub fn for_others(catalogue: &Catalogue, contained: &[Containment]) -> String {
    let holders = holders(catalogue, contained);
    let held: Vec<&str> = holders.iter().filter(|(_, holds)| *holds).map(|(action, _)| action.id.as_str()).collect();
    if !held.is_empty() {
        return format!("{} holds the changes of others too", held.join(", "));
    }
    let wired: Vec<&str> = holders.iter().map(|(action, _)| action.id.as_str()).collect();
    if wired.is_empty() {
        return format!("it holds nobody outside: no action of kind {} is wired", ActionKind::FreezeChanges);
    }
    format!("it holds nobody outside until {} does", wired.join(" or "))
}

#[cfg(test)]
mod tests;
