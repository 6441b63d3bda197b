//! The cross-cutting rules, in words: two causes can both stand; nothing is red but people complain; monitoring itself
//! may be the victim. They speak beside the ranking and never change it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::super::catalogue::Catalogue;
use super::super::cause::Fault;
use super::super::facts::Live;
use super::super::figures::{listed, span};
use super::super::ids::SymptomId;
use super::super::observations::{Role, SourceState};
use super::super::onset::Onset;
use super::super::runbook::Rule;
use super::super::signal::SignalState;
use super::super::snapshot::Note;
use super::super::status::Status;

/// Onsets nearer than this belong to one story.
const ONE_STORY: SignedDuration = SignedDuration::from_mins(30);
/// So many names are enough in one sentence.
const NAMES: usize = 3;
/// The layer where people speak, and nothing is measured by ourselves.
const PEOPLE: &str = "business";

/// What the rules say of these facts.
pub(super) fn of(catalogue: &Catalogue, facts: &Live<'_>) -> Vec<Note> {
    let runbook = |rule: Rule| -> Option<SymptomId> {
        catalogue.runbooks.values().find(|runbook| runbook.rule == Some(rule)).map(|runbook| runbook.id.clone())
    };
    let blind = monitoring_blind(facts);
    let all_blind = blind.as_ref().is_some_and(|(_, all)| *all);
    let mut said = [
        (Rule::TwoOnsets, two_onsets(facts)),
        (Rule::OnlyComplaints, only_complaints(facts.signals)),
        (Rule::MonitoringBlind, blind.map(|(says, _)| says)),
    ];
    // Where every source is silent, nothing else that is said here is known to hold still.
    if all_blind {
        said.reverse();
    }
    let note = |(rule, says): (Rule, Option<String>)| Some(Note { rule, says: says?, runbook: runbook(rule) });
    said.into_iter().filter_map(note).collect()
}

/// Bad signals whose onsets lie in two groups, clearly apart.
fn two_onsets(facts: &Live<'_>) -> Option<String> {
    let mut bad: Vec<(Onset, &SignalState)> =
        facts.signals.iter().filter(|signal| signal.status.is_bad()).filter_map(|s| Some((s.onset?, s))).collect();
    bad.sort_by_key(|(onset, _)| onset.at);
    let apart = |at: &usize| match (bad.get(at - 1), bad.get(*at)) {
        (Some((before, _)), Some((after, _))) => after.at.duration_since(before.at),
        _ => SignedDuration::ZERO,
    };
    let split = (1..bad.len()).max_by_key(apart)?;
    let (first, second) = bad.split_at_checked(split)?;
    let (before, after) = (first.last()?.0, second.first()?.0);
    let distance = after.at.duration_since(before.at);
    // Each estimate must lie outside of the other's interval.
    if distance <= ONE_STORY || before.latest >= after.at || before.at >= after.earliest {
        return None;
    }
    let group = |group: &[(Onset, &SignalState)]| {
        let names: Vec<String> = group.iter().take(NAMES).map(|(_, signal)| signal.spec.title.clone()).collect();
        listed(&names)
    };
    Some(format!(
        "Two onsets: {} since {}, {} since {}, {} later. Two causes can both stand: contain both, then rank again.",
        group(first),
        first.first()?.0.at.strftime("%H:%MZ"),
        group(second),
        after.at.strftime("%H:%MZ"),
        span(distance.as_secs_f64()),
    ))
}

/// People complain, and nothing that we measure ourselves is bad.
fn only_complaints(signals: &[SignalState]) -> Option<String> {
    let (people, ours): (Vec<_>, Vec<_>) =
        signals.iter().filter(|signal| signal.status.is_bad()).partition(|s| s.spec.layer.as_str() == PEOPLE);
    let measured = signals.iter().any(|s| s.spec.layer.as_str() != PEOPLE && s.status == Status::Ok);
    if people.is_empty() || !ours.is_empty() || !measured {
        return None;
    }
    let names: Vec<String> = people.iter().take(NAMES).map(|signal| signal.spec.title.clone()).collect();
    Some(format!(
        "Nothing that we measure is red, but {} moved. Read 50 answers in a row and count the bad ones: \
         the measures may be blind to this.",
        listed(&names)
    ))
}

