//! The version snapshot: what the product was made of when the first change of an incident was about to be made. A later
//! look needs it, and after the change nobody can read it any more. May not read anything itself: the engine does.

mod compare;
mod found;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::change::ChangeKind;
use super::ids::{EndpointId, FeedId, LeverId};
use super::plan::CheckStatus;
pub use compare::{Compared, Standing, compare};
pub use found::{of_changes, of_document, of_lever};

/// A change waits this long for its version snapshot, all parts together, and not a moment longer.
pub const WITHIN: Duration = Duration::from_secs(2);
/// What is said of a part that nothing tells.
pub const NOTHING_TELLS: &str = "nothing configured that tells it";
/// Hex digits of a hash that people compare.
const SHORT: usize = 12;

/// The seven parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Model ids, and who serves them.
    Model,
    /// Prompts.
    Prompts,
    /// The retrieval index.
    Index,
    /// Tools and their schemas.
    Tools,
    /// What quality is measured with.
    EvalSet,
    /// Guardrails and their configuration.
    Guardrails,
    /// What the model's provider announced in the last 14 days.
    ProviderLog,
}

impl Part {
    /// Every part, in the order shown.
    pub const ALL: [Self; 7] =
        [Self::Model, Self::Prompts, Self::Index, Self::Tools, Self::EvalSet, Self::Guardrails, Self::ProviderLog];

    /// The word used in config and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Prompts => "prompts",
            Self::Index => "index",
            Self::Tools => "tools",
            Self::EvalSet => "eval-set",
            Self::Guardrails => "guardrails",
            Self::ProviderLog => "provider-log",
        }
    }

    /// The part of that word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.word() == word)
    }

    /// The part that is told by a lever whose moves are changes of this kind.
    #[must_use]
    pub const fn of_lever(kind: ChangeKind) -> Option<Self> {
        match kind {
            ChangeKind::Model | ChangeKind::Provider => Some(Self::Model),
            ChangeKind::Prompt => Some(Self::Prompts),
            ChangeKind::Index | ChangeKind::Embed | ChangeKind::Chunking => Some(Self::Index),
            ChangeKind::Tool | ChangeKind::Schema => Some(Self::Tools),
            ChangeKind::Guardrail => Some(Self::Guardrails),
            ChangeKind::Deploy
            | ChangeKind::Dep
            | ChangeKind::Flag
            | ChangeKind::Traffic
            | ChangeKind::Config
            | ChangeKind::Cert
            | ChangeKind::Secret
            | ChangeKind::Freeze => None,
        }
    }
}

/// One thing that tells a part, as the config declares it or as it follows from levers and feeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSource {
    /// Its name.
    pub name: String,
    /// Which part it tells.
    pub part: Part,
    /// How.
    pub tells: Tells,
}

impl VersionSource {
    /// What its line names: the lever or feed that tells it, or its own name.
    #[must_use]
    pub fn by(&self) -> &str {
        match &self.tells {
            Tells::Lever(lever) => lever.as_str(),
            Tells::Feed(feed) => feed.as_str(),
            Tells::Document { .. } => &self.name,
        }
    }
}

/// How a part is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tells {
    /// By a lever's setting.
    Lever(LeverId),
    /// By the entries of a change feed.
    Feed(FeedId),
    /// By a JSON document. Pointers are RFC 6901.
    Document {
        /// The endpoint that is asked.
        from: EndpointId,
        /// The path there.
        path: String,
        /// To the value.
        pointer: String,
        /// To its hash, if the document says it.
        hash: Option<String>,
        /// To when it went into service, if the document says it.
        as_of: Option<String>,
    },
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// It was told.
    Known {
        /// A version, a name, a number of things; one clean line.
        value: String,
        /// First hex digits of the hash of its content, if the content or its hash could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
        /// Since when it is in service, if the store says; the newest entry of a log.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        as_of: Option<Timestamp>,
        /// The entries of a log, newest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        entries: Vec<LogEntry>,
    },
    /// It was not, and why.
    Gap {
        /// In words.
        cause: String,
    },
}

/// One entry of a provider's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When.
    pub at: Timestamp,
    /// One clean line.
    pub what: String,
}

/// One line of a version snapshot. A part has as many as there are things that tell it, and one gap if there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which part.
    pub part: Part,
    /// What tells it; empty if nothing does.
    pub by: String,
    /// What was found.
    pub found: Found,
}

impl Line {
    /// A line that is missing.
    #[must_use]
    pub fn gap(part: Part, by: &str, cause: impl Into<String>) -> Self {
        Self { part, by: by.to_owned(), found: Found::Gap { cause: cause.into() } }
    }

    /// True if it is missing.
    #[must_use]
    pub const fn is_gap(&self) -> bool {
        matches!(self.found, Found::Gap { .. })
    }
}

/// What the product was made of at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionSnapshot {
    /// When it was begun, by our clock.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// By part, in the order of [`Part::ALL`].
    pub lines: Vec<Line>,
}

impl VersionSnapshot {
    /// Puts the lines in order and names the parts that nothing tells.
    #[must_use]
    pub fn new(at: Timestamp, took: Duration, mut lines: Vec<Line>) -> Self {
        for part in Part::ALL {
            if !lines.iter().any(|line| line.part == part) {
                lines.push(Line::gap(part, "", NOTHING_TELLS));
            }
        }
        lines.sort_by_key(|line| line.part);
        Self { at, took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX), lines }
    }

    /// True if something of the part is not known.
    #[must_use]
    pub fn has_gap(&self, part: Part) -> bool {
        self.lines.iter().any(|line| line.part == part && line.is_gap())
    }

    /// Parts of which everything is known.
    #[must_use]
    pub fn whole_parts(&self) -> usize {
        Part::ALL.into_iter().filter(|part| !self.has_gap(*part)).count()
    }

    /// What a preview says of it: what could not be read tonight is news, what nobody configured is not known either, and
    /// only with every part held is it well.
    #[must_use]
    pub fn check_status(&self) -> CheckStatus {
        if self.gaps().any(|line| !line.by.is_empty()) {
            CheckStatus::Warn
        } else if self.whole_parts() < Part::ALL.len() {
            CheckStatus::Unknown
        } else {
            CheckStatus::Pass
        }
    }

    /// The lines that are missing.
    pub fn gaps(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.is_gap())
    }

    /// `5 of 7 parts; index: nothing configured that tells it; tools (build): timed out after 2 s`.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = format!("{} of {} parts", self.whole_parts(), Part::ALL.len());
        for line in self.gaps() {
            let Found::Gap { cause } = &line.found else { continue };
            let by = if line.by.is_empty() { String::new() } else { format!(" ({})", line.by) };
            let _ = write!(words, "; {}{by}: {cause}", line.part.word());
        }
        words
    }
}

/// First hex digits of the SHA-256 of some bytes.
fn short_hash(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(SHORT);
    for byte in Sha256::digest(bytes).iter().take(SHORT / 2) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
