//! What the journal's tests share, also those on a real PostgreSQL (`tests/real`): a fixed clock, patience, an intent to
//! work with, and a way to wait. Names everything by way of its parent, which knows the crate by one name or the other.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::breakglass::clock;
use super::breakglass::domain::action::{ActionKind, Direction};
use super::breakglass::domain::entry::{Entry, Happening, Intent};
use super::breakglass::domain::lever::{LeverReading, Revision, Setting};
use super::breakglass::domain::plan::{Plan, Purpose};
use super::breakglass::journal::{Journal, Options, Patience, Place, Writer};

/// The instant of every entry in these tests.
pub(super) fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().expect("a timestamp")
}

/// A person at a laptop.
pub(super) fn writer(who: &str) -> Writer {
    Writer { who: who.to_owned(), host: format!("{who}s-laptop") }
}

/// Options that wait long (the machine may be busy), and spool nowhere but beside the file.
pub(super) fn options(file: &Path) -> Options {
    let writer = writer("ana");
    let mut options = Options::in_own_dir(file.to_owned(), writer, noon);
    options.spools.truncate(1);
    options.patience = Patience {
        store: Duration::from_secs(20),
        containment: Duration::from_secs(20),
        spool: Duration::from_secs(20),
        open: Duration::from_secs(20),
        attempt: Duration::from_mins(1),
        reopen: Duration::from_millis(20),
        news: Duration::from_hours(1),
    };
    options
}

/// Opens with these options.
pub(super) async fn open(file: &Path) -> Journal {
    Journal::open_with(options(file)).await
}

/// A containment of `lever` by `run`.
pub(super) fn intent(run: &str, lever: &str) -> Intent {
    let prior = LeverReading {
        setting: Setting::Switch(true),
        revision: Revision::Strong("7".into()),
        raw: "{}".into(),
        read_at: noon(),
        set_by: None,
        set_at: None,
    };
    let lever = lever.parse().expect("a lever");
    let after = Setting::Switch(false);
    Intent {
        run: run.parse().expect("a run"),
        action: "kill".parse().expect("an action"),
        action_kind: ActionKind::KillFeature,
        title: "Kill switch".into(),
        purpose: Purpose::Action,
        direction: Direction::Contain,
        digest: Plan::digest_of("prod", &lever, &prior, &after, &[]),
        lever,
        prior,
        after,
        requests: Vec::new(),
        deadline_ms: 3_000,
        review_by: None,
        bad_before: Vec::new(),
        failing: Vec::new(),
        showed: Vec::new(),
        shown_before: false,
        stage: None,
    }
}

/// A note.
pub(super) fn note(text: &str) -> Happening {
    Happening::Note { text: text.into() }
}

/// The texts of the notes among some entries.
pub(super) fn notes(entries: &[Entry]) -> Vec<String> {
    let text = |entry: &Entry| match &entry.what {
        Happening::Note { text } => Some(text.clone()),
        _ => None,
    };
    entries.iter().filter_map(text).collect()
}

/// Waits for what the journal says by itself, without asking it. Answers how long it took.
pub(super) async fn until(journal: &Journal, what: &str, holds: impl Fn(&Journal) -> bool) -> Duration {
    let began = clock::since_boot();
    let waited = || clock::since_boot().saturating_sub(began);
    let mut changes = journal.subscribe();
    while !holds(journal) {
        let left = Duration::from_mins(1).checked_sub(waited());
        let heard = tokio::time::timeout(left.unwrap_or_default(), changes.changed()).await;
        heard.unwrap_or_else(|_| panic!("{what}: {:?}", journal.place())).expect("the journal lives");
    }
    waited()
}

/// Waits until entries are stored.
pub(super) async fn until_stored(journal: &Journal) {
    until(journal, "is back", |journal| journal.place() == Place::Stored).await;
}
