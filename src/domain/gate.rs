//! The restore gate: what has to be true before a containment is released. May not release anything.

use std::time::Duration;

/// What the config asks of every release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GateSpec {
    /// So long everything has to be well without a break.
    pub watch: Duration,
    /// Observations that have to stand behind each signal whose source says how many there are.
    pub n: f64,
}

impl GateSpec {
    /// Fifteen minutes, two hundred observations.
    pub const STANDARD: Self = Self { watch: Duration::from_mins(15), n: 200.0 };
}
