//! Whether a config may act: whoever can write it can aim our actions. May not refuse reading.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

const OTHERS_MAY_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// Why the config at `path` must not act, in words with what to do; `None` if only we can have written it.
///
/// The file (and, if it is a link, also the file it leads to) must be ours and writable by us alone, and nobody else
/// may be able to replace it in its directory.
#[must_use]
pub fn untrusted(path: &Path) -> Option<String> {
    let us = rustix::process::geteuid().as_raw();
    let Ok(real) = path.canonicalize() else {
        return Some(format!("{}: cannot be followed to a file", path.display()));
    };
    let mut places = vec![path.to_path_buf(), real.clone()];
    places.dedup();
    places.iter().find_map(|place| file(place, us)).or_else(|| {
        let directories = places.iter().filter_map(|place| place.parent());
        directories.filter(|directory| !directory.as_os_str().is_empty()).find_map(directory)
    })
}

/// True if what was found belongs to us and nobody else may write it.
pub(super) fn is_ours_alone(found: &Metadata) -> bool {
    found.uid() == rustix::process::geteuid().as_raw() && found.mode() & OTHERS_MAY_WRITE == 0
}

fn file(path: &Path, us: u32) -> Option<String> {
    let shown = path.display();
    let Ok(found) = std::fs::symlink_metadata(path) else { return Some(format!("{shown}: cannot be examined")) };
    if found.uid() != us {
        return Some(format!("{shown} belongs to another user ({}); copy it or chown it", found.uid()));
    }
    if !found.is_symlink() && found.mode() & OTHERS_MAY_WRITE != 0 {
        return Some(format!("others may write {shown}; chmod go-w it"));
    }
    None
}

fn directory(path: &Path) -> Option<String> {
    let found = std::fs::metadata(path).ok()?;
    let open = found.mode() & OTHERS_MAY_WRITE != 0 && found.mode() & STICKY == 0;
    open.then(|| format!("others may replace files in {}; chmod go-w it", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn set(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
    }

    #[test]
    fn only_a_file_that_we_alone_can_have_written_may_act() {
        let home = tempfile::tempdir().expect("directory");
        let config = home.path().join("bot.toml");
        std::fs::write(&config, "schema = 1").expect("write");
        set(&config, 0o600);
        assert_eq!(untrusted(&config), None);
        for mode in [0o620, 0o602, 0o666] {
            set(&config, mode);
            assert!(untrusted(&config).is_some_and(|why| why.contains("chmod go-w")), "{mode:o}");
        }
        let link = home.path().join("link.toml");
        symlink(&config, &link).expect("link");
        assert!(untrusted(&link).is_some(), "a link to a file that others may write");
        set(&config, 0o644);
        assert_eq!(untrusted(&link), None);
        set(home.path(), 0o777);
        assert!(untrusted(&config).is_some_and(|why| why.contains("replace")));
        set(home.path(), 0o700);
        assert!(untrusted(&home.path().join("gone.toml")).is_some());
    }
}
