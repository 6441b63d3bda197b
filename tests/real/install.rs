//! Brings the real servers to this machine, once: packages stay in the cache directory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The versions that the recorded facts are about.
const UNLEASH: &str = "unleash-server@7.5.1";
const MLFLOW: &str = "mlflow==3.17.2";

/// Where downloads stay: `$BREAKGLASS_REAL_DIR`, or `target/real`.
fn cache() -> PathBuf {
    let beside_target = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("real");
    std::env::var_os("BREAKGLASS_REAL_DIR").map_or_else(beside_target, PathBuf::from)
}

/// The directory of an Unleash that can be run with `node`.
pub fn unleash() -> PathBuf {
    once(UNLEASH, |directory| {
        run(Command::new("npm").args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(directory).arg(UNLEASH));
    })
}

/// The virtual environment that holds `mlflow`.
pub fn mlflow() -> PathBuf {
    once(MLFLOW, |directory| {
        run(Command::new("python3").args(["-m", "venv"]).arg(directory));
        run(Command::new(directory.join("bin/pip")).args(["install", "--quiet", MLFLOW]));
    })
}

/// A program of the system: installed by apt if it is missing and we may.
pub fn program(name: &str, package: &str, places: &[&str]) -> PathBuf {
    find(name, places)
        .or_else(|| {
            let root = rustix::process::geteuid().is_root();
            assert!(root, "{name} is not installed: apt-get install {package}");
            run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args([
                "install",
                "-y",
                "--no-install-recommends",
                package,
            ]));
            find(name, places)
        })
        .unwrap_or_else(|| panic!("{name} is not where {package} puts it"))
}

fn find(name: &str, places: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for place in places {
        // One level of version directories, newest last.
        let mut versions: Vec<_> = fs::read_dir(place).into_iter().flatten().flatten().map(|v| v.path()).collect();
        versions.sort();
        directories.extend(versions.into_iter().rev().map(|version| version.join("bin")));
    }
    directories.into_iter().map(|directory| directory.join(name)).find(|program| program.is_file())
}

/// Installs into a directory of its own, unless that was finished before. Other test processes wait.
fn once(package: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let name: String = package.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let directory = cache().join(name);
    fs::create_dir_all(&directory).expect("the cache directory can be made");
    let lock = File::create(directory.with_extension("lock")).expect("a lock file");
    lock.lock().expect("locked");
    let finished = directory.join(".finished");
    if !finished.exists() {
        println!("installing {package} into {}", directory.display());
        install(&directory);
        fs::write(finished, package).expect("written");
    }
    directory
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
