//! What lies over a screen and has the keys: one at a time, one enum. May not react: each dialog's own file does.

use super::command::Context;
use super::confirm::Confirm;
use super::field::TextField;
use super::palette::Palette;
use super::writing::Writing;
use crate::domain::ids::{ActionId, RunId};

/// What was asked to be previewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// An action.
    Action(ActionId),
    /// The undo of a run.
    Undo { run: RunId, action: ActionId },
}

impl Asked {
    /// The action that is moved, or undone.
    #[must_use]
    pub const fn action(&self) -> &ActionId {
        match self {
            Self::Action(action) | Self::Undo { action, .. } => action,
        }
    }
}

/// A dialog.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    /// The lever is being read for a preview.
    Reading(Asked),
    /// A plan waits for its person.
    Confirm(Box<Confirm>),
    /// No plan could be drafted, or a guard refused: nothing was sent.
    Refusal { title: String, why: String },
    /// Commands and actions by name.
    Palette(Palette),
    /// Only rows that contain this text.
    Filter(TextField),
    /// A note for the timeline.
    Note(TextField),
    /// Words that a command asks for before it does anything.
    Write(Writing, TextField),
    /// Leaving while something is contained or running.
    Quit,
}

impl Dialog {
    /// Which bindings hold in it.
    #[must_use]
    pub const fn context(&self) -> Context {
        match self {
            Self::Confirm(_) => Context::Confirm,
            Self::Palette(_) | Self::Filter(_) | Self::Note(_) | Self::Write(..) => Context::Text,
            Self::Reading(_) | Self::Refusal { .. } | Self::Quit => Context::Question,
        }
    }
}
