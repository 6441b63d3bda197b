//! The miniature product: what it emits at any instant, from time, levers, scenario and seed alone.
//! Keeps no state and reads no clock: every value of the last week can be computed again.

mod levels;
mod series;

pub use levels::{Levels, blend};

use levels::Upstream;
pub use series::{Kind, SCRAPE, Series, all};

use super::physics::{self, Pace, Seconds};
use super::scenario::Scenario;
use super::timeline::{Settings, Timeline};

/// How far back the product has a past.
pub const PAST: Seconds = 8.0 * physics::DAY;

/// The stream of chance that gives the hour at which a story begins.
const HOUR: u64 = 0xDA1;
/// Share of requests that remain when nobody uses the assistant: suites and probes of the public path.
const TRICKLE: f64 = 0.02;
/// Share of answers that the cache can give when it is switched on.
const CACHEABLE: f64 = 0.6;
/// People notice trouble later than machines do, and forget it sooner than they noticed.
const PEOPLE: Pace = Pace { rise: 420.0, fall: 5.0 };

/// How strong a scenario's trouble is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trouble {
    /// As it is at its origin, 0..=1.
    pub present: f64,
    /// As fresh answers show it, 0..=1: less where answers come from the cache, since those were made before it.
    pub live: f64,
    /// As people feel it, 0..=1.
    pub felt: f64,
}

/// The product.
#[derive(Debug, Clone)]
pub struct Product {
    /// Seed of all noise.
    pub seed: u64,
    /// What is wrong with it.
    pub scenario: &'static Scenario,
    /// When the trouble began.
    pub fault_at: Seconds,
    /// When the sandbox was started.
    pub started_at: Seconds,
    /// Where its levers stood.
    pub timeline: Timeline,
}

impl Product {
    /// The mean levels at an instant.
    #[must_use]
    pub fn levels(&self, at: Seconds) -> Levels {
        let served = self.timeline.served(at);
        let mut levels = Levels {
            conversations: Levels::ORDINARY.conversations * physics::daily(self.story(at)),
            ..Levels::ORDINARY
        };
        levels.assistant_share = served.assistant_share;
        levels.primary_share = served.primary_share;
        levels.cached_share = if served.cached_answers { CACHEABLE } else { 0.0 };
        let trouble = self.trouble(at, &levels);
        (self.scenario.bend)(&mut levels, trouble);
        route(&mut levels);
        pull(&mut levels, &served);
        levels
    }

    /// The instant in the story, whatever the wall clock says: the same seed begins at the same hour of the same day.
    #[must_use]
    pub fn story(&self, at: Seconds) -> Seconds {
        at - self.started_at + 3_600.0 * (24.0 * physics::chance(self.seed, HOUR)).floor()
    }

    fn trouble(&self, at: Seconds, levels: &Levels) -> Trouble {
        let fresh = 1.0 - levels.cached_share;
        let present = physics::follow(self.targets(), self.scenario.pace, at);
        let felt = physics::follow(self.targets(), PEOPLE, at) * fresh * levels.assistant_share;
        Trouble { present, live: present * fresh, felt }
    }

    /// Requests per second to the assistant itself.
    #[must_use]
    pub fn requests(levels: &Levels) -> f64 {
        levels.conversations * levels.assistant_share.max(TRICKLE)
    }

    /// Where the trouble tends, as steps: none before the fault, then what the served settings leave of it.
    fn targets(&self) -> impl Iterator<Item = (Seconds, f64)> {
        let target = self.scenario.target;
        let onset = std::iter::once((self.fault_at, target(&self.timeline.served(self.fault_at))));
        let later =
            self.timeline.steps().filter(|(from, _)| *from > self.fault_at).map(move |(from, s)| (from, target(&s)));
        std::iter::once((f64::NEG_INFINITY, 0.0)).chain(onset).chain(later)
    }
}

/// The mix of the two providers shows in latency.
fn route(levels: &mut Levels) {
    let mixed = blend(levels.secondary.slowness, levels.primary.slowness, levels.primary_share);
    levels.slow_down(mixed);
    levels.eval_match = blend(levels.eval_match * 0.975, levels.eval_match, levels.primary_share);
}

/// What the levers themselves do, wanted and unwanted.
fn pull(levels: &mut Levels, served: &Settings) {
    if served.strict {
        levels.filter_block *= 1.35;
        levels.refusal *= 1.3;
        levels.benign_pass -= 0.009;
        levels.completion *= 0.985;
    }
    if served.reduced_context {
        levels.input_tokens *= 0.85;
        levels.latency_p50 *= 0.94;
        levels.latency_p95 *= 0.93;
        levels.eval_match *= 0.985;
        levels.grounding = levels.grounding.map(|score| score * 0.993);
    }
    if served.cached_answers {
        levels.latency_p50 *= 0.55;
        levels.completion *= 0.98;
        levels.escalation *= 1.06;
    }
    // The help form is slower help: a kill switch has a price, and the business layer shows it.
    let away = 1.0 - levels.assistant_share;
    levels.escalation *= 1.0 + 0.2 * away;
    levels.completion *= 1.0 - 0.035 * away;
    levels.queue *= 0.3 + 0.7 * levels.assistant_share;
    if levels.assistant_share < TRICKLE {
        // Whoever still asks gets the fallback text: quick, and never wrong.
        levels.slow_down(0.4);
        levels.block_pass = 1.0;
    }
}

/// Upstream attempts per request, with the retries that failing calls cause, and the share of requests that fail in the end.
#[must_use]
pub fn attempts_and_failures(levels: &Levels) -> (f64, f64) {
    let failing = |upstream: Upstream| (upstream.errors + upstream.timeouts).min(1.0);
    let failed = blend(failing(levels.secondary), failing(levels.primary), levels.primary_share);
    // One retry, with the same provider.
    let attempts = 1.0 + failed;
    let answered = if levels.assistant_share < TRICKLE { 0.0 } else { 1.0 - levels.cached_share };
    (attempts, failed * blend(failed, 1.0, 0.45) * answered)
}

#[cfg(test)]
mod tests;
