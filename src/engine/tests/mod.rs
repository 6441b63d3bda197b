//! The engine against a scripted store and a real journal: what a run, a refusal and a restart come to.

mod away;
mod effects;
mod gate;
mod guards;
mod outside;
mod ready;
mod scripted;
mod stages;
pub(crate) mod timed;
mod versions;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use self::scripted::{Script, Scripted};
use super::{Book, Engine, Event};
use crate::adapters::{Adapter, WriteOutcome};
use crate::clock;
use crate::config;
use crate::domain::cause::Fault;
use crate::domain::entry::Happening;
use crate::domain::lever::Setting;
use crate::domain::permit::Mode;
use crate::domain::plan::{Answer, Confirmed, Plan};
use crate::domain::run::RunState;
use crate::journal::{Journal, Writer};

const CONFIG: &str = r#"
schema = 1
mode = "act"
[service]
name = "support-bot"
environment = "test"
[endpoint.flags]
vendor = "unleash"
url = "http://127.0.0.1:9"
timeout = "200ms"
interval = "1s"
[lever.assistant]
from = "flags"
flag = "ai-assistant"
normal = "on"
contained = "off"
[action.kill-assistant]
kind = "kill_feature"
key = "K"
title = "Kill switch: assistant off"
lever = "assistant"
to = "contained"
review-after = "4h"
"#;

/// The config with an effect whose evidence always, or never, holds.
fn with_effect(when: &str) -> String {
    format!("{CONFIG}effect = {{ all = ['lever(\"assistant\") {when}'], within = \"1s\" }}\n")
}

struct World {
    engine: Engine,
    events: mpsc::Receiver<Event>,
    store: Arc<Scripted>,
    home: tempfile::TempDir,
}

async fn world(mode: Mode, script: Script) -> World {
    let home = tempfile::tempdir().expect("a temporary directory");
    let journal = home.path().join("test.db");
    world_on(mode, script, &journal, home).await
}

async fn world_of(config: &str, mode: Mode, script: Script) -> World {
    let home = tempfile::tempdir().expect("a temporary directory");
    let journal = home.path().join("test.db");
    world_with(config, mode, script, &journal, home).await
}

async fn world_on(mode: Mode, script: Script, journal: &std::path::Path, home: tempfile::TempDir) -> World {
    world_with(CONFIG, mode, script, journal, home).await
}

async fn world_with(
    config: &str,
    mode: Mode,
    script: Script,
    journal: &std::path::Path,
    home: tempfile::TempDir,
) -> World {
    let writer = Writer { who: "ana".into(), host: "test".into() };
    let journal = Journal::open(journal.to_owned(), writer, clock::now).await;
    world_in(config, mode, script, journal, home)
}

/// On a journal that is open, or away, already.
fn world_in(config: &str, mode: Mode, script: Script, journal: Journal, home: tempfile::TempDir) -> World {
    let mut config = config::load_text("test", config).unwrap_or_else(|problems| panic!("{problems:?}"));
    config.catalogue.mode = mode;
    let store = Arc::new(Scripted::new(script));
    let adapter = Adapter { levers: Some(Arc::clone(&store) as _), ..Adapter::default() };
    let adapters = BTreeMap::from([("flags".parse().expect("id"), adapter)]);
    let (engine, events) = Engine::start(config, adapters, Book::new(journal));
    World { engine, events, store, home }
}

impl World {
    async fn plan(&self) -> Plan {
        self.engine.core().preview(&"kill-assistant".parse().expect("id")).await.expect("a plan")
    }

    fn confirm(plan: Plan) -> Confirmed<Plan> {
        let answer = Answer {
            digest: plan.digest.clone(),
            typed: Some(plan.typed_word()),
            read: true,
            approved_by: None,
            by: "ana".into(),
        };
        Confirmed::confirm(plan, &answer, clock::now()).expect("confirmed")
    }

