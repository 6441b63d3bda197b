//! Opening the database: directory, file, migration, the whole chain, and the import of what was spooled before.
//! Runs beside the keeper, so that a hanging disk holds nothing up. May not change the view.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::aside::aside;
use super::files;
use super::head::{Draft, Origin};
use super::options::Home;
use super::session::Session;
use super::spool::{self, Places};
use super::store::Store;
use crate::domain::entry::{Entry, Happening};

/// A database that is ready.
#[derive(Debug)]
pub(super) struct Opened {
    /// To write to.
    pub(super) store: Store,
    /// Everything in it.
    pub(super) entries: Vec<Entry>,
    /// Things worth saying.
    pub(super) notes: Vec<String>,
}

/// A database that is not, and what could be read nevertheless.
#[derive(Debug)]
pub(super) struct Away {
    /// Why, with what to do.
    pub(super) why: String,
    /// Stored entries, as far as they could be read, then those of earlier spools.
    pub(super) entries: Vec<Entry>,
    /// Things worth saying.
    pub(super) notes: Vec<String>,
}

/// Opens, or says why not. `waiting` are this session's own entries that are not stored yet.
pub(super) async fn open(session: Arc<Session>, waiting: Vec<Draft>) -> Result<Opened, Box<Away>> {
    match write_to(&session, &waiting).await {
        Ok(opened) => Ok(opened),
        Err(why) => Err(Box::new(away(&session, why).await)),
    }
}

async fn write_to(session: &Session, waiting: &[Draft]) -> Result<Opened, String> {
    let options = &session.options;
    knock(session).await;
    let (mut store, stored) = Store::open(options).await.map_err(|error| error.to_string())?;
    let mut entries: Vec<Entry> = stored.into_iter().map(|(_, entry)| entry).collect();
    let mut notes: Vec<String> = options.home.worry().into_iter().collect();
    if let Some((seq, why)) = store.follower().broken() {
        notes.push(format!("the journal does not verify: entry {seq} {why}; keep a copy of {}", options.home));
    }
    let segments = Places::new(&options.home, options.spools.clone()).segments_but_of(&session.id);
    for file in segments.into_iter().filter(|file| spool::is_abandoned(file)) {
        entries.extend(import(session, &mut store, &file, &mut notes).await?);
    }
    if !waiting.is_empty() {
        let (_, fresh) = store
            .import(waiting, |count| session.draft(None, imported(&session.id, count)))
            .await
            .map_err(|error| error.to_string())?;
        entries.extend(fresh.into_iter().map(|(_, entry)| entry));
    }
    Ok(Opened { store, entries, notes })
}

/// Touches every directory that is read below once where it may hang: a disk that does not answer (a network filesystem
/// without its server) then keeps a thread of its own busy, and none that others wait for.
async fn knock(session: &Session) {
    let (home, spools) = (session.options.home.clone(), session.options.spools.clone());
    // What is not there is created later, and what cannot be read is told later.
    let _ = aside(move || {
        if let Home::File(file) = &home {
            let _ = files::has_content(file);
        }
        for spool in &spools {
            let _ = files::has_content(spool);
        }
    })
    .await;
}

async fn import(
    session: &Session,
    store: &mut Store,
    file: &Path,
    notes: &mut Vec<String>,
) -> Result<Vec<Entry>, String> {
    let segment = match spool::read(file) {
        Ok(segment) => segment,
        Err(error) => {
            notes.push(format!("{} cannot be read ({error}); its entries are not in the journal", file.display()));
            return Ok(Vec::new());
        }
    };
    let name = segment.drafts.first().map_or_else(String::new, |draft| draft.origin.session().to_owned());
    let closing = |count| session.draft(None, imported(&name, count));
    let (_, fresh) = store.import(&segment.drafts, closing).await.map_err(|error| error.to_string())?;
    let suffix = match segment.damage {
        None => ".imported",
        Some(damage) => {
            notes.push(format!("{damage}; everything before it was imported, the file stays as it is"));
            ".damaged"
        }
    };
    if let Err(error) = spool::retire(file, suffix)
        && error.kind() != ErrorKind::NotFound
    {
        notes.push(format!("{} was imported but cannot be renamed: {error}", file.display()));
    }
    Ok(fresh.into_iter().map(|(_, entry)| entry).collect())
}

/// What is written after an import.
pub(super) fn imported(segment: &str, count: u64) -> Happening {
    Happening::Imported { segment: segment.to_owned(), count }
}

/// Without the database: what can still be read of it, and the spools that wait for it.
async fn away(session: &Session, why: String) -> Away {
    let options = &session.options;
    let mut notes = Vec::new();
    let stored = match Store::open_to_read(&options.home).await {
        Ok((store, entries)) => {
            // Nothing was written, so a failing close loses nothing.
            let _ = store.close().await;
            entries
        }
        // Said already: it is no journal, or not there.
        Err(error) if error.to_string() == why => Vec::new(),
        Err(error) => {
            notes.push(format!("earlier entries of {} cannot be read: {error}", options.home));
            Vec::new()
        }
    };
    let known: HashSet<Origin> = stored.iter().map(|(origin, _)| origin.clone()).collect();
    let mut entries: Vec<Entry> = stored.into_iter().map(|(_, entry)| entry).collect();
    for file in Places::new(&options.home, options.spools.clone()).segments_but_of(&session.id) {
        let Ok(segment) = spool::read(&file) else { continue };
        for draft in segment.drafts.iter().filter(|draft| !known.contains(&draft.origin)) {
            let next = entries.last().map_or(1, |last| last.seq + 1);
            entries.push(draft.at(next));
        }
        notes.extend(segment.damage);
    }
    Away { why: format!("{}: {why}", options.home), entries, notes }
}
