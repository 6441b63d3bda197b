//! Nothing is wrong: what a green cockpit looks like, and the control group of every property.

use super::{GOOD_POLICY, GOOD_PROMPT, Scenario};
use crate::sandbox::physics::Pace;

/// See the module.
pub const SCENARIO: Scenario = Scenario {
    name: "quiet",
    about: "nothing is wrong: what green looks like",
    prompt: GOOD_PROMPT,
    policy: GOOD_POLICY,
    pace: Pace { rise: 60.0, fall: 4.0 },
    target: |_| 0.0,
    bend: |_, _| {},
    news: &[],
    page: None,
};
