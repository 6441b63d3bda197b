//! What the journal holds: one entry per thing that happened. The only truth about incidents, plans and runs.
//! May not know how entries are stored, hashed or shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::action::{ActionKind, Direction, Tier};
use super::approval::{Asking, BreakGlass};
use super::characterise::Part;
use super::ids::{ActionId, IncidentId, LeverId, RunId, SamplesId, SignalId, StepId, SymptomId};
use super::lever::{LeverReading, Setting};
use super::outside::OutsideChange;
use super::plan::{Digest, PlannedRequest, Purpose};
use super::run::RunMove;
use super::samples::ReplayOutcome;
use super::stages::StageOf;
use super::suite::SuiteOutcome;
use super::version::VersionSnapshot;

/// One entry as it is read back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Position in the journal, from 1. Order is by this, never by time.
    pub seq: u64,
    /// Our wall clock, UTC.
    pub at: Timestamp,
    /// Who: the operating system's user name, or `breakglass` for what the program saw by itself.
    pub who: String,
    /// On which host.
    pub host: String,
    /// Which incident it belongs to, if one is open.
    pub incident: Option<IncidentId>,
    /// What happened.
    pub what: Happening,
}

/// What can happen. Adding a variant is fine; renaming one breaks old journals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Happening {
    /// A cockpit or command started.
    SessionStarted { version: String, service: String, environment: String },
    /// A cockpit was left.
    SessionEnded { containments: usize },
    /// A person or a rule opened an incident.
    IncidentOpened { title: String, severity: Option<String>, why: String },
    /// Severity was set.
    Severity { level: String, why: String },
    /// The incident ended.
    IncidentClosed { why: String },
    /// A person's note.
    Note { text: String },
    /// A person began to walk a runbook: its version, and the start of the digest of its file.
    WalkBegan { runbook: SymptomId, version: u32, digest: String },
    /// A person answered a runbook step.
    Answered { runbook: SymptomId, step: StepId, answer: String, suggested: Option<String>, why: String },
    /// A person left a runbook step for another one, out of the tree's order.
    Jumped { runbook: SymptomId, from: StepId, to: StepId, why: String },
    /// A person does not contain now, although the coach says so.
    ContainmentDeclined { why: String },
    /// A person wrote down what is known of the failure.
    Characterised { part: Part, text: String },
    /// A person read a sample and called it something; `None` takes that back.
    Tagged { samples: SamplesId, sample: String, tag: Option<String> },
    /// A sample was asked again through the product's public path. Boxed: it carries answers.
    Replayed(Box<ReplayOutcome>),
    /// A plan was drafted and shown.
    Previewed { action: ActionId, lever: LeverId, now: Setting, after: Setting, tier: Tier, digest: Digest },
    /// A plan was confirmed by a person.
    Confirmed { action: ActionId, digest: Digest, how: String },
    /// A plan became void before it was sent.
    PlanVoid { action: ActionId, digest: Digest, why: String },
    /// A guard refused what a person asked for.
    Refused { action: ActionId, why: String },
    /// A dry run came to its end: this would have been sent, nothing was.
    DryRun { action: ActionId, digest: Digest, why: String },
    /// What the product was made of, right before an incident's first change. Boxed: it carries logs.
    VersionsTaken(Box<VersionSnapshot>),
    /// The durable intent, before the socket opens. Boxed: it carries everything that undo and recovery need.
    Intended(Box<Intent>),
    /// The run moved.
    RunMoved { run: RunId, by: RunMove, why: String },
    /// After the effect: whether the product recovered within the watch.
    Recovery { run: RunId, held: bool, why: String },
    /// Everything that releasing this lever waits for holds: its watch begins. `bad` is what is bad beside it, no news.
    WatchBegan { lever: LeverId, bad: Vec<String> },
    /// The watch does not count any more.
    WatchBroken { lever: LeverId, why: String },
    /// A person released past the restore gate, for this reason, while this was missing.
    GateOverridden { action: ActionId, lever: LeverId, digest: Digest, reason: String, missing: Vec<String> },
    /// A release in stages ended before it was whole: `back` if it is brought back to the contained setting.
    ReleaseEnded { lever: LeverId, percent: u8, why: String, back: bool },
    /// A suite ran. Boxed: it carries failing samples.
    SuiteRan(Box<SuiteOutcome>),
    /// The mode of this session was lifted or lowered by a person.
    ModeChanged { to: String, why: String },
    /// A plan was put up for a second person's approval.
    ApprovalAsked(Box<Asking>),
    /// A second person approved exactly this digest; `by` is their name.
    Approved { digest: Digest, by: String },
    /// Somebody denied it, which ends it.
    Denied { digest: Digest, by: String, why: String },
    /// One person went on without a second one.
    BreakGlass(Box<BreakGlass>),
    /// Somebody else looked at what was done by break glass.
    Reviewed { digest: Digest, by: String, why: String },
    /// A person ended the freeze that failed writes had caused.
    Unfrozen { why: String },
    /// Somebody outside changed something while the incident was open.
    OutsideChange(Box<OutsideChange>),
    /// Entries that had been spooled were imported.
    Imported { segment: String, count: u64 },
    /// An entry that this build cannot read: its kind, or what is wrong with it. Shown, never dropped, never written.
    Foreign { what: String },
}

impl Happening {
    /// True if the program saw it by itself: such entries name `breakglass`, not the person at the keyboard.
    #[must_use]
    pub const fn is_by_program(&self) -> bool {
        matches!(
            self,
            Self::RunMoved { .. }
                | Self::PlanVoid { .. }
                | Self::Recovery { .. }
                | Self::WatchBegan { .. }
                | Self::WatchBroken { .. }
                | Self::ReleaseEnded { .. }
                | Self::OutsideChange(_)
                | Self::VersionsTaken(_)
                | Self::Imported { .. }
                | Self::Foreign { .. }
        )
    }
}

/// Everything that undo and recovery need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// This run.
    pub run: RunId,
    /// The action.
    pub action: ActionId,
    /// Its kind.
    pub action_kind: ActionKind,
    /// Its title at the time.
    pub title: String,
    /// Action, or undo of which run.
    pub purpose: Purpose,
    /// Contain, release or lower.
    pub direction: Direction,
    /// The lever.
    pub lever: LeverId,
    /// What was there: the exact snapshot that undo restores.
    pub prior: LeverReading,
    /// What it is to be.
    pub after: Setting,
    /// What will be sent.
    pub requests: Vec<PlannedRequest>,
    /// Of the confirmed plan.
    pub digest: Digest,
    /// Milliseconds until the request is given up; recovery waits this plus 2 s before it judges.
    pub deadline_ms: u64,
    /// When a person should review the containment.
    pub review_by: Option<Timestamp>,
    /// Statuses that were bad in `affects` before: decides whether undo is a plain mistake fix.
    pub bad_before: Vec<String>,
    /// Every signal that was WARN or CRIT before: what the containment has to be measured by, and what an undo goes
    /// back to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<SignalId>,
    /// What the signals of the action's effect showed before: an undo is verified when they show it again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub showed: Vec<(SignalId, f64)>,
    /// True if the evidence of the effect held before the write already: then it cannot show what the write did.
    #[serde(default)]
    pub shown_before: bool,
    /// Which stage of a release it is, if the lever goes back in stages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageOf>,
}
