//! Takes version snapshots: asks everything that tells a part, all at once, and waits for none of it longer than the two
//! seconds of the design. A preview has it read ahead, so that a confirmed change seldom waits at all.
//! May not write anything to a store, and keeps no change back because a part is missing: the gap is named.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};

use super::Core;
use crate::adapters::Adapter;
use crate::clock;
use crate::domain::endpoint::FeedSpec;
use crate::domain::ids::EndpointId;
use crate::domain::lever::LeverSpec;
use crate::domain::plan::{Check, CheckStatus};
use crate::domain::version::{self, Found, Line, NOTHING_TELLS, Tells, VersionSnapshot, VersionSource, WITHIN};

/// The provider's log goes this far back.
const LOG_REACH: SignedDuration = SignedDuration::from_hours(14 * 24);
/// What was read ahead is used for this long: as long as the plan lives that it was read for.
const LIFE: Duration = crate::domain::plan::PLAN_LIFE;
/// Waiting for what is being read ahead may take this much longer than the reading itself.
const SLACK: Duration = Duration::from_millis(100);

/// Everything that can be asked.
pub(super) struct Asked<'a> {
    pub(super) sources: &'a [VersionSource],
    pub(super) adapters: &'a BTreeMap<EndpointId, Adapter>,
    pub(super) levers: &'a [LeverSpec],
    pub(super) feeds: &'a [FeedSpec],
}

/// Asks all of it at once; what has not answered within two seconds is a gap.
pub(super) async fn take(asked: &Asked<'_>) -> VersionSnapshot {
    let (at, began) = (clock::now(), clock::since_boot());
    let until = Instant::now() + WITHIN;
    // Parts often stand in one document: it is asked for once.
    let mut paths: Vec<(&EndpointId, &str)> =
        asked.sources.iter().filter_map(|source| document(&source.tells)).collect();
    paths.sort_unstable();
    paths.dedup();
    let documents = join_all(paths.iter().map(|(from, path)| async move {
        let answer = timeout_at(until, asked.document(from, path)).await.unwrap_or_else(|_| Err(too_late()));
        ((*from, *path), answer)
    }));
    let others = join_all(asked.sources.iter().map(|source| async move {
        timeout_at(until, asked.other(&source.tells, at)).await.unwrap_or_else(|_| Some(Err(too_late())))
    }));
    let (documents, others) = tokio::join!(documents, others);
    let documents: BTreeMap<(&EndpointId, &str), Result<Value, String>> = documents.into_iter().collect();
    let line = |(source, other): (&VersionSource, Option<Result<Found, String>>)| {
        let found = match (other, document(&source.tells).and_then(|place| documents.get(&place))) {
            (Some(Ok(found)), _) => found,
            (Some(Err(cause)), _) => Found::Gap { cause },
            (None, Some(Err(cause))) => Found::Gap { cause: cause.clone() },
            (None, Some(Ok(body))) => version::of_document(body, &source.tells),
            (None, None) => Found::Gap { cause: NOTHING_TELLS.to_owned() },
        };
        Line { part: source.part, by: source.by().to_owned(), found }
    };
    let lines = asked.sources.iter().zip(others).map(line).collect();
    VersionSnapshot::new(at, clock::since_boot().saturating_sub(began), lines)
}

fn too_late() -> String {
    format!("timed out after {} s", WITHIN.as_secs())
}

const fn document(tells: &Tells) -> Option<(&EndpointId, &str)> {
    match tells {
        Tells::Document { from, path, .. } => Some((from, path.as_str())),
        Tells::Lever(_) | Tells::Feed(_) => None,
    }
}

impl Asked<'_> {
    async fn document(&self, from: &EndpointId, path: &str) -> Result<Value, String> {
        let documents = self.adapters.get(from).and_then(|adapter| adapter.documents.as_ref());
        let documents = documents.ok_or_else(|| format!("endpoint {from} has no documents"))?;
        documents.document(path).await.map_err(|fault| fault.to_string())
    }

    /// What a lever or a feed tells; `None` for a document.
    async fn other(&self, tells: &Tells, now: Timestamp) -> Option<Result<Found, String>> {
        match tells {
            Tells::Lever(id) => {
                let lever = self.levers.iter().find(|lever| lever.id == *id);
                Some(match lever {
                    Some(lever) => self.lever(lever).await,
                    None => Err(format!("lever {id} is not configured")),
                })
            }
            Tells::Feed(id) => {
                let feed = self.feeds.iter().find(|feed| feed.id == *id);
                Some(match feed {
                    Some(feed) => self.feed(feed, now).await,
                    None => Err(format!("change feed {id} is not configured")),
                })
            }
            Tells::Document { .. } => None,
        }
    }

    async fn lever(&self, lever: &LeverSpec) -> Result<Found, String> {
        let levers = self.adapters.get(&lever.from).and_then(|adapter| adapter.levers.as_ref());
        let levers = levers.ok_or_else(|| format!("endpoint {} has no levers", lever.from))?;
        let (reading, versions) = tokio::join!(levers.read(&lever.target), levers.versions(&lever.target));
        let reading = reading.map_err(|fault| fault.to_string())?;
        Ok(version::of_lever(&reading, &versions.unwrap_or_default()))
    }

    async fn feed(&self, feed: &FeedSpec, now: Timestamp) -> Result<Found, String> {
        let changes = self.adapters.get(&feed.from).and_then(|adapter| adapter.changes.as_ref());
        let changes = changes.ok_or_else(|| format!("endpoint {} reports no changes", feed.from))?;
        let since = now.checked_sub(LOG_REACH).unwrap_or(Timestamp::MIN);
        let told = changes.tell(feed, since).await;
        match (told.changes, told.fault) {
            (Some(changes), None) => Ok(version::of_changes(&changes, since)),
            (_, Some(fault)) => Err(fault.to_string()),
            (None, None) => Err("the feed said nothing".to_owned()),
        }
    }
}

