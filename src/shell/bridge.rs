//! Between screens and engine: opens journal and engine after the first frame, carries effects out in order, and turns
//! the engine's news into `Msg`s. Decides nothing.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::{DRAIN, farewell};
use crate::adapters::build::build_for;
use crate::app::Effect;
use crate::app::msg::{JournalPlace, Msg, PreviewFailed};
use crate::config::Config;
use crate::domain::entry::Happening;
use crate::domain::freeze;
use crate::domain::snapshot::Snapshot;
use crate::engine::{Book, Engine, Event, FirstLoad, View};
use crate::journal::{Journal, Options, Place};

/// The loop's ends of the bridge.
pub struct Wires {
    /// Effects, carried out in order.
    pub effects: mpsc::Sender<Effect>,
    /// News: never dropped.
    pub inbox: mpsc::Receiver<Msg>,
    /// Pictures: the latest wins.
    pub pictures: watch::Receiver<Option<Arc<Snapshot>>>,
}

/// What is left to say when everything is written down.
#[derive(Debug, Default)]
pub struct Farewell {
    /// Lines for the terminal once it is given back.
    pub words: Vec<String>,
    /// Whether containments are in force.
    pub contained: bool,
    /// Whether nobody can say what became of a run.
    pub open: bool,
}

/// A started bridge.
pub struct Bridge {
    /// For the loop.
    pub wires: Wires,
    /// What to say on the way out, once everything is written down.
    pub ended: oneshot::Receiver<Farewell>,
    /// What leaving waits for beyond the ordinary, in words; closed once there is nothing left to do.
    pub waits: watch::Receiver<Option<String>>,
}

/// The other ends of wires that lead nowhere; as long as they are kept, the loop waits for keys only.
pub struct OtherEnds {
    _effects: mpsc::Receiver<Effect>,
    _inbox: mpsc::Sender<Msg>,
    _pictures: watch::Sender<Option<Arc<Snapshot>>>,
}

/// Wires for screens without an engine.
pub fn to_nowhere() -> (Wires, OtherEnds) {
    let (effects, effects_out) = mpsc::channel(64);
    let (inbox_in, inbox) = mpsc::channel(1);
    let (pictures_in, pictures) = watch::channel(None);
    let ends = OtherEnds { _effects: effects_out, _inbox: inbox_in, _pictures: pictures_in };
    (Wires { effects, inbox, pictures }, ends)
}

/// Starts the bridge's task.
pub fn start(config: Config, journal: Options) -> Bridge {
    let (effects, effects_out) = mpsc::channel(64);
    let (inbox_in, inbox) = mpsc::channel(256);
    let (pictures_in, pictures) = watch::channel(None);
    let (ended_in, ended) = oneshot::channel();
    let (waits_in, waits) = watch::channel(None);
    tokio::spawn(async move {
        let words = carry(config, journal, effects_out, inbox_in, pictures_in, &waits_in).await;
        let _ = ended_in.send(words);
    });
    Bridge { wires: Wires { effects, inbox, pictures }, ended, waits }
}

async fn carry(
    config: Config,
    journal: Options,
    mut effects: mpsc::Receiver<Effect>,
    inbox: mpsc::Sender<Msg>,
    pictures: watch::Sender<Option<Arc<Snapshot>>>,
    waits: &watch::Sender<Option<String>>,
) -> Farewell {
    let (service, environment) = (config.catalogue.service.clone(), config.catalogue.environment.clone());
    let books = FirstLoad::begin(&config.bookcases);
    // Reading the roots of trust takes milliseconds of CPU; adapters build their clients on first use, off this task.
    let who = journal.writer.who.clone();
    let adapters = config.endpoints.iter().map(|spec| (spec.id.clone(), build_for(spec, &who))).collect();
    let book = Book::new(Journal::open_with(journal).await);
    let (mut engine, mut events) = Engine::start(config, adapters, book.clone());
    engine.keep_gates();
    engine.keep_books(books);
    let version = env!("CARGO_PKG_VERSION").to_owned();
    book.record(Happening::SessionStarted { version, service, environment }).await;
    for note in book.journal().notes() {
        let _ = inbox.send(Msg::Notice(format!("journal: {note}"))).await;
    }
    let mut entries = book.changes();
    entries.mark_changed();
    let mut views = engine.views();
    loop {
        tokio::select! {
            biased;
            event = events.recv() => {
                let Some(event) = event else { break };
                if inbox.send(translate(event)).await.is_err() { break }
            }
            effect = effects.recv() => match effect {
                Some(effect) => carry_out(effect, &engine, &inbox).await,
                None => break,
            },
            changed = entries.changed() => {
                if changed.is_err() || !tell_account(&book, &inbox).await { break }
            }
            changed = views.changed() => {
                if changed.is_err() { break }
                let newest = views.borrow_and_update().as_ref().map(|view: &View| Arc::clone(&view.snapshot));
                pictures.send_replace(newest);
            }
        }
    }
    leave(&engine, &mut events, waits).await
}

async fn tell_account(book: &Book, inbox: &mpsc::Sender<Msg>) -> bool {
    let account = book.account().await;
    let place = match book.journal().place() {
        Place::Stored => JournalPlace::Stored,
        Place::Spooling { why, file: Some(file), .. } => {
            JournalPlace::Spooling(format!("{why}; into {}", file.display()))
        }
        Place::Spooling { why, file: None, .. } => JournalPlace::Spooling(why),
        Place::Unlogged { why, count } => JournalPlace::Unlogged { count, why },
    };
    inbox.send(Msg::Journal(place)).await.is_ok()
        && inbox.send(Msg::Ledger { ledger: account.ledger, entries: account.entries }).await.is_ok()
}

