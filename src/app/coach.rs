//! The coach and the stop rule on the screens: what they say now, and with which action. May not fire it: its own key
//! previews it, like every action.

use jiff::SignedDuration;

use super::command::CommandId;
use super::model::Model;
use super::runbook;
use crate::domain::action::{ActionKind, ActionSpec};
use crate::domain::coach::{self, Coach};
use crate::domain::ids::SymptomId;
use crate::domain::walk::{StopRule, stop_rule};

/// What the coach says.
#[derive(Debug, Clone, Copy)]
pub struct Advice<'a> {
    /// How long the top severity stands without a containment.
    pub stands: SignedDuration,
    /// What to take; `None` if nothing reversible is wired and ready.
    pub action: Option<&'a ActionSpec>,
}

/// What the coach says now; `None` while it rests or waits.
#[must_use]
pub fn advice(model: &Model) -> Option<Advice<'_>> {
    let Coach::Speaks { since } = coach::coach(model.ledger.open.as_ref(), is_contained(model), model.now) else {
        return None;
    };
    let snapshot = model.snapshot.as_ref();
    let offered: &[ActionKind] =
        snapshot.and_then(|s| s.triage.symptoms.first()).map_or(&[], |symptom| symptom.actions.as_slice());
    let readiness = snapshot.map_or(&[][..], |snapshot| snapshot.readiness.as_slice());
    let leading = snapshot.and_then(|snapshot| model.catalogue.runbooks.get(&snapshot.triage.symptoms.first()?.id));
    let never = leading.map_or(&[][..], |runbook| runbook.never.as_slice());
    let action = coach::advice(&model.catalogue, offered, never, readiness);
    Some(Advice { stands: model.now.duration_since(since), action })
}

/// What is said where nothing is to be declined, in the words that the verdict would have.
#[must_use]
pub fn nothing_to_decline(model: &Model) -> String {
    let key = model.keymap.label(CommandId::Decline);
    format!("nothing to decline: {key} answers CONTAIN FIRST, which is not in the verdict now")
}

/// Whether something contains, or is on its way.
#[must_use]
pub fn is_contained(model: &Model) -> bool {
    let containments = model.snapshot.as_ref().map_or(&[][..], |snapshot| snapshot.containments.as_slice());
    coach::is_contained(&model.ledger, containments)
}

/// How the stop rule of a walk stands.
#[must_use]
pub fn stop(model: &Model, symptom: &SymptomId) -> StopRule {
    let Some((runbook, walk)) = runbook::walk(model, symptom) else { return StopRule::Rests };
    let set = model.ledger.open.as_ref().and_then(|incident| incident.severity.as_deref());
    let proposed = || model.snapshot.as_ref()?.triage.severity.as_ref().map(|hint| hint.level.as_str());
    stop_rule(runbook, walk, set.or_else(proposed), is_contained(model), model.now)
}

/// What the stop rule of a walk advises: the first action that its runbook offers and that may be taken in a hurry.
#[must_use]
pub fn stop_action<'a>(model: &'a Model, symptom: &SymptomId) -> Option<&'a ActionSpec> {
    let (runbook, _) = runbook::walk(model, symptom)?;
    let readiness = model.snapshot.as_ref().map_or(&[][..], |snapshot| snapshot.readiness.as_slice());
    coach::advice(&model.catalogue, &runbook.contain, &runbook.never, readiness)
}
