//! A journal in memory, for tests and simulations: shared by every journal opened on it as a database would be, and able
//! to fail, to hang, or to lose the answer after the effect at the call that a test names. May not touch files.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{Denied, Guard, Outcome, StoreError, Stored, moved};
use crate::domain::entry::{Entry, Happening};
use crate::domain::ids::RunId;
use crate::domain::run::{RunMove, RunState};
use crate::journal::chain::{Follower, Link};
use crate::journal::head::Draft;
use crate::journal::verify::Verification;

/// A hanging call ends with an error after this long, as a connection that is given up does. Far beyond every patience.
const HANGS: Duration = Duration::from_mins(1);

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing is done, and the caller is told so.
    Fail,
    /// Nothing is done, and no answer comes.
    Hang,
    /// It is done, and the caller is told that it failed.
    LoseAnswer,
    /// A lie, to see tests catch it: nothing is kept, and the caller is told that it was done.
    Forget,
    /// A lie: who holds the lever is not looked up.
    Unguarded,
    /// A lie: an import does not look at what is stored already.
    Twice,
}

/// What a journal asks of the store.
#[derive(Debug, Clone, Copy)]
pub enum Call<'a> {
    /// To look for news, or to read.
    Read,
    /// To append these, all or none.
    Append(&'a [&'a Happening]),
    /// To import so many entries.
    Import(usize),
}

/// What one process's calls go through on their way to the store and back.
#[async_trait]
pub trait Way: std::fmt::Debug + Send + Sync {
    /// On the way there: takes as long as it takes, and says what the call runs into.
    async fn there(&self, call: Call<'_>) -> Option<Trouble>;
    /// On the way back.
    async fn back(&self);
}

/// One shared journal in memory; a clone is the same one.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    name: String,
    table: Arc<Mutex<Table>>,
    way: Option<Arc<dyn Way>>,
}

#[derive(Debug, Default)]
struct Table {
    links: Vec<Link>,
    origins: HashSet<String>,
    /// Runs in the order of their intents, as the table of claims in a database.
    claims: Vec<Held>,
    calls: u64,
    script: BTreeMap<u64, Trouble>,
    away: bool,
}

#[derive(Debug)]
struct Held {
    run: RunId,
    lever: String,
    who: String,
    state: RunState,
}

impl Memory {
    /// An empty one. The name tells its spools from those of others.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The same one, for a process whose calls go this way.
    #[must_use]
    pub fn by_way_of(&self, way: Arc<dyn Way>) -> Self {
        Self { way: Some(way), ..self.clone() }
    }

    /// True if the intent of this run is stored. Counts as no call.
    #[must_use]
    pub fn knows(&self, run: &RunId) -> bool {
        self.lock().claims.iter().any(|held| held.run == *run)
    }

    /// The origin of every stored entry, in order. Counts as no call.
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        self.lock().links.iter().map(|link| link.origin.clone()).collect()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many calls every journal on it has made so far: opening, looking for news, reading, appending, importing.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// Scripts trouble for one call, counted from 1 as [`Memory::calls`] counts.
    pub fn trouble_at(&self, call: u64, trouble: Trouble) {
        self.lock().script.insert(call, trouble);
    }

    /// While away, every call fails that no script names.
    pub fn set_away(&self, away: bool) {
        self.lock().away = away;
    }

    /// Everything that is stored, read afresh. Counts as no call.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let mut follower = Follower::new();
        self.lock().links.iter().map(|link| follower.follow(link).1).collect()
    }

    /// Verifies the chain as `journal verify` does. Counts as no call.
    #[must_use]
    pub fn verify(&self) -> Verification {
        let mut follower = Follower::new();
        let table = self.lock();
        table.links.iter().for_each(|link| drop(follower.follow(link)));
        Verification::of(table.links.len() as u64, &follower)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call: counted, and in trouble if the script says so.
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        work: impl FnOnce(&mut Table, Option<Trouble>) -> T + Send,
    ) -> Result<T, StoreError> {
        let met = match &self.way {
            Some(way) => way.there(call).await,
            None => None,
        };
        let result = self.at_the_store(met, work).await;
        if let Some(way) = &self.way {
            way.back().await;
        }
        result
    }

    async fn at_the_store<T>(
        &self,
        met: Option<Trouble>,
        work: impl FnOnce(&mut Table, Option<Trouble>) -> T + Send,
    ) -> Result<T, StoreError> {
        let trouble = {
            let mut table = self.lock();
            table.calls += 1;
            let call = table.calls;
            match table.script.remove(&call) {
                Some(trouble) => Some(trouble),
                None if table.away => Some(Trouble::Fail),
                None => met,
            }
        };
        match trouble {
            None | Some(Trouble::Forget | Trouble::Unguarded | Trouble::Twice) => Ok(work(&mut self.lock(), trouble)),
            Some(Trouble::Fail) => Err(StoreError::Scripted("the store failed as scripted")),
            Some(Trouble::Hang) => {
                tokio::time::sleep(HANGS).await;
                Err(StoreError::Scripted("the store hung as scripted"))
            }
            Some(Trouble::LoseAnswer) => {
                work(&mut self.lock(), None);
                Err(StoreError::Scripted("the answer was lost as scripted"))
            }
        }
    }
}

