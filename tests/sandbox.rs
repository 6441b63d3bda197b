//! The sandbox through our own adapters: every signal of its config has a value, a week of history and a burn rate where
//! declared; every change feed tells of its change; a containment shows in the readings while we watch.
#![cfg(feature = "sandbox")]
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why and stops")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use breakglass::adapters::build::build;
use breakglass::adapters::{Adapter, Window};
use breakglass::clock;
use breakglass::config::{Config, load_text};
use breakglass::domain::change::{Change, ChangeKind};
use breakglass::domain::ids::EndpointId;
use breakglass::domain::lever::Setting;
use breakglass::domain::sample::Reading;
use breakglass::domain::signal::SignalSpec;
use breakglass::sandbox::{SCENARIOS, Sandbox};
use jiff::SignedDuration;

struct Lab {
    sandbox: Sandbox,
    config: Config,
}

impl Lab {
    async fn start(scenario: &str) -> Self {
        let sandbox = Sandbox::start(scenario, 11).await.expect("starts");
        let config = load_text("sandbox.toml", sandbox.config_text()).unwrap_or_else(|problems| panic!("{problems}"));
        Self { sandbox, config }
    }

    fn adapter(&self, id: &EndpointId) -> Adapter {
        build(self.config.endpoints.iter().find(|endpoint| endpoint.id == *id).expect("declared"))
    }

    async fn poll(&self) -> Vec<Reading> {
        let mut readings = Vec::new();
        for endpoint in &self.config.endpoints {
            let signals: Vec<_> = self
                .config
                .catalogue
                .signals
                .iter()
                .filter(|s| s.from.as_ref() == Some(&endpoint.id))
                .cloned()
                .collect();
            if let Some(source) = self.adapter(&endpoint.id).readings.filter(|_| !signals.is_empty()) {
                readings.extend(source.poll(&signals, clock::now()).await);
            }
        }
        readings
    }

    async fn value(&self, id: &str) -> f64 {
        let readings = self.poll().await;
        let reading = readings.iter().find(|reading| reading.signal.as_str() == id).expect("wired");
        reading.sample.as_ref().unwrap_or_else(|fault| panic!("{id}: {fault}")).value
    }

    async fn changes(&self) -> Vec<Change> {
        let since = clock::now() - SignedDuration::from_hours(24);
        let mut changes = Vec::new();
        for feed in &self.config.feeds {
            let source = self.adapter(&feed.from).changes.expect("a feed");
            changes.extend(source.since(feed, since).await.unwrap_or_else(|fault| panic!("{}: {fault}", feed.id)));
        }
        changes
    }
}

#[tokio::test]
async fn every_signal_of_every_scenario_has_a_value() {
    for (scenario, _) in SCENARIOS {
        let lab = Lab::start(scenario).await;
        let readings = lab.poll().await;
        assert_eq!(readings.len(), lab.config.catalogue.signals.len());
        for reading in readings {
            assert!(reading.sample.is_ok(), "{scenario}: {}: {:?}", reading.signal, reading.sample);
        }
    }
}

#[tokio::test]
async fn grounding_names_its_cohorts_with_their_counts() {
    let lab = Lab::start("prompt-regression").await;
    let readings = lab.poll().await;
    let grounding = readings.iter().find(|reading| reading.signal.as_str() == "grounding").expect("wired");
    assert_eq!(grounding.cohorts.len(), 4);
    assert!(grounding.cohorts.iter().all(|cohort| cohort.n.is_some_and(|n| n > 0.0)), "{:?}", grounding.cohorts);
}

