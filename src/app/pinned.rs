//! Runbooks that change while somebody walks them: the walk stays on the version that it began with, and the journal says
//! which that was. May not load files; the engine does.

use std::sync::Arc;

use super::effect::Effect;
use super::model::Model;
use super::resume;
use crate::domain::catalogue::Catalogue;
use crate::domain::entry::Happening;
use crate::domain::ids::SymptomId;
use crate::domain::runbook::Runbook;
use crate::domain::walk::{Place, Walk};

/// Enough of a digest to tell two versions of a file apart.
const DIGITS: usize = 12;

/// The runbook of a symptom: the version that its walk began with, or the newest.
#[must_use]
pub fn runbook<'a>(model: &'a Model, symptom: &SymptomId) -> Option<&'a Arc<Runbook>> {
    model.pinned.get(symptom).or_else(|| model.catalogue.runbooks.get(symptom))
}

/// A walk begins, or is taken up: it stays on this version.
pub(super) fn pin(model: &mut Model, runbook: &Arc<Runbook>) {
    model.pinned.insert(runbook.id.clone(), Arc::clone(runbook));
}

/// Begins the walk of a runbook, or takes up what the journal holds of it in the open incident.
pub(super) fn begin(model: &mut Model, symptom: &SymptomId) {
    let Some(runbook) = runbook(model, symptom).cloned() else { return };
    let incident = model.ledger.open.as_ref().map(|incident| incident.id.clone());
    let walk = resume::walk(&runbook, &model.entries, incident.as_ref(), model.now);
    pin(model, &runbook);
    model.walks.insert(symptom.clone(), walk);
}

/// What the journal hears before the first answer: the version that is walked.
pub(super) fn began(model: &Model, symptom: &SymptomId) -> Option<Effect> {
    let walk = model.walks.get(symptom).filter(|walk| walk.path.is_empty())?;
    let runbook = runbook(model, &walk.runbook)?;
    let digest = runbook.origin.digest.chars().take(DIGITS).collect();
    Some(Effect::Record(Happening::WalkBegan { runbook: symptom.clone(), version: runbook.version, digest }))
}

/// True if the walk of the open incident began with another version than this one, by what the journal says.
pub(super) fn began_with_another(model: &Model, runbook: &Runbook) -> Option<u32> {
    let incident = model.ledger.open.as_ref().map(|open| &open.id);
    let newest = model.entries.iter().rev().filter(|entry| entry.incident.as_ref() == incident);
    let (version, digest) = newest.into_iter().find_map(|entry| match &entry.what {
        Happening::WalkBegan { runbook: of, version, digest } if *of == runbook.id => Some((*version, digest)),
        _ => None,
    })?;
    (!runbook.origin.digest.starts_with(digest.as_str())).then_some(version)
}

/// Takes up the runbooks as they are now. A walk that has answers keeps its version; one at its first step begins anew.
pub(super) fn take_up(model: &mut Model, catalogue: Arc<Catalogue>, words: Vec<String>) {
    model.loading = None;
    let before = std::mem::replace(&mut model.catalogue, catalogue);
    for said in words {
        model.say(said);
    }
    let walked: Vec<SymptomId> = model.walks.keys().cloned().collect();
    for symptom in walked {
        renew(model, &symptom);
        let open = model.walks.get(&symptom).is_some_and(|walk| !matches!(walk.place, Place::Ended(_)));
        let (Some(pinned), Some(now)) = (model.pinned.get(&symptom), model.catalogue.runbooks.get(&symptom)) else {
            continue;
        };
        // Said once for each version: it must not hide what else is new.
        let is_new = before.runbooks.get(&symptom).is_none_or(|before| before.origin.digest != now.origin.digest);
        if open && is_new && now.origin.digest != pinned.origin.digest {
            let words = format!(
                "{}: this walk stays on version {}; the file says version {} now",
                pinned.title, pinned.version, now.version
            );
            model.say(words);
        }
    }
}

/// At its first step nothing holds a walk to an old version.
pub(super) fn renew(model: &mut Model, symptom: &SymptomId) {
    if !model.walks.get(symptom).is_some_and(|walk| walk.path.is_empty()) {
        return;
    }
    let Some(now) = model.catalogue.runbooks.get(symptom).cloned() else { return };
    let moved = model.pinned.get(symptom).is_none_or(|pinned| pinned.origin.digest != now.origin.digest);
    if moved {
        model.walks.insert(symptom.clone(), Walk::start(&now, model.now));
        pin(model, &now);
    }
}
