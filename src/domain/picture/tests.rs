//! The two sentences, the layers and the containments, as a person reads them at 3 AM.

use std::time::Duration;

use super::super::action::{ActionKind, ActionSpec, Destination};
use super::super::cause::Fault;
use super::super::change::ChangeKind;
use super::super::fixture::{World, ago, now};
use super::super::ids::LeverId;
use super::super::lever::{LeverReading, LeverSpec, LeverState, Revision, Setting, forms};
use super::super::observations::OurMove;
use super::super::run::RunState;
use super::super::snapshot::Snapshot;
use super::super::status::Status;

pub(super) fn sentences(snapshot: &Snapshot) -> (&str, &str) {
    (&snapshot.headline.what, &snapshot.headline.suspect)
}

#[test]
fn the_target_picture() {
    let mut world = World::well().since("grounding", 0.71, 35).change(ChangeKind::Prompt, "support v41 → v42", 41);
    world.catalogue.levers.push(lever("assistant", Some(Setting::Switch(true)), None));
    set(&mut world, "assistant", Ok(Setting::Switch(true)));
    let snapshot = world.snapshot();
    assert_eq!(snapshot.headline.status, Status::Crit);
    assert_eq!(
        sentences(&snapshot),
        (
            "Quality has been failing for 35 min while infrastructure is OK.",
            "First suspect: prompt support v41 → v42 by dana, 6 min before onset. Nothing is contained yet."
        )
    );
}

#[test]
fn several_layers_and_blind_ones_are_all_named() {
    let snapshot = World::well()
        .since("error_rate", 0.3, 12)
        .since("provider_probe_error", 0.4, 12)
        .silent("pii_out", Fault::NoData, 90)
        .snapshot();
    assert_eq!(
        sentences(&snapshot),
        (
            "Infrastructure and provider have been failing for 12 min while quality, data and business are OK; safety \
             UNKNOWN cannot be judged.",
            "No known change explains the onset. No lever was read: whether anything is contained is not known."
        )
    );
}

#[test]
fn the_first_seconds_say_that_history_is_loading() {
    let mut world = World::well().since("grounding", 0.71, 35);
    let signal = world.signal("grounding");
    (signal.history, signal.baseline, signal.loads_history) = (std::sync::Arc::from([]), None, true);
    let snapshot = world.snapshot();
    let (what, suspect) = sentences(&snapshot);
    assert!(what.starts_with("Quality is failing (since when: history is loading)"), "{what}");
    assert!(suspect.starts_with("The onset is not known yet, and no change"), "{suspect}");
}

#[test]
fn a_warning_is_degraded_and_an_unknown_onset_is_said() {
    let mut world = World::well().since("grounding", 0.86, 35);
    world.signal("grounding").history = std::sync::Arc::from([]);
    assert_eq!(
        sentences(&world.snapshot()),
        (
            "Quality is degraded (since when is not known) while infrastructure is OK.",
            "The onset is not known, and no change of the last 24 h is known. No lever was read: whether \
             anything is contained is not known."
        )
    );
    world = world.change(ChangeKind::Prompt, "support v41 → v42", 41);
    let words = "The onset is not known; newest change: prompt support v41 → v42 by dana, 41 min ago.";
    assert!(sentences(&world.snapshot()).1.starts_with(words));
}

#[test]
fn all_well_is_said_only_when_all_is_well() {
    assert_eq!(sentences(&World::well().snapshot()), ("All 6 layers are OK.", ""));
    let one_blind = World::well().silent("pii_out", Fault::NoData, 45).snapshot();
    assert_eq!(one_blind.headline.status, Status::Stale);
    assert_eq!(sentences(&one_blind).0, "Cannot say: 1 of 6 layers is blind (safety STALE).");
    let three_blind = World::well()
        .silent("pii_out", Fault::NoData, 45)
        .silent("retrieval_relevance", Fault::NoData, 900)
        .silent("escalation_rate", Fault::NoData, 900)
        .snapshot();
    assert_eq!(
        sentences(&three_blind).0,
        "Cannot say: 3 of 6 layers are blind (data UNKNOWN, safety STALE, business UNKNOWN)."
    );
}

