//! Runbooks that are written while the engine runs: taken up, kept when broken, and none of it holds anything else up.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;

use super::super::{Book, Engine, Event};
use crate::clock;
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
    let config = config::load_before_runbooks(&home.path().join("bot.toml")).unwrap_or_else(|p| panic!("{p}"));
    assert!(config.catalogue.runbooks.is_empty(), "the first frame waits for no runbook");
    let writer = Writer { who: "ana".into(), host: "test".into() };
    let book = Book::new(Journal::open(home.path().join("test.db"), writer, clock::now).await);
    let (mut engine, events) = Engine::start(config, BTreeMap::new(), book);
    engine.keep_books();
    Library { engine, events, home }
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
