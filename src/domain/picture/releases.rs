//! What a release leaves behind in the traffic for a while is not taken for a failure, and what failed before we contained
//! is never taken for what a release left behind.

use std::time::Duration;

use super::super::action::Effect;
use super::super::evidence::Evidence;
use super::super::fixture::{World, ago, comparison};
use super::super::lever::Setting;
use super::super::observations::Released;
use super::super::sample::{Point, Sample};
use super::super::status::Status;
use super::tests::{killed, sentences, set};

/// The kill switch contained seven minutes ago and was released so many seconds ago; its effect is to be seen in 60 s.
fn released(seconds: i64) -> World {
    let mut world = killed(Ok(Setting::Switch(true)));
    let evidence = Evidence { all: vec![comparison("escalation_rate > 0.95")], ..Evidence::default() };
    world.catalogue.actions[0].effect = Some(Effect { evidence, within: Duration::from_mins(1) });
    world.observed.released = vec![Released {
        lever: "assistant".parse().expect("id"),
        action: "kill-assistant".parse().expect("id"),
        was: Setting::Switch(false),
        since: ago(420),
        at: ago(seconds),
        failing: Vec::new(),
    }];
    world
}

#[test]
fn traffic_that_comes_back_after_a_release_is_no_failing_infrastructure() {
    let snapshot = released(12).since("request_rate", 4.0, 6).snapshot();
    assert_eq!(snapshot.headline.status, Status::Contained);
    assert_eq!(
        sentences(&snapshot),
        (
            "Infrastructure is quiet because of us; nothing else is wrong.",
            "Released: assistant is not off any more since 03:25:48Z; the traffic may still move because of it."
        )
    );
    let cause = snapshot.signals.iter().find_map(|signal| signal.cause.clone()).expect("a cause");
    assert!(cause.ends_with("; quiet because of assistant (off until 03:25:48Z)"), "{cause}");
    let moved = released(12).since("escalation_rate", 0.09, 6).snapshot();
    assert_eq!(moved.headline.status, Status::Contained, "half-way back from where its effect was");
}

#[test]
fn after_the_time_that_the_traffic_may_need_it_is_judged_as_ever() {
    let at = |seconds| released(seconds).since("request_rate", 4.0, 6).snapshot().headline.status;
    assert_eq!((at(119), at(120)), (Status::Contained, Status::Crit));
    assert_eq!(released(12).snapshot().headline.status, Status::Ok);
    assert_eq!(released(12).snapshot().headline.suspect, "", "where all is well nothing is explained");
}

#[test]
fn what_was_wrong_before_it_was_contained_is_never_explained_by_the_release() {
    let older = released(12).since("request_rate", 4.0, 35).snapshot();
    assert_eq!(older.headline.status, Status::Crit, "it was as low before the containment");
    assert!(
        older.headline.suspect.ends_with("may still move because of it. Nothing is contained yet."),
        "{}",
        older.headline.suspect
    );
    let mut failed = released(12).since("request_rate", 4.0, 6);
    failed.observed.released[0].failing = vec!["request_rate".parse().expect("id")];
    assert_eq!(failed.snapshot().headline.status, Status::Crit, "it failed when it was contained");
    let bad = released(12).since("error_rate", 0.3, 1).snapshot();
    assert_eq!(bad.headline.status, Status::Crit, "what is bad stays bad");
}

#[test]
fn a_release_that_the_lever_does_not_show_explains_nothing() {
    let mut held = released(12).since("request_rate", 4.0, 6);
    set(&mut held, "assistant", Ok(Setting::Switch(false)));
    let snapshot = held.snapshot();
    assert_eq!(snapshot.containments.len(), 1);
    assert!(!snapshot.headline.suspect.contains("Released"), "{}", snapshot.headline.suspect);
    let mut lost = released(12).since("request_rate", 4.0, 6);
    lost.observed.levers.clear();
    assert_eq!(lost.snapshot().headline.status, Status::Crit, "nobody can say that it was released");
}

#[test]
fn half_way_back_a_slow_wave_of_before_is_no_cause_of_its_own() {
    let mut world = released(12);
    let signal = world.signal("request_rate");
    // 42 req/s, a wave down to 36 long before, a minute of nothing, and half of it again.
    signal.history = (0..=120)
        .rev()
        .map(|age| Point {
            at: ago(age * 60),
            value: match age {
                0..=1 => 0.0,
                2..=82 => 36.0,
                _ => 42.0,
            },
        })
        .collect();
    signal.sample = Ok(Sample { value: 20.0, n: Some(412.0), at: ago(6) });
    world.observed.released[0].since = ago(90);
    let snapshot = world.snapshot();
    let rate = snapshot.signals.iter().find(|signal| signal.spec.id.as_str() == "request_rate").expect("wired");
    assert_eq!((rate.status, snapshot.headline.status), (Status::Contained, Status::Contained), "{:?}", rate.cause);
}
