//! What a person does next while the verdict cannot be said. May not judge: the picture did.

use super::command::CommandId;
use super::main;
use super::model::Model;
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
    let silent = |fault: &Fault| !matches!(fault, Fault::NotYet);
    let away = snapshot.sources.iter().filter(|source| source.fault.as_ref().is_some_and(silent)).count();
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
    // On a walk that key means nothing, and a walk that was left in its middle comes first.
    let takes_key = !matches!(model.screens.top(), Screen::Runbook(_) | Screen::Samples(_));
    let blind = monitoring.and_then(|note| note.runbook.clone());
    if takes_key && blind.is_some() && runbook::next(model) == blind {
        steps.push(format!("{} walks the runbook", key(CommandId::WalkRunbook)));
    }
    Some(format!("Next: {}.", steps.join("; ")))
}
