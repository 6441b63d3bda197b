//! The world of one incident: stores with levers, the side that serves them, the product's traffic, true time, and a
//! record of everything that really happened. It knows the truth; invariants compare the program's words with it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Weak};
use std::time::Duration;

use breakglass::domain::plan::{Plan, PlannedRequest};
use breakglass::domain::run::RunState;
use breakglass::journal::memory::Memory;
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::bugs::Bug;
use crate::process::Process;
use crate::sweep::{How, Injection};
use crate::weather::{Fate, STORM, Weather, Works, within};

/// Which way out of the program a call takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Port {
    Store,
    Transport,
    Clock,
}

/// A lever as its store holds it.
#[derive(Debug)]
pub struct Lever {
    /// The store refuses a write to another revision.
    pub compare_and_set: bool,
    /// The store knows idempotency keys.
    pub knows_keys: bool,
    pub propagation: Duration,
    pub setting: bool,
    pub revision: u64,
    /// Every revision that ever was: since when, its setting, its number.
    pub history: Vec<(Duration, bool, u64)>,
    answers: HashMap<String, u16>,
}

/// Something that a store did.
#[derive(Debug, Clone)]
pub struct Effect {
    pub t: Duration,
    /// The run in the idempotency key; `None` for a foreign hand.
    pub run: Option<String>,
    pub lever: String,
    pub setting: bool,
    pub changed: bool,
}

/// A write that a process asked its adapter for.
#[derive(Debug, Clone)]
pub struct Send {
    pub t: Duration,
    pub run: String,
    pub process: u64,
}

/// A good reading of a lever.
#[derive(Debug, Clone)]
pub struct Look {
    pub t: Duration,
    pub process: u64,
    pub lever: String,
    pub setting: bool,
}

/// News of a run, as a listener heard it.
#[derive(Debug, Clone)]
pub struct Heard {
    pub t: Duration,
    pub process: u64,
    pub run: String,
    pub state: RunState,
    /// What the program says it saw.
    pub why: String,
}

/// Everything that happened.
#[derive(Debug, Default)]
pub struct Record {
    pub levers: BTreeMap<String, Lever>,
    pub effects: Vec<Effect>,
    pub sends: Vec<Send>,
    pub looks: Vec<Look>,
    pub heard: Vec<Heard>,
    /// By process and digest: the plan that a person confirmed there, and when.
    pub confirmed: HashMap<(u64, String), (Plan, Duration)>,
    /// Runs whose intent only memory held: lost with the process, and marked so.
    pub unlogged: Vec<String>,
    /// Invariants broken on the way, in words.
    pub broken: Vec<String>,
    /// When a person lifted a freeze.
    pub unfrozen: Vec<Duration>,
    /// What becomes of the next writes, before chance has a say.
    pub fates: VecDeque<Fate>,
    jumped: SignedDuration,
    lowest_jump: SignedDuration,
}

pub struct World {
    pub seed: u64,
    pub weather: Weather,
    pub bug: Option<Bug>,
    pub injection: Option<Injection>,
    pub memory: Memory,
    pub spool: PathBuf,
    begun: Instant,
    record: Mutex<Record>,
    calls: [AtomicU64; 3],
    processes: Mutex<Vec<Weak<Process>>>,
}

impl World {
    pub fn new(seed: u64, weather: Weather, spool: PathBuf) -> Self {
        let mut record = Record::default();
        let lever = |strong: bool, propagation: u64| Lever {
            compare_and_set: strong,
            knows_keys: seed & 4 == 0,
            propagation: Duration::from_millis(propagation),
            setting: true,
            revision: 1,
            history: vec![(Duration::ZERO, true, 1)],
            answers: HashMap::new(),
        };
        record.levers.insert("assistant".into(), lever(seed & 1 == 0, 200 + seed % 7 * 300));
        record.levers.insert("tools".into(), lever(seed & 2 == 0, 100 + seed % 5 * 700));
        Self {
            seed,
            weather,
            bug: None,
            injection: None,
            memory: Memory::new("incident"),
            spool,
            begun: Instant::now(),
            record: Mutex::new(record),
            calls: Default::default(),
            processes: Mutex::default(),
        }
    }

