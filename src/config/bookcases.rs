//! Where the runbooks of a config come from, so that they can be loaded after the first frame and again when a file
//! changes. May not decide when; may not keep what was loaded.

mod kept;
mod stamp;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::domain::catalogue::BrokenRunbook;
use crate::domain::evidence::Names;
use crate::domain::ids::SymptomId;
use crate::domain::runbook::Runbook;
use crate::domain::text;

use super::runbooks::{self, RunbookFile, Shelf};

pub use kept::Keep;
use stamp::Looks;
pub use stamp::Stamp;

/// The directories of a config, and the names that runbooks beside it may use.
#[derive(Debug, Clone)]
pub struct Bookcases {
    directories: Vec<PathBuf>,
    names: Names,
    /// The file in which loads are kept from one start to the next, if they are.
    kept: Option<PathBuf>,
}

/// What was loaded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loaded {
    /// Every runbook that can be used.
    pub runbooks: BTreeMap<SymptomId, Arc<Runbook>>,
    /// Files that cannot be used, and directories that cannot be listed.
    pub broken: Vec<BrokenRunbook>,
}

impl Bookcases {
    pub(super) const fn new(directories: Vec<PathBuf>, names: Names) -> Self {
        Self { directories, names, kept: None }
    }

    /// Lets [`Bookcases::open`] keep what it loads below `cache`, in one file for each config.
    pub fn keep_in(&mut self, cache: &Path, config: &Path) {
        let Ok(config) = std::path::absolute(config) else { return };
        let name: String = runbooks::digest(&[&config.to_string_lossy()]).chars().take(16).collect();
        self.kept = self.can_change().then(|| cache.join("runbooks").join(name));
    }

    /// False if there is nothing but the shipped runbooks, which never change.
    #[must_use]
    pub fn can_change(&self) -> bool {
        !self.directories.is_empty()
    }

    /// Looks at every file from outside, without reading it: a few system calls a file.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        let files = |directory: &PathBuf| runbooks::files(directory).unwrap_or_default();
        Stamp::of(self.directories.iter().flat_map(files).collect())
    }

    /// How many runbook files there are in such a state, the shipped ones included.
    #[must_use]
    pub fn count(stamp: &Stamp) -> usize {
        runbooks::SHIPPED_COUNT + stamp.files()
    }

    /// The runbooks at a start: what an earlier start kept of these very files, or everything read and checked. Then there
    /// may be something to keep, see [`Keep::write`]. `stamp` was taken before, and `now` before that. For a thread that
    /// may wait for a disk.
    #[must_use]
    pub fn open(&self, stamp: &Stamp, now: Timestamp) -> (Loaded, Option<Keep>) {
        let keep = self.keep(stamp, now);
        if let Some(kept) = keep.as_ref().and_then(Keep::read) {
            return (kept, None);
        }
        let (loaded, is_whole) = self.read();
        // What could not be read may be readable the next time, and nothing about it would look different.
        (loaded, keep.filter(|_| is_whole))
    }

    /// Where a load of these files is kept, and a digest of everything that it depends on: the directories, the looks of
    /// every file, the names that it may use, and this program. `None` if something of it may change without a trace.
    fn keep(&self, stamp: &Stamp, now: Timestamp) -> Option<Keep> {
        let file = self.kept.clone()?;
        let program = Looks::at(&std::env::current_exe().ok()?);
        if !program.is_settled(now) || !stamp.is_settled(now) {
            return None;
        }
        let mut digest = Sha256::new();
        digest.update(env!("CARGO_PKG_VERSION"));
        program.add_to(&mut digest);
        let Names { signals, levers, providers } = runbooks::names(&self.names);
        add_list(&mut digest, self.directories.iter().map(|path| path.as_os_str().as_encoded_bytes()));
        add_list(&mut digest, signals.iter().map(String::as_bytes));
        for names in [levers, providers] {
            digest.update([u8::from(names.is_some())]);
            add_list(&mut digest, names.iter().flatten().map(String::as_bytes));
        }
        stamp.add_to(&mut digest);
        Some(Keep { file, made_from: digest.finalize().into() })
    }

    /// Reads and checks everything: milliseconds for a hundred files. For a thread that may wait for a disk.
    #[must_use]
    pub fn load(&self) -> Loaded {
        self.read().0
    }

    /// The same; false if a file or a directory could not be read.
    fn read(&self) -> (Loaded, bool) {
        let mut is_whole = true;
        let mut files: Vec<RunbookFile> = Vec::new();
        let mut broken = Vec::new();
        for (at, directory) in self.directories.iter().enumerate() {
            match runbooks::directory(directory, at + 1) {
                Ok((more, unread)) => {
                    files.extend(more);
                    is_whole &= unread.is_empty();
                    broken.extend(unread.iter().map(runbooks::unread));
                }
                Err(why) => {
                    is_whole = false;
                    let path = text::clean(&directory.display().to_string());
                    broken.push(BrokenRunbook { path, problems: vec![format!("no runbooks there: {why}")] });
                }
            }
        }
        let gathered = if files.is_empty() {
            runbooks::shipped().clone()
        } else {
            let all: Vec<RunbookFile> = runbooks::shipped_files().into_iter().chain(files).collect();
            runbooks::collect(&all, &runbooks::names(&self.names), false)
        };
        let Shelf { runbooks, broken: more, .. } = gathered;
        broken.extend(more);
        (Loaded { runbooks, broken }, is_whole)
    }
}

/// The shipped runbooks alone.
#[must_use]
pub fn shipped_runbooks() -> Loaded {
    let Shelf { runbooks, broken, .. } = runbooks::shipped().clone();
    Loaded { runbooks, broken }
}

/// Two different lists never add the same bytes.
fn add_list<'a>(digest: &mut Sha256, texts: impl Iterator<Item = &'a [u8]>) {
    let mut count = 0_u64;
    for text in texts {
        digest.update(text.len().to_le_bytes());
        digest.update(text);
        count += 1;
    }
    digest.update(count.to_le_bytes());
}
