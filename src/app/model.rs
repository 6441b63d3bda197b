//! Everything the screens know. Plain data; [`super::update()`] alone changes it, `ui::view` only reads it.
//! May not hold clocks, tasks or handles.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::command::Context;
use super::dialog::Dialog;
use super::keymap::Keymap;
use super::main::MainScreen;
use super::messages::Messages;
use super::msg::JournalPlace;
use super::samples::Loaded;
use super::screen::{Screen, Stack};
use super::viewport::Viewport;
use crate::domain::action::ActionSpec;
use crate::domain::approval::Person;
use crate::domain::catalogue::Catalogue;
use crate::domain::doubt;
use crate::domain::entry::Entry;
use crate::domain::ids::{ActionId, IncidentId, SamplesId, SymptomId};
use crate::domain::incident::Ledger;
use crate::domain::observations::Readiness;
use crate::domain::permit::Mode;
use crate::domain::run::RunNews;
use crate::domain::runbook::Runbook;
use crate::domain::snapshot::Snapshot;
use crate::domain::version::VersionSnapshot;
use crate::domain::walk::Walk;

/// How a session begins.
#[derive(Debug, Clone)]
pub struct Options {
    /// Who sits here: the operating system's user name.
    pub who: String,
    /// The same with host and configured name: two people are told apart by this.
    pub me: Person,
    /// What this session may do at first.
    pub mode: Mode,
    /// Every binding.
    pub keymap: Keymap,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Our clock.
    pub now: Timestamp,
    /// False if no config was found: the welcome screen is shown.
    pub configured: bool,
    /// False if the session was started read-only on purpose: then typing the environment does not lift it.
    pub liftable: bool,
}

/// Everything the screens know.
#[derive(Debug, Clone)]
pub struct Model {
    /// What can be seen, asked and done.
    pub catalogue: Arc<Catalogue>,
    /// Every binding.
    pub keymap: Keymap,
    /// Who sits here.
    pub who: String,
    /// The same with host and configured name.
    pub me: Person,
    /// What this session may do.
    pub mode: Mode,
    /// Whether a person may lift read-only in this session.
    pub liftable: bool,
    /// When this session began.
    pub started_at: Timestamp,
    /// Our clock, as of the newest message that carried it.
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The newest picture; `None` until the first one.
    pub snapshot: Option<Arc<Snapshot>>,
    /// What the journal adds up to.
    pub ledger: Arc<Ledger>,
    /// Journal entries, oldest first.
    pub entries: Arc<[Entry]>,
    /// Where entries go.
    pub journal: JournalPlace,
    /// What the product was made of when that was last asked in this session.
    pub versions_now: Option<Arc<VersionSnapshot>>,
    /// News of runs in this session, oldest first.
    pub news: Vec<RunNews>,
    /// Screens.
    pub screens: Stack,
    /// What is over the screen and has the keys.
    pub dialog: Option<Dialog>,
    /// State of the main screen, kept while others are over it.
    pub main: MainScreen,
    /// Walks of this session and those taken up from the journal, by runbook. Leaving keeps the place.
    pub walks: BTreeMap<SymptomId, Walk>,
    /// The symptom that leads, or led last before the open incident was contained.
    pub(super) led: Option<SymptomId>,
    /// The incident that walks belong to; `None` while none was open.
    pub(super) walked_in: Option<IncidentId>,
    /// The versions of runbooks that walks began with.
    pub pinned: BTreeMap<SymptomId, Arc<Runbook>>,
    /// How many runbook files are being loaded, until they are there.
    pub loading: Option<usize>,
    /// Samples that were read in this session, by source.
    pub samples: BTreeMap<SamplesId, Loaded>,
    /// What was called what and is not in the journal yet.
    pub tags: BTreeMap<(SamplesId, String), Option<String>>,
    /// Messages of this session.
    pub messages: Messages,
    /// Only rows that contain this text are listed; empty = all.
    pub filter: String,
    /// Whether this session has said what was in force before it.
    pub(super) greeted: bool,
    pub(super) viewport: Viewport,
}

impl Model {
    /// A model before the first picture.
    #[must_use]
    pub fn new(catalogue: Arc<Catalogue>, options: Options) -> Self {
        let first = if options.configured { Screen::Main } else { Screen::Welcome };
        Self {
            catalogue,
            keymap: options.keymap,
            who: options.who,
            me: options.me,
            mode: options.mode,
            liftable: options.liftable,
            started_at: options.now,
            now: options.now,
            size: options.size,
            snapshot: None,
            ledger: Arc::new(Ledger::default()),
            entries: Arc::from([]),
            journal: JournalPlace::default(),
            versions_now: None,
            news: Vec::new(),
            screens: Stack::new(first),
            dialog: None,
            main: MainScreen::default(),
            walks: BTreeMap::new(),
            led: None,
            walked_in: None,
            pinned: BTreeMap::new(),
            loading: None,
            samples: BTreeMap::new(),
            tags: BTreeMap::new(),
            messages: Messages::default(),
            filter: String::new(),
            greeted: false,
            viewport: Viewport::default(),
        }
    }

    /// Takes what the last frame really showed. `at` is our clock right after that frame was written: a confirm dialog
    /// counts its 400 ms, and what was read, from here.
    pub fn viewed(&mut self, viewport: Viewport, at: Timestamp) {
        if let Some(Dialog::Confirm(confirm)) = &mut self.dialog {
            match &viewport.dialog {
                Some(shown) => confirm.viewed(shown, at),
                None => confirm.unseen(),
            }
        }
        self.viewport = viewport;
    }

    /// What the last frame showed.
    #[must_use]
    pub const fn viewport(&self) -> &Viewport {
        &self.viewport
    }

    /// Which bindings hold now.
    #[must_use]
    pub fn context(&self) -> Context {
        self.dialog.as_ref().map_or_else(|| self.screens.top().context(), Dialog::context)
    }

    /// Readiness of an action, if the picture knows it.
    #[must_use]
    pub fn readiness(&self, action: &ActionId) -> Option<&Readiness> {
        self.snapshot.as_ref()?.readiness.iter().find(|readiness| readiness.action == *action)
    }

    /// What the runbook of the likeliest cause says against this action, if it does.
    #[must_use]
    pub fn forbidden(&self, action: &ActionSpec) -> Option<String> {
        doubt::forbidden(&self.catalogue, action.kind, self.snapshot.as_ref()?)
    }

    /// Actions in the order shown: what the leading symptom offers first, then the rest in file order; what its runbook
    /// forbids comes last.
    #[must_use]
    pub fn actions(&self) -> Vec<&ActionSpec> {
        let offered: Vec<_> = self
            .snapshot
            .iter()
            .filter_map(|snapshot| snapshot.triage.symptoms.first())
            .flat_map(|symptom| symptom.actions.iter().copied())
            .collect();
        let mut actions: Vec<&ActionSpec> = self.catalogue.actions.iter().collect();
        actions.sort_by_cached_key(|action| {
            let place = offered.iter().position(|kind| *kind == action.kind).unwrap_or(usize::MAX);
            (self.forbidden(action).is_some(), place)
        });
        actions
    }

    /// True if the text passes the filter.
    #[must_use]
    pub fn passes(&self, text: &str) -> bool {
        self.filter.is_empty() || text.to_lowercase().contains(&self.filter.to_lowercase())
    }

    /// Puts a dialog over the screen; a message about what came before it leaves the footer.
    pub(super) fn ask(&mut self, dialog: Dialog) {
        self.messages.hush();
        self.dialog = Some(dialog);
    }

    /// Puts a line into the message log and the footer.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.messages.say(self.now, text);
    }
}
