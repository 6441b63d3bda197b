//! The physics through the eyes of the demo config: the right containment heals, the wrong one does not, and what is
//! not broken stays green. Every value is read with the config's own queries and judged by its own limits.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::*;
use crate::config::load_text;
use crate::domain::onset;
use crate::domain::sample::{Baseline, Point};
use crate::domain::signal::SignalSpec;
use crate::sandbox::config_template;
use crate::sandbox::prometheus::Scraped;
use crate::sandbox::promql::{Value, evaluate, parse};
use crate::sandbox::scenario::ALL;
use crate::sandbox::server::instant;
use crate::sandbox::story;
use crate::sandbox::timeline::Position;
use crate::sandbox::world::Delays;

const MONDAY: Seconds = 1_795_392_000.0;

/// How bad a signal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    TooFew,
    Fine,
    Warn,
    Crit,
}

fn signals() -> &'static [Arc<SignalSpec>] {
    static SIGNALS: LazyLock<Vec<Arc<SignalSpec>>> = LazyLock::new(|| {
        let config = load_text("sandbox.toml", config_template()).unwrap_or_else(|problems| panic!("{problems}"));
        let from_metrics = |s: &Arc<SignalSpec>| s.from.as_ref().is_some_and(|from| from.as_str() == "metrics");
        config.catalogue.signals.into_iter().filter(from_metrics).collect()
    });
    &SIGNALS
}

fn signal(id: &str) -> &'static Arc<SignalSpec> {
    signals().iter().find(|signal| signal.id.as_str() == id).unwrap_or_else(|| panic!("{id} is not in the config"))
}

fn product(scenario: &str, seed: u64, started_at: Seconds) -> Product {
    let scenario = Scenario::named(scenario).expect("known");
    story::world(scenario, seed, instant(started_at), Delays::default()).product
}

fn number(product: &Product, query: &str, at: Seconds) -> f64 {
    let expr = parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    match evaluate(&expr, &Scraped::new(product.clone(), at), at).expect("evaluates") {
        Value::Vector(samples) if samples.len() == 1 => samples[0].value,
        other => panic!("{query}: not one number but {other:?}"),
    }
}

fn median(product: &Product, query: &str, at: Seconds) -> f64 {
    let mut past: Vec<_> = (1..=5).map(|day| number(product, query, at - f64::from(day) * physics::DAY)).collect();
    past.sort_by(f64::total_cmp);
    past[2]
}

fn verdict(product: &Product, signal: &SignalSpec, at: Seconds) -> Verdict {
    let query = &signal.query;
    let needed = signal.min_samples.unwrap_or(0.0);
    if query.samples.as_ref().is_some_and(|samples| number(product, samples, at) < needed) {
        return Verdict::TooFew;
    }
    let value = number(product, &query.value, at);
    assert!(value.is_finite(), "{} is {value}", signal.id);
    let median = median(product, &query.value, at);
    let broken = |limits: &Option<crate::domain::limits::Limits>| {
        limits.as_ref().is_some_and(|limits| matches!(limits.broken_by(value, Some(median)), Ok(Some(_)) | Err(_)))
    };
    match (broken(&signal.warn), broken(&signal.crit)) {
        (_, true) => Verdict::Crit,
        (true, false) => Verdict::Warn,
        (false, false) => Verdict::Fine,
    }
}

fn bad(product: &Product, at: Seconds) -> Vec<&'static str> {
    let is_bad = |signal: &&Arc<SignalSpec>| verdict(product, signal, at) >= Verdict::Warn;
    signals().iter().filter(is_bad).map(|signal| signal.id.as_str()).collect()
}

/// What the page of each scenario is about.
fn leading(scenario: &str) -> &'static [&'static str] {
    match scenario {
        "prompt-regression" => &["grounding", "eval_match"],
        "provider-outage" => &["error_rate", "latency_p95"],
        "latency-spike" => &["latency_p95", "input_tokens_per_request"],
        "pii-leak" => &["pii_out", "guardrail_block_pass"],
        _ => &[],
    }
}

