//! Limits: `"> 0.05"`, `"< 0.85"`, `"> 1.8x or < 0.6x"` (x = times the baseline median).
//! May not know statuses; `signal` decides which limit means what.

use std::fmt;
use std::str::FromStr;

/// One bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// True for `>`, false for `<`.
    pub above: bool,
    /// The number written.
    pub number: f64,
    /// True if the number is a ratio to the baseline median.
    pub relative: bool,
}

/// Bounds joined by `or`. Never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits(Vec<Bound>);

impl Limits {
    /// The bounds, in the order written.
    #[must_use]
    pub fn bounds(&self) -> &[Bound] {
        &self.0
    }

    /// The bound that `value` breaks, if any. Relative bounds are skipped without a baseline median
    /// (`Err` if nothing could be compared at all).
    ///
    /// # Errors
    /// All bounds are relative and there is no usable baseline.
    pub fn broken_by(&self, value: f64, median: Option<f64>) -> Result<Option<Bound>, NoBaseline> {
        let mut compared = false;
        for bound in &self.0 {
            let Some(limit) = bound.absolute(median) else { continue };
            compared = true;
            if (bound.above && value > limit) || (!bound.above && value < limit) {
                return Ok(Some(*bound));
            }
        }
        if compared { Ok(None) } else { Err(NoBaseline) }
    }
}

/// A relative limit without a baseline: cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoBaseline;

impl Bound {
    /// The bound in the signal's unit; `None` if relative and there is no positive median.
    #[must_use]
    pub fn absolute(&self, median: Option<f64>) -> Option<f64> {
        if self.relative { median.filter(|m| *m > 0.0).map(|m| m * self.number) } else { Some(self.number) }
    }
}

impl FromStr for Limits {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bounds = text.split(" or ").map(str::trim).map(parse_bound).collect::<Result<Vec<_>, _>>()?;
        Ok(Self(bounds))
    }
}

fn parse_bound(text: &str) -> Result<Bound, String> {
    let wrong = || format!("{text:?} is no limit; write for example \"> 0.05\", \"< 0.85\" or \"> 1.8x or < 0.6x\"");
    let (above, rest) = match (text.strip_prefix('>'), text.strip_prefix('<')) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Err(wrong()),
    };
    let rest = rest.trim();
    let (number, relative) = rest.strip_suffix('x').map_or((rest, false), |n| (n, true));
    let number = number.trim().parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(wrong)?;
    Ok(Bound { above, number, relative })
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, bound) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" or ")?;
            }
            write!(f, "{bound}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.above { '>' } else { '<' };
        write!(f, "{sign} {}{}", self.number, if self.relative { "x" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_limit_without_baseline_cannot_be_judged() {
        let limits: Limits = "> 1.8x or < 0.6x".parse().expect("valid");
        assert_eq!(limits.broken_by(5.0, None), Err(NoBaseline));
        assert_eq!(limits.broken_by(5.0, Some(0.0)), Err(NoBaseline));
        assert!(matches!(limits.broken_by(5.0, Some(2.0)), Ok(Some(Bound { above: true, .. }))));
        assert!(matches!(limits.broken_by(1.0, Some(2.0)), Ok(Some(Bound { above: false, .. }))));
        assert_eq!(limits.broken_by(2.0, Some(2.0)), Ok(None));
    }

    #[test]
    fn what_is_printed_can_be_read_back_and_nonsense_is_refused() {
        for text in ["> 0.05", "< 0.85", "> 1.8x or < 0.6x"] {
            assert_eq!(text.parse::<Limits>().expect("valid").to_string(), text);
        }
        for bad in ["", "0.5", ">", "> NaN", "> inf", "= 3", "> 1 or"] {
            assert!(bad.parse::<Limits>().is_err(), "{bad:?}");
        }
    }
}
