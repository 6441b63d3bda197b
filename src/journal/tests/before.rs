//! What goes before a containment: written in one transaction with the incident that it opens, and a slow database holds
//! it up no longer than 250 ms, all told.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::kit::{self, intent, note, until_stored};
use crate::domain::action::Direction;
use crate::domain::entry::{Happening, Intent};
use crate::journal::memory::{Call, Memory, Trouble, Way};
use crate::journal::{Journal, Opening, Options, Place};

/// Every write takes so long, and comes back.
#[derive(Debug)]
struct Slow(Duration);

#[async_trait]
impl Way for Slow {
    async fn there(&self, call: Call<'_>) -> Option<Trouble> {
        if let Call::Append(_) = call {
            tokio::time::sleep(self.0).await;
        }
        None
    }

    async fn back(&self) {}
}

async fn open(memory: &Memory, spool: &Path) -> Journal {
    // The product's own patience: the clock of these tests stands still.
    Journal::open_with(Options::in_memory(memory, Some(spool.to_owned()), kit::writer("ana"), kit::noon)).await
}

fn opening() -> Opening {
    Opening { title: "answers are wrong".into(), severity: Some("P1".into()), why: "its first action".into() }
}

fn kinds(memory: &Memory) -> Vec<&'static str> {
    let kind = |what: &Happening| match what {
        Happening::IncidentOpened { .. } => "opened",
        Happening::IncidentClosed { .. } => "closed",
        Happening::Note { .. } => "note",
        Happening::Intended(_) => "intended",
        Happening::Imported { .. } => "imported",
        _ => "other",
    };
    memory.entries().iter().map(|entry| kind(&entry.what)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_containment_waits_250_ms_for_a_slow_database_however_many_entries_go_before_it() {
    let memory = Memory::new("bot");
    let dir = tempfile::tempdir().expect("a directory");
    let slow = memory.by_way_of(Arc::new(Slow(Duration::from_millis(150))));
    let ana = open(&slow, dir.path()).await;
    let began = Instant::now();
    let until = Some(ana.for_a_containment());
    ana.under_incident(opening(), vec![note("1"), note("2")], until).await;
    assert_eq!(ana.place(), Place::Stored, "the first transaction is within the time");
    ana.intend_after(None, intent("r1", "assistant"), Some(0), until).await.expect("a containment goes out");
    assert_eq!(began.elapsed(), Duration::from_millis(250), "and not twice 150");
    let Place::Spooling { why, .. } = ana.place() else { panic!("{:?}", ana.place()) };
    assert_eq!(why, "too slow for a containment");
    // Its claim is known to everybody as soon as the database comes along.
    until_stored(&ana).await;
    assert_eq!(kinds(&memory), ["opened", "note", "note", "intended", "imported"]);
    assert_eq!(memory.verify().broken, None);
}

#[tokio::test(start_paused = true)]
async fn a_release_waits_for_the_same_database_until_it_is_stored() {
    let memory = Memory::new("bot");
    let dir = tempfile::tempdir().expect("a directory");
    let slow = memory.by_way_of(Arc::new(Slow(Duration::from_millis(150))));
    let ana = open(&slow, dir.path()).await;
    ana.under_incident(opening(), vec![note("1")], None).await;
    let release = Intent { direction: Direction::Release, ..intent("r1", "assistant") };
    ana.intend_after(None, release, Some(0), None).await.expect("stored");
    assert_eq!(ana.place(), Place::Stored);
    assert_eq!(kinds(&memory), ["opened", "note", "intended"]);
}

#[tokio::test(start_paused = true)]
async fn what_goes_before_a_change_is_written_whole_or_not_at_all() {
    let dir = tempfile::tempdir().expect("a directory");
    for trouble in [Trouble::Fail, Trouble::LoseAnswer, Trouble::Hang] {
        let memory = Memory::new(&format!("bot-{trouble:?}"));
        let ana = open(&memory, dir.path()).await;
        memory.trouble_at(memory.calls() + 1, trouble);
        let id = ana.under_incident(opening(), vec![note("1"), note("2")], Some(ana.for_a_containment())).await;
        let stored = if trouble == Trouble::LoseAnswer { vec!["opened", "note", "note"] } else { Vec::new() };
        assert_eq!(kinds(&memory), stored, "{trouble:?}");
        until_stored(&ana).await;
        let kinds = kinds(&memory);
        assert_eq!(kinds.iter().filter(|kind| **kind != "imported").count(), 3, "{trouble:?}: {kinds:?}");
        let under = memory.entries().iter().filter(|entry| entry.incident.as_ref() == Some(&id)).count();
        assert_eq!(under, 3, "{trouble:?}: all under one incident");
    }
}

#[tokio::test(start_paused = true)]
async fn it_stands_under_the_incident_that_is_open_in_truth() {
    let memory = Memory::new("bot");
    let dir = tempfile::tempdir().expect("a directory");
    let (ana, ben) = (open(&memory, dir.path()).await, open(&memory, dir.path()).await);
    let first = ana.under_incident(opening(), vec![note("1")], None).await;
    // Ben has not read that one is open, and then not that it is closed.
    assert_eq!(ben.under_incident(opening(), vec![note("2")], None).await, first);
    ana.append(Some(&first), Happening::IncidentClosed { why: "over".into() }).await;
    let second = ben.under_incident(opening(), vec![note("3")], None).await;
    assert_ne!(second, first);
    assert_eq!(kinds(&memory), ["opened", "note", "note", "closed", "opened", "note"]);
}
