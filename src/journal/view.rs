//! What this process knows of the journal, in memory: readers never wait for a disk.
//! Written by the keeper alone; may not know how entries are stored.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::watch;

use super::Place;
use crate::domain::entry::Entry;
use crate::domain::incident::Ledger;

/// The known entries and what they add up to.
#[derive(Debug)]
pub(super) struct View {
    /// In order. Those that wait for the database come last and have provisional positions.
    pub(super) entries: Vec<Entry>,
    /// Their fold.
    pub(super) ledger: Arc<Ledger>,
    /// Where entries go.
    pub(super) place: Place,
    /// Things worth saying about the files.
    pub(super) notes: Vec<String>,
}

impl View {
    /// Adds one entry at the end.
    pub(super) fn add(&mut self, entry: Entry) {
        Arc::make_mut(&mut self.ledger).apply(&entry);
        self.entries.push(entry);
    }

    /// Starts over with these entries.
    pub(super) fn replace(&mut self, entries: Vec<Entry>) {
        self.ledger = Arc::new(Ledger::fold(&entries));
        self.entries = entries;
    }

    /// The position that an entry at the end would have.
    pub(super) fn next(&self) -> u64 {
        self.entries.last().map_or(1, |last| last.seq + 1)
    }

    /// Says something once.
    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// The view, shared, with a counter that moves whenever it does.
#[derive(Debug)]
pub(super) struct Shared {
    view: RwLock<View>,
    changes: watch::Sender<u64>,
}

impl Shared {
    /// An empty view.
    pub(super) fn new(place: Place) -> Self {
        let view = View { entries: Vec::new(), ledger: Arc::default(), place, notes: Vec::new() };
        Self { view: RwLock::new(view), changes: watch::Sender::new(0) }
    }

    /// Looks at it.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes it, and tells everybody.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut View) -> T) -> T {
        let result = change(&mut self.view.write().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_modify(|count| *count += 1);
        result
    }

    /// Hears of every change.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