#[test]
fn nothing_wired_is_cannot_say() {
    let mut world = World::well();
    world.catalogue.signals.clear();
    let snapshot = world.snapshot();
    assert_eq!(snapshot.headline.status, Status::Unknown);
    assert_eq!(sentences(&snapshot).0, "Cannot say: no signal is wired.");
    assert!(snapshot.triage.cannot_say && snapshot.layers.iter().all(|layer| layer.status.is_none()));
}

#[test]
fn a_wired_signal_that_was_never_polled_is_unknown_and_not_absent() {
    let mut world = World::well();
    world.observed.signals.clear();
    let snapshot = world.snapshot();
    assert_eq!(snapshot.signals.len(), 11);
    assert!(snapshot.signals.iter().all(|signal| signal.status == Status::Unknown));
}

#[test]
fn a_layer_lists_its_worst_signal_first_and_foreign_layers_are_kept() {
    let mut world = World::well().since("eval_match", 0.70, 10);
    world.catalogue.layers.retain(|layer| layer.as_str() != "quality");
    let snapshot = world.snapshot();
    let quality = snapshot.layers.last().expect("there");
    assert_eq!((quality.id.as_str(), quality.status), ("quality", Some(Status::Crit)));
    let worst = quality.worst.and_then(|at| snapshot.signals.get(at)).expect("there");
    assert_eq!(worst.spec.id.as_str(), "eval_match");
}

pub(super) fn lever(id: &str, normal: Option<Setting>, contained: Option<Setting>) -> LeverSpec {
    LeverSpec {
        id: id.parse().expect("id"),
        from: "flags".parse().expect("id"),
        target: forms::MLFLOW_ALIAS.at([("prompt", "support"), ("alias", "production")]),
        normal,
        contained,
        change_kind: ChangeKind::Flag,
    }
}

pub(super) fn set(world: &mut World, id: &str, reading: Result<Setting, Fault>) {
    let reading = reading.map(|setting| LeverReading {
        setting,
        revision: Revision::None,
        raw: String::new(),
        read_at: ago(5),
        set_by: Some("sam".into()),
        set_at: Some(ago(600)),
    });
    let state = LeverState { id: id.parse().expect("id"), reading, last: None, versions: Vec::new() };
    world.observed.levers.insert(state.id.clone(), state);
}

