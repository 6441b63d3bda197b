//! The journal in PostgreSQL: shared by every machine that reaches the database, one stream per service and environment.
//! One transaction per call, under the lock of the stream's head. May not decide what to do when it fails: after any
//! error the caller drops it.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection as _, Row as _};
use tokio::sync::Notify;

use super::connect::{self, Ears, limited};
use super::{Denied, Guard, Outcome, StoreError, Stored, moved, state_of};
use crate::domain::entry::{Happening, Intent};
use crate::domain::ids::RunId;
use crate::domain::run::{RunMove, RunState};
use crate::journal::chain::{Follower, Link};
use crate::journal::head::Draft;
use crate::journal::options::Team;

/// Rows that are in memory at once while a chain is followed.
const PAGE: i64 = 1_000;

/// An open stream, and how far its chain has been followed.
#[derive(Debug)]
pub(in crate::journal) struct Postgres {
    connection: PgConnection,
    stream: String,
    follower: Follower,
    /// Hears of other terminals' entries; none for a reader.
    ears: Option<Ears>,
}

impl Postgres {
    /// Connects, creates what is missing, and follows the whole chain.
    pub(super) async fn open(team: &Team, patience: Duration) -> Result<(Self, Vec<Stored>), StoreError> {
        let options = connect::options(team).await?;
        let mut connection = connect::to_write(&options, patience).await?;
        let stream = team.stream.clone();
        let create = "INSERT INTO breakglass.stream (id) VALUES ($1) ON CONFLICT DO NOTHING";
        limited(sqlx::query(create).bind(&stream).execute(&mut connection)).await?;
        let ears = Some(Ears::open(options, stream.clone()));
        let mut store = Self { connection, stream, follower: Follower::new(), ears };
        let entries = store.read_on().await?;
        Ok((store, entries))
    }

    /// Connects for reading only and follows the whole chain, to the end that the stream's head names.
    pub(super) async fn open_to_read(team: &Team) -> Result<(Self, Vec<Stored>), StoreError> {
        let options = connect::options(team).await?;
        let connection = connect::to_read(&options).await?;
        let stream = team.stream.clone();
        let mut store = Self { connection, stream, follower: Follower::new(), ears: None };
        let end = store.data_version().await?;
        let entries = store.read_on().await?;
        store.follower.reaches(u64::try_from(end).unwrap_or_default());
        Ok((store, entries))
    }

    /// How far the chain has been followed, and where it broke.
    pub(super) const fn follower(&self) -> &Follower {
        &self.follower
    }

    /// Resolves when another terminal may have written.
    pub(super) fn news(&self) -> Option<&Arc<Notify>> {
        self.ears.as_ref().map(Ears::heard)
    }

    /// The position of the entry to come: moves whenever anybody has written.
    pub(super) async fn data_version(&mut self) -> Result<i64, sqlx::Error> {
        let next = sqlx::query("SELECT next FROM breakglass.stream WHERE id = $1").bind(&self.stream);
        let row = limited(next.fetch_optional(&mut self.connection)).await?;
        row.map_or(Ok(1), |row| row.try_get(0))
    }

    /// Reads what other terminals have written since.
    pub(super) async fn read_on(&mut self) -> Result<Vec<Stored>, sqlx::Error> {
        read_on(&mut self.connection, &self.stream, &mut self.follower).await
    }

    /// Appends entries durably, all or none, if the guard allows it.
    pub(super) async fn append(&mut self, drafts: &[Draft], guard: Guard<'_>) -> Result<Outcome, sqlx::Error> {
        let mut transaction = self.connection.begin().await?;
        let mut fresh = lock(&mut transaction, &self.stream, &mut self.follower).await?;
        let denied = match guard {
            Guard::Always => None,
            Guard::NothingNew => (!fresh.is_empty()).then_some(Denied::News),
            Guard::LeverFree { intent, unmoved } => holder(&mut transaction, &self.stream, intent.lever.as_str())
                .await?
                .or_else(|| moved(&fresh, intent).filter(|_| unmoved)),
        };
        if denied.is_some() {
            transaction.rollback().await?;
            return Ok(Outcome { fresh, denied });
        }
        for draft in drafts {
            fresh.push(insert(&mut transaction, &self.stream, &mut self.follower, draft).await?);
        }
        transaction.commit().await?;
        Ok(Outcome { fresh, denied: None })
    }

    /// Appends those drafts that are not stored yet, and then what `closing` makes of their number, in one transaction.
    pub(super) async fn import(
        &mut self,
        drafts: &[Draft],
        closing: impl FnOnce(u64) -> Draft + Send,
    ) -> Result<(u64, Vec<Stored>), sqlx::Error> {
        let mut transaction = limited(self.connection.begin()).await?;
        // The lock waits for whatever a connection that was given up still has under way: its entries count as stored.
        let mut fresh = lock(&mut transaction, &self.stream, &mut self.follower).await?;
        let origins: Vec<&str> = drafts.iter().map(|draft| draft.origin.as_str()).collect();
        let known = sqlx::query("SELECT origin FROM breakglass.entry WHERE stream = $1 AND origin = ANY($2)")
            .bind(&self.stream)
            .bind(&origins);
        let known = limited(known.fetch_all(&mut *transaction)).await?;
        let known: Vec<String> = known.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let mut count = 0;
        for draft in drafts.iter().filter(|draft| !known.iter().any(|origin| origin == draft.origin.as_str())) {
            fresh.push(insert(&mut transaction, &self.stream, &mut self.follower, draft).await?);
            count += 1;
        }
        if count > 0 {
            fresh.push(insert(&mut transaction, &self.stream, &mut self.follower, &closing(count)).await?);
        }
        limited(transaction.commit()).await?;
        Ok((count, fresh))
    }

