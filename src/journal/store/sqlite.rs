//! The journal in an SQLite file: one machine, any number of processes. One transaction per call.
//! May not decide what to do when it fails: after any error the caller drops it.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

use super::notices::Notices;
use super::{Denied, Guard, Outcome, StoreError, Stored, moved, state_of};
use crate::domain::entry::{Happening, Intent};
use crate::domain::ids::RunId;
use crate::domain::run::{RunMove, RunState};
use crate::journal::chain::{Follower, Link};
use crate::journal::files;
use crate::journal::head::Draft;
use crate::journal::schema;

/// Rows that are in memory at once while a chain is followed.
const PAGE: u32 = 1_000;

/// An open file, and how far its chain has been followed.
#[derive(Debug)]
pub(in crate::journal) struct Sqlite {
    connection: SqliteConnection,
    follower: Follower,
    /// Of a file that was opened for writing.
    notices: Option<Notices>,
}

impl Sqlite {
    /// Creates the file if it is missing (and its directory, if that is our own), opens for writing and follows the whole chain.
    pub(in crate::journal) async fn open(
        file: &Path,
        makes_dir: bool,
        busy: Duration,
    ) -> Result<(Self, Vec<Stored>), StoreError> {
        schema::refuse_foreign(file).await?;
        prepare(file, makes_dir)?;
        let connection = schema::open(file, busy, schema::STEPS).await?;
        // Before it is read: what is written from now on is heard of.
        let mut store = Self { connection, follower: Follower::new(), notices: Some(Notices::of(file)) };
        let entries = store.read_on().await?;
        Ok((store, entries))
    }

    /// Opens for reading only and follows the whole chain.
    pub(in crate::journal) async fn open_to_read(file: &Path) -> Result<(Self, Vec<Stored>), StoreError> {
        schema::refuse_foreign(file).await?;
        let connection = schema::open_to_read(file).await?;
        let mut store = Self { connection, follower: Follower::new(), notices: None };
        let entries = store.read_on().await?;
        Ok((store, entries))
    }

    /// How far the chain has been followed, and where it broke.
    pub(in crate::journal) const fn follower(&self) -> &Follower {
        &self.follower
    }

    /// Reads what other processes have written since.
    pub(in crate::journal) async fn read_on(&mut self) -> Result<Vec<Stored>, sqlx::Error> {
        read_on(&mut self.connection, &mut self.follower).await
    }

    /// Resolves when it is time to look whether others have written.
    pub(in crate::journal) async fn news(&self, look: Duration) {
        match &self.notices {
            Some(notices) => notices.next(look).await,
            None => tokio::time::sleep(look).await,
        }
    }

    /// Changes whenever another connection has written; costs no disk access.
    pub(in crate::journal) async fn data_version(&mut self) -> Result<i64, sqlx::Error> {
        sqlx::query("PRAGMA data_version").fetch_one(&mut self.connection).await?.try_get(0)
    }

    /// Appends entries durably, all or none, if the guard allows it.
    pub(in crate::journal) async fn append(
        &mut self,
        drafts: &[Draft],
        guard: Guard<'_>,
    ) -> Result<Outcome, sqlx::Error> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let mut fresh = read_on(&mut transaction, &mut self.follower).await?;
        let denied = match guard {
            Guard::Always => None,
            Guard::NothingNew => (!fresh.is_empty()).then_some(Denied::News),
            Guard::LeverFree { intent, unmoved } => holder(&mut transaction, intent.lever.as_str())
                .await?
                .or_else(|| moved(&fresh, intent).filter(|_| unmoved)),
        };
        if denied.is_some() {
            transaction.rollback().await?;
            return Ok(Outcome { fresh, denied });
        }
        for draft in drafts {
            fresh.push(insert(&mut transaction, &mut self.follower, draft).await?);
        }
        transaction.commit().await?;
        Ok(Outcome { fresh, denied: None })
    }

    /// Appends those drafts that are not stored yet, and then what `closing` makes of their number, in one transaction.
    /// With nothing to append nothing is written. Answers how many were appended.
    pub(in crate::journal) async fn import(
        &mut self,
        drafts: &[Draft],
        closing: impl FnOnce(u64) -> Draft + Send,
    ) -> Result<(u64, Vec<Stored>), sqlx::Error> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let mut fresh = read_on(&mut transaction, &mut self.follower).await?;
        let mut count = 0;
        for draft in drafts {
            let stored = sqlx::query("SELECT 1 FROM entry WHERE origin = ?")
                .bind(draft.origin.as_str())
                .fetch_optional(&mut *transaction)
                .await?;
            if stored.is_none() {
                fresh.push(insert(&mut transaction, &mut self.follower, draft).await?);
                count += 1;
            }
        }
        if count > 0 {
            fresh.push(insert(&mut transaction, &mut self.follower, &closing(count)).await?);
        }
        transaction.commit().await?;
        Ok((count, fresh))
    }

    /// Closes in order: the write-ahead log goes into the file.
    pub(in crate::journal) async fn close(self) -> Result<(), sqlx::Error> {
        self.connection.close().await
    }
}

