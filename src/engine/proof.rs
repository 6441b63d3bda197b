//! Proof of an effect: what in the traffic (or at the serving side) shows that a run took. Only samples newer than the
//! store's answer count. May not journal or move runs.

use jiff::{SignedDuration, Timestamp};

use super::Core;
use crate::domain::entry::Intent;
use crate::domain::evidence::{Evidence, Judgement, Verdict};
use crate::domain::facts::Live;
use crate::domain::lever::Setting;
use crate::domain::plan::Purpose;

/// What would show that a run took effect.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Proof {
    /// Traffic evidence becomes true.
    Traffic(Evidence),
    /// The traffic evidence of the action that is undone becomes false.
    Gone(Evidence),
    /// The serving side hands this setting out.
    Served(Setting),
}

/// What a look came to.
pub(super) struct Looked {
    /// Why it holds, if it does.
    pub held: Option<String>,
    /// What is still missing, in words.
    pub open: String,
}

/// How long an undo without a deadline of its own may take to be seen, beyond the store's propagation.
const UNDO_PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// The proof that a run's effect asks for, and within which time.
pub(super) fn of(core: &Core, intent: &Intent) -> Option<(Proof, SignedDuration)> {
    let catalogue = &core.config.catalogue;
    let effect = catalogue.action(&intent.action).and_then(|action| action.effect.clone());
    let lever = catalogue.lever(&intent.lever)?;
    let propagation = core.levers(lever).ok()?.contract(&lever.target).propagation;
    let patience = SignedDuration::try_from(propagation).unwrap_or_default() + UNDO_PATIENCE;
    match (&intent.purpose, effect) {
        (Purpose::Action, Some(effect)) => {
            let within = SignedDuration::try_from(effect.within).unwrap_or(UNDO_PATIENCE);
            Some((Proof::Traffic(effect.evidence), within))
        }
        (Purpose::Undo(_), Some(effect)) => Some((Proof::Gone(effect.evidence), patience)),
        (_, None) => Some((Proof::Served(intent.after.clone()), patience)),
    }
}

/// Looks once.
pub(super) async fn look(core: &Core, intent: &Intent, proof: &Proof, since: Timestamp) -> Looked {
    match proof {
        Proof::Traffic(evidence) => judge_since(core, evidence, since),
        Proof::Gone(evidence) => {
            let judgement = judge(core, evidence, since);
            match judgement.verdict {
                Verdict::False => Looked { held: Some(words(&judgement, "no longer holds")), open: String::new() },
                // Evidence such as "traffic follows the store" holds before and after: then the serving side decides.
                Verdict::True | Verdict::Unknown => served(core, intent, &intent.after).await,
            }
        }
        Proof::Served(wanted) => served(core, intent, wanted).await,
    }
}

async fn served(core: &Core, intent: &Intent, wanted: &Setting) -> Looked {
    let not_yet = |open: String| Looked { held: None, open };
    let Some(lever) = core.config.catalogue.lever(&intent.lever) else {
        return not_yet("the lever is no longer configured".into());
    };
    let Ok(levers) = core.levers(lever) else { return not_yet("the endpoint has no levers".into()) };
    match levers.served(&lever.target).await {
        Ok(Some(setting)) if setting.same(wanted) => {
            Looked { held: Some(format!("the serving side hands out {setting}")), open: String::new() }
        }
        Ok(Some(setting)) => not_yet(format!("the serving side still hands out {setting}")),
        Ok(None) => not_yet("nothing declared shows the effect".into()),
        Err(fault) => not_yet(format!("the serving side cannot be asked: {fault}")),
    }
}

/// Judges evidence on samples newer than `since`.
fn judge_since(core: &Core, evidence: &Evidence, since: Timestamp) -> Looked {
    let judgement = judge(core, evidence, since);
    match judgement.verdict {
        Verdict::True => Looked { held: Some(words(&judgement, "")), open: String::new() },
        Verdict::False | Verdict::Unknown => Looked { held: None, open: words(&judgement, "not yet") },
    }
}

fn judge(core: &Core, evidence: &Evidence, since: Timestamp) -> Judgement {
    match core.view() {
        Some(view) => evidence.judge(&Live::newer_than(&view.snapshot, since)),
        None => Judgement { verdict: Verdict::Unknown, parts: Vec::new() },
    }
}

fn words(judgement: &Judgement, tail: &str) -> String {
    [judgement.words(), tail.to_owned()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(": ")
}
