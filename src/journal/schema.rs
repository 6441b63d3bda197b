//! The SQLite file: its pragmas, its tables, and the ladder that brings an old file up to date.
//! Forward only; a file of a later version is refused here and opened read-only above. May not know entries.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, Row as _};

use super::files;

/// Each step brings `user_version` from its index to its index plus one, in one transaction.
pub(super) const STEPS: &[&str] = &[include_str!("schema/1.sql")];

/// What tells a file of ours: "bgjl". Set by the first step.
const APPLICATION: u32 = 0x6267_6A6C;

/// Earlier SQLite can corrupt a WAL database under two writing connections (the WAL-reset bug).
const LEAST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// Why the file cannot be used as a journal.
#[derive(Debug, thiserror::Error)]
pub(super) enum SchemaError {
    /// SQLite's own words.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// Not ours.
    #[error(
        "it is a database of another program ({what}); nothing in it was changed: name another file for the journal"
    )]
    Foreign {
        /// How that shows.
        what: String,
    },
    /// Written by a later release.
    #[error("it was written by a newer breakglass (format {found}, this one knows {known}); use the newer one")]
    Newer {
        /// Its format.
        found: i64,
        /// Ours.
        known: usize,
    },
    /// A build that would put the file at risk.
    #[error("this build links SQLite {found}; 3.51.3 is the first that is safe with two writers")]
    OldSqlite {
        /// The linked version.
        found: String,
    },
    /// The copy before a migration could not be made.
    #[error("no copy could be made before the migration ({0}); make room and start again")]
    Backup(String),
}

/// Refuses a database of another program, before anything of it is changed: its mode, its bytes, a file beside it. One of ours
/// without an application id has our tables; an empty one becomes ours. What cannot be read is left to opening it.
pub(super) async fn refuse_foreign(file: &Path) -> Result<(), SchemaError> {
    match files::application_id(file) {
        None | Some(APPLICATION) => Ok(()),
        Some(0) => {
            let options = options(file, Duration::ZERO).read_only(true).immutable(true);
            match SqliteConnection::connect_with(&options).await {
                Ok(mut connection) => match tables(&mut connection).await {
                    Ok(tables) => refuse_tables(&tables),
                    Err(_) => Ok(()),
                },
                Err(_) => Ok(()),
            }
        }
        Some(other) => Err(SchemaError::Foreign { what: format!("application id {other:#010x}") }),
    }
}

async fn tables(connection: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

fn refuse_tables(tables: &[String]) -> Result<(), SchemaError> {
    let has = |name: &str| tables.iter().any(|table| table == name);
    if tables.is_empty() || has("entry") && has("claim") {
        return Ok(());
    }
    let named: Vec<&str> = tables.iter().take(3).map(String::as_str).collect();
    let what = format!("its tables: {}{}", named.join(", "), if tables.len() > named.len() { ", …" } else { "" });
    Err(SchemaError::Foreign { what })
}

/// Options that every connection shares. `busy` is how long SQLite waits for another process.
fn options(file: &Path, busy: Duration) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(busy)
        .foreign_keys(true)
        // Without it, INSERT OR REPLACE would delete rows past the triggers.
        .pragma("recursive_triggers", "ON")
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .pragma("mmap_size", "0");
    if cfg!(target_os = "macos") { options.pragma("fullfsync", "ON") } else { options }
}

/// Opens for writing: creates what is missing, climbs the ladder.
pub(super) async fn open(file: &Path, busy: Duration, steps: &[&'static str]) -> Result<SqliteConnection, SchemaError> {
    let options = options(file, busy);
    let options = if files::is_on_network(file) {
        // WAL shares memory between processes, which no network filesystem can.
        options.journal_mode(SqliteJournalMode::Delete).synchronous(SqliteSynchronous::Extra)
    } else {
        options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", "1000")
            .pragma("journal_size_limit", "67108864")
    };
    let mut connection = SqliteConnection::connect_with(&options).await?;
    assert_version(&mut connection).await?;
    climb(&mut connection, file, steps).await?;
    Ok(connection)
}

/// Opens for reading only, whatever it is. Falls back to `immutable` where a read-only directory leaves no other way and nothing waits
/// in a write-ahead log.
pub(super) async fn open_to_read(file: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = options(file, Duration::from_secs(2)).read_only(true);
    let refused = match connect_and_read(&options).await {
        Ok(connection) => return Ok(connection),
        Err(error) => error,
    };
    if files::has_content(&files::beside(file, "-wal")) {
        return Err(refused);
    }
    connect_and_read(&options.immutable(true)).await
}

async fn connect_and_read(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let mut connection = SqliteConnection::connect_with(options).await?;
    // Opening is lazy: only a read proves that the file can be read.
    sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&mut connection).await?;
    Ok(connection)
}

async fn assert_version(connection: &mut SqliteConnection) -> Result<(), SchemaError> {
    let found: String = sqlx::query("SELECT sqlite_version()").fetch_one(connection).await?.try_get(0)?;
    let mut parts = found.split('.').map(|part| part.parse().unwrap_or(0_u32));
    let mut part = || parts.next().unwrap_or(0);
    if (part(), part(), part()) < LEAST_SQLITE { Err(SchemaError::OldSqlite { found }) } else { Ok(()) }
}

async fn version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query("PRAGMA user_version").fetch_one(connection).await?.try_get(0)
}

async fn climb(connection: &mut SqliteConnection, file: &Path, steps: &[&'static str]) -> Result<(), SchemaError> {
    loop {
        let found = version(connection).await?;
        let at = usize::try_from(found).unwrap_or(usize::MAX);
        if at > steps.len() {
            return Err(SchemaError::Newer { found, known: steps.len() });
        }
        let Some(step) = steps.get(at) else { return Ok(()) };
        if at > 0 {
            back_up(connection, file, at).await?;
        }
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        // Another process may have climbed this step while we waited for the lock.
        if version(&mut transaction).await? == found {
            if found == 0 {
                // What stood in another program's write-ahead log alone could not be seen before it was opened.
                refuse_tables(&tables(&mut transaction).await?)?;
            }
            sqlx::raw_sql(*step).execute(&mut *transaction).await?;
            transaction.commit().await?;
        }
    }
}

async fn back_up(connection: &mut SqliteConnection, file: &Path, version: usize) -> Result<(), SchemaError> {
    let copy = files::beside(file, &format!(".format-{version}"));
    if files::has_content(&copy) {
        return Ok(());
    }
    files::create_private(&copy).map_err(|error| SchemaError::Backup(error.to_string()))?;
    let target = copy.to_string_lossy().into_owned();
    sqlx::query("VACUUM INTO ?").bind(target).execute(connection).await?;
    Ok(())
}
