//! Polling: one task per endpoint for readings, one per change feed, one per lever. Jittered, backed off, never overlapping;
//! a hung endpoint delays nobody else. May not judge what it hears.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};

use super::board::{TREND, TREND_STEP, Update};
use crate::adapters::{Changes, Levers, Readings, Window};
use crate::clock;
use crate::domain::baseline;
use crate::domain::endpoint::{EndpointSpec, FeedSpec};
use crate::domain::lever::{LeverSpec, LeverState};
use crate::domain::sample::Reading;
use crate::domain::signal::SignalSpec;

/// Baselines look this far back.
const BASELINE_REACH: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Seconds between two points of the baseline's history: 12 points per day within an hour of the same hour.
const BASELINE_STEP: u32 = 600;
/// Baselines are fetched again after this.
const BASELINE_LIFE: Duration = Duration::from_hours(1);
/// Longest pause after repeated failures.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// Change feeds are asked this far back.
const CHANGES_REACH: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What every polling task needs.
#[derive(Clone)]
pub struct Poller {
    /// Where answers go.
    pub updates: mpsc::Sender<Update>,
    /// Moves when a person (or the runner) wants everything asked now.
    pub refresh: watch::Receiver<u64>,
    /// This process's own place within every interval. All its polls share it, so that they wake it once and make one
    /// picture; other processes have another, so that servers are not asked by all at once.
    pub phase: Duration,
}

impl Poller {
    /// Polls the signals of one endpoint until the engine is gone.
    pub async fn readings(mut self, source: Arc<dyn Readings>, spec: EndpointSpec, signals: Vec<Arc<SignalSpec>>) {
        let backfill = tokio::spawn(backfill(self.updates.clone(), Arc::clone(&source), spec.clone(), signals.clone()));
        let with_slo: Vec<_> = signals.iter().filter(|s| s.query.slo.is_some()).cloned().collect();
        let mut failures = 0;
        loop {
            let started = clock::since_boot();
            let at = clock::now();
            let readings = source.poll(&signals, at).await;
            let took = clock::since_boot().saturating_sub(started);
            failures = if all_failed(&readings) { failures + 1 } else { 0 };
            let update = Update::Readings { from: spec.id.clone(), readings, took, at, ahead: source.ahead() };
            if self.updates.send(update).await.is_err() {
                break;
            }
            if failures == 0 && !with_slo.is_empty() {
                let burns = source.burn(&with_slo, at).await;
                if self.updates.send(Update::Burn(burns)).await.is_err() {
                    break;
                }
            }
            if !self.wait(self.pause(spec.interval, failures)).await {
                break;
            }
        }
        backfill.abort();
    }

    /// Polls one change feed until the engine is gone.
    pub async fn changes(mut self, source: Arc<dyn Changes>, spec: EndpointSpec, feed: FeedSpec) {
        let mut failures = 0;
        loop {
            let started = clock::since_boot();
            let at = clock::now();
            let since = at.checked_sub(CHANGES_REACH).unwrap_or(Timestamp::MIN);
            let told = source.tell(&feed, since).await;
            let took = clock::since_boot().saturating_sub(started);
            failures = if told.changes.is_none() { failures + 1 } else { 0 };
            let update = Update::Changes { feed: feed.id.clone(), from: spec.id.clone(), told, took, at };
            if self.updates.send(update).await.is_err() || !self.wait(self.pause(spec.interval * 2, failures)).await {
                return;
            }
        }
    }

    /// Reads one lever, with its versions, until the engine is gone.
    pub async fn lever(mut self, source: Arc<dyn Levers>, spec: EndpointSpec, lever: LeverSpec) {
        let mut failures = 0;
        loop {
            let started = clock::since_boot();
            let at = clock::now();
            let (reading, versions) = tokio::join!(source.read(&lever.target), source.versions(&lever.target));
            let took = clock::since_boot().saturating_sub(started);
            failures = if reading.is_err() { failures + 1 } else { 0 };
            let state =
                LeverState { id: lever.id.clone(), reading, last: None, versions: versions.unwrap_or_default() };
            let update = Update::Lever { from: spec.id.clone(), state, took, at };
            if self.updates.send(update).await.is_err() || !self.wait(self.pause(spec.interval, failures)).await {
                return;
            }
        }
    }

    /// Until the next poll: on this process's phase while all is well, jittered and backed off after failures.
    pub(super) fn pause(&self, interval: Duration, failures: u32) -> Duration {
        if failures == 0 {
            until_phase(clock::since_boot(), interval, self.phase)
        } else {
            backed_off(interval, failures)
        }
    }

    /// Waits for the pause or a refresh; false when the engine is gone.
    pub(super) async fn wait(&mut self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = tokio::time::sleep(pause) => true,
            changed = self.refresh.changed() => changed.is_ok(),
        }
    }
}

