//! The book: the journal as the engine uses it, every entry under the open incident. May not store or fold anything itself.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::entry::{Entry, Happening, Intent};
use crate::domain::ids::{IncidentId, RunId};
use crate::domain::incident::Ledger;
use crate::domain::permit::Claim;
use crate::domain::run::RunMove;
use crate::journal::{IntendError, Journal, Opening};

/// What the journal adds up to, with its entries.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// The fold.
    pub ledger: Arc<Ledger>,
    /// Every entry, oldest first.
    pub entries: Arc<[Entry]>,
}

/// The journal, cheap to clone.
#[derive(Debug, Clone)]
pub struct Book {
    journal: Journal,
}

impl Book {
    /// Wraps an open journal.
    #[must_use]
    pub const fn new(journal: Journal) -> Self {
        Self { journal }
    }

    /// The journal itself.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The ledger now.
    #[must_use]
    pub fn ledger(&self) -> Arc<Ledger> {
        self.journal.ledger()
    }

    /// Ledger and entries now.
    pub async fn account(&self) -> Account {
        Account { ledger: self.journal.ledger(), entries: self.journal.entries().await.into() }
    }

    /// Moves on every change.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.journal.subscribe()
    }

    /// Writes something down.
    pub async fn record(&self, what: Happening) -> Entry {
        self.journal.append(self.incident().as_ref(), what).await
    }

    /// Opens an incident unless one is open. Answers its name if it is new.
    pub async fn ensure_incident(&self, title: &str, severity: Option<&str>, why: &str) -> Option<IncidentId> {
        if self.incident().is_some() {
            return None;
        }
        Some(self.journal.open_incident(title, severity, why).await)
    }

    /// Writes what goes before a change under the open incident, and opens one if none is; in one transaction. Answers its
    /// name if it is new. `until`: see [`Journal::for_a_containment`].
    pub async fn before_change(
        &self,
        opening: Opening,
        then: Vec<Happening>,
        until: Option<Instant>,
    ) -> Option<IncidentId> {
        let known = self.incident();
        if known.is_some() && then.is_empty() {
            return None;
        }
        let incident = self.journal.under_incident(opening, then, until).await;
        known.is_none().then_some(incident)
    }

    /// Claims the lever and writes the durable intent.
    ///
    /// # Errors
    /// Another run holds the lever, or moved it since `runs_known` were counted on it; or the journal is away and this is
    /// no containment.
    pub async fn intend(
        &self,
        intent: Intent,
        runs_known: usize,
        until: Option<Instant>,
    ) -> Result<Claim, IntendError> {
        let incident = self.incident();
        self.journal.intend_after(incident.as_ref(), intent, Some(runs_known), until).await.map(|(_, claim)| claim)
    }

    /// Writes a run's move.
    pub async fn moved(&self, run: &RunId, by: RunMove, why: &str) {
        self.journal.moved(self.incident().as_ref(), run, by, why).await;
    }

    /// Reads on: other processes may have written to it.
    pub async fn reread(&self) {
        self.journal.poll_foreign().await;
    }

    fn incident(&self) -> Option<IncidentId> {
        self.journal.ledger().open.as_ref().map(|open| open.id.clone())
    }
}
