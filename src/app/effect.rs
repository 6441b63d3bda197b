//! The complete list of what the screens may ask of the outside. The shell carries each out, in order.

use crate::domain::entry::Happening;
use crate::domain::ids::{ActionId, RunId, SamplesId};
use crate::domain::permit::Mode;
use crate::domain::plan::{Confirmed, Plan};
use crate::domain::samples::UserSample;

/// What may happen outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Give the terminal back and stop this process, until somebody continues it.
    Suspend,
    /// Read the lever and draft the plan of an action.
    Preview(ActionId),
    /// Read the lever and draft the exact undo of a run.
    PreviewUndo(RunId),
    /// Fire a confirmed plan. Detached from the screen: it finishes whatever happens to the terminal.
    Run(Box<Confirmed<Plan>>),
    /// Write something down: a note, an answer, a severity, a preview, a refusal.
    Record(Happening),
    /// Poll everything now (at most once in two seconds).
    Refresh,
    /// Read what the product is made of now.
    ReadVersions,
    /// Ask every suite of the restore gate. Product traffic: the engine refuses it where the session may not act.
    AskSuites,
    /// Read the newest samples of a source.
    ReadSamples(SamplesId),
    /// Ask a sample again. Product traffic: the engine refuses it where the session may not act.
    Replay { samples: SamplesId, sample: Box<UserSample> },
    /// Change the mode of this session, on record.
    SetMode(Mode),
    /// Put text on the clipboard (OSC 52, written by the shell after cleaning).
    Copy(String),
    /// Leave the program with this exit code.
    Quit(u8),
}
