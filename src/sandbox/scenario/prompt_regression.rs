//! A new prompt version gives confident wrong answers; every infrastructure graph is green.
//! Healed by pointing the alias at any other version.

use super::{GOOD_POLICY, Scenario};
use crate::sandbox::physics::Pace;
use crate::sandbox::product::{Levels, Trouble, blend};
use crate::sandbox::timeline::Settings;

/// The version that goes wrong.
pub const BAD_PROMPT: u32 = 42;

/// See the module.
pub const SCENARIO: Scenario = Scenario {
    name: "prompt-regression",
    about: "a new prompt version gives confident wrong answers; every infrastructure graph is green",
    prompt: BAD_PROMPT,
    policy: GOOD_POLICY,
    pace: Pace { rise: 150.0, fall: 4.0 },
    target: |served: &Settings| f64::from(u8::from(served.prompt == Some(BAD_PROMPT))),
    bend,
    news: &[],
    page: None,
};

fn bend(levels: &mut Levels, trouble: Trouble) {
    // The refund policy is what v42 gets wrong, and Spanish users ask about refunds most.
    let bad = [0.77, 0.755, 0.74, 0.49];
    for (score, bad) in levels.grounding.iter_mut().zip(bad) {
        *score = blend(*score, bad, trouble.live);
    }
    levels.eval_match = blend(levels.eval_match, 0.735, trouble.live);
    levels.hallucination = blend(levels.hallucination, 0.058, trouble.live);
    levels.output_tokens *= blend(1.0, 1.06, trouble.live);
    levels.escalation = blend(levels.escalation, 0.118, trouble.felt);
    levels.completion = blend(levels.completion, 0.735, trouble.felt);
    levels.thumbs_down = blend(levels.thumbs_down, 0.128, trouble.felt);
}
