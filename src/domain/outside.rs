//! Changes from outside: while an incident is open an alarm, because later evidence mixes two causes, and always one if a
//! containment of ours was moved, also while nobody here looked. From the change feeds and from levers that somebody else
//! moved. May not raise the alarm itself: the engine writes it down.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::change::{Change, ChangeKind};
use super::ids::LeverId;
use super::incident::Ledger;
use super::lever::{LeverReading, LeverSpec, Setting};
use super::observations::OurMove;
use super::run::RunState;
use super::snapshot::Snapshot;

/// Without an open incident, what happened to a containment is told for this long: until the next shift.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(12);

/// One change by somebody outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutsideChange {
    /// When it took effect, by its source; for a lever, when we saw it.
    pub changed_at: Timestamp,
    /// In one line.
    pub what: String,
    /// Who, if the source says.
    pub by: Option<String>,
    /// The feed, or the lever's endpoint.
    pub source: String,
    /// Which lever was moved, if it is one of ours.
    pub lever: Option<LeverId>,
    /// What that lever became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Setting>,
    /// What it did to a containment of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containment: Option<Fate>,
}

/// What somebody outside did to a containment of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// The lever is what it was before, or normal.
    Released,
    /// The lever is something else.
    Moved,
    /// The lever is again what we had set.
    BroughtBack,
}

impl OutsideChange {
    /// True if the two tell of the same change of a feed.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.changed_at == other.changed_at && self.what == other.what && self.source == other.source
    }

    /// What it means to those who hold the incident, in words that stand before [`OutsideChange::words`].
    #[must_use]
    pub const fn meaning(&self) -> &'static str {
        match self.containment {
            Some(Fate::Released) => "containment released from outside",
            Some(Fate::Moved) => "containment moved from outside",
            Some(Fate::BroughtBack) => "containment brought back from outside",
            None => "change during the freeze",
        }
    }

    /// `support v42 → v43, by dana (prompts)`.
    #[must_use]
    pub fn words(&self) -> String {
        let by = self.by.as_ref().map_or_else(String::new, |by| format!(", by {by}"));
        format!("{}{by} ({})", self.what, self.source)
    }
}

/// Where somebody outside left one of our levers, as the journal tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct OutsideMove {
    /// What the lever became.
    pub to: Setting,
    /// When that was written down.
    pub at: Timestamp,
    /// Position of that entry in the journal.
    pub seq: u64,
}

/// What people should still hear of, oldest first: everything since the open incident began; without one, what happened
/// lately to containments.
pub fn told(ledger: &Ledger, now: Timestamp) -> impl Iterator<Item = &OutsideChange> {
    let is_open = ledger.open.is_some();
    ledger.outside.iter().filter(move |change| is_open || now.duration_since(change.changed_at) < TOLD_FOR)
}

/// Changes of the feeds that came after the open incident began and that no run of ours explains; oldest first. Those
/// on record already are left out.
#[must_use]
pub fn of_feeds(snapshot: &Snapshot, ledger: &Ledger) -> Vec<OutsideChange> {
    let Some(incident) = &ledger.open else { return Vec::new() };
    // That somebody froze changes is the freeze itself, held for others too.
    let foreign =
        |change: &&Change| change.at > incident.opened_at && !change.ours && change.kind != ChangeKind::Freeze;
    snapshot
        .changes
        .iter()
        .rev()
        .filter(foreign)
        .map(|change| OutsideChange {
            changed_at: change.at,
            what: change.what.clone(),
            by: change.who.clone(),
            source: change.source.clone(),
            lever: None,
            to: None,
            containment: None,
        })
        .filter(|change| !ledger.outside.iter().any(|known| known.is(change)))
        .collect()
}

/// What each lever was when we last looked: one process's memory. Where a run of ours, or an alarm, says in the journal how
/// the lever was left, that counts instead: it was not this process that had to look.
#[derive(Debug, Clone, Default)]
pub struct Watch(BTreeMap<LeverId, Setting>);

