//! Which values a unit can have at all. A value outside is a defect of what measures, and must never look green.
//! May not know limits: whether a possible value is good is `judge`'s business.

/// Shares of two windows that a server extrapolates apart can exceed the whole a little.
const SHARE_SLACK: f64 = 0.05;
/// Rounding.
const SLACK: f64 = 1e-9;
/// Larger than anything that anybody counts.
const LARGEST: f64 = 1e18;

/// Units of amounts, which cannot be less than nothing. What may be negative (days left, scores, units of one's own)
/// is not among them.
const AMOUNTS: [&str; 21] = [
    "s",
    "ms",
    "req/s",
    "tokens/s",
    "tokens",
    "requests",
    "bytes",
    "calls",
    "USD",
    "USD/h",
    "USD per 1k tokens",
    "count",
    "runs",
    "1/min",
    "1/h",
    "1/s",
    "steps",
    "agents",
    "documents",
    "PSI",
    "cosine distance",
];

fn bounds(unit: &str) -> (f64, f64) {
    match unit {
        "ratio" => (0.0, 1.0 + SHARE_SLACK),
        "0/1" => (0.0, 1.0),
        unit if unit.starts_with("level 0-3") => (0.0, 3.0),
        unit if AMOUNTS.contains(&unit) => (0.0, LARGEST),
        _ => (-LARGEST, LARGEST),
    }
}

/// True if something measured in this unit can have this value.
pub(super) fn is_possible(unit: &str, value: f64) -> bool {
    let (least, most) = bounds(unit);
    value >= least - SLACK && value <= most + SLACK
}

/// What is possible, in words.
pub(super) fn words(unit: &str) -> String {
    match unit {
        "ratio" => "a share lies between 0 and 1".to_owned(),
        "0/1" => "it is 0 or 1".to_owned(),
        unit if unit.starts_with("level 0-3") => "a level lies between 0 and 3".to_owned(),
        unit if AMOUNTS.contains(&unit) => format!("{unit} cannot be negative, nor without end"),
        _ => "no unit reaches that far".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_cannot_be_is_not_possible_and_edges_are() {
        for (unit, value) in
            [("ratio", 7.0), ("ratio", -3.0), ("s", -5.0), ("count", -1.0), ("own", -1e308), ("0/1", 2.0)]
        {
            assert!(!is_possible(unit, value), "{unit} {value}");
        }
        assert!(!is_possible("own", f64::NAN));
        for (unit, value) in
            [("ratio", 1.0), ("ratio", 1.01), ("s", 0.0), ("days", -3.0), ("score", -40.0), ("own", -8.0)]
        {
            assert!(is_possible(unit, value), "{unit} {value}");
        }
    }
}