async fn carry_out(effect: Effect, engine: &Engine, inbox: &mpsc::Sender<Msg>) {
    let core = Arc::clone(engine.core());
    match effect {
        Effect::Preview(action) => {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                let drafted = core.preview(&action).await;
                let _ = inbox
                    .send(Msg::Previewed(drafted.map(Box::new).map_err(|why| PreviewFailed { action, why })))
                    .await;
            });
        }
        Effect::PreviewUndo(run) => {
            let inbox = inbox.clone();
            let action = core.book.ledger().runs.get(&run).map(|record| record.intent.action.clone());
            tokio::spawn(async move {
                let drafted = core.preview_undo(&run).await;
                let Some(action) = action else { return };
                let _ = inbox
                    .send(Msg::Previewed(drafted.map(Box::new).map_err(|why| PreviewFailed { action, why })))
                    .await;
            });
        }
        Effect::Run(confirmed) => engine.fire(*confirmed),
        Effect::Record(happening) => {
            if is_of_an_incident(&happening)
                && let Some(view) = core.view()
            {
                let level = view.snapshot.triage.severity.as_ref().map(|severity| severity.level.as_str());
                let what = &view.snapshot.headline.what;
                if let Some(incident) = core.book.ensure_incident(what, level, opened_by(&happening)).await {
                    let _ = inbox.send(Msg::Notice(freeze::begins(&core.config.catalogue, &incident))).await;
                }
            }
            core.book.record(happening).await;
        }
        Effect::Refresh => core.refresh(),
        Effect::ReadVersions => {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                let _ = inbox.send(Msg::Versions(Arc::new(core.read_versions().await))).await;
            });
        }
        Effect::AskSuites => {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                for words in core.ask_suites().await {
                    let _ = inbox.send(Msg::Notice(words)).await;
                }
            });
        }
        Effect::ReadSamples(samples) => {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                let read = core.samples(&samples).await;
                let _ = inbox.send(Msg::Samples { samples, read }).await;
            });
        }
        Effect::Replay { samples, sample } => {
            let (inbox, who) = (inbox.clone(), core.book.journal().writer().who.clone());
            tokio::spawn(async move {
                let words = match core.replay(&samples, &sample, &who).await {
                    Ok(outcome) => outcome.words(),
                    Err(why) => format!("replay: {why}"),
                };
                let _ = inbox.send(Msg::Notice(words)).await;
            });
        }
        Effect::SetMode(mode) => engine.set_mode(mode, "by a person in the cockpit").await,
        // The loop itself has the terminal, and knows when it ends.
        Effect::Copy(_) | Effect::Suspend | Effect::Quit(_) => {}
    }
}

/// What a person finds out belongs to an incident: without an open one, one begins.
const fn is_of_an_incident(happening: &Happening) -> bool {
    matches!(
        happening,
        Happening::Answered { .. }
            | Happening::Jumped { .. }
            | Happening::WalkBegan { .. }
            | Happening::Characterised { .. }
            | Happening::Tagged { .. }
    )
}

const fn opened_by(happening: &Happening) -> &'static str {
    match happening {
        Happening::Characterised { .. } => "opened by the first words about it",
        Happening::Tagged { .. } => "opened by the first sample that was read",
        _ => "opened by the first answer",
    }
}

fn translate(event: Event) -> Msg {
    match event {
        Event::Run(news) => Msg::Run(news),
        Event::PlanVoid { why, fresh, .. } => Msg::PlanVoid { why, fresh },
        Event::Refused { action, why } => Msg::Refused { action, why },
        Event::Recovered { held: true, why, .. } => Msg::Notice(format!("recovered: {why}")),
        Event::Recovered { held: false, why, .. } => Msg::Notice(format!("not recovered within the watch: {why}")),
        Event::Mode(mode) => Msg::Mode(mode),
        Event::Release(news) => Msg::Release(news),
        Event::LoadingRunbooks(count) => Msg::LoadingRunbooks(count),
        Event::Runbooks { catalogue, words } => Msg::Runbooks { catalogue, words },
        Event::CannotTell { run, why } => Msg::Notice(format!("run {}: {why}", run.short())),
        Event::Notice(words) => Msg::Notice(words),
    }
}

/// Runs in flight are given time; what stays open is on disk. News has to be drained meanwhile, or runs would wait.
async fn leave(engine: &Engine, events: &mut mpsc::Receiver<Event>, waits: &watch::Sender<Option<String>>) -> Farewell {
    let mut coming_back = engine.coming_back();
    let say_so = async {
        if coming_back.wait_for(|count| *count > 0).await.is_ok() {
            let words = "a release went wrong and goes back to its contained setting: waiting until it is there";
            waits.send_replace(Some(words.to_owned()));
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = engine.finish(DRAIN) => {}
        () = async { while events.recv().await.is_some() {} } => {}
        () = say_so => {}
    }
    let containments = engine.core().view().map(|view| view.snapshot.containments.clone()).unwrap_or_default();
    let book = &engine.core().book;
    let ledger = book.ledger();
    let words = farewell::words(&containments, &ledger, &engine.core().config.catalogue);
    let open = ledger.unfinished().next().is_some();
    book.record(Happening::SessionEnded { containments: containments.len() }).await;
    book.journal().close().await;
    Farewell { words, contained: !containments.is_empty(), open }
}
