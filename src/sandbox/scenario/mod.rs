//! The scenarios: what is wrong, what bends, what heals it, and the news around it. One file each.
//! May not know servers; times are given relative to the fault or to the start.

mod latency_spike;
mod pii_leak;
mod prompt_regression;
mod provider_outage;
mod quiet;

use super::physics::{Pace, Seconds, chance};
use super::product::{Levels, Trouble};
use super::timeline::Settings;
use crate::domain::change::ChangeKind;

/// The version of the support prompt that was good.
pub const GOOD_PROMPT: u32 = 41;
/// The version of the guardrail policy that was good.
pub const GOOD_POLICY: u32 = 7;

/// From where an instant of the story is counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// Seconds before the sandbox was started.
    BeforeStart(Seconds),
    /// Seconds before the trouble began.
    BeforeFault(Seconds),
}

/// An item of the deployments feed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct News {
    /// When.
    pub when: When,
    /// What sort of change.
    pub kind: ChangeKind,
    /// One line.
    pub what: &'static str,
    /// Who.
    pub who: &'static str,
}

/// What the primary provider's status page will say, and how late.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatePage {
    /// Seconds after the trouble began.
    pub after: Seconds,
    /// Title of the incident.
    pub title: &'static str,
}

/// A scenario.
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// One line.
    pub about: &'static str,
    /// Version that the prompt's `production` alias points to at start.
    pub prompt: u32,
    /// Version that the guardrail policy's `production` alias points to at start.
    pub policy: u32,
    /// How fast the trouble comes and goes.
    pub pace: Pace,
    /// How much of the trouble the served settings leave, 0..=1.
    pub target: fn(&Settings) -> f64,
    /// What the trouble does to the product.
    pub bend: fn(&mut Levels, Trouble),
    /// Its own news.
    pub news: &'static [News],
    /// The provider's page, if the trouble is the provider's.
    pub page: Option<LatePage>,
}

impl std::fmt::Debug for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Scenario").field(&self.name).finish()
    }
}

/// Every scenario, in the order of the documentation.
pub const ALL: [&Scenario; 5] = [
    &prompt_regression::SCENARIO,
    &provider_outage::SCENARIO,
    &latency_spike::SCENARIO,
    &pii_leak::SCENARIO,
    &quiet::SCENARIO,
];

/// Names with their one line, for help and errors.
pub const LIST: [(&str, &str); 5] = [
    (prompt_regression::SCENARIO.name, prompt_regression::SCENARIO.about),
    (provider_outage::SCENARIO.name, provider_outage::SCENARIO.about),
    (latency_spike::SCENARIO.name, latency_spike::SCENARIO.about),
    (pii_leak::SCENARIO.name, pii_leak::SCENARIO.about),
    (quiet::SCENARIO.name, quiet::SCENARIO.about),
];

/// True on any day and nobody's fault: what a suspect list must not fall for.
pub const DECOYS: [News; 3] = [
    News {
        when: When::BeforeStart(7.0 * 3_600.0),
        kind: ChangeKind::Index,
        what: "help-centre index rebuilt, 2,291 documents (nightly)",
        who: "cron",
    },
    News {
        when: When::BeforeStart(21.5 * 3_600.0),
        kind: ChangeKind::Deploy,
        what: "support-web 3.18.2 -> 3.18.3",
        who: "ci",
    },
    News {
        when: When::BeforeStart(9.0 * 86_400.0),
        kind: ChangeKind::Config,
        what: "upstream timeout 10 s -> 8 s",
        who: "sam",
    },
];

impl Scenario {
    /// The scenario of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|scenario| scenario.name == name)
    }

    /// Seconds between the beginning of the trouble and the start of the sandbox: 24 to 36 minutes, by the seed.
    #[must_use]
    pub fn head_start(seed: u64) -> Seconds {
        60.0 * (24.0 + (12.0 * chance(seed, 0x5CE0)).floor())
    }
}
