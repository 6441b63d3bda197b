//! `journal` and `journal-secret`: where the journal lives. May not open anything, or resolve a secret.

use std::path::{Path, PathBuf};

use toml::de::DeTable;
use url::Url;

use crate::domain::endpoint::SecretSource;

use super::endpoints;
use super::problem::Problem;
use super::source::{Sink, Source};
use super::suggest;
use super::view::{At, View};

/// Where the journal of a service lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalPlace {
    /// A file of this machine.
    File(PathBuf),
    /// A PostgreSQL database that the team shares.
    Team {
        /// Its address, which holds no password.
        url: String,
        /// Where the password comes from; `None` = PGPASSWORD or the password file, as with every PostgreSQL program.
        secret: Option<SecretSource>,
    },
}

/// What may stand behind the `?` of an address: what the database driver understands, but for the password.
const PARAMETERS: [&str; 11] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "application_name",
    "options",
];

const EXAMPLE: &str = "write for example \"postgres://oncall@db.internal/ops\"";

/// Where the config puts the journal; `None` = the default file.
pub(super) fn build(root: &View<'_>, base: &Path, sink: &mut Sink<'_>) -> Option<JournalPlace> {
    let secret = root.table("journal-secret").and_then(|view| endpoints::source(&view, base, sink));
    let text = root.text("journal");
    let shared = text.as_ref().is_some_and(|text| is_address(text.is));
    if !shared && root.has("journal-secret") {
        let hint = "remove it, or write journal = \"postgres://…\"";
        sink.error(&root.key_span("journal-secret"), "only a journal in PostgreSQL has a password", hint);
    }
    let text = text?;
    if shared {
        return team(&text, secret, sink);
    }
    let file = base.join(text.is.strip_prefix("file:").unwrap_or(text.is));
    if file.is_dir() {
        sink.error(&text.span, "the journal is a directory", "name a file in it, for example \"journal/bot.db\"");
        return None;
    }
    Some(JournalPlace::File(file))
}

/// A journal's directory has to be there: what is `own` is made by the program itself, any other one that is missing is a
/// wrong path. For `check` only: an incident is worked on without the journal, whose entries wait elsewhere then.
pub(super) fn without_directory(name: &str, text: &str, base: &Path, own: Option<&Path>) -> Option<Problem> {
    let (table, _) = DeTable::parse_recoverable(text);
    let written = View::root(table.get_ref()).text("journal").filter(|written| !is_address(written.is))?;
    let file = base.join(written.is.strip_prefix("file:").unwrap_or(written.is));
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
    let missing =
        directory.filter(|directory| !directory.is_dir() && !own.is_some_and(|own| directory.starts_with(own)))?;
    let message = format!("the journal has no place: there is no directory {}", missing.display());
    let hint = format!("mkdir -p {}, or correct the path (relative to this file)", missing.display());
    Some(Source::new(name, text).problem(&written.span, &message, &hint))
}

fn is_address(text: &str) -> bool {
    text.starts_with("postgres:") || text.starts_with("postgresql:")
}

fn team(text: &At<&str>, secret: Option<SecretSource>, sink: &mut Sink<'_>) -> Option<JournalPlace> {
    if !cfg!(feature = "postgres") {
        let hint = "take a build with the feature `postgres`, or keep the journal in a file";
        sink.error_at_secret(&text.span, "this build knows no PostgreSQL", hint);
        return None;
    }
    // Whatever is wrong with it, an address may hold a password: it is never shown.
    let Ok(url) = Url::parse(text.is) else {
        sink.error_at_secret(&text.span, "not the address of a database", EXAMPLE);
        return None;
    };
    let parameters: Vec<String> = url.query_pairs().map(|(key, _)| key.into_owned()).collect();
    if url.password().is_some() || parameters.iter().any(|key| key == "password") {
        let hint = "move it to journal-secret = { env = \"NAME\" }, to PGPASSWORD or to the password file";
        sink.error_at_secret(&text.span, "a password does not belong into the address", hint);
        return None;
    }
    if let Some(unknown) = parameters.iter().find(|key| !PARAMETERS.contains(&key.as_str())) {
        let message = format!("the address of a database has no parameter {unknown:?}");
        sink.error(&text.span, message, suggest::hint(unknown, PARAMETERS));
        return None;
    }
    let has = |key: &str| parameters.iter().any(|known| known == key);
    let somewhere = url.host_str().is_some_and(|host| !host.is_empty()) || has("host") || has("hostaddr");
    let named = url.path().len() > 1 || has("dbname");
    if !somewhere || !named || url.fragment().is_some() {
        sink.error(&text.span, "the address names no host, or no database", EXAMPLE);
        return None;
    }
    Some(JournalPlace::Team { url: text.is.to_owned(), secret })
}
