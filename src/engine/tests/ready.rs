//! READY, NOT READY, UNCHECKED: how soon a badge flips, why, and that looking changes nothing.

use std::time::Duration;

use super::scripted::{Revoked, Script};
use super::{CONFIG, World, world, world_of};
use crate::domain::lever::{Setting, VersionInfo};
use crate::domain::observations::Readiness;
use crate::domain::permit::Mode;
use crate::domain::run::RunState;
use crate::engine::View;
use crate::engine::ready::PROBED_WITHIN;

/// The badge of the only action, once it is as wanted; whatever the clock of the runtime says, and how long that took on it.
async fn badge(world: &World, wanted: impl Fn(&Readiness) -> bool) -> (Readiness, Duration) {
    let began = tokio::time::Instant::now();
    let of = |view: &Option<View>| view.as_ref().and_then(|view| view.snapshot.readiness.first().cloned());
    let mut views = world.engine.views();
    let seen = views.wait_for(|view| of(view).is_some_and(|ready| ready.checked_at.is_some() && wanted(&ready)));
    let view = tokio::time::timeout(PROBED_WITHIN * 2, seen).await.expect("in time").expect("an engine");
    (of(&view).expect("a badge"), began.elapsed())
}

#[tokio::test]
async fn a_token_that_may_not_write_any_more_flips_the_badge_within_one_probe_interval_and_nothing_is_written() {
    let world = world(Mode::Act, Script::default()).await;
    let (ready, _) = badge(&world, |ready| ready.ready == Some(true)).await;
    assert!(ready.latency.is_some() && ready.rehearsed_at.is_none(), "{ready:?}");
    world.store.revoke(Revoked::Writing);
    // From here on time only passes where somebody waits for it.
    tokio::time::pause();
    let (lost, took) = badge(&world, |ready| ready.ready == Some(false)).await;
    assert!(took <= PROBED_WITHIN, "{took:?}");
    assert_eq!(lost.why, "token allowed: it may read only");
    assert!(!lost.done);
    assert!(world.store.writes().is_empty(), "looking wrote {:?}", world.store.writes());
    world.store.revoke(Revoked::Nothing);
    let (again, took) = badge(&world, |ready| ready.ready == Some(true)).await;
    assert!(took <= PROBED_WITHIN, "{took:?}: {again:?}");
    assert!(world.store.writes().is_empty());
}

#[tokio::test]
async fn a_token_that_may_not_even_read_flips_the_badge_with_the_next_poll_of_its_lever() {
    let world = world(Mode::Act, Script::default()).await;
    badge(&world, |ready| ready.ready == Some(true)).await;
    world.engine.settled(Duration::from_secs(10)).await.expect("a view");
    world.store.revoke(Revoked::Everything);
    tokio::time::pause();
    let (lost, took) = badge(&world, |ready| ready.ready == Some(false)).await;
    assert!(took <= Duration::from_secs(5), "the lever is polled every second: {took:?}");
    assert!(lost.why.contains("not allowed") && lost.latency.is_none(), "{lost:?}");
    assert!(world.store.writes().is_empty());
}

#[tokio::test]
async fn an_action_that_was_verified_in_traffic_says_when() {
    let mut world = world(Mode::Act, Script::default()).await;
    let before = world.plan().await;
    assert!(
        before.checks.iter().any(|check| check.name == "rehearsed" && check.why.starts_with("never")),
        "{before:?}"
    );
    world.engine.fire(World::confirm(before));
    world.until(RunState::Verified).await;
    let (ready, _) = badge(&world, |ready| ready.rehearsed_at.is_some()).await;
    assert!(ready.done, "already off: {ready:?}");
}

const VERSIONS: &str = r#"
[lever.prompt]
from = "models"
prompt = "support"
alias = "production"
[endpoint.models]
vendor = "mlflow"
url = "http://127.0.0.1:9"
[action.roll-back]
kind = "rollback_prompt"
title = "Roll back"
lever = "prompt"
to = "last-good"
"#;

#[tokio::test]
async fn a_last_good_version_whose_text_was_changed_is_not_ready_and_blocks_the_plan() {
    let head = CONFIG.split("[endpoint.flags]").next().expect("the head");
    let config = format!("{head}{VERSIONS}").replace("models", "flags");
    let script = Script { starts_as: Some(Setting::Pointer("42".into())), ..Script::default() };
    let world = world_of(&config, Mode::Act, script).await;
    let version = |version: &str, hash: &str| VersionInfo {
        version: version.into(),
        created_at: None,
        text: None,
        hash: Some(hash.into()),
        note: None,
    };
    world.store.list(vec![version("42", "cccc"), version("41", "aaaa")]);
    let action = "roll-back".parse().expect("id");
    let plan = world.engine.core().preview(&action).await.expect("a plan");
    assert!(plan.blocked_by().is_none(), "{:?}", plan.checks);
    world.store.list(vec![version("42", "cccc"), version("41", "bbbb")]);
    let plan = world.engine.core().preview(&action).await.expect("a plan");
    let blocked = plan.blocked_by().expect("blocked");
    assert!(blocked.name == "41 is unchanged" && blocked.why.contains("was aaaa"), "{blocked:?}");
    tokio::time::pause();
    let (lost, _) = badge(&world, |ready| ready.why.contains("41 is unchanged")).await;
    assert_eq!(lost.ready, Some(false));
}
