//! What a person does next while the verdict cannot be said. May not judge: the picture did.

use super::command::CommandId;
use super::main;
use super::model::Model;
use super::palette::{self, Palette, Pick, Row};
use super::runbook;
use super::screen::Screen;
use crate::domain::cause::Fault;
use crate::domain::runbook::Rule;

/// Where a config to learn from is: nothing can be said of what nobody wired.
pub const WIRE: &str = "`breakglass demo --print-config` is a worked example";

/// The next step while the verdict is UNKNOWN, STALE or LOW-N, as one sentence with its keys. `None` while there is a
/// verdict, and in the first seconds, when only waiting helps.
#[must_use]
pub fn next_step(model: &Model) -> Option<String> {
    let snapshot = model.snapshot.as_deref().filter(|snapshot| snapshot.headline.status.is_blind())?;
    if snapshot.layers.iter().all(|layer| layer.status.is_none()) {
        return Some(format!("Next: wire a signal; {WIRE}."));
    }
    let away = silent(model);
    let loads = snapshot.signals.iter().any(|signal| signal.loads_history);
    let key = |id| model.keymap.label(id);
    let mut steps = match away {
        0 if loads || snapshot.sources.iter().any(|source| source.answered_at.is_none()) => return None,
        0 => vec![format!(
            "{} {} shows why signals of a layer cannot be judged",
            key(CommandId::Panel1),
            key(CommandId::Open)
        )],
        1 => vec![format!("{} shows why 1 source is silent", key(CommandId::Sources))],
        many => vec![format!("{} shows why {many} sources are silent", key(CommandId::Sources))],
    };
    let monitoring = main::notes(model).iter().find(|note| note.rule == Rule::MonitoringBlind);
    let blind = monitoring.and_then(|note| note.runbook.clone());
    // On a walk that key means nothing, and a walk that was left in its middle comes first.
    if !matches!(model.screens.top(), Screen::Runbook(_) | Screen::Samples(_)) {
        match runbook::next(model) {
            Some(next) if Some(&next) == blind.as_ref() => {
                steps.push(format!("{} walks the runbook", key(CommandId::WalkRunbook)));
            }
            None if away > 0 && !model.catalogue.runbooks.is_empty() => {
                steps.push(format!("{} picks a runbook", key(CommandId::WalkRunbook)));
            }
            Some(_) | None => {}
        }
    }
    Some(format!("Next: {}.", steps.join("; ")))
}

/// How many sources of the picture were asked and are silent.
fn silent(model: &Model) -> usize {
    let sources = model.snapshot.iter().flat_map(|snapshot| &snapshot.sources);
    sources.filter(|source| source.fault.as_ref().is_some_and(|fault| !matches!(fault, Fault::NotYet))).count()
}

/// The row that a list of runbooks to pick from begins at: while sources are silent and nothing can be said, the runbook for
/// that, also where not enough of them are silent for the rule to speak.
pub(super) fn row(model: &Model, palette: &Palette) -> usize {
    let is_blind = model.snapshot.as_ref().is_some_and(|snapshot| snapshot.headline.status.is_blind());
    let is_for_that = |row: &Row| match &row.pick {
        Pick::Runbook(id) => {
            model.catalogue.runbooks.get(id).is_some_and(|runbook| runbook.rule == Some(Rule::MonitoringBlind))
        }
        _ => false,
    };
    let rows = if is_blind && silent(model) > 0 { palette::rows(model, palette.field.text()) } else { Vec::new() };
    rows.iter().position(is_for_that).unwrap_or(0)
}
