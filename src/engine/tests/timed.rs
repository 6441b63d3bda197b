//! The engine in virtual time, which passes at once: a store, one signal, a journal in memory that outlives a process.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::scripted::{Script, Scripted};
use crate::adapters::{Adapter, Levers, Readings, Window, WriteOutcome};
use crate::clock;
use crate::clock::simulated::{Guard, Hands, put_on};
use crate::config;
use crate::domain::ahead::Ahead;
use crate::domain::cause::Fault;
use crate::domain::entry::Happening;
use crate::domain::ids::RunId;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Setting, VersionInfo};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Answer, Check, Confirmed, Plan, PlannedRequest};
use crate::domain::run::RunState;
use crate::domain::sample::{Point, Reading, Sample};
use crate::domain::signal::SignalSpec;
use crate::domain::stages::ReleaseNews;
use crate::engine::{Book, Engine, Event};
use crate::journal::memory::Memory;
use crate::journal::{Journal, Options, Writer};

/// A rollout that takes percents, one signal that says how well all is, and a gate of two minutes.
pub const CONFIG: &str = r#"
schema = 1
mode = "act"
[service]
name = "support-bot"
environment = "test"
[endpoint.prom]
vendor = "prometheus"
url = "http://127.0.0.1:9"
timeout = "200ms"
interval = "5s"
[endpoint.flags]
vendor = "unleash"
url = "http://127.0.0.1:9"
timeout = "200ms"
interval = "5s"
[signal.error_rate]
from = "prom"
query = "errors"
warn = "> 0.02"
crit = "> 0.05"
[lever.assistant]
from = "flags"
rollout = "ai-assistant"
normal = 100
contained = 0
[action.kill-assistant]
kind = "kill_feature"
key = "K"
title = "Kill switch: assistant off"
lever = "assistant"
to = "contained"
affects = ["error_rate"]
review-after = "4h"
[gate]
watch = "2m"
n = 1
stage-watch = "1m"
"#;

struct Paused {
    begin: Instant,
    named: Cell<u64>,
}

impl Hands for Paused {
    fn now(&self) -> Timestamp {
        let begin: Timestamp = "2026-11-23T03:00:00Z".parse().expect("valid");
        begin + SignedDuration::try_from(self.begin.elapsed()).expect("short")
    }

    fn since_boot(&self) -> Duration {
        Duration::from_secs(100_000) + self.begin.elapsed()
    }

    fn chance(&self) -> [u8; 10] {
        let nth = self.named.replace(self.named.get() + 1);
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&nth.to_be_bytes());
        bytes
    }
}

/// The time of this test, from its beginning on. Given back when dropped.
pub fn virtual_time() -> Guard {
    put_on(Rc::new(Paused { begin: Instant::now(), named: Cell::new(0) }))
}

/// What the one signal shows.
pub struct Metrics(Mutex<Result<f64, Fault>>);

impl Metrics {
    pub fn show(&self, value: Result<f64, Fault>) {
        *self.0.lock().expect("not poisoned") = value;
    }
}

#[async_trait]
impl Readings for Metrics {
    async fn poll(&self, signals: &[Arc<SignalSpec>], at: Timestamp) -> Vec<Reading> {
        let value = self.0.lock().expect("not poisoned").clone();
        let sample = value.map(|value| Sample { value, n: Some(500.0), at });
        let of = |signal: &Arc<SignalSpec>| Reading {
            signal: signal.id.clone(),
            sample: sample.clone(),
            cohorts: Vec::new(),
        };
        signals.iter().map(of).collect()
    }

    /// Samples are by our clock, the time of the question.
    fn ahead(&self) -> Option<Ahead> {
        Some(Ahead::NONE)
    }

    async fn history(&self, signals: &[Arc<SignalSpec>], _: Window) -> Vec<Result<Vec<Point>, Fault>> {
        signals.iter().map(|_| Err(Fault::NoData)).collect()
    }
}

/// One process's line to the store: cut when the process is killed, so that nothing of it arrives any more.
pub struct Line {
    store: Arc<Scripted>,
    cut: AtomicBool,
}

impl Line {
    async fn alive(&self) -> &Scripted {
        if self.cut.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        &self.store
    }
}

#[async_trait]
impl Levers for Line {
    fn contract(&self, target: &LeverTarget) -> Contract {
        self.store.contract(target)
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        self.alive().await.read(target).await
    }

    async fn versions(&self, target: &LeverTarget) -> Result<Vec<VersionInfo>, Fault> {
        self.alive().await.versions(target).await
    }

    fn plan(&self, target: &LeverTarget, now: &LeverReading, after: &Setting) -> Result<Vec<PlannedRequest>, String> {
        self.store.plan(target, now, after)
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        self.store.restore(target, observed, prior)
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        self.alive().await.write(permit, requests).await
    }

    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        self.alive().await.served(target).await
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        self.alive().await.probe(target).await
    }
}

