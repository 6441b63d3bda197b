//! Numbers of one run as rows of a Markdown table, and what they come to. May not measure.

use std::fmt;
use std::time::Duration;

/// Rows, in the order in which they were measured.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<[String; 5]>,
}

impl Table {
    /// Adds a row: what, the floor or limit, the cockpit, the goal, whether it is met.
    pub fn row(&mut self, what: &str, floor: impl Into<String>, cockpit: impl Into<String>, goal: &str, met: String) {
        self.rows.push([what.to_owned(), floor.into(), cockpit.into(), goal.to_owned(), met]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | floor or limit | breakglass | goal | met |\n|---|---|---|---|---|")?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}

/// `yes: 1.4 x` or `no: 3.1 x`.
#[must_use]
pub fn ratio(measured: f64, limit: f64, most: f64) -> String {
    let times = measured / limit;
    format!("{}: {times:.2} x", if times <= most { "yes" } else { "no" })
}

/// `yes` or `no`.
#[must_use]
pub fn within(measured: f64, most: f64) -> String {
    if measured <= most { "yes".to_owned() } else { format!("no: {:.1} x of it", measured / most) }
}

/// Smallest, median and largest of the values.
#[must_use]
pub fn spread(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    [at(0), at(sorted.len() / 2), at(sorted.len().saturating_sub(1))]
}

/// `3.1 / 4.1 / 6.1`.
#[must_use]
pub fn three(values: &[f64]) -> String {
    let [least, median, most] = spread(values);
    format!("{} / **{}** / {}", short(least), short(median), short(most))
}

/// Two digits that count.
#[must_use]
pub fn short(value: f64) -> String {
    if value.abs() >= 100.0 {
        format!("{value:.0}")
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// Milliseconds.
#[must_use]
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
