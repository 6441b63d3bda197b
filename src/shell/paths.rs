//! Where configs and journals live on this machine, and who is here. One of the three readers of the environment.

use std::path::PathBuf;

use etcetera::BaseStrategy;

/// The directory of configs: `<config dir>/breakglass`.
#[must_use]
pub fn config_dir() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("breakglass"))
}

/// The directory of journals: `<state dir>/breakglass`, or the data directory where there is no state directory.
#[must_use]
pub fn state_dir() -> PathBuf {
    etcetera::choose_base_strategy()
        .ok()
        .map_or_else(std::env::temp_dir, |base| base.state_dir().unwrap_or_else(|| base.data_dir()))
        .join("breakglass")
}

/// The directory of what can be deleted at any time: `<cache dir>/breakglass`. `None` without a home.
#[must_use]
pub fn cache_dir() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.cache_dir().join("breakglass"))
}

/// An environment variable, if it is set to something.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "one of the three owners of the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The operating system's name of the person, cleaned.
#[must_use]
pub fn user() -> String {
    let name = variable("USER").or_else(|| variable("LOGNAME")).or_else(|| account(rustix::process::getuid().as_raw()));
    crate::domain::text::clean(&name.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw())))
}

/// The account's name from the local user database; services and containers often have no `USER`.
fn account(uid: u32) -> Option<String> {
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let of_uid = |line: &&str| line.split(':').nth(2) == Some(uid.to_string().as_str());
    accounts.lines().find(of_uid).and_then(|line| line.split(':').next()).map(str::to_owned)
}

/// The host's name, cleaned.
#[must_use]
pub fn host() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    crate::domain::text::clean(&name)
}
