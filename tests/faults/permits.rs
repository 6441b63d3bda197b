//! A write permit through the whole gate, so that what is tested is what the runner does.

use std::time::Duration;

use breakglass::domain::action::{ActionKind, Direction, Tier};
use breakglass::domain::lever::{Contract, LeverReading, Revision, Setting};
use breakglass::domain::permit::{Claim, Gate, Mode, WritePermit};
use breakglass::domain::plan::{Answer, Confirmed, Plan, PlannedRequest, Purpose};
use jiff::Timestamp;

/// A permit for exactly these requests, and the plan that it was minted for.
pub fn permitted(requests: Vec<PlannedRequest>) -> (Plan, WritePermit) {
    let plan = plan(requests);
    let permit = permit(plan.clone());
    (plan, permit)
}

fn now() -> Timestamp {
    Timestamp::from_second(1_795_409_000).expect("a time")
}

fn plan(requests: Vec<PlannedRequest>) -> Plan {
    let lever = "assistant".parse().expect("an id");
    let observed = LeverReading {
        setting: Setting::Switch(true),
        revision: Revision::None,
        raw: "{}".into(),
        read_at: now(),
        set_by: None,
        set_at: None,
    };
    let after = Setting::Switch(false);
    let digest = Plan::digest_of("prod", &lever, &observed, &after, &requests);
    Plan {
        action: "kill-assistant".parse().expect("an id"),
        kind: ActionKind::KillFeature,
        title: "Kill switch".into(),
        purpose: Purpose::Action,
        service: "support-bot".into(),
        environment: "prod".into(),
        lever,
        target: "flag ai in production".into(),
        observed,
        after,
        direction: Direction::Contain,
        tier: Tier::One,
        requests,
        checks: Vec::new(),
        gate: None,
        stages: None,
        diff: None,
        reach: String::new(),
        users_see: String::new(),
        effect: String::new(),
        undo: String::new(),
        contract: Contract::weak(Duration::from_secs(1), "write to the lever"),
        drafted_at: now(),
        digest,
    }
}

fn permit(plan: Plan) -> WritePermit {
    let claim = Claim { lever: plan.lever.clone(), run: "run-1".parse().expect("an id") };
    let answer = Answer { digest: plan.digest.clone(), typed: None, read: true, approved_by: None, by: "dana".into() };
    let confirmed = Confirmed::confirm(plan, &answer, now()).expect("confirmed");
    let gate = Gate {
        mode: Mode::Act,
        untrusted: None,
        failures: 0,
        lately: 0,
        last_write: None,
        durable: true,
        approval: Err(breakglass::domain::approval::NotGranted::NotAsked),
    };
    WritePermit::mint(&gate, &confirmed, &claim, now(), Duration::MAX).expect("a permit")
}
