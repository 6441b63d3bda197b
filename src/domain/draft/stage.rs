//! Drafts what a confirmed release in stages lets follow: its next stage, and its way back to the contained setting.
//! Pure; the engine does the reading, and [`Confirmed::follow`] decides whether it may go out.
//!
//! [`Confirmed::follow`]: crate::domain::plan::Confirmed::follow

use super::super::action::{Direction, Tier};
use super::super::gate::Report;
use super::super::lever::Setting;
use super::super::plan::{Check, CheckStatus, Plan, PlannedRequest, Purpose};
use super::super::stages::Stages;
use super::{Read, Way, common_checks};

/// The next stage of a release that was `approved`, from what was just read.
#[must_use]
pub fn next(approved: &Plan, read: Read, way: Way, stages: Stages, report: Report) -> Plan {
    let title = format!("{}, {}", approved.title, stages.own.words());
    let plan = drafted(approved, read, way.after, way.requests, stages);
    Plan { title, gate: Some(report), ..plan }
}

/// The way back to what the first stage found. `why` it goes back is part of the title, and so of the durable intent.
#[must_use]
pub fn back(approved: &Plan, read: Read, requests: Vec<PlannedRequest>, stages: Stages, why: &str) -> Plan {
    let after = stages.contained.clone();
    let plan = drafted(approved, read, after, requests, stages);
    Plan {
        title: format!("Contained again, {why}"),
        purpose: Purpose::Action,
        direction: Direction::Contain,
        tier: Tier::One,
        gate: None,
        ..plan
    }
}

fn drafted(approved: &Plan, read: Read, after: Setting, requests: Vec<PlannedRequest>, stages: Stages) -> Plan {
    let digest = Plan::digest_of(&approved.environment, &approved.lever, &read.observed, &after, &requests);
    // What a session may do is asked at the write; a probe that fails now is said, and the write tells for certain.
    let checks = common_checks(&read, &after).into_iter().map(|check| match check.status {
        CheckStatus::Fail if check.name != "lever is free" => Check { status: CheckStatus::Warn, ..check },
        _ => check,
    });
    Plan {
        digest: Plan::digest_with(digest, Some(&stages)),
        effect: format!("verified when the serving side hands out {after}"),
        checks: checks.collect(),
        stages: Some(stages),
        // A second person's approval was of the whole release, and its first stage has used it.
        tier: Tier::Two,
        contract: read.contract,
        drafted_at: read.now,
        observed: read.observed,
        after,
        requests,
        ..approved.clone()
    }
}
