//! The journal: append-only, hash-chained, durable before the socket opens. The only truth about incidents, plans and runs.
//! May not know screens, adapters or networks. What it promises and what not: `docs/journal.md`.
//!
//! Readers look at the view in memory and never wait. Writers queue for the keeper, the one task that owns the
//! connection; a database that does not answer in time is given up for the spool, and the spool for memory.

mod aside;
mod attempts;
mod backlog;
mod chain;
mod files;
mod head;
mod keeper;
mod opening;
mod options;
mod schema;
mod session;
mod spool;
mod store;
#[cfg(test)]
mod tests;
mod verify;
mod view;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::domain::entry::{Entry, Happening, Intent};
use crate::domain::ids::{IncidentId, RunId};
use crate::domain::incident::{Ledger, RunRecord};
use crate::domain::permit::Claim;
use crate::domain::run::RunMove;
use keeper::{Keeper, Request};
pub use options::{Clock, Home, Options, Password, Patience, Team, Writer};
use session::Session;
pub use store::memory;
pub use verify::{Verification, VerifyError, may_be_a_journal, verify, verify_home};
use view::Shared;

/// Where entries go at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Into the database.
    Stored,
    /// Into the spool file, because the database is away: claims are known to this process only.
    Spooling {
        /// The segment; `None` before it took an entry: which of its places takes one is only known then.
        file: Option<PathBuf>,
        /// Why the database is away.
        why: String,
        /// Entries that wait for the database.
        count: usize,
    },
    /// Nowhere durable: kept in memory, shown in red.
    Unlogged {
        /// Why neither database nor spool takes entries.
        why: String,
        /// Entries that would be lost with the process.
        count: usize,
    },
}

/// An incident to open, unless one is open.
#[derive(Debug, Clone)]
pub struct Opening {
    /// What is wrong, in words.
    pub title: String,
    /// The severity that was proposed.
    pub severity: Option<String>,
    /// What it is opened by.
    pub why: String,
}

impl Opening {
    fn entry(&self) -> Happening {
        let Self { title, severity, why } = self.clone();
        Happening::IncidentOpened { title, severity, why }
    }
}

/// Why an intent was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntendError {
    /// Another run holds the lever.
    #[error("lever is held by run {run} of {who}")]
    Held {
        /// Which run.
        run: RunId,
        /// Whose.
        who: String,
    },
    /// Somebody else's run took the lever, and ended, since it was looked at.
    #[error("run {run} of {who} moved this lever meanwhile; look again")]
    Moved {
        /// Which run.
        run: RunId,
        /// Whose.
        who: String,
    },
    /// The database is away, and this is not a containment.
    #[error("the journal is away ({why}) and this is not a containment; releasing waits until it is back")]
    Away {
        /// Why it is away.
        why: String,
    },
}

/// A handle to the journal; cheap to clone.
#[derive(Debug, Clone)]
pub struct Journal {
    requests: mpsc::Sender<Request>,
    shared: Arc<Shared>,
    session: Arc<Session>,
    #[cfg(feature = "simulation")]
    keeper: tokio::task::AbortHandle,
}

impl Journal {
    /// Opens (and creates) the journal file; falls back to the spool if that fails. Never fails itself, and takes at most
    /// about two seconds. Needs a tokio runtime.
    pub async fn open(file: PathBuf, writer: Writer, clock: Clock) -> Self {
        Self::open_with(Options::new(file, writer, clock)).await
    }

    /// Opens with places and deadlines of one's own choice.
    pub async fn open_with(options: Options) -> Self {
        let session = Arc::new(Session::begin(options));
        let shared = Arc::new(Shared::new(Place::Stored));
        let (requests, keeper) = Keeper::start(Arc::clone(&session), Arc::clone(&shared)).await;
        #[cfg(not(feature = "simulation"))]
        drop(keeper);
        Self {
            requests,
            shared,
            session,
            #[cfg(feature = "simulation")]
            keeper: keeper.abort_handle(),
        }
    }

    /// Ends the keeper where it stands, as `kill -9` would: for simulated crashes.
    #[cfg(feature = "simulation")]
    pub fn kill(&self) {
        self.keeper.abort();
    }

    /// Appends an entry, durably; to the spool after 200 ms. Never fails: see [`Journal::place`].
    pub async fn append(&self, incident: Option<&IncidentId>, what: Happening) -> Entry {
        let (answer, answered) = oneshot::channel();
        let request = Request::Append { incident: incident.cloned(), what: what.clone(), answer };
        match self.ask(request, answered).await {
            Some(entry) => entry,
            None => self.unlogged(incident, what),
        }
    }

    /// Claims the lever and appends the durable intent, in one transaction: one open run per lever, across processes.
    /// While the database is away, containments are still taken, against the claims that this process knows.
    ///
    /// # Errors
    /// [`IntendError::Held`] if another run is open on this lever; [`IntendError::Away`] for a release without a database.
    pub async fn intend(&self, incident: Option<&IncidentId>, intent: Intent) -> Result<(Entry, Claim), IntendError> {
        self.intend_after(incident, intent, None, None).await
    }