/// Signals whose baselines are asked for together: a few requests that are in flight at the same time.
const AT_ONCE: usize = 60;

/// History at launch, then baselines, then baselines again every hour.
async fn backfill(
    updates: mpsc::Sender<Update>,
    source: Arc<dyn Readings>,
    spec: EndpointSpec,
    signals: Vec<Arc<SignalSpec>>,
) {
    let trend = source.history(&signals, window(clock::now(), TREND, TREND_STEP)).await;
    let series = signals.iter().zip(trend).filter_map(|(s, points)| Some((s.id.clone(), points.ok()?))).collect();
    if updates.send(Update::Trend { from: spec.id.clone(), series }).await.is_err() {
        return;
    }
    loop {
        let now = clock::now();
        let built = |points: Vec<_>| baseline::build(&points, now);
        let (mut baselines, mut failed) = (Vec::with_capacity(signals.len()), true);
        // A week of every signal at once would be the most memory this program ever needs.
        for some in signals.chunks(AT_ONCE) {
            let history = source.history(some, window(now, BASELINE_REACH, BASELINE_STEP)).await;
            failed &= history.iter().all(Result::is_err);
            baselines.extend(some.iter().zip(history).map(|(s, points)| (s.id.clone(), points.ok().and_then(built))));
        }
        let update = Update::Baselines { from: spec.id.clone(), baselines };
        if updates.send(update).await.is_err() {
            return;
        }
        tokio::time::sleep(if failed { LONGEST_PAUSE } else { BASELINE_LIFE }).await;
    }
}

/// A window that ends at the last whole step before `now`, so that repeated polls hit the same instants.
fn window(now: Timestamp, reach: SignedDuration, step: u32) -> Window {
    let step_s = i64::from(step);
    let end = now.as_second().div_euclid(step_s) * step_s;
    let start = end - reach.as_secs().div_euclid(step_s) * step_s;
    let at = |second| Timestamp::from_second(second).unwrap_or(now);
    Window { start: at(start), end: at(end), step }
}

fn all_failed(readings: &[Reading]) -> bool {
    !readings.is_empty() && readings.iter().all(|reading| reading.sample.is_err())
}

/// From `now` to the next instant of the interval's phase, at least half an interval away.
fn until_phase(now: Duration, interval: Duration, phase: Duration) -> Duration {
    let length = interval.as_secs_f64().max(0.001);
    let into = (now.as_secs_f64() - phase.as_secs_f64()).rem_euclid(length);
    let left = length - into;
    Duration::from_secs_f64(if left < length / 2.0 { left + length } else { left })
}

/// The interval ± 20 %; doubled with every failure in a row, up to a minute.
fn backed_off(interval: Duration, failures: u32) -> Duration {
    let longer = interval.saturating_mul(2_u32.saturating_pow(failures.min(6))).min(LONGEST_PAUSE.max(interval));
    longer.mul_f64(0.8 + 0.4 * fastrand::f64())
}

/// Groups what is declared by the endpoint it lives on.
#[must_use]
pub fn by_endpoint<T: Clone, K: Ord + Clone>(items: &[T], endpoint: impl Fn(&T) -> Option<K>) -> BTreeMap<K, Vec<T>> {
    let mut groups: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for item in items {
        if let Some(id) = endpoint(item) {
            groups.entry(id).or_default().push(item.clone());
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_aligned_and_covers_the_reach() {
        let now = Timestamp::from_second(1_000_000_030).expect("time");
        let window = window(now, TREND, 60);
        assert_eq!(window.end.as_second() % 60, 0);
        assert_eq!(window.end.as_second() - window.start.as_second(), 7_200);
        assert!(now.as_second() - window.end.as_second() < 60);
    }

    #[test]
    fn polls_of_one_process_meet_on_its_phase_and_never_follow_each_other_closely() {
        let interval = Duration::from_secs(10);
        for now in [0.0, 3.2, 7.9, 12.5, 1_000_003.7] {
            let pause =
                until_phase(Duration::from_secs_f64(now), interval, Duration::from_millis(42_500)).as_secs_f64();
            assert!((5.0..=15.0).contains(&pause), "{pause}");
            let landed = (now + pause).rem_euclid(10.0);
            assert!((landed - 2.5).abs() < 1e-3, "{landed}");
        }
    }

    #[test]
    fn pauses_grow_with_failures_and_stay_within_a_minute_and_its_jitter() {
        let base = Duration::from_secs(10);
        for _ in 0..100 {
            let once = backed_off(base, 1);
            assert!(once >= Duration::from_secs(16) && once <= Duration::from_secs(24), "{once:?}");
            assert!(backed_off(base, 9) <= Duration::from_secs(72));
        }
    }
}
