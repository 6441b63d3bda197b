//! The database is away: containment goes on, nothing is lost, nothing comes twice.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::{Connection as _, SqliteConnection};

use super::kit::{intent, note, notes, open, options, until_stored};
use crate::domain::action::Direction;
use crate::domain::entry::Happening;
use crate::domain::run::RunMove;
use crate::journal::{IntendError, Journal, Place, verify};

fn is_spooling(place: &Place) -> bool {
    matches!(place, Place::Spooling { .. })
}

/// Takes the database's write lock, as a process that hangs in the middle of a transaction would.
async fn hold_lock(file: &Path) -> SqliteConnection {
    let mut other = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.expect("opens");
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.expect("locks");
    other
}

fn segments(dir: &Path, suffix: &str) -> Vec<PathBuf> {
    let read = std::fs::read_dir(dir.join("spool")).into_iter().flatten();
    read.filter_map(Result::ok).map(|e| e.path()).filter(|p| p.to_string_lossy().ends_with(suffix)).collect()
}

/// How many imports told of how many entries.
async fn imports(journal: &Journal) -> Vec<u64> {
    let count = |what: &Happening| if let Happening::Imported { count, .. } = what { Some(*count) } else { None };
    journal.entries().await.iter().filter_map(|entry| count(&entry.what)).collect()
}

#[tokio::test]
async fn a_hanging_database_does_not_hold_containment_up() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let mut options = options(&file);
    options.patience.store = Duration::from_millis(100);
    let journal = Journal::open_with(options).await;
    journal.append(None, note("before")).await;
    let lock = hold_lock(&file).await;

    let asked = crate::clock::since_boot();
    journal.intend(None, intent("r1", "assistant")).await.expect("containment goes on");
    let took = crate::clock::since_boot().saturating_sub(asked);
    // SQLite itself would have waited for its busy timeout, sqlx for ever.
    assert!(took < Duration::from_secs(2), "took {took:?}");
    assert!(is_spooling(&journal.place()), "{:?}", journal.place());
    assert_eq!(
        journal.intend(None, intent("r2", "assistant")).await.map(|_| ()),
        Err(IntendError::Held { run: "r1".parse().expect("id"), who: "ana".into() }),
        "claims of this process still hold"
    );
    let mut release = intent("r3", "gateway");
    release.direction = Direction::Release;
    assert!(matches!(journal.intend(None, release).await, Err(IntendError::Away { .. })), "releasing waits");
    journal.moved(None, &"r1".parse().expect("id"), RunMove::Send, "").await;
    assert_eq!(journal.open_runs().len(), 1);

    lock.close().await.expect("unlocks");
    until_stored(&journal).await;
    journal.append(None, note("after")).await;
    let entries = journal.entries().await;
    assert_eq!(notes(&entries), ["before", "after"]);
    assert_eq!(imports(&journal).await.iter().sum::<u64>(), 2, "the intent and its move, once");
    assert_eq!(journal.ledger().runs.len(), 1);
    assert!(journal.ledger().illegal.is_empty());
    assert!(matches!(journal.intend(None, intent("r4", "assistant")).await, Err(IntendError::Held { .. })));
    assert_eq!(segments(dir.path(), ".jsonl"), Vec::<PathBuf>::new());
    journal.close().await;
    let again = open(&file).await;
    assert_eq!(again.entries().await, entries);
    assert_eq!(verify(&file).await.expect("readable").broken, None);
}

/// A session that never had a database, and died without importing: the path of the file is taken by a directory.
async fn session_without_database(file: &Path) {
    std::fs::create_dir_all(file).expect("taken");
    let mut options = options(file);
    options.patience.reopen = Duration::from_hours(1);
    let journal = Journal::open_with(options).await;
    assert!(is_spooling(&journal.place()), "{:?}", journal.place());
    journal.append(None, note("one")).await;
    journal.intend(None, intent("r1", "assistant")).await.expect("containment goes on");
    journal.moved(None, &"r1".parse().expect("id"), RunMove::Send, "").await;
}

#[tokio::test]
async fn what_a_dead_session_spooled_is_shown_at_once_and_imported_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    session_without_database(&file).await;

    let still_away = open(&file).await;
    assert!(is_spooling(&still_away.place()));
    assert_eq!(still_away.open_runs().len(), 1, "an open run is shown even while the database is away");
    assert_eq!(
        still_away.intend(None, intent("r2", "assistant")).await.map(|_| ()),
        Err(IntendError::Held { run: "r1".parse().expect("id"), who: "ana".into() })
    );
    still_away.close().await;

    std::fs::remove_dir(&file).expect("free again");
    let journal = open(&file).await;
    assert_eq!(journal.place(), Place::Stored);
    assert_eq!(imports(&journal).await, [3]);
    assert_eq!(journal.open_runs().len(), 1);
    journal.close().await;

    // Somebody puts the imported segment back: nothing comes twice.
    let [done] = segments(dir.path(), ".imported").try_into().expect("one segment");
    std::fs::rename(&done, done.with_extension("")).expect("renames");
    let again = open(&file).await;
    assert_eq!(imports(&again).await, [3]);
    assert_eq!(again.entries().await.len(), 4);
    assert_eq!(notes(&again.entries().await), ["one"]);
    assert_eq!(verify(&file).await.expect("readable").broken, None);
}