/// What was read ahead.
#[derive(Debug, Clone)]
enum Ahead {
    Nothing,
    /// Since when, by the time since boot.
    Reading(Duration),
    /// When it was complete, by the time since boot.
    Read(Arc<VersionSnapshot>, Duration),
}

/// Reads ahead when somebody wants it.
#[derive(Debug)]
pub(super) struct Versions {
    wanted: Notify,
    ahead: watch::Sender<Ahead>,
}

impl Default for Versions {
    fn default() -> Self {
        Self { wanted: Notify::new(), ahead: watch::channel(Ahead::Nothing).0 }
    }
}

/// Reads ahead until the engine is gone.
pub(super) async fn keep(core: Arc<Core>) {
    loop {
        core.versions.wanted.notified().await;
        let taken = Arc::new(core.read_versions().await);
        core.versions.ahead.send_replace(Ahead::Read(taken, clock::since_boot()));
    }
}

impl Core {
    /// What the product is made of now. Reads only, two seconds at most.
    pub async fn read_versions(&self) -> VersionSnapshot {
        let catalogue = &self.config.catalogue;
        let asked = Asked {
            sources: &catalogue.versions,
            adapters: &self.adapters,
            levers: &catalogue.levers,
            feeds: &self.config.feeds,
        };
        take(&asked).await
    }

    /// True if the open incident has its snapshot.
    fn has_versions(&self) -> bool {
        self.book.ledger().versions_then().is_some()
    }

    /// Begins to read ahead for the first change of an incident; false if it has its snapshot.
    pub(super) fn read_versions_ahead(&self) -> bool {
        if self.has_versions() {
            return false;
        }
        let now = clock::since_boot();
        let begun = self.versions.ahead.send_if_modified(|ahead| {
            let is_on = match ahead {
                Ahead::Nothing => false,
                Ahead::Reading(since) => now.saturating_sub(*since) < WITHIN + SLACK,
                Ahead::Read(_, at) => now.saturating_sub(*at) < LIFE / 2,
            };
            if !is_on {
                *ahead = Ahead::Reading(now);
            }
            !is_on
        });
        if begun {
            self.versions.wanted.notify_one();
        }
        true
    }

    /// How the snapshot that precedes the first change stands, for its preview.
    pub(super) fn versions_check(&self) -> Check {
        let name = "version snapshot".to_owned();
        let Ahead::Read(taken, _) = &*self.versions.ahead.borrow() else {
            let why =
                format!("is taken before this change, within {} s; what is missing then is named", WITHIN.as_secs());
            return Check { name, status: CheckStatus::Unknown, why };
        };
        Check { name, status: taken.check_status(), why: taken.words() }
    }

    /// The snapshot for the first change of an incident, two seconds after it was asked for at the latest; `None` if the
    /// incident has one.
    pub(super) async fn versions_before_change(&self) -> Option<Arc<VersionSnapshot>> {
        if self.has_versions() {
            return None;
        }
        let now = clock::since_boot();
        let ahead = self.versions.ahead.borrow().clone();
        match ahead {
            Ahead::Read(taken, at) if now.saturating_sub(at) < LIFE => return Some(taken),
            Ahead::Reading(since) => {
                let left = (WITHIN + SLACK).saturating_sub(now.saturating_sub(since));
                let mut reading = self.versions.ahead.subscribe();
                let read = reading.wait_for(|ahead| matches!(ahead, Ahead::Read(..)));
                if let Ok(Ok(ahead)) = tokio::time::timeout(left, read).await
                    && let Ahead::Read(taken, _) = &*ahead
                {
                    return Some(Arc::clone(taken));
                }
                return Some(Arc::new(self.nothing_read()));
            }
            Ahead::Read(..) | Ahead::Nothing => {}
        }
        Some(Arc::new(self.read_versions().await))
    }

    /// A snapshot that names every part as a gap: its reading came to nothing.
    fn nothing_read(&self) -> VersionSnapshot {
        let gap = |source: &VersionSource| Line::gap(source.part, source.by(), too_late());
        VersionSnapshot::new(clock::now(), WITHIN, self.config.catalogue.versions.iter().map(gap).collect())
    }
}
