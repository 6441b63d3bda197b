//! The journal's store, as the keeper sees it: appends links to the chain, and lets processes agree on who holds a lever.
//! One implementation per kind of home. May not decide what to do when a call fails: after any error the caller drops it.

#[cfg(feature = "postgres")]
mod connect;
pub mod memory;
mod notices;
#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;

use std::time::Duration;

use super::chain::Follower;
use super::head::{Draft, Origin};
use super::options::{Home, Options};
use super::schema::SchemaError;
use crate::domain::entry::{Entry, Happening, Intent};
use crate::domain::ids::RunId;
use crate::domain::run::RunState;
use memory::Recall;
#[cfg(feature = "postgres")]
use postgres::Postgres;
pub(super) use sqlite::Sqlite;

/// A stored entry with its origin.
pub(super) type Stored = (Origin, Entry);

/// What must hold for a write to go through.
#[derive(Debug, Clone, Copy)]
pub(super) enum Guard<'a> {
    /// Nothing.
    Always,
    /// No open run on the intent's lever, in any process; and, if asked for, none that we have not read of before.
    LeverFree {
        /// Whose lever.
        intent: &'a Intent,
        /// Whether runs that are over count as well.
        unmoved: bool,
    },
    /// Nobody else has written since we last read.
    NothingNew,
}

/// Why a guard said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Denied {
    /// An open run holds the lever.
    Held {
        /// Which.
        run: RunId,
        /// Whose.
        who: String,
    },
    /// A run that we had not read of took the lever, and ended.
    Moved {
        /// Which.
        run: RunId,
        /// Whose.
        who: String,
    },
    /// Somebody else has written: decide again.
    News,
}

/// What a call brought.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Entries that are new to us, in order: other processes' first, then ours.
    pub(super) fresh: Vec<Stored>,
    /// Why ours are not among them.
    pub(super) denied: Option<Denied>,
}

/// Why a store did not do what it was asked. It may have done it nevertheless.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// The database's own words.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// It cannot be used as a journal.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The file or its directory.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// The password could not be had.
    #[cfg(feature = "postgres")]
    #[error("{0}")]
    Password(String),
    /// No PostgreSQL in this program.
    #[cfg(not(feature = "postgres"))]
    #[error("this build knows no PostgreSQL; take one with the feature `postgres`")]
    NotBuilt,
    /// The store in memory followed its script.
    #[error("{0}")]
    Scripted(&'static str),
}

/// A named directory that is not there, and what to do.
pub(super) fn no_dir(dir: &std::path::Path) -> String {
    format!("there is no directory {}; create it, or name a file in one that is there", dir.display())
}

/// An open store.
#[derive(Debug)]
pub(super) enum Store {
    /// A file of this machine.
    Sqlite(Box<Sqlite>),
    /// A database that many machines share.
    #[cfg(feature = "postgres")]
    Postgres(Box<Postgres>),
    /// Nothing but memory.
    Memory(Recall),
}

impl Store {
    /// Creates what is missing, opens for writing and follows the whole chain.
    pub(super) async fn open(options: &Options) -> Result<(Self, Vec<Stored>), StoreError> {
        match &options.home {
            Home::File(file) => {
                let (store, entries) = Sqlite::open(file, options.makes_dir, options.patience.store).await?;
                Ok((Self::Sqlite(Box::new(store)), entries))
            }
            #[cfg(feature = "postgres")]
            Home::Team(team) => {
                let (store, entries) = Postgres::open(team, options.patience.store).await?;
                Ok((Self::Postgres(Box::new(store)), entries))
            }
            #[cfg(not(feature = "postgres"))]
            Home::Team(_) => Err(StoreError::NotBuilt),
            Home::Memory(memory) => {
                let (store, entries) = Recall::open(memory).await?;
                Ok((Self::Memory(store), entries))
            }
        }
    }

