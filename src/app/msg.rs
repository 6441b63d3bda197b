//! Everything that can happen to the screens. May not hold references to tasks, sockets or terminals.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::catalogue::Catalogue;
use crate::domain::entry::Entry;
use crate::domain::ids::{ActionId, SamplesId};
use crate::domain::incident::Ledger;
use crate::domain::plan::Plan;
use crate::domain::run::RunNews;
use crate::domain::samples::Parsed;
use crate::domain::snapshot::Snapshot;
use crate::domain::stages::ReleaseNews;
use crate::domain::version::VersionSnapshot;

/// A key, free of any terminal library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A printable character (upper case means shift was held).
    Char(char),
    /// Control and a letter.
    Ctrl(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Left.
    Left,
    /// Right.
    Right,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
}

/// Mouse: focus and scroll only, it can never fire anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// Left button pressed at column, row.
    Click(u16, u16),
    /// Wheel up at column, row.
    ScrollUp(u16, u16),
    /// Wheel down at column, row.
    ScrollDown(u16, u16),
}

/// Where journal entries go, for the banner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum JournalPlace {
    /// In the database.
    #[default]
    Stored,
    /// In the spool, with the reason.
    Spooling(String),
    /// Nowhere durable: so many entries would be lost with the process.
    Unlogged {
        /// How many.
        count: usize,
        /// The reason.
        why: String,
    },
}

/// What the screens hear.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key. `at` is our clock when it was read from the terminal; `burst` is true if it arrived within the same read
    /// as many others (typed ahead, noise, an unbracketed paste).
    Key { key: Key, at: Timestamp, burst: bool },
    /// A bracketed paste; may fill a text field outside dialogs, never confirms.
    Paste(String),
    /// Mouse.
    Mouse(Mouse),
    /// The terminal's size.
    Resize(u16, u16),
    /// The visible clock moved.
    Tick(Timestamp),
    /// A new picture.
    Snapshot(Arc<Snapshot>),
    /// A plan was drafted against the live lever (or why it could not be).
    Previewed(Result<Box<Plan>, PreviewFailed>),
    /// The runner found the lever moved between confirmation and write: nothing was sent, here is the fresh plan.
    PlanVoid { why: String, fresh: Option<Box<Plan>> },
    /// A guard refused; nothing was sent.
    Refused { action: ActionId, why: String },
    /// A run moved.
    Run(RunNews),
    /// A release in stages went on, went back, or stopped.
    Release(ReleaseNews),
    /// The journal's content changed.
    Ledger { ledger: Arc<Ledger>, entries: Arc<[Entry]> },
    /// A source of samples answered, or why it cannot be read.
    Samples { samples: SamplesId, read: Result<Parsed, String> },
    /// Where entries go changed.
    Journal(JournalPlace),
    /// The session's mode changed (lifted by a person, or forced).
    Mode(crate::domain::permit::Mode),
    /// So many runbook files are being loaded.
    LoadingRunbooks(usize),
    /// The catalogue with the runbooks as they are now, and what is new in words.
    Runbooks { catalogue: Arc<Catalogue>, words: Vec<String> },
    /// What the product is made of now.
    Versions(Arc<VersionSnapshot>),
    /// A line for the message log and the flash.
    Notice(String),
    /// The process stops soon (signal): leave the screen.
    Stop,
}

/// Why no plan could be drafted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewFailed {
    /// Which action.
    pub action: ActionId,
    /// In words: already there, no last good version, lever cannot be read, …
    pub why: String,
}
