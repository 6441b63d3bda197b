//! Drafts a plan: an action, or an undo, resolved against what was just read. Pure; the engine does the reading.

pub mod stage;

use jiff::Timestamp;

use super::action::{ActionSpec, Destination, Direction, Tier};
use super::catalogue::Catalogue;
use super::diff;
use super::evidence::{Comparison, Evidence};
use super::figures::listed;
use super::ids::SignalId;
use super::incident::RunRecord;
use super::lever::{Contract, LeverReading, LeverSpec, Setting, VersionInfo};
use super::observations::OurMove;
use super::plan::{Check, CheckStatus, Plan, PlannedRequest, Purpose};
use super::stages::Stages;
use super::tier::{direction, tier};
use super::unchanged::{self, Seen};

/// Everything that was read for one plan.
#[derive(Debug, Clone)]
pub struct Read {
    /// The lever, just now.
    pub observed: LeverReading,
    /// Versions of a pointer, newest first.
    pub versions: Vec<VersionInfo>,
    /// What was seen of them before, earliest first.
    pub seen: Vec<Seen>,
    /// The store's guarantees.
    pub contract: Contract,
    /// What the probe found.
    pub probed: Vec<Check>,
    /// Who holds this lever with an open run, if anybody.
    pub held_by: Option<String>,
    /// Our own containment of this lever that still stands, if there is one.
    pub ours: Option<OurMove>,
    /// Why a rollback may not be what is wanted, if nothing fails.
    pub calm: Option<String>,
    /// Why the effect could not be seen now, if none of its evidence is known.
    pub unverifiable: Option<String>,
    /// Why the effect's evidence could not show what the write does, if it holds already.
    pub already: Option<String>,
    /// When the leading trouble began, if known.
    pub onset: Option<Timestamp>,
    /// Requests per minute that the lever reaches, in words, if known.
    pub reach: Option<String>,
    /// Our clock.
    pub now: Timestamp,
}

/// The newest version that was in service before the one that serves now.
///
/// Stores keep versions but not who served when, so creation order stands in for it: the newest version that is older
/// than the present one and was created before the onset.
///
/// # Errors
/// In words, why there is none.
pub fn last_good(
    observed: &Setting,
    versions: &[VersionInfo],
    onset: Option<Timestamp>,
) -> Result<VersionInfo, String> {
    let Setting::Pointer(current) = observed else {
        return Err("last-good needs a version pointer; this lever has none set".into());
    };
    let place = versions.iter().position(|v| v.version == *current);
    let older = match place {
        Some(place) => versions.get(place + 1..).unwrap_or_default(),
        None => return Err(format!("version {current} is not among the versions that the store lists")),
    };
    let before_onset = |v: &&VersionInfo| match (v.created_at, onset) {
        (Some(created), Some(onset)) => created < onset,
        _ => true,
    };
    older
        .iter()
        .find(before_onset)
        .cloned()
        .ok_or_else(|| format!("there is no version older than {current} that was in service before the onset"))
}

/// Where an action would move its lever, given what was read.
///
/// # Errors
/// In words: no last good version, already rolled back by us, or the lever declares no such setting.
pub fn destination(action: &ActionSpec, lever: &LeverSpec, read: &Read) -> Result<Setting, String> {
    match &action.to {
        Destination::Contained => {
            lever.contained.clone().ok_or_else(|| format!("lever {} declares no contained setting", lever.id))
        }
        Destination::Normal => {
            lever.normal.clone().ok_or_else(|| format!("lever {} declares no normal setting", lever.id))
        }
        Destination::Setting(setting) => Ok(setting.clone()),
        Destination::LastGood => {
            // What we went back to is the last good one: going back once more would serve something even older.
            if let Some(ours) = read.ours.as_ref().filter(|ours| ours.after.same(&read.observed.setting)) {
                let run = ours.run.short();
                return Err(format!("already rolled back by run {run}; undo it first, or move the alias by hand"));
            }
            last_good(&read.observed.setting, &read.versions, read.onset).map(|v| Setting::Pointer(v.version))
        }
    }
}

/// Where a plan moves its lever, and what the adapter would send for it.
#[derive(Debug, Clone)]
pub struct Way {
    /// Where it leads in the end.
    pub whole: Setting,
    /// What the requests set: `whole`, or the first stage on the way there.
    pub after: Setting,
    /// What would be sent.
    pub requests: Vec<PlannedRequest>,
    /// The stages of a release, if it goes in stages.
    pub stages: Option<Stages>,
}

impl Way {
    /// All at once.
    #[must_use]
    pub fn at_once(to: Setting, requests: Vec<PlannedRequest>) -> Self {
        Self { whole: to.clone(), after: to, requests, stages: None }
    }
}