    pub fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().expect("nobody panics while writing to the record")
    }

    /// True time since the incident began.
    pub fn t(&self) -> Duration {
        self.begun.elapsed()
    }

    pub fn micros(&self) -> u64 {
        u64::try_from(self.t().as_micros()).expect("short")
    }

    /// Takes a process in. Its number.
    pub fn enter(&self, process: Weak<Process>) -> u64 {
        let mut processes = self.processes.lock().expect("no panics");
        processes.push(process);
        u64::try_from(processes.len()).expect("few")
    }

    /// Every process that is still held gives its journal up: the two hold each other.
    pub fn end(&self) {
        for process in self.processes.lock().expect("no panics").iter().filter_map(Weak::upgrade) {
            process.give_journal_up();
        }
    }

    pub fn jumped(&self) -> SignedDuration {
        self.record().jumped
    }

    pub fn jump(&self, by: SignedDuration) {
        let mut record = self.record();
        record.jumped += by;
        record.lowest_jump = record.lowest_jump.min(record.jumped);
    }

    /// How far the wall clock was ever behind: not positive.
    pub fn lowest_jump(&self) -> SignedDuration {
        self.record().lowest_jump
    }

    pub fn calls(&self, port: Port) -> u64 {
        self.calls[port as usize].load(Ordering::Relaxed)
    }

    /// Counts a call, and says what was injected there.
    pub fn count(&self, port: Port) -> Option<How> {
        let nth = self.calls[port as usize].fetch_add(1, Ordering::Relaxed) + 1;
        let injection = self.injection.filter(|injected| injected.port == port && injected.nth == nth);
        // The judge is left alone.
        injection.filter(|_| self.t() < STORM).map(|injected| injected.how)
    }

    /// The jump that was injected at the clock reading that is due now.
    pub fn injected_jump(&self) -> Option<SignedDuration> {
        let next = self.calls(Port::Clock) + 1;
        let injected = self.injection.filter(|injected| injected.port == Port::Clock && injected.nth == next)?;
        if self.t() >= STORM {
            return None;
        }
        match injected.how {
            How::Ahead => Some(SignedDuration::from_mins(61)),
            How::Back => Some(SignedDuration::from_mins(-61)),
            _ => None,
        }
    }

    /// What becomes of a write.
    pub fn fate(&self, luck: &mut fastrand::Rng, deadline: Duration) -> Fate {
        if let Some(scripted) = self.record().fates.pop_front() {
            return scripted;
        }
        if self.t() >= STORM { Fate::GOOD } else { self.weather.fate(luck, deadline) }
    }

    /// A request arrives at its store. Answers the status.
    pub fn arrive(&self, run: &str, request: &PlannedRequest, works: Works) -> u16 {
        let t = self.t();
        let mut record = self.record();
        let name = request.url.rsplit('/').next().expect("a lever").to_owned();
        let lever = record.levers.get_mut(&name).expect("a lever of this world");
        let answered = lever.answers.get(run).copied().filter(|_| lever.knows_keys);
        if let Some(status) = answered {
            return status;
        }
        let wanted = request.headers.iter().find(|(name, _)| name == "if-match").map(|(_, revision)| revision.clone());
        match works {
            Works::FailsBefore => return 500,
            Works::Forbids => return 403,
            Works::Well | Works::FailsAfter => {}
        }
        if lever.compare_and_set && wanted.is_some_and(|wanted| wanted != lever.revision.to_string()) {
            return 409;
        }
        let setting = match request.body.as_deref() {
            Some("on") => true,
            Some("off") => false,
            _ => !lever.setting,
        };
        let status = if works == Works::FailsAfter { 500 } else { 200 };
        let changed = lever.set(t, setting);
        lever.answers.insert(run.to_owned(), status);
        record.effects.push(Effect { t, run: Some(run.to_owned()), lever: name, setting, changed });
        status
    }

    /// Somebody else turns the lever over by hand. By chance not while a write of ours may be under way: who moved it last
    /// would be anybody's guess.
    pub fn foreign_hand(&self, name: &str) {
        let t = self.t();
        if !self.record().sends.iter().any(|send| send.t + Duration::from_secs(6) > t) {
            self.turn_over(name);
        }
    }

    /// The same at any time.
    pub fn turn_over(&self, name: &str) {
        let t = self.t();
        let mut record = self.record();
        let lever = record.levers.get_mut(name).expect("a lever of this world");
        let setting = !lever.setting;
        lever.set(t, setting);
        record.effects.push(Effect { t, run: None, lever: name.to_owned(), setting, changed: true });
    }

    /// What the serving side hands out.
    pub fn served(&self, name: &str, t: Duration) -> bool {
        let record = self.record();
        record.levers[name].served(&self.weather, t)
    }

    /// True if the serving side handed this setting out at some moment of the span.
    pub fn was_served(&self, name: &str, setting: bool, from: Duration, to: Duration) -> bool {
        let record = self.record();
        let lever = &record.levers[name];
        let mut moments = vec![from, to];
        moments.extend(lever.history.iter().map(|(since, _, _)| *since + lever.propagation));
        moments.extend(self.weather.frozen.iter().map(|(_, end)| *end));
        moments.iter().any(|t| (from..=to).contains(t) && lever.served(&self.weather, *t) == setting)
    }
}

impl Lever {
    fn set(&mut self, t: Duration, setting: bool) -> bool {
        let changed = self.setting != setting;
        self.setting = setting;
        self.revision += 1;
        self.history.push((t, setting, self.revision));
        changed
    }

    fn served(&self, weather: &Weather, t: Duration) -> bool {
        let frozen = weather.frozen.iter().filter(|(from, to)| (*from..*to).contains(&t)).map(|(from, _)| *from).min();
        let seen = match frozen {
            Some(from) if within(&weather.frozen, t) => from,
            _ => t,
        };
        let seen = seen.saturating_sub(self.propagation);
        self.history.iter().rev().find(|(since, _, _)| *since <= seen).is_none_or(|(_, setting, _)| *setting)
    }

    /// True if the lever had this revision at some moment of the span.
    pub fn had(&self, revision: &str, from: Duration, to: Duration) -> bool {
        let ends = self.history.iter().skip(1).map(|(t, _, _)| *t).chain([Duration::MAX]);
        self.history
            .iter()
            .zip(ends)
            .any(|((since, _, number), end)| number.to_string() == revision && *since <= to && end >= from)
    }
}