    /// The next news that is not a notice.
    async fn news(&mut self) -> Event {
        loop {
            let event = tokio::time::timeout(Duration::from_secs(20), self.events.recv()).await;
            match event.expect("news in time").expect("an engine") {
                Event::Notice(_) => {}
                other => return other,
            }
        }
    }

    /// Why the run came to that state.
    async fn until(&mut self, wanted: RunState) -> String {
        loop {
            if let Event::Run(news) = self.news().await
                && news.state == wanted
            {
                return news.why;
            }
        }
    }
}

#[tokio::test]
async fn a_containment_is_intended_before_it_is_sent_once_and_verified_at_the_serving_side() {
    let mut world = world(Mode::Act, Script::default()).await;
    let plan = world.plan().await;
    world.engine.fire(World::confirm(plan));
    world.until(RunState::Verified).await;
    assert_eq!(world.store.writes(), vec![Setting::Switch(false)]);
    let entries = world.engine.core().book.account().await.entries;
    let intended = entries.iter().any(|entry| matches!(entry.what, Happening::Intended(_)));
    assert!(intended && world.store.intended_before_write(), "the intent must be durable before the socket");
}

#[tokio::test]
async fn a_lever_that_moved_since_the_preview_voids_the_plan_and_shows_it_afresh() {
    let mut world = world(Mode::Act, Script::default()).await;
    let plan = world.plan().await;
    world.store.touch("somebody else");
    world.engine.fire(World::confirm(plan.clone()));
    match world.news().await {
        Event::PlanVoid { why, fresh, .. } => {
            assert!(why.contains("revision"), "{why}");
            assert_ne!(fresh.expect("a fresh plan").digest, plan.digest);
        }
        other => panic!("{other:?}"),
    }
    assert!(world.store.writes().is_empty());
}

