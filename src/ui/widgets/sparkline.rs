//! A trend in one row of text: seven heights, its own scale, gaps as gaps, the change as a mark, bad columns marked
//! by colour and underline. May not judge: what is bad since when comes in.

use jiff::Timestamp;
use ratatui::style::Modifier;
use ratatui::text::Span;

use crate::domain::sample::Point;
use crate::domain::signal::SignalState;
use crate::domain::status::Status;
use crate::ui::theme::Theme;

/// What to draw.
#[derive(Debug, Clone, Copy)]
pub struct Sparkline<'a> {
    /// History, oldest first.
    pub points: &'a [Point],
    /// What is normal; keeps small wiggles around it small.
    pub normal: Option<f64>,
    /// The window's ends.
    pub from: Timestamp,
    /// The window's ends.
    pub to: Timestamp,
    /// Since when it is not OK, and what it is: columns from there on have its colour; WARN and CRIT are underlined too.
    pub bad_since: Option<(Timestamp, Status)>,
    /// When something changed: these columns show the mark instead.
    pub changes: &'a [Timestamp],
}

impl<'a> Sparkline<'a> {
    /// The trend of a signal. Green is only what was judged and found well: a signal that is blind or contained has no
    /// green column, and one that is bad without a known onset at least ends bad.
    #[must_use]
    pub fn of(signal: &'a SignalState, from: Timestamp, to: Timestamp, changes: &'a [Timestamp]) -> Self {
        let newest = signal.history.last().map_or(to, |point| point.at);
        let since = match signal.status {
            Status::Ok => None,
            Status::Warn | Status::Crit => Some(signal.onset.map_or(newest, |onset| onset.at)),
            Status::Contained | Status::LowN | Status::Stale | Status::Unknown => Some(from),
        };
        let normal = signal.baseline.as_ref().map(|baseline| baseline.median);
        let bad_since = since.map(|since| (since, signal.status));
        Self { points: &signal.history, normal, from, to, bad_since, changes }
    }

    /// Exactly `columns` columns; a column without any point is a gap, not a zero.
    #[must_use]
    pub fn spans(&self, theme: &Theme, columns: usize) -> Vec<Span<'static>> {
        let values = self.columns(columns);
        let (low, high) = self.scale(&values);
        let glyphs = theme.glyphs();
        let heights = glyphs.heights();
        let marks: Vec<_> = self.changes.iter().filter_map(|at| self.column_of(*at, columns)).collect();
        let bad_from =
            self.bad_since.and_then(|(at, status)| Some((self.column_of(at.max(self.from), columns)?, status)));
        let mut spans: Vec<Span<'static>> = Vec::new();
        for (at, value) in values.iter().enumerate() {
            let bad = bad_from.filter(|(from, _)| at >= *from).map(|(_, status)| status);
            let (symbol, style) = if marks.contains(&at) {
                (glyphs.change_mark(), theme.change())
            } else if let Some(value) = value {
                let style = match bad {
                    Some(status) if status.is_bad() => theme.status(status).add_modifier(Modifier::UNDERLINED),
                    Some(status) => theme.status(status),
                    None => theme.status(Status::Ok),
                };
                (heights.get(level(*value, low, high)).copied().unwrap_or(" "), style)
            } else {
                (glyphs.gap(), theme.dim())
            };
            match spans.last_mut() {
                Some(last) if last.style == style => last.content.to_mut().push_str(symbol),
                _ => spans.push(Span::styled(symbol.to_owned(), style)),
            }
        }
        spans
    }

    fn column_of(&self, at: Timestamp, columns: usize) -> Option<usize> {
        let whole = self.to.duration_since(self.from).as_millis();
        let part = at.duration_since(self.from).as_millis();
        if whole <= 0 || part < 0 || part > whole || columns == 0 {
            return None;
        }
        let column = part.checked_mul(i128::try_from(columns).ok()?)? / whole;
        usize::try_from(column).ok().map(|column| column.min(columns - 1))
    }

    /// The mean of the points of each column.
    fn columns(&self, columns: usize) -> Vec<Option<f64>> {
        let mut sums = vec![(0.0, 0u32); columns];
        for point in self.points.iter().filter(|point| point.value.is_finite()) {
            if let Some((sum, n)) = self.column_of(point.at, columns).and_then(|column| sums.get_mut(column)) {
                *sum += point.value;
                *n += 1;
            }
        }
        sums.into_iter().map(|(sum, n)| (n > 0).then(|| sum / f64::from(n))).collect()
    }

    /// Lowest and highest of the shown values and the normal. A nearly flat series is spread over at least a tenth of
    /// its size, so that noise does not look like a cliff.
    fn scale(&self, values: &[Option<f64>]) -> (f64, f64) {
        let all = || values.iter().flatten().copied().chain(self.normal.filter(|normal| normal.is_finite()));
        let (low, high) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return (0.0, 1.0);
        }
        let least = (0.1 * low.abs().max(high.abs())).max(f64::MIN_POSITIVE);
        if high - low < least { (low - least / 4.0, low + least * 0.75) } else { (low, high) }
    }
}

