//! A page of text: lines that stay at the top, lines that scroll below, and what fits. Detail screens are made of it.
//! May not know what the lines say.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::theme::Theme;
use super::widgets::wrap;

/// What a detail screen draws.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Stays: breadcrumb, the one thing that decides, column titles.
    pub head: Vec<Line<'static>>,
    /// Scrolls.
    pub body: Vec<Line<'static>>,
    /// Stays at the bottom: what is known of the selected row.
    pub foot: Vec<Line<'static>>,
    /// The body line that is selected and must be on the screen; `None` for pages that scroll by line.
    pub selected: Option<usize>,
}

/// How far a page can scroll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scroll {
    /// Largest useful first line.
    pub max: usize,
    /// Lines that one page moves.
    pub page: usize,
}

impl Page {
    /// Draws the page with `first` as the first body line (or wherever the selected line is seen).
    pub fn draw(&self, theme: &Theme, first: usize, area: Rect, buffer: &mut Buffer) -> Scroll {
        let area = area.intersection(buffer.area);
        let rows = usize::from(area.height);
        let head = self.head.len().min(rows);
        let rest = rows - head;
        // The foot stands right under a short body and never takes a long one's last third.
        let foot = self.foot.len().min(rest - self.body.len().min(rest.div_ceil(3)));
        let room = self.body.len().min(rest - foot);
        let max = self.body.len().saturating_sub(room);
        let first = match self.selected {
            Some(selected) => (selected + 1).saturating_sub(room.max(1)).min(max),
            None => first.min(max),
        };
        let shown = self.body.iter().skip(first).take(room);
        let lines = self.head.iter().take(head).chain(shown);
        for (line, row) in lines.zip(area.rows()) {
            line.render(row, buffer);
        }
        for (line, row) in self.foot.iter().take(foot).zip(area.rows().skip(head + room)) {
            line.render(row, buffer);
        }
        if max > 0 {
            mark_more(theme, (first, max), Rect { y: area.y + clipped(head), height: clipped(room), ..area }, buffer);
        }
        Scroll { max, page: room.saturating_sub(1).max(1) }
    }
}

/// A thumb at the right edge: where one is, and that there is more.
fn mark_more(theme: &Theme, (first, max): (usize, usize), area: Rect, buffer: &mut Buffer) {
    if area.height < 2 || area.width < 2 {
        return;
    }
    let last = usize::from(area.height) - 1;
    let at = clipped(first * last / max);
    for (row, position) in area.rows().zip(0u16..) {
        let (symbol, style) =
            if position == at { (theme.glyphs().thumb(), theme.dim()) } else { (theme.glyphs().track(), theme.rule()) };
        buffer.set_stringn(area.right() - 1, row.y, symbol, 1, style);
    }
}

