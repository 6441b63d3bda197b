//! What a journal needs to know before it opens: where, who, by which clock, and how patient it is.
//! Plain data; may not touch files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::files;

/// Reads the wall clock; the journal itself reads none.
pub type Clock = fn() -> Timestamp;

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The operating system's user name.
    pub who: String,
    /// Host name.
    pub host: String,
}

/// How long each place may take before the next one is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// One transaction of the database. With a healthy spool, an entry is safe within 250 ms whatever the database does.
    pub store: Duration,
    /// One line of the spool.
    pub spool: Duration,
    /// Opening at the start, with migration and import.
    pub open: Duration,
    /// Pause between two tries to get the database back.
    pub reopen: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            store: Duration::from_millis(200),
            spool: Duration::from_millis(200),
            open: Duration::from_secs(2),
            reopen: Duration::from_secs(5),
        }
    }
}

/// Everything that opening takes.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database file.
    pub file: PathBuf,
    /// Directories for the spool, best first.
    pub spools: Vec<PathBuf>,
    /// Who writes.
    pub writer: Writer,
    /// What time it is.
    pub clock: Clock,
    /// Deadlines.
    pub patience: Patience,
}

impl Options {
    /// The usual: the spool lies beside the file, then in the runtime directories.
    #[must_use]
    pub fn new(file: PathBuf, writer: Writer, clock: Clock) -> Self {
        let beside = file.parent().unwrap_or(Path::new("")).join("spool");
        let spools = std::iter::once(beside).chain(files::runtime_dirs()).collect();
        Self { file, spools, writer, clock, patience: Patience::default() }
    }
}
