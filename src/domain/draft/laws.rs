//! The law of friction, over every kind of the catalogue: what releases a lever is never easier than what contained it.

use std::time::Duration;

use proptest::prelude::*;

use super::super::action::{ActionKind, Scope, Tier};
use super::super::change::ChangeKind;
use super::super::fixture::{World, ago, intent, now};
use super::super::incident::RunRecord;
use super::super::lever::{Revision, forms};
use super::super::run::RunState;
use super::*;

fn spec(id: &str, kind: ActionKind, to: Destination, tier: Option<Tier>) -> ActionSpec {
    ActionSpec {
        id: id.parse().expect("id"),
        kind,
        key: None,
        title: id.into(),
        lever: "share".parse().expect("id"),
        to,
        affects: Vec::new(),
        effect: None,
        recovery: None,
        review_after: Duration::from_hours(1),
        fallback: Vec::new(),
        tier,
        alternative: None,
        by_hand: None,
        users_see: None,
        scope: Scope::default(),
        effect_of_kind: false,
    }
}

fn share() -> LeverSpec {
    LeverSpec {
        id: "share".parse().expect("id"),
        from: "flags".parse().expect("id"),
        target: forms::UNLEASH_ROLLOUT.at([("rollout", "ai"), ("environment", "production")]),
        normal: Some(Setting::Number(100.0)),
        contained: Some(Setting::Number(0.0)),
        change_kind: ChangeKind::Flag,
    }
}

fn read(at: f64, exact: bool) -> Read {
    Read {
        observed: LeverReading {
            setting: Setting::Number(at),
            revision: Revision::None,
            raw: String::new(),
            read_at: now(),
            set_by: None,
            set_at: None,
        },
        versions: Vec::new(),
        seen: Vec::new(),
        contract: Contract { exact_undo: exact, ..Contract::weak(Duration::from_secs(1), "write to the lever") },
        probed: Vec::new(),
        held_by: None,
        ours: None,
        calm: None,
        unverifiable: None,
        already: None,
        onset: None,
        reach: None,
        now: now(),
    }
}

fn raise() -> impl Strategy<Value = Option<Tier>> {
    proptest::sample::select(vec![None, Some(Tier::Two), Some(Tier::Three)])
}

fn kind() -> impl Strategy<Value = ActionKind> {
    proptest::sample::select(ActionKind::ALL.to_vec())
}

proptest! {
    #[test]
    fn releasing_is_never_a_lower_tier_than_containing(
        kind in kind(), other in kind(), raised in raise(), release_raised in raise(), exact in any::<bool>(),
    ) {
        let contain = spec("contain", kind, Destination::Contained, raised);
        let release = spec("release", other, Destination::Normal, release_raised);
        let mut world = World::well();
        world.catalogue.levers = vec![share()];
        world.catalogue.actions = vec![contain.clone(), release.clone()];
        let plan = action(&world.catalogue, &contain, &share(), read(100.0, exact), Way::at_once(Setting::Number(0.0), Vec::new()))
            .expect("a plan");
        prop_assert_eq!(plan.direction, kind.direction());
        prop_assert!(plan.tier >= kind.least_tier() && raised.is_none_or(|tier| plan.tier >= tier));
        prop_assert!(exact || plan.tier > Tier::One, "what cannot be taken back exactly is never one key");

        let record = RunRecord {
            intent: intent(&plan, "run-1"),
            seq: 1,
            took: 1,
            state: RunState::Verified,
            who: "ana".into(),
            at: ago(60),
            moves: Vec::new(),
        };
        let back = undo(&world.catalogue, &contain, &share(), &record, read(0.0, exact), &Setting::Number(0.0), Way::at_once(Setting::Number(100.0), Vec::new())).expect("a plan");
        prop_assert_eq!(back.direction, Direction::Release);
        prop_assert!(back.tier >= plan.tier, "undo {:?} after {:?}", back.tier, plan.tier);

        let forth = action(&world.catalogue, &release, &share(), read(0.0, exact), Way::at_once(Setting::Number(100.0), Vec::new()))
            .expect("a plan");
        prop_assert_eq!(forth.direction, Direction::Release);
        prop_assert!(forth.tier >= plan.tier, "another action releases at {:?} after {:?}", forth.tier, plan.tier);
    }

    #[test]
    fn what_lowers_a_protection_is_never_tier_one(kind in kind(), to in 1.0..99.0f64, exact in any::<bool>()) {
        let lower = spec("lower", kind, Destination::Setting(Setting::Number(to)), None);
        let plan = action(&World::well().catalogue, &lower, &share(), read(100.0, exact), Way::at_once(Setting::Number(to), Vec::new()))
            .expect("a plan");
        prop_assert_eq!((plan.direction, plan.tier), (Direction::Lower, Tier::Three));
    }
}

#[test]
fn a_scoped_action_says_how_far_it_reaches_and_every_action_what_users_see() {
    let mut narrow = spec("narrow", ActionKind::DisableTool, Destination::Contained, None);
    narrow.scope = Scope(vec![(super::super::action::Narrowed::Tool, "refund".into())]);
    let plan = |spec: &ActionSpec| {
        let read = Read { reach: Some("all of support-bot prod: 118 requests per minute".into()), ..read(100.0, true) };
        action(&World::well().catalogue, spec, &share(), read, Way::at_once(Setting::Number(0.0), Vec::new()))
            .expect("a plan")
    };
    assert_eq!(plan(&narrow).reach, "only tool refund of support-bot prod");
    let users = "that what needs this tool is refused or handed to a person (the kind's default)";
    assert_eq!(plan(&narrow).users_see, users);
    let mut said = spec("said", ActionKind::KillFeature, Destination::Contained, None);
    said.users_see = Some("the help form".into());
    assert_eq!(
        (plan(&said).users_see.as_str(), plan(&said).reach.as_str()),
        ("the help form", "all of support-bot prod: 118 requests per minute")
    );
}

#[test]
fn a_tier_that_its_kind_raised_says_so() {
    let plan = |tier| {
        let rotate = spec("rotate", ActionKind::RotateCredential, Destination::Contained, tier);
        action(
            &World::well().catalogue,
            &rotate,
            &share(),
            read(100.0, true),
            Way::at_once(Setting::Number(0.0), Vec::new()),
        )
        .expect("a plan")
    };
    let says = |plan: &Plan| {
        plan.checks.iter().any(|check| check.why.contains("(the kind's default)") && check.name == "tier 2")
    };
    assert!(plan(None).tier == Tier::Two && says(&plan(None)));
    assert!(
        plan(Some(Tier::Three)).tier == Tier::Three && !says(&plan(Some(Tier::Three))),
        "the config's own raise needs no word"
    );
}
