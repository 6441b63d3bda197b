//! The restore gate as a fold over a night: what holds it shut, what opens it, what never may.

use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::domain::action::{ActionKind, Destination};
use crate::domain::cause::Fault;
use crate::domain::change::ChangeKind;
use crate::domain::entry::{Entry, Happening, Intent};
use crate::domain::fixture::{self, World, ago, now};
use crate::domain::lever::{LeverReading, LeverSpec, LeverState, Revision, forms};
use crate::domain::sample::Sample;
use crate::domain::status::Status;
use crate::domain::suite::{SuiteOutcome, SuiteSpec, tests as suites};

/// The kill switch was thrown half an hour ago, while grounding was bad; everything is well now.
struct Night {
    world: World,
    entries: Vec<Entry>,
}

fn reading(setting: Setting) -> LeverReading {
    LeverReading { setting, revision: Revision::None, raw: String::new(), read_at: ago(5), set_by: None, set_at: None }
}

fn switch(id: &str, kind: ActionKind, affects: &[&str]) -> (LeverSpec, crate::domain::action::ActionSpec) {
    let lever = LeverSpec {
        id: id.parse().expect("id"),
        from: "flags".parse().expect("id"),
        target: forms::UNLEASH_FLAG.at([("flag", id), ("environment", "production")]),
        normal: Some(Setting::Switch(true)),
        contained: Some(Setting::Switch(false)),
        change_kind: ChangeKind::Flag,
    };
    let action = crate::domain::action::ActionSpec {
        id: format!("contain-{id}").parse().expect("id"),
        kind,
        key: None,
        title: id.to_owned(),
        lever: lever.id.clone(),
        alternative: None,
        by_hand: None,
        users_see: None,
        scope: crate::domain::action::Scope::default(),
        effect_of_kind: false,
        to: Destination::Contained,
        affects: affects.iter().map(|name| (*name).to_owned()).collect(),
        effect: None,
        recovery: None,
        review_after: Duration::from_hours(4),
        fallback: Vec::new(),
        tier: None,
    };
    (lever, action)
}

impl Night {
    fn contained() -> Self {
        let mut night = Self { world: World::well(), entries: Vec::new() };
        night.world.catalogue.suites = vec![Arc::new(suites::spec(1.0, 10))];
        night.contain("assistant", ActionKind::KillFeature, &["quality"], 1_800, &["grounding"]);
        night
    }

    fn write(&mut self, seconds_ago: i64, what: Happening) {
        let seq = self.entries.len() as u64 + 1;
        let at = ago(seconds_ago);
        self.entries.push(Entry { seq, at, who: "ana".into(), host: "laptop".into(), incident: None, what });
    }

    fn contain(&mut self, id: &str, kind: ActionKind, affects: &[&str], seconds_ago: i64, bad: &[&str]) {
        let (lever, action) = switch(id, kind, affects);
        let run = format!("0198c0de-0000-7000-8000-{:012}", self.entries.len());
        let intent = Intent {
            action: action.id.clone(),
            action_kind: kind,
            lever: lever.id.clone(),
            prior: reading(Setting::Switch(true)),
            after: Setting::Switch(false),
            bad_before: bad.iter().map(|name| (*name).to_owned()).collect(),
            ..fixture::intent(&fixture::plan(), &run)
        };
        let state = LeverState {
            id: lever.id.clone(),
            reading: Ok(reading(Setting::Switch(false))),
            last: None,
            versions: Vec::new(),
        };
        self.world.observed.levers.insert(lever.id.clone(), state);
        self.world.catalogue.levers.push(lever);
        self.world.catalogue.actions.push(action);
        self.write(seconds_ago, Happening::Intended(Box::new(intent)));
    }

    fn smoke(&mut self, passed: u32, n: u32, seconds_ago: i64) {
        let spec: Arc<SuiteSpec> = Arc::clone(&self.world.catalogue.suites[0]);
        let outcome: SuiteOutcome = suites::outcome(&spec, passed, n, ago(seconds_ago));
        self.write(seconds_ago, Happening::SuiteRan(Box::new(outcome)));
    }

    fn watch(&mut self, seconds_ago: i64) {
        self.write(seconds_ago, Happening::WatchBegan { lever: "assistant".parse().expect("id"), bad: Vec::new() });
    }

    /// Suites passed a minute ago, and the watch has lasted sixteen minutes.
    fn ready() -> Self {
        let mut night = Self::contained();
        night.smoke(20, 20, 60);
        night.watch(960);
        night
    }