#[tokio::test]
async fn a_torn_last_line_never_counted() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    session_without_database(&file).await;
    let [segment] = segments(dir.path(), ".jsonl").try_into().expect("one segment");
    let whole = std::fs::read(&segment).expect("reads");
    std::fs::write(&segment, &whole[..whole.len() - 9]).expect("writes");
    std::fs::remove_dir(&file).expect("free again");

    let journal = open(&file).await;
    assert_eq!(imports(&journal).await, [2]);
    assert_eq!(journal.notes(), Vec::<String>::new(), "a crash in the middle of a line is no damage");
}

#[tokio::test]
async fn a_damaged_segment_is_imported_up_to_the_damage_and_kept() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    session_without_database(&file).await;
    let [segment] = segments(dir.path(), ".jsonl").try_into().expect("one segment");
    let text = std::fs::read_to_string(&segment).expect("reads");
    std::fs::write(&segment, text.replace("Kill switch", "Kill snitch")).expect("writes");
    std::fs::remove_dir(&file).expect("free again");

    let journal = open(&file).await;
    assert_eq!(imports(&journal).await, [1]);
    assert!(journal.notes().iter().any(|note| note.contains(":2: its content is not")), "{:?}", journal.notes());
    assert_eq!(segments(dir.path(), ".damaged").len(), 1);
}

#[tokio::test]
async fn without_any_disk_entries_stay_in_memory_until_one_is_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let blocked = dir.path().join("state");
    std::fs::write(&blocked, "a file where a directory should be").expect("writes");
    let file = blocked.join("bot.db");
    let journal = open(&file).await;
    journal.intend(None, intent("r1", "assistant")).await.expect("containment goes on, unlogged");
    journal.append(None, note("in memory")).await;
    assert!(matches!(journal.place(), Place::Unlogged { count: 2, .. }), "{:?}", journal.place());
    assert_eq!(journal.open_runs().len(), 1);

    std::fs::remove_file(&blocked).expect("free again");
    until_stored(&journal).await;
    assert_eq!(notes(&journal.entries().await), ["in memory"]);
    journal.close().await;
    let again = open(&file).await;
    assert_eq!(again.entries().await, journal.entries().await);
    assert_eq!(again.entries().await.len(), 3, "both entries and one that tells of the import");
}

#[tokio::test]
async fn a_living_sessions_spool_is_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let mut patient = options(&file);
    patient.patience.store = Duration::from_millis(50);
    patient.patience.reopen = Duration::from_hours(1);
    let spooling = Journal::open_with(patient).await;
    let lock = hold_lock(&file).await;
    spooling.append(None, note("spooled")).await;
    lock.close().await.expect("unlocks");

    let other = open(&file).await;
    assert_eq!(imports(&other).await, Vec::<u64>::new());
    assert_eq!(segments(dir.path(), ".jsonl").len(), 1);
    spooling.append(None, note("spooled too")).await;
    spooling.close().await;
    drop(spooling);
    let third = open(&file).await;
    assert_eq!(notes(&third.entries().await), ["spooled", "spooled too"]);
}

#[tokio::test]
async fn a_database_that_hangs_at_the_start_holds_nothing_up_and_is_taken_over_later() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    open(&file).await.append(None, note("yesterday")).await;
    let mut lock = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.expect("opens");
    sqlx::raw_sql("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").execute(&mut lock).await.expect("locks");

    let mut options = options(&file);
    options.patience.open = Duration::from_millis(50);
    let journal = Journal::open_with(options).await;
    assert!(is_spooling(&journal.place()), "{:?}", journal.place());
    journal.intend(None, intent("r1", "assistant")).await.expect("containment goes on");

    lock.close().await.expect("unlocks");
    until_stored(&journal).await;
    assert_eq!(notes(&journal.entries().await), ["yesterday"]);
    assert_eq!(imports(&journal).await, [1]);
    assert_eq!(journal.open_runs().len(), 1);
    assert_eq!(verify(&file).await.expect("readable").broken, None);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_no_journal_is_left_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("passwd");
    std::fs::write(&file, "root:x:0:0:root:/root:/bin/bash\n").expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("changed");
    let journal = open(&file).await;
    journal.append(None, note("a wrong path in the config")).await;
    assert!(is_spooling(&journal.place()), "{:?}", journal.place());
    let mode = std::fs::metadata(&file).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode, 0o644, "others still read it");
    assert_eq!(std::fs::read_to_string(&file).expect("readable"), "root:x:0:0:root:/root:/bin/bash\n");
}
