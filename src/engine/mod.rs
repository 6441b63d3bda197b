//! The cockpit without a face: polling, snapshot, readiness, the runner. Screens and commands use the same engine.
//! May not draw, print or decide for a person.

mod board;
mod book;
mod books;
mod core;
mod events;
mod gate;
mod late;
mod outside;
mod parts;
mod path;
mod poll;
mod prepare;
mod proof;
mod publish;
mod ready;
mod release;
mod runner;
mod samples;
mod settle;
mod suites;
#[cfg(test)]
pub(crate) mod tests;
mod versions;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

pub use self::book::{Account, Book};
pub use self::books::FirstLoad;
pub use self::core::Core;
pub use self::events::Event;
pub use self::publish::View;
use crate::adapters::Adapter;
use crate::clock;
use crate::config::Config;
use crate::domain::entry::Happening;
use crate::domain::ids::{EndpointId, RunId};
use crate::domain::permit::Mode;
use crate::domain::plan::{Confirmed, Plan};

/// Reading a lever on which a dead process left a run is waited for this long, once nothing can be in flight any more.
const TAKEN_UP_WITHIN: Duration = Duration::from_secs(3);
/// A release that goes back to its contained setting is waited for at most this long on the way out: with every attempt, and
/// a store that answers late.
pub const WAY_BACK: Duration = Duration::from_mins(2);
/// A move of a run is in the picture after this time at most.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);

/// A running engine. Polls end when it is dropped; runs do not: see [`Engine::finish`].
pub struct Engine {
    core: Arc<Core>,
    tasks: JoinSet<()>,
}

impl Engine {
    /// Starts polling, probing and publishing, and takes up unfinished runs of the journal. Does not wait for anything.
    #[must_use]
    pub fn start(config: Config, adapters: BTreeMap<EndpointId, Adapter>, book: Book) -> (Self, mpsc::Receiver<Event>) {
        let (updates, inbox) = mpsc::channel(1_024);
        let (events, listener) = mpsc::channel(256);
        let board = board::Board::new(&config, clock::now());
        let core = Arc::new(Core::new(config, adapters, book, updates.clone(), events));
        let mut tasks = JoinSet::new();
        tasks.spawn(publish::run(core.catalogue.subscribe(), board, inbox, Arc::clone(&core.views)));
        tasks.spawn(follow_journal(core.book.clone(), updates));
        spawn_polls(&core, &mut tasks);
        tasks.spawn(outside::watch(Arc::clone(&core)));
        suites::spawn(&core, &mut tasks);
        tasks.spawn(late::watch(Arc::clone(&core)));
        tasks.spawn(versions::keep(Arc::clone(&core)));
        settle::take_up(&core);
        (Self { core, tasks }, listener)
    }

    /// Everything that the engine's parts share: previews, views, book, mode.
    #[must_use]
    pub fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Newest view; `None` before the first.
    #[must_use]
    pub fn views(&self) -> watch::Receiver<Option<View>> {
        self.core.views.subscribe()
    }

    /// Waits until every source has been heard once, or the deadline; gives what is known then.
    pub async fn settled(&self, deadline: Duration) -> Option<View> {
        let mut views = self.views();
        let all_heard = views.wait_for(|view| view.as_ref().is_some_and(|view| view.settled));
        let heard = tokio::time::timeout(deadline, all_heard).await.is_ok();
        drop(views);
        if heard {
            self.catch_up().await;
        }
        self.core.view()
    }

    /// A run that a process left unsettled when it ended, and how long at most it takes to see what became of it.
    #[must_use]
    pub fn left_behind(&self) -> Option<(RunId, Duration)> {
        let now = clock::now();
        let ledger = self.core.book.ledger();
        let overdue = ledger.unfinished().filter(|run| settle::settled_at(&run.intent, run.at) <= now);
        let longest = overdue.max_by_key(|run| settle::in_flight(run, now))?;
        Some((longest.intent.run.clone(), settle::in_flight(longest, now) + TAKEN_UP_WITHIN))
    }