#[tokio::test]
async fn read_only_and_dry_run_send_nothing_and_say_so() {
    for mode in [Mode::ReadOnly, Mode::DryRun] {
        let mut world = world(mode, Script::default()).await;
        let plan = world.plan().await;
        world.engine.fire(World::confirm(plan));
        assert!(matches!(world.news().await, Event::Refused { .. }), "{mode:?}");
        assert!(world.store.writes().is_empty(), "{mode:?}");
        let entries = world.engine.core().book.account().await.entries;
        let refused = entries.iter().find(|entry| matches!(entry.what, Happening::Refused { .. }));
        let dry = entries.iter().find(|entry| matches!(entry.what, Happening::DryRun { .. }));
        let told = if mode == Mode::DryRun { (dry, refused) } else { (refused, dry) };
        assert_eq!(told.0.map(|entry| entry.who.as_str()), Some("ana"), "on record, by whoever asked");
        assert!(told.1.is_none(), "a dry run that came to its end is no refusal: {entries:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_decided_by_reading_never_by_sending_again() {
    let lost = WriteOutcome::Unknown(Fault::CutOff { received: 0 });
    let script = Script { outcome: Some(lost), takes_effect: true, ..Script::default() };
    let mut world = world(Mode::Act, script).await;
    let plan = world.plan().await;
    world.engine.fire(World::confirm(plan));
    world.until(RunState::Unknown).await;
    world.until(RunState::ReadBack).await;
    assert_eq!(world.store.writes().len(), 1);
}

#[tokio::test]
async fn an_unknown_run_that_did_nothing_is_never_called_not_sent_and_frees_the_lever() {
    let lost = WriteOutcome::Unknown(Fault::NoAnswer { after: Duration::from_millis(200), received: 0 });
    let script = Script { outcome: Some(lost), takes_effect: false, ..Script::default() };
    let mut world = world(Mode::Act, script).await;
    let plan = world.plan().await;
    world.engine.fire(World::confirm(plan));
    let why = world.until(RunState::Unseen).await;
    assert!(why.contains("no effect seen; it may still land"), "{why}");
    assert_eq!(world.store.writes().len(), 1);
    let ledger = world.engine.core().book.ledger();
    assert_eq!((ledger.open_runs().count(), ledger.pending().count()), (0, 1));
}

fn late() -> Script {
    let lost = WriteOutcome::Unknown(Fault::NoAnswer { after: Duration::from_millis(200), received: 0 });
    Script { outcome: Some(lost), lands_late: true, ..Script::default() }
}

#[tokio::test]
async fn a_request_that_lands_after_everybody_gave_up_is_read_back_and_can_be_undone() {
    let mut world = world(Mode::Act, late()).await;
    let plan = world.plan().await;
    world.engine.fire(World::confirm(plan));
    world.until(RunState::Unseen).await;
    world.store.land();
    let why = world.until(RunState::ReadBack).await;
    assert!(why.starts_with("landed late"), "{why}");
    world.until(RunState::Verified).await;
    assert!(world.engine.core().book.ledger().undoable().is_some());
    assert_eq!(world.store.writes().len(), 1, "recovery reads, it never sends");
}

#[tokio::test]
async fn a_late_landing_is_found_at_the_next_start_before_the_first_picture_is_shown() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let file = home.path().join("test.db");
    let mut first = world_on(Mode::Act, late(), &file, home).await;
    let plan = first.plan().await;
    first.engine.fire(World::confirm(plan));
    first.until(RunState::Unseen).await;
    first.engine.core().book.journal().close().await;
    let home = first.home;
    drop(first.engine);
    let script = Script { starts_as: Some(Setting::Switch(false)), ..Script::default() };
    let second = world_on(Mode::Act, script, &file, home).await;
    let view = second.engine.settled(Duration::from_secs(10)).await.expect("a view");
    let contained = &view.snapshot.containments[0];
    assert!(contained.run.is_some() && contained.state.is_some(), "it is ours: {contained:?}");
    assert!(view.snapshot.pending.is_empty());
}

#[tokio::test]
async fn a_write_in_flight_is_on_record_as_sent_and_in_the_picture() {
    let world = world(Mode::Act, Script { hang: true, ..Script::default() }).await;
    let plan = world.plan().await;
    world.engine.fire(World::confirm(plan));
    world.store.wait_for_write().await;
    let mut views = world.engine.views();
    let sent = |view: &Option<super::View>| {
        view.as_ref().is_some_and(|v| v.snapshot.pending.iter().any(|run| run.state == RunState::Sent))
    };
    tokio::time::timeout(Duration::from_secs(10), views.wait_for(sent)).await.expect("in time").expect("an engine");
    let view = world.engine.core().view().expect("a view");
    assert!(view.snapshot.headline.suspect.contains("may have set assistant to off"), "{:?}", view.snapshot.headline);
}

#[tokio::test]
async fn an_effect_that_held_before_the_write_verifies_nothing() {
    let script = Script { serves_nothing: true, ..Script::default() };
    let config = with_effect("!= \"never\"");
    let mut world = world_of(&config, Mode::Act, script).await;
    world.engine.settled(Duration::from_secs(10)).await.expect("a view");
    let plan = world.plan().await;
    let warned = plan.checks.iter().any(|check| check.name == "effect" && check.why.contains("holds already"));
    assert!(warned, "{:?}", plan.checks);
    world.engine.fire(World::confirm(plan));
    world.until(RunState::ReadBack).await;
    let notice = loop {
        let event = tokio::time::timeout(Duration::from_secs(20), world.events.recv()).await;
        match event.expect("news in time").expect("an engine") {
            Event::CannotTell { why, .. } => break why,
            Event::Run(news) => panic!("{news:?}"),
            _ => {}
        }
    };
    assert!(notice.contains("the traffic cannot tell"), "{notice}");
    let states: Vec<_> = world.engine.core().book.ledger().runs.values().map(|run| run.state).collect();
    assert_eq!(states, [RunState::ReadBack]);
}

#[tokio::test]
async fn a_stored_run_of_a_dead_process_is_judged_by_whoever_looks_next() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let file = home.path().join("test.db");
    let config = with_effect("== \"never\"");
    let script = Script { serves_nothing: true, ..Script::default() };
    let mut first = world_with(&config, Mode::Act, script.clone(), &file, home).await;
    let plan = first.plan().await;
    first.engine.fire(World::confirm(plan));
    first.until(RunState::ReadBack).await;
    let stored_at = clock::now();
    first.engine.core().book.journal().close().await;
    let home = first.home;
    drop(first.engine);
    while clock::now().duration_since(stored_at).as_secs_f64() < 1.1 {
        tokio::task::yield_now().await;
    }
    let second = world_with(&config, Mode::Act, script, &file, home).await;
    second.engine.settled(Duration::from_secs(10)).await.expect("a view");
    let states: Vec<_> = second.engine.core().book.ledger().runs.values().map(|run| run.state).collect();
    assert_eq!(states, [RunState::Stuck]);
}

