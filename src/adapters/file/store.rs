//! Reading a file and replacing it whole: under a lock, only if it still holds what was seen, durably, by rename.
//! May not follow links or write where others may write. A write that fails before the rename changed nothing.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::adapters::{WriteOutcome, sending};
use crate::domain::cause::Fault;

use super::{file_fault, fingerprint};

/// A flag file larger than this is something else.
const MOST_BYTES: u64 = 1 << 20;

/// The text of a regular file, and when it was last changed.
///
/// # Errors
/// [`Fault::NotFound`], [`Fault::TooBig`] or [`Fault::File`].
pub(super) fn read(path: &Path) -> Result<(String, Option<Timestamp>), Fault> {
    let io = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Fault::NotFound { what: path.display().to_string() },
        _ => file_fault(path, error.to_string()),
    };
    let metadata = fs::symlink_metadata(path).map_err(io)?;
    plain(&metadata).map_err(|why| file_fault(path, why))?;
    let mut text = String::new();
    open_itself(path).map_err(io)?.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(io)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(Fault::TooBig { cap: MOST_BYTES });
    }
    Ok((text, metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok())))
}

/// Opens the file, never what a link put there meanwhile points to.
fn open_itself(path: &Path) -> std::io::Result<File> {
    open_at_once(path, true)
}

/// Opens without waiting for the other end of a pipe; with `itself`, follows no link.
pub(super) fn open_at_once(path: &Path, itself: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let nofollow = if itself { rustix::fs::OFlags::NOFOLLOW } else { rustix::fs::OFlags::empty() };
        options.custom_flags((rustix::fs::OFlags::NONBLOCK | nofollow).bits().cast_signed());
    }
    #[cfg(not(unix))]
    let _ = itself;
    options.open(path)
}

fn plain(metadata: &Metadata) -> Result<(), String> {
    if metadata.is_symlink() {
        return Err("is a symbolic link; name the file itself".into());
    }
    if metadata.is_file() { Ok(()) } else { Err("is not a regular file".into()) }
}

/// What makes a file safe to replace; its metadata, for the copy.
///
/// # Errors
/// In words, why it is not ours to write.
pub(super) fn guard(path: &Path, directory: &Path) -> Result<Metadata, String> {
    let metadata = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    plain(&metadata)?;
    let parent = path.parent().ok_or("has no directory")?;
    let place = fs::canonicalize(parent).map_err(|error| error.to_string())?;
    if !directory.as_os_str().is_empty() {
        let home = fs::canonicalize(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        if !place.starts_with(&home) {
            return Err(format!("lies outside the endpoint's directory {}", home.display()));
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if metadata.mode() & 0o002 != 0 {
            return Err("may be written by everybody; take that right away (chmod o-w)".into());
        }
        let of_place = fs::metadata(&place).map_err(|error| error.to_string())?;
        // In a sticky directory (like /tmp) others cannot replace our file.
        if of_place.mode() & 0o1002 == 0o002 {
            return Err("its directory may be written by everybody (chmod o-w)".into());
        }
        rustix::fs::access(&place, rustix::fs::Access::WRITE_OK)
            .map_err(|error| format!("its directory cannot be written: {error}"))?;
    }
    Ok(metadata)
}

/// Replaces the file by `text` if its content still has the fingerprint `expected`.
pub(super) fn replace(path: &Path, directory: &Path, expected: &str, text: &str) -> WriteOutcome {
    let not_sent = |why: String| WriteOutcome::NotSent(file_fault(path, why));
    let metadata = match guard(path, directory) {
        Ok(metadata) => metadata,
        Err(why) => return not_sent(why),
    };
    let Some((lock_path, new_path)) = siblings(path) else { return not_sent("has no name".into()) };
    let _lock = match lock(&lock_path) {
        Ok(lock) => lock,
        Err(why) => return not_sent(why),
    };
    if let Some(refused) = moved(path, expected) {
        return refused;
    }
    if let Err(error) = write_beside(&new_path, &metadata, text) {
        // Whatever could not be written can also be left lying; the next write clears it.
        let _ = fs::remove_file(&new_path);
        return not_sent(format!("nothing was changed: {error}"));
    }
    // Others need not know our lock: look once more, as late as possible.
    if let Some(refused) = moved(path, expected) {
        let _ = fs::remove_file(&new_path);
        return refused;
    }
    if let Err(error) = fs::rename(&new_path, path) {
        let _ = fs::remove_file(&new_path);
        return not_sent(format!("nothing was changed: {error}"));
    }
    match path.parent().map(|parent| File::open(parent).and_then(|directory| directory.sync_all())) {
        Some(Err(error)) => {
            WriteOutcome::Unknown(file_fault(path, format!("replaced, but perhaps not durably: {error}")))
        }
        _ => WriteOutcome::Acknowledged(format!("{} replaced", path.display())),
    }
}

/// The outcome if the file is not what was observed any more.
fn moved(path: &Path, expected: &str) -> Option<WriteOutcome> {
    match read(path) {
        Ok((now, _)) if fingerprint(&now) == expected => None,
        Ok(_) => Some(WriteOutcome::Rejected(sending::lost_the_race())),
        Err(fault) => Some(WriteOutcome::NotSent(fault)),
    }
}

/// The lock and the new file, beside the file: a rename must not cross file systems.
fn siblings(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let name = path.file_name()?.to_str()?;
    Some((
        path.with_file_name(format!(".{name}.breakglass-lock")),
        path.with_file_name(format!(".{name}.breakglass-new")),
    ))
}

/// Holds the lock until it is dropped. The lock file stays: removing it would race with the next holder.
fn lock(path: &Path) -> Result<File, String> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| format!("cannot lock: {error}"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err("somebody else writes it at this moment; try again".into()),
        Err(TryLockError::Error(error)) => Err(format!("cannot lock: {error}")),
    }
}

/// The new content with the old owner and rights, on disk before it gets the name.
fn write_beside(path: &Path, like: &Metadata, text: &str) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
            let (owner, group) = (rustix::fs::Uid::from_raw(like.uid()), rustix::fs::Gid::from_raw(like.gid()));
            rustix::fs::fchown(&file, Some(owner), Some(group))?;
        }
    }
    file.set_permissions(like.permissions())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
