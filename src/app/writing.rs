//! Words that a command asks a person for before it does anything: why a step is skipped, why nothing is contained,
//! why a watch ends early.
//! May not be used for changes to production: those are confirmed in their own dialog.

use std::borrow::Cow;

use super::characterise;
use super::dialog::Dialog;
use super::effect::Effect;
use super::field::TextField;
use super::model::Model;
use super::runbook;
use crate::domain::characterise::Part;
use crate::domain::entry::Happening;
use crate::domain::ids::{StepId, SymptomId};
use crate::domain::walk::WalkAnswer;

/// What the words are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writing {
    /// Why the present step of this runbook is skipped.
    Skip(SymptomId),
    /// What a person knows about a part of the failure.
    Describe(Part),
    /// Why nothing is contained, although the coach says so.
    Decline,
    /// Why the answer is another one than the evidence suggests; asked for in a strict walk.
    Against { runbook: SymptomId, answer: WalkAnswer },
    /// Why a watch is said to have held before its time is over.
    Early { runbook: SymptomId, passed: i64, minutes: u32, against: bool },
    /// Why the walk leaves its present step for another one.
    Jump { runbook: SymptomId, to: StepId },
}

impl Writing {
    /// True if the words are said of the step that a walk stands at.
    pub(super) const fn is_about_a_step(&self) -> bool {
        match self {
            Self::Skip(_) | Self::Against { .. } | Self::Early { .. } | Self::Jump { .. } => true,
            Self::Describe(_) | Self::Decline => false,
        }
    }

    /// What stands before the field.
    #[must_use]
    pub fn prompt(&self) -> Cow<'static, str> {
        match self {
            Self::Skip(_) => "skip this step because".into(),
            Self::Describe(part) => part.word().into(),
            Self::Decline => "do not contain now because".into(),
            Self::Against { .. } => "against the evidence because".into(),
            Self::Early { passed, minutes, against, .. } => {
                let evidence = if *against { ", against the evidence" } else { "" };
                format!("only {passed} of {minutes} min watched{evidence}; it held because").into()
            }
            Self::Jump { .. } => "jump there because".into(),
        }
    }
}

/// Asks for the words; nothing happens before they are there.
pub(super) fn ask(model: &mut Model, writing: Writing) {
    ask_with(model, writing, "");
}

/// The same with words in the field already.
pub(super) fn ask_with(model: &mut Model, writing: Writing, words: &str) {
    let mut field = TextField::default();
    field.paste(words);
    model.ask(Dialog::Write(writing, field));
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
        Writing::Describe(part) => characterise::written_down(part, words),
        Writing::Decline => vec![Effect::Record(Happening::ContainmentDeclined { why: words.to_owned() })],
        Writing::Against { runbook, answer } => runbook::against(model, &runbook, answer, words),
        Writing::Early { runbook, .. } => runbook::early(model, &runbook, words),
        Writing::Jump { runbook, to } => runbook::jump(model, &runbook, &to, words),
    }
}
