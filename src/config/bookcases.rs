//! Where the runbooks of a config come from, so that they can be loaded after the first frame and again when a file
//! changes. May not decide when; may not keep what was loaded.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::catalogue::BrokenRunbook;
use crate::domain::evidence::Names;
use crate::domain::ids::SymptomId;
use crate::domain::runbook::Runbook;
use crate::domain::text;

use super::runbooks::{self, RunbookFile, Shelf};

/// The directories of a config, and the names that runbooks beside it may use.
#[derive(Debug, Clone)]
pub struct Bookcases {
    directories: Vec<PathBuf>,
    names: Names,
}

/// What the files look like from outside: it differs as soon as one was written, added or removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp(Vec<(PathBuf, [u64; 4])>);

impl Stamp {
    /// How many files there are.
    #[must_use]
    pub fn files(&self) -> usize {
        self.0.len()
    }
}

/// What was loaded.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Every runbook that can be used.
    pub runbooks: BTreeMap<SymptomId, Arc<Runbook>>,
    /// Files that cannot be used, and directories that cannot be listed.
    pub broken: Vec<BrokenRunbook>,
}

impl Bookcases {
    pub(super) const fn new(directories: Vec<PathBuf>, names: Names) -> Self {
        Self { directories, names }
    }

    /// False if there is nothing but the shipped runbooks, which never change.
    #[must_use]
    pub fn can_change(&self) -> bool {
        !self.directories.is_empty()
    }

    /// Looks at every file from outside, without reading it: a few system calls a file.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        let mut files: Vec<(PathBuf, [u64; 4])> = Vec::new();
        for directory in &self.directories {
            let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
            let paths = entries.map(|entry| entry.path()).filter(|path| runbooks::is_runbook_file(path));
            files.extend(paths.map(|path| (path.clone(), looks(&path))));
        }
        files.sort();
        Stamp(files)
    }

    /// How many runbook files there are, the shipped ones included.
    #[must_use]
    pub fn count(&self) -> usize {
        runbooks::SHIPPED_COUNT + self.stamp().files()
    }

    /// Reads and checks everything: milliseconds for a hundred files. For a thread that may wait for a disk.
    #[must_use]
    pub fn load(&self) -> Loaded {
        let mut files: Vec<RunbookFile> = Vec::new();
        let mut broken = Vec::new();
        for (at, directory) in self.directories.iter().enumerate() {
            match runbooks::directory(directory, at + 1) {
                Ok((more, unread)) => {
                    files.extend(more);
                    broken.extend(unread.iter().map(runbooks::unread));
                }
                Err(why) => broken.push(BrokenRunbook {
                    path: text::clean(&directory.display().to_string()),
                    problems: vec![format!("no runbooks there: {why}")],
                }),
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
        Loaded { runbooks, broken }
    }
}

/// The shipped runbooks alone.
#[must_use]
pub fn shipped_runbooks() -> Loaded {
    let Shelf { runbooks, broken, .. } = runbooks::shipped().clone();
    Loaded { runbooks, broken }
}

/// Size, inode, and when content and inode last changed. A file that is gone or out of reach is all zeros.
fn looks(path: &Path) -> [u64; 4] {
    let nanoseconds = |seconds: i64, rest: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(rest).cast_unsigned();
    std::fs::metadata(path).map_or([0; 4], |found| {
        let written = nanoseconds(found.mtime(), found.mtime_nsec());
        [found.len(), found.ino(), written, nanoseconds(found.ctime(), found.ctime_nsec())]
    })
}