    /// What the first complete view says of runs that an earlier process left: landed late, verified, or overdue.
    async fn catch_up(&self) {
        let mut changes = self.core.book.changes();
        let taken_up = async { while self.left_behind().is_some() && changes.changed().await.is_ok() {} };
        let within = self.left_behind().map_or(Duration::ZERO, |(_, within)| within);
        let _ = tokio::time::timeout(within, taken_up).await;
        let Some(view) = self.core.view() else { return };
        late::look(&self.core, &view).await;
        settle::judge_stored(&self.core).await;
        // Whoever saw it first (a task of this engine may have), the picture must hold it.
        let runs = self.core.book.ledger().our_runs();
        let shown = |view: &Option<View>| {
            view.as_ref()
                .is_some_and(|view| view.observations.ours == runs.ours && view.observations.pending == runs.pending)
        };
        let mut views = self.views();
        let _ = tokio::time::timeout(SHOWN_WITHIN, views.wait_for(shown)).await;
    }

    /// Fires a confirmed plan. Returns at once; news comes as events.
    pub fn fire(&self, confirmed: Confirmed<Plan>) {
        tokio::spawn(runner::fire(Arc::clone(&self.core), confirmed));
    }

    /// Keeps the watches of the restore gates while this engine runs: for a cockpit, which stays; a command looks once.
    pub fn keep_gates(&mut self) {
        self.tasks.spawn(gate::keep(Arc::clone(&self.core)));
    }

    /// Takes up the runbooks that are loaded, and files that change: for a cockpit, which stays.
    pub fn keep_books(&mut self, first: FirstLoad) {
        self.tasks.spawn(books::keep(Arc::clone(&self.core), first));
    }

    /// Changes the session's mode, on record. The config's distrust still holds at the gate.
    pub async fn set_mode(&self, mode: Mode, why: &str) {
        self.core.set_mode(mode);
        let to = format!("{mode:?}");
        self.core.book.record(Happening::ModeChanged { to, why: why.to_owned() }).await;
        self.core.tell(Event::Mode(mode)).await;
    }

    /// Waits until no run of this process is in flight, or the deadline. Polls go on meanwhile. A release that goes back is
    /// waited for longer, [`WAY_BACK`] at most: a run is read back by the next start, a lever half-way stays there.
    pub async fn finish(&self, deadline: Duration) {
        let mut running = self.core.running.subscribe();
        let _ = tokio::time::timeout(deadline, running.wait_for(|count| *count == 0)).await;
        let mut coming_back = self.coming_back();
        let _ = tokio::time::timeout(WAY_BACK, coming_back.wait_for(|count| *count == 0)).await;
    }

    /// How many releases are on their way back to the contained setting.
    #[must_use]
    pub fn coming_back(&self) -> watch::Receiver<usize> {
        self.core.coming_back.subscribe()
    }

    /// Runs of this process in flight now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        *self.core.running.borrow()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.tasks.abort_all();
    }
}

/// Every session on this journal sees everybody's moves: containments follow its entries, whoever wrote them.
async fn follow_journal(book: Book, updates: mpsc::Sender<board::Update>) {
    let mut changes = book.changes();
    loop {
        changes.mark_unchanged();
        if updates.send(board::Update::Ours(book.ledger().our_runs())).await.is_err()
            || changes.changed().await.is_err()
        {
            return;
        }
    }
}

fn spawn_polls(core: &Arc<Core>, tasks: &mut JoinSet<()>) {
    let poller = poll::Poller {
        updates: core.updates.clone(),
        refresh: core.refresh.subscribe(),
        phase: Duration::from_mins(1).mul_f64(fastrand::f64()),
    };
    let signals = poll::by_endpoint(&core.config.catalogue.signals, |signal| signal.from.clone());
    for spec in &core.config.endpoints {
        let Some(adapter) = core.adapters.get(&spec.id) else { continue };
        if let (Some(source), Some(signals)) = (&adapter.readings, signals.get(&spec.id)) {
            tasks.spawn(poller.clone().readings(Arc::clone(source), spec.clone(), signals.clone()));
        }
        if let Some(source) = &adapter.changes {
            for feed in core.config.feeds.iter().filter(|feed| feed.from == spec.id) {
                tasks.spawn(poller.clone().changes(Arc::clone(source), spec.clone(), feed.clone()));
            }
        }
        if let Some(source) = &adapter.levers {
            for lever in core.config.catalogue.levers.iter().filter(|lever| lever.from == spec.id) {
                tasks.spawn(poller.clone().lever(Arc::clone(source), spec.clone(), lever.clone()));
                tasks.spawn(ready::keep(Arc::clone(core), lever.clone(), poller.clone()));
            }
        }
    }
}
