//! The simulated way to the stores with levers and to the metrics: drops, delays, duplicates, reorders, refuses, fails
//! before and after the effect, cuts answers off, repeats old samples.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use breakglass::adapters::{Levers, Readings, Window, WriteOutcome};
use breakglass::domain::ahead::Ahead;
use breakglass::domain::cause::Fault;
use breakglass::domain::lever::{Contract, LeverReading, LeverTarget, Revision, Setting};
use breakglass::domain::permit::WritePermit;
use breakglass::domain::plan::{Check, CheckStatus, PlannedRequest};
use breakglass::domain::sample::{Point, Reading, Sample};
use breakglass::domain::signal::SignalSpec;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::chance::For;
use crate::hands::true_time;
use crate::invariants;
use crate::process::Process;
use crate::sweep::How;
use crate::weather::{Answer, Fate, STORM};
use crate::world::{Look, Port, Send, World};

/// As the config says.
pub const DEADLINE: Duration = Duration::from_secs(3);
/// Between two samples of the metrics.
const SCRAPE: u64 = 5;

pub struct Line {
    pub process: Arc<Process>,
    ahead: Mutex<Option<Ahead>>,
}

fn name(target: &LeverTarget) -> &str {
    target.key("flag")
}

fn no_answer() -> Fault {
    Fault::NoAnswer { after: DEADLINE, received: 0 }
}

impl Line {
    pub fn of(process: &Arc<Process>) -> Self {
        Self { process: Arc::clone(process), ahead: Mutex::default() }
    }

    /// A call that only looks: takes a moment, and may fail.
    async fn look<T>(&self, what: For, lever: &str, see: impl FnOnce() -> T) -> Result<T, Fault> {
        let process = &self.process;
        let world = &process.world;
        let how = world.count(Port::Transport);
        if how == Some(How::CrashAfter) {
            process.light_fuse(1);
        }
        if how == Some(How::Hang) {
            sleep(DEADLINE).await;
            process.pass().await;
            return Err(no_answer());
        }
        if process.before(how).await {
            return Err(Fault::Refused { target: "the store".into() });
        }
        let mut luck = process.luck(what, lever);
        sleep(Duration::from_millis(luck.u64(1..12))).await;
        let fails = world.t() < STORM && luck.f64() < world.weather.read_fails;
        let seen = see();
        sleep(Duration::from_millis(luck.u64(0..12))).await;
        if fails && luck.bool() {
            sleep(DEADLINE).await;
        }
        process.pass().await;
        if fails || how == Some(How::After) { Err(no_answer()) } else { Ok(seen) }
    }

    /// Sends one request and waits for what becomes of it.
    async fn send(&self, run: &str, lever: &str, request: &PlannedRequest) -> WriteOutcome {
        let process = &self.process;
        let world = &process.world;
        let how = world.count(Port::Transport);
        if how == Some(How::CrashAfter) {
            process.light_fuse(1);
        }
        if how == Some(How::Crash) {
            process.kill();
        }
        process.pass().await;
        let mut fate = world.fate(&mut process.luck(For::Write, lever), DEADLINE);
        match how {
            Some(How::Before) => fate.refused = true,
            Some(How::After) => fate = Fate { answer: Answer::Lost, ..Fate::GOOD },
            Some(How::Hang) => fate.lost = true,
            _ => {}
        }
        if fate.refused {
            sleep(fate.back).await;
            process.pass().await;
            return WriteOutcome::NotSent(Fault::Refused { target: "the store".into() });
        }
        let (answer, answered) = oneshot::channel();
        if !fate.lost {
            let (world, run, request) = (Arc::clone(world), run.to_owned(), request.clone());
            // The request is on the wire: it arrives whatever becomes of the process that sent it.
            tokio::spawn(async move {
                sleep(fate.delay).await;
                let _ = answer.send(world.arrive(&run, &request, fate.works));
                if let Some(again) = fate.twice {
                    sleep(again).await;
                    world.arrive(&run, &request, fate.works);
                }
            });
        }
        let back = async {
            let Ok(status) = answered.await else { return std::future::pending().await };
            sleep(fate.back).await;
            match fate.answer {
                Answer::Comes => meaning(status),
                Answer::Cut => WriteOutcome::Unknown(Fault::CutOff { received: 3 }),
                Answer::Lost => std::future::pending().await,
            }
        };
        let outcome = timeout(DEADLINE, back).await.unwrap_or(WriteOutcome::Unknown(no_answer()));
        process.pass().await;
        outcome
    }
}

/// As `adapters::sending` judges a status.
fn meaning(status: u16) -> WriteOutcome {
    match status {
        200 => WriteOutcome::Acknowledged("the store answered 200".into()),
        403 => WriteOutcome::Rejected(Fault::NotAllowed { status, secret: None }),
        409 => WriteOutcome::Rejected(Fault::BadRequest { status, message: "somebody else moved this lever".into() }),
        _ => WriteOutcome::Unknown(Fault::ServerError { status, message: String::new() }),
    }
}

