//! Laws of containments, held by random worlds: nothing bad is called CONTAINED, and a lever that somebody moved by hand is a
//! containment in force.

use std::time::Duration;

use proptest::prelude::*;

use super::super::action::{ActionKind, ActionSpec, Destination, Scope};
use super::super::cause::Fault;
use super::super::change::ChangeKind;
use super::super::fixture::{World, ago, now};
use super::super::lever::{LeverReading, LeverSpec, LeverState, Revision, Setting, forms};
use super::super::observations::OurMove;
use super::super::run::RunState;
use super::super::status::Status;

/// Signals of the small world that can be broken, with a value that is bad and is not less traffic.
const BAD: [(&str, f64); 8] = [
    ("request_rate", 42.0 * 5.0),
    ("error_rate", 0.4),
    ("latency_p99", 9.0),
    ("provider_probe_error", 0.5),
    ("grounding", 0.4),
    ("eval_match", 0.3),
    ("pii_out", 3.0),
    ("escalation_rate", 0.6),
];

fn action(kind: ActionKind, affects: Vec<String>) -> ActionSpec {
    ActionSpec {
        id: "act".parse().expect("id"),
        kind,
        key: None,
        title: "Act".into(),
        lever: "assistant".parse().expect("id"),
        to: Destination::Contained,
        affects,
        effect: None,
        recovery: None,
        review_after: Duration::from_hours(1),
        fallback: Vec::new(),
        tier: None,
        alternative: None,
        by_hand: None,
        users_see: None,
        scope: Scope::default(),
        effect_of_kind: false,
    }
}

/// A world with one lever of any kind of setting, at `now`.
fn displaced(kind: ActionKind, affects: Vec<String>, (normal, contained, now): (Setting, Setting, Setting)) -> World {
    let mut world = World::well();
    let id: super::super::ids::LeverId = "assistant".parse().expect("id");
    world.catalogue.levers = vec![LeverSpec {
        id: id.clone(),
        from: "flags".parse().expect("id"),
        target: forms::UNLEASH_FLAG.at([("flag", "ai"), ("environment", "production")]),
        normal: Some(normal),
        contained: Some(contained),
        change_kind: ChangeKind::Flag,
    }];
    world.catalogue.actions = vec![action(kind, affects)];
    let reading = LeverReading {
        setting: now,
        revision: Revision::None,
        raw: String::new(),
        read_at: ago(5),
        set_by: Some("sam".into()),
        set_at: Some(ago(600)),
    };
    let state = LeverState { id: id.clone(), reading: Ok(reading), last: None, versions: Vec::new() };
    world.observed.levers.insert(id, state);
    world
}

fn kind() -> impl Strategy<Value = ActionKind> {
    proptest::sample::select(ActionKind::ALL.to_vec())
}

/// Normal, contained, and one of the settings that are not normal.
fn settings() -> impl Strategy<Value = (Setting, Setting, Setting)> {
    let switch = |on| Setting::Switch(on);
    let weights = |share: f64| Setting::Weights([("a".into(), share), ("b".into(), 1.0 - share)].into());
    prop_oneof![
        Just((switch(true), switch(false), switch(false))),
        Just((switch(false), switch(true), switch(true))),
        (1.0..99.0f64).prop_map(|now| (Setting::Number(100.0), Setting::Number(0.0), Setting::Number(now))),
        (0.0..0.99f64).prop_map(move |share| (weights(1.0), weights(0.0), weights(share))),
        "[a-z]{1,6}".prop_map(|to| (
            Setting::Pointer("v-normal".into()),
            Setting::Pointer("v-safe".into()),
            Setting::Pointer(to)
        )),
    ]
}

proptest! {
    #[test]
    fn nothing_bad_becomes_contained(
        kind in kind(),
        settings in settings(),
        bad in proptest::sample::subsequence(BAD.to_vec(), 1..=8),
        affects in proptest::sample::subsequence(
            vec!["request_rate", "grounding", "pii_out", "infrastructure", "provider", "quality", "safety", "business"], 0..=8),
        ours in any::<bool>(),
    ) {
        let affects: Vec<String> = affects.into_iter().map(str::to_owned).collect();
        let mut world = displaced(kind, affects, settings.clone());
        if ours {
            world.observed.ours = vec![OurMove {
                lever: "assistant".parse().expect("id"),
                run: "run-1".parse().expect("id"),
                action: "act".parse().expect("id"),
                kind,
                prior: settings.0,
                after: settings.2,
                shown_by: None,
                state: RunState::Verified,
                who: "ana".into(),
                at: ago(60),
                moved_at: ago(60),
                review_by: None,
                failing: Vec::new(),
                stage: None,
            }];
        }
        for (id, value) in &bad {
            world = world.since(id, *value, 30);
        }
        let snapshot = world.snapshot();
        for (id, _) in &bad {
            let signal = snapshot.signals.iter().find(|signal| signal.spec.id.as_str() == *id).expect("wired");
            prop_assert!(signal.status.is_bad(), "{id} is {} although it is bad", signal.status.word());
            let layer = snapshot.layers.iter().find(|layer| layer.id == signal.spec.layer).expect("a layer");
            prop_assert!(layer.status.is_some_and(Status::is_bad), "{}: {:?}", layer.id, layer.status);
        }
        prop_assert!(snapshot.headline.status.is_bad());
    }

    #[test]
    fn a_lever_that_somebody_moved_by_hand_is_a_containment_in_force_whatever_it_holds(
        kind in kind(), settings in settings(),
    ) {
        let snapshot = displaced(kind, Vec::new(), settings.clone()).snapshot();
        let [held] = snapshot.containments.as_slice() else {
            return Err(TestCaseError::fail(format!("{:?}", snapshot.containments)));
        };
        prop_assert_eq!(held.lever.as_str(), "assistant");
        prop_assert_eq!(held.who.as_deref(), Some("sam"));
        prop_assert_eq!(held.displaced, !settings.2.same(&settings.1), "only the contained setting contains");
        prop_assert!(snapshot.headline.suspect.contains("assistant"), "{}", snapshot.headline.suspect);
        let (normal, contained, _) = settings;
        let calm = displaced(kind, Vec::new(), (normal.clone(), contained, normal)).snapshot();
        prop_assert!(calm.containments.is_empty());
    }

    #[test]
    fn losing_signals_never_makes_the_picture_green(lost in proptest::collection::vec(0usize..11, 1..6), bad in 0usize..11) {
        let mut world = World::well();
        let ids: Vec<String> = world.catalogue.signals.iter().map(|s| s.id.to_string()).collect();
        let value = world.signal(&ids[bad]).sample.as_ref().expect("well").value;
        world = world.since(&ids[bad], value * 9.0 + 9.0, 30);
        for at in lost {
            world = world.silent(&ids[at], Fault::NotYet, 600);
        }
        let snapshot = world.snapshot();
        prop_assert!(snapshot.headline.status != Status::Ok && !snapshot.headline.what.starts_with("All"));
        prop_assert_eq!(snapshot.at, now());
    }
}
