//! Disks that fail: full, or with an error at one system call. Every entry ends up in the journal exactly once.

use std::path::Path;
use std::time::Duration;

use super::kit::{intent, note, notes, open, options, until_stored};
#[cfg(feature = "postgres")]
use super::kit::{noon, writer};
use super::processes::{file_of_parent, spawn};
use crate::domain::action::Direction;
use crate::domain::entry::Happening;
use crate::journal::{IntendError, Journal, Place, verify};
#[cfg(feature = "postgres")]
use crate::journal::{Options, Patience, Team};

fn say_place(journal: &Journal) {
    let place = match journal.place() {
        Place::Stored => "stored",
        Place::Spooling { .. } => "spooling",
        Place::Unlogged { .. } => "unlogged",
    };
    println!("answer: {place}");
}

async fn is_refused_a_release(journal: &Journal) {
    let mut release = intent("r2", "prompt");
    release.direction = Direction::Release;
    let refused = journal.intend(None, release).await;
    assert!(matches!(refused, Err(IntendError::Away { .. })), "{refused:?}");
}

/// The largest file that this process may write; `None`: any.
fn limit_files(size: Option<u64>) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    setrlimit(Resource::Fsize, Rlimit { current: size, maximum: None }).expect("a limit");
}

/// Without a handler the limit would end the process instead of failing the write.
fn survive_the_limit() -> tokio::signal::unix::Signal {
    let too_big = tokio::signal::unix::SignalKind::from_raw(25);
    tokio::signal::unix::signal(too_big).expect("a handler")
}

/// What a child said, line by line.
fn answers(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output);
    text.lines().filter_map(|line| line.split_once("answer: ")).map(|found| found.1.to_owned()).collect()
}

/// Fills its disk (a limit on file size, which write(2) answers with EFBIG) and says where each note went.
#[test]
#[ignore = "a child process of the full disk below"]
fn writer_on_a_full_disk() {
    let file = file_of_parent();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let _handler = survive_the_limit();
        limit_files(Some(200_000));
        let mut options = options(Path::new(&file));
        options.patience.reopen = Duration::from_hours(1);
        let journal = Journal::open_with(options).await;
        for round in 0..60 {
            journal.append(None, note(&format!("{round:02} {}", "x".repeat(10_000)))).await;
            say_place(&journal);
        }
        journal.intend(None, intent("r1", "assistant")).await.expect("a containment goes out");
        is_refused_a_release(&journal).await;
        say_place(&journal);
        // No close: the process ends as a crash would end it.
    });
    std::process::exit(0);
}

#[tokio::test]
async fn on_a_full_disk_every_entry_is_stored_spooled_or_shown_as_unlogged() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let output = spawn("faults::writer_on_a_full_disk", &file, &[]).wait_with_output().expect("ends");
    let places = answers(&output.stdout);
    let count = |place: &str| places.iter().filter(|found| *found == place).count();
    assert_eq!(places.len(), 61, "60 notes and a containment: {places:?}");
    assert!(count("stored") > 0 && count("spooling") > 0, "{places:?}");
    assert_eq!(
        places.last().map(String::as_str),
        Some("spooling"),
        "each segment is new, so the spool goes on: {places:?}"
    );

    let journal = open(&file).await;
    let known: Vec<String> = notes(&journal.entries().await).iter().map(|text| text[..2].to_owned()).collect();
    let wanted: Vec<String> = (0..60).map(|round| format!("{round:02}")).collect();
    assert_eq!(known, wanted, "every entry exactly once, in order");
    assert_eq!(journal.open_runs().len(), 1, "the containment is known");
    assert_eq!(verify(&file).await.expect("readable").broken, None);
}

/// Its disk takes nothing at all any more, and later it does again.
#[test]
#[ignore = "a child process of the disk without room below"]
fn writer_on_a_disk_without_room() {
    let file = file_of_parent();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let _handler = survive_the_limit();
        let journal = open(Path::new(&file)).await;
        journal.append(None, note("before")).await;
        limit_files(Some(0));
        journal.intend(None, intent("r1", "assistant")).await.expect("a containment goes out");
        say_place(&journal);
        is_refused_a_release(&journal).await;
        limit_files(None);
        until_stored(&journal).await;
        say_place(&journal);
    });
    std::process::exit(0);
}

