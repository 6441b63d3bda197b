//! Runbooks that are written while the engine runs: taken up, kept when broken, and none of it holds anything else up.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::super::{Book, Engine, Event, FirstLoad};
use crate::clock;
use crate::clock::simulated::{Hands, put_on};
use crate::config;
use crate::domain::catalogue::Catalogue;
use crate::journal::{Journal, Writer};

const CONFIG: &str = "schema = 1\nrunbooks = [\"books\"]\n[service]\nname = \"bot\"\nenvironment = \"test\"\n";
const RUNBOOK: &str = include_str!("../../../tests/fixtures/runbooks/valid/slow-search.toml");

struct Library {
    engine: Engine,
    events: mpsc::Receiver<Event>,
    home: tempfile::TempDir,
}

/// An engine on a directory with one runbook in version 3.
async fn library() -> Library {
    let home = tempfile::tempdir().expect("directory");
    std::fs::create_dir(home.path().join("books")).expect("directory");
    std::fs::write(home.path().join("bot.toml"), CONFIG).expect("written");
    put(home.path(), RUNBOOK);
    start(home).await
}

async fn start(home: tempfile::TempDir) -> Library {
    let config = config(home.path());
    assert!(config.catalogue.runbooks.is_empty(), "the first frame waits for no runbook");
    let writer = Writer { who: "ana".into(), host: "test".into() };
    let book = Book::new(Journal::open(home.path().join("test.db"), writer, clock::now).await);
    let first = FirstLoad::begin(&config.bookcases);
    let (mut engine, events) = Engine::start(config, BTreeMap::new(), book);
    engine.keep_books(first);
    Library { engine, events, home }
}

fn config(home: &Path) -> config::Config {
    let file = home.join("bot.toml");
    let mut config = config::load_before_runbooks(&file).unwrap_or_else(|p| panic!("{p}"));
    config.bookcases.keep_in(&home.join("cache"), &file);
    config
}

/// Writes as editors do: a new file in the place of the old one.
fn put(home: &Path, text: &str) {
    std::fs::write(home.join("books/.slow.toml.new"), text).expect("written");
    std::fs::rename(home.join("books/.slow.toml.new"), home.join("books/slow.toml")).expect("renamed");
}

impl Library {
    /// The next catalogue and what is said of it.
    async fn next(&mut self) -> (std::sync::Arc<Catalogue>, String) {
        loop {
            let event = tokio::time::timeout(Duration::from_mins(1), self.events.recv()).await;
            if let Event::Runbooks { catalogue, words } = event.expect("in time").expect("an engine") {
                return (catalogue, words.join("\n"));
            }
        }
    }
}

fn version(catalogue: &Catalogue) -> Option<u32> {
    catalogue.runbooks.get("slow-search").map(|book| book.version)
}

#[tokio::test]
async fn an_edited_runbook_is_taken_up_and_a_broken_edit_leaves_the_version_before_in_use() {
    let mut library = library().await;
    match library.events.recv().await {
        Some(Event::LoadingRunbooks(count)) => assert_eq!(count, 22, "the shipped ones and one of the team"),
        other => panic!("{other:?}"),
    }
    let (catalogue, words) = library.next().await;
    assert_eq!((version(&catalogue), words.as_str(), catalogue.runbooks.len()), (Some(3), "", 22));

    put(library.home.path(), &RUNBOOK.replace("version = 3", "version = 4"));
    let (catalogue, words) = library.next().await;
    assert_eq!(version(&catalogue), Some(4));
    assert!(words.contains("runbook slow-search: version 4 is in use now, before 3"), "{words}");

    put(library.home.path(), &RUNBOOK.replace("start = \"store\"", "start = \"stroe\""));
    let (catalogue, words) = library.next().await;
    assert_eq!((version(&catalogue), catalogue.broken.len()), (Some(4), 1));
    assert!(words.contains("slow.toml is broken; version 4 stays in use"), "{words}");
    assert!(catalogue.broken[0].problems[0].contains("no step is named `stroe`"), "{:?}", catalogue.broken);

    put(library.home.path(), &RUNBOOK.replace("version = 3", "version = 5"));
    let (catalogue, _) = library.next().await;
    assert_eq!((version(&catalogue), catalogue.broken.len()), (Some(5), 0));

    std::fs::remove_file(library.home.path().join("books/slow.toml")).expect("removed");
    let (catalogue, words) = library.next().await;
    assert_eq!((version(&catalogue), words.as_str()), (None, "runbook slow-search is gone"));
}

