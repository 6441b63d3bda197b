//! The walk moves only by a person's answer, and back restores exactly what was.

use std::time::Duration;

use proptest::prelude::*;

use super::super::action::ActionKind;
use super::super::evidence::Evidence;
use super::super::fixture::{ago, now, runbook};
use super::super::runbook::Next;
use super::*;

fn to(id: &str) -> Next {
    Next::Step(id.parse().expect("id"))
}

fn step(id: &str, body: StepBody) -> Step {
    Step {
        id: id.parse().expect("id"),
        title: id.to_owned(),
        know: String::new(),
        look: Vec::new(),
        reading: None,
        body,
    }
}

fn tree() -> Runbook {
    let mut runbook = runbook("wrong-consistent", "P2", &[("grounding < 0.85", 1.0)]);
    let ask = |yes, no, dont_know| StepBody::Ask { evidence: Evidence::default(), yes, no, dont_know };
    runbook.stop_after = Duration::from_mins(5);
    runbook.steps = vec![
        step("start", ask(to("contain"), Next::Runbook("latency".parse().expect("id")), to("contain"))),
        step("contain", StepBody::Contain { kinds: vec![ActionKind::RollbackPrompt], then: to("watch") }),
        step(
            "watch",
            StepBody::Watch {
                until: Evidence::default(),
                minutes: 5,
                then: Next::End("write the evaluation case".into()),
                otherwise: to("start"),
            },
        ),
    ];
    runbook
}

fn said(walk: &Walk, answer: WalkAnswer) -> Answered {
    let step = match &walk.place {
        Place::At(id) => id.clone(),
        Place::Ended(_) | Place::Handed(_) => "start".parse().expect("id"),
    };
    Answered { step, answer, suggested: None, why: String::new(), who: "ana".into(), at: now() }
}

fn answer(walk: &mut Walk, answer: WalkAnswer) -> bool {
    let answered = said(walk, answer);
    walk.answer(&tree(), answered)
}

#[test]
fn each_answer_leads_where_the_runbook_says() {
    let mut walk = Walk::start(&tree(), ago(60));
    assert!(answer(&mut walk, WalkAnswer::DontKnow));
    assert_eq!(walk.place, Place::At("contain".parse().expect("id")));
    assert!(answer(&mut walk, WalkAnswer::Done));
    assert!(answer(&mut walk, WalkAnswer::Yes));
    assert_eq!(walk.place, Place::Ended("write the evaluation case".into()));
    assert_eq!(walk.path.len(), 3);

    let mut handed = Walk::start(&tree(), ago(60));
    assert!(answer(&mut handed, WalkAnswer::No));
    assert_eq!(handed.place, Place::Handed("latency".parse().expect("id")));
}

#[test]
fn not_knowing_whether_it_held_is_not_that_it_held() {
    let mut walk = Walk::start(&tree(), ago(60));
    answer(&mut walk, WalkAnswer::Yes);
    answer(&mut walk, WalkAnswer::Done);
    assert!(answer(&mut walk, WalkAnswer::DontKnow));
    assert_eq!(walk.place, Place::At("start".parse().expect("id")));
}

#[test]
fn skipping_leads_where_nobody_knowing_leads_and_never_to_success() {
    let mut walk = Walk::start(&tree(), ago(60));
    assert!(answer(&mut walk, WalkAnswer::Skipped));
    assert_eq!(walk.place, Place::At("contain".parse().expect("id")));
    assert!(answer(&mut walk, WalkAnswer::Skipped));
    assert!(answer(&mut walk, WalkAnswer::Skipped), "a watch that nobody watched");
    assert_eq!(walk.place, Place::At("start".parse().expect("id")), "did not hold");
}

#[test]
fn a_jump_leaves_the_order_of_the_tree_and_back_returns() {
    let mut walk = Walk::start(&tree(), ago(60));
    let left = said(&walk, WalkAnswer::Jumped);
    for nowhere in ["start", "no-such-step"] {
        assert!(!walk.jump(&tree(), &nowhere.parse().expect("id"), left.clone()), "{nowhere}");
    }
    assert!(walk.jump(&tree(), &"watch".parse().expect("id"), left.clone()));
    assert_eq!(walk.place, Place::At("watch".parse().expect("id")));
    assert_eq!((walk.path[0].step.as_str(), walk.path[0].answer), ("start", WalkAnswer::Jumped));
    assert!(walk.back(ago(1)));
    assert_eq!(walk.place, Place::At("start".parse().expect("id")));

    for end in [WalkAnswer::Yes, WalkAnswer::Done, WalkAnswer::Yes] {
        answer(&mut walk, end);
    }
    assert!(!walk.jump(&tree(), &"watch".parse().expect("id"), left), "the end is no step to leave");
}

#[test]
fn digging_ends_when_the_stop_rule_says_unless_something_is_contained_or_little_is_at_stake() {
    let book = tree();
    let walk = Walk::start(&book, ago(299));
    let second = jiff::SignedDuration::from_secs(1);
    let rule = |walk: &Walk, level, contained, now| stop_rule(&book, walk, level, contained, now);
    assert_eq!(rule(&walk, Some("P1"), false, now()), StopRule::Left(second));
    assert_eq!(rule(&walk, Some("SEV2"), false, ago(-1)), StopRule::Over(jiff::SignedDuration::ZERO));
    assert_eq!(rule(&walk, None, false, ago(-2)), StopRule::Over(second), "a severity nobody has set is no low one");
    assert_eq!(rule(&walk, Some("P3"), false, ago(-900)), StopRule::Rests);
    assert_eq!(rule(&walk, Some("P1"), true, ago(-900)), StopRule::Rests);
    let mut at_containment = walk.clone();
    answer(&mut at_containment, WalkAnswer::Yes);
    assert_eq!(rule(&at_containment, Some("P1"), false, ago(-900)), StopRule::Rests, "the step contains already");
}

#[test]
fn going_back_does_not_wind_the_stop_rule_back() {
    let mut walk = Walk::start(&tree(), ago(600));
    answer(&mut walk, WalkAnswer::Yes);
    walk.back(now());
    assert_eq!(walk.started_at, ago(600));
}

fn any_answers() -> impl Strategy<Value = Vec<WalkAnswer>> {
    let all = vec![WalkAnswer::Yes, WalkAnswer::No, WalkAnswer::DontKnow, WalkAnswer::Done, WalkAnswer::Skipped];
    proptest::collection::vec(proptest::sample::select(all), 0..12)
}

proptest! {
    #[test]
    fn an_answer_moves_or_changes_nothing_and_back_restores(answers in any_answers()) {
        let mut walk = Walk::start(&tree(), now());
        for each in answers {
            let before = walk.clone();
            if answer(&mut walk, each) {
                prop_assert_eq!(walk.path.len(), before.path.len() + 1);
                let mut back = walk.clone();
                prop_assert!(back.back(now()));
                prop_assert_eq!(&back, &before);
            } else {
                prop_assert_eq!(&walk, &before, "an answer that the step does not take changes nothing");
            }
        }
    }

    #[test]
    fn going_all_the_way_back_ends_at_the_first_step(answers in any_answers()) {
        let start = Walk::start(&tree(), now());
        let mut walk = start.clone();
        for each in answers {
            answer(&mut walk, each);
        }
        while walk.back(now()) {}
        prop_assert_eq!(walk, start);
    }
}