impl Watch {
    /// Levers that are not as they were left, if no run of ours explains it: every lever while an incident is open, and
    /// always one that holds a containment of ours.
    #[must_use]
    pub fn moved(&self, snapshot: &Snapshot, ledger: &Ledger) -> Vec<OutsideChange> {
        let read = snapshot.levers.iter().filter_map(|(spec, state)| Some((spec, state.reading.as_ref().ok()?)));
        read.filter_map(|(spec, reading)| self.of_lever(spec, reading, ledger)).collect()
    }

    /// Keeps what every lever is now.
    pub fn remember(&mut self, snapshot: &Snapshot) {
        for (spec, state) in &snapshot.levers {
            if let Ok(reading) = &state.reading {
                self.0.insert(spec.id.clone(), reading.setting.clone());
            }
        }
    }

    fn of_lever(&self, spec: &LeverSpec, reading: &LeverReading, ledger: &Ledger) -> Option<OutsideChange> {
        let held = ledger.ours().into_iter().find(|ours| ours.lever == spec.id);
        let opened_at = ledger.open.as_ref().map(|incident| incident.opened_at);
        if opened_at.is_none() && held.is_none() || explained(spec, &reading.setting, ledger) {
            return None;
        }
        // What was left before the incident began, and holds nothing, may have been moved before it as well.
        let left =
            left(ledger, &spec.id).filter(|(_, at)| held.is_some() || opened_at.is_some_and(|opened| *at >= opened));
        let old = match &left {
            // A reading from before says nothing about what came after.
            Some((_, at)) if reading.read_at <= *at => return None,
            Some((setting, _)) => setting,
            None => self.0.get(&spec.id)?,
        };
        if old.same(&reading.setting) {
            return None;
        }
        let fate = |ours: &OurMove| {
            let is = |setting: &Setting| setting.same(&reading.setting);
            if is(&ours.after) {
                Fate::BroughtBack
            } else if is(&ours.prior) || spec.normal.as_ref().is_some_and(is) {
                Fate::Released
            } else {
                Fate::Moved
            }
        };
        Some(OutsideChange {
            changed_at: reading.set_at.unwrap_or(reading.read_at),
            what: format!("{} {old} → {} ({})", spec.id, reading.setting, spec.target.words()),
            by: reading.set_by.clone(),
            source: spec.from.to_string(),
            lever: Some(spec.id.clone()),
            to: Some(reading.setting.clone()),
            containment: held.as_ref().map(fate),
        })
    }
}

/// How the journal says that a lever was left, and since when: by our newest run, once it was seen to be stored, or by
/// somebody outside after it.
fn left<'a>(ledger: &'a Ledger, lever: &LeverId) -> Option<(&'a Setting, Timestamp)> {
    let newest = ledger.newest_move(lever);
    let outside = ledger.moved_outside.get(lever);
    if let Some(outside) = outside.filter(|outside| newest.is_none_or(|run| run.took < outside.seq)) {
        return Some((&outside.to, outside.at));
    }
    let stored = newest.filter(|run| run.was_stored())?;
    Some((&stored.intent.after, stored.moved_at()))
}

/// True if the newest run of ours on this lever wanted this setting and nobody outside moved it since, or if that run may
/// still be under way. A run that certainly changed nothing explains nothing.
fn explained(spec: &LeverSpec, setting: &Setting, ledger: &Ledger) -> bool {
    let went_out = |state: RunState| !matches!(state, RunState::NotSent | RunState::Rejected);
    let newest = ledger.in_order().rfind(|run| run.intent.lever == spec.id && went_out(run.state));
    newest.is_some_and(|run| {
        let moved_since = ledger.moved_outside.get(&spec.id).is_some_and(|outside| run.took < outside.seq);
        run.state.is_open() || (run.intent.after.same(setting) && !moved_since)
    })
}

#[cfg(test)]
mod tests;
