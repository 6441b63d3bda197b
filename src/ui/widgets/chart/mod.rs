//! A signal over time: line, axis, baseline band, limit lines, change marks, onset with its interval.
//! May not judge: what is normal, bad or changed comes in.

mod axis;
mod line;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::wrap;
use crate::domain::limits::Limits;
use crate::domain::sample::Point;
use crate::domain::signal::SignalState;
use crate::domain::status::Status;
use crate::ui::format;
use crate::ui::theme::Theme;
use axis::{TimeAxis, ValueAxis};
use line::Line;

/// Something that changed, at its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// A few words; the time is put before them.
    pub label: String,
}

/// The chart of one signal. Draws into any area; what does not fit is left out, the line last.
#[derive(Debug, Clone, Copy)]
pub struct Chart<'a> {
    /// The signal with history, baseline, limits and onset.
    pub signal: &'a SignalState,
    /// The window's ends.
    pub from: Timestamp,
    /// The window's ends.
    pub to: Timestamp,
    /// Changes to mark; where their labels collide, the first ones stay.
    pub marks: &'a [Mark],
    /// How to draw.
    pub theme: &'a Theme,
}

/// Where the parts of the chart stand within its area.
struct Parts {
    plot: Rect,
    onset: Option<u16>,
    times: Option<u16>,
}

impl Widget for Chart<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let points = self.points();
        let (first, last) = (points.first(), points.last());
        if first.is_none() || last.is_none() || self.to <= self.from {
            let text =
                format!("no history in this window ({} to {})", format::minute(self.from), format::minute(self.to));
            put(buffer, area, area.x, area.y + area.height / 2, &text, self.theme.status(Status::Unknown));
            return;
        }
        let plot_rows = area.height.saturating_sub(1 + u16::from(self.onset_row(area)));
        let values = ValueAxis::over(self.reach(&points), plot_rows.max(1));
        let labels: Vec<_> = values.ticks().map(|tick| (tick, format::signal_value(&self.signal.spec, tick))).collect();
        let parts = self.parts(area, labels.iter().map(|(_, text)| wrap::width(text)).max().unwrap_or(0));
        let times = TimeAxis { from: self.from, to: self.to, columns: parts.plot.width };
        self.draw_values(area, parts.plot, &values, &labels, buffer);
        self.draw_band(parts.plot, &values, buffer);
        self.draw_limits(area, parts.plot, &values, buffer);
        Line::through(&points, &times, &values, parts.plot, |value, at| self.status_at(value, at))
            .draw(self.theme, parts.plot, buffer);
        self.draw_marks(parts.plot, &times, buffer);
        if let Some(row) = parts.onset {
            self.draw_onset(parts.plot, row, &times, buffer);
        }
        if let Some(row) = parts.times {
            self.draw_times(area, parts.plot, row, &times, buffer);
        }
    }
}

