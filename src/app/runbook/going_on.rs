//! Where `r` leads: on with the walk that was left in its middle, else to the runbook of the selected cause, else to the
//! one of the open incident.
//! May not answer or move.

use super::{open, open_selected};
use crate::app::main::{self, Panel};
use crate::app::model::Model;
use crate::app::pinned;
use crate::app::resume;
use crate::app::screen::Screen;
use crate::domain::entry::Happening;
use crate::domain::ids::SymptomId;
use crate::domain::walk::{Place, Walk};

/// The walk that was left in its middle, the newest first: somebody who presses `r` again wants to go on.
fn open_walk(model: &Model) -> Option<SymptomId> {
    let is_open = |walk: &&Walk| !walk.path.is_empty() && !matches!(walk.place, Place::Ended(_));
    let newest = model.walks.values().filter(is_open).max_by_key(|walk| walk.entered_at);
    newest.map(|walk| walk.runbook.clone()).or_else(|| {
        let incident = model.ledger.open.as_ref().map(|incident| incident.id.clone());
        let answered = walked_last(model)?;
        let runbook = model.catalogue.runbooks.get(answered).filter(|_| !model.walks.contains_key(answered))?;
        is_open(&&resume::walk(runbook, &model.entries, incident.as_ref(), model.now)).then(|| answered.clone())
    })
}

/// The runbook of the newest answer in the open incident; without one, of the newest that belongs to none.
fn walked_last(model: &Model) -> Option<&SymptomId> {
    let incident = model.ledger.open.as_ref().map(|incident| &incident.id);
    model.entries.iter().rev().find_map(|entry| match &entry.what {
        Happening::Answered { runbook, .. } | Happening::Jumped { runbook, .. }
            if entry.incident.as_ref() == incident =>
        {
            Some(runbook)
        }
        _ => None,
    })
}

/// The runbook of an incident whose cause no longer shows, because it is contained: the symptom that led while it did,
/// else the walk that was answered last.
fn of_the_incident(model: &Model) -> Option<SymptomId> {
    model.ledger.open.as_ref()?;
    if model.snapshot.as_ref().is_some_and(|snapshot| snapshot.headline.status.is_blind()) {
        return None;
    }
    let walked = || walked_last(model).cloned();
    model.led.clone().or_else(walked).filter(|symptom| pinned::runbook(model, symptom).is_some())
}

/// Goes on with the walk that was left in its middle; without one, opens the runbook of the selected cause. Choosing a
/// cause in its own panel is a choice.
pub(in crate::app) fn go_on(model: &mut Model) {
    match next(model) {
        Some(symptom) => open(model, &symptom),
        None => open_selected(model),
    }
}

/// The runbook that going on opens, if there is one.
pub(in crate::app) fn next(model: &Model) -> Option<SymptomId> {
    let chosen = matches!(model.screens.top(), Screen::Main) && model.main.focus == Panel::Causes;
    let selected = || main::selected_symptom(model).cloned();
    open_walk(model).filter(|_| !chosen).or_else(selected).or_else(|| of_the_incident(model))
}
