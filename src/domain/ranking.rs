//! Triage: symptoms by their evidence, the change before the onset, a severity with its reason.
//! A rank is not a probability. May not read sources or clocks.
//!
//! Score: `(T − F/2) / (T + F + 4w)` with T and F the summed weights of true and false evidence and w the mean weight.
//! Unknown evidence adds nothing. Order: harm floors, then the `beats` relation, then score, severity, id.

mod actions;
mod order;
mod suspect;

use super::catalogue::Catalogue;
use super::endpoint::Vendor;
use super::evidence::{Judged, Verdict};
use super::facts::Live;
use super::onset::Onset;
use super::runbook::{Harm, Runbook};
use super::signal::{Better, SignalSpec, SignalState};
use super::snapshot::{Ranked, SeverityHint, Triage};
use super::status::Status;
use order::Standing;

/// Severity of harm to people, whatever the numbers say.
const HARM_SEVERITY: &str = "P1";

/// What triage says of these facts.
#[must_use]
pub fn triage(catalogue: &Catalogue, facts: &Live<'_>) -> Triage {
    let measured = facts.signals.iter().any(|signal| !signal.status.is_blind());
    let trouble = is_trouble(catalogue, facts.signals);
    let standings = if trouble { standings(catalogue, facts) } else { Vec::new() };
    let leading = standings.first();
    let kinds = leading.map(|standing| standing.kinds.as_slice()).unwrap_or_default();
    let suspect = facts.onset.and_then(|onset| suspect::of(facts.changes, &onset, kinds));
    Triage {
        severity: if trouble { severity(leading, facts.signals) } else { None },
        onset: facts.onset,
        suspect,
        cannot_say: !measured,
        symptoms: standings.into_iter().map(|standing| standing.ranked).collect(),
    }
}

/// The onset of the leading trouble: the earliest among the signals of the worst status.
#[must_use]
pub fn leading_onset(signals: &[SignalState]) -> Option<Onset> {
    let earliest = |status: Status| {
        signals.iter().filter(|s| s.status == status).filter_map(|s| s.onset).min_by_key(|onset| onset.at)
    };
    earliest(Status::Crit).or_else(|| earliest(Status::Warn))
}

/// True if anything measured is bad by itself. A provider's status page (often wrong, always late) and a moderate change
/// of traffic alone are no trouble: symptoms stay silent while our own numbers are fine.
fn is_trouble(catalogue: &Catalogue, signals: &[SignalState]) -> bool {
    signals.iter().any(|signal| match signal.status {
        Status::Crit => !is_page_of(catalogue, &signal.spec),
        Status::Warn => !is_page_of(catalogue, &signal.spec) && !is_traffic(&signal.spec),
        _ => false,
    })
}

fn is_page_of(catalogue: &Catalogue, spec: &SignalSpec) -> bool {
    let vendor = spec.from.as_ref().and_then(|from| catalogue.endpoints.get(from));
    is_status_page(spec) || vendor.is_some_and(|vendor| vendor == Vendor::Statuspage.word())
}

/// True for the level of a provider's status page: 0 none, 1 minor, 2 major, 3 critical.
#[must_use]
pub fn is_status_page(spec: &SignalSpec) -> bool {
    spec.id.as_str() == "provider_status" || spec.unit.starts_with("level 0-3")
}

/// True for amounts of traffic, where more or less is no fault by itself.
fn is_traffic(spec: &SignalSpec) -> bool {
    spec.better == Better::Band && spec.unit.ends_with("/s")
}

fn standings(catalogue: &Catalogue, facts: &Live<'_>) -> Vec<Standing> {
    let stands = |runbook: &std::sync::Arc<Runbook>| stand(runbook, facts);
    let mut standings = order::sorted(catalogue.runbooks.values().filter_map(stands).collect());
    for (at, standing) in standings.iter_mut().enumerate() {
        standing.ranked.rank = at + 1;
    }
    standings
}

/// One symptom's standing; `None` without any true evidence.
fn stand(runbook: &Runbook, facts: &Live<'_>) -> Option<Standing> {
    let (mut for_it, mut against, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    let (mut weight_for, mut weight_against, mut weight_all) = (0.0, 0.0, 0.0);
    let mut harm = Harm::None;
    for piece in &runbook.evidence {
        let judged: Judged = piece.when.judge(facts);
        weight_all += piece.weight;
        let list = match judged.verdict {
            Verdict::True => {
                weight_for += piece.weight;
                harm = if piece.harm { runbook.harm } else { harm };
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
    if for_it.is_empty() {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a runbook has tens of pieces of evidence")]
    let mean_weight = weight_all / runbook.evidence.len().max(1) as f64;
    let kinds = suspect::kinds_of(runbook, &for_it);
    let ranked = Ranked {
        id: runbook.id.clone(),
        title: runbook.title.clone(),
        rank: 0,
        score: score(weight_for, weight_against, mean_weight),
        severity: if harm == Harm::None { runbook.severity.clone() } else { HARM_SEVERITY.to_owned() },
        for_it,
        against,
        unknown,
        actions: actions::offered(runbook, harm, facts),
    };
    Some(Standing {
        harm,
        beats: runbook.beats.clone(),
        holds: weight_for > weight_against,
        why: runbook.severity_why.clone(),
        kinds,
        ranked,
    })
}

/// `(T − F/2) / (T + F + 4w)`: evidence for counts twice as much as evidence against, and little evidence counts little.
fn score(weight_for: f64, weight_against: f64, mean_weight: f64) -> f64 {
    let score = (weight_for - weight_against / 2.0) / (weight_for + weight_against + 4.0 * mean_weight);
    if score.is_finite() { score } else { 0.0 }
}

/// The leading symptom proposes; without one, the worst status does.
fn severity(leading: Option<&Standing>, signals: &[SignalState]) -> Option<SeverityHint> {
    if let Some(leading) = leading {
        let why = match leading.harm {
            Harm::Leak => format!("{}: harm to people comes first", leading.ranked.title),
            Harm::Irreversible => format!("{}: what is done cannot be taken back", leading.ranked.title),
            Harm::None => format!("{}: {}", leading.ranked.title, leading.why),
        };
        return Some(SeverityHint { level: leading.ranked.severity.clone(), why });
    }
    let worst = signals.iter().filter(|signal| signal.status.is_bad()).max_by_key(|signal| signal.status)?;
    let (level, limit) = if worst.status == Status::Crit { ("P2", "critical") } else { ("P4", "warning") };
    let why = format!("{} is outside its {limit} limit; no symptom explains it", worst.spec.title);
    Some(SeverityHint { level: level.to_owned(), why })
}

#[cfg(test)]
mod tests;
