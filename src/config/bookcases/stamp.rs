//! What files look like from outside, so that a change is seen without reading them. May not read contents.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::super::runbooks::shared;

/// Younger than this a file may change once more and look the same: file systems stamp with a grain of up to two seconds,
/// and the clock of a file server may be a little behind ours.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// Device, inode and size, and when content and inode last changed, in nanoseconds. The last cannot be set back by hand.
/// A file that is gone or out of reach is all zeros.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Looks {
    device: u64,
    inode: u64,
    size: u64,
    written: i64,
    changed: i64,
}

impl Looks {
    pub(super) fn at(path: &Path) -> Self {
        std::fs::metadata(path).map_or_else(|_| Self::default(), |found| Self::of(&found))
    }

    fn of(found: &Metadata) -> Self {
        let nanoseconds = |seconds: i64, rest: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(rest);
        Self {
            device: found.dev(),
            inode: found.ino(),
            size: found.len(),
            written: nanoseconds(found.mtime(), found.mtime_nsec()),
            changed: nanoseconds(found.ctime(), found.ctime_nsec()),
        }
    }

    /// True if the file is there and whatever happens to it from `now` on will show. A file from the future is never settled.
    pub(super) fn is_settled(&self, now: Timestamp) -> bool {
        let newest = Timestamp::from_nanosecond(self.written.max(self.changed).into());
        *self != Self::default() && newest.is_ok_and(|newest| now.duration_since(newest) >= SETTLED_AFTER)
    }

    pub(super) fn add_to(&self, digest: &mut Sha256) {
        for number in [self.device, self.inode, self.size] {
            digest.update(number.to_le_bytes());
        }
        for time in [self.written, self.changed] {
            digest.update(time.to_le_bytes());
        }
    }
}

/// What the files look like from outside: it differs as soon as one was written, added or removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp(Vec<(PathBuf, Looks)>);

impl Stamp {
    /// The paths always come in the same order.
    pub(super) fn of(paths: Vec<PathBuf>) -> Self {
        let looks = shared(&paths, |path| Looks::at(path));
        Self(paths.into_iter().zip(looks).collect())
    }

    /// How many files there are.
    #[must_use]
    pub fn files(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_settled(&self, now: Timestamp) -> bool {
        self.0.iter().all(|(_, looks)| looks.is_settled(now))
    }

    pub(super) fn add_to(&self, digest: &mut Sha256) {
        for (path, looks) in &self.0 {
            let path = path.as_os_str().as_encoded_bytes();
            digest.update(path.len().to_le_bytes());
            digest.update(path);
            looks.add_to(digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_settled_once_every_further_change_would_show() {
        let home = tempfile::tempdir().expect("directory");
        let path = home.path().join("a.toml");
        assert!(!Looks::at(&path).is_settled(Timestamp::MAX), "a file that is not there");
        std::fs::write(&path, "a").expect("written");
        let looks = Looks::at(&path);
        let changed = Timestamp::from_nanosecond(looks.changed.into()).expect("a time");
        assert!(!looks.is_settled(changed), "the same moment");
        assert!(!looks.is_settled(changed + SignedDuration::from_secs(4)));
        assert!(looks.is_settled(changed + SignedDuration::from_secs(5)));
        assert!(!looks.is_settled(changed - SignedDuration::from_hours(1)), "a file from the future");

        // Set by hand: the time of writing lies, the time of the change does not.
        let file = std::fs::File::options().write(true).open(&path).expect("opened");
        file.set_modified(std::time::UNIX_EPOCH).expect("set");
        assert!(!Looks::at(&path).is_settled(changed + SignedDuration::from_secs(4)), "old by hand");
        let in_a_week = std::time::SystemTime::from(changed + SignedDuration::from_hours(24 * 7));
        file.set_modified(in_a_week).expect("set");
        assert!(!Looks::at(&path).is_settled(changed + SignedDuration::from_secs(5)), "from the future by hand");
    }
}
