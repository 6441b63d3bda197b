//! The journal is away: containment goes out and is told where it stands, nothing is released, nothing is lost or doubled.

use std::path::{Path, PathBuf};

use super::*;
use crate::domain::action::Direction;
use crate::domain::entry::Entry;
use crate::domain::run::RunMove;
#[cfg(feature = "postgres")]
use crate::journal::Team;
use crate::journal::{Options, Place, verify};

/// A containment of one lever, and a release of another. The scripted store holds both as one.
fn config() -> String {
    let release = "[lever.tools]\nfrom = \"flags\"\nflag = \"tools\"\nnormal = \"on\"\ncontained = \"off\"\n\
                   [action.tools-back]\nkind = \"kill_feature\"\ntitle = \"Tools back\"\nlever = \"tools\"\nto = \"on\"\n";
    format!("{CONFIG}{release}")
}

/// A cockpit whose journal and spools live there. Patient: the machine may be busy.
async fn cockpit(file: PathBuf, spools: Vec<PathBuf>, home: tempfile::TempDir) -> World {
    let writer = Writer { who: "ana".into(), host: "test".into() };
    let mut options = Options::in_own_dir(file, writer, clock::now);
    options.patience.open = Duration::from_secs(20);
    cockpit_on(options, spools, home).await
}

async fn cockpit_on(mut options: Options, spools: Vec<PathBuf>, home: tempfile::TempDir) -> World {
    options.spools = spools;
    options.patience.store = Duration::from_secs(20);
    options.patience.reopen = Duration::from_millis(20);
    world_in(&config(), Mode::Act, Script::default(), Journal::open_with(options).await, home)
}

impl World {
    fn place(&self) -> Place {
        self.engine.core().book.journal().place()
    }

    async fn contain(&mut self) {
        let plan = self.plan().await;
        self.engine.fire(World::confirm(plan));
        self.until(RunState::Verified).await;
        assert_eq!(self.store.writes(), [Setting::Switch(false)], "it went out, once");
    }