pub struct Night {
    pub line: Arc<Line>,
    pub engine: Engine,
    pub events: mpsc::Receiver<Event>,
    pub store: Arc<Scripted>,
    pub metrics: Arc<Metrics>,
    pub memory: Memory,
}

impl Night {
    /// A session on a journal and a store that others may have used before.
    pub async fn on(config: &str, who: &str, memory: Memory, store: Arc<Scripted>, value: f64) -> Self {
        let config = config::load_text("test", config).unwrap_or_else(|problems| panic!("{problems:?}"));
        let metrics = Arc::new(Metrics(Mutex::new(Ok(value))));
        let line = Arc::new(Line { store: Arc::clone(&store), cut: AtomicBool::new(false) });
        let levers = Adapter { levers: Some(Arc::clone(&line) as _), ..Adapter::default() };
        let readings = Adapter { readings: Some(Arc::clone(&metrics) as _), ..Adapter::default() };
        let adapters =
            BTreeMap::from([("flags".parse().expect("id"), levers), ("prom".parse().expect("id"), readings)]);
        let writer = Writer { who: who.into(), host: "test".into() };
        let journal = Journal::open_with(Options::in_memory(&memory, None, writer, clock::now)).await;
        let (mut engine, events) = Engine::start(config, adapters, Book::new(journal));
        engine.keep_gates();
        Self { line, engine, events, store, metrics, memory }
    }

    /// The kill switch was thrown while errors were high, or while all was well.
    pub async fn contained(config: &str, errors: f64) -> (Self, RunId) {
        let script = Script { starts_as: Some(Setting::Number(100.0)), ..Script::default() };
        let store = Arc::new(Scripted::new(script));
        let mut night = Self::on(config, "ana", Memory::new("test"), store, errors).await;
        night.engine.settled(Duration::from_secs(10)).await.expect("a view");
        let plan = night.engine.core().preview(&"kill-assistant".parse().expect("id")).await.expect("a plan");
        night.engine.fire(confirm(plan));
        night.until(RunState::Verified).await;
        let run = night.engine.core().book.ledger().undoable().expect("a run").intent.run.clone();
        (night, run)
    }

    /// Errors are gone, and the watch of the restore gate is over.
    pub async fn ready(config: &str) -> (Self, RunId) {
        let (mut night, run) = Self::contained(config, 0.2).await;
        night.metrics.show(Ok(0.01));
        night.pass(Duration::from_secs(20)).await;
        for _ in 0..60 {
            if !night.undo(&run).await.is_shut() {
                return (night, run);
            }
            night.pass(Duration::from_secs(5)).await;
        }
        panic!("the gate stays shut: {:?}", night.undo(&run).await.gate);
    }

    pub async fn undo(&self, run: &RunId) -> Plan {
        self.engine.core().preview_undo(run).await.expect("a plan")
    }

    /// Lets this much time pass, and hears what is told meanwhile.
    pub async fn pass(&mut self, time: Duration) -> Vec<Event> {
        let mut heard = Vec::new();
        let end = Instant::now() + time;
        while let Ok(Some(event)) = tokio::time::timeout_at(end, self.events.recv()).await {
            heard.push(event);
        }
        heard
    }

    pub async fn next(&mut self) -> Event {
        tokio::time::timeout(Duration::from_hours(1), self.events.recv())
            .await
            .expect("news in time")
            .expect("an engine")
    }

    pub async fn until(&mut self, wanted: RunState) {
        while !matches!(self.next().await, Event::Run(news) if news.state == wanted) {}
    }

    /// The next news of a release.
    pub async fn release(&mut self) -> ReleaseNews {
        loop {
            match self.next().await {
                Event::Release(news) => return news,
                Event::Refused { why, .. } => panic!("refused: {why}"),
                Event::PlanVoid { why, .. } => panic!("void: {why}"),
                _ => {}
            }
        }
    }

    pub fn writes(&self) -> Vec<f64> {
        let number = |setting: Setting| match setting {
            Setting::Number(number) => number,
            other => panic!("{other}"),
        };
        self.store.writes().into_iter().map(number).collect()
    }

    pub async fn recorded(&self, wanted: fn(&Happening) -> bool) -> usize {
        let account = self.engine.core().book.account().await;
        account.entries.iter().filter(|entry| wanted(&entry.what)).count()
    }

    /// Ends this process as `kill -9` would.
    pub fn killed(self) -> (Memory, Arc<Scripted>) {
        self.line.cut.store(true, Ordering::Relaxed);
        self.engine.core().book.journal().kill();
        (self.memory, self.store)
    }
}

/// What ana types and presses.
pub fn confirm(plan: Plan) -> Confirmed<Plan> {
    let word = plan.typed_word();
    type_and_confirm(plan, &word)
}

pub fn type_and_confirm(plan: Plan, word: &str) -> Confirmed<Plan> {
    let answer = Answer {
        digest: plan.digest.clone(),
        typed: Some(word.to_owned()),
        read: true,
        approved_by: None,
        by: "ana".into(),
    };
    Confirmed::confirm(plan, &answer, clock::now()).expect("confirmed")
}