#[tokio::test]
async fn a_week_of_history_and_every_burn_rate_come_in_time_for_a_launch() {
    let lab = Lab::start("prompt-regression").await;
    let source = lab.adapter(&"metrics".parse().expect("valid")).readings.expect("readings");
    let from_metrics = |s: &&Arc<SignalSpec>| s.from.as_ref().is_some_and(|from| from.as_str() == "metrics");
    let signals: Vec<_> = lab.config.catalogue.signals.iter().filter(from_metrics).cloned().collect();
    let end = clock::now();
    let window = Window { start: end - SignedDuration::from_hours(7 * 24), end, step: 600 };
    let started = started();
    for (signal, points) in signals.iter().zip(source.history(&signals, window).await) {
        let points = points.unwrap_or_else(|fault| panic!("{}: {fault}", signal.id));
        assert!(points.len() >= 1_008, "{}: {} points", signal.id, points.len());
    }
    println!("a week of {} signals took {:?}", signals.len(), started.elapsed());
    let burns = source.burn(&signals, end).await;
    let grounding = burns.iter().find(|burn| burn.signal.as_str() == "grounding").expect("has an slo");
    assert_eq!(grounding.rates.len(), 4, "{grounding:?}");
    assert!(grounding.rates[0].1 > 2.0, "the last five minutes burn: {grounding:?}");
    assert!(grounding.rates[3].1 < grounding.rates[0].1, "the last six hours burn less: {grounding:?}");
}

#[tokio::test]
async fn each_scenario_tells_of_its_own_change_and_of_the_decoys() {
    let own = [
        ("prompt-regression", ChangeKind::Prompt),
        ("provider-outage", ChangeKind::Provider),
        ("latency-spike", ChangeKind::Deploy),
        ("pii-leak", ChangeKind::Guardrail),
    ];
    for (scenario, kind) in own {
        let lab = Lab::start(scenario).await;
        let changes = lab.changes().await;
        let recent = |change: &&Change| clock::now().duration_since(change.at) < SignedDuration::from_mins(60);
        let kinds: Vec<_> = changes.iter().filter(recent).map(|change| change.kind).collect();
        assert_eq!(kinds, [kind], "{scenario}");
        let decoys: BTreeSet<_> = changes.iter().filter(|c| !recent(c)).map(|c| c.kind).collect();
        assert!(decoys.is_superset(&[ChangeKind::Flag, ChangeKind::Index].into()), "{scenario}: {decoys:?}");
    }
}

#[tokio::test]
async fn the_prompt_change_brings_both_texts() {
    let changes = Lab::start("prompt-regression").await.changes().await;
    let prompt = changes.iter().find(|change| change.kind == ChangeKind::Prompt).expect("changed");
    assert_eq!((prompt.what.as_str(), prompt.who.as_deref()), ("support v41 → v42", Some("dana")));
    let (before, after) = (prompt.before.as_deref().expect("text"), prompt.after.as_deref().expect("text"));
    assert!(before.contains("only from the passages") && !after.contains("only from the passages"));
}

#[tokio::test]
async fn every_lever_reads_as_its_normal_setting() {
    let lab = Lab::start("quiet").await;
    for lever in &lab.config.catalogue.levers {
        let levers = lab.adapter(&lever.from).levers.expect("levers");
        let reading = levers.read(&lever.target).await.unwrap_or_else(|fault| panic!("{}: {fault}", lever.id));
        match &lever.normal {
            Some(normal) => assert!(reading.setting.same(normal), "{}: {}", lever.id, reading.setting),
            None => assert!(matches!(reading.setting, Setting::Pointer(_)), "{}: {}", lever.id, reading.setting),
        }
    }
}

#[tokio::test]
async fn a_dropped_sandbox_answers_no_more() {
    let lab = Lab::start("quiet").await;
    assert!(lab.value("request_rate").await > 0.0);
    let Lab { sandbox, config } = lab;
    drop(sandbox);
    let source = build(&config.endpoints[0]).readings.expect("readings");
    let deadline = started() + Duration::from_secs(5);
    loop {
        let readings = source.poll(&config.catalogue.signals[..1], clock::now()).await;
        if readings[0].sample.is_err() {
            break;
        }
        assert!(started() < deadline, "still answering");
        tokio::task::yield_now().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a test measures how long it waits")]
fn started() -> Instant {
    Instant::now()
}