fn clipped(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

/// `Layers › quality › grounding` with a note at the right: where one is, on every screen below the first.
#[must_use]
pub fn crumbs(theme: &Theme, path: &[&str], note: &str, columns: usize) -> Line<'static> {
    let mut spans = Vec::new();
    for (at, step) in path.iter().enumerate() {
        if at > 0 {
            spans.push(Span::styled(format!(" {} ", theme.glyphs().crumb()), theme.dim()));
        }
        let style = if at + 1 == path.len() { theme.decides() } else { theme.dim() };
        spans.push(Span::styled((*step).to_owned(), style));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    if used > columns {
        let text: String = spans.iter().map(|span| span.content.as_ref()).collect();
        return Line::styled(wrap::clip(&text, columns, theme.glyphs().ellipsis()), theme.decides());
    }
    if !note.is_empty() && used + wrap::width(note) + 2 <= columns {
        spans.push(Span::raw(" ".repeat(columns - used - wrap::width(note))));
        spans.push(Span::styled(note.to_owned(), theme.dim()));
    }
    Line::from(spans)
}

/// `name    value, wrapped under itself`: a fact of a detail screen.
#[must_use]
pub fn fact(theme: &Theme, name: &str, value: &[Span<'static>], columns: usize) -> Vec<Line<'static>> {
    /// Columns of the name, with its air.
    const NAME: usize = 14;
    let wrapped = wrap::spans(value, columns.saturating_sub(NAME));
    let name = Span::styled(wrap::pad_right(name, NAME, theme.glyphs().ellipsis()), theme.dim());
    let blank = Span::raw(" ".repeat(NAME));
    let lead = std::iter::once(name).chain(std::iter::repeat(blank));
    let join = |(lead, line): (Span<'static>, Line<'static>)| {
        Line::from(std::iter::once(lead).chain(line.spans).collect::<Vec<_>>())
    };
    lead.zip(wrapped).map(join).collect()
}

/// Two blocks side by side, `left` columns for the first, `gap` between.
#[must_use]
pub fn beside(
    left_block: Vec<Line<'static>>,
    right_block: Vec<Line<'static>>,
    left: usize,
    gap: usize,
) -> Vec<Line<'static>> {
    let rows = left_block.len().max(right_block.len());
    let (mut lefts, mut rights) = (left_block.into_iter(), right_block.into_iter());
    (0..rows)
        .map(|_| {
            let mut line = lefts.next().unwrap_or_default();
            if let Some(right) = rights.next() {
                line.spans.push(Span::raw(" ".repeat((left + gap).saturating_sub(line.width()))));
                line.spans.extend(right.spans);
            }
            line
        })
        .collect()
}

/// A widget as lines, so that it can scroll with the text around it.
#[must_use]
pub fn lines_of(widget: impl Widget, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let area = Rect::new(0, 0, clipped(columns), clipped(rows));
    let mut buffer = Buffer::empty(area);
    widget.render(area, &mut buffer);
    let row = |cells: &[ratatui::buffer::Cell]| {
        let mut spans: Vec<Span<'static>> = Vec::new();
        for cell in cells {
            match spans.last_mut() {
                Some(last) if last.style == cell.style() => last.content.to_mut().push_str(cell.symbol()),
                _ => spans.push(Span::styled(cell.symbol().to_owned(), cell.style())),
            }
        }
        Line::from(spans)
    };
    if columns == 0 { Vec::new() } else { buffer.content.chunks(columns).map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(lines: usize, selected: Option<usize>) -> Page {
        let body = (0..lines).map(|n| Line::from(format!("line {n}"))).collect();
        Page { head: vec![Line::from("head")], body, foot: vec![Line::from("foot")], selected }
    }

    fn drawn(page: &Page, first: usize, rows: u16) -> (Vec<String>, Scroll) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, rows));
        let scroll = page.draw(&Theme::plain(), first, buffer.area, &mut buffer);
        let rows =
            buffer.content.chunks(10).map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>());
        (rows.map(|row| row.trim_end_matches([' ', '│', '┃']).trim_end().to_owned()).collect(), scroll)
    }

    #[test]
    fn head_and_foot_stay_while_the_body_scrolls_to_its_end_and_no_further() {
        let (rows, scroll) = drawn(&page(10, None), 99, 5);
        assert_eq!(rows, ["head", "line 7", "line 8", "line 9", "foot"]);
        assert_eq!(scroll, Scroll { max: 7, page: 2 });
    }

    #[test]
    fn the_selected_line_is_always_on_the_screen() {
        for selected in 0..10 {
            let (rows, _) = drawn(&page(10, Some(selected)), 0, 6);
            assert!(rows.contains(&format!("line {selected}")), "{rows:?}");
        }
    }

    #[test]
    fn no_size_is_too_small() {
        for rows in 0..6 {
            for columns in 0..6 {
                let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
                page(9, Some(4)).draw(&Theme::dark(), 3, buffer.area, &mut buffer);
            }
        }
        assert!(lines_of(Line::from("x"), 0, 3).is_empty());
    }

    #[test]
    fn blocks_stand_side_by_side_at_their_columns() {
        let left = vec![Line::from("a"), Line::from("bb")];
        let joined = beside(left, vec![Line::from("right")], 4, 2);
        assert_eq!(joined.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a     right", "bb"]);
    }
}
