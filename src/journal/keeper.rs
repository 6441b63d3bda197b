//! The keeper: the one task that owns the database connection and the spool, behind a bounded queue.
//! Decides where an entry goes: database, else spool, else memory. May not decide what an entry says.

mod guarded;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::attempts::{Attempts, Tried};
use super::backlog::Backlog;
use super::head::Draft;
use super::opening::{self, Away, Opened};
use super::session::Session;
use super::spool::Places;
use super::store::{Denied, Guard, Outcome, Store, StoreError, Stored};
use super::view::Shared;
use super::{IntendError, Opening, Place};
use crate::domain::entry::{Entry, Happening, Intent};
use crate::domain::ids::IncidentId;

/// What the keeper can be asked. Each carries the way back.
#[derive(Debug)]
pub(super) enum Request {
    /// Write an entry.
    Append { incident: Option<IncidentId>, what: Happening, answer: oneshot::Sender<Entry> },
    /// Claim a lever and write the intent.
    Intend {
        incident: Option<IncidentId>,
        intent: Box<Intent>,
        runs_known: Option<usize>,
        until: Option<Instant>,
        answer: oneshot::Sender<Result<Entry, IntendError>>,
    },
    /// Open an incident, unless one is open, and write these under it.
    UnderIncident {
        opening: Opening,
        then: Vec<Happening>,
        until: Option<Instant>,
        answer: oneshot::Sender<IncidentId>,
    },
    /// Read what other processes wrote.
    ReadOn { answer: oneshot::Sender<bool> },
    /// Write everything out and stop.
    Close { answer: oneshot::Sender<()> },
}

/// The task's state.
#[derive(Debug)]
pub(super) struct Keeper {
    session: Arc<Session>,
    shared: Arc<Shared>,
    store: Option<Store>,
    /// As of the last look, to notice other processes.
    data_version: i64,
    backlog: Backlog,
    /// Why the database is away.
    why: String,
    attempts: Attempts,
    reopen_at: Instant,
}

impl Keeper {
    /// Opens the database, for as long as patience lasts, and starts the task.
    pub(super) async fn start(session: Arc<Session>, shared: Arc<Shared>) -> (mpsc::Sender<Request>, JoinHandle<()>) {
        let options = &session.options;
        let places = Places::new(&options.home, options.spools.clone());
        let mut keeper = Self {
            store: None,
            data_version: 0,
            backlog: Backlog::new(places, &session.id),
            why: "it is still being opened".to_owned(),
            attempts: Attempts::new(options.patience.attempt),
            reopen_at: Instant::now(),
            session: Arc::clone(&session),
            shared,
        };
        keeper.attempts.begin(&session, Vec::new());
        match timeout(options.patience.open, keeper.attempts.ended()).await {
            Ok(tried) => keeper.settle(tried).await,
            Err(_) => keeper.show_place(),
        }
        let (requests, queue) = mpsc::channel(256);
        (requests, tokio::spawn(keeper.run(queue)))
    }

