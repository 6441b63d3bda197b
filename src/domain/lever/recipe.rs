//! A recipe: how a lever is read and moved that has no adapter of its own, as the config writes it. Requests or
//! commands with placeholders, where in the answer the setting stands, and what counts as a yes. A value: may not ask,
//! send or run anything; adapters do.

mod body;
mod moves;
mod settings;
mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::target::Holds;
pub use body::{Body, Node};
pub use settings::{Share, relative, same_but_for, without};
pub use template::{Filling, Filter, Hole, Name, Piece, Scope, Slip, Template, holes};

/// Our settings by name (`on`, `off`, `41`, `unset`) and what the store calls each.
pub type Names = BTreeMap<String, Value>;

/// How a lever without an adapter of its own is read and moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The lever's name, for the reason that a store is told.
    pub lever: String,
    /// What it holds.
    pub holds: Holds,
    /// What `{{p.NAME}}` stands for.
    pub parameters: BTreeMap<String, Value>,
    /// How its setting is read.
    pub read: Ask,
    /// Where the store's version of the setting stands, if it has one.
    pub version: Option<VersionRule>,
    /// The request for every setting that has none of its own.
    pub write: Option<Write>,
    /// Requests of their own, by the name of the setting.
    pub write_to: BTreeMap<String, Write>,
    /// The request that removes the setting.
    pub unset: Option<Write>,
    /// The request that puts the snapshot back, where moving back is not enough.
    pub undo: Option<Write>,
    /// What counts as a yes and what as a lost race.
    pub answer: AnswerRule,
    /// How the serving side is asked what it hands out.
    pub served: Option<Ask>,
    /// How the versions that a pointer may be moved to are listed.
    pub versions: Option<List>,
    /// How long traffic may go on with the old setting.
    pub settles_in: Duration,
    /// False if moving back does not restore everything that moving changed.
    pub exact_undo: bool,
    /// Environment variables that its commands inherit beyond the usual ones.
    pub inherit: Vec<String>,
}

impl Recipe {
    /// The request that makes the lever hold a setting of this name.
    #[must_use]
    pub fn write_for(&self, name: &str) -> Option<&Write> {
        if name == UNSET {
            return self.unset.as_ref();
        }
        self.write_to.get(name).or(self.write.as_ref())
    }

    /// True if the store itself refuses a write to a lever that moved.
    #[must_use]
    pub fn compare_and_set(&self) -> bool {
        self.version.as_ref().is_some_and(|rule| rule.strong)
    }
}

/// The name of the setting that is none.
pub const UNSET: &str = "unset";

/// One request or one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// A request to the endpoint.
    Http {
        /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
        method: &'static str,
        /// Path within the endpoint; what fills a placeholder is percent-encoded.
        path: Template,
        /// Query values, encoded as such.
        query: Vec<(String, Template)>,
        /// Headers beyond those that every request carries; never a secret.
        headers: Vec<(String, Template)>,
        /// Of the body, if not JSON.
        content_type: Option<String>,
        /// What is sent.
        body: Option<Body>,
    },
    /// A command and its arguments, without a shell.
    Run(Vec<Template>),
}

/// A question, and where in its answer the setting stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What is asked. May change nothing.
    pub call: Call,
    /// Where the setting stands.
    pub place: Place,
    /// What the store calls our settings, where it is not the setting itself.
    pub names: Names,
    /// Pointer to the sub-resource that undo compares and restores; the setting itself if not given.
    pub snapshot: Option<String>,
    /// Pointers within the snapshot that every write renews: left out of it.
    pub ignore: Vec<String>,
    /// Answers that mean that nothing is set.
    pub unset_on: Vec<Sign>,
    /// A complete answer without the place means that nothing is set.
    pub unset_if_missing: bool,
    /// Answers that mean that the lever itself is not there (a 404 always does).
    pub missing_on: Vec<Sign>,
}

/// Where in an answer something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The whole answer, as text without the white space around it.
    Text {
        /// It is base64.
        base64: bool,
    },
    /// At a pointer.
    At {
        /// RFC 6901.
        pointer: String,
        /// The item of a list there.
        select: Option<Select>,
        /// It is base64.
        base64: bool,
    },
    /// Weights by target.
    Weights {
        /// Pointer to a list of items, or to a table of numbers by target.
        list: String,
        /// Pointer within an item to its name; none for a table.
        key: Option<String>,
        /// Pointer within an item to its weight.
        weight: String,
        /// What the weights of the store sum to.
        scale: u32,
    },
}

/// The item of a list whose field equals a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// Pointer within an item.
    pub field: String,
    /// What must stand there.
    pub equals: Template,
    /// Pointer within the item to what is wanted.
    pub then: String,
}

/// A status (or exit code), perhaps with words that the answer must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// HTTP status or exit code.
    pub status: u16,
    /// Words of the answer.
    pub words: Option<Template>,
}

/// Where the store's version of the setting stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRule {
    /// A question of its own, asked before the setting is read; otherwise the answer to the read.
    pub ask: Option<Call>,
    /// Pointer into the answer; none for the `etag` header.
    pub pointer: Option<String>,
    /// The store refuses a write against another version.
    pub strong: bool,
    /// What stands for it while nothing is set.
    pub unset: Option<String>,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// What is sent or run.
    pub call: Call,
    /// What the store calls our settings in a write; those of the read if none are given.
    pub names: Names,
}

/// What counts as a yes, and what as a lost race.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnswerRule {
    /// Statuses that are a yes; every 2xx (or exit code 0) if empty.
    pub ok: Vec<u16>,
    /// What must stand where in the answer to a yes; anything else there is a lost race.
    pub ok_if: Option<(String, Value)>,
    /// Answers by which the store says that it refused and changed nothing.
    pub conflict_on: Vec<Sign>,
}

/// How versions are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// What is asked.
    pub call: Call,
    /// Pointer to the list, newest first.
    pub list: String,
    /// Pointers within an item.
    pub version: String,
    /// A description.
    pub note: Option<String>,
    /// When it was made: RFC 3339, or epoch seconds or milliseconds.
    pub at: Option<String>,
    /// Its text, for the diff.
    pub text: Option<String>,
}

impl Call {
    /// Every template of it, to see which placeholders it uses.
    pub fn holes(&self) -> Vec<&Hole> {
        match self {
            Self::Run(argv) => argv.iter().flat_map(Template::holes).collect(),
            Self::Http { path, query, headers, body, .. } => {
                let named = query.iter().chain(headers).flat_map(|(_, template)| template.holes());
                let body = body.iter().flat_map(Body::holes);
                path.holes().into_iter().chain(named).chain(body).collect()
            }
        }
    }

    /// True if it names this placeholder.
    #[must_use]
    pub fn uses(&self, wanted: &Name) -> bool {
        self.holes().iter().any(|hole| hole.name == *wanted)
    }

    /// True if it sends the whole sub-resource, so that it restores it exactly.
    #[must_use]
    pub fn sends_snapshot(&self) -> bool {
        self.holes()
            .iter()
            .any(|hole| matches!(hole.name, Name::Snapshot | Name::SnapshotAt(_) | Name::SnapshotWith(..) | Name::Item))
    }

    /// In one line, with its placeholders filled from the parameters alone.
    #[must_use]
    pub fn words(&self, filling: &Filling<'_>) -> String {
        let plain = |template: &Template| template.text(filling).unwrap_or_else(|_| "…".into());
        match self {
            Self::Http { method, path, .. } => format!("{method} {}", plain(path)),
            Self::Run(argv) => format!("run {}", argv.iter().map(plain).collect::<Vec<_>>().join(" ")),
        }
    }
}
