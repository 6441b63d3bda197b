//! A write permit for a test, through the same doors as the runner's.

use std::time::Duration;

use breakglass::clock;
use breakglass::domain::action::{ActionKind, Direction, Tier};
use breakglass::domain::lever::{Contract, LeverReading, LeverTarget, Setting};
use breakglass::domain::permit::{Claim, Gate, Mode, WritePermit};
use breakglass::domain::plan::{Answer, Confirmed, Plan, PlannedRequest, Purpose};

/// Confirms a plan of these requests and mints its permit.
pub fn for_test(
    target: &LeverTarget,
    observed: &LeverReading,
    after: &Setting,
    requests: &[PlannedRequest],
) -> WritePermit {
    let now = clock::now();
    let lever = "tried".parse().expect("valid");
    let plan = Plan {
        action: "try".parse().expect("valid"),
        kind: ActionKind::KillFeature,
        title: "contract test".into(),
        purpose: Purpose::Action,
        service: "contract".into(),
        environment: "test".into(),
        digest: Plan::digest_of("test", &lever, observed, after, requests),
        lever,
        target: target.words(),
        observed: observed.clone(),
        after: after.clone(),
        direction: Direction::Contain,
        tier: Tier::One,
        requests: requests.to_vec(),
        checks: Vec::new(),
        gate: None,
        stages: None,
        diff: None,
        reach: String::new(),
        users_see: String::new(),
        effect: String::new(),
        undo: String::new(),
        contract: Contract::weak(Duration::ZERO, "write to the lever"),
        drafted_at: now,
    };
    let answer =
        Answer { digest: plan.digest.clone(), typed: None, read: true, approved_by: None, by: "contract test".into() };
    let claim = Claim { lever: plan.lever.clone(), run: "run-1".parse().expect("valid") };
    let gate = Gate {
        mode: Mode::Act,
        untrusted: None,
        failures: 0,
        lately: 0,
        last_write: None,
        durable: true,
        approval: Err(breakglass::domain::approval::NotGranted::NotAsked),
    };
    let confirmed = Confirmed::confirm(plan, &answer, now).expect("nothing stands against it");
    WritePermit::mint(&gate, &confirmed, &claim, now, Duration::MAX).expect("the gate is open")
}