#[async_trait]
impl Levers for Line {
    fn contract(&self, target: &LeverTarget) -> Contract {
        let record = self.process.world.record();
        let lever = &record.levers[name(target)];
        let (propagation, right) = (lever.propagation, "write to the lever");
        if lever.compare_and_set { Contract::strong(propagation, right) } else { Contract::weak(propagation, right) }
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let world = &self.process.world;
        let (setting, revision, strong) = self
            .look(For::Read, name(target), || {
                let record = world.record();
                let lever = &record.levers[name(target)];
                (lever.setting, lever.revision.to_string(), lever.compare_and_set)
            })
            .await?;
        let look = Look { t: world.t(), process: self.process.id, lever: name(target).to_owned(), setting };
        world.record().looks.push(look);
        Ok(LeverReading {
            setting: Setting::Switch(setting),
            raw: format!("{{\"enabled\":{setting}}}"),
            revision: if strong { Revision::Strong(revision) } else { Revision::Soft(revision) },
            read_at: breakglass::clock::now(),
            set_by: None,
            set_at: None,
        })
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        let headers = match &observed.revision {
            Revision::Strong(revision) => vec![("if-match".to_owned(), revision.clone())],
            _ => Vec::new(),
        };
        let url = format!("http://flags.internal/{}", name(target));
        let body = Some(after.to_string());
        Ok(vec![PlannedRequest { method: "PUT".into(), url, headers, content_type: None, body }])
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        self.plan(target, observed, &prior.setting)
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        let process = &self.process;
        invariants::at_the_socket(process, permit, requests);
        let send = Send { t: process.world.t(), run: permit.run().to_string(), process: process.id };
        process.world.record().sends.push(send);
        self.send(permit.run().as_str(), permit.lever().as_str(), &requests[0]).await
    }

    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        let world = &self.process.world;
        let served = self.look(For::Served, name(target), || world.served(name(target), world.t())).await?;
        Ok(Some(Setting::Switch(served)))
    }

    async fn probe(&self, _: &LeverTarget) -> Vec<Check> {
        vec![Check { name: "reachable".into(), status: CheckStatus::Pass, why: "simulated".into() }]
    }
}

#[async_trait]
impl Readings for Line {
    async fn poll(&self, signals: &[Arc<SignalSpec>], _: Timestamp) -> Vec<Reading> {
        let process = &self.process;
        let world = &process.world;
        let how = world.count(Port::Transport);
        let hung = how == Some(How::Hang);
        let refused = !hung && process.before(how).await;
        let mut luck = process.luck(For::Source, "");
        sleep(Duration::from_millis(luck.u64(1..30))).await;
        let storm = world.t() < STORM;
        if hung || storm && luck.f64() < world.weather.source_hangs {
            sleep(Duration::from_secs(2)).await;
        }
        let t = world.t();
        let fails = hung || refused || how == Some(How::After) || storm && luck.f64() < world.weather.source_fails;
        let seen = world.weather.newest(t);
        let sampled = Duration::from_secs(seen.as_secs() / SCRAPE * SCRAPE);
        let off = !world.served("assistant", sampled);
        process.pass().await;
        let value = |signal: &SignalSpec| match signal.id.as_str() {
            "fallback_share" => f64::from(u8::from(off)),
            _ if off => 0.001,
            _ => 0.2,
        };
        // By our clock, as far as the source tells its own: a real adapter does the same.
        let now = breakglass::clock::now();
        let ahead = (!world.weather.mute).then(|| Ahead::told(true_time(t), SignedDuration::ZERO, now, now));
        *self.ahead.lock().expect("no panics") = ahead;
        let by = ahead.map_or(SignedDuration::ZERO, Ahead::by);
        let sample = |signal: &SignalSpec| {
            let sample = Sample { value: value(signal), n: None, at: true_time(sampled) - by };
            if fails { Err(no_answer()) } else { Ok(sample) }
        };
        let reading = |s: &Arc<SignalSpec>| Reading { signal: s.id.clone(), sample: sample(s), cohorts: Vec::new() };
        signals.iter().map(reading).collect()
    }

    fn ahead(&self) -> Option<Ahead> {
        *self.ahead.lock().expect("no panics")
    }

    async fn history(&self, signals: &[Arc<SignalSpec>], _: Window) -> Vec<Result<Vec<Point>, Fault>> {
        signals.iter().map(|_| Err(Fault::NoData)).collect()
    }
}

/// True if a sample that was taken within the span shows the assistant off.
pub fn traffic_shows_off(world: &World, from: Duration, to: Duration) -> bool {
    let seconds = from.as_secs() / SCRAPE..=to.as_secs() / SCRAPE;
    let mut scrapes = seconds.map(|n| Duration::from_secs(n * SCRAPE)).filter(|s| *s > from && *s <= to);
    scrapes.any(|scrape| !world.served("assistant", scrape))
}
