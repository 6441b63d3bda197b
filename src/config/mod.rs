//! Files → domain values: config, runbooks, vocabulary, readings files. Every problem at once, with its place in the
//! file and a hint. May not poll, draw or write anything.
//!
//! A file goes through three steps: parsed with spans (`toml`), checked against its declared `shape` (unknown keys,
//! missing keys, wrong types), then built into domain values with cross-checks. Each step goes on after a problem.

mod actions;
mod bookcases;
mod bookshelf;
mod check;
mod endpoints;
mod evidence;
mod feeds;
mod file;
pub mod find;
mod journal;
mod levers;
mod load;
mod mask;
mod names;
mod problem;
pub mod readings;
mod recipe;
pub mod runbook_tests;
mod runbooks;
mod samples;
pub mod schema;
mod shape;
mod signals;
mod source;
mod suggest;
mod suite_cases;
mod suites;
#[cfg(test)]
mod tests;
mod trust;
mod versions;
mod view;
pub mod vocabulary;
mod wording;

use crate::domain::catalogue::Catalogue;
use crate::domain::endpoint::{EndpointSpec, FeedSpec};

pub use bookcases::{Bookcases, Keep, Loaded, Stamp, shipped_runbooks};
pub use bookshelf::{Book, Bookshelf, bookshelf, shipped_text};
pub use check::{FileKind, Report, check, check_beside};
pub use journal::JournalPlace;
pub use load::{load, load_before_runbooks, load_text};
pub use problem::{Problem, Problems};

/// A loaded config.
#[derive(Debug, Clone)]
pub struct Config {
    /// What can be seen, asked and done.
    pub catalogue: Catalogue,
    /// Named servers.
    pub endpoints: Vec<EndpointSpec>,
    /// Change feeds.
    pub feeds: Vec<FeedSpec>,
    /// Which words severities are shown in.
    pub severity: SeverityScheme,
    /// Where the journal lives; `None` = the file `<state dir>/breakglass/SERVICE.db`.
    pub journal: Option<JournalPlace>,
    /// The configured name of whoever sits here; the user name if there is none.
    pub person: Option<String>,
    /// Theme name: `dark` or `light`.
    pub theme: String,
    /// Where its runbooks come from, to load them later or again.
    pub bookcases: Bookcases,
    /// Why this config may not act (others may write it, or it is not ours), if so.
    pub untrusted: Option<String>,
    /// Things worth saying that are no errors, rendered.
    pub warnings: Vec<String>,
}

/// The words of severities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeverityScheme {
    /// P1 to P4.
    #[default]
    P4,
    /// Sev 1 to Sev 3.
    Sev3,
}
