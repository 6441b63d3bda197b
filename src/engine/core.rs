//! What all parts of the engine share: catalogue, adapters, book, session mode, published views.
//! May not decide anything: it only holds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::board::Update;
use super::versions::Versions;
use super::{Book, Event, View};
use crate::adapters::{Adapter, Levers};
use crate::clock;
use crate::config::Config;
use crate::domain::approval::Person;
use crate::domain::catalogue::Catalogue;
use crate::domain::ids::{EndpointId, LeverId, RunId};
use crate::domain::lever::LeverSpec;
use crate::domain::permit::{Gate, Mode};
use crate::domain::plan::{Check, Plan};
use crate::domain::unchanged::Seen;
use crate::journal::Place;

/// Shared by the engine's tasks.
pub struct Core {
    /// The loaded config.
    pub config: Config,
    /// One adapter per endpoint.
    pub adapters: BTreeMap<EndpointId, Adapter>,
    /// Journal and ledger.
    pub book: Book,
    /// The catalogue with the runbooks as they are now.
    pub(super) catalogue: watch::Sender<Arc<Catalogue>>,
    /// Newest view.
    pub views: Arc<watch::Sender<Option<View>>>,
    pub(super) updates: mpsc::Sender<Update>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) refresh: watch::Sender<u64>,
    pub(super) probes: Mutex<BTreeMap<LeverId, Vec<Check>>>,
    pub(super) seen: Mutex<BTreeMap<LeverId, Vec<Seen>>>,
    pub(super) running: watch::Sender<usize>,
    /// Releases that are on their way back to the contained setting: no next start takes that up.
    pub(super) coming_back: watch::Sender<usize>,
    pub(super) versions: Versions,
    /// Held while a run is looked at and moved: two tasks of one process never move it twice.
    pub(super) moving: tokio::sync::Mutex<()>,
    mode: Mutex<Mode>,
    refreshed_at: Mutex<Duration>,
}

/// A refresh within this time of the last one does nothing.
const REFRESH_PAUSE: Duration = Duration::from_secs(2);

impl Core {
    pub(super) fn new(
        config: Config,
        adapters: BTreeMap<EndpointId, Adapter>,
        book: Book,
        updates: mpsc::Sender<Update>,
        events: mpsc::Sender<Event>,
    ) -> Self {
        Self {
            moving: tokio::sync::Mutex::default(),
            mode: Mutex::new(config.catalogue.mode),
            catalogue: watch::channel(Arc::new(config.catalogue.clone())).0,
            config,
            adapters,
            book,
            views: Arc::new(watch::channel(None).0),
            updates,
            events,
            refresh: watch::channel(0).0,
            probes: Mutex::default(),
            seen: Mutex::default(),
            running: watch::channel(0).0,
            coming_back: watch::channel(0).0,
            versions: Versions::default(),
            refreshed_at: Mutex::default(),
        }
    }

    /// The adapter that moves this lever.
    ///
    /// # Errors
    /// In words, if the endpoint's vendor has no levers.
    pub fn levers(&self, lever: &LeverSpec) -> Result<Arc<dyn Levers>, String> {
        self.adapters
            .get(&lever.from)
            .and_then(|adapter| adapter.levers.clone())
            .ok_or_else(|| format!("endpoint {} has no levers", lever.from))
    }

    /// The newest view.
    #[must_use]
    pub fn view(&self) -> Option<View> {
        self.views.borrow().clone()
    }

    /// The session's mode.
    #[must_use]
    pub fn mode(&self) -> Mode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_mode(&self, mode: Mode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// Who writes here.
    #[must_use]
    pub fn me(&self) -> Person {
        let writer = self.book.journal().writer();
        Person::new(&writer.who, &writer.host, self.config.person.as_deref())
    }

    /// What the gate knows now, for one plan; `run` is the plan's own run, once it is intended.
    pub(super) fn gate(&self, plan: &Plan, run: Option<&RunId>) -> Gate {
        let (ledger, now) = (self.book.ledger(), clock::now());
        Gate {
            mode: self.mode(),
            untrusted: self.config.untrusted.clone(),
            failures: ledger.failures(now),
            lately: ledger.writes_lately(now).saturating_sub(usize::from(run.is_some())),
            // A plan's own intent is the newest write of its lever.
            last_write: if run.is_some() { None } else { ledger.last_write(&plan.lever) },
            durable: !matches!(self.book.journal().place(), Place::Unlogged { .. }),
            approval: ledger.approval(&plan.digest, &self.me(), run, now),
        }
    }

    /// Asks every source now. A person's impatience is limited to once in two seconds.
    pub fn refresh(&self) {
        let now = clock::since_boot();
        let mut last = self.refreshed_at.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(*last) >= REFRESH_PAUSE {
            *last = now;
            self.refresh.send_modify(|count| *count += 1);
        }
    }

    /// Sends run news and the like; waits for room rather than drop it. A listener that is gone is no error.
    pub(super) async fn tell(&self, event: Event) {
        let _ = self.events.send(event).await;
    }
}
