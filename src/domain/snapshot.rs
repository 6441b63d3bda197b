//! One immutable picture of everything known at an instant: what screens, JSON, triage and tests all read.
//! Made by `picture` from catalogue and observations. May not be changed after it is made.

use jiff::Timestamp;

use super::action::ActionKind;
use super::change::{Change, ChangeKind};
use super::evidence::Judged;
use super::ids::{ActionId, LayerId, LeverId, RunId, SignalId, SymptomId};
use super::lever::{LeverSpec, LeverState, Setting};
use super::observations::{FeedState, OurMove, Readiness, SourceState};
use super::onset::Onset;
use super::run::RunState;
use super::runbook::Rule;
use super::shown::ShownBy;
use super::signal::SignalState;
use super::stages::StageOf;
use super::status::Status;

/// A row of the health table.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerState {
    /// Which layer.
    pub id: LayerId,
    /// Worst of its signals; `None` if nothing is wired.
    pub status: Option<Status>,
    /// How many of its signals are blind.
    pub blind: usize,
    /// Index into [`Snapshot::signals`] of the worst signal.
    pub worst: Option<usize>,
    /// Indices of its signals, worst first.
    pub signals: Vec<usize>,
}

/// The two sentences at the top.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Headline {
    /// Roll-up of everything; `UNKNOWN` if nothing is wired.
    pub status: Status,
    /// What fails, since when, how much; one sentence.
    pub what: String,
    /// What came before it and whether anything is contained; one sentence.
    pub suspect: String,
}

/// The change that best explains the onset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// Index into [`Snapshot::changes`].
    pub change: usize,
    /// Its kind.
    pub kind: ChangeKind,
    /// Onset minus change, in seconds.
    pub lag_s: i64,
}

/// A symptom with its standing.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// Which symptom.
    pub id: SymptomId,
    /// Its title.
    pub title: String,
    /// From 1.
    pub rank: usize,
    /// `(T − F/2) / (T + F + 4w)`; a rank, not a probability.
    pub score: f64,
    /// Why it stands below one with a smaller score, if it does.
    pub below: Option<Below>,
    /// Severity its runbook proposes.
    pub severity: String,
    /// True evidence: what it says, and the comparison.
    pub for_it: Vec<(String, Judged)>,
    /// False evidence.
    pub against: Vec<(String, Judged)>,
    /// Unknown evidence.
    pub unknown: Vec<(String, Judged)>,
    /// Kinds to offer, best first, after all global rules.
    pub actions: Vec<ActionKind>,
}

/// Why a symptom stands below another one, though its score is higher: the score is not what comes first.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Below {
    /// Rank of the one above.
    pub rank: usize,
    /// Which it is.
    pub symptom: SymptomId,
    /// Which rule puts it there.
    pub by: Precedence,
}

/// What comes before the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precedence {
    /// It harms people, or cannot be taken back.
    Harm,
    /// It is the more specific one of the two, by the `beats` of its runbook.
    Beats,
}

impl Below {
    /// `below 1: harm to people goes first`.
    #[must_use]
    pub fn words(&self) -> String {
        match self.by {
            Precedence::Harm => format!("below {}: harm goes first, whatever the score", self.rank),
            Precedence::Beats => format!("below {}: the more specific goes first, whatever the score", self.rank),
        }
    }
}

/// Proposed severity with its reason.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SeverityHint {
    /// `P1` …
    pub level: String,
    /// Why.
    pub why: String,
}

/// What a cross-cutting rule says, beside the ranking.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Note {
    /// Which rule.
    pub rule: Rule,
    /// One or two sentences.
    pub says: String,
    /// The runbook that goes on from there, if it is loaded.
    pub runbook: Option<SymptomId>,
}

/// What triage says.
#[derive(Debug, Clone, PartialEq)]
pub struct Triage {
    /// In rank order; only those with at least one true evidence. Empty if nothing is wrong.
    pub symptoms: Vec<Ranked>,
    /// Onset of the leading trouble.
    pub onset: Option<Onset>,
    /// The change before it.
    pub suspect: Option<Suspect>,
    /// Proposed severity.
    pub severity: Option<SeverityHint>,
    /// True if too little is measured to say anything.
    pub cannot_say: bool,
    /// What the cross-cutting rules say.
    pub notes: Vec<Note>,
}

/// Why a containment is only remembered: its lever cannot be read now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// When its setting was last known: read, or set by us.
    pub known_at: Timestamp,
    /// Why it cannot be read, in words.
    pub cause: String,
}

/// A lever away from its normal setting, whoever moved it.
#[derive(Debug, Clone, PartialEq)]
pub struct Containment {
    /// Which lever.
    pub lever: LeverId,
    /// True if it is displaced: away from normal, but not to a setting that contains, and not by us.
    pub displaced: bool,
    /// Its setting now; if the lever cannot be read now, its last known one.
    pub now: Setting,
    /// Its normal setting, if one is declared; a version pointer has none.
    pub normal: Option<Setting>,
    /// What was there before our move, if we moved it.
    pub before: Option<Setting>,
    /// How far our run came, if we moved it; only VERIFIED means that its effect was seen.
    pub state: Option<RunState>,
    /// What showed it, once our run is VERIFIED.
    pub shown_by: Option<ShownBy>,
    /// Our run, if we moved it.
    pub run: Option<RunId>,
    /// The action, if we moved it.
    pub action: Option<ActionId>,
    /// Who moved it, if known.
    pub who: Option<String>,
    /// Since when, if known.
    pub since: Option<Timestamp>,
    /// When somebody should review it.
    pub review_by: Option<Timestamp>,
    /// Signals that were WARN or CRIT when we moved it.
    pub failing: Vec<SignalId>,
    /// The stage of its release that is in force, if it is half-way back.
    pub stage: Option<StageOf>,
    /// Set while the lever cannot be read: then nothing may be said in the present tense.
    pub unreadable: Option<Unreadable>,
}

/// The picture.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The instant.
    pub at: Timestamp,
    /// The two sentences.
    pub headline: Headline,
    /// Layers in display order.
    pub layers: Vec<LayerState>,
    /// Signals in display order.
    pub signals: Vec<SignalState>,
    /// Every change of the last 30 days that a feed reported, newest first; screens show the last 24 h of them.
    pub changes: Vec<Change>,
    /// Levers in config order: spec and what is known.
    pub levers: Vec<(LeverSpec, LeverState)>,
    /// Sources in config order.
    pub sources: Vec<SourceState>,
    /// Change feeds in config order.
    pub feeds: Vec<FeedState>,
    /// Readiness of actions, in config order.
    pub readiness: Vec<Readiness>,
    /// Containments in force.
    pub containments: Vec<Containment>,
    /// Our runs that are not settled, oldest first.
    pub pending: Vec<OurMove>,
    /// Ranked symptoms, onset, suspect, severity.
    pub triage: Triage,
}
