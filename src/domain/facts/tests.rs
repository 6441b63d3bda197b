//! Facts answer what is measured, fresh and adequate, and nothing else.

use super::super::cause::Fault;
use super::super::evidence::Verdict;
use super::super::fixture::{World, ago, change, comparison, now, observed, spec};
use super::super::lever::{LeverReading, Revision, forms};
use super::super::sample::{Point, Sample};
use super::super::signal::{Better, SignalSpec};
use super::*;

fn why<T: std::fmt::Debug>(answer: Result<T, Missing>) -> String {
    answer.expect_err("must be missing").0
}

#[test]
fn what_is_not_fresh_or_adequate_gives_its_cause_while_age_and_n_still_answer() {
    let mut world = World::well().silent("grounding", Fault::NoData, 45).silent("error_rate", Fault::NoData, 600);
    world.wire(
        SignalSpec { min_samples: Some(80.0), ..spec("few", "quality", "score", Better::Higher, "", "< 0.5") },
        observed(0.9),
    );
    world.signal("few").sample = Ok(Sample { value: 0.9, n: Some(12.0), at: ago(6) });
    let snapshot = world.snapshot();
    let facts = Live::of(&snapshot);
    assert_eq!(why(facts.value("grounding")), "grounding: STALE was 0.88 45 s ago: no data");
    assert_eq!(facts.age("grounding"), Ok(45.0));
    assert_eq!(why(facts.ratio("error_rate")), "error_rate: UNKNOWN was 0.002 10 min ago: no data");
    assert_eq!(facts.age("error_rate"), Ok(600.0));
    assert_eq!(why(facts.z("few")), "few: LOW-N n 12 of 80 needed");
    assert_eq!(facts.n("few"), Ok(12.0));
    assert_eq!(why(facts.value("agent_steps")), "agent_steps: not wired");
}

#[test]
fn a_value_without_baseline_is_still_a_value() {
    let mut world = World::well();
    world.signal("latency_p99").baseline = None;
    let snapshot = world.snapshot();
    let facts = Live::of(&snapshot);
    assert_eq!(facts.value("latency_p99"), Ok(1.2));
    assert_eq!(why(facts.ratio("latency_p99")), "latency_p99: no baseline yet");
    assert_eq!(why(facts.z("latency_p99")), "latency_p99: no baseline yet");
    assert_eq!(why(facts.ratio("pii_out")), "pii_out: its baseline is 0");
}

#[test]
fn after_an_action_only_newer_samples_prove_anything() {
    let world = World::well();
    let snapshot = world.snapshot();
    let effect = comparison("grounding > 0.5");
    assert_eq!(effect.judge(&Live::newer_than(&snapshot, ago(7))).verdict, Verdict::True);
    let judged = effect.judge(&Live::newer_than(&snapshot, ago(6)));
    assert_eq!(judged.verdict, Verdict::Unknown);
    assert_eq!(judged.cause.as_deref(), Some("grounding: no sample since 03:25:54Z"));
}

#[test]
fn changes_count_backwards_from_the_onset_and_our_own_moves_do_not_count() {
    let mut world = World::well()
        .since("grounding", 0.71, 35)
        .change(ChangeKind::Prompt, "support v41 → v42", 41)
        .change(ChangeKind::Prompt, "support v42 → v43", 10)
        .change(ChangeKind::Deploy, "api 7", 35 + 120);
    world.observed.changes.push(Change { ours: true, ..change(ChangeKind::Flag, "assistant off", 40) });
    let snapshot = world.snapshot();
    let facts = Live::of(&snapshot);
    assert_eq!(facts.lag(ChangeKind::Prompt), Ok(360.0), "the later one cannot be the cause");
    assert_eq!(facts.changed(ChangeKind::Prompt, 600.0), Ok(true));
    assert_eq!(facts.changed(ChangeKind::Deploy, 7_200.0), Ok(true));
    assert_eq!(facts.changed(ChangeKind::Deploy, 3_600.0), Ok(false));
    assert_eq!(facts.changed(ChangeKind::Flag, 86_400.0), Ok(false));
    assert_eq!(why(facts.lag(ChangeKind::Flag)), "no flag change before the onset");
    assert_eq!(facts.onset("grounding"), Ok(2_100.0));
    assert_eq!(why(facts.onset("error_rate")), "error_rate: no onset");
}

#[test]
fn without_an_onset_there_is_no_lag_and_changes_count_from_now() {
    let snapshot = World::well().change(ChangeKind::Deploy, "api 7", 30).snapshot();
    let facts = Live::of(&snapshot);
    assert_eq!(why(facts.lag(ChangeKind::Deploy)), "no onset to measure a lag to");
    assert_eq!(facts.changed(ChangeKind::Deploy, 3_600.0), Ok(true));
    assert_eq!(facts.changed(ChangeKind::Deploy, 600.0), Ok(false));
}

