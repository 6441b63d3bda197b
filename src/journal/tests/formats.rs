//! Files of other releases: older ones are brought up to date, newer ones and foreign ones are left as they are.

use std::path::Path;
use std::time::Duration;

use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::kit::{intent, noon, note, notes, open, options, until_stored, writer};
use crate::journal::{Journal, Options, Place, may_be_a_journal, schema, verify};

async fn run(file: &Path, sql: &'static str) {
    let url = format!("sqlite:{}?mode=rwc", file.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("opens");
    sqlx::raw_sql(sql).execute(&mut connection).await.expect("runs");
    connection.close().await.expect("closes");
}

async fn number(connection: &mut SqliteConnection, sql: &'static str) -> i64 {
    sqlx::query(sql).fetch_one(connection).await.expect("a row").get(0)
}

async fn open_new(file: &Path, steps: &[&'static str]) -> Result<SqliteConnection, schema::SchemaError> {
    std::fs::write(file, "").expect("creates");
    schema::open(file, Duration::from_secs(5), steps).await
}

/// The next format, for tests of the ladder only.
const STEPS: &[&str] =
    &[schema::STEPS[0], "CREATE TABLE checkpoint (upto INTEGER PRIMARY KEY) STRICT; PRAGMA user_version = 2"];

#[tokio::test]
async fn every_step_of_the_ladder_says_how_high_it_is() {
    for height in 1..=schema::STEPS.len() {
        let dir = tempfile::tempdir().expect("a directory");
        let opened = open_new(&dir.path().join("bot.db"), &schema::STEPS[..height]).await;
        assert_eq!(
            number(&mut opened.expect("opens"), "PRAGMA user_version").await,
            i64::try_from(height).expect("fits")
        );
    }
}

#[tokio::test]
async fn an_old_golden_file_opens_verifies_and_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    run(&file, include_str!("format-1.sql")).await;
    let found = verify(&file).await.expect("readable");
    // The head as the Python of docs/journal.md computes it.
    assert_eq!(found.head, "e8160210ac81219a7ee5a37b834eab1e0ed495b808aa23c8f2dd75b38f92fb28");
    assert_eq!(found.broken, None);

    let journal = open(&file).await;
    assert_eq!(journal.place(), Place::Stored);
    assert_eq!(notes(&journal.entries().await), ["format one: ü \u{1b}[2J"]);
    assert_eq!(journal.open_runs().len(), 1);
    assert!(journal.intend(None, intent("r2", "assistant")).await.is_err(), "old claims still hold");
    journal.append(None, note("today")).await;
    journal.close().await;
    let found = verify(&file).await.expect("readable");
    assert_eq!((found.entries, found.broken), (5, None));
}

#[tokio::test]
async fn a_migration_keeps_every_entry_and_a_copy_of_the_file_before() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let journal = open(&file).await;
    journal.append(None, note("old")).await;
    journal.close().await;
    let before = verify(&file).await.expect("readable");

    let mut migrated = schema::open(&file, Duration::from_secs(5), STEPS).await.expect("migrates");
    assert_eq!(number(&mut migrated, "PRAGMA user_version").await, 2);
    assert_eq!(number(&mut migrated, "SELECT count(*) FROM checkpoint").await, 0);
    migrated.close().await.expect("closes");
    assert_eq!(verify(&file).await.expect("readable"), before);
    assert_eq!(verify(&dir.path().join("bot.db.format-1")).await.expect("the copy"), before);
}

#[tokio::test]
async fn a_newer_file_is_read_and_not_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let journal = open(&file).await;
    journal.append(None, note("from tomorrow")).await;
    journal.close().await;
    run(&file, "PRAGMA user_version = 99").await;
    let before = std::fs::read(&file).expect("reads");

    let journal = open(&file).await;
    let Place::Spooling { why, .. } = journal.place() else { panic!("{:?}", journal.place()) };
    assert!(why.contains("newer breakglass (format 99, this one knows 1)"), "{why}");
    assert_eq!(notes(&journal.entries().await), ["from tomorrow"]);
    journal.intend(None, intent("r1", "assistant")).await.expect("containment goes on");
    journal.close().await;
    assert_eq!(std::fs::read(&file).expect("reads"), before);

    run(&file, "PRAGMA user_version = 1").await;
    let newer = open(&file).await;
    assert_eq!(newer.open_runs().len(), 1, "the newer program imports what the older one spooled");
}

