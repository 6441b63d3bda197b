//! What the journal's tests share: a fixed clock, patient options, and an intent to work with.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::action::{ActionKind, Direction};
use crate::domain::entry::{Entry, Happening, Intent};
use crate::domain::lever::{LeverReading, Revision, Setting};
use crate::domain::plan::{Plan, Purpose};
use crate::journal::{Journal, Options, Patience, Writer};

/// The instant of every entry in these tests.
pub(super) fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().expect("a timestamp")
}

/// Options that wait long (the machine may be busy), and spool nowhere but beside the file.
pub(super) fn options(file: &Path) -> Options {
    let writer = Writer { who: "ana".into(), host: "bastion".into() };
    let mut options = Options::new(file.to_owned(), writer, noon);
    options.spools.truncate(1);
    options.patience = Patience {
        store: Duration::from_secs(20),
        spool: Duration::from_secs(20),
        open: Duration::from_secs(20),
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
