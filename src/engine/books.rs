//! Keeps the runbooks of a running cockpit: loads them after the first frame, and again when a file changes. A file that
//! is broken by an edit is listed as broken, and what it said before stays in use. May not touch walks: those are pinned
//! by the screens.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::{Core, Event, View};
use crate::clock;
use crate::config::{Bookcases, Keep, Loaded, Stamp};
use crate::domain::catalogue::Catalogue;

/// Files are looked at, from outside, this often.
const LOOK: Duration = if cfg!(test) { Duration::from_millis(30) } else { Duration::from_secs(2) };
/// A third of the share of a processor that others get who want it too.
#[cfg(target_os = "linux")]
const BACKGROUND: i32 = 5;
/// A picture that was judged with new runbooks is not waited for longer.
const JUDGED_WITHIN: Duration = Duration::from_millis(100);
/// More changes than this at once are counted, not named.
const NAMED: usize = 3;

/// The load of a start, on a thread of its own. It is begun before there is an engine to hear of it: somebody waits for it,
/// and it needs nothing of the journal.
pub struct FirstLoad {
    cases: Arc<Bookcases>,
    found: oneshot::Receiver<Stamp>,
    opened: oneshot::Receiver<(Loaded, Option<Keep>)>,
}

impl FirstLoad {
    /// Begins it, and waits for nothing.
    #[must_use]
    pub fn begin(bookcases: &Bookcases) -> Self {
        let cases = Arc::new(bookcases.clone());
        let (find, found) = oneshot::channel();
        let (open, opened) = oneshot::channel();
        let (theirs, started) = (Arc::clone(&cases), clock::now());
        in_background(move || {
            let stamp = theirs.stamp();
            let _ = find.send(stamp.clone());
            let _ = open.send(theirs.open(&stamp, started));
        });
        Self { cases, found, opened }
    }
}

/// Runs as long as the engine. A disk that hangs holds up one blocking thread and nothing else.
pub(super) async fn keep(core: Arc<Core>, first: FirstLoad) {
    let FirstLoad { cases, found, opened } = first;
    let Ok(mut seen) = found.await else { return };
    core.tell(Event::LoadingRunbooks(Bookcases::count(&seen))).await;
    let Ok((mut now, keep)) = opened.await else { return };
    let words = broken_words(&core.config.catalogue, now.broken.len());
    publish(&core, &now, words.into_iter().collect()).await;
    if let Some(keep) = keep {
        let loaded = now.clone();
        // Where it cannot be kept, the next start reads everything again, as this one did.
        let _ = background(move || keep.write(&loaded)).await;
    }
    while cases.can_change() {
        tokio::time::sleep(LOOK).await;
        let Some(looks) = off_thread(&cases, Bookcases::stamp).await else { return };
        if looks == seen {
            continue;
        }
        seen = looks;
        let Some(mut fresh) = load(&cases).await else { return };
        let words = settle(&now, &mut fresh);
        if !words.is_empty() || fresh.broken != now.broken {
            now = fresh;
            publish(&core, &now, words).await;
        }
    }
}

fn broken_words(catalogue: &Catalogue, count: usize) -> Option<String> {
    let check = catalogue.command("check");
    match count {
        0 => None,
        1 => Some(format!("1 runbook file is broken; {check} says why")),
        count => Some(format!("{count} runbook files are broken; {check} says why")),
    }
}

async fn off_thread<T: Send + 'static>(
    cases: &Arc<Bookcases>,
    ask: impl FnOnce(&Bookcases) -> T + Send + 'static,
) -> Option<T> {
    let cases = Arc::clone(cases);
    tokio::task::spawn_blocking(move || ask(&cases)).await.ok()
}

async fn load(cases: &Arc<Bookcases>) -> Option<Loaded> {
    let cases = Arc::clone(cases);
    background(move || cases.load()).await
}

/// Work that takes a processor, waited for: see [`in_background`].
async fn background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = oneshot::channel();
    in_background(move || drop(done.send(work())));
    result.await.ok()
}

/// Does it at a low priority, so that no key waits for it. Threads that it starts inherit that, and it cannot be taken back;
/// hence a thread of its own. Without one it is dropped, and whoever waits for it hears that.
fn in_background(work: impl FnOnce() + Send + 'static) {
    let work = move || {
        // Of the thread on Linux, of the whole process elsewhere.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::nice(BACKGROUND);
        work();
    };
    let _ = std::thread::Builder::new().name("runbooks".to_owned()).spawn(work);
}

async fn publish(core: &Core, loaded: &Loaded, words: Vec<String>) {
    let known = Arc::clone(&core.catalogue.borrow());
    let catalogue = Arc::new(Catalogue {
        runbooks: loaded.runbooks.clone(),
        broken: loaded.broken.clone(),
        ..Catalogue::clone(&known)
    });
    core.catalogue.send_replace(Arc::clone(&catalogue));
    // What they say comes with them: the screen draws both at once.
    let is_judged = |view: &Option<View>| view.as_ref().is_some_and(|view| Arc::ptr_eq(&view.catalogue, &catalogue));
    let _ = tokio::time::timeout(JUDGED_WITHIN, core.views.subscribe().wait_for(is_judged)).await;
    core.tell(Event::Runbooks { catalogue, words }).await;
}

/// What is new, in words. A runbook whose file is broken now stays as it was.
fn settle(before: &Loaded, fresh: &mut Loaded) -> Vec<String> {
    let mut words = Vec::new();
    let broken: Vec<String> = fresh.broken.iter().map(|broken| broken.path.clone()).collect();
    // A directory that cannot be listed (a share that is not mounted) breaks every file in it.
    let is_broken = |file: &str| broken.iter().any(|path| Path::new(file).starts_with(path));
    for (id, book) in &before.runbooks {
        let now = fresh.runbooks.get(id);
        let lost = now.is_none_or(|now| now.origin.file != book.origin.file) && is_broken(&book.origin.file);
        if lost {
            fresh.runbooks.insert(id.clone(), Arc::clone(book));
            let known_before = before.broken.iter().any(|broken| broken.path == book.origin.file);
            if !known_before {
                let file = &book.origin.file;
                let what = if broken.contains(file) { "is broken" } else { "cannot be reached" };
                words.push(format!("runbook {id}: {file} {what}; version {} stays in use", book.version));
            }
            continue;
        }
        match now {
            None => words.push(format!("runbook {id} is gone")),
            Some(now) if now.origin.digest != book.origin.digest && now.version != book.version => {
                words.push(format!("runbook {id}: version {} is in use now, before {}", now.version, book.version));
            }
            Some(now) if now.origin.digest != book.origin.digest => {
                words.push(format!("runbook {id} has changed, still called version {}", now.version));
            }
            Some(_) => {}
        }
    }
    let new = fresh.runbooks.keys().filter(|id| !before.runbooks.contains_key(*id));
    words.extend(new.map(|id| format!("runbook {id} is new")));
    let lost: Vec<&String> =
        broken.iter().filter(|path| !before.broken.iter().any(|known| known.path == **path)).collect();
    let unsaid = lost.into_iter().filter(|path| !words.iter().any(|said| said.contains(path.as_str())));
    let unsaid: Vec<String> = unsaid.map(|path| format!("runbook file {path} is broken")).collect();
    words.extend(unsaid);
    if words.len() > NAMED {
        let others = words.len() - NAMED;
        words.truncate(NAMED);
        words.push(format!("and {others} more runbooks changed"));
    }
    words
}

#[cfg(test)]
mod tests;
