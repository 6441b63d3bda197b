//! Which kinds of containment a symptom offers, best first, after the global rules. Wired or not: screens say what is not.
//! The order is the tree's: what the evidence leads to, what holds until then, then the rest of the runbook's own list.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::action::ActionKind;
use super::super::change::ChangeKind;
use super::super::evidence::Facts;
use super::super::facts::Live;
use super::super::ids::SymptomId;
use super::super::runbook::{Harm, Runbook};
use super::path;

/// How far back a change of the model, or at its provider, still explains something.
const MODEL_CHANGE_SECONDS: f64 = 14.0 * 86_400.0;

/// The kinds to offer, best first.
pub(super) fn offered(
    runbook: &Runbook,
    shelf: &BTreeMap<SymptomId, Arc<Runbook>>,
    harm: Harm,
    facts: &Live<'_>,
) -> Vec<ActionKind> {
    let mut kinds: Vec<ActionKind> = Vec::new();
    let led_to = path::suggested(runbook, shelf, facts).kinds;
    for kind in led_to.iter().chain(&runbook.contain).filter(|kind| !runbook.never.contains(kind)) {
        if !kinds.contains(kind) {
            kinds.push(*kind);
        }
    }
    if !model_changed(facts) {
        // Nobody may say "the model changed" without a model id, a provider entry or a fingerprint that did.
        kinds.sort_by_key(|kind| *kind == ActionKind::PinModel);
    }
    let first: &[ActionKind] = match harm {
        Harm::None => &[],
        Harm::Leak => &[ActionKind::KillFeature, ActionKind::AddFilter],
        Harm::Irreversible => &[ActionKind::HaltAgents, ActionKind::DisableTool],
    };
    kinds.sort_by_key(|kind| first.iter().position(|urgent| urgent == kind).unwrap_or(first.len()));
    kinds
}

fn model_changed(facts: &Live<'_>) -> bool {
    let changed = |kind| facts.changed(kind, MODEL_CHANGE_SECONDS) == Ok(true);
    let fingerprint = facts.value("fingerprint_changed").is_ok_and(|level| level > 0.0);
    changed(ChangeKind::Model) || changed(ChangeKind::Provider) || fingerprint
}
