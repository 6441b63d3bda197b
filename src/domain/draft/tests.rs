//! Where a plan leads, and what its reader is told.

use std::time::Duration;

use super::super::action::ActionKind;
use super::super::change::ChangeKind;
use super::super::fixture::{World, ago, now};
use super::super::lever::{Revision, forms};
use super::super::run::RunState;
use super::*;

fn version(name: &str, created: i64) -> VersionInfo {
    VersionInfo {
        version: name.into(),
        created_at: Timestamp::from_second(created).ok(),
        text: None,
        hash: None,
        note: None,
    }
}

#[test]
fn last_good_is_the_newest_older_version_from_before_the_onset() {
    let versions = [version("43", 300), version("42", 200), version("41", 100)];
    let now = Setting::Pointer("43".into());
    let onset = Timestamp::from_second(150).ok();
    assert_eq!(last_good(&now, &versions, None).expect("found").version, "42");
    assert_eq!(last_good(&now, &versions, onset).expect("found").version, "41");
}

#[test]
fn last_good_unknown_is_an_error_and_never_a_guess() {
    let versions = [version("2", 200), version("1", 100)];
    assert!(last_good(&Setting::Pointer("1".into()), &versions, None).is_err(), "nothing is older");
    assert!(last_good(&Setting::Pointer("9".into()), &versions, None).is_err(), "not listed");
    assert!(last_good(&Setting::Unset, &versions, None).is_err(), "nothing set");
    let onset = Timestamp::from_second(50).ok();
    assert!(last_good(&Setting::Pointer("2".into()), &versions, onset).is_err(), "all newer than the onset");
}

fn rollback() -> ActionSpec {
    ActionSpec {
        id: "rollback-prompt".parse().expect("id"),
        kind: ActionKind::RollbackPrompt,
        key: Some('R'),
        title: "Roll the prompt back".into(),
        lever: "prompt".parse().expect("id"),
        to: Destination::LastGood,
        affects: vec!["grounding".into()],
        effect: None,
        recovery: None,
        review_after: Duration::from_hours(1),
        fallback: Vec::new(),
        tier: None,
        alternative: None,
        by_hand: None,
        users_see: None,
        scope: crate::domain::action::Scope::default(),
        effect_of_kind: false,
    }
}

fn alias() -> LeverSpec {
    LeverSpec {
        id: "prompt".parse().expect("id"),
        from: "mlflow".parse().expect("id"),
        target: forms::MLFLOW_ALIAS.at([("prompt", "support"), ("alias", "production")]),
        normal: None,
        contained: None,
        change_kind: ChangeKind::Prompt,
    }
}

/// The alias serves this version of three.
fn serving(current: &str) -> Read {
    Read {
        observed: LeverReading {
            setting: Setting::Pointer(current.into()),
            revision: Revision::None,
            raw: String::new(),
            read_at: now(),
            set_by: None,
            set_at: None,
        },
        versions: vec![version("43", 300), version("42", 200), version("41", 100)],
        seen: Vec::new(),
        contract: Contract::weak(Duration::from_secs(1), "write to the lever"),
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

fn our_rollback(from: &str, to: &str) -> OurMove {
    OurMove {
        lever: "prompt".parse().expect("id"),
        run: "run-abcdef".parse().expect("id"),
        action: "rollback-prompt".parse().expect("id"),
        kind: ActionKind::RollbackPrompt,
        prior: Setting::Pointer(from.into()),
        after: Setting::Pointer(to.into()),
        shown_by: None,
        state: RunState::Verified,
        who: "ana".into(),
        at: ago(60),
        moved_at: ago(60),
        review_by: None,
        failing: Vec::new(),
        stage: None,
    }
}

#[test]
fn what_we_rolled_back_to_is_not_rolled_back_again() {
    let to = |read: &Read| destination(&rollback(), &alias(), read);
    let after = Read { ours: Some(our_rollback("43", "42")), ..serving("42") };
    assert_eq!(
        to(&after),
        Err("already rolled back by run abcdef; undo it first, or move the alias by hand".to_owned())
    );
    let moved_by_hand = Read { ours: Some(our_rollback("43", "42")), ..serving("43") };
    assert_eq!(to(&moved_by_hand), Ok(Setting::Pointer("42".into())), "somebody else has released 43 again");
    assert_eq!(to(&serving("42")), Ok(Setting::Pointer("41".into())), "the first rollback is free");
}

#[test]
fn a_rollback_while_nothing_fails_is_doubted_in_the_preview() {
    let checks = |read: Read| {
        let world = World::well();
        let after = destination(&rollback(), &alias(), &read).expect("somewhere to go");
        let plan =
            action(&world.catalogue, &rollback(), &alias(), read, Way::at_once(after, Vec::new())).expect("a plan");
        assert!(plan.blocked_by().is_none(), "a doubt does not block");
        plan.checks
    };
    let doubt = |check: &Check| check.name == "reason" && check.status == CheckStatus::Warn;
    assert!(checks(Read { calm: Some("nothing is failing now".into()), ..serving("43") }).iter().any(doubt));
    assert!(!checks(serving("43")).iter().any(doubt));
}

#[test]
fn an_effect_that_cannot_be_seen_now_is_said_before_the_write() {
    let world = World::well();
    let read = Read { unverifiable: Some("pii_out: UNKNOWN no data".into()), ..serving("43") };
    let after = Setting::Pointer("42".into());
    let plan = action(&world.catalogue, &rollback(), &alias(), read, Way::at_once(after, Vec::new())).expect("a plan");
    let why = "the effect cannot be verified now: pii_out: UNKNOWN no data";
    assert!(plan.checks.iter().any(|check| check.status == CheckStatus::Warn && check.why == why));
    assert!(plan.blocked_by().is_none(), "containing blind is allowed");
}
