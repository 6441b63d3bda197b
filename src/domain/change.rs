//! What somebody altered, when. May not judge whether a change is the suspect; `ranking` does.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The kinds of change that evidence can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the field's own words")]
pub enum ChangeKind {
    Prompt,
    Model,
    Index,
    Embed,
    Chunking,
    Deploy,
    Dep,
    Flag,
    Guardrail,
    Schema,
    Tool,
    Provider,
    Traffic,
    Config,
    Cert,
    Secret,
    Freeze,
}

impl ChangeKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 17] = [
        Self::Prompt,
        Self::Model,
        Self::Index,
        Self::Embed,
        Self::Chunking,
        Self::Deploy,
        Self::Dep,
        Self::Flag,
        Self::Guardrail,
        Self::Schema,
        Self::Tool,
        Self::Provider,
        Self::Traffic,
        Self::Config,
        Self::Cert,
        Self::Secret,
        Self::Freeze,
    ];

    /// The word used in config, evidence and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Model => "model",
            Self::Index => "index",
            Self::Embed => "embed",
            Self::Chunking => "chunking",
            Self::Deploy => "deploy",
            Self::Dep => "dep",
            Self::Flag => "flag",
            Self::Guardrail => "guardrail",
            Self::Schema => "schema",
            Self::Tool => "tool",
            Self::Provider => "provider",
            Self::Traffic => "traffic",
            Self::Config => "config",
            Self::Cert => "cert",
            Self::Secret => "secret",
            Self::Freeze => "freeze",
        }
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for ChangeKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.word() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|kind| kind.word()).collect();
            format!("{text:?} is no kind of change; known: {}", known.join(", "))
        })
    }
}

/// One alteration, as a feed reported it. All texts are cleaned at ingress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When it took effect, by the source's clock.
    pub at: Timestamp,
    /// What sort of thing was altered.
    pub kind: ChangeKind,
    /// One line: the thing and from → to, for example `support v41 → v42`.
    pub what: String,
    /// Who or which automation, if the source says.
    pub who: Option<String>,
    /// The feed or endpoint that reported it.
    pub source: String,
    /// Text before, where the source has it (a prompt template), for the diff.
    pub before: Option<String>,
    /// Text after.
    pub after: Option<String>,
    /// Whether it was reviewed, if the source says.
    pub reviewed: Option<bool>,
    /// True if this cockpit made it (a containment is not a suspect).
    pub ours: bool,
}