#[tokio::test]
async fn a_file_that_is_no_journal_is_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    std::fs::write(&file, "this is not a database, but somebody's only copy of something".repeat(100)).expect("writes");
    let before = std::fs::read(&file).expect("reads");
    let journal = open(&file).await;
    journal.append(None, note("kept")).await;
    assert!(matches!(journal.place(), Place::Spooling { .. }), "{:?}", journal.place());
    assert_eq!(std::fs::read(&file).expect("reads"), before);
    assert!(verify(&file).await.is_err());
    assert!(verify(&dir.path().join("absent.db")).await.is_err());
}

/// A database of another program, as others may read it.
#[cfg(unix)]
async fn foreign(file: &Path, sql: &'static str) -> Vec<u8> {
    use std::os::unix::fs::PermissionsExt as _;
    run(file, sql).await;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).expect("changed");
    std::fs::read(file).expect("reads")
}

#[cfg(unix)]
#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    for (sql, told) in [
        ("CREATE TABLE users (id INTEGER); INSERT INTO users VALUES (7)", "its tables: users"),
        ("CREATE TABLE users (id INTEGER); PRAGMA user_version = 1", "its tables: users"),
        ("CREATE TABLE entry (id INTEGER); CREATE TABLE claim (id INTEGER); PRAGMA application_id = 9", "0x00000009"),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("accounts.db");
        let before = foreign(&file, sql).await;
        let refused = may_be_a_journal(&file).await.expect_err("not ours");
        assert!(refused.contains("another program") && refused.contains(told), "{refused}");
        assert!(refused.contains("name another file"), "{refused}");
        assert!(verify(&file).await.is_err());
        let journal = open(&file).await;
        let Place::Spooling { why, .. } = journal.place() else { panic!("{:?}", journal.place()) };
        assert!(why.contains("another program"), "{why}");
        journal.intend(None, intent("r1", "assistant")).await.expect("containment goes on");
        journal.close().await;
        assert_eq!(std::fs::read(&file).expect("reads"), before, "{sql}");
        let mode = std::fs::metadata(&file).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o644, "others still read it");
        let names =
            || std::fs::read_dir(dir.path()).expect("reads").filter_map(Result::ok).map(|entry| entry.file_name());
        assert!(names().all(|name| name == "accounts.db" || name == "spool"), "{:?}", names().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_journal_of_ours_without_an_application_id_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    run(&file, include_str!("format-1.sql")).await;
    run(&file, "PRAGMA application_id = 0").await;
    may_be_a_journal(&file).await.expect("ours");
    assert_eq!(open(&file).await.place(), Place::Stored);
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_said_and_only_one_of_our_own_is_made() {
    let dir = tempfile::tempdir().expect("a directory");
    let (absent, file) = (dir.path().join("absent"), dir.path().join("absent").join("bot.db"));
    let refused = may_be_a_journal(&file).await.expect_err("no directory");
    assert!(refused.contains(&absent.display().to_string()) && refused.contains("create it"), "{refused}");
    let mut named = Options::new(file.clone(), writer("ana"), noon);
    named.patience = options(&file).patience;
    assert!(named.spools.iter().all(|spool| !spool.starts_with(&absent)), "no spool there either");
    named.spools = vec![dir.path().join("spool")];
    let journal = Journal::open_with(named).await;
    let Place::Spooling { why, .. } = journal.place() else { panic!("{:?}", journal.place()) };
    assert!(why.contains("there is no directory"), "{why}");
    assert!(!absent.exists(), "a wrong path stays visible");
    std::fs::create_dir(&absent).expect("created");
    until_stored(&journal).await;
    let own = Options::in_own_dir(dir.path().join("state").join("bot.db"), writer("ana"), noon);
    assert_eq!(Journal::open_with(own).await.place(), Place::Stored);
}

#[tokio::test]
async fn every_connection_has_the_pragmas_that_safety_rests_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut connection = open_new(&dir.path().join("bot.db"), schema::STEPS).await.expect("opens");
    for (pragma, wanted) in [
        ("PRAGMA synchronous", 2),
        ("PRAGMA recursive_triggers", 1),
        ("PRAGMA trusted_schema", 0),
        ("PRAGMA cell_size_check", 1),
        ("PRAGMA foreign_keys", 1),
        ("PRAGMA application_id", 0x6267_6A6C),
    ] {
        assert_eq!(number(&mut connection, pragma).await, wanted, "{pragma}");
    }
    let mode: String = sqlx::query("PRAGMA journal_mode").fetch_one(&mut connection).await.expect("a row").get(0);
    assert_eq!(mode, "wal");
}
