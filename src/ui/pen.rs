//! Writes lines into an area from top to bottom and never outside it. May not know what is written.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::widgets::section::Section;
use super::widgets::wrap;
use crate::app::viewport::Area;

/// Where a line was cut; the sweep has its stand-in for ASCII.
const CUT: &str = "…";

/// From this many rows on, there are empty ones between sections.
const AIRY: u16 = 18;

/// A place to write, row by row.
pub struct Pen<'a, 'frame> {
    frame: &'a mut Frame<'frame>,
    area: Rect,
    row: u16,
    skip: u16,
    skipped: u16,
}

impl<'a, 'frame> Pen<'a, 'frame> {
    /// A pen at the first row of an area, which is cut to the frame.
    pub fn new(frame: &'a mut Frame<'frame>, area: Rect) -> Self {
        let area = area.intersection(frame.area());
        Self { frame, area, row: 0, skip: 0, skipped: 0 }
    }

    /// A pen that leaves out the first `skip` rows: a text scrolled that far. For lines only, not for [`Pen::take`].
    pub fn scrolled(frame: &'a mut Frame<'frame>, area: Rect, skip: usize) -> Self {
        Self { skip: u16::try_from(skip).unwrap_or(u16::MAX), ..Self::new(frame, area) }
    }

    /// How far the text can be scrolled, once all of it was written.
    #[must_use]
    pub fn scroll_max(&self) -> usize {
        usize::from(self.skipped.saturating_add(self.row).saturating_sub(self.area.height))
    }

    /// Says on the last row, once all was written, how many lines are below and which key shows them. A text that is
    /// cut without a word reads as whole.
    pub fn more(&mut self, theme: &Theme, key: &str) {
        let hidden = self.row.saturating_sub(self.area.height);
        if hidden == 0 || self.area.height == 0 {
            return;
        }
        let last = Rect { y: self.area.bottom() - 1, height: 1, ..self.area };
        let lines = hidden + 1;
        let words = format!("  {} {lines} more lines below: {key}", theme.glyphs().ellipsis());
        self.frame.buffer_mut().set_style(last, Style::reset());
        let blank = " ".repeat(usize::from(last.width));
        self.frame.buffer_mut().set_string(last.x, last.y, blank, Style::new());
        let line = fitted(Line::from(Span::styled(words, theme.attention())), usize::from(last.width));
        self.frame.buffer_mut().set_line(last.x, last.y, &line, last.width);
    }

    /// True if the next row is one that is scrolled away.
    const fn skips(&mut self) -> bool {
        let skips = self.skipped < self.skip;
        if skips {
            self.skipped += 1;
        }
        skips
    }

