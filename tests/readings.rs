//! The reading adapters against the sandbox: what its own config declares can be read, in few requests' time.

#![cfg(feature = "sandbox")]
#![expect(clippy::expect_used, reason = "a test stops where the world is not as it must be")]

use std::collections::BTreeMap;
use std::sync::Arc;

use breakglass::adapters::{Adapter, Window, build::build};
use breakglass::clock;
use breakglass::config::{self, Config};
use breakglass::domain::endpoint::Vendor;
use breakglass::domain::ids::EndpointId;
use breakglass::domain::signal::SignalSpec;
use breakglass::sandbox::Sandbox;
use jiff::{SignedDuration, Timestamp};

/// A running sandbox with its config and the adapters of its reading endpoints.
struct World {
    _sandbox: Sandbox,
    config: Config,
    adapters: BTreeMap<EndpointId, Adapter>,
}

async fn world(scenario: &str) -> World {
    let sandbox = Sandbox::start(scenario, 7).await.expect("a sandbox");
    let config = config::load_text("sandbox", sandbox.config_text()).expect("a valid config");
    let reads = |vendor| matches!(vendor, Vendor::Prometheus | Vendor::Http | Vendor::Statuspage);
    let readers = config.endpoints.iter().filter(|endpoint| reads(endpoint.vendor));
    let adapters = readers.map(|endpoint| (endpoint.id.clone(), build(endpoint))).collect();
    World { _sandbox: sandbox, config, adapters }
}

impl World {
    /// Signals by the endpoint that they are read from.
    fn signals(&self) -> BTreeMap<&EndpointId, Vec<Arc<SignalSpec>>> {
        let mut by_endpoint: BTreeMap<&EndpointId, Vec<Arc<SignalSpec>>> = BTreeMap::new();
        for signal in &self.config.catalogue.signals {
            let from = signal.from.as_ref().expect("a source");
            by_endpoint.entry(from).or_default().push(Arc::clone(signal));
        }
        by_endpoint
    }
}

/// Whole, aligned slots of the last hours.
fn window(hours: i64, step: u32) -> Window {
    let floor = |at: Timestamp| at.as_second() / i64::from(step) * i64::from(step);
    let at = |second| Timestamp::from_second(second).expect("a time");
    let end = clock::now();
    Window { start: at(floor(end - SignedDuration::from_hours(hours))), end: at(floor(end)), step }
}

#[tokio::test]
async fn every_signal_of_the_sandbox_has_a_value_in_every_scenario() {
    for (scenario, _) in breakglass::sandbox::SCENARIOS {
        let world = world(scenario).await;
        for (endpoint, signals) in world.signals() {
            let readings = world.adapters[endpoint].readings.as_ref().expect("readings");
            let found = readings.poll(&signals, clock::now()).await;
            assert_eq!(found.len(), signals.len());
            for (reading, signal) in found.iter().zip(&signals) {
                assert_eq!(reading.signal, signal.id);
                assert!(reading.sample.is_ok(), "{scenario}: {}: {:?}", signal.id, reading.sample);
                let cohorts_wanted = signal.query.cohorts.is_some();
                assert_eq!(!reading.cohorts.is_empty(), cohorts_wanted, "{scenario}: cohorts of {}", signal.id);
            }
        }
    }
}

#[tokio::test]
async fn history_and_burn_rates_come_for_what_prometheus_keeps() {
    let world = world("quiet").await;
    for (endpoint, signals) in world.signals() {
        let adapter = &world.adapters[endpoint];
        let readings = adapter.readings.as_ref().expect("readings");
        let vendor = world.config.endpoints.iter().find(|one| one.id == *endpoint).expect("declared").vendor;
        if vendor != Vendor::Prometheus {
            continue;
        }
        let window = window(2, 30);
        for (points, signal) in readings.history(&signals, window).await.into_iter().zip(&signals) {
            let points = points.expect("history");
            assert!(points.len() > 200, "{}: {} points", signal.id, points.len());
            assert!(points.is_sorted_by_key(|point| point.at));
            assert!(points.iter().all(|point| point.at >= window.start && point.at <= window.end));
        }
        let wanted = signals.iter().filter(|signal| signal.query.slo.is_some()).count();
        let burns = readings.burn(&signals, clock::now()).await;
        assert!(wanted > 0 && burns.len() == wanted);
        assert!(burns.iter().all(|burn| burn.rates.len() == 4), "{burns:?}");
    }
}

#[tokio::test]
async fn every_feed_of_the_reading_endpoints_answers_newest_first() {
    let world = world("provider-outage").await;
    let since = clock::now() - SignedDuration::from_hours(24 * 7);
    let mut asked = 0;
    for feed in &world.config.feeds {
        let Some(adapter) = world.adapters.get(&feed.from) else { continue };
        let changes = adapter.changes.as_ref().expect("changes").since(feed, since).await;
        let changes = changes.expect("an answer");
        assert!(changes.is_sorted_by_key(|change| std::cmp::Reverse(change.at)), "{}", feed.id);
        assert!(changes.iter().all(|change| change.at >= since && !change.what.is_empty()));
        asked += 1;
    }
    assert!(asked > 0, "the sandbox declares no feed of a reading endpoint");
}
