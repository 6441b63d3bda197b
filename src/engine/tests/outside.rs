//! What somebody outside did to a containment of ours, also while no process of ours ran: told once, written down once.

use super::*;
use crate::domain::action::Direction;
use crate::domain::entry::Intent;
use crate::domain::ids::RunId;
use crate::domain::outside::Fate;
use crate::domain::plan::Purpose;
use crate::domain::run::RunMove;

/// What became of containments from outside, as the journal tells it.
async fn fates(world: &World) -> Vec<Fate> {
    let entries = world.engine.core().book.account().await.entries;
    let of = |what: &Happening| match what {
        Happening::OutsideChange(change) => change.containment,
        _ => None,
    };
    entries.iter().filter_map(|entry| of(&entry.what)).collect()
}

async fn contained(file: &std::path::Path, home: tempfile::TempDir) -> World {
    let mut world = world_on(Mode::Act, Script::default(), file, home).await;
    let plan = world.plan().await;
    world.engine.fire(World::confirm(plan));
    world.until(RunState::Verified).await;
    world
}

async fn notice(world: &mut World) -> String {
    loop {
        let event = tokio::time::timeout(Duration::from_secs(20), world.events.recv()).await;
        if let Event::Notice(words) = event.expect("news in time").expect("an engine") {
            return words;
        }
    }
}

#[tokio::test]
async fn a_containment_that_was_released_between_two_sessions_is_told_by_the_next_one_and_by_no_later_one() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let file = home.path().join("test.db");
    let first = contained(&file, home).await;
    first.engine.core().book.journal().close().await;
    let home = first.home;
    drop(first.engine);
    let mut second = world_on(Mode::Act, Script::default(), &file, home).await;
    let words = notice(&mut second).await;
    assert!(words.starts_with("CONTAINMENT RELEASED FROM OUTSIDE: ") && words.contains("off → on"), "{words}");
    second.engine.core().book.journal().close().await;
    let home = second.home;
    drop(second.engine);
    let third = world_on(Mode::Act, Script::default(), &file, home).await;
    third.engine.settled(Duration::from_secs(10)).await.expect("a view");
    assert_eq!(fates(&third).await, [Fate::Released]);
}

#[tokio::test]
async fn a_release_by_another_process_is_no_change_from_outside_even_before_its_entries_are_read() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let file = home.path().join("test.db");
    let world = contained(&file, home).await;
    let ledger = world.engine.core().book.ledger();
    let contained = ledger.undoable().expect("a run").intent.clone();
    let writer = Writer { who: "ben".into(), host: "test".into() };
    let other = Journal::open(file, writer, clock::now).await;
    let run: RunId = "run-of-ben".parse().expect("id");
    let release = Intent {
        run: run.clone(),
        direction: Direction::Release,
        purpose: Purpose::Undo(contained.run.clone()),
        after: Setting::Switch(true),
        ..contained
    };
    other.append(None, Happening::Intended(Box::new(release))).await;
    for by in [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored] {
        other.moved(None, &run, by, "").await;
    }
    world.store.set_by_hand(Setting::Switch(true));
    let mut views = world.engine.views();
    let looked = async {
        while !world.engine.core().book.ledger().runs.contains_key(&run) {
            views.changed().await.expect("an engine");
        }
        // It is written down, if at all, before the next picture but one.
        for _ in 0..2 {
            views.changed().await.expect("an engine");
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looked).await.expect("whoever wonders reads on first");
    assert_eq!(fates(&world).await, []);
}