#[tokio::test]
async fn a_yes_without_a_change_in_the_store_is_stuck_and_never_green() {
    let script = Script { takes_effect: false, ..Script::default() };
    let mut world = world(Mode::Act, script).await;
    let plan = world.plan().await;
    world.engine.fire(World::confirm(plan));
    world.until(RunState::Stuck).await;
}

#[tokio::test]
async fn a_definite_no_is_rejected() {
    let refused = WriteOutcome::Rejected(Fault::NotAllowed { status: 403, secret: None });
    let script = Script { outcome: Some(refused), takes_effect: false, ..Script::default() };
    let mut world = world(Mode::Act, script).await;
    let plan = world.plan().await;
    world.engine.fire(World::confirm(plan));
    world.until(RunState::Rejected).await;
}

#[tokio::test]
async fn an_undo_restores_the_prior_setting_but_not_within_ten_seconds_of_the_last_write() {
    let mut world = world(Mode::Act, Script::default()).await;
    let plan = world.plan().await;
    world.engine.fire(World::confirm(plan));
    world.until(RunState::Verified).await;
    let run = world.engine.core().book.ledger().undoable().expect("a run").intent.run.clone();
    let undo = world.engine.core().preview_undo(&run).await.expect("a plan");
    assert_eq!(undo.after, Setting::Switch(true));
    world.engine.fire(World::confirm(undo));
    match world.news().await {
        Event::Refused { why, .. } => assert!(why.contains("wait 10 s"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.store.writes().len(), 1);
}

#[tokio::test]
async fn a_second_session_on_the_journal_sees_whose_containment_it_is() {
    let mut first = world(Mode::Act, Script::default()).await;
    let file = first.home.path().join("test.db");
    let home = tempfile::tempdir().expect("a temporary directory");
    let contained = Script { starts_as: Some(Setting::Switch(false)), ..Script::default() };
    let second = world_on(Mode::Act, contained, &file, home).await;
    let mut views = second.engine.views();
    let plan = first.plan().await;
    first.engine.fire(World::confirm(plan));
    first.until(RunState::Verified).await;
    assert!(second.engine.core().book.journal().poll_foreign().await, "the other session wrote");
    let ours = views.wait_for(|view| {
        let held = view.as_ref().and_then(|view| view.snapshot.containments.first().cloned());
        held.is_some_and(|held| held.state == Some(RunState::Verified) && held.review_by.is_some())
    });
    tokio::time::timeout(Duration::from_secs(20), ours).await.expect("in time").expect("an engine");
}

#[tokio::test]
async fn a_run_that_a_dead_process_left_open_is_taken_up_and_reconciled() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let file = home.path().join("test.db");
    let first = world_on(Mode::Act, Script { hang: true, takes_effect: true, ..Script::default() }, &file, home).await;
    let plan = first.plan().await;
    first.engine.fire(World::confirm(plan));
    first.store.wait_for_write().await;
    let home = first.home;
    drop(first.engine);
    let script = Script { starts_as: Some(Setting::Switch(false)), ..Script::default() };
    let mut second = world_on(Mode::Act, script, &file, home).await;
    second.until(RunState::Unknown).await;
    second.until(RunState::ReadBack).await;
    assert!(second.store.writes().is_empty(), "recovery reads, it never sends");
}
