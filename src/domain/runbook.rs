//! Runbooks and symptoms: one TOML file each, here as checked values. May not walk or rank.

use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::action::ActionKind;
use super::evidence::{Comparison, Evidence};
use super::ids::{StepId, SymptomId};

/// How bad the symptom is for people, before any number: harm comes first in the ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Harm {
    /// No floor.
    #[default]
    None,
    /// Irreversible tool calls in progress.
    Irreversible,
    /// Personal data or unsafe content reaches users.
    Leak,
}

/// One weighted piece of evidence for a symptom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weighted {
    /// The comparison.
    pub when: Comparison,
    /// Its weight, > 0.
    pub weight: f64,
    /// What it says when true, for people: `onset 6 min after a prompt change`.
    pub say: String,
    /// If true this piece alone raises the harm floor.
    pub harm: bool,
    /// One of these must be true before the symptom comes before those that it beats.
    pub decisive: bool,
    /// True beside other evidence it counts; alone it shows nothing. Changes are circumstances by themselves.
    pub circumstance: bool,
}

/// A reason to propose a higher severity than the runbook's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Raise {
    /// The severity to propose then.
    pub level: String,
    /// When.
    pub when: Comparison,
    /// Why, one sentence.
    pub why: String,
}

/// A cross-cutting rule: its runbook is offered by the rule, never by a rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Two onsets far apart: two causes can both stand.
    TwoOnsets,
    /// Nothing that we measure ourselves is bad, and people complain.
    OnlyComplaints,
    /// Sources are stale: monitoring may be the victim.
    MonitoringBlind,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 3] = [Self::TwoOnsets, Self::OnlyComplaints, Self::MonitoringBlind];

    /// The word used in runbooks and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::TwoOnsets => "two-onsets",
            Self::OnlyComplaints => "only-complaints",
            Self::MonitoringBlind => "monitoring-blind",
        }
    }
}

/// One layer to look at once the harm is contained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// `changes`, `inputs`, `retrieval`, `data`, `provider`, `agent`.
    pub layer: String,
    /// The question to settle.
    pub ask: String,
    /// What to look at.
    pub look: Vec<Look>,
}

/// What a runbook says beyond its tree: how far it reaches, and what comes after the containment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Care {
    /// Whom it hits, and how to tell.
    pub scope: String,
    /// How to show that the containment worked.
    pub verify: Vec<String>,
    /// Where the cause may sit, in the order to look.
    pub diagnose: Vec<Diagnosis>,
    /// What ends it for good.
    pub mitigate: Vec<String>,
    /// What must hold before the containment is taken back.
    pub restore: Vec<String>,
}

/// Where a runbook comes from, and when it was last practised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file, as it was named.
    pub file: String,
    /// True if it ships with the program.
    pub shipped: bool,
    /// The shipped or earlier runbook that it extends, if it does.
    pub extends: bool,
    /// SHA-256 of the text that it was read from, in hex; a walk is pinned to it.
    pub digest: String,
    /// When people last practised it.
    pub drilled: Option<Date>,
}

/// What to look at outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// For people.
    pub title: String,
    /// A query, a link or a command to copy; exactly one.
    pub what: LookAt,
}

/// The three things one can look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LookAt {
    /// A query for the metrics store.
    Query(String),
    /// A dashboard.
    Link(String),
    /// A command to copy; never run by us.
    Command(String),
}

/// Where an answer leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// To another step of this runbook.
    Step(StepId),
    /// To another runbook.
    Runbook(SymptomId),
    /// The end, with the words of the hand-over.
    End(String),
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its name within the runbook.
    pub id: StepId,
    /// The question, or the imperative of a containment step.
    pub title: String,
    /// What to know, short paragraphs.
    pub know: String,
    /// What to look at.
    pub look: Vec<Look>,
    /// At a question: the share of bad answers that a reading of samples is asked about; more suggests yes.
    pub reading: Option<f64>,
    /// What the step is.
    pub body: StepBody,
}

impl Step {
    /// The signals that its evidence asks about, each once, in the order of the file; none at a containment.
    #[must_use]
    pub fn signals(&self) -> Vec<&str> {
        let evidence = match &self.body {
            StepBody::Ask { evidence, .. } => evidence,
            StepBody::Watch { until, .. } => until,
            StepBody::Contain { .. } => return Vec::new(),
        };
        let mut signals = Vec::new();
        for signal in evidence.comparisons().flat_map(Comparison::signals) {
            if !signals.contains(&signal) {
                signals.push(signal);
            }
        }
        signals
    }
}

/// Question, containment, or watch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum StepBody {
    /// A question with live evidence.
    Ask {
        /// What suggests the answer.
        evidence: Evidence,
        /// If yes.
        yes: Next,
        /// If no.
        no: Next,
        /// If nobody knows: always there.
        dont_know: Next,
    },
    /// A containment: kinds in order of preference; the first wired and ready one is offered first.
    Contain {
        /// Kinds of the catalogue.
        kinds: Vec<ActionKind>,
        /// Afterwards.
        then: Next,
    },
    /// Watch recovery.
    Watch {
        /// What must hold.
        until: Evidence,
        /// For how long.
        minutes: u32,
        /// When it held.
        then: Next,
        /// When it did not.
        otherwise: Next,
    },
}

/// A symptom and its tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Runbook {
    /// Name of symptom and runbook.
    pub id: SymptomId,
    /// For people: `Wrong answers, consistent pattern`.
    pub title: String,
    /// One or two sentences.
    pub hypothesis: String,
    /// Version of the file.
    pub version: u32,
    /// Who keeps it.
    pub owner: String,
    /// Severity to propose, for example `P2`.
    pub severity: String,
    /// Why.
    pub severity_why: String,
    /// Harm floor that counts when any evidence marked `harm` is true.
    pub harm: Harm,
    /// More general symptoms that this one beats when both have evidence.
    pub beats: Vec<SymptomId>,
    /// Weighted evidence.
    pub evidence: Vec<Weighted>,
    /// Kinds to offer, best first.
    pub contain: Vec<ActionKind>,
    /// Kinds that must never be offered first here (they make it worse).
    pub never: Vec<ActionKind>,
    /// The first step.
    pub start: StepId,
    /// All steps, in file order.
    pub steps: Vec<Step>,
    /// After this long at the top severities: contain first, dig later.
    pub stop_after: Duration,
    /// Free tags; the shipped ones write `sort: word`, for example `pattern: slow drift`.
    pub tags: Vec<String>,
    /// Reasons to propose a higher severity, in file order.
    pub raises: Vec<Raise>,
    /// Set for a cross-cutting rule: the rule offers it, it never ranks.
    pub rule: Option<Rule>,
    /// Scope, verification, diagnosis, mitigation, restore.
    pub care: Care,
    /// File, digest, last drill.
    pub origin: Origin,
}

impl Runbook {
    /// The step of that name.
    #[must_use]
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == *id)
    }

    /// What follows `sort: ` in its tags, for example every `pillar`.
    pub fn tagged<'a>(&'a self, sort: &'a str) -> impl Iterator<Item = &'a str> {
        self.tags.iter().filter_map(move |tag| tag.strip_prefix(sort)?.strip_prefix(':').map(str::trim))
    }
}
