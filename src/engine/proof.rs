//! Proof of an effect: what in the traffic (or at the serving side) shows that a run took. Only samples newer than the
//! store's answer count. May not journal or move runs.

use std::time::Duration;

use super::Core;
use crate::domain::entry::Intent;
use crate::domain::evidence::{Evidence, Judgement, Verdict, and};
use crate::domain::facts::Live;
use crate::domain::lever::Setting;
use crate::domain::plan::{Plan, Purpose};
use crate::domain::propagation::{self, Propagated};
use crate::domain::restored::{self, Back};
use crate::domain::shown;

mod since;

pub(super) use since::{Since, Witness};

/// Whether the evidence that a plan's effect asks for holds already: then it cannot show what the write does.
pub(super) fn shows_already(core: &Core, plan: &Plan) -> bool {
    let effect = core.config.catalogue.action(&plan.action).and_then(|action| action.effect.as_ref());
    let Some((effect, view)) = effect.zip(core.view()) else { return false };
    // An undo is measured by what was there before, not by this evidence.
    plan.purpose == Purpose::Action && effect.evidence.judge(&Live::of(&view.snapshot)).verdict == Verdict::True
}

/// What would show that a run took effect.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Proof {
    /// Traffic evidence becomes true.
    Traffic {
        /// Which.
        evidence: Evidence,
        /// True while it shows nothing, because it held before the write and was not seen false since.
        stale: bool,
    },
    /// The signals that the undone action's effect looks at are back where they were, and the serving side agrees.
    Back(Evidence),
    /// The serving side hands this setting out.
    Served(Setting),
    /// The same for a stage of a release: where there is no serving side to ask, only its watch can tell.
    Stage(Setting),
}

/// What a look came to.
pub(super) struct Looked {
    /// Why it holds, if it does.
    pub held: Option<String>,
    /// What is still missing, in words.
    pub open: String,
    /// True if nothing that is declared could tell the effect from what was before.
    pub cannot_tell: bool,
    /// How far the traffic has come, while it does not hold yet and that can be said.
    pub propagated: Option<Propagated>,
}

impl Looked {
    const fn held(why: String) -> Self {
        Self { held: Some(why), open: String::new(), cannot_tell: false, propagated: None }
    }

    const fn not_yet(open: String) -> Self {
        Self { held: None, open, cannot_tell: false, propagated: None }
    }
}

/// How long an undo without a deadline of its own may take to be seen, beyond the store's propagation.
const UNDO_PATIENCE: Duration = Duration::from_mins(1);
/// The proof that a run's effect asks for, and within which time.
pub(super) fn of(core: &Core, intent: &Intent) -> Option<(Proof, Duration)> {
    let catalogue = &core.config.catalogue;
    let effect = catalogue.action(&intent.action).and_then(|action| action.effect.clone());
    let lever = catalogue.lever(&intent.lever)?;
    let propagation = core.levers(lever).ok()?.contract(&lever.target).propagation;
    let patience = propagation + UNDO_PATIENCE;
    let between = intent.stage.as_ref().is_some_and(|stage| stage.is_partial() || stage.is_back());
    match (&intent.purpose, effect) {
        // What the effect asks for belongs to the whole way, not to a part of it.
        _ if between => Some((Proof::Stage(intent.after.clone()), patience)),
        (Purpose::Action, Some(effect)) => {
            Some((Proof::Traffic { evidence: effect.evidence, stale: intent.shown_before }, effect.within))
        }
        (Purpose::Undo(_), Some(effect)) => Some((Proof::Back(effect.evidence), patience)),
        (_, None) => Some((Proof::Served(intent.after.clone()), patience)),
    }
}

/// Looks once. Evidence that showed nothing before shows something as soon as it was seen the other way round.
pub(super) async fn look(core: &Core, intent: &Intent, proof: &mut Proof, since: &mut Since) -> Looked {
    match proof {
        Proof::Traffic { evidence, stale } => {
            let judgement = judge(core, evidence, since);
            *stale &= judgement.verdict != Verdict::False;
            match judgement.verdict {
                Verdict::True if *stale => {
                    served_instead(core, intent, words(&judgement, "held before the write too")).await
                }
                Verdict::True => Looked::held(words(&judgement, "")),
                Verdict::False | Verdict::Unknown => {
                    let propagated = propagated(core, intent, evidence, since);
                    Looked { propagated, ..Looked::not_yet(words(&judgement, "not yet")) }
                }
            }
        }
        Proof::Back(evidence) => back(core, intent, evidence, since).await,
        Proof::Served(wanted) | Proof::Stage(wanted) => served(core, intent, wanted).await,
    }
}