fn kill() -> ActionSpec {
    ActionSpec {
        id: "kill-assistant".parse().expect("id"),
        kind: ActionKind::KillFeature,
        key: Some('K'),
        title: "Kill switch".into(),
        lever: "assistant".parse().expect("id"),
        to: Destination::Contained,
        affects: vec!["request_rate".into(), "quality".into()],
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

pub(super) fn killed(reading: Result<Setting, Fault>) -> World {
    let mut world = World::well();
    world.catalogue.levers = vec![lever("assistant", Some(Setting::Switch(true)), Some(Setting::Switch(false)))];
    world.catalogue.actions = vec![kill()];
    set(&mut world, "assistant", reading);
    world
}

fn our_move(lever: &str, prior: Setting, after: Setting, state: RunState) -> OurMove {
    OurMove {
        lever: lever.parse().expect("id"),
        run: "run-1".parse().expect("id"),
        action: "kill-assistant".parse().expect("id"),
        kind: ActionKind::KillFeature,
        prior,
        after,
        shown_by: None,
        state,
        who: "ana".into(),
        at: ago(180),
        moved_at: ago(180),
        review_by: None,
        failing: Vec::new(),
        stage: None,
    }
}

#[test]
fn a_lever_away_from_normal_is_a_containment_whoever_moved_it() {
    let snapshot = killed(Ok(Setting::Switch(false))).since("request_rate", 0.0, 3).snapshot();
    let containment = &snapshot.containments[0];
    assert_eq!((containment.who.as_deref(), containment.run.is_none()), (Some("sam"), true));
    assert_eq!(snapshot.headline.status, Status::Contained);
    assert_eq!(
        sentences(&snapshot),
        (
            "Infrastructure is quiet because of us; nothing else is wrong.",
            "Contained: assistant is off (moved by sam)."
        )
    );
    assert!(killed(Ok(Setting::Switch(true))).snapshot().containments.is_empty());
}

#[test]
fn our_containment_is_shown_with_how_far_it_is_proven() {
    let mut world = killed(Ok(Setting::Switch(false))).since("grounding", 0.71, 35);
    world.observed.ours =
        vec![our_move("assistant", Setting::Switch(true), Setting::Switch(false), RunState::ReadBack)];
    assert!(sentences(&world.snapshot()).1.ends_with("Contained: assistant is off, not verified yet (read back)."));
    world.observed.ours[0].state = RunState::Stuck;
    let words = "Set, and nothing shows that it contains: assistant is off (stuck).";
    assert!(sentences(&world.snapshot()).1.ends_with(words), "{}", sentences(&world.snapshot()).1);
    world.observed.ours[0].state = RunState::Verified;
    let snapshot = world.snapshot();
    assert!(sentences(&snapshot).1.ends_with("Contained: assistant is off, verified."));
    assert_eq!(snapshot.headline.status, Status::Crit, "what is bad stays bad");
}

#[test]
fn what_still_fails_after_a_verified_containment_is_said_so_that_nobody_goes_back_into_it() {
    let mut world = killed(Ok(Setting::Switch(false))).since("provider_probe_error", 0.5, 35);
    let mut ours = our_move("assistant", Setting::Switch(true), Setting::Switch(false), RunState::Verified);
    ours.failing = vec!["error_rate".parse().expect("id"), "provider_probe_error".parse().expect("id")];
    world.observed.ours = vec![ours];
    let snapshot = world.snapshot();
    assert_eq!(snapshot.headline.status, Status::Crit);
    let words = "Contained, not repaired: provider probe error still fails; assistant is off, verified.";
    assert!(sentences(&snapshot).1.ends_with(words), "{}", sentences(&snapshot).1);
    let snapshot = world.since("error_rate", 0.3, 35).snapshot();
    let words =
        "Not better yet: infrastructure error rate and provider probe error still fail; assistant is off, verified.";
    assert!(sentences(&snapshot).1.ends_with(words), "{}", sentences(&snapshot).1);
}

#[test]
fn a_run_that_is_not_settled_is_told_and_its_lever_is_not_called_untouched() {
    let mut world = killed(Ok(Setting::Switch(true))).since("grounding", 0.71, 35);
    world.observed.pending = vec![our_move("assistant", Setting::Switch(true), Setting::Switch(false), RunState::Sent)];
    let snapshot = world.snapshot();
    let suspect = &snapshot.headline.suspect;
    assert!(suspect.contains("may have set assistant to off: sent."), "{suspect}");
    assert!(suspect.ends_with("No containment is known."), "{suspect}");
    assert_eq!(snapshot.pending.len(), 1);
    let mut calm = killed(Ok(Setting::Switch(true)));
    calm.observed.pending = world.observed.pending;
    assert!(calm.snapshot().headline.suspect.contains("may have set assistant to off"), "also while nothing is bad");
}

#[test]
fn a_request_that_showed_no_effect_is_spoken_of_while_it_may_land() {
    let mut world = killed(Ok(Setting::Switch(true)));
    let mut run = our_move("assistant", Setting::Switch(true), Setting::Switch(false), RunState::Unseen);
    world.observed.pending = vec![run.clone()];
    assert!(world.snapshot().headline.suspect.contains("no effect seen, it may still land"));
    world.observed.pending[0].state = RunState::Stuck;
    assert!(world.snapshot().headline.suspect.contains("was never seen to hold it; it may still land"));
    run.moved_at = ago(601);
    world.observed.pending = vec![run];
    assert_eq!(world.snapshot().headline.suspect, "");
}

#[test]
fn only_the_contained_setting_or_our_own_move_is_contained_and_the_rest_is_displaced() {
    let number = |value: f64| Setting::Number(value);
    let mut world = World::well();
    world.catalogue.levers = vec![lever("limit", Some(number(100.0)), Some(number(25.0)))];
    for value in [150.0, -5.0, 60.0] {
        set(&mut world, "limit", Ok(number(value)));
        let snapshot = world.snapshot();
        assert!(snapshot.containments[0].displaced, "{value}");
        let suspect = &snapshot.headline.suspect;
        assert!(
            suspect.starts_with("Displaced, not contained: limit is") && !suspect.contains("Contained:"),
            "{suspect}"
        );
    }
    set(&mut world, "limit", Ok(number(25.0)));
    assert!(!world.snapshot().containments[0].displaced);
    set(&mut world, "limit", Ok(number(60.0)));
    world.observed.ours = vec![our_move("limit", number(100.0), number(60.0), RunState::Verified)];
    assert!(!world.snapshot().containments[0].displaced, "we moved it there");
}

fn refused() -> Fault {
    Fault::Refused { target: "flags:443".into() }
}

#[test]
fn a_containment_of_ours_on_an_unreadable_lever_is_told_in_the_past_tense() {
    let mut world = killed(Err(refused()));
    world.observed.ours =
        vec![our_move("assistant", Setting::Switch(true), Setting::Switch(false), RunState::Verified)];
    let snapshot = world.snapshot();
    assert_eq!(snapshot.containments.len(), 1);
    assert_eq!(snapshot.headline.status, Status::Unknown, "no signal is bad, and yet it is not OK");
    assert_eq!(
        sentences(&snapshot),
        (
            "1 lever cannot be read (assistant). All 6 layers are OK.",
            "Last known: assistant was off at 03:23Z, cannot be read now (connection refused by flags:443)."
        )
    );
    assert!(snapshot.layers.iter().all(|layer| layer.status == Some(Status::Ok)), "layers stay as they are");
}

#[test]
fn a_foreign_containment_does_not_vanish_with_its_source() {
    let mut world = killed(Ok(Setting::Switch(false)));
    let id = world.catalogue.levers[0].id.clone();
    lose(&mut world, &id);
    let snapshot = world.snapshot();
    let words = "assistant was off at 03:25Z, cannot be read now (connection refused by flags:443)";
    assert_eq!(snapshot.containments[0].words(), words);
    assert_eq!(snapshot.containments[0].who.as_deref(), Some("sam"));
    let mut normal = killed(Ok(Setting::Switch(true)));
    lose(&mut normal, &id);
    let snapshot = normal.since("grounding", 0.71, 35).snapshot();
    assert!(snapshot.containments.is_empty(), "it was at its normal setting when last read");
    assert_eq!(snapshot.headline.status, Status::Crit);
    assert!(sentences(&snapshot).0.ends_with("while infrastructure is OK; 1 lever cannot be read (assistant)."));
    assert!(sentences(&snapshot).1.ends_with("No containment is known."), "nobody can say that nothing is contained");
}

#[test]
fn what_was_read_before_our_own_move_does_not_speak_against_it_and_what_was_read_after_it_does() {
    let mut world = killed(Ok(Setting::Switch(true)));
    let id = world.catalogue.levers[0].id.clone();
    lose(&mut world, &id);
    let mut ours = our_move("assistant", Setting::Switch(true), Setting::Switch(false), RunState::Verified);
    world.observed.ours = vec![ours.clone()];
    assert!(world.snapshot().containments.is_empty(), "somebody put it back after us");
    ours.at = now();
    world.observed.ours = vec![ours];
    assert_eq!(world.snapshot().containments[0].now, Setting::Switch(false));
}

/// The newest read of the lever failed.
fn lose(world: &mut World, id: &LeverId) {
    let old = world.observed.levers.remove(id).expect("read before");
    let lost = LeverState { id: id.clone(), reading: Err(refused()), last: None, versions: Vec::new() };
    world.observed.levers.insert(id.clone(), lost.after(old));
}

#[test]
fn a_version_pointer_is_contained_only_while_our_own_move_stands() {
    let version = |v: &str| Setting::Pointer(v.into());
    let mut world = World::well();
    world.catalogue.levers = vec![lever("prompt", None, None)];
    set(&mut world, "prompt", Ok(version("41")));
    assert!(world.snapshot().containments.is_empty(), "nobody knows what is normal");
    world.observed.ours = vec![our_move("prompt", version("42"), version("41"), RunState::Verified)];
    let held = world.snapshot().containments.remove(0);
    // What it was moved away from may be the very thing that was wrong: it is never called normal.
    assert_eq!((held.normal.clone(), held.away_from().as_str()), (None, "before: 42"));
    set(&mut world, "prompt", Ok(version("43")));
    assert!(world.snapshot().containments.is_empty(), "somebody released a newer one");
}