#[tokio::test]
async fn on_a_disk_without_room_a_containment_is_unlogged_until_there_is_room_and_then_stored_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let output = spawn("faults::writer_on_a_disk_without_room", &file, &[]).wait_with_output().expect("ends");
    assert_eq!(answers(&output.stdout), ["unlogged", "stored"]);
    let journal = open(&file).await;
    let entries = journal.entries().await;
    let kinds = |of: fn(&Happening) -> bool| entries.iter().filter(|entry| of(&entry.what)).count();
    assert_eq!(notes(&entries), ["before"]);
    assert_eq!(kinds(|what| matches!(what, Happening::Intended(_))), 1);
    assert_eq!(kinds(|what| matches!(what, Happening::Imported { count: 1, .. })), 1);
    assert_eq!((entries.len(), journal.open_runs().len()), (3, 1));
    assert_eq!(verify(&file).await.expect("readable").broken, None);
}

/// A team's database is away, and the disk of the spool takes nothing; later it does again.
#[cfg(feature = "postgres")]
#[test]
#[ignore = "a child process of the team without room below"]
fn writer_of_a_team_without_room() {
    let file = file_of_parent();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let _handler = survive_the_limit();
        let team = Team {
            url: "postgres://oncall@localhost/ops?host=/nonexistent/breakglass".into(),
            stream: "bot/prod".into(),
            password: None,
        };
        let mut options = Options::shared(team, Path::new(&file).with_file_name("spool"), writer("ana"), noon);
        options.spools.truncate(1);
        options.patience = Patience { reopen: Duration::from_millis(20), ..options.patience };
        limit_files(Some(0));
        let journal = Journal::open_with(options).await;
        journal.intend(None, intent("r1", "assistant")).await.expect("a containment goes out");
        say_place(&journal);
        is_refused_a_release(&journal).await;
        limit_files(None);
        journal.append(None, note("there is room again")).await;
        say_place(&journal);
    });
    std::process::exit(0);
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn with_a_team_s_database_away_and_a_full_spool_a_containment_is_unlogged_until_there_is_room() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let output = spawn("faults::writer_of_a_team_without_room", &file, &[]).wait_with_output().expect("ends");
    assert_eq!(answers(&output.stdout), ["unlogged", "spooling"]);
    let segments = std::fs::read_dir(dir.path().join("spool")).expect("a spool").filter_map(Result::ok);
    let texts: Vec<String> = segments.map(|entry| std::fs::read_to_string(entry.path()).expect("text")).collect();
    let whole = texts.concat();
    assert_eq!(whole.lines().count(), 2, "the intent and the note, once each: {whole}");
    assert!(whole.contains("intended") && whole.contains("there is room again"), "{whole}");
}

#[test]
#[ignore = "a child process of the sweep below"]
fn writer_under_faults() {
    let file = file_of_parent();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut options = options(Path::new(&file));
        options.patience.reopen = Duration::from_hours(1);
        let journal = Journal::open_with(options).await;
        for round in 0..8 {
            journal.append(None, note(&format!("{round:02}"))).await;
            say_place(&journal);
        }
    });
    std::process::exit(0);
}

/// One error at the Nth call of each kind, N = 1, 2, 3 … until a run meets no error any more.
#[tokio::test]
#[ignore = "needs strace, and takes minutes: for the night"]
async fn an_error_at_any_system_call_loses_nothing() {
    let mut points = 0;
    for (calls, error) in [("fdatasync,fsync", "EIO"), ("pwrite64,write", "ENOSPC"), ("openat", "EROFS")] {
        for nth in 1..200 {
            let dir = tempfile::tempdir().expect("a directory");
            let file = dir.path().join("state/bot.db");
            let log = dir.path().join("strace.log");
            let inject = format!("inject={calls}:error={error}:when={nth}");
            let paths =
                [file.clone(), file.with_extension("db-wal"), dir.path().join("state"), dir.path().join("state/spool")];
            let mut behind = vec!["strace", "-f", "-q", "-o", log.to_str().expect("text"), "-e", inject.as_str()];
            for path in &paths {
                behind.extend(["-P", path.to_str().expect("text")]);
            }
            let output = spawn("faults::writer_under_faults", &file, &behind).wait_with_output().expect("ends");
            let places = answers(&output.stdout);
            assert_eq!(places.len(), 8, "{inject}: a disk error ends no process");
            let unlogged = places.iter().filter(|place| *place == "unlogged").count();
            assert_eq!(unlogged, 0, "{inject}: the spool took over: {places:?}");

            let journal = open(&file).await;
            let wanted: Vec<String> = (0..8).map(|round| format!("{round:02}")).collect();
            assert_eq!(notes(&journal.entries().await), wanted, "{inject}: every entry exactly once, in order");
            assert_eq!(verify(&file).await.expect("readable").broken, None, "{inject}");
            if !std::fs::read_to_string(&log).expect("a log").contains("(INJECTED)") {
                break;
            }
            points += 1;
        }
    }
    println!("{points} points swept");
    assert!(points > 20, "only {points} points: the injection did not reach the disk");
}