#[tokio::test]
async fn a_new_picture_is_judged_by_the_runbooks_as_they_are_now() {
    let mut library = library().await;
    let (catalogue, _) = library.next().await;
    assert!(catalogue.runbooks.contains_key("leak"));
    let view = library.engine.core().view().expect("a picture before anybody hears of them");
    assert!(std::sync::Arc::ptr_eq(&view.catalogue, &catalogue), "the picture is older than the runbooks");
    let known = |library: &Library| library.engine.core().catalogue.borrow().runbooks.len();
    assert_eq!(known(&library), 22);
    std::fs::write(library.home.path().join("books/two.toml"), RUNBOOK.replace("slow-search", "slow-two"))
        .expect("written");
    let (catalogue, words) = library.next().await;
    assert!(words.contains("runbook slow-two is new"), "{words}");
    assert_eq!((catalogue.runbooks.len(), known(&library)), (23, 23));
    let mut views = library.engine.views();
    let seen = views.wait_for(Option::is_some).await.expect("a view").clone();
    assert!(seen.is_some());
}

#[tokio::test]
async fn a_directory_that_is_gone_is_said_and_takes_no_runbook_away() {
    let mut library = library().await;
    library.next().await;
    std::fs::rename(library.home.path().join("books"), library.home.path().join("away")).expect("renamed");
    let (catalogue, words) = library.next().await;
    assert!(words.contains("slow.toml cannot be reached; version 3 stays in use"), "{words}");
    assert_eq!(version(&catalogue), Some(3), "a share that is not mounted takes nothing away: {words}");
    assert_eq!(catalogue.broken.len(), 1);
}

/// A clock that is a minute ahead: what was written just now has been there for long.
struct Ahead;

impl Hands for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(0).expect("a time")
            + std::time::UNIX_EPOCH.elapsed().expect("after 1970")
            + Duration::from_mins(1)
    }

    fn since_boot(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
    }

    fn chance(&self) -> [u8; 10] {
        [fastrand::u8(..); 10]
    }
}

#[tokio::test]
async fn the_second_start_takes_what_the_first_has_kept_and_goes_on_taking_up_edits() {
    let _ahead = put_on(Rc::new(Ahead));
    let mut first = library().await;
    let (catalogue, _) = first.next().await;
    let cases = config(first.home.path()).bookcases;
    // Only what is kept has no file to be read from: a runbook that nobody wrote shows who was asked.
    let is_kept = || cases.open(&cases.stamp(), clock::now()).1.is_none();
    while !is_kept() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut runbooks = catalogue.runbooks.clone();
    let mut planted = runbooks["leak"].as_ref().clone();
    planted.title = "Planted".into();
    runbooks.insert(planted.id.clone(), std::sync::Arc::new(planted));
    std::fs::remove_dir_all(first.home.path().join("cache")).expect("removed");
    let keep = cases.open(&cases.stamp(), clock::now()).1.expect("something to keep");
    keep.write(&config::Loaded { runbooks, broken: Vec::new() }).expect("kept");

    let mut second = start(first.home).await;
    let (catalogue, words) = second.next().await;
    assert_eq!(
        (catalogue.runbooks["leak"].title.as_str(), version(&catalogue), words.as_str()),
        ("Planted", Some(3), "")
    );
    put(second.home.path(), &RUNBOOK.replace("version = 3", "version = 4"));
    let (catalogue, words) = second.next().await;
    assert_eq!(version(&catalogue), Some(4), "{words}");
    assert_ne!(catalogue.runbooks["leak"].title, "Planted", "an edit is read with everything beside it");
}