/// Height 0..=6 of a value on a scale.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=6 before the cast")]
fn level(value: f64, low: f64, high: f64) -> usize {
    (((value - low) / (high - low) * 6.0).round().clamp(0.0, 6.0)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).expect("in range")
    }

    fn points(values: &[Option<f64>]) -> Vec<Point> {
        let seconds = (0..).map(|n| n * 10 + 5);
        values.iter().zip(seconds).filter_map(|(v, s)| v.map(|value| Point { at: at(s), value })).collect()
    }

    fn text(spans: &[Span<'_>]) -> String {
        spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn a_fall_is_visible_bad_columns_are_underlined_and_the_change_is_marked() {
        let history = points(&[Some(0.88), Some(0.88), Some(0.87), Some(0.88), Some(0.80), Some(0.71)]);
        let spark = Sparkline {
            points: &history,
            normal: Some(0.88),
            from: at(0),
            to: at(60),
            bad_since: Some((at(40), Status::Crit)),
            changes: &[at(25)],
        };
        let spans = spark.spans(&Theme::dark(), 6);
        assert_eq!(text(&spans), "▇▇┊▇▄▁");
        assert!(spans.last().expect("bad part").style.add_modifier.contains(Modifier::UNDERLINED));
        assert_eq!(spans[1].style, Theme::dark().change());
        assert!(text(&spark.spans(&Theme::dark().ascii(), 6)).is_ascii());
    }

    #[test]
    fn no_data_is_a_gap_and_zero_is_not() {
        let history = points(&[Some(0.0), None, Some(4.0)]);
        let spark =
            Sparkline { points: &history, normal: None, from: at(0), to: at(30), bad_since: None, changes: &[] };
        assert_eq!(text(&spark.spans(&Theme::plain(), 3)), "▁·▇");
        let nothing = Sparkline { points: &[], ..spark };
        assert_eq!(text(&nothing.spans(&Theme::plain(), 3)), "···");
    }

    #[test]
    fn noise_on_a_flat_series_does_not_look_like_a_cliff() {
        let history = points(&[Some(0.880), Some(0.881), Some(0.879), Some(0.880)]);
        let spark =
            Sparkline { points: &history, normal: Some(0.88), from: at(0), to: at(40), bad_since: None, changes: &[] };
        let drawn = text(&spark.spans(&Theme::plain(), 4));
        assert!(drawn.chars().all(|c| "▂▃".contains(c)), "{drawn}");
    }

    proptest! {
        #[test]
        fn always_exactly_as_wide_as_asked(
            values in proptest::collection::vec(proptest::option::of(-1e300f64..1e300), 0..30), columns in 0usize..40,
        ) {
            let history = points(&values);
            let spark = Sparkline {
                points: &history, normal: values.first().copied().flatten(), from: at(0), to: at(200),
                bad_since: Some((at(-50), Status::Warn)), changes: &[at(500), at(100)],
            };
            prop_assert_eq!(text(&spark.spans(&Theme::dark(), columns)).chars().count(), columns);
        }
    }
}
