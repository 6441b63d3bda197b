//! The primary model provider fails; its status page is late. Healed by sending traffic to the secondary.
//! Prompt, guardrails and context have nothing to do with it.

use super::{GOOD_POLICY, GOOD_PROMPT, LatePage, News, Scenario, When};
use crate::domain::change::ChangeKind;
use crate::sandbox::physics::Pace;
use crate::sandbox::product::{Levels, Trouble, blend};
use crate::sandbox::timeline::Settings;

/// See the module.
pub const SCENARIO: Scenario = Scenario {
    name: "provider-outage",
    about: "the primary model provider fails; its status page is late",
    prompt: GOOD_PROMPT,
    policy: GOOD_POLICY,
    pace: Pace { rise: 45.0, fall: 4.0 },
    // Down is down, whoever sends calls there: what heals is sending them elsewhere, and `bend` leaves that to routing.
    target: |_: &Settings| 1.0,
    bend,
    news: &[News {
        when: When::BeforeFault(180.0),
        kind: ChangeKind::Provider,
        what: "northwind: capacity migration in eu-west begins",
        who: "northwind",
    }],
    page: Some(LatePage { after: 75.0 * 60.0, title: "Elevated errors on chat completions" }),
};

fn bend(levels: &mut Levels, trouble: Trouble) {
    let hit = levels.primary_share;
    levels.primary.errors = blend(levels.primary.errors, 0.41, trouble.present);
    levels.primary.timeouts = blend(levels.primary.timeouts, 0.23, trouble.present);
    levels.primary.slowness = blend(1.0, 2.4, trouble.present);
    levels.latency_p95 *= blend(1.0, 1.6, trouble.live * hit);
    levels.latency_p99 *= blend(1.0, 1.9, trouble.live * hit);
    levels.queue *= blend(1.0, 4.5, trouble.live * hit);
    levels.escalation = blend(levels.escalation, 0.148, trouble.felt * hit);
    levels.completion = blend(levels.completion, 0.56, trouble.felt * hit);
    levels.thumbs_down = blend(levels.thumbs_down, 0.105, trouble.felt * hit);
}
