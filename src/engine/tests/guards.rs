//! Guards that need the journal: the freeze after failures, the freeze of changes during an incident, and the alarm for changes from outside.

use super::*;
use crate::domain::approval::BreakGlass;
use crate::domain::gate::Report;

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

/// A rollout with a containment, and an action that sets it to a half: neither safe nor normal.
fn rollout() -> String {
    let lever = CONFIG.replace("flag = \"ai-assistant\"", "rollout = \"ai-assistant\"");
    let lever = lever.replace("normal = \"on\"", "normal = 100").replace("contained = \"off\"", "contained = 0");
    format!(
        "{lever}[action.half]\nkind = \"throttle\"\nkey = \"T\"\ntitle = \"Half of all users\"\nlever = \"assistant\"\nto = 50\n"
    )
}

/// Confirms a plan that needs a second person, alone and on record.
async fn alone(world: &World, plan: &Plan, typed: &str) -> Result<Confirmed<Plan>, String> {
    let core = world.engine.core();
    let policy = core.config.catalogue.policy;
    let phrase = BreakGlass::word(&plan.environment);
    let glass =
        BreakGlass::of(plan, &phrase, "nobody else is awake", &core.me(), policy, clock::now()).expect("broken");
    core.book.record(Happening::BreakGlass(Box::new(glass.clone()))).await;
    let answer = Answer {
        digest: plan.digest.clone(),
        typed: Some(typed.to_owned()),
        read: true,
        approved_by: Some(glass.approval(&core.me())),
        by: core.me().who,
    };
    Confirmed::confirm(plan.clone(), &answer, clock::now()).map_err(|why| why.to_string())
}

#[tokio::test]
async fn while_an_incident_is_open_only_a_typed_reason_moves_what_neither_contains_nor_restores() {
    let script = Script { starts_as: Some(Setting::Number(100.0)), ..Script::default() };
    let mut world = world_of(&rollout(), Mode::Act, script).await;
    world.engine.settled(Duration::from_secs(10)).await.expect("a view");
    let half = "half".parse().expect("id");
    let core = Arc::clone(world.engine.core());
    let before = core.preview(&half).await.expect("a plan");
    assert!(before.gate.is_none(), "no incident, no freeze: {:?}", before.gate);
    let confirmed = alone(&world, &before, "assistant test").await.expect("confirmed");
    core.book.ensure_incident("answers are wrong", None, "by hand").await;
    world.engine.fire(confirmed);
    match world.news().await {
        Event::Refused { why, .. } => assert!(why.contains("change freeze failed: in force since"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(world.store.writes().is_empty());
    let frozen = core.preview(&half).await.expect("a plan");
    assert!(frozen.is_shut() && frozen.gate.as_ref().is_some_and(Report::is_frozen), "{:?}", frozen.gate);
    let refused = alone(&world, &frozen, "assistant test").await.expect_err("the word alone is not enough");
    assert!(refused.contains("override test REASON"), "{refused}");
    let overridden = alone(&world, &frozen, "override test the vendor asked for a half").await.expect("confirmed");
    world.engine.fire(overridden);
    world.until(RunState::ReadBack).await;
    assert_eq!(world.store.writes(), [Setting::Number(50.0)]);
    let entries = core.book.account().await.entries;
    let on_record = entries.iter().any(|entry| {
        matches!(&entry.what, Happening::GateOverridden { reason, missing, .. }
            if reason == "the vendor asked for a half" && missing.iter().any(|line| line.starts_with("change freeze")))
    });
    assert!(on_record, "who went past the freeze, and why");
    let contain = core.preview(&"kill-assistant".parse().expect("id")).await.expect("a plan");
    assert!(contain.gate.is_none(), "containing is never held up");
}
