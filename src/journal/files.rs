//! Files of the journal: only their owner may read them, and some filesystems cannot be trusted with locks.
//! The only file of `journal` with differences between operating systems. May not know what is in the files.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// How every SQLite file begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The path with something appended to its file name.
pub(super) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// True if the file exists and is not empty.
pub(super) fn has_content(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|found| found.len() > 0)
}

/// The directory in which the file would lie, if it is not there.
pub(super) fn lacks_dir(file: &Path) -> Option<&Path> {
    file.parent().filter(|dir| !dir.as_os_str().is_empty() && !dir.is_dir())
}

/// What is there instead of a database, in words; `None` for nothing, an empty file, a database, and what cannot be read.
pub(super) fn something_else(file: &Path) -> Option<&'static str> {
    use std::io::Read as _;
    let found = std::fs::metadata(file).ok()?;
    if found.is_dir() {
        return Some("a directory");
    }
    // A pipe or a device might never answer.
    if !found.is_file() {
        return Some("no regular file");
    }
    let mut begins = Vec::new();
    File::open(file).and_then(|file| file.take(SQLITE.len() as u64).read_to_end(&mut begins)).ok()?;
    (!begins.is_empty() && begins != SQLITE).then_some("a file that is no database")
}

/// The application id in the head of an SQLite file; `None` for anything else, also for what cannot be read. Reads the file
/// itself: opening it as a database may change it already.
pub(super) fn application_id(file: &Path) -> Option<u32> {
    use std::io::Read as _;
    const AT: usize = 68;
    // A pipe or a device might never answer.
    if !std::fs::metadata(file).is_ok_and(|found| found.is_file()) {
        return None;
    }
    let mut head = Vec::new();
    File::open(file).and_then(|file| file.take(100).read_to_end(&mut head)).ok()?;
    let id = head.get(AT..AT + 4).filter(|_| head.starts_with(SQLITE))?;
    id.try_into().ok().map(u32::from_be_bytes)
}

/// Creates a directory, with its parents, that only we may enter. One that is there already keeps its mode.
pub(super) fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Creates the file, unless it is there, so that only we may read it; takes rights of others away if it may be a journal.
/// A wrong path in a config must not close a file of the system to everybody else.
pub(super) fn create_private(file: &Path) -> io::Result<()> {
    let opened = options().read(true).append(true).create(true).open(file)?;
    #[cfg(unix)]
    {
        use std::io::Read as _;
        use std::os::unix::fs::PermissionsExt as _;
        let found = opened.metadata()?;
        // Devices and pipes have no beginning that could be read.
        if found.is_file() && found.permissions().mode() & 0o077 != 0 {
            let mut begins = Vec::new();
            (&opened).take(SQLITE.len() as u64).read_to_end(&mut begins)?;
            if begins.is_empty() || begins == SQLITE {
                opened.set_permissions(std::fs::Permissions::from_mode(0o600))?;
            }
        }
    }
    drop(opened);
    Ok(())
}

/// Creates a new file for appending; never opens one that is there, never follows a link.
pub(super) fn create_new_private(file: &Path) -> io::Result<File> {
    options().append(true).create_new(true).open(file)
}

fn options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "modes exist on Unix only"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// True if the directory belongs to us and nobody else may write there: a spool in a shared place could be a trap.
pub(super) fn is_ours(dir: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::symlink_metadata(dir).is_ok_and(|found| {
            found.is_dir() && found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0
        })
    }
    #[cfg(not(unix))]
    {
        dir.is_dir()
    }
}

/// Directories for a spool when the journal's own cannot be written: they survive this process, not a restart of the machine.
pub(super) fn runtime_dirs() -> Vec<PathBuf> {
    #[cfg(unix)]
    {
        let user = rustix::process::geteuid().as_raw();
        vec![
            PathBuf::from(format!("/run/user/{user}/breakglass")),
            std::env::temp_dir().join(format!("breakglass-{user}")),
        ]
    }
    #[cfg(not(unix))]
    {
        vec![std::env::temp_dir().join("breakglass")]
    }
}

/// True if the file lies on a filesystem that other machines may write too: write-ahead logging does not work there.
pub(super) fn is_on_network(file: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        // From linux/magic.h: NFS, SMB, SMB2, CIFS, Coda, AFS, Ceph, 9P, FUSE (sshfs and the like).
        const NETWORK: [u64; 9] =
            [0x6969, 0x517B, 0xFE53_4D42, 0xFF53_4D42, 0x7375_7245, 0x5346_414F, 0x00C3_6400, 0x0102_1997, 0x6573_5546];
        let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        rustix::fs::statfs(dir).is_ok_and(|found| u64::try_from(found.f_type).is_ok_and(|kind| NETWORK.contains(&kind)))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
        false
    }
}
