//! Who may let whom fire what: no order of entries gives one person a tier three plan without a second one or a record.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::domain::action::Tier;
use crate::domain::entry::{Entry, Happening};
use crate::domain::fixture::{entry, now, person, plan, yes};
use crate::domain::incident::Ledger;
use crate::domain::plan::{Answer, Confirmed, NotConfirmed, Plan};

const PEOPLE: [&str; 3] = ["ana", "ben", "cleo"];

fn after(seconds: i64) -> jiff::Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn ask(plan: &Plan, by: &str, at: i64) -> Entry {
    let until = Policy::default().until(after(at));
    entry(at, by, Happening::ApprovalAsked(Box::new(Asking::of(plan, by, until))))
}

fn approve(plan: &Plan, by: &str, at: i64) -> Entry {
    entry(at, by, Happening::Approved { digest: plan.digest.clone(), by: by.into() })
}

fn deny(plan: &Plan, by: &str, at: i64) -> Entry {
    entry(at, by, Happening::Denied { digest: plan.digest.clone(), by: by.into(), why: "not at peak".into() })
}

fn glass(plan: &Plan, by: &str, at: i64) -> BreakGlass {
    let who = person(by);
    BreakGlass::of(plan, "break glass prod", "the approver does not answer", &who, Policy::default(), after(at))
        .expect("a word and a reason")
}

fn broken(plan: &Plan, by: &str, at: i64) -> Entry {
    entry(at, by, Happening::BreakGlass(Box::new(glass(plan, by, at))))
}

fn granted(entries: &[Entry], plan: &Plan, who: &str, at: i64) -> Result<Approval, NotGranted> {
    Ledger::fold(entries).approval(&plan.digest, &person(who), None, after(at))
}

#[test]
fn a_second_person_lets_the_first_one_fire_once_within_ten_minutes() {
    let plan = plan();
    let entries = [ask(&plan, "ana", 0), approve(&plan, "ben", 30)];
    let approval = granted(&entries, &plan, "ana", 40).expect("approved");
    assert_eq!(approval.words(), "approved by ben@ben-laptop");
    assert!(granted(&entries, &plan, "cleo", 40).is_ok(), "a third person may fire what two agreed on");
    assert_eq!(granted(&entries, &plan, "ana", 601), Err(NotGranted::Expired));
    assert!(matches!(granted(&entries, &plan, "ben", 40), Err(NotGranted::OwnApproval(_))), "not the approver");
}

#[test]
fn one_account_or_one_name_is_one_person() {
    let plan = plan();
    let here = |name: &str| {
        let mut entry = approve(&plan, "ana", 30);
        entry.what = Happening::Approved { digest: plan.digest.clone(), by: name.into() };
        entry
    };
    for name in ["ana", "Ben"] {
        let entries = [ask(&plan, "ana", 0), here(name)];
        assert_eq!(granted(&entries, &plan, "ana", 40), Err(NotGranted::Waiting), "same account, called {name}");
    }
    let mut elsewhere = here("ana");
    elsewhere.host = "bastion".into();
    assert_eq!(granted(&[ask(&plan, "ana", 0), elsewhere], &plan, "ana", 40), Err(NotGranted::Waiting));
    assert!(!Person::new("root", "a", Some("Ana")).is(&Person::new("root", "b", Some("Ben"))));
}

#[test]
fn one_denial_ends_it_before_or_after_an_approval_and_break_glass_does_not_undo_it() {
    let plan = plan();
    let denied = |entries: &[Entry]| matches!(granted(entries, &plan, "ana", 90), Err(NotGranted::Denied { .. }));
    assert!(denied(&[ask(&plan, "ana", 0), approve(&plan, "ben", 30), deny(&plan, "cleo", 40)]));
    assert!(denied(&[ask(&plan, "ana", 0), deny(&plan, "cleo", 40), approve(&plan, "ben", 50)]));
    assert!(denied(&[ask(&plan, "ana", 0), deny(&plan, "ben", 30), ask(&plan, "ana", 60), approve(&plan, "cleo", 70)]));
    assert!(denied(&[ask(&plan, "ana", 0), deny(&plan, "ben", 30), broken(&plan, "ana", 60)]));
    let later = [ask(&plan, "ana", 0), deny(&plan, "ben", 30), ask(&plan, "ana", 700), approve(&plan, "ben", 710)];
    assert!(granted(&later, &plan, "ana", 720).is_ok(), "after its time it may be asked again");
}

#[test]
fn an_answer_after_the_end_changes_nothing() {
    let plan = plan();
    let entries = [ask(&plan, "ana", 0), approve(&plan, "ben", 601)];
    assert_eq!(granted(&entries, &plan, "ana", 602), Err(NotGranted::Expired));
}

#[test]
fn an_edited_plan_says_what_differs_and_has_no_approval() {
    let plan = plan();
    let asking = Asking::of(&plan, "ana", after(600));
    let mut edited = plan.clone();
    edited.requests[0].body = Some("{\"enabled\":true}".into());
    edited.digest =
        Plan::digest_of(&edited.environment, &edited.lever, &edited.observed, &edited.after, &edited.requests);
    assert!(asking.differs_from(&plan).is_empty());
    let words = asking.differs_from(&edited).join("\n");
    assert!(words.starts_with("request: asked ") && words.contains("{\"enabled\":true}"), "{words}");
    let entries = [ask(&plan, "ana", 0), approve(&plan, "ben", 30)];
    assert_eq!(granted(&entries, &edited, "ana", 40), Err(NotGranted::NotAsked));
}

