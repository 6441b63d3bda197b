//! The suspect: the change that best explains the onset. Correlation in time and nothing more; the evidence says the rest.

use super::super::change::{Change, ChangeKind};
use super::super::evidence::Judged;
use super::super::onset::Onset;
use super::super::runbook::Runbook;
use super::super::snapshot::Suspect;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// The change-lag prior: how much a lag says, best first. `None` beyond what a change of this kind can explain.
fn tier(kind: ChangeKind, lag_s: i64) -> Option<u8> {
    let slow = matches!(
        kind,
        ChangeKind::Index
            | ChangeKind::Embed
            | ChangeKind::Chunking
            | ChangeKind::Model
            | ChangeKind::Provider
            | ChangeKind::Cert
            | ChangeKind::Secret
    );
    match lag_s {
        // A freeze changes nothing by itself.
        _ if kind == ChangeKind::Freeze => None,
        lag if lag <= HOUR / 4 => Some(0),
        lag if lag <= 2 * HOUR => Some(1),
        lag if lag <= DAY => Some(2),
        lag if lag <= 7 * DAY && slow => Some(3),
        _ => None,
    }
}

/// The change with the shortest sensible lag before the onset. Within one tier of the prior, kinds that the leading
/// symptom's true evidence names come first. Our own moves are never suspects.
pub(super) fn of(changes: &[Change], onset: &Onset, leading: &[ChangeKind]) -> Option<Suspect> {
    let candidates = changes.iter().enumerate().filter(|(_, change)| !change.ours && change.at <= onset.latest);
    let judged = candidates.filter_map(|(index, change)| {
        let lag_s = onset.at.duration_since(change.at).as_secs().max(0);
        let tier = tier(change.kind, lag_s)?;
        let named = leading.contains(&change.kind);
        Some(((tier, !named, lag_s), Suspect { change: index, kind: change.kind, lag_s }))
    });
    judged.min_by_key(|(key, _)| *key).map(|(_, suspect)| suspect)
}

/// The kinds of change that a symptom's true evidence names.
pub(super) fn kinds_of(runbook: &Runbook, true_evidence: &[(String, Judged)]) -> Vec<ChangeKind> {
    let holds = |text: &str| true_evidence.iter().any(|(_, judged)| judged.text == text);
    runbook
        .evidence
        .iter()
        .filter(|piece| holds(piece.when.text()))
        .filter_map(|piece| piece.when.change_kind())
        .collect()
}