/// Two sources or more, or every one, of which most signals went silent; true if it is every one. Without endpoints a
/// layer counts as a source.
fn monitoring_blind(facts: &Live<'_>) -> Option<(String, bool)> {
    let away: BTreeSet<&str> =
        facts.sources.iter().filter(|source| never_reached(source)).map(|source| source.id.as_str()).collect();
    let mut sources: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for signal in facts.signals {
        let source = signal.spec.from.as_ref().map_or(signal.spec.layer.as_str(), |from| from.as_str());
        let silent = match signal.status {
            Status::Stale => true,
            // Never polled yet is the start of the program, not an outage; polled in vain is one.
            Status::Unknown => !signal.usable && (signal.age_s.is_some() || away.contains(source)),
            _ => false,
        };
        let (count, all) = sources.entry(source).or_default();
        *count += usize::from(silent);
        *all += 1;
    }
    let blind: Vec<String> =
        sources.iter().filter(|(_, (silent, all))| 2 * silent > *all).map(|(source, _)| (*source).to_owned()).collect();
    let all = blind.len() == sources.len();
    if blind.is_empty() || (blind.len() < 2 && !all) {
        return None;
    }
    let (count, be) = match (blind.len(), all) {
        (1, _) => ("the only source", "is"),
        (_, true) => ("all sources", "are"),
        (_, false) => ("several sources", "are"),
    };
    let says = format!(
        "Monitoring may be the victim: {count} ({}) {be} silent. Silence is not health: ask the product itself \
         with your own probe, and act by break-glass paths.",
        listed(&blind)
    );
    Some((says, all))
}

/// A source of signals that was asked and has not answered once. An answer that holds nothing is an answer.
fn never_reached(source: &SourceState) -> bool {
    let answers = |fault: &Fault| {
        matches!(fault, Fault::NoData | Fault::NotANumber | Fault::Ambiguous { .. } | Fault::BadRequest { .. })
    };
    source.role == Role::Signals
        && source.answered_at.is_none()
        && source.fault.as_ref().is_some_and(|fault| !answers(fault))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::fixture::World;
    use super::*;

    #[test]
    fn when_no_source_was_ever_reached_blind_monitoring_is_said_first_and_at_the_start_nothing_is() {
        let mut world = World::well();
        let mut signals = std::mem::take(&mut world.catalogue.signals);
        for (at, signal) in signals.iter_mut().enumerate() {
            Arc::make_mut(signal).from = Some(["metrics", "other"][at % 2].parse().expect("id"));
            let observed = world.observed.signals.get_mut(&signal.id).expect("wired");
            let fault = Fault::Refused { target: "metrics:9090".into() };
            (observed.sample, observed.last, observed.history) = (Err(fault), None, Arc::from([]));
        }
        world.catalogue.signals = signals;
        let source = |id: &str, fault: Option<Fault>| SourceState {
            id: id.parse().expect("id"),
            role: Role::Signals,
            fault,
            latency: None,
            answered_at: None,
            ahead: None,
        };
        world.observed.sources = vec![source("metrics", None), source("other", None)];
        assert_eq!(world.snapshot().triage.notes, [], "asked and not answered yet is no outage");
        let refused = || Some(Fault::Refused { target: "metrics:9090".into() });
        world.observed.sources = vec![source("metrics", refused()), source("other", refused())];
        let triage = world.snapshot().triage;
        let first = triage.notes.first().expect("a note");
        assert_eq!((first.rule, triage.cannot_say), (Rule::MonitoringBlind, true));
        assert!(first.says.contains("all sources (metrics and other) are silent"), "{}", first.says);
    }
}
