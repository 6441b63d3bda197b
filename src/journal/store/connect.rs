//! Connections to a shared journal: their settings, their limits, the ladder that brings the tables up to date, and the ear
//! for other terminals' entries. May not know entries.

use std::net::IpAddr;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPoolOptions, PgSslMode};
use sqlx::{Connection as _, Row as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::StoreError;
use crate::journal::options::Team;
use crate::journal::schema::SchemaError;

/// Each step brings `breakglass.format` from its index to its index plus one, in one transaction.
const STEPS: &[&str] = &[include_str!("../schema/postgres/1.sql")];

/// One statement, at most: a server that is stopped or cut off answers nothing at all.
const LIMIT: Duration = Duration::from_secs(5);

/// Held while the tables are created: several terminals may start at once. "bgjl".
const LADDER: i64 = 0x6267_6A6C;

/// At most this long for one statement, and for the lock of the stream's head; longer only for a journal that is more patient.
const STATEMENT: Duration = Duration::from_secs(2);
const LOCK: Duration = Duration::from_millis(500);

/// The limits are the server's own, so that a terminal that dies or hangs never holds the others up. The isolation and the
/// durability are what the chain rests on, whatever the database's defaults.
fn settings(patience: Duration) -> String {
    let (statement, lock) = (STATEMENT.max(patience).as_millis(), LOCK.max(patience).as_millis());
    format!(
        "SET synchronous_commit = on; SET statement_timeout = {statement}; SET lock_timeout = {lock}; \
         SET idle_in_transaction_session_timeout = '5s'; SET default_transaction_isolation = 'read committed'; \
         SET client_min_messages = warning"
    )
}

/// Gives a call up that takes too long.
pub(super) async fn limited<T>(call: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let silence = || std::io::Error::new(std::io::ErrorKind::TimedOut, "the database does not answer");
    timeout(LIMIT, call).await.unwrap_or_else(|_| Err(sqlx::Error::Io(silence())))
}

/// Address and password. Without a source for the password, PGPASSWORD and the password file are asked.
pub(super) async fn options(team: &Team) -> Result<PgConnectOptions, StoreError> {
    let mut options = PgConnectOptions::from_str(&team.url)?.application_name("breakglass");
    if let Some(password) = &team.password {
        let password = password.ask().await.map_err(StoreError::Password)?;
        options = options.password(password.expose_secret());
    }
    if !team.url.contains("sslmode=") && !team.url.contains("ssl-mode=") {
        // Across a network the server must prove who it is, unless the address says otherwise.
        let mode = if is_here(&options) { PgSslMode::Prefer } else { PgSslMode::VerifyFull };
        options = options.ssl_mode(mode);
    }
    Ok(options)
}

fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host().trim_matches(['[', ']']);
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A connection for writing, with every table in place.
pub(super) async fn to_write(options: &PgConnectOptions, patience: Duration) -> Result<PgConnection, StoreError> {
    let mut connection = connect(options, patience).await?;
    climb(&mut connection).await?;
    Ok(connection)
}

/// A connection that can change nothing.
pub(super) async fn to_read(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = connect(options, Duration::ZERO).await?;
    limited(sqlx::raw_sql("SET default_transaction_read_only = on").execute(&mut connection)).await?;
    Ok(connection)
}

async fn connect(options: &PgConnectOptions, patience: Duration) -> Result<PgConnection, sqlx::Error> {
    let mut connection = limited(PgConnection::connect_with(options)).await?;
    limited(sqlx::raw_sql(sqlx::AssertSqlSafe(settings(patience))).execute(&mut connection)).await?;
    Ok(connection)
}

async fn climb(connection: &mut PgConnection) -> Result<(), StoreError> {
    let found = limited(version(connection)).await?;
    let at = usize::try_from(found).unwrap_or(usize::MAX);
    if at > STEPS.len() {
        return Err(SchemaError::Newer { found, known: STEPS.len() }.into());
    }
    if at == STEPS.len() {
        // Also with a role that may create nothing.
        return Ok(());
    }
    let mut transaction = limited(connection.begin()).await?;
    limited(
        sqlx::raw_sql("SET LOCAL lock_timeout = '4s'; SET LOCAL statement_timeout = '4s'").execute(&mut *transaction),
    )
    .await?;
    limited(sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LADDER).execute(&mut *transaction)).await?;
    // Another terminal may have climbed while we waited for the lock.
    let at = usize::try_from(limited(version(&mut transaction)).await?).unwrap_or(usize::MAX);
    for step in STEPS.iter().skip(at) {
        limited(sqlx::raw_sql(*step).execute(&mut *transaction)).await?;
    }
    limited(transaction.commit()).await?;
    Ok(())
}

async fn version(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    // Read from the tables: `to_regclass` answers from a cache that does not hear of others while we wait for the ladder.
    let table = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = 'breakglass' AND c.relname = 'format')",
    );
    let table = table.fetch_one(&mut *connection).await?;
    if !table.try_get::<bool, _>(0)? {
        return Ok(0);
    }
    let newest = sqlx::query("SELECT coalesce(max(version), 0)::bigint FROM breakglass.format");
    newest.fetch_one(connection).await?.try_get(0)
}

/// Listens for entries of other terminals on a connection of its own, until it is dropped. It may fall deaf (a pooler, a
/// cut line) without anybody noticing, so the keeper also looks now and then.
#[derive(Debug)]
pub(super) struct Ears {
    heard: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Ears {
    /// Starts to listen to one stream.
    pub(super) fn open(options: PgConnectOptions, stream: String) -> Self {
        let heard = Arc::new(Notify::new());
        let tell = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            loop {
                // An error only makes us deaf for a while.
                let _ = listen(&options, &stream, &tell).await;
                sleep(LIMIT).await;
            }
        });
        Self { heard, task }
    }

    /// Notified after each entry of anybody, ourselves included.
    pub(super) const fn heard(&self) -> &Arc<Notify> {
        &self.heard
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(options: &PgConnectOptions, stream: &str, tell: &Notify) -> Result<(), sqlx::Error> {
    let one = PgPoolOptions::new().max_connections(1).acquire_timeout(LIMIT).idle_timeout(None).max_lifetime(None);
    let pool = one.connect_lazy_with(options.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen("breakglass_journal").await?;
    tell.notify_one();
    loop {
        match listener.try_recv().await? {
            Some(notification) if notification.payload() != stream => {}
            // Nothing: the connection was lost and is back, and so may be entries that nobody told us of.
            Some(_) | None => tell.notify_one(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn across_a_network_the_server_must_prove_who_it_is() {
        let mode = async |url: &str| {
            let team = Team { url: url.to_owned(), stream: "bot/prod".to_owned(), password: None };
            format!("{:?}", options(&team).await.expect("an address").get_ssl_mode())
        };
        assert_eq!(mode("postgres://ana@db.internal/ops").await, "VerifyFull");
        assert_eq!(mode("postgres://ana@db.internal/ops?sslmode=require").await, "Require");
        assert_eq!(mode("postgres://ana@127.0.0.1/ops").await, "Prefer");
        assert_eq!(mode("postgres://ana@[::1]/ops").await, "Prefer");
        assert_eq!(mode("postgres://ana@localhost/ops?host=/run/postgresql").await, "Prefer");
    }
}
