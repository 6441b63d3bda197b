//! Guards that need the journal: the freeze, and the alarm for changes from outside.

use super::*;

async fn until_recorded(world: &World, wanted: fn(&Happening) -> bool) {
    let book = &world.engine.core().book;
    let mut changes = book.changes();
    let seen = async {
        while !book.account().await.entries.iter().any(|entry| wanted(&entry.what)) {
            changes.changed().await.expect("a journal");
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.expect("recorded in time");
}

async fn fired(world: &mut World) -> Event {
    let plan = world.plan().await;
    world.engine.fire(World::confirm(plan));
    loop {
        match world.news().await {
            Event::Run(news) if news.state != RunState::Rejected => {}
            other => return other,
        }
    }
}

#[tokio::test]
async fn three_failed_writes_freeze_until_a_person_ends_it_on_record() {
    let refused = WriteOutcome::Rejected(Fault::NotAllowed { status: 403, secret: None });
    let script = Script { outcome: Some(refused), takes_effect: false, ..Script::default() };
    let mut world = world(Mode::Act, script).await;
    for _ in 0..3 {
        assert!(matches!(fired(&mut world).await, Event::Run(_)));
    }
    match fired(&mut world).await {
        Event::Refused { why, .. } => assert!(why.contains("unfreeze"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.store.writes().len(), 3);
    world.engine.core().book.record(Happening::Unfrozen { why: "token renewed".into() }).await;
    assert!(matches!(fired(&mut world).await, Event::Run(_)));
    assert_eq!(world.store.writes().len(), 4);
}

#[tokio::test]
async fn a_lever_moved_by_somebody_else_during_the_incident_is_written_down_once() {
    let world = world(Mode::Act, Script::default()).await;
    world.engine.settled(Duration::from_secs(10)).await.expect("a view");
    world.engine.core().book.ensure_incident("answers are wrong", None, "by hand").await;
    world.store.set_by_hand(Setting::Switch(false));
    world.engine.core().refresh();
    until_recorded(&world, |what| matches!(what, Happening::OutsideChange(_))).await;
    let ledger = world.engine.core().book.ledger();
    let told: Vec<_> = ledger.outside.iter().map(|change| change.lever.as_ref().map(ToString::to_string)).collect();
    assert_eq!(told, [Some("assistant".to_owned())]);
    let entries = world.engine.core().book.account().await.entries;
    let entry = entries.iter().find(|entry| matches!(entry.what, Happening::OutsideChange(_))).expect("on record");
    assert_eq!(entry.who, "breakglass", "the program saw it by itself");
}