#[test]
fn nothing_changed_is_not_said_while_a_feed_that_would_know_is_down() {
    let world = World::well().blind_feed("flags", &[ChangeKind::Flag]).change(ChangeKind::Flag, "rerank on", 30);
    let snapshot = world.snapshot();
    let facts = Live::of(&snapshot);
    assert_eq!(facts.changed(ChangeKind::Prompt, 3_600.0), Ok(false), "another feed knows of prompts");
    assert_eq!(facts.changed(ChangeKind::Flag, 3_600.0), Ok(true), "what is listed happened");
    assert_eq!(
        why(facts.changed(ChangeKind::Flag, 600.0)),
        "flag changes: feed flags is not read (connection refused by flags:443)"
    );
}

#[test]
fn what_no_feed_reports_may_have_changed() {
    let mut world = World::well();
    let why_not = |world: &World| {
        let snapshot = world.snapshot();
        why(Live::of(&snapshot).changed(ChangeKind::Prompt, 3_600.0))
    };
    world.observed.feeds.clear();
    assert_eq!(why_not(&world), "prompt changes: not wired");
    world.observed.feeds.push(FeedState {
        id: "flags".parse().expect("id"),
        kinds: vec![ChangeKind::Flag],
        fault: None,
    });
    assert_eq!(why_not(&world), "prompt changes: not wired", "a feed of flags knows nothing of prompts");
    let snapshot = world.snapshot();
    assert_eq!(Live::of(&snapshot).changed(ChangeKind::Flag, 3_600.0), Ok(false));
}

#[test]
fn a_slope_is_per_hour_and_needs_history_over_the_span() {
    let mut world = World::well();
    let falling =
        |age: i64| Point { at: ago(age * 60), value: 0.88 + 0.001 * f64::from(i32::try_from(age).expect("small")) };
    world.signal("grounding").history = (0..=120).rev().map(falling).collect();
    let snapshot = world.snapshot();
    let facts = Live::of(&snapshot);
    let slope = facts.slope("grounding", 3_600.0).expect("enough history");
    assert!((slope + 0.06).abs() < 1e-9, "{slope}");
    assert_eq!(why(facts.slope("grounding", 14.0 * 86_400.0)), "grounding: history covers 2 h of 14 d");
    assert_eq!(why(facts.slope("grounding", 120.0)), "grounding: only 3 points in the last 2 min");
}

#[test]
fn a_provider_page_answers_by_signal_or_by_its_endpoint() {
    let mut world = World::well();
    let mut page = spec("openai_page", "provider", "level 0-3", Better::Lower, "> 0", "> 2");
    page.from = Some("openai".parse().expect("id"));
    world.wire(page, observed(2.0));
    let snapshot = world.snapshot();
    let facts = Live::of(&snapshot);
    assert_eq!(facts.provider_status("provider_status"), Ok("none".to_owned()));
    assert_eq!(facts.provider_status("openai"), Ok("major".to_owned()));
    assert_eq!(why(facts.provider_status("anthropic")), "provider page anthropic: not wired");
}

fn lever(id: &str, reading: Result<Setting, Fault>) -> (LeverSpec, LeverState) {
    let spec = LeverSpec {
        id: id.parse().expect("id"),
        from: "flags".parse().expect("id"),
        target: forms::MLFLOW_ROUTE.at([("route", "chat")]),
        normal: None,
        contained: None,
        change_kind: ChangeKind::Config,
    };
    let reading = reading.map(|setting| LeverReading {
        setting,
        revision: Revision::None,
        raw: String::new(),
        read_at: ago(5),
        set_by: None,
        set_at: None,
    });
    let state = LeverState { id: spec.id.clone(), reading, last: None, versions: Vec::new() };
    (spec, state)
}

#[test]
fn a_lever_answers_in_one_word() {
    let mut snapshot = World::well().snapshot();
    let weights = [("openai".to_owned(), 0.2), ("azure".to_owned(), 0.8)].into();
    snapshot.levers = vec![
        lever("assistant", Ok(Setting::Switch(false))),
        lever("route", Ok(Setting::Weights(weights))),
        lever("prompt", Err(Fault::NotYet)),
    ];
    let facts = Live::of(&snapshot);
    assert_eq!(facts.lever("assistant"), Ok("off".to_owned()));
    assert_eq!(facts.lever("route"), Ok("azure".to_owned()));
    assert_eq!(why(facts.lever("prompt")), format!("lever prompt: {}", Fault::NotYet));
    assert_eq!(why(facts.lever("nothing")), "lever nothing: not wired");
    assert!(Live::newer_than(&snapshot, now()).lever("assistant").is_err(), "read before the action");
}