    fn report_of(&self, lever: &str) -> Report {
        let ledger = Ledger::fold(&self.entries);
        let mut world = self.world.clone();
        world.observed.ours = ledger.ours();
        let snapshot = world.snapshot();
        let known = Known { catalogue: &world.catalogue, ledger: &ledger, snapshot: &snapshot, now: now() };
        judge(&known, &lever.parse().expect("id"), None)
    }

    fn report(&self) -> Report {
        self.report_of("assistant")
    }
}

fn line<'a>(report: &'a Report, name: &str) -> &'a Line {
    report.lines.iter().find(|line| line.name == name).unwrap_or_else(|| panic!("no {name}: {report:#?}"))
}

#[test]
fn suites_come_first_then_signals_then_the_order_and_the_watch_opens_it() {
    let report = Night::ready().report();
    assert!(report.is_open(), "{:?}", report.missing());
    let names: Vec<_> = report.lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["suite smoke", "signals", "order", "watch"]);
    assert_eq!(report.next(now()), "open");
}

#[test]
fn a_suite_that_has_not_run_ran_before_failed_or_is_old_holds_the_gate_shut() {
    let with = |passed, n, seconds_ago| {
        let mut night = Night::contained();
        night.smoke(passed, n, seconds_ago);
        night.watch(960);
        night.report()
    };
    assert_eq!(line(&Night::contained().report(), "suite smoke").standing, Standing::Open);
    assert_eq!(line(&with(20, 20, 1_801), "suite smoke").why, "ran before this was contained; run it again");
    assert_eq!(line(&with(20, 20, 1_799), "suite smoke").standing, Standing::Held);
    assert_eq!(line(&with(19, 20, 60), "suite smoke").standing, Standing::Failed);
    assert_eq!(line(&with(9, 9, 60), "suite smoke").standing, Standing::Open, "too few answers");
    for report in [with(20, 20, 1_801), with(19, 20, 60), with(9, 9, 60)] {
        assert!(!report.is_open() && !report.missing().is_empty());
        assert!(report.opens_by().starts_with("waiting alone never opens it; ask the suites"), "{}", report.opens_by());
    }
    let mut only_the_watch = Night::contained();
    only_the_watch.smoke(20, 20, 60);
    assert_eq!(only_the_watch.report().opens_by(), "wait");
}

#[test]
fn the_signals_that_fired_have_to_be_well_again_on_enough_observations() {
    let mut bad = Night::ready();
    bad.world = bad.world.since("grounding", 0.7, 3);
    assert_eq!(line(&bad.report(), "grounding").standing, Standing::Failed);
    let mut thin = Night::ready();
    thin.world.signal("grounding").sample = Ok(Sample { value: 0.88, n: Some(54.0), at: ago(6) });
    assert_eq!(line(&thin.report(), "grounding").why, "n 54 of 200 needed");
    let mut silent = Night::ready();
    silent.world = silent.world.silent("grounding", Fault::NotYet, 45);
    assert_eq!(line(&silent.report(), "grounding").standing, Standing::Open);
    for night in [bad, thin, silent] {
        assert!(!night.report().is_open());
    }
}

#[test]
fn everything_that_was_bad_when_it_was_contained_has_to_be_well_also_what_the_action_does_not_affect() {
    let mut night = Night::ready();
    for entry in &mut night.entries {
        if let Happening::Intended(intent) = &mut entry.what {
            intent.failing = vec!["provider_probe_error".parse().expect("id")];
        }
    }
    assert!(night.report().is_open(), "{:?}", night.report().missing());
    night.world = night.world.since("provider_probe_error", 0.4, 40);
    assert_eq!(line(&night.report(), "provider_probe_error").standing, Standing::Failed);
    assert!(!night.report().is_open());
}

#[test]
fn what_is_quiet_because_of_us_passes_on_suites_and_without_suites_never() {
    let mut night = Night::ready();
    night.world.signal("eval_match").sample = Err(Fault::NoData);
    assert!(night.report().is_open(), "{:?}", night.report().missing());
    night.world.catalogue.suites.clear();
    let report = night.report();
    assert_eq!(line(&report, "eval_match").standing, Standing::Open);
    assert!(!report.is_open());
}

