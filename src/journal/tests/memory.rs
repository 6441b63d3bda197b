//! The store in memory behaves as a database would, also in trouble: nothing is lost, nothing is stored twice.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use super::kit::{self, intent, note, notes, until_stored};
use crate::journal::memory::{Call, Memory, Trouble, Way};
use crate::journal::{IntendError, Journal, Options, Place};

fn options(memory: &Memory, spool: &Path) -> Options {
    let patient = kit::options(Path::new("unused"));
    let mut options = Options::in_memory(memory, Some(spool.to_owned()), patient.writer, kit::noon);
    options.patience = patient.patience;
    options
}

#[tokio::test]
async fn journals_on_one_memory_share_entries_and_levers() {
    let memory = Memory::new("bot");
    let dir = tempfile::tempdir().expect("a directory");
    let ana = Journal::open_with(options(&memory, dir.path())).await;
    let ben = Journal::open_with(options(&memory, dir.path())).await;
    ana.intend(None, intent("r1", "assistant")).await.expect("free");
    let held = Err(IntendError::Held { run: "r1".parse().expect("id"), who: "ana".into() });
    assert_eq!(ben.intend(None, intent("r2", "assistant")).await, held);
    assert_eq!(ben.open_runs().len(), 1);
    assert_eq!(memory.entries(), ana.entries().await);
    assert_eq!(memory.verify().broken, None);
}

/// Every call of a short story in turn gets into trouble, in each way.
#[tokio::test]
async fn trouble_at_any_call_loses_nothing_and_stores_nothing_twice() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut points = 0;
    for trouble in [Trouble::Fail, Trouble::LoseAnswer, Trouble::Hang] {
        for call in 1.. {
            let memory = Memory::new(&format!("bot-{trouble:?}-{call}"));
            memory.trouble_at(call, trouble);
            let mut options = options(&memory, dir.path());
            if trouble == Trouble::Hang {
                options.patience.store = Duration::from_millis(30);
                options.patience.open = Duration::from_millis(30);
            }
            let journal = Journal::open_with(options).await;
            journal.append(None, note("0")).await;
            journal.intend(None, intent("r1", "assistant")).await.expect("a containment goes out");
            journal.append(None, note("1")).await;
            if memory.calls() < call {
                break;
            }
            points += 1;
            if trouble != Trouble::Hang || call != 1 {
                until_stored(&journal).await;
                assert_eq!(notes(&memory.entries()), ["0", "1"], "{trouble:?} at call {call}");
                assert_eq!(journal.ledger().runs.len(), 1);
            }
            assert_eq!(notes(&journal.entries().await), ["0", "1"], "{trouble:?} at call {call}");
            assert_eq!(memory.verify().broken, None);
        }
    }
    assert!(points >= 9, "only {points} points");
}

#[tokio::test]
async fn with_store_and_spool_away_a_containment_is_unlogged_and_nothing_is_released() {
    let memory = Memory::new("bot");
    memory.set_away(true);
    let patient = kit::options(Path::new("unused"));
    let mut options = Options::in_memory(&memory, None, patient.writer, kit::noon);
    options.patience.reopen = Duration::from_millis(20);
    let journal = Journal::open_with(options).await;
    journal.intend(None, intent("r1", "assistant")).await.expect("a containment goes out");
    assert!(matches!(journal.place(), Place::Unlogged { count: 1, .. }), "{:?}", journal.place());
    let release =
        crate::domain::entry::Intent { direction: crate::domain::action::Direction::Release, ..intent("r2", "prompt") };
    assert!(matches!(journal.intend(None, release).await, Err(IntendError::Away { .. })));
    memory.set_away(false);
    until_stored(&journal).await;
    assert_eq!(memory.entries().len(), 2, "what only memory held is stored, and the import is told");
}

/// The first so many calls never come back, as on a network filesystem without its server.
#[derive(Debug)]
struct Swallows(AtomicUsize);

#[async_trait]
impl Way for Swallows {
    async fn there(&self, _: Call<'_>) -> Option<Trouble> {
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if left.is_ok() {
            std::future::pending::<()>().await;
        }
        None
    }

    async fn back(&self) {}
}

#[tokio::test(start_paused = true)]
async fn an_opening_that_hangs_is_given_up_for_another_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let memory = Memory::new("bot");
    // Each try makes two calls at the most: it reads to write, and where that fails to show what is there.
    let hanging = memory.by_way_of(Arc::new(Swallows(AtomicUsize::new(3))));
    let mut options = options(&hanging, dir.path());
    options.patience.open = Duration::from_secs(2);
    options.patience.attempt = Duration::from_secs(30);
    let began = tokio::time::Instant::now();
    let journal = Journal::open_with(options).await;
    assert_eq!(began.elapsed(), Duration::from_secs(2), "a start waits no longer");
    let untried = journal.place();
    assert!(
        matches!(untried, Place::Spooling { file: None, .. }),
        "no place is named before it took an entry: {untried:?}"
    );
    journal.intend(None, intent("r1", "assistant")).await.expect("a containment goes out");
    let spool = journal.place();
    assert!(matches!(&spool, Place::Spooling { file: Some(file), .. } if file.is_file()), "{spool:?}");
    let hung = |place| matches!(place, Place::Spooling { why, .. } if why.contains("opening has not ended"));
    while !hung(journal.place()) {
        journal.subscribe().changed().await.expect("the journal lives");
    }
    while journal.place() != Place::Stored {
        journal.subscribe().changed().await.expect("the journal lives");
    }
    // Three tries that hung, each twice as long as the one before, and three pauses of 20 ms.
    assert_eq!(began.elapsed().as_secs(), 30 + 60 + 120);
    assert_eq!(memory.entries().len(), 2, "the intent once, and the import is told");
    assert_eq!(journal.open_runs().len(), 1);
}