/// Drafts the plan of an action. The way leads to its [`destination`].
///
/// # Errors
/// In words: the lever is already there.
pub fn action(
    catalogue: &Catalogue,
    action: &ActionSpec,
    lever: &LeverSpec,
    read: Read,
    way: Way,
) -> Result<Plan, String> {
    if read.observed.setting.same(&way.whole) {
        return Err(format!("already there: {} is {}", lever.target.words(), read.observed.setting));
    }
    let direction = direction(lever, Some(&action.to), &read.observed.setting, &way.whole);
    let mut checks = common_checks(&read, &way.after);
    let contains = direction == Direction::Contain || action.to == Destination::LastGood;
    if let Some(why) = read.calm.as_ref().filter(|_| contains) {
        checks.push(Check { name: "reason".into(), status: CheckStatus::Warn, why: why.clone() });
    }
    if let Some(cause) = &read.unverifiable {
        checks.push(Check {
            name: "effect".into(),
            status: CheckStatus::Warn,
            why: format!("the effect cannot be verified now: {cause}"),
        });
    }
    if let Some(held) = &read.already {
        checks.push(Check {
            name: "effect".into(),
            status: CheckStatus::Warn,
            why: format!("{held} holds already: it proves the write only once it was seen false after it; else the serving side must"),
        });
    }
    if action.effect.is_none() {
        checks.push(Check {
            name: "effect".into(),
            status: CheckStatus::Warn,
            why: "this action declares no traffic evidence: only the serving side, if its store has one, can show it"
                .into(),
        });
    }
    let raised = action.tier.is_none_or(|tier| tier < action.kind.least_tier());
    if let Some(why) = action.kind.tier_reason().filter(|_| raised) {
        checks.push(Check {
            name: format!("tier {}", u8::from(action.kind.least_tier())),
            status: CheckStatus::Pass,
            why: format!("{why} (the kind's default)"),
        });
    }
    let effect = match &action.effect {
        Some(effect) => {
            let by = if action.effect_of_kind { " (the kind's default)" } else { "" };
            format!("verified when {} within {} s{by}", words_of(&effect.evidence), effect.within.as_secs())
        }
        None => format!("verified only if the store has a serving side, and that hands out {}", way.after),
    };
    let undo = format!("U restores {} exactly", read.observed.setting);
    Ok(assemble(
        catalogue,
        lever,
        read,
        way,
        Parts {
            spec: action.clone(),
            title: action.title.clone(),
            purpose: Purpose::Action,
            direction,
            checks,
            effect,
            undo,
        },
    ))
}

/// Drafts the exact undo of a run. The way leads to `record.intent.prior`; `left` is what our newest move of the lever set.
///
/// # Errors
/// In words: already restored.
pub fn undo(
    catalogue: &Catalogue,
    spec: &ActionSpec,
    lever: &LeverSpec,
    record: &RunRecord,
    read: Read,
    left: &Setting,
    way: Way,
) -> Result<Plan, String> {
    let after = &way.whole;
    if read.observed.setting.same(after) {
        return Err(format!("already undone: {} is {}", lever.target.words(), after));
    }
    let direction = match record.intent.direction {
        Direction::Contain => Direction::Release,
        Direction::Release | Direction::Lower => direction(lever, None, &read.observed.setting, after),
    };
    let mut checks = common_checks(&read, after);
    let ours = read.observed.setting.same(left);
    checks.push(Check {
        name: "nobody else moved it".into(),
        status: if ours { CheckStatus::Pass } else { CheckStatus::Fail },
        why: if ours && left.same(&record.intent.after) {
            format!("it is still {left}, as run {} left it", record.intent.run.short())
        } else if ours {
            format!("it is still {left}, as our newest move left it")
        } else {
            format!("we left {left}, now it is {}", read.observed.setting)
        },
    });
    if direction == Direction::Release
        && let Some(check) = failed_there(record, after)
    {
        checks.push(check);
    }
    let undo = format!("fires the action again: {} to {}", lever.id, record.intent.after);
    let served = format!("verified when the serving side hands out {after}");
    let effect = match &spec.effect {
        Some(effect) => {
            let signals: Vec<&str> = effect.evidence.comparisons().flat_map(Comparison::signals).collect();
            format!("{served} and the traffic is back where it was before ({})", listed(&signals))
        }
        None => served,
    };
    Ok(assemble(
        catalogue,
        lever,
        read,
        way,
        Parts {
            spec: spec.clone(),
            title: format!("Undo: {}", record.intent.title),
            purpose: Purpose::Undo(record.intent.run.clone()),
            direction,
            checks,
            effect,
            undo,
        },
    ))
}

