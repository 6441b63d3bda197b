//! What every day needs: entries come back, a lever has one holder, the file is private and refuses changes.

use std::time::Duration;

use sqlx::{Connection as _, SqliteConnection};

use super::kit::{intent, note, notes, open, options};
use crate::domain::action::Direction;
use crate::domain::incident::Ledger;
use crate::domain::run::{RunMove, RunState};
use crate::journal::opening::imported;
use crate::journal::session::Session;
use crate::journal::store::Sqlite;
use crate::journal::{IntendError, Place, verify};

#[tokio::test]
async fn entries_come_back_as_they_were_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("state/bot.db");
    let journal = open(&file).await;
    let id = journal.open_incident("answers are wrong", Some("P1"), "typed").await;
    let written = [
        journal.append(Some(&id), note("looked at the prompt")).await,
        journal.intend(Some(&id), intent("r1", "assistant")).await.expect("free").0,
        journal.moved(Some(&id), &"r1".parse().expect("id"), RunMove::Send, "PATCH").await,
    ];
    assert_eq!(journal.place(), Place::Stored);
    let before = journal.entries().await;
    journal.close().await;

    let again = open(&file).await;
    assert_eq!(again.entries().await, before);
    assert_eq!(again.entries().await[1..], written);
    assert_eq!(again.open_runs().len(), 1, "a run that was sent and never answered is shown at the next start");
    assert_eq!(again.ledger().open.as_ref().map(|open| &open.id), Some(&id));
    let found = verify(&file).await.expect("readable");
    assert_eq!((found.entries, found.broken), (4, None));
}

#[tokio::test]
async fn a_lever_has_one_open_run_until_its_fate_is_known() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let ana = open(&file).await;
    let ben = open(&file).await;
    ana.intend(None, intent("r1", "assistant")).await.expect("free");
    let held = Err(IntendError::Held { run: "r1".parse().expect("id"), who: "ana".into() });
    assert_eq!(ben.intend(None, intent("r2", "assistant")).await.map(|_| ()), held);
    ben.intend(None, intent("r3", "gateway")).await.expect("another lever is free");

    let run = "r1".parse().expect("id");
    ana.moved(None, &run, RunMove::Send, "").await;
    ana.moved(None, &run, RunMove::LoseSight, "timeout").await;
    assert_eq!(ben.intend(None, intent("r4", "assistant")).await.map(|_| ()), held, "unknown still holds it");
    ana.moved(None, &run, RunMove::SeeUnchanged, "read back").await;
    ben.intend(None, intent("r5", "assistant")).await.expect("free again");
    assert_eq!(ben.ledger().runs["r1"].state, RunState::Unseen, "ben's process has read what ana's wrote");
}

#[tokio::test]
async fn another_process_is_heard_of() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let ana = open(&file).await;
    let ben = open(&file).await;
    let mut news = ben.subscribe();
    news.mark_unchanged();
    assert!(!ben.poll_foreign().await);
    assert!(!news.has_changed().expect("open"));
    ana.append(None, note("mine")).await;
    ben.poll_foreign().await;
    assert!(news.has_changed().expect("open"));
    assert_eq!(notes(&ben.entries().await), ["mine"]);
    assert!(!ben.poll_foreign().await);
}

/// These journals look by themselves once an hour.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_kernel_tells_of_another_process_and_nobody_asks_for_it() {
    let dir = tempfile::tempdir().expect("a directory");
    std::os::unix::fs::symlink(dir.path().join("bot.db"), dir.path().join("link.db")).expect("a link");
    let ana = open(&dir.path().join("bot.db")).await;
    for (name, text) in [("bot.db", "1"), ("link.db", "2")] {
        let ben = open(&dir.path().join(name)).await;
        let mut news = ben.subscribe();
        news.mark_unchanged();
        ana.append(None, note(text)).await;
        news.changed().await.expect("it is heard");
        assert_eq!(notes(&ben.entries().await).last().map(String::as_str), Some(text), "{name}");
    }
}