    /// Says goodbye to the server.
    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        limited(self.connection.close()).await
    }
}

/// Locks the stream's head until the transaction ends, and reads what was written before the lock was ours.
async fn lock(
    connection: &mut PgConnection,
    stream: &str,
    follower: &mut Follower,
) -> Result<Vec<Stored>, sqlx::Error> {
    let head = sqlx::query("SELECT next FROM breakglass.stream WHERE id = $1 FOR UPDATE").bind(stream);
    let next: i64 = limited(head.fetch_one(&mut *connection)).await?.try_get(0)?;
    if u64::try_from(next).is_ok_and(|next| next == follower.next()) {
        return Ok(Vec::new());
    }
    read_on(connection, stream, follower).await
}

async fn read_on(
    connection: &mut PgConnection,
    stream: &str,
    follower: &mut Follower,
) -> Result<Vec<Stored>, sqlx::Error> {
    let mut entries = Vec::new();
    loop {
        let page = sqlx::query(
            "SELECT seq, prev, hash, origin, head FROM breakglass.entry \
             WHERE stream = $1 AND seq >= $2 ORDER BY seq LIMIT $3",
        )
        .bind(stream)
        .bind(i64::try_from(follower.next()).unwrap_or(i64::MAX))
        .bind(PAGE);
        let rows = limited(page.fetch_all(&mut *connection)).await?;
        for row in &rows {
            entries.push(follower.follow(&link_of(row)?));
        }
        if rows.len() < usize::try_from(PAGE).unwrap_or_default() {
            return Ok(entries);
        }
    }
}

fn link_of(row: &PgRow) -> Result<Link, sqlx::Error> {
    Ok(Link {
        seq: u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default(),
        prev: row.try_get(1)?,
        hash: row.try_get(2)?,
        origin: row.try_get(3)?,
        head: row.try_get(4)?,
    })
}

/// The table's own trigger moves the stream's head and tells listeners.
async fn insert(
    connection: &mut PgConnection,
    stream: &str,
    follower: &mut Follower,
    draft: &Draft,
) -> Result<Stored, sqlx::Error> {
    let link = follower.successor(draft.origin.as_str(), &draft.head);
    let entry = sqlx::query(
        "INSERT INTO breakglass.entry (stream, seq, prev, hash, origin, head) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(stream)
    .bind(i64::try_from(link.seq).unwrap_or(i64::MAX))
    .bind(&link.prev)
    .bind(&link.hash)
    .bind(&link.origin)
    .bind(&link.head);
    limited(entry.execute(&mut *connection)).await?;
    match draft.what() {
        Happening::Intended(intent) => claim(connection, stream, intent, &draft.entry().who).await?,
        Happening::RunMoved { run, by, .. } => follow_run(connection, stream, run, *by).await?,
        _ => {}
    }
    Ok(follower.follow(&link))
}

async fn holder(connection: &mut PgConnection, stream: &str, lever: &str) -> Result<Option<Denied>, sqlx::Error> {
    let held = sqlx::query(
        "SELECT run, who FROM breakglass.claim WHERE stream = $1 AND lever = $2 AND open ORDER BY number LIMIT 1",
    )
    .bind(stream)
    .bind(lever);
    let Some(row) = limited(held.fetch_optional(connection)).await? else { return Ok(None) };
    let run: String = row.try_get(0)?;
    let run = RunId::try_from(run).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Some(Denied::Held { run, who: row.try_get(1)? }))
}

/// Takes the lever for a run. One that was spooled while another run took the lever holds nothing: the entry tells of both.
async fn claim(connection: &mut PgConnection, stream: &str, intent: &Intent, who: &str) -> Result<(), sqlx::Error> {
    let claim = sqlx::query(
        "INSERT INTO breakglass.claim (stream, run, lever, who, state, open, held) SELECT $1, $2, $3, $4, $5, true, \
         NOT EXISTS (SELECT 1 FROM breakglass.claim WHERE stream = $1 AND lever = $3 AND held) \
         ON CONFLICT (stream, run) DO NOTHING",
    )
    .bind(stream)
    .bind(intent.run.as_str())
    .bind(intent.lever.as_str())
    .bind(who)
    .bind(RunState::Intent.word());
    limited(claim.execute(connection)).await.map(drop)
}

/// Moves the run's state; the lever is free as soon as the state is no longer open. A run that loses sight again after it
/// let go is open again, and marked as the holder unless another run is. Illegal moves change nothing: the fold shows them.
async fn follow_run(connection: &mut PgConnection, stream: &str, run: &RunId, by: RunMove) -> Result<(), sqlx::Error> {
    let state = sqlx::query("SELECT state FROM breakglass.claim WHERE stream = $1 AND run = $2");
    let state = state.bind(stream).bind(run.as_str());
    let Some(row) = limited(state.fetch_optional(&mut *connection)).await? else { return Ok(()) };
    let word: String = row.try_get(0)?;
    let Some(Ok(state)) = state_of(&word).map(|state| state.after(by)) else { return Ok(()) };
    let moved = sqlx::query(
        "UPDATE breakglass.claim SET state = $3, open = $4, held = $4 AND NOT EXISTS \
         (SELECT 1 FROM breakglass.claim AS other WHERE other.stream = $1 AND other.lever = claim.lever \
          AND other.held AND other.run <> $2) WHERE stream = $1 AND run = $2",
    )
    .bind(stream)
    .bind(run.as_str())
    .bind(state.word())
    .bind(state.is_open());
    limited(moved.execute(connection)).await.map(drop)
}

/// How often the database is asked, should no notification arrive (a pooler swallows them).
pub(super) const LOOK: Duration = Duration::from_secs(2);
