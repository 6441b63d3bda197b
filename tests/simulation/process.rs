//! One simulated process: alive until it quits or is killed. Everything that the program reaches outside itself goes
//! through here, so that a process can be killed before or after any of it, and a dead one reaches nothing any more.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use breakglass::domain::entry::Happening;
use breakglass::domain::permit::Mode;
use breakglass::journal::Journal;
use breakglass::journal::memory::{Call, Trouble, Way};
use tokio::sync::Notify;

use crate::bugs::Bug;
use crate::chance::{self, For};
use crate::invariants;
use crate::sweep::How;
use crate::weather::{STORM, within};
use crate::world::{Port, World};

pub struct Process {
    pub id: u64,
    pub world: Arc<World>,
    /// What the session may do.
    pub mode: Mutex<Mode>,
    journal: Mutex<Option<Journal>>,
    /// Moves when the process was killed.
    pub killed: Notify,
    dead: AtomicBool,
    /// Passages until it is killed; negative: never.
    fuse: AtomicI64,
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {}", self.id)
    }
}

impl Process {
    pub fn new(world: &Arc<World>) -> Arc<Self> {
        Arc::new_cyclic(|process| Self {
            id: world.enter(process.clone()),
            world: Arc::clone(world),
            mode: Mutex::new(Mode::Act),
            journal: Mutex::default(),
            killed: Notify::new(),
            dead: AtomicBool::new(false),
            fuse: AtomicI64::new(-1),
        })
    }

    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// The journal, once it is open.
    pub fn journal(&self) -> Option<Journal> {
        self.journal.lock().expect("no panics").clone()
    }

    pub fn has_opened(&self, journal: &Journal) {
        *self.journal.lock().expect("no panics") = Some(journal.clone());
    }

    /// Its world is over.
    pub fn give_journal_up(&self) {
        drop(self.journal.lock().expect("no panics").take());
    }

    /// kill -9.
    pub fn kill(&self) {
        self.dead.store(true, Ordering::Relaxed);
        if let Some(journal) = self.journal() {
            journal.kill();
        }
        self.killed.notify_one();
    }

    /// Kills it at the so-many-th passage from now on.
    pub fn light_fuse(&self, passages: i64) {
        self.fuse.store(passages, Ordering::Relaxed);
    }

    /// A call leaves the process, or its answer comes back. The dead do neither.
    pub async fn pass(&self) {
        let lit = self.fuse.load(Ordering::Relaxed) >= 0 && self.world.t() < STORM;
        if lit && self.fuse.fetch_sub(1, Ordering::Relaxed) == 0 {
            self.kill();
        }
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    pub fn luck(&self, what: For, lever: &str) -> fastrand::Rng {
        chance::luck(self.world.seed, what, &[self.id, chance::of(lever), self.world.micros()])
    }

    /// Carries an injected fault out, as far as it lies before the effect. True if the effect is to fail.
    pub async fn before(&self, how: Option<How>) -> bool {
        match how {
            Some(How::Crash) => self.kill(),
            Some(How::Hang) => std::future::pending::<()>().await,
            _ => {}
        }
        self.pass().await;
        how == Some(How::Before)
    }
}

/// The process's way to the journal's store.
#[derive(Debug)]
pub struct ToStore {
    pub process: Arc<Process>,
}

#[async_trait]
impl Way for ToStore {
    async fn there(&self, call: Call<'_>) -> Option<Trouble> {
        let process = &self.process;
        let world = &process.world;
        if let Call::Append(entries) = call {
            for what in entries {
                invariants::at_the_journal(process, what);
            }
        }
        let how = world.count(Port::Store);
        match how {
            Some(How::Hang) => return Some(Trouble::Hang),
            Some(How::After) => return Some(Trouble::LoseAnswer),
            Some(How::CrashAfter) => process.light_fuse(1),
            _ => {}
        }
        if process.before(how).await {
            return Some(Trouble::Fail);
        }
        let mut luck = process.luck(For::Store, "");
        tokio::time::sleep(Duration::from_millis(luck.u64(0..6))).await;
        process.pass().await;
        if let Some(lie) = lie(world.bug, call) {
            return Some(lie);
        }
        let weather = &world.weather;
        let t = world.t();
        if t >= STORM {
            return None;
        }
        if within(&weather.away, t) {
            return Some(Trouble::Fail);
        }
        match luck.f64() {
            x if x < weather.store_fails => Some(Trouble::Fail),
            x if x < weather.store_fails + weather.store_hangs => Some(Trouble::Hang),
            x if x < weather.store_fails + weather.store_hangs + weather.store_loses => Some(Trouble::LoseAnswer),
            _ => None,
        }
    }

    async fn back(&self) {
        self.process.pass().await;
    }
}

/// How a planted bug of the journal's store answers.
fn lie(bug: Option<Bug>, call: Call<'_>) -> Option<Trouble> {
    match (bug?, call) {
        (Bug::NoDurableIntent, Call::Append([Happening::Intended(_)])) => Some(Trouble::Forget),
        (Bug::TwoOpenRuns, Call::Append([Happening::Intended(_)])) => Some(Trouble::Unguarded),
        (Bug::ImportsTwice, Call::Import(_)) => Some(Trouble::Twice),
        _ => None,
    }
}
