//! Secrets: resolved here, bound to one origin, never shown. May not be serialised or printed.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::cause::Fault;
use crate::domain::endpoint::SecretSource;

mod command;

/// A resolved secret with the name of its source.
#[derive(Debug, Clone)]
pub struct Secret {
    /// For words: `env PROM_TOKEN`.
    pub source: String,
    pub(super) value: SecretString,
}

impl Secret {
    /// Resolves a secret from its source: an environment variable, the first line of a file that only its owner may
    /// read, or the first line that a command prints.
    ///
    /// # Errors
    /// [`Fault::MissingSecret`], naming the source and what to do, never a part of the value.
    pub async fn resolve(source: &SecretSource) -> Result<Self, Fault> {
        let found = match source {
            SecretSource::Env(name) => from_environment(name),
            SecretSource::File(path) => {
                let path = path.clone();
                tokio::task::spawn_blocking(move || from_file(&path))
                    .await
                    .unwrap_or_else(|_| Err("could not be read".into()))
            }
            SecretSource::Command(argv) => command::first_line(argv).await,
        };
        let value = found.and_then(usable).map_err(|why| Fault::MissingSecret { source: source.to_string(), why })?;
        Ok(Self { source: source.to_string(), value })
    }

    /// The value, for the one server that is spoken to by another client than ours: the journal's database.
    #[must_use]
    pub fn into_password(self) -> SecretString {
        self.value
    }

    pub(super) fn expose(&self) -> &str {
        self.value.expose_secret()
    }
}

/// Refuses what cannot be sent as a header, before it can end up in an error message.
fn usable(value: SecretString) -> Result<SecretString, String> {
    let text = value.expose_secret();
    if text.is_empty() {
        return Err("is empty".into());
    }
    if !text.bytes().all(|byte| (0x20..0x7F).contains(&byte)) {
        return Err("holds characters that no token has".into());
    }
    Ok(value)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads secrets from the environment")]
fn from_environment(name: &str) -> Result<SecretString, String> {
    match std::env::var(name) {
        Ok(value) => Ok(first_line(&value)),
        Err(std::env::VarError::NotPresent) => Err("is not set".into()),
        Err(std::env::VarError::NotUnicode(_)) => Err("is not text".into()),
    }
}

fn from_file(path: &Path) -> Result<SecretString, String> {
    use std::io::Read as _;

    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        // A pipe without a writer would hold the request up for ever.
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| format!("cannot be opened: {error}"))?;
    let about = file.metadata().map_err(|error| format!("cannot be examined: {error}"))?;
    if !about.is_file() {
        return Err("is not a file".into());
    }
    guard_mode(&about, path)?;
    let mut text = String::new();
    file.take(super::command::MOST_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot be read: {error}"))?;
    Ok(first_line(&text))
}

#[cfg(unix)]
fn guard_mode(about: &std::fs::Metadata, path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;

    let others = about.permissions().mode() & 0o077;
    if others == 0 {
        return Ok(());
    }
    Err(format!("may be read by others; run: chmod 600 {}", path.display()))
}

#[cfg(not(unix))]
fn guard_mode(_about: &std::fs::Metadata, _path: &Path) -> Result<(), String> {
    Ok(())
}

fn first_line(text: &str) -> SecretString {
    text.lines().next().unwrap_or_default().trim().into()
}

#[cfg(test)]
mod tests;