fn prepare(file: &Path, makes_dir: bool) -> std::io::Result<()> {
    if let Some(dir) = files::lacks_dir(file) {
        if !makes_dir {
            return Err(std::io::Error::new(std::io::ErrorKind::NotFound, super::no_dir(dir)));
        }
        files::create_private_dir(dir)?;
    }
    // SQLite gives its side files the mode of the main file.
    files::create_private(file)
}

async fn read_on(connection: &mut SqliteConnection, follower: &mut Follower) -> Result<Vec<Stored>, sqlx::Error> {
    let mut entries = Vec::new();
    loop {
        let next = i64::try_from(follower.next()).unwrap_or(i64::MAX);
        let rows = sqlx::query("SELECT seq, prev, hash, origin, head FROM entry WHERE seq >= ? ORDER BY seq LIMIT ?")
            .bind(next)
            .bind(PAGE)
            .fetch_all(&mut *connection)
            .await?;
        for row in &rows {
            entries.push(follower.follow(&link_of(row)?));
        }
        if rows.len() < PAGE as usize {
            return Ok(entries);
        }
    }
}

fn link_of(row: &SqliteRow) -> Result<Link, sqlx::Error> {
    Ok(Link {
        seq: u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default(),
        prev: row.try_get(1)?,
        hash: row.try_get(2)?,
        origin: row.try_get(3)?,
        head: row.try_get(4)?,
    })
}

async fn insert(
    connection: &mut SqliteConnection,
    follower: &mut Follower,
    draft: &Draft,
) -> Result<Stored, sqlx::Error> {
    let link = follower.successor(draft.origin.as_str(), &draft.head);
    sqlx::query("INSERT INTO entry (seq, prev, hash, origin, head) VALUES (?, ?, ?, ?, ?)")
        .bind(i64::try_from(link.seq).unwrap_or(i64::MAX))
        .bind(&link.prev)
        .bind(&link.hash)
        .bind(&link.origin)
        .bind(&link.head)
        .execute(&mut *connection)
        .await?;
    match draft.what() {
        Happening::Intended(intent) => claim(connection, intent, &draft.entry().who).await?,
        Happening::RunMoved { run, by, .. } => follow_run(connection, run, *by).await?,
        _ => {}
    }
    Ok(follower.follow(&link))
}

async fn holder(connection: &mut SqliteConnection, lever: &str) -> Result<Option<Denied>, sqlx::Error> {
    let Some(row) = sqlx::query("SELECT run, who FROM claim WHERE lever = ? AND open = 1 ORDER BY rowid LIMIT 1")
        .bind(lever)
        .fetch_optional(connection)
        .await?
    else {
        return Ok(None);
    };
    let run: String = row.try_get(0)?;
    let run = RunId::try_from(run).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Some(Denied::Held { run, who: row.try_get(1)? }))
}

/// Takes the lever for a run. One that was spooled while another run took the lever holds nothing: the entry tells of both.
async fn claim(connection: &mut SqliteConnection, intent: &Intent, who: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT OR IGNORE INTO claim (run, lever, who, state, open, held) \
         SELECT ?1, ?2, ?3, ?4, 1, NOT EXISTS (SELECT 1 FROM claim WHERE lever = ?2 AND held = 1)",
    )
    .bind(intent.run.as_str())
    .bind(intent.lever.as_str())
    .bind(who)
    .bind(RunState::Intent.word())
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves the run's state; the lever is free as soon as the state is no longer open. A run that loses sight again after it
/// let go is open again, and marked as the holder unless another run is. Illegal moves change nothing: the fold shows them.
async fn follow_run(connection: &mut SqliteConnection, run: &RunId, by: RunMove) -> Result<(), sqlx::Error> {
    let Some(row) = sqlx::query("SELECT state FROM claim WHERE run = ?")
        .bind(run.as_str())
        .fetch_optional(&mut *connection)
        .await?
    else {
        return Ok(());
    };
    let word: String = row.try_get(0)?;
    let Some(Ok(state)) = state_of(&word).map(|state| state.after(by)) else { return Ok(()) };
    sqlx::query(
        "UPDATE claim SET state = ?2, open = ?3, held = ?3 AND NOT EXISTS \
         (SELECT 1 FROM claim AS other WHERE other.lever = claim.lever AND other.held = 1 AND other.run <> ?1) \
         WHERE run = ?1",
    )
    .bind(run.as_str())
    .bind(state.word())
    .bind(state.is_open())
    .execute(connection)
    .await?;
    Ok(())
}
