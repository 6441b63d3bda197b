//! The stop rule: digging has an end. May not read clocks or move a walk.

use jiff::{SignedDuration, Timestamp};

use super::super::coach;
use super::super::runbook::{Runbook, StepBody};
use super::Walk;

/// The lowest severity at which the clock runs.
const LOWEST: u32 = 2;

/// How the rule stands at this instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopRule {
    /// It does not count here: something is contained, the step asks no question, or the severity is a low one.
    Rests,
    /// So long one may go on asking.
    Left(SignedDuration),
    /// Contain first, dig later; for so long already.
    Over(SignedDuration),
}

/// The rule for a walk. A severity that nobody has set counts as a high one.
#[must_use]
pub fn stop_rule(runbook: &Runbook, walk: &Walk, level: Option<&str>, contained: bool, now: Timestamp) -> StopRule {
    let low = level.and_then(coach::rank).is_some_and(|rank| rank > LOWEST);
    let asks = walk.step(runbook).is_some_and(|step| matches!(step.body, StepBody::Ask { .. }));
    if contained || low || !asks {
        return StopRule::Rests;
    }
    let stop_after = SignedDuration::try_from(runbook.stop_after).unwrap_or(SignedDuration::MAX);
    let walked = now.duration_since(walk.started_at);
    if walked < stop_after { StopRule::Left(stop_after - walked) } else { StopRule::Over(walked - stop_after) }
}
