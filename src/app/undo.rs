//! What `U` takes back: the run behind the selected row or the shown run, else the newest change of ours.
//! May not draft or fire anything: it only chooses.

use super::containments;
use super::model::Model;
use super::screen::Screen;
use crate::domain::incident::RunRecord;

/// The run that `U` would take back on the screen on top.
///
/// # Errors
/// In words, why there is none.
pub fn target(model: &Model) -> Result<&RunRecord, String> {
    let chosen = match model.screens.top() {
        Screen::Containments(screen) => match containments::rows(model).get(screen.at) {
            Some(held) => match &held.run {
                Some(run) => Some(run),
                None => {
                    return Err(format!("no run of this journal moved {}: set it back where it was set", held.lever));
                }
            },
            None => None,
        },
        Screen::Run(screen) => screen.run.as_ref(),
        _ => None,
    };
    let record = chosen.and_then(|run| model.ledger.runs.get(run));
    match (record, model.screens.top()) {
        (Some(record), _) if record.is_undoable() => Ok(record),
        (Some(record), Screen::Containments(_)) => {
            Err(format!("{}: {}; there is nothing to undo yet", record.intent.title, record.state))
        }
        _ => model.ledger.undoable().ok_or_else(|| "nothing to undo: no change of ours is in force".to_owned()),
    }
}

/// The run that a screen may offer to take back: [`target`], unless its undo would be refused as far as this session knows
/// without asking: its action is gone from the config, or its lever was seen at the prior setting since. Pressing `U` asks
/// all the same: a reading may be old.
#[must_use]
pub fn offered(model: &Model) -> Option<&RunRecord> {
    target(model)
        .ok()
        .filter(|record| model.catalogue.action(&record.intent.action).is_some() && !is_restored(model, record))
}

fn is_restored(model: &Model, record: &RunRecord) -> bool {
    let intent = &record.intent;
    // The last stage of a release goes back further than to what it found.
    let levers = model.snapshot.iter().filter(|_| intent.stage.is_none()).flat_map(|snapshot| &snapshot.levers);
    levers
        .filter(|(spec, _)| spec.id == intent.lever)
        .filter_map(|(_, state)| state.reading.as_ref().ok())
        .any(|reading| reading.read_at > record.moved_at() && reading.setting.same(&intent.prior.setting))
}
