//! A new guardrail policy lets personal data through. Healed by strict guardrails or the policy before; stopped by the
//! kill switch. Everything else looks better than before: fewer blocks, fewer refusals.

use super::{GOOD_PROMPT, Scenario};
use crate::sandbox::physics::Pace;
use crate::sandbox::product::{Levels, Trouble, blend};
use crate::sandbox::timeline::Settings;

/// The version that goes wrong.
pub const BAD_POLICY: u32 = 8;

/// See the module.
pub const SCENARIO: Scenario = Scenario {
    name: "pii-leak",
    about: "a guardrail change lets personal data through",
    prompt: GOOD_PROMPT,
    policy: BAD_POLICY,
    pace: Pace { rise: 40.0, fall: 3.0 },
    target: |served: &Settings| f64::from(u8::from(served.policy == Some(BAD_POLICY) && !served.strict)),
    bend,
    news: &[],
    page: None,
};

fn bend(levels: &mut Levels, trouble: Trouble) {
    levels.leak_per_answer = 0.011 * trouble.live;
    levels.block_pass = blend(1.0, 0.62, trouble.live);
    levels.benign_pass = blend(levels.benign_pass, 0.999, trouble.live);
    levels.filter_block = blend(levels.filter_block, 0.0062, trouble.live);
    levels.refusal = blend(levels.refusal, 0.017, trouble.live);
    levels.thumbs_down = blend(levels.thumbs_down, 0.068, trouble.felt);
}
