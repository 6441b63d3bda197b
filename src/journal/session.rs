//! One session of one process: it numbers the entries it writes, so that each has an origin of its own.
//! May not store anything.

use std::sync::atomic::{AtomicU64, Ordering};

use super::head::Draft;
use super::options::Options;
use crate::clock;
use crate::domain::entry::{Entry, Happening};
use crate::domain::ids::IncidentId;

/// Who writes, by which clock, and how many entries so far.
#[derive(Debug)]
pub(super) struct Session {
    /// UUIDv7: sessions sort by their beginning.
    pub(super) id: String,
    /// How the journal was opened.
    pub(super) options: Options,
    written: AtomicU64,
}

impl Session {
    /// Begins now.
    pub(super) fn begin(options: Options) -> Self {
        let id = clock::stamp_of((options.clock)()).to_string();
        Self { id, options, written: AtomicU64::new(0) }
    }

    /// An entry of this session, now.
    pub(super) fn draft(&self, incident: Option<&IncidentId>, what: Happening) -> Draft {
        let writer = &self.options.writer;
        let who = if what.is_by_program() { "breakglass" } else { &writer.who };
        let entry = Entry {
            seq: 0,
            at: (self.options.clock)(),
            who: who.to_owned(),
            host: writer.host.clone(),
            incident: incident.cloned(),
            what,
        };
        Draft::new(&self.id, self.written.fetch_add(1, Ordering::Relaxed) + 1, entry)
    }
}
