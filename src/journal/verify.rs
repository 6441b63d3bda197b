//! Verifying a journal file: the whole chain, link by link, read-only. May not repair anything.

use std::path::Path;

use super::chain::Follower;
use super::chain::hex;
use super::files;
use super::options::Home;
use super::schema;
use super::store::{Store, StoreError, no_dir};

/// What `verify` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Entries read.
    pub entries: u64,
    /// Hash of the last one, hex. Keep it elsewhere: it is what shows a cut tail.
    pub head: String,
    /// The first sequence number that does not hold, and why.
    pub broken: Option<(u64, String)>,
}

impl Verification {
    /// What a follower found in so many entries.
    pub(super) fn of(entries: u64, follower: &Follower) -> Self {
        Self { entries, head: hex(follower.last()), broken: follower.broken().cloned() }
    }
}

/// Why a file could not be verified at all. The caller knows, and names, the file.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Nothing there.
    #[error("there is no such file")]
    Missing,
    /// Not readable as a journal; the database's words.
    #[error("cannot be read as a journal ({0}); leave it as it is")]
    Unreadable(String),
}

/// Follows the chain of a journal file from its first entry to its last.
///
/// # Errors
/// [`VerifyError`] if the file is missing or cannot be read. A chain that does not hold is not an error but a finding.
pub async fn verify(file: &Path) -> Result<Verification, VerifyError> {
    if !file.exists() {
        return Err(VerifyError::Missing);
    }
    verify_home(&Home::File(file.to_owned())).await
}

/// The same, wherever the journal lives.
///
/// # Errors
/// [`VerifyError::Unreadable`] if it cannot be reached or read.
pub async fn verify_home(home: &Home) -> Result<Verification, VerifyError> {
    let unreadable = |error: StoreError| VerifyError::Unreadable(error.to_string());
    let (store, entries) = Store::open_to_read(home).await.map_err(unreadable)?;
    let found = Verification::of(entries.len() as u64, store.follower());
    // Nothing was written, so a failing close loses nothing.
    let _ = store.close().await;
    Ok(found)
}

/// Whether a file that a person names can be a journal: its directory is there, and it is nothing else already, neither text nor
/// a database of another program.
/// Changes nothing.
///
/// # Errors
/// In words, with what to do.
pub async fn may_be_a_journal(file: &Path) -> Result<(), String> {
    if let Some(dir) = files::lacks_dir(file) {
        return Err(no_dir(dir));
    }
    if let Some(what) = files::something_else(file) {
        return Err(format!("it is {what}; nothing in it was changed: name another file for the journal"));
    }
    schema::refuse_foreign(file).await.map_err(|error| error.to_string())
}