    /// The same, but only if the lever has had no more runs than the caller knew when it looked at the lever
    /// ([`Ledger::runs_on`]): a run that came and went in between holds nothing any more, and has moved it nevertheless.
    /// `until`: then at the latest it goes to the spool, see [`Journal::for_a_containment`].
    ///
    /// # Errors
    /// As [`Journal::intend`], and [`IntendError::Moved`].
    pub async fn intend_after(
        &self,
        incident: Option<&IncidentId>,
        intent: Intent,
        runs_known: Option<usize>,
        until: Option<Instant>,
    ) -> Result<(Entry, Claim), IntendError> {
        let claim = Claim { lever: intent.lever.clone(), run: intent.run.clone() };
        let (answer, answered) = oneshot::channel();
        let request =
            Request::Intend { incident: incident.cloned(), intent: Box::new(intent), runs_known, until, answer };
        match self.ask(request, answered).await {
            Some(taken) => taken.map(|entry| (entry, claim)),
            None => Err(IntendError::Away { why: CLOSED.to_owned() }),
        }
    }

    /// Appends a run's move, and frees the lever when the run is no longer open.
    pub async fn moved(&self, incident: Option<&IncidentId>, run: &RunId, by: RunMove, why: &str) -> Entry {
        self.append(incident, Happening::RunMoved { run: run.clone(), by, why: why.to_owned() }).await
    }

    /// Opens an incident and answers its name; if one is open already, in any process, answers that one.
    pub async fn open_incident(&self, title: &str, severity: Option<&str>, why: &str) -> IncidentId {
        let opening = Opening { title: title.into(), severity: severity.map(str::to_owned), why: why.into() };
        self.under_incident(opening, Vec::new(), None).await
    }

    /// The same, and writes `then` under it, durably and in one transaction; a version snapshot only if the incident has
    /// none yet. `until`: then at the latest they go to the spool, see [`Journal::for_a_containment`].
    pub async fn under_incident(&self, opening: Opening, then: Vec<Happening>, until: Option<Instant>) -> IncidentId {
        let (answer, answered) = oneshot::channel();
        let request = Request::UnderIncident { opening: opening.clone(), then: then.clone(), until, answer };
        if let Some(id) = self.ask(request, answered).await {
            return id;
        }
        let ledger = self.ledger();
        let (id, opens) = match &ledger.open {
            Some(open) => (open.id.clone(), None),
            None => (ledger.next_incident().apart(&self.session.id), Some(opening.entry())),
        };
        for what in opens.into_iter().chain(then) {
            self.unlogged(Some(&id), what);
        }
        id
    }

    /// Until when a containment that begins now waits for the database, all its transactions together.
    #[must_use]
    pub fn for_a_containment(&self) -> Instant {
        Instant::now() + self.session.options.patience.containment
    }

    /// Every entry in order, with what other processes have written meanwhile: stored ones, then those that wait in spools.
    pub async fn entries(&self) -> Vec<Entry> {
        self.poll_foreign().await;
        self.shared.read().entries.clone()
    }

    /// What the entries add up to; cheap.
    #[must_use]
    pub fn ledger(&self) -> Arc<Ledger> {
        Arc::clone(&self.shared.read().ledger)
    }

    /// Runs that hold a lever, oldest first. At the start these are what a crash left behind.
    #[must_use]
    pub fn open_runs(&self) -> Vec<RunRecord> {
        self.shared.read().ledger.open_runs().cloned().collect()
    }

    /// Who writes here.
    #[must_use]
    pub fn writer(&self) -> &Writer {
        &self.session.options.writer
    }

    /// Position of the newest entry that is known here; 0 for none. Provisional while entries wait for the database.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.shared.read().next() - 1
    }

    /// Where entries go at present.
    #[must_use]
    pub fn place(&self) -> Place {
        self.shared.read().place.clone()
    }

    /// Things worth saying about the files: a network filesystem, a damaged spool, a chain that does not verify.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.shared.read().notes.clone()
    }

    /// Moves whenever entries, place or notes change.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.subscribe()
    }

    /// Reads what other processes have written to the same file; true if there was something. Cheap enough for every second.
    pub async fn poll_foreign(&self) -> bool {
        let (answer, answered) = oneshot::channel();
        self.ask(Request::ReadOn { answer }, answered).await.unwrap_or(false)
    }

    /// Closes the file in order, after everything that was asked before. Later entries stay in memory, as unlogged.
    pub async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        self.ask(Request::Close { answer }, answered).await;
    }

    async fn ask<T>(&self, request: Request, answered: oneshot::Receiver<T>) -> Option<T> {
        self.requests.send(request).await.ok()?;
        answered.await.ok()
    }

    /// The keeper is gone: kept in memory, and shown.
    fn unlogged(&self, incident: Option<&IncidentId>, what: Happening) -> Entry {
        let draft = self.session.draft(incident, what);
        self.shared.change(|view| {
            let entry = draft.at(view.next());
            view.add(entry.clone());
            let count = if let Place::Unlogged { count, .. } = &view.place { count + 1 } else { 1 };
            view.place = Place::Unlogged { why: CLOSED.to_owned(), count };
            entry
        })
    }
}

/// Why an entry after the end stays in memory.
const CLOSED: &str = "the journal was closed";
