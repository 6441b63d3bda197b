//! What a start made of all runbook files, kept for the next start in one file of the user's cache directory: as long as
//! neither a file nor the config's names nor this program has changed, nothing is parsed and checked again. Deleting the
//! file is harmless. May not be needed: whatever is wrong with it, the runbooks are loaded as without it.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::catalogue::BrokenRunbook;
use crate::domain::runbook::Runbook;

use super::super::trust;
use super::Loaded;

/// A larger file is none of ours: a thousand runbooks take four megabytes.
const MOST_BYTES: u64 = 64 << 20;

/// Where a load is kept, and what it was made from.
#[derive(Debug, Clone)]
pub struct Keep {
    pub(in super::super) file: PathBuf,
    /// SHA-256 of everything that a load depends on.
    pub(in super::super) made_from: [u8; 32],
}

/// The file: a digest of what it was made from and of the rest, then the rest in postcard's format.
#[derive(Serialize)]
struct Written<'a> {
    runbooks: Vec<&'a Runbook>,
    broken: &'a [BrokenRunbook],
}

#[derive(Deserialize)]
struct Found {
    runbooks: Vec<Runbook>,
    broken: Vec<BrokenRunbook>,
}

impl Keep {
    /// What was kept, if it is ours, whole, and made from the very same things.
    pub(in super::super) fn read(&self) -> Option<Loaded> {
        let bytes = ours(&self.file)?;
        let (digest, rest) = bytes.split_first_chunk::<32>()?;
        if *digest != self.digest(rest) {
            return None;
        }
        let Found { runbooks, broken } = postcard::from_bytes(rest).ok()?;
        let runbooks: BTreeMap<_, _> = runbooks.into_iter().map(|book| (book.id.clone(), Arc::new(book))).collect();
        Some(Loaded { runbooks, broken })
    }

    /// Keeps a load. For a thread that may wait for a disk.
    ///
    /// # Errors
    /// The directory cannot be written, or there is too much: then nothing is kept, and what was kept before stays.
    pub fn write(&self, loaded: &Loaded) -> std::io::Result<()> {
        let runbooks = loaded.runbooks.values().map(AsRef::as_ref).collect();
        let rest =
            postcard::to_allocvec(&Written { runbooks, broken: &loaded.broken }).map_err(std::io::Error::other)?;
        if rest.len() as u64 + 32 > MOST_BYTES {
            return Err(std::io::Error::other("too much to keep"));
        }
        let home = self.file.parent().unwrap_or(Path::new(""));
        DirBuilder::new().recursive(true).mode(0o700).create(home)?;
        // Whoever reads sees the old file or the new one; a torn one after a crash has the wrong digest.
        let new = self.file.with_extension(format!("{}.new", std::process::id()));
        let written = create(&new).and_then(|mut file| {
            file.write_all(&self.digest(&rest))?;
            file.write_all(&rest)?;
            std::fs::rename(&new, &self.file)
        });
        if written.is_err() {
            let _ = std::fs::remove_file(&new);
        }
        written
    }

    pub(in super::super) fn digest(&self, rest: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(self.made_from).chain_update(rest).finalize().into()
    }
}

/// For us alone; in the place of what an earlier process of the same number left.
fn create(path: &Path) -> std::io::Result<File> {
    let _ = std::fs::remove_file(path);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// The bytes of a file that is ours and that nobody else can have written; never more than `MOST_BYTES`.
fn ours(path: &Path) -> Option<Vec<u8>> {
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path).ok()?;
    let found = file.metadata().ok()?;
    if !found.is_file() || !trust::is_ours_alone(&found) || found.len() > MOST_BYTES {
        return None;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).ok()?);
    file.take(found.len()).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