#[test]
fn break_glass_wants_the_word_with_the_environment_and_a_reason() {
    let of = |word: &str, why: &str| BreakGlass::of(&plan(), word, why, &person("ana"), Policy::default(), now());
    assert_eq!(of("break glass", "long enough"), Err(NotBroken::NotTyped("break glass prod".into())));
    assert_eq!(of("break glass staging", "long enough"), Err(NotBroken::NotTyped("break glass prod".into())));
    assert_eq!(of("break glass prod", " because "), Err(NotBroken::NoReason));
    assert_eq!(of("break glass prod", "nobody answers").expect("broken").review_by, after(1_800));
}

#[test]
fn break_glass_stays_listed_until_somebody_else_looked_at_it() {
    let plan = plan();
    let fired = entry(70, "ana", Happening::Intended(Box::new(crate::domain::fixture::intent(&plan, "run-1"))));
    let mut ledger = Ledger::fold(&[broken(&plan, "ana", 60), fired]);
    assert!(!ledger.glasses.open().next().expect("listed").is_overdue(after(1_859)));
    assert!(ledger.glasses.open().next().expect("listed").is_overdue(after(1_860)));
    let review = |by: &str, at| {
        entry(at, by, Happening::Reviewed { digest: plan.digest.clone(), by: by.into(), why: "was right".into() })
    };
    ledger.apply(&review("ana", 2_000));
    assert_eq!(ledger.glasses.open().count(), 1, "nobody reviews what they did alone");
    ledger.apply(&review("ben", 2_001));
    assert_eq!(ledger.glasses.open().count(), 0);
    assert!(ledger.approval(&plan.digest, &person("ana"), None, after(90)).is_err(), "used once");
}

/// What may come into a journal, in any order, by anybody.
#[derive(Debug, Clone)]
enum Step {
    Ask(usize),
    Approve(usize),
    Deny(usize),
    Glass(usize),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0usize..3).prop_map(Step::Ask),
        4 => (0usize..3).prop_map(Step::Approve),
        1 => (0usize..3).prop_map(Step::Deny),
        1 => (0usize..3).prop_map(Step::Glass),
        3 => (1i64..400).prop_map(Step::Wait),
    ]
}

/// The entries, and the time after them.
fn played(plan: &Plan, steps: &[Step]) -> (Vec<Entry>, i64) {
    let (mut entries, mut at) = (Vec::new(), 0);
    for step in steps {
        match step {
            Step::Ask(who) => entries.push(ask(plan, PEOPLE[*who], at)),
            Step::Approve(who) => entries.push(approve(plan, PEOPLE[*who], at)),
            Step::Deny(who) => entries.push(deny(plan, PEOPLE[*who], at)),
            Step::Glass(who) => entries.push(broken(plan, PEOPLE[*who], at)),
            Step::Wait(seconds) => at += seconds,
        }
    }
    (entries, at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn nobody_fires_tier_three_alone_but_by_their_own_recorded_break_glass(
        steps in prop::collection::vec(step(), 0..14), who in 0usize..3,
    ) {
        let plan = Plan { tier: Tier::Three, ..plan() };
        let (entries, at) = played(&plan, &steps);
        let me = PEOPLE[who];
        let Ok(approval) = granted(&entries, &plan, me, at) else { return Ok(()) };
        match approval.granted() {
            Granted::SecondPerson(second) => {
                prop_assert!(second.who != me);
                let approved = |e: &Entry| e.who == second.who && matches!(e.what, Happening::Approved { .. });
                prop_assert!(entries.iter().any(approved));
            }
            Granted::BreakGlass { .. } => {
                let own = |e: &Entry| e.who == me && matches!(e.what, Happening::BreakGlass(_));
                prop_assert!(entries.iter().any(own));
            }
        }
    }

    #[test]
    fn a_denial_in_the_life_of_a_request_always_wins(
        steps in prop::collection::vec(step(), 0..10), denier in 0usize..3, who in 0usize..3,
        more in prop::collection::vec(step(), 0..10),
    ) {
        let plan = plan();
        let start = [Step::Ask(0)].into_iter().chain(steps.into_iter().filter(|s| !matches!(s, Step::Wait(_))));
        let denied = start.chain([Step::Deny(denier)]);
        let rest = more.into_iter().map(|s| if let Step::Wait(_) = s { Step::Wait(1) } else { s });
        let (entries, at) = played(&plan, &denied.chain(rest).collect::<Vec<_>>());
        let ended = matches!(granted(&entries, &plan, PEOPLE[who], at), Err(NotGranted::Denied { .. }));
        prop_assert!(ended);
    }

    #[test]
    fn an_approval_is_of_one_digest_and_ends_with_its_request(
        body in "[a-z]{1,8}", late in 0i64..2_000,
    ) {
        let plan = plan();
        let entries = [ask(&plan, "ana", 0), approve(&plan, "ben", 1)];
        let mut edited = plan.clone();
        edited.requests[0].body = Some(body);
        edited.digest =
            Plan::digest_of(&edited.environment, &edited.lever, &edited.observed, &edited.after, &edited.requests);
        prop_assert_eq!(granted(&entries, &edited, "ana", late), Err(NotGranted::NotAsked));
        prop_assert_eq!(granted(&entries, &plan, "ana", late).is_ok(), late <= 600);
        // Nor can what was granted for one plan confirm another.
        let approval = granted(&entries, &plan, "ana", 2).expect("approved");
        let answer = Answer { typed: Some("assistant prod".into()), approved_by: Some(approval), ..yes(&edited) };
        let tier_three = Plan { tier: Tier::Three, ..edited };
        prop_assert_eq!(Confirmed::confirm(tier_three, &answer, now()), Err(NotConfirmed::NotApproved));
    }
}
