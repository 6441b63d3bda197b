//! Words that a command asks a person for before it does anything: why a step is skipped, why nothing is contained.
//! May not be used for changes to production: those are confirmed in their own dialog.

use super::dialog::Dialog;
use super::effect::Effect;
use super::field::TextField;
use super::model::Model;
use super::runbook;
use crate::domain::entry::Happening;
use crate::domain::ids::{StepId, SymptomId};

/// What the words are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writing {
    /// Why the present step of this runbook is skipped.
    Skip(SymptomId),
    /// Why nothing is contained, although the coach says so.
    Decline,
    /// Why the walk leaves its present step for another one.
    Jump { runbook: SymptomId, to: StepId },
}

impl Writing {
    /// What stands before the field.
    #[must_use]
    pub const fn prompt(&self) -> &'static str {
        match self {
            Self::Skip(_) => "skip this step because",
            Self::Decline => "do not contain now because",
            Self::Jump { .. } => "jump there because",
        }
    }
}

/// Asks for the words; nothing happens before they are there.
pub(super) fn ask(model: &mut Model, writing: Writing) {
    model.ask(Dialog::Write(writing, TextField::default()));
}

/// The words are there. Without any the question stays: what is on record has to say why.
pub(super) fn written(model: &mut Model, writing: Writing, text: &str) -> Vec<Effect> {
    let words = text.trim();
    if words.is_empty() {
        ask(model, writing);
        model.say("a few words go on record; esc goes back without");
        return Vec::new();
    }
    match writing {
        Writing::Skip(symptom) => runbook::skip(model, &symptom, words),
        Writing::Decline => vec![Effect::Record(Happening::ContainmentDeclined { why: words.to_owned() })],
        Writing::Jump { runbook, to } => runbook::jump(model, &runbook, &to, words),
    }
}