fn heals(scenario: &str, position: Position) -> bool {
    matches!(
        (scenario, position),
        ("prompt-regression", Position::Prompt(Some(40 | 41)))
            | ("provider-outage", Position::PrimaryShare(0.0))
            | ("latency-spike", Position::ReducedContext(true))
            | ("pii-leak", Position::Policy(Some(6 | 7)) | Position::Strict(true))
    )
}

fn containments() -> impl Strategy<Value = Position> {
    proptest::sample::select(vec![
        Position::Prompt(Some(40)),
        Position::Prompt(Some(41)),
        Position::Policy(Some(6)),
        Position::Policy(Some(7)),
        Position::PrimaryShare(0.0),
        Position::PrimaryShare(0.5),
        Position::Strict(true),
        Position::ReducedContext(true),
        Position::CachedAnswers(true),
        Position::AssistantShare(0.25),
    ])
}

fn troubles() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(ALL.iter().map(|s| s.name).filter(|name| *name != "quiet").collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn quiet_is_green_at_any_hour(seed: u64, hour in 0.0..168.0, minute in -60.0..600.0) {
        let start = MONDAY + hour * 3_600.0;
        let product = product("quiet", seed, start);
        prop_assert_eq!(bad(&product, start + minute * 60.0), Vec::<&str>::new());
    }

    #[test]
    fn before_the_fault_every_scenario_is_green(name in troubles(), seed: u64, hour in 0.0..168.0) {
        let start = MONDAY + hour * 3_600.0;
        let product = product(name, seed, start);
        prop_assert_eq!(bad(&product, product.fault_at - 30.0), Vec::<&str>::new());
    }

    #[test]
    fn the_right_containment_heals_and_the_wrong_one_does_not(
        name in troubles(), seed: u64, hour in 0.0..168.0, wait in 5.0..900.0, position in containments(),
    ) {
        let start = MONDAY + hour * 3_600.0;
        let mut product = product(name, seed, start);
        let all = |product: &Product, at, wanted: fn(Verdict) -> bool| {
            leading(name).iter().all(|id| wanted(verdict(product, signal(id), at)))
        };
        prop_assert!(all(&product, start + wait, |v| v == Verdict::Crit), "{:?}", bad(&product, start + wait));
        product.timeline.moved(start + wait, 2.5, position);
        let later = start + wait + 45.0;
        if heals(name, position) {
            prop_assert!(all(&product, later, |v| v == Verdict::Fine), "{position:?}: {:?}", bad(&product, later));
        } else {
            for at in [later, later + 600.0] {
                // Too few samples to judge is not healed either.
                prop_assert!(!all(&product, at, |v| v == Verdict::Fine), "{position:?} healed {name}");
            }
        }
    }

    #[test]
    fn the_kill_switch_stops_the_harm_and_quality_goes_quiet(name in troubles(), seed: u64, hour in 0.0..168.0) {
        let start = MONDAY + hour * 3_600.0;
        let mut product = product(name, seed, start);
        product.timeline.moved(start, 1.5, Position::AssistantShare(0.0));
        let at = start + 150.0;
        prop_assert!(number(&product, &signal("fallback_share").query.value, at) > 0.95);
        for id in ["error_rate", "pii_out", "guardrail_block_pass"] {
            prop_assert_eq!(verdict(&product, signal(id), at), Verdict::Fine, "{}", id);
        }
        for id in ["grounding", "eval_match", "refusal_rate", "filter_block_rate"] {
            prop_assert_eq!(verdict(&product, signal(id), at), Verdict::TooFew, "{}", id);
        }
    }

    #[test]
    fn the_same_seed_and_moves_give_the_same_series(seed: u64, position in containments(), after in 0.0..300.0) {
        let run = || {
            let mut product = product("latency-spike", seed, MONDAY);
            product.timeline.moved(MONDAY + 10.0, 1.5, position);
            product
        };
        for signal in signals() {
            let value = |product| number(&product, &signal.query.value, MONDAY + after);
            prop_assert_eq!(value(run()).to_bits(), value(run()).to_bits());
        }
    }
}

