//! A deployment sends far too much context: answers take three times as long and cost twice as much.
//! Healed by the reduced-context flag; another provider or prompt is just as slow.

use super::{GOOD_POLICY, GOOD_PROMPT, News, Scenario, When};
use crate::domain::change::ChangeKind;
use crate::sandbox::physics::Pace;
use crate::sandbox::product::{Levels, Trouble, blend};
use crate::sandbox::timeline::Settings;

/// See the module.
pub const SCENARIO: Scenario = Scenario {
    name: "latency-spike",
    about: "answers take three times as long",
    prompt: GOOD_PROMPT,
    policy: GOOD_POLICY,
    pace: Pace { rise: 60.0, fall: 4.0 },
    target: |served: &Settings| f64::from(u8::from(!served.reduced_context)),
    bend,
    news: &[News {
        when: When::BeforeFault(120.0),
        kind: ChangeKind::Deploy,
        what: "support-api 5.31.0 -> 5.32.0 (retrieval: more passages per question)",
        who: "priya",
    }],
    page: None,
};

fn bend(levels: &mut Levels, trouble: Trouble) {
    let amount = trouble.live;
    // With nobody to serve there is no queue to wait in: load, not size, makes the tail.
    let load = levels.assistant_share.min(1.0);
    levels.input_tokens *= blend(1.0, 3.1, amount);
    levels.latency_p50 *= blend(1.0, 2.5, amount);
    levels.latency_p95 *= blend(1.0, 3.9, amount);
    levels.latency_p99 *= blend(1.0, 5.2, amount);
    levels.ttft_p95 *= blend(1.0, 4.3, amount);
    levels.queue *= blend(1.0, 5.0, amount * load);
    levels.primary.timeouts = blend(levels.primary.timeouts, 0.024, amount);
    levels.secondary.timeouts = blend(levels.secondary.timeouts, 0.024, amount);
    levels.retrieval_relevance = blend(levels.retrieval_relevance, 0.79, amount);
    levels.completion = blend(levels.completion, 0.755, trouble.felt);
    levels.thumbs_down = blend(levels.thumbs_down, 0.084, trouble.felt);
    levels.escalation = blend(levels.escalation, 0.085, trouble.felt);
}
