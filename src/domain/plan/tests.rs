//! Only the plan that was on the screen, read, typed and approved as its tier asks, can be confirmed.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::super::fixture::{approval, now, plan, yes};
use super::super::lever::Revision;
use super::*;

fn refused(plan: Plan, answer: &Answer) -> NotConfirmed {
    Confirmed::confirm(plan, answer, now()).expect_err("must be refused")
}

fn tier(tier: Tier) -> Plan {
    Plan { tier, direction: Direction::Release, ..plan() }
}

#[test]
fn a_read_plan_of_tier_one_is_confirmed_by_name_and_time() {
    let confirmed = Confirmed::confirm(plan(), &yes(&plan()), now()).expect("confirmed");
    assert_eq!((confirmed.by(), confirmed.at(), confirmed.plan()), ("ana", now(), &plan()));
}

#[test]
fn another_plan_than_the_one_on_the_screen_is_refused() {
    let mut moved = plan();
    moved.observed.revision = Revision::Strong("8".into());
    moved.digest = Plan::digest_of("prod", &moved.lever, &moved.observed, &moved.after, &moved.requests);
    assert_eq!(refused(moved, &yes(&plan())), NotConfirmed::OtherPlan);
}

#[test]
fn a_plan_lives_sixty_seconds_and_not_from_the_future() {
    let later = |seconds| now() + SignedDuration::from_secs(seconds);
    assert!(Confirmed::confirm(plan(), &yes(&plan()), later(60)).is_ok());
    assert_eq!(Confirmed::confirm(plan(), &yes(&plan()), later(61)), Err(NotConfirmed::Expired));
    assert_eq!(Confirmed::confirm(plan(), &yes(&plan()), later(-1)), Err(NotConfirmed::Expired));
}

#[test]
fn a_failed_check_blocks_and_an_unknown_one_does_not() {
    let check = |status| Check { name: "target exists".into(), status, why: "no such flag".into() };
    let blocked = Plan { checks: vec![check(CheckStatus::Fail)], ..plan() };
    assert_eq!(refused(blocked, &yes(&plan())), NotConfirmed::Blocked("target exists: no such flag".into()));
    let unknown = Plan { checks: vec![check(CheckStatus::Unknown), check(CheckStatus::Warn)], ..plan() };
    assert!(Confirmed::confirm(unknown, &yes(&plan()), now()).is_ok());
}

#[test]
fn what_was_not_on_the_screen_cannot_be_confirmed() {
    assert_eq!(refused(plan(), &Answer { read: false, ..yes(&plan()) }), NotConfirmed::NotRead);
}

#[test]
fn tier_two_wants_the_exact_word_of_lever_and_environment() {
    for typed in [None, Some(""), Some("assistant"), Some("assistant staging"), Some("ASSISTANT PROD")] {
        let answer = Answer { typed: typed.map(str::to_owned), ..yes(&plan()) };
        assert_eq!(refused(tier(Tier::Two), &answer), NotConfirmed::NotTyped("assistant prod".into()), "{typed:?}");
    }
    let answer = Answer { typed: Some(" assistant prod ".into()), ..yes(&plan()) };
    assert!(Confirmed::confirm(tier(Tier::Two), &answer, now()).is_ok());
}

#[test]
fn tier_three_wants_somebody_else_as_well() {
    let typed = Answer { typed: Some("assistant prod".into()), ..yes(&plan()) };
    assert_eq!(refused(tier(Tier::Three), &typed), NotConfirmed::NotApproved);
    let of_another = Answer { approved_by: Some(approval(&plan(), "sam")), ..typed.clone() };
    assert_eq!(refused(tier(Tier::Three), &of_another), NotConfirmed::NotApproved, "granted to somebody else");
    let second = Answer { approved_by: Some(approval(&plan(), "ana")), ..typed };
    assert!(Confirmed::confirm(tier(Tier::Three), &second, now()).is_ok());
}

fn digest(plan: &Plan) -> Digest {
    Plan::digest_of(&plan.environment, &plan.lever, &plan.observed, &plan.after, &plan.requests)
}

#[test]
fn the_digest_changes_with_every_part_that_it_binds() {
    type Change = fn(&mut Plan);
    let changes: [(&str, Change); 9] = [
        ("environment", |p| p.environment = "staging".into()),
        ("lever", |p| p.lever = "assistan".parse().expect("id")),
        ("observed setting", |p| p.observed.setting = Setting::Unset),
        ("observed revision", |p| p.observed.revision = Revision::Soft("7".into())),
        ("after", |p| p.after = Setting::Number(0.0)),
        ("method", |p| p.requests[0].method = "PUT".into()),
        ("url", |p| p.requests[0].url.push('/')),
        ("body", |p| p.requests[0].body = Some("{} ".into())),
        ("a second request", |p| p.requests.push(p.requests[0].clone())),
    ];
    for (part, change) in changes {
        let mut other = plan();
        change(&mut other);
        assert_ne!(digest(&other), digest(&plan()), "{part}");
    }
    assert_eq!(digest(&plan()), plan().digest, "and with nothing else");
}

#[test]
fn a_typed_digest_needs_twelve_digits() {
    let digest = plan().digest;
    assert!(digest.matches(digest.short()) && digest.matches(digest.as_str()));
    assert!(!digest.matches(&digest.as_str()[..11]) && !digest.matches("") && !digest.matches("000000000000"));
}

proptest! {
    #[test]
    fn parts_of_a_request_cannot_be_moved_across_their_border(method in "[A-Z]{1,6}", url in "[a-z/]{1,12}", cut in 1usize..12) {
        let with = |method: String, url: String| {
            let mut plan = plan();
            plan.requests[0].method = method;
            plan.requests[0].url = url;
            digest(&plan)
        };
        let cut = cut.min(url.len());
        let (head, tail) = url.split_at(cut);
        prop_assert_ne!(with(method.clone(), url.clone()), with(format!("{method}{head}"), tail.to_owned()));
    }
}

#[test]
fn every_word_that_has_to_be_typed_names_the_environment() {
    let staging = |word: String| word.split_whitespace().any(|part| part == "staging");
    let of = |plan: Plan| Plan { environment: "staging".into(), ..plan };
    assert!(staging(of(tier(Tier::Two)).typed_word()));
    let shut = Plan { gate: Some(gate::Report::unknown(&plan().lever)), ..tier(Tier::Two) };
    assert!(staging(of(shut).typed_word()));
    assert!(staging(super::super::approval::BreakGlass::word("staging")));
    let asking = super::super::approval::Asking::of(&of(tier(Tier::Three)), "ana", now());
    assert!(staging(asking.approval_word()));
}