#[test]
fn a_prompt_regression_leaves_every_other_layer_green() {
    let product = product("prompt-regression", 3, MONDAY);
    let layers: std::collections::BTreeSet<_> =
        bad(&product, MONDAY).into_iter().map(|id| signal(id).layer.as_str()).collect();
    assert_eq!(layers.into_iter().collect::<Vec<_>>(), ["business", "quality"]);
}

#[test]
fn taking_the_right_containment_back_brings_the_trouble_back() {
    let mut product = product("pii-leak", 3, MONDAY);
    product.timeline.moved(MONDAY, 1.5, Position::Strict(true));
    product.timeline.moved(MONDAY + 60.0, 1.5, Position::Strict(false));
    let pii = &signal("pii_out").query.value;
    assert!(number(&product, pii, MONDAY + 55.0) == 0.0);
    assert!(number(&product, pii, MONDAY + 180.0) > 0.0);
}

#[test]
fn another_seed_is_another_day() {
    let query = &signal("request_rate").query.value;
    let value = |seed| number(&product("quiet", seed, MONDAY), query, MONDAY);
    assert!((value(1) - value(2)).abs() > 1e-9);
}

#[test]
fn the_worst_cohort_of_a_prompt_regression_is_spanish_and_adequately_sampled() {
    let product = product("prompt-regression", 3, MONDAY + 2.0 * 3_600.0);
    let cohorts = signal("grounding").query.cohorts.as_ref().expect("declared");
    let read = |query: &str| {
        let at = product.started_at;
        let value = evaluate(&parse(query).expect("parses"), &Scraped::new(product.clone(), at), at);
        let Value::Vector(samples) = value.expect("evaluates") else { panic!("no vector") };
        samples
    };
    let worst = read(&cohorts.value).into_iter().min_by(|a, b| a.value.total_cmp(&b.value)).expect("four languages");
    assert_eq!(worst.labels.get("lang").map(String::as_str), Some("es"));
    let counts = read(cohorts.samples.as_ref().expect("declared"));
    assert_eq!(counts.len(), 4);
    assert!(counts.iter().all(|s| s.value >= f64::from(u32::try_from(cohorts.min_samples).expect("small"))));
}

/// Two hours of history as the engine asks for it: a point at every whole minute.
fn history(product: &Product, signal: &SignalSpec, now: Seconds) -> Vec<Point> {
    let first = (now / 60.0).floor() * 60.0 - 7_200.0;
    let at = |minute: u32| first + 60.0 * f64::from(minute);
    (0..=120)
        .map(|minute| Point { at: instant(at(minute)), value: number(product, &signal.query.value, at(minute)) })
        .collect()
}

#[test]
fn the_onset_of_a_scenario_is_never_before_its_fault_and_close_behind_it() {
    for (scenario, ids) in [
        ("latency-spike", ["latency_p95", "latency_p99", "ttft_p95", "input_tokens_per_request"]),
        ("prompt-regression", ["grounding", "eval_match", "hallucination_rate", "hallucination_rate"]),
    ] {
        for seed in 0..16 {
            let product = product(scenario, seed, MONDAY);
            for id in ids {
                let signal = signal(id);
                let usual = Baseline {
                    median: median(&product, &signal.query.value, MONDAY),
                    spread: 0.02 * median(&product, &signal.query.value, MONDAY),
                    points: 90,
                };
                let onset = onset::find(&history(&product, signal, MONDAY), Some(usual)).expect("an onset");
                let late = onset.at.duration_since(instant(product.fault_at)).as_secs_f64();
                assert!((0.0..=240.0).contains(&late), "{scenario} {seed} {id}: {late} s behind the fault");
            }
        }
    }
}

#[test]
fn the_same_seed_is_the_same_story_at_any_time_of_any_day() {
    let told = |start: Seconds| {
        let product = product("latency-spike", 3, start);
        let value = |signal: &Arc<SignalSpec>| number(&product, &signal.query.value, product.started_at - 600.0);
        let told: Vec<String> = signals().iter().map(|s| format!("{} {:.9}", s.id, value(s))).collect();
        (product.started_at - product.fault_at, told)
    };
    assert_eq!(told(MONDAY), told(MONDAY + 37_123.0));
}
