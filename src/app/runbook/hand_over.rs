//! The walk as plain text, for the next person. May not answer or move.

use std::fmt::Write as _;

use super::walk;
use crate::app::model::Model;
use crate::domain::ids::SymptomId;
use crate::domain::walk::Place;

/// The walk so far as plain text, for the next person.
#[must_use]
pub fn hand_over(model: &Model, symptom: &SymptomId) -> String {
    let Some((runbook, walk)) = walk(model, symptom) else { return String::new() };
    let mut text = format!("{} (runbook v{})\n", runbook.title, runbook.version);
    for answered in &walk.path {
        let title = runbook.step(&answered.step).map_or(answered.step.as_str(), |step| &step.title);
        let _ = writeln!(text, "- {title} {}: {} ({})", answered.answer.word(), answered.why, answered.who);
    }
    let _ = match &walk.place {
        Place::At(id) => {
            writeln!(text, "next: {}", runbook.step(id).map_or(id.as_str(), |step| &step.title))
        }
        Place::Ended(words) => writeln!(text, "ended: {words}"),
        Place::Handed(other) => writeln!(text, "goes on in runbook {other}"),
    };
    text
}
