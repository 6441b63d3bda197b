//! News that the engine sends to its one listener: a cockpit or a command. Run news is never dropped.
//! May not carry anything that a screen would have to interpret further.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::catalogue::Catalogue;
use crate::domain::ids::{ActionId, RunId};
use crate::domain::permit::Mode;
use crate::domain::plan::Plan;
use crate::domain::run::RunNews;
use crate::domain::stages::ReleaseNews;

/// What the listener hears, in order.
#[derive(Debug, Clone)]
pub enum Event {
    /// A run moved.
    Run(RunNews),
    /// The lever moved between confirmation and write: nothing was sent. The fresh plan, if one could be drafted.
    PlanVoid { action: ActionId, why: String, fresh: Option<Box<Plan>> },
    /// A guard refused: nothing was sent.
    Refused { action: ActionId, why: String },
    /// The recovery evidence of a run came true (or its watch ended without).
    Recovered { run: RunId, held: bool, why: String, at: Timestamp },
    /// The mode of this session changed.
    Mode(Mode),
    /// A release in stages went on, went back, or stopped.
    Release(ReleaseNews),
    /// So many runbook files are being loaded.
    LoadingRunbooks(usize),
    /// The catalogue with the runbooks as they are now, and what is new in words.
    Runbooks { catalogue: Arc<Catalogue>, words: Vec<String> },
    /// A run is stored, and nothing that is declared can tell whether it took: no more news of it will come.
    CannotTell { run: RunId, why: String },
    /// A line for people.
    Notice(String),
}
