//! Everything that was observed, as plain data at one instant. `Picture` is computed from this and the catalogue alone,
//! so that the live engine, `triage --readings` and tests share every judgement.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::action::ActionKind;
use super::ahead::Ahead;
use super::cause::Fault;
use super::change::{Change, ChangeKind};
use super::ids::{ActionId, EndpointId, FeedId, LeverId, RunId, SignalId};
use super::lever::{LeverState, Setting};
use super::run::RunState;
use super::shown::ShownBy;
use super::signal::Observed;
use super::stages::StageOf;

/// What an endpoint is asked for. Each role is a source of its own: that levers can be read says nothing of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Numbers.
    Signals,
    /// What somebody altered.
    Changes,
    /// Live settings.
    Levers,
}

impl Role {
    /// The word shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Signals => "signals",
            Self::Changes => "changes",
            Self::Levers => "levers",
        }
    }
}

/// What is known of a source: one endpoint in one role, folded to the worst of what it is asked in that role.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceState {
    /// Which endpoint.
    pub id: EndpointId,
    /// What it is asked for.
    pub role: Role,
    /// The newest answer's fault, if it was one.
    pub fault: Option<Fault>,
    /// How long the newest answer took.
    pub latency: Option<Duration>,
    /// When it last answered well.
    pub answered_at: Option<Timestamp>,
    /// How far its clock is ahead of ours, where that is known.
    pub ahead: Option<Ahead>,
}

impl FeedState {
    /// True if a change of that kind would be reported by it.
    #[must_use]
    pub fn reports(&self, kind: ChangeKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

impl SourceState {
    /// What a person must know of it beyond its status: the fault, or a clock that differs from ours.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.fault.as_ref().map(ToString::to_string).or_else(|| self.ahead.and_then(Ahead::words))
    }
}

/// What is known of a change feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedState {
    /// Which feed.
    pub id: FeedId,
    /// The kinds it reports; none if each of its changes names its own, which may be any.
    pub kinds: Vec<ChangeKind>,
    /// The newest answer's fault, if it was one. While it stands, a change that is not listed may have happened.
    pub fault: Option<Fault>,
}

/// Whether an action could fire now.
#[derive(Debug, Clone, PartialEq)]
pub struct Readiness {
    /// Which action.
    pub action: ActionId,
    /// `Some(true)` READY, `Some(false)` NOT READY, `None` UNCHECKED.
    pub ready: Option<bool>,
    /// Why, in words.
    pub why: String,
    /// True if it is not ready only because its lever is there already: nothing is missing.
    pub done: bool,
    /// When it was checked.
    pub checked_at: Option<Timestamp>,
    /// How long its store took to answer the check.
    pub latency: Option<Duration>,
    /// When it was last rehearsed: seen to work in traffic, in a drill or in earnest, as far as this journal knows.
    pub rehearsed_at: Option<Timestamp>,
}

/// A run that moved a lever to a containment and was not undone, from the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct OurMove {
    /// The lever.
    pub lever: LeverId,
    /// The run.
    pub run: RunId,
    /// The action.
    pub action: ActionId,
    /// Its kind.
    pub kind: ActionKind,
    /// What was there before: what undo restores.
    pub prior: Setting,
    /// What we set.
    pub after: Setting,
    /// How far the run came; only VERIFIED means that its effect was seen.
    pub state: RunState,
    /// What showed it, once it is VERIFIED.
    pub shown_by: Option<ShownBy>,
    /// Who confirmed it.
    pub who: String,
    /// When it was intended.
    pub at: Timestamp,
    /// When it last moved.
    pub moved_at: Timestamp,
    /// When somebody should review it.
    pub review_by: Option<Timestamp>,
    /// Signals that were WARN or CRIT when it was fired.
    pub failing: Vec<SignalId>,
    /// The stage of its release that is in force, if it is being released: `after` is that stage's setting then.
    pub stage: Option<StageOf>,
}

/// A write of ours that went out, or may have: what change feeds will tell of it is no news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurWrite {
    /// The lever.
    pub lever: LeverId,
    /// When it was intended.
    pub at: Timestamp,
}

/// A containment of ours that was released, by us or by hand. The traffic needs a while to come back, and shows meanwhile
/// what the containment did to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Released {
    /// The lever.
    pub lever: LeverId,
    /// The action that had contained.
    pub action: ActionId,
    /// What the lever was while it was contained.
    pub was: Setting,
    /// When it was contained: what went wrong before that is not explained by it.
    pub since: Timestamp,
    /// When it was released: by the store's answer to us, or when the move by hand was seen.
    pub at: Timestamp,
    /// Signals that were WARN or CRIT when it was contained: they have a cause of their own.
    pub failing: Vec<SignalId>,
}

/// Our own runs, as far as they matter for the picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OurRuns {
    /// Containments that stand.
    pub ours: Vec<OurMove>,
    /// Runs that are not settled: nobody may call their lever untouched.
    pub pending: Vec<OurMove>,
    /// Everything of ours that went out, undone or not.
    pub writes: Vec<OurWrite>,
    /// The newest release of every lever that we had contained, however long ago.
    pub released: Vec<Released>,
}

/// The facts of one instant.
#[derive(Debug, Clone)]
pub struct Observations {
    /// Our clock.
    pub at: Timestamp,
    /// By signal.
    pub signals: BTreeMap<SignalId, Observed>,
    /// Newest first.
    pub changes: Vec<Change>,
    /// By lever.
    pub levers: BTreeMap<LeverId, LeverState>,
    /// Sources in config order.
    pub sources: Vec<SourceState>,
    /// Change feeds in config order.
    pub feeds: Vec<FeedState>,
    /// Actions in config order.
    pub readiness: Vec<Readiness>,
    /// Our own open containments.
    pub ours: Vec<OurMove>,
    /// Our own runs that are not settled.
    pub pending: Vec<OurMove>,
    /// Every write of ours.
    pub writes: Vec<OurWrite>,
    /// Containments of ours that were released, however long ago.
    pub released: Vec<Released>,
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_clock_that_differs_is_trouble_of_a_source_that_answers_and_a_fault_outweighs_it() {
        let now = Timestamp::UNIX_EPOCH;
        let told = |s| Some(Ahead::told(now + SignedDuration::from_secs(s), SignedDuration::ZERO, now, now));
        let source = |fault: Option<Fault>, ahead| SourceState {
            id: "metrics".parse().expect("an id"),
            role: Role::Signals,
            fault,
            latency: None,
            answered_at: Some(now),
            ahead,
        };
        assert_eq!(source(None, told(39)).trouble().as_deref(), Some("its clock is 39 s ahead of ours"));
        assert_eq!(source(None, told(2)).trouble(), None);
        assert_eq!(source(Some(Fault::NoData), told(39)).trouble(), Some(Fault::NoData.to_string()));
    }
}
