//! What the reader of a plan should doubt, judged on the picture of the moment. May not block: a doubt is a warning.

use super::action::ActionKind;
use super::catalogue::Catalogue;
use super::evidence::{Evidence, Verdict};
use super::facts::Live;
use super::snapshot::Snapshot;

/// Why a change may not be what is wanted: nothing is WARN or CRIT, and there is no onset. What cannot be judged is
/// said, and never taken for well.
#[must_use]
pub fn calm(snapshot: &Snapshot) -> Option<String> {
    if snapshot.triage.onset.is_some() || snapshot.signals.iter().any(|signal| signal.status.is_bad()) {
        return None;
    }
    let failing = match snapshot.signals.iter().filter(|signal| signal.status.is_blind()).count() {
        0 => "nothing is failing now".to_owned(),
        1 => "nothing that can be judged is failing now, 1 signal cannot be judged".to_owned(),
        blind => format!("nothing that can be judged is failing now, {blind} signals cannot be judged"),
    };
    Some(format!("{failing}: is this what you want?"))
}

/// What the runbook of the leading cause says against actions of this kind, if it does: they make that failure worse, or hide it.
#[must_use]
pub fn forbidden(catalogue: &Catalogue, kind: ActionKind, snapshot: &Snapshot) -> Option<String> {
    let leading = snapshot.triage.symptoms.first()?;
    let runbook = catalogue.runbooks.get(&leading.id).filter(|runbook| runbook.never.contains(&kind))?;
    Some(format!("the runbook of {:?}, the likeliest cause, says never: {}", runbook.title, kind.word()))
}

/// Why the effect of an action could not be seen if it were fired now: all of its evidence is unknown. Every cause once.
#[must_use]
pub fn unverifiable(effect: &Evidence, snapshot: &Snapshot) -> Option<String> {
    let parts = effect.judge(&Live::of(snapshot)).parts;
    if parts.is_empty() || parts.iter().any(|part| part.verdict != Verdict::Unknown) {
        return None;
    }
    let mut causes: Vec<String> = Vec::new();
    for cause in parts.into_iter().map(|part| part.cause.unwrap_or(part.text)) {
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    Some(causes.join(", "))
}

/// The effect's evidence with its values, if it holds before anything was written: then it proves nothing afterwards.
#[must_use]
pub fn already(effect: &Evidence, snapshot: &Snapshot) -> Option<String> {
    let judgement = effect.judge(&Live::of(snapshot));
    (judgement.verdict == Verdict::True).then(|| judgement.words())
}

#[cfg(test)]
mod tests;