#[tokio::test]
async fn two_responders_share_one_incident() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let (ana, ben) = (open(&file).await, open(&file).await);
    let (a, b) = tokio::join!(ana.open_incident("a", None, ""), ben.open_incident("b", None, ""));
    assert_eq!(a, b);
    assert_eq!(a.as_str(), "inc-0001");
    ana.append(Some(&a), crate::domain::entry::Happening::IncidentClosed { why: "over".into() }).await;
    assert_eq!(ben.open_incident("c", None, "").await.as_str(), "inc-0002");
}

#[tokio::test]
async fn entries_after_the_end_are_kept_and_shown_as_unlogged() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(&dir.path().join("bot.db")).await;
    journal.close().await;
    journal.append(None, note("late")).await;
    assert!(matches!(journal.place(), Place::Unlogged { count: 1, .. }));
    assert_eq!(notes(&journal.entries().await), ["late"]);
    assert!(journal.intend(None, intent("r1", "assistant")).await.is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("state/bot.db");
    let journal = open(&file).await;
    journal.append(None, note("private")).await;
    for path in [file.clone(), file.with_extension("db-wal"), file.with_extension("db-shm")] {
        let mode = std::fs::metadata(&path).expect("exists").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
    let mode = std::fs::metadata(dir.path().join("state")).expect("exists").permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
}

#[tokio::test]
async fn the_tables_refuse_update_delete_and_replace() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let journal = open(&file).await;
    journal.append(None, note("one")).await;
    journal.append(None, note("two")).await;
    // A connection of somebody else's, without our pragmas.
    let mut other = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.expect("opens");
    for statement in [
        "UPDATE entry SET head = x'00'",
        "UPDATE entry SET seq = 9 WHERE seq = 2",
        "DELETE FROM entry WHERE seq = 1",
        "INSERT OR REPLACE INTO entry SELECT 1, prev, hash, origin, x'00' FROM entry WHERE seq = 1",
        "INSERT OR REPLACE INTO entry SELECT 3, hash, hash, origin, x'00' FROM entry WHERE seq = 2",
        "INSERT INTO entry SELECT 7, hash, hash, 'x:1', x'00' FROM entry WHERE seq = 2",
        "INSERT INTO entry SELECT 3, prev, hash, 'x:1', x'00' FROM entry WHERE seq = 2",
    ] {
        let refused = sqlx::raw_sql(statement).execute(&mut other).await.expect_err(statement).to_string();
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
    let found = verify(&file).await.expect("readable");
    assert_eq!((found.entries, found.broken), (2, None));
}

#[tokio::test]
async fn what_the_file_says_is_what_memory_says() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(&dir.path().join("bot.db")).await;
    let mut release = intent("r1", "assistant");
    release.direction = Direction::Release;
    journal.intend(None, release).await.expect("a stored journal takes releases");
    for by in [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored] {
        journal.moved(None, &"r1".parse().expect("id"), by, "").await;
    }
    let ledger = journal.ledger();
    assert_eq!(*ledger, Ledger::fold(&journal.entries().await));
    assert_eq!(ledger.runs["r1"].state, RunState::ReadBack);
    assert!(ledger.illegal.is_empty());
}

#[tokio::test]
async fn a_journal_of_many_pages_is_read_whole() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let session = Session::begin(options(&file));
    let drafts: Vec<_> = (0..2_500).map(|at| session.draft(None, note(&at.to_string()))).collect();
    std::fs::write(&file, "").expect("creates");
    let (mut store, _) = Sqlite::open(&file, false, Duration::from_secs(20)).await.expect("opens");
    store.import(&drafts, |count| session.draft(None, imported("s", count))).await.expect("imports");
    store.close().await.expect("closes");

    let journal = open(&file).await;
    let found: Vec<String> = notes(&journal.entries().await);
    assert!(found.iter().map(String::as_str).eq((0..2_500).map(|at| at.to_string()).collect::<Vec<_>>()));
    assert_eq!(verify(&file).await.expect("readable").entries, 2_501);
}
