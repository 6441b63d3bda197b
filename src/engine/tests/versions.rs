//! The version snapshot before an incident's first change: in time, with its gaps named, and first.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::scripted::{Script, Scripted};
use super::{CONFIG, World};
use crate::adapters::{Adapter, Documents};
use crate::clock;
use crate::config;
use crate::domain::cause::Fault;
use crate::domain::entry::Happening;
use crate::domain::permit::Mode;
use crate::domain::run::RunState;
use crate::domain::version::{Found, Part, VersionSnapshot, WITHIN};
use crate::engine::versions::{Asked, take};
use crate::engine::{Book, Engine};
use crate::journal::{Journal, Writer};

const PARTS: &str = r#"
[endpoint.build]
vendor = "http"
url = "http://127.0.0.1:9"
[endpoint.dead]
vendor = "http"
url = "http://127.0.0.1:9"
[version.model]
from = "build"
path = "/versions"
pointer = "/model"
[version.tools]
from = "build"
path = "/versions"
pointer = "/tools"
[version.index]
from = "dead"
path = "/index"
pointer = "/version"
[version.flag]
part = "guardrails"
lever = "assistant"
"#;

/// Answers at once, or never.
struct Shelf {
    answers: bool,
    asked: AtomicUsize,
}

#[async_trait]
impl Documents for Shelf {
    async fn document(&self, _path: &str) -> Result<Value, Fault> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.answers {
            return Ok(json!({ "model": "northwind-7", "tools": ["refund", "order"] }));
        }
        std::future::pending().await
    }
}

struct Stores {
    adapters: BTreeMap<crate::domain::ids::EndpointId, Adapter>,
    build: Arc<Shelf>,
}

fn stores() -> Stores {
    let shelf = |answers| Arc::new(Shelf { answers, asked: AtomicUsize::new(0) });
    let (build, dead) = (shelf(true), shelf(false));
    let documents = |shelf: &Arc<Shelf>| Adapter { documents: Some(Arc::clone(shelf) as _), ..Adapter::default() };
    let store = Arc::new(Scripted::new(Script::default()));
    let flags = Adapter { levers: Some(store as _), ..Adapter::default() };
    let adapters = [("build", documents(&build)), ("dead", documents(&dead)), ("flags", flags)];
    Stores { adapters: adapters.map(|(id, adapter)| (id.parse().expect("id"), adapter)).into(), build }
}

fn loaded() -> config::Config {
    config::load_text("test", &format!("{CONFIG}{PARTS}")).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn gap(taken: &VersionSnapshot, part: Part) -> &str {
    let line = taken.lines.iter().find(|line| line.part == part).expect("a line");
    match &line.found {
        Found::Gap { cause } => cause,
        known @ Found::Known { .. } => panic!("{known:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_hangs_costs_two_seconds_and_no_more_and_is_a_gap_by_name() {
    let (config, stores) = (loaded(), stores());
    let asked = Asked {
        sources: &config.catalogue.versions,
        adapters: &stores.adapters,
        levers: &config.catalogue.levers,
        feeds: &config.feeds,
    };
    let began = tokio::time::Instant::now();
    let taken = take(&asked).await;
    let took = began.elapsed();
    assert!(took <= WITHIN + Duration::from_millis(2), "{took:?}");
    assert_eq!(gap(&taken, Part::Index), "timed out after 2 s");
    assert_eq!(gap(&taken, Part::EvalSet), "nothing configured that tells it");
    let value = |part| {
        let line = taken.lines.iter().find(|line| line.part == part).expect("a line");
        if let Found::Known { value, .. } = &line.found { value.clone() } else { panic!("{line:?}") }
    };
    assert_eq!(value(Part::Model), "northwind-7");
    assert_eq!(value(Part::Tools), "2 entries");
    assert_eq!(value(Part::Guardrails), "on");
    assert_eq!(stores.build.asked.load(Ordering::SeqCst), 1, "two parts of one document are one request");
}

#[tokio::test]
async fn the_first_change_of_an_incident_follows_its_snapshot_and_goes_out_although_a_part_hangs() {
    let mut config = loaded();
    config.catalogue.mode = Mode::Act;
    let store = Arc::new(Scripted::new(Script::default()));
    let mut adapters = stores().adapters;
    adapters
        .insert("flags".parse().expect("id"), Adapter { levers: Some(Arc::clone(&store) as _), ..Adapter::default() });
    let home = tempfile::tempdir().expect("a temporary directory");
    let writer = Writer { who: "ana".into(), host: "test".into() };
    let book = Book::new(Journal::open(home.path().join("test.db"), writer, clock::now).await);
    let (engine, events) = Engine::start(config, adapters, book);
    let mut world = World { engine, events, store, home };
    let plan = world.plan().await;
    let asked_at = clock::since_boot();
    let ahead = plan.checks.iter().find(|check| check.name == "version snapshot").expect("a line of the preview");
    assert!(ahead.why.contains("within 2 s"), "{ahead:?}");
    world.engine.fire(World::confirm(plan));
    world.store.wait_for_write().await;
    let waited = clock::since_boot().saturating_sub(asked_at);
    assert!(waited < WITHIN * 2, "the change waited {waited:?}");
    world.until(RunState::Verified).await;

    let account = world.engine.core().book.account().await;
    let place = |wanted: fn(&Happening) -> bool| account.entries.iter().position(|entry| wanted(&entry.what));
    let taken = place(|what| matches!(what, Happening::VersionsTaken(_))).expect("a snapshot");
    let intended = place(|what| matches!(what, Happening::Intended(_))).expect("an intent");
    assert!(taken < intended, "evidence precedes the change");
    let then = account.ledger.versions_then().expect("of the open incident");
    assert_eq!(gap(then, Part::Index), "timed out after 2 s");
    let entry = account.entries.get(taken).expect("the entry");
    assert!(entry.incident.is_some() && entry.who == "breakglass", "{entry:?}");

    let again = world.engine.core().preview_undo(&account.ledger.undoable().expect("a run").intent.run).await;
    let lines = again.expect("a plan").checks;
    assert!(!lines.iter().any(|check| check.name == "version snapshot"), "only the first change: {lines:?}");
}
