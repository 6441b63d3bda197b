//! Whether the product recovered after a run: only what was bad before can recover, and only when it is measured to be
//! well since. May not watch or record.

use jiff::Timestamp;

use super::evidence::{Evidence, Verdict};
use super::facts::Live;
use super::signal::SignalState;
use super::snapshot::Snapshot;
use super::status::Status;

/// What a look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovery {
    /// Nothing was bad before: there is no recovery to tell.
    NothingWasBad,
    /// It holds, and everything that was bad before is not any more.
    Held(String),
    /// What is still missing.
    Open(String),
}

/// Judges the recovery evidence on samples newer than `since`, together with every signal that was bad before the run.
#[must_use]
pub fn judge(evidence: &Evidence, bad_before: &[String], snapshot: &Snapshot, since: Timestamp) -> Recovery {
    if bad_before.is_empty() {
        return Recovery::NothingWasBad;
    }
    let judgement = evidence.judge(&Live::newer_than(snapshot, since));
    let standing: Vec<(bool, String)> = bad_before.iter().map(|id| now(id, snapshot, since)).collect();
    let words = |wanted: bool| standing.iter().filter(move |(well, _)| *well == wanted).map(|(_, words)| words.clone());
    let trouble: Vec<String> = words(false).collect();
    if judgement.verdict == Verdict::True && trouble.is_empty() {
        return Recovery::Held(words(true).chain([judgement.words()]).collect::<Vec<_>>().join(", "));
    }
    let unmet = (judgement.verdict != Verdict::True).then(|| format!("{}: not yet", judgement.words()));
    Recovery::Open(trouble.into_iter().chain(unmet).collect::<Vec<_>>().join(", "))
}

/// Whether the signal is well by a sample since then, and the words for it. Not measured is not well.
fn now(id: &str, snapshot: &Snapshot, since: Timestamp) -> (bool, String) {
    let Some(signal) = snapshot.signals.iter().find(|signal| signal.spec.id.as_str() == id) else {
        return (false, format!("{id} is no longer wired"));
    };
    let fresh = |signal: &SignalState| signal.sample.is_some_and(|sample| sample.at > since);
    match signal.status {
        // Quiet because of us has no traffic to be measured on.
        Status::Contained => (true, format!("{id} is {}", Status::Contained.word())),
        Status::Ok if !fresh(signal) => (false, format!("{id} has no sample since the effect")),
        Status::Ok => (true, format!("{id} is OK again")),
        status if status.is_bad() => (false, format!("{id} is still {}", status.word())),
        status => (false, format!("{id} is {}", status.word())),
    }
}

#[cfg(test)]
mod tests;