#[test]
fn a_new_anomaly_begins_the_watch_anew_and_one_that_was_there_before_does_not() {
    let mut night = Night::ready();
    night.world = night.world.since("escalation_rate", 0.9, 2);
    let report = night.report();
    assert_eq!(report.broken.as_deref(), Some("escalation_rate went bad"));
    assert!(!report.is_open() && line(&report, "watch").why.contains("anew"));
    let mut known = Night::contained();
    known.smoke(20, 20, 60);
    let lever = "assistant".parse().expect("id");
    known.write(960, Happening::WatchBegan { lever, bad: vec!["escalation_rate".into()] });
    known.world = known.world.since("escalation_rate", 0.9, 40);
    assert!(known.report().is_open(), "{:?}", known.report().missing());
}

#[test]
fn a_value_outside_its_limits_or_a_hole_in_the_history_breaks_the_watch_even_if_nobody_looked() {
    let mut dipped = Night::ready();
    let mut points = dipped.world.signal("grounding").history.to_vec();
    points.iter_mut().filter(|point| point.at == ago(300)).for_each(|point| point.value = 0.5);
    dipped.world.signal("grounding").history = points.into();
    assert!(dipped.report().broken.is_some_and(|why| why.contains("grounding was 0.5")));
    let mut hole = Night::ready();
    let kept: Vec<_> =
        hole.world.signal("grounding").history.iter().copied().filter(|p| p.at < ago(700) || p.at > ago(400)).collect();
    hole.world.signal("grounding").history = kept.into();
    assert!(hole.report().broken.is_some_and(|why| why.contains("not measured")));
}

#[test]
fn the_widest_goes_last_and_one_at_a_time() {
    let mut night = Night::contained();
    night.contain("cache", ActionKind::ServeCache, &["error_rate"], 1_700, &[]);
    assert!(line(&night.report(), "order").why.contains("release cache first"));
    assert_eq!(line(&night.report_of("cache"), "order").standing, Standing::Held);
    let mut released = Night::contained();
    released.contain("cache", ActionKind::ServeCache, &["error_rate"], 60, &[]);
    if let Some(Happening::Intended(intent)) = released.entries.last_mut().map(|entry| &mut entry.what) {
        intent.direction = Direction::Release;
    }
    assert!(line(&released.report(), "order").why.contains("one at a time"));
}

#[test]
fn every_run_begins_all_watches_anew_and_the_state_is_a_fold_over_the_journal() {
    let mut night = Night::ready();
    assert!(night.report().is_open());
    night.contain("cache", ActionKind::Disclaimer, &["error_rate"], 30, &[]);
    assert_eq!(night.report().since, None, "the product is another one now");
    let ready = Night::ready();
    let half = Ledger::fold(&ready.entries[..2]);
    let mut resumed = half;
    ready.entries[2..].iter().for_each(|entry| resumed.apply(entry));
    assert_eq!(resumed, Ledger::fold(&ready.entries), "a process that died in the middle leaves nothing behind");
}

#[test]
fn the_grace_of_ten_minutes_is_for_mistakes_alone() {
    let record = |seconds_ago, bad: &[&str]| {
        let mut night = Night { world: World::well(), entries: Vec::new() };
        night.contain("assistant", ActionKind::KillFeature, &["quality"], seconds_ago, bad);
        Ledger::fold(&night.entries).runs.into_values().next().expect("a run")
    };
    let (off, on) = (Setting::Switch(false), Setting::Switch(true));
    let asked = |record: &RunRecord, observed| is_asked(Direction::Release, Some(record), observed, now());
    assert!(!asked(&record(599, &[]), &off));
    assert!(asked(&record(601, &[]), &off), "too late");
    assert!(asked(&record(60, &["grounding"]), &off), "it was no mistake");
    assert!(asked(&record(60, &[]), &on), "somebody else moved it");
    assert!(!is_asked(Direction::Contain, None, &on, now()), "containing is never asked");
    assert!(is_asked(Direction::Release, None, &off, now()));
}

#[test]
fn an_override_names_the_environment_and_a_reason() {
    assert_eq!(override_reason("override prod checked by hand", "prod"), Some("checked by hand"));
    assert_eq!(override_reason(" override prod: checked by hand ", "prod"), Some("checked by hand"));
    for bad in [
        "override prod",
        "override prod ok",
        "override staging checked by hand",
        "assistant prod",
        "override production is well",
        "",
    ] {
        assert_eq!(override_reason(bad, "prod"), None, "{bad:?}");
    }
}

