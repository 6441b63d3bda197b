//! One session of one responder: the real engine on the real journal keeper, over simulated ports.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use breakglass::adapters::Adapter;
use breakglass::clock;
use breakglass::config::{self, Config};
use breakglass::domain::entry::Happening;
use breakglass::domain::ids::RunId;
use breakglass::domain::permit::Mode;
use breakglass::domain::plan::{Answer, Confirmed, Plan};
use breakglass::domain::run::RunMove;
use breakglass::engine::{Book, Engine, Event};
use breakglass::journal::{Journal, Options, Writer};
use tokio::sync::{mpsc, watch};

use crate::bugs::{Bug, Buggy};
use crate::invariants;
use crate::process::{Process, ToStore};
use crate::transport::Line;
use crate::world::{Heard, World};

const CONFIG: &str = r#"
schema = 1
mode = "act"
[service]
name = "support-bot"
environment = "prod"
[endpoint.metrics]
vendor = "prometheus"
url = "http://metrics.internal"
interval = "5s"
timeout = "2s"
[endpoint.flags]
vendor = "unleash"
url = "http://flags.internal"
interval = "10s"
timeout = "3s"
[signal.fallback_share]
from = "metrics"
query = "fallback"
warn = "> 1"
crit = "> 1"
[signal.error_rate]
from = "metrics"
query = "errors"
warn = "> 0.02"
crit = "> 0.05"
[lever.assistant]
from = "flags"
flag = "assistant"
normal = "on"
contained = "off"
[lever.tools]
from = "flags"
flag = "tools"
normal = "on"
contained = "off"
[action.kill-assistant]
kind = "kill_feature"
key = "K"
title = "Kill switch: assistant off"
lever = "assistant"
to = "contained"
affects = ["error_rate"]
effect = { all = ['fallback_share > 0.95'], within = "30s" }
recovery = ['error_rate < 0.01']
review-after = "4h"
[action.tools-off]
kind = "kill_feature"
key = "T"
title = "Tools off"
lever = "tools"
to = "contained"
review-after = "4h"
"#;

thread_local! {
    static LOADED: Config = config::load_text("simulated", CONFIG).expect("a good config");
}

/// A second confirmation of a plan within this time is of the first one's doing.
const CONFIRMED_TWICE: Duration = Duration::from_secs(10);

/// What a person can fire.
#[derive(Debug, Clone)]
pub enum Wish {
    Act(&'static str),
    Undo(RunId),
}

pub struct Session {
    pub process: Arc<Process>,
    pub engine: Engine,
    pub journal: Journal,
    /// Moves with everything that is heard.
    heard: watch::Receiver<u64>,
    eyes: tokio::task::JoinHandle<()>,
}

impl Session {
    /// Starts a cockpit: journal, engine, and somebody who looks at the screen.
    pub async fn start(world: &Arc<World>, who: &str) -> Self {
        let process = Process::new(world);
        let memory = world.memory.by_way_of(Arc::new(ToStore { process: Arc::clone(&process) }));
        let writer = Writer { who: who.to_owned(), host: format!("laptop-{who}") };
        let spool = (!world.weather.no_spool).then(|| world.spool.clone());
        let journal = Journal::open_with(Options::in_memory(&memory, spool, writer, clock::now)).await;
        process.has_opened(&journal);
        if process.is_dead() {
            journal.kill();
        }
        if world.bug == Some(Bug::DropsUnknown) {
            for open in journal.open_runs() {
                for by in [RunMove::LoseSight, RunMove::SeeUnchanged] {
                    journal.moved(None, &open.intent.run, by, "").await;
                }
            }
        }
        let config = LOADED.with(Config::clone);
        let (engine, events) = Engine::start(config, adapters(&process), Book::new(journal.clone()));
        let heard = listen(Arc::clone(&process), events);
        let eyes = tokio::spawn(look_at_the_screen(Arc::clone(&process), engine.views()));
        Self { process, engine, journal, heard, eyes }
    }

    /// Previews, reads, types, confirms, fires. False if any of it was not possible.
    pub async fn fire(&self, wish: &Wish) -> bool {
        self.preview(wish).await.is_some_and(|plan| self.confirm(plan))
    }