    /// Columns.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.area.width
    }

    /// Rows left.
    #[must_use]
    pub const fn left(&self) -> u16 {
        self.area.height.saturating_sub(self.row)
    }

    /// The row of the screen that is written next.
    #[must_use]
    pub const fn y(&self) -> u16 {
        self.area.y + self.row
    }

    /// Writes a line; one that is too long is cut at the right and says so. Nothing once the area is full.
    pub fn line(&mut self, line: impl Into<Line<'static>>) {
        if self.skips() {
            return;
        }
        if self.left() > 0 && self.area.width > 0 {
            let (line, row) = (fitted(line.into(), usize::from(self.area.width)), self.y());
            self.frame.buffer_mut().set_line(self.area.x, row, &line, self.area.width);
        }
        self.row = self.row.saturating_add(1);
    }

    /// Writes a line as a selected row: a band over the whole width.
    pub fn band(&mut self, theme: &Theme, line: impl Into<Line<'static>>) {
        let (row, left, skipped) = (self.y(), self.left(), self.skipped);
        self.line(line);
        if left > 0 && skipped == self.skipped {
            let band = Rect { x: self.area.x, y: row, width: self.area.width, height: 1 };
            self.frame.buffer_mut().set_style(band, theme.band());
        }
    }

    /// Leaves a row empty.
    pub fn blank(&mut self) {
        if self.skips() {
            return;
        }
        self.row = self.row.saturating_add(1);
    }

    /// Leaves a row empty where rows are not scarce.
    pub fn gap(&mut self) {
        if self.area.height >= AIRY {
            self.blank();
        }
    }

    /// Writes a section's head; not on the last row, where nothing could stand under it.
    pub fn section(&mut self, theme: &Theme, section: &Section<'_>) {
        if self.left() == 1 && self.skipped >= self.skip {
            return self.blank();
        }
        self.line(section.line(theme, self.area.width));
    }

    /// Writes text wrapped to the area, each row indented.
    pub fn text(&mut self, text: &str, indent: u16, style: Style) {
        let columns = usize::from(self.area.width.saturating_sub(indent));
        for row in wrap::lines(text, columns) {
            self.line(Line::from(vec![Span::raw(" ".repeat(usize::from(indent))), Span::styled(row, style)]));
        }
    }

    /// Writes a text after `lead`, wrapped under itself.
    pub fn hanging(&mut self, lead: Vec<Span<'static>>, text: &[Span<'_>]) {
        for line in hanging(lead, text, self.area.width) {
            self.line(line);
        }
    }

    /// Takes the next `rows` rows as an area of their own.
    pub fn take(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.left());
        let area = Rect { x: self.area.x, y: self.y(), width: self.area.width, height: rows };
        self.row = self.row.saturating_add(rows);
        area
    }

    /// The frame, for widgets that draw into an area.
    pub fn frame(&mut self) -> &mut Frame<'frame> {
        self.frame
    }
}

/// A line in at most `columns`; what was cut is marked.
fn fitted(line: Line<'static>, columns: usize) -> Line<'static> {
    let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    if wrap::width(text.trim_end()) <= columns {
        return line;
    }
    let mut room = columns.saturating_sub(1);
    let mut kept = Vec::new();
    for span in line.spans {
        let width = span.width();
        if width > room {
            let head = wrap::head(&span.content, room).trim_end();
            kept.push(Span::styled(format!("{head}{CUT}"), span.style));
            break;
        }
        room -= width;
        kept.push(span);
    }
    Line { spans: kept, ..line }
}

/// A text after `lead`, wrapped under itself, in lines.
#[must_use]
pub fn hanging(lead: Vec<Span<'static>>, text: &[Span<'_>], columns: u16) -> Vec<Line<'static>> {
    let indent: usize = lead.iter().map(Span::width).sum();
    let mut lead = Some(lead);
    wrap::spans(text, usize::from(columns).saturating_sub(indent))
        .into_iter()
        .map(|line| {
            let mut spans = lead.take().unwrap_or_else(|| vec![Span::raw(" ".repeat(indent))]);
            spans.extend(line.spans);
            Line::from(spans)
        })
        .collect()
}

/// An area as the app knows it.
#[must_use]
pub const fn area(rect: Rect) -> Area {
    Area { x: rect.x, y: rect.y, width: rect.width, height: rect.height }
}

/// A left part, and a right part that ends at the right edge; the left part is cut first.
#[must_use]
pub fn both_ends(left: Vec<Span<'static>>, right: Vec<Span<'static>>, columns: u16, ellipsis: &str) -> Line<'static> {
    let right_width: usize = right.iter().map(Span::width).sum();
    let room = usize::from(columns).saturating_sub(right_width + 1);
    let mut spans = Vec::new();
    let mut used = 0;
    for span in left {
        let width = span.width();
        if used + width <= room {
            used += width;
            spans.push(span);
        } else {
            let cut = wrap::clip(&span.content, room - used, ellipsis);
            used += wrap::width(&cut);
            spans.push(Span::styled(cut, span.style));
            break;
        }
    }
    spans.push(Span::raw(" ".repeat(usize::from(columns).saturating_sub(used + right_width))));
    spans.extend(right);
    Line::from(spans)
}

/// What stands between two facts of one line.
#[must_use]
pub fn dot(theme: &Theme) -> String {
    format!(" {} ", theme.glyphs().between())
}