    /// Why a release did not go out.
    async fn is_refused_a_release(&mut self) -> String {
        let plan = self.engine.core().preview(&"tools-back".parse().expect("id")).await.expect("a plan");
        assert_eq!(plan.direction, Direction::Release);
        let answer = Answer {
            digest: plan.digest.clone(),
            typed: Some("override test the journal is away".to_owned()),
            read: true,
            approved_by: None,
            by: "ana".into(),
        };
        self.engine.fire(Confirmed::confirm(plan, &answer, clock::now()).expect("confirmed"));
        let why = loop {
            match self.news().await {
                Event::Refused { why, .. } => break why,
                Event::Run(news) if news.action.as_str() == "kill-assistant" => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(self.store.writes().len(), 1, "nothing was released");
        why
    }

    async fn until_stored(&self) {
        let journal = self.engine.core().book.journal();
        let mut changes = journal.subscribe();
        let back = async {
            while journal.place() != Place::Stored {
                changes.changed().await.expect("the journal lives");
            }
        };
        tokio::time::timeout(Duration::from_mins(1), back).await.expect("it comes back");
    }
}

/// Every step of the one run, once and in order; refusals are on record too.
async fn tells_the_whole_story_once(entries: &[Entry], file: &Path) {
    let intents = entries.iter().filter(|entry| matches!(entry.what, Happening::Intended(_))).count();
    let moves = entries.iter().filter_map(|entry| match &entry.what {
        Happening::RunMoved { by, .. } => Some(*by),
        _ => None,
    });
    let moves: Vec<RunMove> = moves.filter(|by| *by != RunMove::Send).collect();
    assert_eq!(intents, 1, "{entries:?}");
    assert_eq!(moves, [RunMove::Acknowledge, RunMove::SeeStored, RunMove::SeeEffect], "{entries:?}");
    assert!(entries.iter().any(|entry| matches!(entry.what, Happening::Refused { .. })), "{entries:?}");
    // What is written between an import and the next look at the store comes with another one.
    let imported = |entry: &Entry| if let Happening::Imported { count, .. } = entry.what { count } else { 0 };
    assert!(entries.iter().any(|entry| imported(entry) > 0), "{entries:?}");
    assert_eq!(verify(file).await.expect("readable").broken, None);
}

#[tokio::test]
async fn with_a_home_that_cannot_be_written_a_containment_goes_out_through_the_spool_and_is_imported_exactly() {
    let home = tempfile::tempdir().expect("a directory");
    // Root writes into read-only directories too; into a file nobody can put a file.
    let blocked = home.path().join("state");
    std::fs::write(&blocked, "a file where a directory should be").expect("written");
    let (file, spool) = (blocked.join("bot.db"), home.path().join("run"));
    let mut ana = cockpit(file.clone(), vec![blocked.join("spool"), spool.clone()], home).await;
    ana.contain().await;
    let why = ana.is_refused_a_release().await;
    assert!(why.contains("releasing waits until it is back"), "{why}");
    match ana.place() {
        Place::Spooling { file: Some(file), .. } => {
            assert!(file.starts_with(&spool), "the next place took over: {file:?}");
        }
        other => panic!("{other:?}"),
    }

    std::fs::remove_file(&blocked).expect("free again");
    ana.until_stored().await;
    let entries = ana.engine.core().book.account().await.entries;
    tells_the_whole_story_once(&entries, &file).await;
    ana.engine.core().book.journal().close().await;
    // The next start finds the same, and has nothing left to import.
    let ben = cockpit(file, vec![spool], ana.home).await;
    assert_eq!(ben.engine.core().book.account().await.entries, entries);
}

#[tokio::test]
async fn with_the_spool_away_too_a_containment_is_unlogged_releases_are_refused_and_nothing_is_lost_while_it_lives() {
    let home = tempfile::tempdir().expect("a directory");
    let blocked = home.path().join("state");
    std::fs::write(&blocked, "a file where a directory should be").expect("written");
    let file = blocked.join("bot.db");
    let mut ana = cockpit(file.clone(), vec![blocked.join("spool")], home).await;
    ana.contain().await;
    assert!(matches!(ana.place(), Place::Unlogged { count: 4.., .. }), "{:?}", ana.place());
    let why = ana.is_refused_a_release().await;
    assert!(why.contains("the journal cannot be written") && why.contains("releasing waits"), "{why}");
    let mut views = ana.engine.views();
    let told = views.wait_for(|view| {
        let held = view.iter().flat_map(|view| &view.snapshot.containments);
        held.filter(|held| held.lever.as_str() == "assistant").any(|held| held.run.is_some())
    });
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("what only memory knows is shown").expect("lives");

    std::fs::remove_file(&blocked).expect("free again");
    ana.until_stored().await;
    tells_the_whole_story_once(&ana.engine.core().book.account().await.entries, &file).await;
}

/// A team's database that nobody reaches: a socket that is not there, and a server that accepts and never answers.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn with_a_team_s_database_and_the_spool_away_containment_goes_out_unlogged_and_the_spool_takes_it_over_later() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = format!("postgres://oncall@127.0.0.1:{}/ops", silent.local_addr().expect("bound").port());
    for url in ["postgres://oncall@localhost/ops?host=/nonexistent/breakglass", &silent] {
        let home = tempfile::tempdir().expect("a directory");
        let blocked = home.path().join("state");
        std::fs::write(&blocked, "a file where a directory should be").expect("written");
        let team = Team { url: url.to_owned(), stream: "support-bot/test".into(), password: None };
        let writer = Writer { who: "ana".into(), host: "test".into() };
        let spool = blocked.join("spool");
        let mut options = Options::shared(team, spool.clone(), writer, clock::now);
        options.patience.open = Duration::from_millis(50);
        let mut ana = cockpit_on(options, vec![spool.clone()], home).await;
        ana.contain().await;
        assert!(matches!(ana.place(), Place::Unlogged { count: 4.., .. }), "{url}: {:?}", ana.place());
        let why = ana.is_refused_a_release().await;
        assert!(why.contains("the journal cannot be written") && why.contains("releasing waits"), "{url}: {why}");

        std::fs::remove_file(&blocked).expect("free again");
        let core = ana.engine.core();
        core.book.record(Happening::Note { text: "there is room again".into() }).await;
        let Place::Spooling { file: Some(file), count, .. } = ana.place() else { panic!("{url}: {:?}", ana.place()) };
        assert!(file.starts_with(&spool), "{file:?}");
        let spooled = std::fs::read_dir(&spool).expect("a spool").filter_map(Result::ok);
        let lines: usize =
            spooled.map(|entry| std::fs::read_to_string(entry.path()).expect("text").lines().count()).sum();
        assert_eq!(lines, count, "{url}: everything that only memory held is on disk, once");
        let intents =
            core.book.account().await.entries.iter().filter(|e| matches!(e.what, Happening::Intended(_))).count();
        assert_eq!(intents, 1, "{url}");
    }
}