    pub async fn preview(&self, wish: &Wish) -> Option<Plan> {
        let core = self.engine.core();
        let preview = async {
            match wish {
                Wish::Act(action) => core.preview(&action.parse().expect("an action")).await,
                Wish::Undo(run) => core.preview_undo(run).await,
            }
        };
        // A killed process never answers.
        tokio::time::timeout(Duration::from_secs(8), preview).await.ok()?.ok()
    }

    pub fn confirm(&self, plan: Plan) -> bool {
        let world = &self.process.world;
        let answer = Answer {
            digest: plan.digest.clone(),
            typed: Some(plan.typed_word()),
            read: true,
            approved_by: None,
            by: "ana".into(),
        };
        let Ok(confirmed) = Confirmed::confirm(plan.clone(), &answer, clock::now()) else { return false };
        let key = (self.process.id, plan.digest.as_str().to_owned());
        // A hand may confirm the same plan twice: what the first one sends is bound to the first, and the second is refused.
        let t = world.t();
        let mut record = world.record();
        let first = record.confirmed.entry(key).or_insert_with(|| (plan.clone(), t));
        if t.saturating_sub(first.1) > CONFIRMED_TWICE {
            *first = (plan, t);
        }
        drop(record);
        self.engine.fire(confirmed);
        true
    }

    pub async fn set_mode(&self, mode: Mode) {
        *self.process.mode.lock().expect("no panics") = mode;
        self.engine.set_mode(mode, "simulated").await;
    }

    /// Lifts a freeze, if there is one.
    pub async fn unfreeze(&self) {
        if self.journal.ledger().is_frozen(clock::now()) {
            let world = &self.process.world;
            world.record().unfrozen.push(world.t());
            self.engine.core().book.record(Happening::Unfrozen { why: "simulated".into() }).await;
        }
    }

    /// Waits for news until the patience is over or the process is killed.
    pub async fn wait(&mut self, patience: Duration) {
        let news = tokio::time::timeout(patience, self.heard.changed());
        tokio::select! {
            biased;
            () = self.process.killed.notified() => self.process.killed.notify_one(),
            _ = news => {}
        }
    }

    /// Sleeps, or is killed.
    pub async fn pause(&self, long: Duration) {
        tokio::select! {
            biased;
            () = self.process.killed.notified() => self.process.killed.notify_one(),
            () = tokio::time::sleep(long) => {}
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.eyes.abort();
    }
}

fn adapters(process: &Arc<Process>) -> BTreeMap<breakglass::domain::ids::EndpointId, Adapter> {
    let line = || Line::of(process);
    let (flags, metrics) = match process.world.bug {
        None => (
            Adapter { levers: Some(Arc::new(line())), ..Adapter::default() },
            Adapter { readings: Some(Arc::new(line())), ..Adapter::default() },
        ),
        Some(bug) => (
            Adapter { levers: Some(Arc::new(Buggy::new(line(), bug))), ..Adapter::default() },
            Adapter { readings: Some(Arc::new(Buggy::new(line(), bug))), ..Adapter::default() },
        ),
    };
    BTreeMap::from([("flags".parse().expect("an id"), flags), ("metrics".parse().expect("an id"), metrics)])
}

/// Writes down all news of runs, for as long as any task of the process has some.
fn listen(process: Arc<Process>, mut events: mpsc::Receiver<Event>) -> watch::Receiver<u64> {
    let (moved, heard) = watch::channel(0);
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            if let Event::Run(news) = event {
                let t = process.world.t();
                let heard =
                    Heard { t, process: process.id, run: news.run.to_string(), state: news.state, why: news.why };
                process.world.record().heard.push(heard);
            }
            moved.send_modify(|count| *count += 1);
        }
    });
    heard
}

async fn look_at_the_screen(process: Arc<Process>, views: watch::Receiver<Option<breakglass::engine::View>>) {
    loop {
        tokio::time::sleep(Duration::from_millis(2_300)).await;
        if let Some(view) = views.borrow().as_ref() {
            invariants::on_the_screen(&process, view);
        }
    }
}