impl Chart<'_> {
    fn points(&self) -> Vec<Point> {
        let within = |p: &&Point| p.at >= self.from && p.at <= self.to && p.value.is_finite();
        self.signal.history.iter().filter(within).copied().collect()
    }

    fn onset_row(&self, area: Rect) -> bool {
        area.height >= 6 && self.signal.onset.is_some_and(|onset| onset.at >= self.from && onset.at <= self.to)
    }

    fn parts(&self, area: Rect, label_width: usize) -> Parts {
        let label_width = u16::try_from(label_width).unwrap_or(0);
        let left = if area.width > label_width + 12 { label_width + 1 } else { 0 };
        let widest = self.limit_labels().iter().map(|(_, text)| wrap::width(text)).max().unwrap_or(0);
        let right = match u16::try_from(widest) {
            Ok(widest) if widest > 0 && area.width > 3 * (left + widest) => widest + 1,
            _ => 0,
        };
        let onset = self.onset_row(area);
        let below = if area.height >= 3 { 1 + u16::from(onset) } else { 0 };
        let plot = Rect { x: area.x + left, y: area.y, width: area.width - left - right, height: area.height - below };
        Parts { plot, onset: (below == 2).then_some(plot.bottom()), times: (below > 0).then_some(area.bottom() - 1) }
    }

    /// The values that must be on the scale: the line, what is normal, and limits that are near enough not to flatten it.
    fn reach(&self, points: &[Point]) -> (f64, f64) {
        let mut low = points.iter().map(|p| p.value).fold(f64::INFINITY, f64::min);
        let mut high = points.iter().map(|p| p.value).fold(f64::NEG_INFINITY, f64::max);
        if let Some(baseline) = &self.signal.baseline {
            low = low.min(baseline.median - baseline.spread);
            high = high.max(baseline.median + baseline.spread);
        }
        let near = (high - low).max(0.05 * high.abs().max(low.abs()));
        for (_, limit) in self.limits() {
            if limit >= low - near && limit <= high + near {
                low = low.min(limit);
                high = high.max(limit);
            }
        }
        (low, high)
    }

    fn median(&self) -> Option<f64> {
        self.signal.baseline.as_ref().map(|baseline| baseline.median)
    }

    fn limits(&self) -> impl Iterator<Item = (Status, f64)> + '_ {
        let spec = &self.signal.spec;
        let each = [(Status::Crit, &spec.crit), (Status::Warn, &spec.warn)];
        each.into_iter().flat_map(move |(status, limits)| {
            let bounds = limits.as_ref().map(Limits::bounds).unwrap_or_default();
            bounds.iter().filter_map(move |bound| Some((status, bound.absolute(self.median())?)))
        })
    }

    fn limit_labels(&self) -> Vec<(f64, String)> {
        let label = |(status, limit): (Status, f64)| {
            let word = status.word().to_ascii_lowercase();
            (limit, format!("{word} {}", format::signal_value(&self.signal.spec, limit)))
        };
        self.limits().map(label).collect()
    }

    /// How a point of the line is coloured: by the limits where they can be compared, else by the onset. What was never
    /// compared with anything, or belongs to a signal that is blind now, is not green.
    fn status_at(&self, value: f64, at: Timestamp) -> Status {
        let spec = &self.signal.spec;
        let mut compared = false;
        for (status, limits) in [(Status::Crit, &spec.crit), (Status::Warn, &spec.warn)] {
            match limits.as_ref().map(|limits| limits.broken_by(value, self.median())) {
                Some(Ok(Some(_))) => return status,
                Some(Ok(None)) => compared = true,
                Some(Err(_)) | None => {}
            }
        }
        let before_onset = self.signal.onset.is_some_and(|onset| at < onset.at);
        let judged = matches!(self.signal.status, Status::Ok | Status::Warn | Status::Crit);
        if judged && (compared || before_onset) { Status::Ok } else { self.signal.status }
    }

    /// Labels of the vertical axis: a limit names its own row, round values the others.
    fn draw_values(&self, area: Rect, plot: Rect, values: &ValueAxis, ticks: &[(f64, String)], buffer: &mut Buffer) {
        let room = usize::from(plot.x.saturating_sub(area.x + 1));
        let limits = self.limits().map(|(_, limit)| limit).filter(|limit| values.holds(*limit));
        let limits = limits.map(|limit| (limit, format::signal_value(&self.signal.spec, limit)));
        let mut taken: Vec<u16> = Vec::new();
        let mut said: Vec<String> = Vec::new();
        let air = if plot.height >= 8 { 2 } else { 1 };
        for (value, text) in limits.chain(ticks.iter().cloned()) {
            let row = values.row(value, plot.height);
            // Values too near to be told apart by their words are one label.
            if wrap::width(&text) <= room
                && !said.contains(&text)
                && taken.iter().all(|other| other.abs_diff(row) >= air)
            {
                put(buffer, area, area.x, plot.y + row, &wrap::pad_left(&text, room, ""), self.theme.dim());
                taken.push(row);
                said.push(text);
            }
        }
    }

    fn draw_band(&self, plot: Rect, values: &ValueAxis, buffer: &mut Buffer) {
        let Some(baseline) = &self.signal.baseline else { return };
        let top = values.row(baseline.median + baseline.spread, plot.height);
        let bottom = values.row(baseline.median - baseline.spread, plot.height);
        let style = self.theme.baseline();
        // A background lies behind the line; without colour a shade stands where the line does not.
        let shade = if style.bg.is_some() { " " } else { self.theme.glyphs().normal_band() };
        let shade = shade.repeat(usize::from(plot.width));
        for row in top..=bottom {
            put(buffer, plot, plot.x, plot.y + row, &shade, style);
        }
    }

    fn draw_limits(&self, area: Rect, plot: Rect, values: &ValueAxis, buffer: &mut Buffer) {
        let dots = self.theme.glyphs().limit().repeat(usize::from(plot.width));
        let mut taken = None;
        for (limit, label) in self.limit_labels() {
            if !values.holds(limit) {
                continue;
            }
            let row = plot.y + values.row(limit, plot.height);
            put(buffer, plot, plot.x, row, &dots, self.theme.limit());
            if plot.right() < area.right() && taken != Some(row) {
                put(buffer, area, plot.right() + 1, row, &label, self.theme.dim());
                taken = Some(row);
            }
        }
    }

    fn draw_marks(&self, plot: Rect, times: &TimeAxis, buffer: &mut Buffer) {
        for column in self.marks.iter().filter_map(|mark| times.column(mark.at)) {
            for row in plot.rows() {
                put(buffer, plot, plot.x + column, row.y, self.theme.glyphs().change_mark(), self.theme.change());
            }
        }
    }

    /// `├──┼──┤ onset 02:51Z ± 3 min`, under the plot.
    fn draw_onset(&self, plot: Rect, row: u16, times: &TimeAxis, buffer: &mut Buffer) {
        let Some(onset) = self.signal.onset else { return };
        let row_area = Rect { y: row, height: 1, ..plot };
        let Some(at) = times.column(onset.at) else { return };
        let from = times.column(onset.earliest).unwrap_or(0);
        let to = times.column(onset.latest).unwrap_or(plot.width.saturating_sub(1));
        let style = self.theme.content();
        let (left, middle, right) = self.theme.glyphs().interval();
        put(
            buffer,
            row_area,
            plot.x + from,
            row,
            &self.theme.glyphs().rule().repeat(usize::from(to - from + 1)),
            style,
        );
        if from < at {
            put(buffer, row_area, plot.x + from, row, left, style);
        }
        if to > at {
            put(buffer, row_area, plot.x + to, row, right, style);
        }
        put(buffer, row_area, plot.x + at, row, middle, style);
        let label = onset_words(self.theme, onset.at, onset.earliest, onset.latest);
        let room = plot.right().saturating_sub(plot.x + to + 1);
        if wrap::width(&label) < usize::from(room) {
            put(buffer, row_area, plot.x + to + 2, row, &label, style);
        } else if usize::from(from) > wrap::width(&label) {
            let width = u16::try_from(wrap::width(&label)).unwrap_or(from);
            put(buffer, row_area, plot.x + from - width - 1, row, &label, style);
        }
    }

    /// Times at round minutes; a change's label takes precedence over the times it would cover.
    fn draw_times(&self, area: Rect, plot: Rect, row: u16, times: &TimeAxis, buffer: &mut Buffer) {
        let mut taken: Vec<(usize, usize)> = Vec::new();
        let mut place = |column: u16, text: &str, style: Style| {
            let last = usize::from(area.right().saturating_sub(plot.x));
            let start = usize::from(column).min(last.saturating_sub(wrap::width(text)));
            let end = start + wrap::width(text);
            let fits = end <= last && taken.iter().all(|(from, to)| end < *from || start > *to);
            if fits {
                taken.push((start, end));
                let x = plot.x + u16::try_from(start).unwrap_or(0);
                put(buffer, area, x, row, text, style);
            }
            fits
        };
        for mark in self.marks {
            if let Some(column) = times.column(mark.at) {
                let time = mark.at.strftime("%H:%M").to_string();
                let room = usize::from(plot.width / 2);
                let text = wrap::clip(&format!("{time} {}", mark.label), room, self.theme.glyphs().ellipsis());
                // A name that does not fit would be read as its neighbour's: the time alone is still true.
                let _ = place(column, &text, self.theme.change()) || place(column, &time, self.theme.change());
            }
        }
        for (column, text) in times.labels() {
            place(column, &text, self.theme.dim());
        }
    }
}

/// `onset 02:51Z ± 3 min`, or with both ends where the interval is lopsided.
#[must_use]
pub fn onset_words(theme: &Theme, at: Timestamp, earliest: Timestamp, latest: Timestamp) -> String {
    let before = at.duration_since(earliest).as_secs_f64();
    let after = latest.duration_since(at).as_secs_f64();
    if (before - after).abs() <= 0.5 * before.max(after) {
        format!("onset {} {} {}", format::minute(at), theme.glyphs().plus_minus(), format::duration(before.max(after)))
    } else {
        format!("onset {}, between {} and {}", format::minute(at), format::minute(earliest), format::minute(latest))
    }
}

/// Writes text clipped to `within`; outside it, nothing.
fn put(buffer: &mut Buffer, within: Rect, x: u16, y: u16, text: &str, style: Style) {
    let within = within.intersection(buffer.area);
    if y >= within.top() && y < within.bottom() && x >= within.left() && x < within.right() {
        buffer.set_stringn(x, y, text, usize::from(within.right() - x), style);
    }
}

#[cfg(test)]
mod tests;