/// An undo holds when the serving side hands the prior setting out, where the store has one, and every signal of the
/// effect is back where it was, on samples newer than the store's yes.
async fn back(core: &Core, intent: &Intent, evidence: &Evidence, since: &mut Since) -> Looked {
    let side = match serving(core, intent).await {
        Ok(side) => side,
        Err(open) => return Looked::not_yet(open),
    };
    let serves = side.as_ref().is_none_or(|setting| setting.same(&intent.after));
    let side = side.map(|setting| if serves { shown::handed_out(&setting) } else { still(&setting) });
    let Some(view) = core.view() else { return Looked::not_yet("nothing is measured yet".into()) };
    let Some(since) = since.by(&view) else {
        return Looked::not_yet("our clock and the source's differ: no sample is surely newer yet".into());
    };
    let ledger = core.book.ledger();
    let undone = match &intent.purpose {
        Purpose::Undo(run) => ledger.runs.get(run).map(|record| record.intent.showed.as_slice()),
        Purpose::Action => None,
    };
    let facts = Live::newer_than(&view.snapshot, since);
    let all = restored::judge(evidence, undone.unwrap_or_default(), &intent.showed, &view.snapshot, &facts);
    let known = all.iter().all(|back| back.before.is_some());
    let is_back = match and(all.iter().map(|back| back.verdict)) {
        // Nobody measured before: then at least the effect must be gone, or only the serving side can tell.
        Verdict::Unknown if !known => match evidence.judge(&facts).verdict {
            Verdict::False => true,
            Verdict::True => side.is_some(),
            Verdict::Unknown => false,
        },
        verdict => verdict == Verdict::True,
    };
    let words: Vec<String> = side.into_iter().chain(all.iter().map(Back::words)).collect();
    match (serves && is_back, words.join(", ")) {
        (true, words) => Looked::held(words),
        (false, words) => Looked::not_yet(format!("{words}: not back yet")),
    }
}

fn still(setting: &Setting) -> String {
    format!("the serving side still hands out {setting}")
}

async fn served(core: &Core, intent: &Intent, wanted: &Setting) -> Looked {
    match serving(core, intent).await {
        Ok(Some(setting)) if setting.same(wanted) => Looked::held(shown::handed_out(&setting)),
        Ok(Some(setting)) => Looked::not_yet(still(&setting)),
        // Not a missing effect: nobody could see one.
        Ok(None) => Looked { cannot_tell: true, ..Looked::not_yet("nothing declared shows the effect".into()) },
        Err(open) => Looked::not_yet(open),
    }
}

/// What the serving side hands out now; `None` if the store has none of its own.
async fn serving(core: &Core, intent: &Intent) -> Result<Option<Setting>, String> {
    let lever = core.config.catalogue.lever(&intent.lever).ok_or("the lever is no longer configured")?;
    let levers = core.levers(lever).map_err(|_| "the endpoint has no levers")?;
    levers.served(&lever.target).await.map_err(|fault| format!("the serving side cannot be asked: {fault}"))
}

/// Why nothing showed the effect in time, with what the serving side hands out instead, where that is the reason.
pub(super) async fn why_not(core: &Core, intent: &Intent, open: String) -> String {
    match serving(core, intent).await {
        Ok(Some(setting)) if !setting.same(&intent.after) && !open.contains(&still(&setting)) => {
            format!("{open}; {}", still(&setting))
        }
        _ => open,
    }
}

/// Where the traffic cannot tell, only the serving side can.
async fn served_instead(core: &Core, intent: &Intent, why: String) -> Looked {
    let looked = served(core, intent, &intent.after).await;
    let open = format!("stored; the traffic cannot tell: {why}; {}", looked.open);
    let cannot_tell = looked.held.is_none();
    Looked { open, cannot_tell, ..looked }
}

fn judge(core: &Core, evidence: &Evidence, since: &mut Since) -> Judgement {
    match core.view().and_then(|view| since.by(&view).map(|since| (view, since))) {
        Some((view, since)) => evidence.judge(&Live::newer_than(&view.snapshot, since)),
        None => Judgement { verdict: Verdict::Unknown, parts: Vec::new() },
    }
}

/// How far the traffic has come on samples newer than the store's yes.
fn propagated(core: &Core, intent: &Intent, evidence: &Evidence, since: &mut Since) -> Option<Propagated> {
    let view = core.view()?;
    let since = since.by(&view)?;
    let facts = Live::newer_than(&view.snapshot, since);
    propagation::of(evidence, &intent.showed, &facts)
}

fn words(judgement: &Judgement, tail: &str) -> String {
    [judgement.words(), tail.to_owned()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(": ")
}