    async fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        loop {
            let away = self.store.is_none();
            let look = self.session.options.patience.news;
            tokio::select! {
                biased;
                tried = self.attempts.ended() => self.settle(tried).await,
                request = queue.recv() => match request {
                    Some(Request::Close { answer }) => {
                        self.close().await;
                        // Whoever asked may have gone.
                        let _ = answer.send(());
                        return;
                    }
                    Some(request) => self.answer(request).await,
                    None => return self.close().await,
                },
                () = sleep_until(self.reopen_at), if away && !self.attempts.is_running() => {
                    self.attempts.begin(&self.session, self.backlog.drafts());
                }
                () = news(self.store.as_ref(), look) => { self.read_on().await; }
            }
        }
    }

    /// Answers one request. A closed way back means that the asker has gone; the entry is written nevertheless.
    async fn answer(&mut self, request: Request) {
        match request {
            Request::Append { incident, what, answer } => {
                let draft = self.session.draft(incident.as_ref(), what);
                let _ = answer.send(self.append(draft).await);
            }
            Request::Intend { incident, intent, runs_known, until, answer } => {
                let _ = answer.send(self.intend(incident.as_ref(), *intent, runs_known, until).await);
            }
            Request::UnderIncident { opening, then, until, answer } => {
                let _ = answer.send(self.under_incident(&opening, &then, until).await);
            }
            Request::ReadOn { answer } => {
                let _ = answer.send(self.read_on().await);
            }
            Request::Close { answer } => {
                let _ = answer.send(());
            }
        }
    }

    async fn append(&mut self, draft: Draft) -> Entry {
        match self.store(std::slice::from_ref(&draft), Guard::Always, None).await {
            Some(Ok(entry)) => entry,
            Some(Err(_)) | None => self.spool(draft).await,
        }
    }

    /// Reads what other processes wrote; true if there was something.
    async fn read_on(&mut self) -> bool {
        let Some(store) = self.store.as_mut() else { return false };
        let known = self.data_version;
        let look = async {
            let version = store.data_version().await?;
            let fresh = if version == known { Vec::new() } else { store.read_on().await? };
            Ok::<_, StoreError>((version, fresh))
        };
        match timeout(self.session.options.patience.store, look).await {
            Ok(Ok((version, fresh))) => {
                self.data_version = version;
                self.show_stored(fresh)
            }
            Ok(Err(error)) => {
                self.give_up_store(error.to_string());
                false
            }
            Err(_) => {
                self.give_up_store("no answer".to_owned());
                false
            }
        }
    }

    /// Writes to the database, all or none, and answers the last of them. `None` if it is away, from now on if need be:
    /// after its patience, or at `until` if that comes first.
    async fn store(
        &mut self,
        drafts: &[Draft],
        guard: Guard<'_>,
        until: Option<Instant>,
    ) -> Option<Result<Entry, Denied>> {
        let store = self.store.as_mut()?;
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let patience = self.session.options.patience.store;
        let patience = left.map_or(patience, |left| left.min(patience));
        let why = match timeout(patience, store.append(drafts, guard)).await {
            Ok(Ok(Outcome { fresh, denied })) => {
                let own = fresh.last().map(|(_, entry)| entry.clone());
                self.show_stored(fresh);
                return match (denied, own) {
                    (Some(denied), _) => Some(Err(denied)),
                    (None, own) => own.map(Ok),
                };
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) if left == Some(patience) => "too slow for a containment".to_owned(),
            Err(_) => format!("no answer in {} ms", patience.as_millis()),
        };
        // It may have been written nevertheless; its origin tells the import.
        self.give_up_store(why);
        None
    }

    /// Writes to the spool, or keeps it in memory.
    async fn spool(&mut self, draft: Draft) -> Entry {
        let entry = self.shared.change(|view| {
            let entry = draft.at(view.next());
            view.add(entry.clone());
            entry
        });
        let why = self.why.clone();
        let place = match self.backlog.push(draft, self.session.options.patience.spool).await {
            Ok(file) => Place::Spooling { file: Some(file), why, count: self.backlog.len() },
            Err(spool) => Place::Unlogged { why: format!("{why}; spool: {spool}"), count: self.backlog.unlogged() },
        };
        self.shared.change(|view| view.place = place);
        entry
    }

    /// Adds stored entries to the view; true if there were any.
    fn show_stored(&self, fresh: Vec<Stored>) -> bool {
        let any = !fresh.is_empty();
        if any {
            self.shared.change(|view| fresh.into_iter().for_each(|(_, entry)| view.add(entry)));
        }
        any
    }

    /// Shows the place before anything was spooled, and why the database is still away.
    fn show_place(&self) {
        let away = Place::Spooling { file: None, why: self.why.clone(), count: self.backlog.len() };
        self.shared.change(|view| match &mut view.place {
            place @ Place::Stored => *place = away,
            Place::Spooling { why, .. } => why.clone_from(&self.why),
            // What is in memory only says more.
            Place::Unlogged { .. } => {}
        });
    }

    /// Never uses this handle again: after a failed flush the kernel may have dropped what it could not write.
    fn give_up_store(&mut self, why: String) {
        self.store = None;
        self.why = why;
        self.reopen_at = Instant::now() + self.session.options.patience.reopen;
        self.show_place();
    }

    /// Takes the result of a try to open over.
    async fn settle(&mut self, tried: Tried) {
        match tried {
            Err(why) => self.give_up_store(why),
            Ok(Ok(Opened { mut store, entries, notes })) => {
                let mut entries = entries;
                if let Err(why) = self.catch_up(&mut store, &mut entries).await {
                    return self.give_up_store(why);
                }
                self.store = Some(store);
                self.backlog.clear();
                self.shared.change(|view| {
                    view.replace(entries);
                    view.place = Place::Stored;
                    view.notes = notes;
                });
            }
            Ok(Err(away)) => {
                let Away { why, mut entries, notes } = *away;
                for draft in self.backlog.drafts() {
                    let next = entries.last().map_or(1, |last| last.seq + 1);
                    entries.push(draft.at(next));
                }
                self.shared.change(|view| {
                    // A later try may read less than an earlier one; nothing that was seen disappears.
                    if entries.len() >= view.entries.len() {
                        view.replace(entries);
                    }
                    for note in notes {
                        view.note(note);
                    }
                });
                self.give_up_store(why);
            }
        }
    }

    /// Stores what was spooled while the database was being opened.
    async fn catch_up(&mut self, store: &mut Store, entries: &mut Vec<Entry>) -> Result<(), String> {
        let patience = self.session.options.patience.store;
        let drafts = self.backlog.drafts();
        let session = &self.session;
        let last = async {
            // The version first: what comes in between is then read twice, not never.
            let version = store.data_version().await?;
            let mut fresh = store.read_on().await?;
            if !drafts.is_empty() {
                let closing = |count| session.draft(None, opening::imported(&session.id, count));
                fresh.extend(store.import(&drafts, closing).await?.1);
            }
            Ok::<_, StoreError>((version, fresh))
        };
        let (version, fresh) = timeout(patience, last)
            .await
            .map_err(|_| format!("no answer in {} ms", patience.as_millis()))?
            .map_err(|error| error.to_string())?;
        self.data_version = version;
        entries.extend(fresh.into_iter().map(|(_, entry)| entry));
        Ok(())
    }

    async fn close(&mut self) {
        if let Some(store) = self.store.take() {
            // Committed entries are safe already; this only tidies the write-ahead log away.
            let _ = timeout(self.session.options.patience.open, store.close()).await;
        }
    }
}

async fn news(store: Option<&Store>, look: Duration) {
    match store {
        Some(store) => store.news(look).await,
        None => std::future::pending().await,
    }
}