proptest! {
    #[test]
    fn the_gate_never_opens_on_unknown_stale_low_n_or_bad(
        // With no sample at all a killed feature is quiet because of us, and its suites speak for it: that may open.
        which in 0_usize..2, kind in 0_usize..4, n in 1_u32..200, age in 31_i64..4_000,
    ) {
        let id = ["grounding", "eval_match"][which];
        let mut night = Night::ready();
        let value = night.world.signal(id).baseline.expect("known").median;
        match kind {
            0 => night.world = night.world.silent(id, Fault::NoAnswer { after: Duration::from_secs(8), received: 0 }, age),
            1 => night.world.signal(id).sample = Ok(Sample { value, n: Some(f64::from(n)), at: ago(6) }),
            2 => night.world.signal(id).sample = Ok(Sample { value, n: Some(412.0), at: ago(age) }),
            _ => night.world.signal(id).sample = Ok(Sample { value: value * 0.5, n: Some(412.0), at: ago(6) }),
        }
        let report = night.report();
        prop_assert!(!report.is_open(), "{id} {kind}: {report:?}");
    }

    #[test]
    fn nothing_bad_becomes_contained(value in 0.0_f64..0.86, traffic in 0.0_f64..2.0) {
        let mut night = Night::ready();
        night.world = night.world.since("grounding", value, 30).since("error_rate", 0.2, 30);
        night.world.signal("request_rate").sample = Ok(Sample { value: 42.0 * traffic, n: None, at: ago(6) });
        let ledger = Ledger::fold(&night.entries);
        night.world.observed.ours = ledger.ours();
        let snapshot = night.world.snapshot();
        let status = |id: &str| snapshot.signals.iter().find(|s| s.spec.id.as_str() == id).expect("wired").status;
        prop_assert!(status("grounding").is_bad() && status("error_rate").is_bad());
        prop_assert!(status("request_rate") != Status::Contained, "no action declares it");
    }

    #[test]
    fn a_hand_thrown_flag_is_a_containment_and_has_a_gate(seconds in 1_i64..100_000) {
        let mut night = Night { world: World::well(), entries: Vec::new() };
        night.contain("assistant", ActionKind::KillFeature, &["quality"], 1_800, &[]);
        night.entries.clear();
        if let Some(state) = night.world.observed.levers.values_mut().next() {
            state.reading = Ok(LeverReading { set_at: Some(ago(seconds)), set_by: Some("dana".into()), ..reading(Setting::Switch(false)) });
        }
        let snapshot = night.world.snapshot();
        prop_assert_eq!(snapshot.containments.len(), 1);
        prop_assert_eq!(snapshot.containments[0].who.as_deref(), Some("dana"));
        prop_assert!(!night.report().is_open(), "no watch has begun");
    }
}

#[test]
fn a_rolled_back_version_is_not_put_back_because_another_one_is_well() {
    let mut night = Night::ready();
    night.world.catalogue.levers[0].normal = None;
    if let Happening::Intended(intent) = &mut night.entries[0].what {
        intent.prior = reading(Setting::Pointer("42".into()));
        intent.after = Setting::Pointer("41".into());
    }
    let lever = night.world.catalogue.levers[0].id.clone();
    if let Some(state) = night.world.observed.levers.get_mut(&lever) {
        state.reading = Ok(reading(Setting::Pointer("41".into())));
    }
    let report = night.report();
    assert_eq!(line(&report, "version").standing, Standing::Failed);
    assert!(!report.is_open());
}

#[test]
fn while_another_lever_is_half_way_back_nothing_else_is_released() {
    let mut night = Night::contained();
    night.contain("tools", ActionKind::Throttle, &[], 7_200, &[]);
    let stage =
        StageOf { of: None, first: None, number: 2, total: 4, percent: 5, watch_ms: 60_000, waived: Vec::new() };
    let intent = Intent {
        lever: "tools".parse().expect("id"),
        direction: Direction::Release,
        after: Setting::Switch(false),
        stage: Some(stage),
        ..fixture::intent(&fixture::plan(), "0198c0de-0000-7000-8000-000000000099")
    };
    // Long ago: nobody watches it any more, and it still stands half-way.
    night.write(3_600, Happening::Intended(Box::new(intent)));
    let report = night.report();
    let order = line(&report, "order");
    assert_eq!(order.standing, Standing::Open);
    assert!(order.why.contains("tools is half-way back (stage 2 of 4, 5 %)"), "{}", order.why);
}

#[test]
fn a_watch_needs_its_whole_time() {
    let mut night = Night::contained();
    night.smoke(20, 20, 60);
    assert!(night.report().may_watch());
    night.watch(600);
    let report = night.report();
    assert_eq!((report.may_watch(), report.is_open()), (false, false));
    assert_eq!(report.left(now()), Some(SignedDuration::from_mins(5)));
    assert_eq!(report.next(now()), "watch 05:00 left");
}
