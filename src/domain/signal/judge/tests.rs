//! Unknown is never green, and everything else a person would bet on at 3 AM.

use proptest::prelude::*;

use super::super::super::fixture::{ago, history, now, observed, spec};
use super::super::super::sample::Cohort;
use super::*;

fn grounding() -> SignalSpec {
    SignalSpec { min_samples: Some(80.0), ..spec("grounding", "quality", "score", Better::Higher, "< 0.87", "< 0.85") }
}

fn judged(spec: &SignalSpec, observed: &Observed) -> SignalState {
    judge(&Arc::new(spec.clone()), observed, Ours::default(), now())
}

fn contained(spec: &SignalSpec, observed: &Observed) -> SignalState {
    judge(&Arc::new(spec.clone()), observed, Ours { quiets: Some("assistant (off)"), ..Ours::default() }, now())
}

fn with_value(value: f64) -> Observed {
    let mut observed = observed(0.88);
    observed.sample = Ok(Sample { value, n: Some(412.0), at: ago(6) });
    observed
}

fn timeout() -> Fault {
    Fault::NoAnswer { after: std::time::Duration::from_secs(8), received: 0 }
}

/// The last good sample is so old; newer polls failed.
fn silent_since(seconds: i64) -> Observed {
    let mut observed = with_value(0.88);
    observed.last = observed.sample.as_ref().ok().map(|sample| Sample { at: ago(seconds), ..*sample });
    observed.sample = Err(timeout());
    observed
}

#[test]
fn limits_decide_and_the_broken_one_is_named() {
    let state = judged(&grounding(), &with_value(0.88));
    assert_eq!((state.status, state.cause, state.broken), (Status::Ok, None, None));
    let state = judged(&grounding(), &with_value(0.86));
    assert_eq!((state.status, state.broken.as_deref()), (Status::Warn, Some("warn < 0.87")));
    let state = judged(&grounding(), &with_value(0.71));
    assert_eq!((state.status, state.cause.as_deref()), (Status::Crit, Some("0.71 is < 0.85")));
    assert!(state.z.is_some_and(|z| z < -9.0));
}

#[test]
fn a_short_silence_keeps_the_judgement_and_says_so_then_stale_then_unknown() {
    let state = judged(&grounding(), &silent_since(30));
    assert_eq!((state.status, state.age_s), (Status::Ok, Some(30.0)));
    assert_eq!(state.cause.as_deref(), Some("newest poll: no answer in 8 s"));

    let state = judged(&grounding(), &silent_since(31));
    assert_eq!(state.status, Status::Stale);
    assert_eq!(state.cause.as_deref(), Some("was 0.88 31 s ago: no answer in 8 s"));
    assert_eq!(state.sample.map(|sample| sample.value), Some(0.88), "the last value is still shown");

    assert_eq!(judged(&grounding(), &silent_since(60)).status, Status::Stale);
    let state = judged(&grounding(), &silent_since(61));
    assert_eq!((state.status, state.sample), (Status::Unknown, None));
    assert!(!state.usable && state.age_s == Some(61.0));
}

#[test]
fn never_measured_is_unknown_with_the_fault_in_words() {
    let mut observed = with_value(0.88);
    observed.sample = Err(Fault::NotAllowed { status: 401, secret: Some("env PROM_TOKEN".into()) });
    let state = judged(&grounding(), &observed);
    assert_eq!(state.status, Status::Unknown);
    assert_eq!(state.cause.as_deref(), Some("not allowed (401, token from env PROM_TOKEN)"));
}

#[test]
fn an_old_sample_from_a_source_that_answers_is_stale_as_well() {
    let mut observed = with_value(0.88);
    observed.sample = Ok(Sample { value: 0.88, n: None, at: ago(45) });
    let state = judged(&grounding(), &observed);
    assert_eq!(state.status, Status::Stale);
    assert_eq!(state.cause.as_deref(), Some("was 0.88 45 s ago: no newer sample at the source"));
}

#[test]
fn a_source_whose_clock_runs_ahead_cannot_look_fresh_for_ever() {
    let mut observed = with_value(0.88);
    observed.sample = Ok(Sample { value: 0.88, n: None, at: ago(-3_600) });
    let state = judged(&grounding(), &observed);
    assert_eq!((state.status, state.sample), (Status::Unknown, None));
    observed.sample = Ok(Sample { value: 0.88, n: None, at: ago(-5) });
    assert_eq!(judged(&grounding(), &observed).status, Status::Ok, "a few seconds of skew are ordinary");
}

#[test]
fn too_few_samples_are_no_verdict_and_a_source_that_does_not_count_is_adequate() {
    let mut observed = with_value(0.2);
    observed.sample = Ok(Sample { value: 0.2, n: Some(12.0), at: ago(6) });
    let state = judged(&grounding(), &observed);
    assert_eq!((state.status, state.cause.as_deref()), (Status::LowN, Some("n 12 of 80 needed")));
    assert!(!state.usable);
    observed.sample = Ok(Sample { value: 0.2, n: None, at: ago(6) });
    assert_eq!(judged(&grounding(), &observed).status, Status::Crit);
}

