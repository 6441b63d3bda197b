//! Changes from outside while an incident is open: an alarm, because later evidence mixes two causes. From the change feeds
//! and from levers that somebody else moved. May not raise the alarm itself: the engine writes it down.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::{Change, ChangeKind};
use super::ids::LeverId;
use super::incident::Ledger;
use super::lever::{LeverSpec, Setting};
use super::snapshot::Snapshot;

/// One change by somebody outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl OutsideChange {
    /// True if the two tell of the same change.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        let lever = self.lever.is_some() && self.lever == other.lever && self.what == other.what;
        lever || (self.changed_at == other.changed_at && self.what == other.what && self.source == other.source)
    }

    /// `support v42 → v43, by dana (prompts)`.
    #[must_use]
    pub fn words(&self) -> String {
        let by = self.by.as_ref().map_or_else(String::new, |by| format!(", by {by}"));
        format!("{}{by} ({})", self.what, self.source)
    }
}

/// Changes of the feeds that came after the open incident began and that no run of ours explains; oldest first.
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
        })
        .collect()
}

/// What each lever was when we last looked. One process's memory; the journal keeps the alarms.
#[derive(Debug, Clone, Default)]
pub struct Watch(BTreeMap<LeverId, Setting>);

impl Watch {
    /// Looks at every lever that can be read. Answers those that moved since the last look, if no run of ours explains it
    /// and an incident is open.
    pub fn look(&mut self, snapshot: &Snapshot, ledger: &Ledger) -> Vec<OutsideChange> {
        let mut moved = Vec::new();
        for (spec, state) in &snapshot.levers {
            let Ok(reading) = &state.reading else { continue };
            let old = self.0.insert(spec.id.clone(), reading.setting.clone());
            if ledger.open.is_none() || explained(spec, &reading.setting, ledger) {
                continue;
            }
            if let Some(old) = old.filter(|old| !old.same(&reading.setting)) {
                moved.push(OutsideChange {
                    changed_at: reading.set_at.unwrap_or(reading.read_at),
                    what: format!("{}: {old} → {}", spec.target.words(), reading.setting),
                    by: reading.set_by.clone(),
                    source: spec.from.to_string(),
                    lever: Some(spec.id.clone()),
                });
            }
        }
        moved
    }
}

/// True if the newest run of ours on this lever wanted this setting, or may still be under way.
fn explained(spec: &LeverSpec, setting: &Setting, ledger: &Ledger) -> bool {
    let newest = ledger.in_order().rfind(|run| run.intent.lever == spec.id);
    newest.is_some_and(|run| run.state.is_open() || run.intent.after.same(setting))
}

#[cfg(test)]
mod tests;
