//! Every guard refuses by itself, and no refusal leaves a permit behind.

use super::super::fixture::{ago, approval, now, plan, yes};
use super::super::plan::Answer;
use super::*;

fn gate() -> Gate {
    Gate {
        mode: Mode::Act,
        untrusted: None,
        failures: 0,
        lately: 0,
        last_write: None,
        durable: true,
        approval: Err(NotGranted::NotAsked),
    }
}

fn claim(lever: &str) -> Claim {
    Claim { lever: lever.parse().expect("id"), run: "run-1".parse().expect("id") }
}

fn confirmed(plan: Plan) -> Confirmed<Plan> {
    let answer = Answer { typed: Some(plan.typed_word()), ..yes(&plan) };
    Confirmed::confirm(plan, &answer, now()).expect("confirmed")
}

fn refused(gate: &Gate, plan: Plan) -> Refusal {
    WritePermit::mint(gate, &confirmed(plan), &claim("assistant"), now(), Duration::MAX).expect_err("must be refused")
}

#[test]
fn an_open_gate_mints_a_permit_for_exactly_this_plan() {
    let permit =
        WritePermit::mint(&gate(), &confirmed(plan()), &claim("assistant"), now(), Duration::MAX).expect("minted");
    assert_eq!((permit.run().as_str(), permit.lever().as_str()), ("run-1", "assistant"));
    assert_eq!(*permit.digest(), plan().digest);
}

#[test]
fn read_only_and_dry_run_send_nothing() {
    assert_eq!(refused(&Gate { mode: Mode::ReadOnly, ..gate() }, plan()), Refusal::ReadOnly);
    assert_eq!(refused(&Gate { mode: Mode::DryRun, ..gate() }, plan()), Refusal::DryRun);
}

#[test]
fn a_config_that_others_may_write_never_acts() {
    let why = "group may write it".to_owned();
    assert_eq!(refused(&Gate { untrusted: Some(why.clone()), ..gate() }, plan()), Refusal::Untrusted(why));
}

#[test]
fn three_failures_in_a_row_freeze_and_two_do_not() {
    assert_eq!(refused(&Gate { failures: 3, ..gate() }, plan()), Refusal::Frozen);
    let two = Gate { failures: 2, ..gate() };
    assert!(WritePermit::mint(&two, &confirmed(plan()), &claim("assistant"), now(), Duration::MAX).is_ok());
}

#[test]
fn a_lever_rests_ten_seconds_between_two_writes() {
    assert_eq!(refused(&Gate { last_write: Some(ago(9)), ..gate() }, plan()), Refusal::TooSoon(9));
    let rested = Gate { last_write: Some(ago(10)), ..gate() };
    assert!(WritePermit::mint(&rested, &confirmed(plan()), &claim("assistant"), now(), Duration::MAX).is_ok());
}

#[test]
fn without_a_journal_containment_goes_out_and_release_waits() {
    let away = Gate { durable: false, ..gate() };
    for direction in [Direction::Release, Direction::Lower] {
        assert_eq!(refused(&away, Plan { direction, ..plan() }), Refusal::NotDurable);
    }
    assert!(WritePermit::mint(&away, &confirmed(plan()), &claim("assistant"), now(), Duration::MAX).is_ok());
}

#[test]
fn a_claim_on_another_lever_is_no_claim() {
    let minted = WritePermit::mint(&gate(), &confirmed(plan()), &claim("support-prompt"), now(), Duration::MAX);
    assert_eq!(minted.expect_err("must be refused"), Refusal::NotClaimed);
}

#[test]
fn a_confirmation_does_not_outlive_its_plan() {
    let late = now() + SignedDuration::from_secs(61);
    let minted = WritePermit::mint(&gate(), &confirmed(plan()), &claim("assistant"), late, Duration::MAX);
    assert_eq!(minted.expect_err("must be refused"), Refusal::Expired);
}

#[test]
fn tier_three_is_asked_for_its_approval_again_at_the_gate() {
    let plan = Plan { tier: Tier::Three, ..plan() };
    let answer = Answer { typed: Some(plan.typed_word()), approved_by: Some(approval(&plan, "ana")), ..yes(&plan) };
    let confirmed = Confirmed::confirm(plan.clone(), &answer, now()).expect("confirmed");
    let mint = |approval| {
        WritePermit::mint(&Gate { approval, ..gate() }, &confirmed, &claim("assistant"), now(), Duration::MAX)
            .map(|_| ())
    };
    assert_eq!(mint(Ok(approval(&plan, "ana"))), Ok(()));
    let denied = NotGranted::Denied { by: "cleo".into(), why: "not at peak".into() };
    assert_eq!(mint(Err(denied.clone())), Err(Refusal::NotApproved(denied)), "a denial that came meanwhile");
    assert_eq!(mint(Err(NotGranted::NotAsked)), Err(Refusal::NotApproved(NotGranted::NotAsked)), "not on record");
}

#[test]
fn six_writes_a_minute_hold_up_a_release_and_never_a_containment() {
    let busy = Gate { lately: PER_MINUTE, ..gate() };
    let release = Plan { direction: Direction::Release, tier: Tier::Two, ..plan() };
    assert_eq!(refused(&busy, release.clone()), Refusal::TooMany);
    assert_eq!(busy.refuses(&plan(), now()), None, "containing goes out");
    assert_eq!(Gate { lately: PER_MINUTE - 1, ..gate() }.refuses(&release, now()), None);
}