#[test]
fn what_nobody_counted_or_nothing_can_measure_is_never_green() {
    let pii = spec("pii_out", "safety", "count", Better::Lower, "> 0", "> 0");
    let with = |value: f64, n: Option<f64>| {
        let mut observed = observed(0.0);
        observed.sample = Ok(Sample { value, n, at: ago(6) });
        observed
    };
    assert_eq!(judged(&pii, &with(0.0, None)).status, Status::Ok, "a source that does not count is adequate");
    assert_eq!(judged(&pii, &with(0.0, Some(0.0))).status, Status::LowN);
    assert_eq!(judged(&pii, &with(0.0, Some(-5.0))).status, Status::Unknown);
    let state = judged(&pii, &with(-1.0, None));
    assert_eq!((state.status, state.sample, state.usable), (Status::Unknown, None, false));
    assert!(state.cause.is_some_and(|cause| cause.starts_with("impossible value -1")));
    let huge = judged(&pii, &with(-1e308, None)).cause.expect("words");
    assert!(huge.len() < 100, "{huge}");
}

#[test]
fn history_from_the_future_moves_no_onset_there() {
    let mut observed = with_value(0.71);
    let future = super::super::super::sample::Point { at: ago(-3_600), value: 0.2 };
    observed.history = history(0.88, 0.71, 35).iter().copied().chain([future]).collect();
    let state = judged(&grounding(), &observed);
    assert!(state.onset.is_none_or(|onset| onset.at <= now() && onset.latest <= now()), "{:?}", state.onset);
}

#[test]
fn a_limit_that_cannot_be_compared_is_unknown_unless_another_is_broken() {
    let latency = spec("latency_p99", "infrastructure", "s", Better::Lower, "> 2x", "> 10");
    let mut observed = with_value(1.2);
    observed.baseline = None;
    let state = judged(&latency, &observed);
    assert_eq!((state.status, state.cause.as_deref()), (Status::Unknown, Some("no baseline yet")));
    assert!(state.usable, "the value itself is fresh and adequate");
    observed.loads_history = true;
    assert_eq!(judged(&latency, &observed).cause.as_deref(), Some("history is loading"));
    observed.sample = Ok(Sample { value: 12.0, n: None, at: ago(6) });
    assert_eq!(judged(&latency, &observed).status, Status::Crit);
}

#[test]
fn a_signal_without_limits_is_not_green() {
    let state = judged(&spec("tokens", "infrastructure", "1/min", Better::Band, "", ""), &with_value(1.0));
    assert_eq!((state.status, state.cause.as_deref()), (Status::Unknown, Some("no limit declared")));
}

#[test]
fn containment_quiets_low_traffic_and_nothing_else() {
    let mut few = with_value(0.2);
    few.sample = Ok(Sample { value: 0.2, n: Some(12.0), at: ago(6) });
    let state = contained(&grounding(), &few);
    assert_eq!(state.status, Status::Contained);
    assert_eq!(state.cause.as_deref(), Some("n 12 of 80 needed; quiet because of assistant (off)"));
    assert!(!state.usable, "twelve samples are no evidence either");

    let mut nothing = silent_since(90);
    nothing.sample = Err(Fault::NoData);
    assert_eq!(contained(&grounding(), &nothing).status, Status::Contained);

    let rate = spec("request_rate", "infrastructure", "req/s", Better::Band, "> 1.8x or < 0.6x", "> 4x or < 0.2x");
    let mut traffic = observed(42.0);
    traffic.sample = Ok(Sample { value: 0.0, n: None, at: ago(6) });
    let state = contained(&rate, &traffic);
    assert_eq!(state.status, Status::Contained);
    assert!(state.usable, "no traffic is what the effect of a kill switch looks like");
    assert_eq!(judged(&rate, &traffic).status, Status::Crit, "without a displaced lever the same is an outage");

    traffic.sample = Ok(Sample { value: 420.0, n: None, at: ago(6) });
    assert_eq!(contained(&rate, &traffic).status, Status::Crit, "a surge is not quiet");
    assert_eq!(contained(&grounding(), &with_value(0.71)).status, Status::Crit, "bad stays bad");
    assert_eq!(contained(&grounding(), &silent_since(90)).status, Status::Unknown, "a dead source is not quiet");
    assert_eq!(contained(&grounding(), &with_value(0.88)).status, Status::Ok);
}

fn cohort(name: &str, value: f64, n: f64) -> Cohort {
    Cohort { name: name.into(), value, baseline: Some(0.87), n: Some(n), share: Some(0.09) }
}