    /// Opens for reading only and follows the whole chain.
    pub(super) async fn open_to_read(home: &Home) -> Result<(Self, Vec<Stored>), StoreError> {
        match home {
            Home::File(file) => {
                let (store, entries) = Sqlite::open_to_read(file).await?;
                Ok((Self::Sqlite(Box::new(store)), entries))
            }
            #[cfg(feature = "postgres")]
            Home::Team(team) => {
                let (store, entries) = Postgres::open_to_read(team).await?;
                Ok((Self::Postgres(Box::new(store)), entries))
            }
            #[cfg(not(feature = "postgres"))]
            Home::Team(_) => Err(StoreError::NotBuilt),
            Home::Memory(memory) => {
                let (store, entries) = Recall::open(memory).await?;
                Ok((Self::Memory(store), entries))
            }
        }
    }

    /// How far the chain has been followed, and where it broke.
    pub(super) const fn follower(&self) -> &Follower {
        match self {
            Self::Sqlite(store) => store.follower(),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => store.follower(),
            Self::Memory(store) => store.follower(),
        }
    }

    /// Changes whenever another process has written; cheap.
    pub(super) async fn data_version(&mut self) -> Result<i64, StoreError> {
        match self {
            Self::Sqlite(store) => Ok(store.data_version().await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => Ok(store.data_version().await?),
            Self::Memory(store) => store.data_version().await,
        }
    }

    /// Resolves when it is time to look whether other processes have written. Nothing is lost by dropping it.
    pub(super) async fn news(&self, look: Duration) {
        match self {
            Self::Sqlite(store) => store.news(look).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => match store.news() {
                Some(heard) => drop(tokio::time::timeout(postgres::LOOK.max(look), heard.notified()).await),
                None => std::future::pending().await,
            },
            // Every call is counted there, so nobody looks unasked.
            Self::Memory(_) => std::future::pending().await,
        }
    }

    /// Reads what other processes have written since.
    pub(super) async fn read_on(&mut self) -> Result<Vec<Stored>, StoreError> {
        match self {
            Self::Sqlite(store) => Ok(store.read_on().await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => Ok(store.read_on().await?),
            Self::Memory(store) => store.read_on().await,
        }
    }

    /// Appends entries durably, all or none, if the guard allows it.
    pub(super) async fn append(&mut self, drafts: &[Draft], guard: Guard<'_>) -> Result<Outcome, StoreError> {
        match self {
            Self::Sqlite(store) => Ok(store.append(drafts, guard).await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => Ok(store.append(drafts, guard).await?),
            Self::Memory(store) => store.append(drafts, guard).await,
        }
    }

    /// Appends those drafts that are not stored yet, and then what `closing` makes of their number, in one transaction.
    /// With nothing to append nothing is written. Answers how many were appended.
    pub(super) async fn import(
        &mut self,
        drafts: &[Draft],
        closing: impl FnOnce(u64) -> Draft + Send,
    ) -> Result<(u64, Vec<Stored>), StoreError> {
        match self {
            Self::Sqlite(store) => Ok(store.import(drafts, closing).await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => Ok(store.import(drafts, closing).await?),
            Self::Memory(store) => store.import(drafts, closing).await,
        }
    }

    /// Closes in order.
    pub(super) async fn close(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => Ok(store.close().await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => Ok(store.close().await?),
            Self::Memory(_) => Ok(()),
        }
    }
}

/// The newest run on the lever among entries that are new to us.
fn moved(fresh: &[Stored], intent: &Intent) -> Option<Denied> {
    fresh.iter().rev().find_map(|(_, entry)| match &entry.what {
        Happening::Intended(other) if other.lever == intent.lever => {
            Some(Denied::Moved { run: other.run.clone(), who: entry.who.clone() })
        }
        _ => None,
    })
}

fn state_of(word: &str) -> Option<RunState> {
    RunState::ALL.into_iter().find(|state| state.word() == word)
}