/// The setting that an undo returns to may be the very thing that was wrong.
fn failed_there(record: &RunRecord, after: &Setting) -> Option<Check> {
    let failing: Vec<&str> = match record.intent.failing.as_slice() {
        // An entry of an older release names only what the action affects.
        [] => record.intent.bad_before.iter().map(String::as_str).collect(),
        failing => failing.iter().map(SignalId::as_str).collect(),
    };
    if failing.is_empty() {
        return None;
    }
    let be = if failing.len() == 1 { "was" } else { "were" };
    let at = record.at.strftime("%H:%MZ");
    let why = format!(
        "at {at}, when it was {after}, {} {be} WARN or CRIT: this goes back to it; look that the cause is gone",
        listed(&failing)
    );
    Some(Check { name: "was failing there".into(), status: CheckStatus::Warn, why })
}

fn words_of(evidence: &Evidence) -> String {
    evidence.comparisons().map(Comparison::text).collect::<Vec<_>>().join(" and ")
}

struct Parts {
    spec: ActionSpec,
    title: String,
    purpose: Purpose,
    direction: Direction,
    checks: Vec<Check>,
    effect: String,
    undo: String,
}

fn assemble(catalogue: &Catalogue, lever: &LeverSpec, read: Read, way: Way, parts: Parts) -> Plan {
    let Way { after, requests, stages, .. } = way;
    let digest = Plan::digest_of(&catalogue.environment, &lever.id, &read.observed, &after, &requests);
    let digest = Plan::digest_with(digest, stages.as_ref());
    let text_of = |setting: &Setting| match setting {
        Setting::Pointer(version) => {
            read.versions.iter().find(|v| v.version == *version).and_then(|v| v.text.as_deref())
        }
        _ => None,
    };
    let diff = match (text_of(&read.observed.setting), text_of(&after)) {
        (Some(now), Some(then)) => Some(diff::words(now, then)),
        _ => None,
    };
    let raise = matches!(parts.purpose, Purpose::Action).then_some(&parts.spec);
    let tier = tier(parts.direction, read.contract.exact_undo, raise);
    let tier = tier.max(least_of_release(catalogue, lever, parts.direction));
    let whole = format!("{} {}", catalogue.service, catalogue.environment);
    let reach = match (&parts.spec.scope, read.reach) {
        (scope, _) if !scope.is_all() => format!("only {scope} of {whole}"),
        (_, Some(reach)) => reach,
        (_, None) => format!("all of {whole}"),
    };
    let users_see = match parts.purpose {
        Purpose::Action => parts.spec.users_see(),
        Purpose::Undo(_) => "what they saw before that run".to_owned(),
    };
    Plan {
        action: parts.spec.id.clone(),
        kind: parts.spec.kind,
        title: parts.title,
        purpose: parts.purpose,
        service: catalogue.service.clone(),
        environment: catalogue.environment.clone(),
        lever: lever.id.clone(),
        target: lever.target.words(),
        direction: parts.direction,
        stages,
        tier,
        requests,
        checks: parts.checks,
        gate: None,
        diff,
        reach,
        users_see,
        effect: parts.effect,
        undo: parts.undo,
        contract: read.contract,
        drafted_at: read.now,
        digest,
        observed: read.observed,
        after,
    }
}

/// What has to be typed or approved to contain a lever has to be so to release it again, by whatever way.
fn least_of_release(catalogue: &Catalogue, lever: &LeverSpec, way: Direction) -> Tier {
    let contains = |action: &&ActionSpec| action.lever == lever.id && action.to != Destination::Normal;
    let of_lever = catalogue.actions.iter().filter(|_| way != Direction::Contain).filter(contains);
    of_lever.map(ActionSpec::least_tier).max().unwrap_or(Tier::One)
}

fn common_checks(read: &Read, after: &Setting) -> Vec<Check> {
    let mut checks = read.probed.clone();
    if let Setting::Pointer(version) = after {
        checks.push(unchanged::check(version, &read.versions, &read.seen, read.now));
    }
    checks.push(match &read.held_by {
        Some(who) => Check {
            name: "lever is free".into(),
            status: CheckStatus::Fail,
            why: format!("an open run of {who} holds it"),
        },
        None => Check { name: "lever is free".into(), status: CheckStatus::Pass, why: "no open run holds it".into() },
    });
    checks.push(if read.contract.compare_and_set {
        Check {
            name: "guarantee".into(),
            status: CheckStatus::Pass,
            why: "the store refuses the write if somebody moved it".into(),
        }
    } else {
        Check {
            name: "guarantee".into(),
            status: CheckStatus::Warn,
            why: "weak: the store cannot compare and set; we read again just before and just after".into(),
        }
    });
    checks
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