#[test]
fn a_broken_cohort_behind_a_green_aggregate_is_named() {
    let mut observed = with_value(0.88);
    observed.cohorts = vec![cohort("lang=en", 0.9, 400.0), cohort("lang=es", 0.49, 37.0), cohort("lang=fr", 0.1, 3.0)];
    let state = judged(&grounding(), &observed);
    assert_eq!(state.status, Status::Warn);
    assert_eq!(state.cause.as_deref(), Some("lang=es 0.49 is < 0.85 (9 % of traffic)"));
    assert_eq!(state.worst.as_ref().map(|c| c.name.as_str()), Some("lang=es"), "three samples name nobody");
    assert!(state.spread.is_some_and(|spread| (spread - 0.695 / 0.49).abs() < 0.01), "{:?}", state.spread);

    for cohort in &mut observed.cohorts {
        cohort.baseline = Some(cohort.value);
    }
    assert_eq!(judged(&grounding(), &observed).status, Status::Ok, "a cohort that is always there is no news");
}

#[test]
fn burn_is_the_slower_of_both_windows_and_onset_is_for_bad_signals_only() {
    let mut observed = with_value(0.71);
    observed.burn = [(300, 20.0), (3_600, 14.9)].into();
    observed.history = history(0.88, 0.71, 35);
    let state = judged(&grounding(), &observed);
    assert_eq!(state.burn, Some(14.9));
    assert_eq!(state.onset.map(|onset| onset.at), Some(ago(35 * 60)));
    observed.sample = Ok(Sample { value: 0.88, n: None, at: ago(6) });
    assert_eq!(judged(&grounding(), &observed).onset, None);
    observed.burn.remove(&300);
    assert_eq!(judged(&grounding(), &observed).burn, None, "one window alone is not sustained");
}

fn any_observed() -> impl Strategy<Value = Observed> {
    let sample = (0.0f64..2.0, proptest::option::of(0.0f64..200.0), 0i64..100);
    (sample, any::<bool>(), proptest::option::of(0.0f64..2.0)).prop_map(|((value, n, age), fails, median)| {
        let mut observed = observed(0.88);
        let sample = Sample { value, n, at: ago(age) };
        observed.sample = if fails { Err(timeout()) } else { Ok(sample) };
        observed.last = fails.then_some(sample);
        observed.baseline = median.map(|median| Baseline { median, spread: 0.01, points: 99 });
        observed
    })
}

fn any_spec() -> impl Strategy<Value = SignalSpec> {
    let limit = proptest::sample::select(vec!["", "> 1.5", "< 0.5", "> 2x", "< 0.5x or > 3x", "> 1 or < 0.2x"]);
    (limit.clone(), limit, proptest::option::of(1.0f64..150.0)).prop_map(|(warn, crit, min_samples)| SignalSpec {
        min_samples,
        ..spec("s", "quality", "ratio", Better::Band, warn, crit)
    })
}

proptest! {
    #[test]
    fn removing_data_never_turns_a_signal_green(spec in any_spec(), full in any_observed(), what in 0usize..5) {
        let mut less = full.clone();
        match what {
            0 => { less.sample = Err(timeout()); less.last = None; }
            1 => less.baseline = None,
            2 => if let Ok(sample) = &mut less.sample { sample.at = ago(now().duration_since(sample.at).as_secs() + 40); },
            3 => if let Ok(sample) = &mut less.sample { sample.n = sample.n.map(|n| n / 2.0); },
            _ => less.sample = Err(timeout()),
        }
        let (before, after) = (judged(&spec, &full), judged(&spec, &less));
        prop_assert!(after.status != Status::Ok || before.status == Status::Ok, "{:?} became OK", before.status);
        prop_assert!(!after.usable || before.usable);
    }

    #[test]
    fn what_is_not_measured_fresh_and_adequate_is_never_green(spec in any_spec(), observed in any_observed()) {
        let state = judged(&spec, &observed);
        let age = state.age_s.unwrap_or(f64::MAX);
        let few = state.sample.and_then(|s| s.n).zip(spec.min_samples).is_some_and(|(n, needed)| n < needed);
        if age > 30.0 || few {
            prop_assert!(state.status.is_blind() && state.cause.is_some(), "{:?}", state.status);
        }
        prop_assert!(state.status == Status::Ok || state.cause.is_some(), "every other status says why");
    }
}

#[test]
fn what_only_our_lever_moves_away_from_normal_is_contained_and_never_green_and_bad_stays_bad() {
    let share = spec("fallback_share", "provider", "ratio", Better::Lower, "> 1", "> 1");
    let moved = Ours { moves: Some("assistant (off)"), ..Ours::default() };
    let look = |spec: &SignalSpec, value: f64, ours: Ours<'_>| {
        let mut observed = observed(0.0);
        observed.sample = Ok(Sample { value, n: None, at: ago(6) });
        judge(&Arc::new(spec.clone()), &observed, ours, now())
    };
    let state = look(&share, 1.0, moved);
    assert_eq!(
        (state.status, state.cause.as_deref()),
        (Status::Contained, Some("far from normal because of assistant (off)"))
    );
    assert_eq!(look(&share, 0.0, moved).status, Status::Ok, "back at its normal value: nothing is contained");
    let probe = spec("primary_probe_error", "provider", "ratio", Better::Lower, "> 0.02", "> 0.1");
    assert_eq!(look(&probe, 0.5, moved).status, Status::Crit);
}
