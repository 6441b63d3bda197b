//! Triage: symptoms by their evidence, the change before the onset, a severity with its reason.
//! A rank is not a probability. May not read sources or clocks.
//!
//! Score: `(T − F/2) / (T + F + 4w)` with T and F the summed weights of true and false evidence and w the mean weight.
//! Unknown evidence adds nothing. Order: harm floors, then the `beats` relation, then score, severity, id.
//! `docs/triage.md` says it for people, with a worked example.

mod actions;
mod notes;
mod order;
mod path;
mod suspect;
mod trouble;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::catalogue::Catalogue;
use super::evidence::{Judged, Verdict};
use super::facts::Live;
use super::ids::SymptomId;
use super::onset::Onset;
use super::runbook::{Harm, Runbook};
use super::signal::SignalState;
use super::snapshot::{Ranked, SeverityHint, Triage};
use super::status::Status;
use order::Standing;

pub use path::{Suggested, suggested};
pub use trouble::is_status_page;

/// Severity of harm to people, whatever the numbers say.
const HARM_SEVERITY: &str = "P1";

/// What triage says of these facts.
#[must_use]
pub fn triage(catalogue: &Catalogue, facts: &Live<'_>) -> Triage {
    let measured = facts.signals.iter().any(|signal| !signal.status.is_blind());
    let trouble = trouble::is_trouble(catalogue, facts.signals);
    let standings = if trouble { standings(catalogue, facts) } else { Vec::new() };
    let leading = standings.first();
    let kinds = leading.map(|standing| standing.kinds.as_slice()).unwrap_or_default();
    let explained = leading.map_or(facts.onset, |standing| standing.onset);
    let suspect = explained.and_then(|onset| suspect::of(facts.changes, &onset, kinds));
    Triage {
        severity: if trouble { severity(leading, facts.signals) } else { None },
        onset: facts.onset,
        suspect,
        cannot_say: !measured,
        notes: notes::of(catalogue, facts),
        symptoms: standings.into_iter().map(|standing| standing.ranked).collect(),
    }
}

/// The onset of the leading trouble: the earliest among the signals of the worst status.
#[must_use]
pub fn leading_onset<'a>(signals: impl IntoIterator<Item = &'a SignalState>) -> Option<Onset> {
    let signals: Vec<&SignalState> = signals.into_iter().collect();
    let earliest = |status: Status| {
        signals.iter().filter(|s| s.status == status).filter_map(|s| s.onset).min_by_key(|onset| onset.at)
    };
    earliest(Status::Crit).or_else(|| earliest(Status::Warn))
}

fn standings(catalogue: &Catalogue, facts: &Live<'_>) -> Vec<Standing> {
    let stands = |runbook: &Arc<Runbook>| stand(runbook, &catalogue.runbooks, facts);
    let mut standings = order::sorted(catalogue.runbooks.values().filter_map(stands).collect());
    let below: Vec<_> = (0..standings.len()).map(|at| order::below(&standings, at)).collect();
    for ((at, standing), below) in standings.iter_mut().enumerate().zip(below) {
        (standing.ranked.rank, standing.ranked.below) = (at + 1, below);
    }
    standings
}

/// One symptom's standing; `None` without any true evidence of its own. A change alone is a circumstance and shows nothing
/// of what a failure looks like.
fn stand(runbook: &Runbook, shelf: &BTreeMap<SymptomId, Arc<Runbook>>, all: &Live<'_>) -> Option<Standing> {
    let facts = &all.seen_by(runbook);
    let (mut for_it, mut against, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    let (mut weight_for, mut weight_against, mut weight_all) = (0.0, 0.0, 0.0);
    let mut harm = Harm::None;
    let (mut observed, mut decided) = (false, false);
    for piece in &runbook.evidence {
        let judged: Judged = piece.when.judge(facts);
        weight_all += piece.weight;
        let list = match judged.verdict {
            Verdict::True => {
                weight_for += piece.weight;
                harm = if piece.harm { runbook.harm } else { harm };
                observed |= !piece.circumstance && piece.when.change_kind().is_none();
                decided |= piece.decisive;
                &mut for_it
            }
            Verdict::False => {
                weight_against += piece.weight;
                &mut against
            }
            Verdict::Unknown => &mut unknown,
        };
        list.push((piece.say.clone(), judged));
    }
    if !observed {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a runbook has tens of pieces of evidence")]
    let mean_weight = weight_all / runbook.evidence.len().max(1) as f64;
    let kinds = suspect::kinds_of(runbook, &for_it);
    let (severity, why) = proposed(runbook, harm, facts);
    let ranked = Ranked {
        id: runbook.id.clone(),
        title: runbook.title.clone(),
        rank: 0,
        below: None,
        score: score(weight_for, weight_against, mean_weight),
        severity,
        for_it,
        against,
        unknown,
        actions: actions::offered(runbook, shelf, harm, facts),
    };
    Some(Standing {
        harm,
        beats: runbook.beats.clone(),
        holds: if has_decisive(runbook) { decided && ranked.score > 0.0 } else { weight_for > weight_against },
        why,
        kinds,
        onset: facts.onset,
        ranked,
    })
}

fn has_decisive(runbook: &Runbook) -> bool {
    runbook.evidence.iter().any(|piece| piece.decisive)
}

/// `(T − F/2) / (T + F + 4w)`: evidence for counts twice as much as evidence against, and little evidence counts little.
fn score(weight_for: f64, weight_against: f64, mean_weight: f64) -> f64 {
    let score = (weight_for - weight_against / 2.0) / (weight_for + weight_against + 4.0 * mean_weight);
    if score.is_finite() { score } else { 0.0 }
}

/// The severity that a runbook proposes on these facts, and why: its own, or the highest that a reason to raise it gives.
fn proposed(runbook: &Runbook, harm: Harm, facts: &Live<'_>) -> (String, String) {
    match harm {
        Harm::Leak => return (HARM_SEVERITY.to_owned(), "harm to people comes first".to_owned()),
        Harm::Irreversible => return (HARM_SEVERITY.to_owned(), "what is done cannot be taken back".to_owned()),
        Harm::None => {}
    }
    let raised = runbook.raises.iter().filter(|raise| raise.when.judge(facts).verdict == Verdict::True);
    match raised.min_by(|a, b| a.level.cmp(&b.level)) {
        Some(raise) => (raise.level.clone(), raise.why.clone()),
        None => (runbook.severity.clone(), runbook.severity_why.clone()),
    }
}

/// The leading symptom proposes; without one, the worst status does.
fn severity(leading: Option<&Standing>, signals: &[SignalState]) -> Option<SeverityHint> {
    if let Some(leading) = leading {
        let why = format!("{}: {}", leading.ranked.title, leading.why);
        return Some(SeverityHint { level: leading.ranked.severity.clone(), why });
    }
    let worst = signals.iter().filter(|signal| signal.status.is_bad()).max_by_key(|signal| signal.status)?;
    let (level, limit) = if worst.status == Status::Crit { ("P2", "critical") } else { ("P4", "warning") };
    let why = format!("{} is outside its {limit} limit; no symptom explains it", worst.spec.title);
    Some(SeverityHint { level: level.to_owned(), why })
}

#[cfg(test)]
mod tests;
