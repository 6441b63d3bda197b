//! Scales: values to rows with round ticks, times to columns with round minutes. Pure arithmetic.

use jiff::Timestamp;

/// Round steps between time labels, in minutes.
const TIME_STEPS: [i64; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 10_080];
/// Columns that a time label needs with its air.
const LABEL_ROOM: u16 = 12;

/// The vertical scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueAxis {
    low: f64,
    high: f64,
    step: f64,
}

impl ValueAxis {
    /// A scale over `(low, high)` with a little air, and a tick at round values about every second row.
    pub fn over((low, high): (f64, f64), rows: u16) -> Self {
        let least = (0.02 * low.abs().max(high.abs())).max(1e-9);
        let (low, high) = if high - low < least { (low - least / 2.0, high + least / 2.0) } else { (low, high) };
        let wanted = f64::from((rows.saturating_add(2) / 2).clamp(2, 6));
        let step = round_step((high - low) / wanted);
        let air = 0.04 * (high - low);
        Self { low: low - air, high: high + air, step }
    }

    /// Round values on the scale, from the top.
    pub fn ticks(&self) -> impl Iterator<Item = f64> + '_ {
        let highest = (self.high / self.step).floor() * self.step;
        (0..32u32)
            .map(move |n| highest - f64::from(n) * self.step)
            .take_while(|tick| *tick >= self.low)
            .map(|tick| if tick.abs() < self.step / 1e6 { 0.0 } else { tick })
    }

    /// True if the value is on the scale.
    pub fn holds(&self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }

    /// Row of a value, 0 at the top, clamped to the scale: the row that holds its dot of the line.
    pub fn row(&self, value: f64, rows: u16) -> u16 {
        self.place(value, rows.saturating_mul(4)) / 4
    }

    /// Position of a value among `places` equal places from the top, clamped.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the places before the cast"
    )]
    pub fn place(&self, value: f64, places: u16) -> u16 {
        let last = f64::from(places.saturating_sub(1));
        let share = ((self.high - value) / (self.high - self.low)).clamp(0.0, 1.0);
        (share * last).round() as u16
    }
}

/// 1, 2, 2.5 or 5 times a power of ten, not less than `least`.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= least * 0.999).unwrap_or(least)
}

/// The horizontal scale.
#[derive(Debug, Clone, Copy)]
pub struct TimeAxis {
    /// Left end.
    pub from: Timestamp,
    /// Right end.
    pub to: Timestamp,
    /// Columns of the plot.
    pub columns: u16,
}

impl TimeAxis {
    /// Column of an instant; `None` outside the window.
    pub fn column(&self, at: Timestamp) -> Option<u16> {
        self.place(at, self.columns)
    }

    /// Position of an instant among `places` equal places; `None` outside the window.
    pub fn place(&self, at: Timestamp, places: u16) -> Option<u16> {
        let whole = self.to.duration_since(self.from).as_millis();
        let part = at.duration_since(self.from).as_millis();
        if whole <= 0 || part < 0 || part > whole || places == 0 {
            return None;
        }
        u16::try_from(part * i128::from(places) / whole).ok().map(|place| place.min(places - 1))
    }

    /// `01:30`, `02:00`, … at their columns, as many as fit.
    pub fn labels(&self) -> Vec<(u16, String)> {
        let window = self.to.duration_since(self.from).as_secs();
        let fits = i64::from((self.columns / LABEL_ROOM).max(1));
        let step =
            TIME_STEPS.iter().map(|minutes| minutes * 60).find(|step| window / step <= fits).unwrap_or(window + 1);
        let days = step >= 86_400;
        let first = (self.from.as_second().div_euclid(step) + 1) * step;
        (0..64)
            .map_while(|n| Timestamp::from_second(first + n * step).ok())
            .take_while(|at| *at <= self.to)
            .filter_map(|at| {
                let text = at.strftime(if days { "%d %b" } else { "%H:%M" }).to_string();
                Some((self.column(at)?, text))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ticks_are_round_and_hold_everything() {
        let axis = ValueAxis::over((0.68, 0.9), 6);
        let ticks: Vec<_> = axis.ticks().map(|tick| format!("{tick:.2}")).collect();
        assert_eq!(ticks, ["0.90", "0.80", "0.70"]);
        assert!(axis.holds(0.68) && axis.holds(0.9));
    }

    #[test]
    fn time_labels_stand_at_round_minutes_and_do_not_touch() {
        let from: Timestamp = "2026-11-23T01:26:41Z".parse().expect("valid");
        let to: Timestamp = "2026-11-23T03:26:41Z".parse().expect("valid");
        let labels = TimeAxis { from, to, columns: 80 }.labels();
        let texts: Vec<_> = labels.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["01:30", "02:00", "02:30", "03:00"]);
        assert!(labels.windows(2).all(|pair| pair[1].0 - pair[0].0 > 5));
    }

    proptest! {
        #[test]
        fn a_larger_value_is_never_lower_and_every_row_is_inside(
            low in -1e9f64..1e9, size in 0.0f64..1e9, rows in 1u16..60, a in -2e9f64..2e9, b in -2e9f64..2e9,
        ) {
            let axis = ValueAxis::over((low, low + size), rows);
            prop_assert!(axis.ticks().count() <= 32);
            let (a, b) = (a.min(b), a.max(b));
            prop_assert!(axis.row(a, rows) >= axis.row(b, rows));
            prop_assert!(axis.row(a, rows) < rows);
        }
    }
}