impl Table {
    fn read_on(&self, follower: &mut Follower) -> Vec<Stored> {
        let known = usize::try_from(follower.next() - 1).unwrap_or(usize::MAX);
        self.links.iter().skip(known).map(|link| follower.follow(link)).collect()
    }

    fn insert(&mut self, follower: &mut Follower, draft: &Draft) -> Stored {
        let link = follower.successor(draft.origin.as_str(), &draft.head);
        self.links.push(link.clone());
        self.origins.insert(link.origin.clone());
        match draft.what() {
            Happening::Intended(intent) if self.claims.iter().all(|held| held.run != intent.run) => {
                self.claims.push(Held {
                    run: intent.run.clone(),
                    lever: intent.lever.as_str().to_owned(),
                    who: draft.entry().who.clone(),
                    state: RunState::Intent,
                });
            }
            Happening::RunMoved { run, by, .. } => self.follow_run(run, *by),
            _ => {}
        }
        follower.follow(&link)
    }

    /// Illegal moves change nothing: the fold shows them.
    fn follow_run(&mut self, run: &RunId, by: RunMove) {
        if let Some(held) = self.claims.iter_mut().find(|held| held.run == *run)
            && let Ok(state) = held.state.after(by)
        {
            held.state = state;
        }
    }

    fn holder(&self, lever: &str) -> Option<Denied> {
        let held = self.claims.iter().find(|held| held.lever == lever && held.state.is_open())?;
        Some(Denied::Held { run: held.run.clone(), who: held.who.clone() })
    }
}

/// One journal's handle, and how far it has followed the chain.
#[derive(Debug)]
pub(in crate::journal) struct Recall {
    memory: Memory,
    follower: Follower,
}

impl Recall {
    /// Opens and follows the whole chain.
    pub(super) async fn open(memory: &Memory) -> Result<(Self, Vec<Stored>), StoreError> {
        let mut store = Self { memory: memory.clone(), follower: Follower::new() };
        let entries = store.read_on().await?;
        Ok((store, entries))
    }

    /// How far the chain has been followed.
    pub(super) const fn follower(&self) -> &Follower {
        &self.follower
    }

    /// Moves with every entry.
    pub(super) async fn data_version(&self) -> Result<i64, StoreError> {
        self.memory.call(Call::Read, |table, _| i64::try_from(table.links.len()).unwrap_or(i64::MAX)).await
    }

    /// Reads what other journals have written since.
    pub(super) async fn read_on(&mut self) -> Result<Vec<Stored>, StoreError> {
        let follower = &mut self.follower;
        self.memory.call(Call::Read, move |table, _| table.read_on(follower)).await
    }

    /// Appends entries, all or none, if the guard allows it.
    pub(super) async fn append(&mut self, drafts: &[Draft], guard: Guard<'_>) -> Result<Outcome, StoreError> {
        let what: Vec<&Happening> = drafts.iter().map(Draft::what).collect();
        let follower = &mut self.follower;
        let append = move |table: &mut Table, lie: Option<Trouble>| {
            let mut fresh = table.read_on(follower);
            let denied = match guard {
                Guard::Always => None,
                Guard::NothingNew => (!fresh.is_empty()).then_some(Denied::News),
                Guard::LeverFree { .. } if lie == Some(Trouble::Unguarded) => None,
                Guard::LeverFree { intent, unmoved } => {
                    table.holder(intent.lever.as_str()).or_else(|| moved(&fresh, intent).filter(|_| unmoved))
                }
            };
            for draft in drafts.iter().filter(|_| denied.is_none()) {
                fresh.push(match lie {
                    Some(Trouble::Forget) => (draft.origin.clone(), draft.at(follower.next())),
                    _ => table.insert(follower, draft),
                });
            }
            Outcome { fresh, denied }
        };
        self.memory.call(Call::Append(&what), append).await
    }

    /// Appends those drafts that are not stored yet, and what `closing` makes of their number.
    pub(super) async fn import(
        &mut self,
        drafts: &[Draft],
        closing: impl FnOnce(u64) -> Draft + Send,
    ) -> Result<(u64, Vec<Stored>), StoreError> {
        let follower = &mut self.follower;
        let import = move |table: &mut Table, lie: Option<Trouble>| {
            let mut fresh = table.read_on(follower);
            let mut count = 0;
            for draft in drafts {
                if lie == Some(Trouble::Twice) || !table.origins.contains(draft.origin.as_str()) {
                    fresh.push(table.insert(follower, draft));
                    count += 1;
                }
            }
            if count > 0 {
                fresh.push(table.insert(follower, &closing(count)));
            }
            (count, fresh)
        };
        self.memory.call(Call::Import(drafts.len()), import).await
    }
}
