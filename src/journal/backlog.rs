//! The backlog: this session's entries that are not in the database yet, in the spool or, failing that, in memory.
//! Keeps a hanging spool away from the keeper. May not know the database.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;

use super::aside::aside;
use super::head::Draft;
use super::spool::{self, Places, Spool};

#[derive(Debug)]
struct Waiting {
    draft: Draft,
    /// True once it is in a spool.
    durable: bool,
}

/// Entries that wait, oldest first.
#[derive(Debug)]
pub(super) struct Backlog {
    waiting: Vec<Waiting>,
    spool: Spool,
    places: Places,
    session: String,
}

impl Backlog {
    /// Empty; creates nothing.
    pub(super) fn new(places: Places, session: &str) -> Self {
        let spool = Spool::new(places.clone(), session.to_owned(), 0);
        Self { waiting: Vec::new(), spool, places, session: session.to_owned() }
    }

    /// How many entries wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many of them only memory holds.
    pub(super) fn unlogged(&self) -> usize {
        self.waiting.iter().filter(|one| !one.durable).count()
    }

    /// Copies of all that wait.
    pub(super) fn drafts(&self) -> Vec<Draft> {
        self.waiting.iter().map(|one| one.draft.clone()).collect()
    }

    /// The directory that the next line goes to.
    fn place(&self) -> Option<PathBuf> {
        self.spool.place().map(PathBuf::from)
    }

    /// Adds an entry and spools it, together with everything that only memory holds so far.
    ///
    /// # Errors
    /// Why it is in memory only, in words.
    pub(super) async fn push(&mut self, draft: Draft, patience: Duration) -> Result<PathBuf, String> {
        self.waiting.push(Waiting { draft, durable: false });
        let drafts: Vec<Draft> = self.waiting.iter().filter(|one| !one.durable).map(|one| one.draft.clone()).collect();
        let place = self.place();
        let mut spool = self.replace_spool();
        let task = aside(move || {
            let mut durable = 0;
            let mut result = Err("nothing to write".to_owned());
            for draft in &drafts {
                result = spool.append(draft);
                if result.is_err() {
                    break;
                }
                durable += 1;
            }
            (spool, durable, result)
        });
        match timeout(patience, task).await {
            Ok(Ok((spool, durable, result))) => {
                self.spool = spool;
                self.waiting.iter_mut().filter(|one| !one.durable).take(durable).for_each(|one| one.durable = true);
                result
            }
            Ok(Err(failed)) => Err(format!("the spool failed: {failed}")),
            Err(_) => {
                let hanging = place.unwrap_or_default();
                self.places.give_up(&hanging);
                self.replace_spool();
                Err(format!("{}: no answer in {} ms", hanging.display(), patience.as_millis()))
            }
        }
    }

    /// Everything is in the database: forgets it, and retires the segments.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        for file in self.replace_spool().files() {
            // A name that stays is imported once more at the next start, which adds nothing.
            let _ = spool::retire(file, ".imported");
        }
    }

    /// Puts a fresh spool in place, whose segments have names of their own. A hanging handle is never used again.
    fn replace_spool(&mut self) -> Spool {
        let successor = Spool::new(self.places.clone(), self.session.clone(), self.spool.made() + 1);
        std::mem::replace(&mut self.spool, successor)
    }
}
