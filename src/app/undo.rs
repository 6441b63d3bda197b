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
            Err(format!("{} is {}: there is nothing to undo yet", record.intent.title, record.state))
        }
        _ => model.ledger.undoable().ok_or_else(|| "nothing to undo: no change of ours is in force".to_owned()),
    }
}
