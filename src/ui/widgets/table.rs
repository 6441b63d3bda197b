//! Rows in columns that line up: numbers to the right, cut texts marked, the least important column dropped when narrow.
//! May not sort, select or scroll: it turns cells into lines.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::wrap;
use crate::ui::theme::Theme;

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Words.
    #[default]
    Left,
    /// Numbers.
    Right,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// What stands above it; may be empty.
    pub title: &'a str,
    /// Columns of the terminal it takes.
    pub width: u16,
    /// Where its text stands.
    pub align: Align,
    /// Takes what is left over. At most one column should.
    pub grows: bool,
    /// When narrow, columns with the highest number are dropped first; 0 is never dropped.
    pub drop: u8,
}

impl<'a> Column<'a> {
    /// Words in `width` columns.
    #[must_use]
    pub const fn left(title: &'a str, width: u16) -> Self {
        Self { title, width, align: Align::Left, grows: false, drop: 0 }
    }

    /// Numbers in `width` columns.
    #[must_use]
    pub const fn right(title: &'a str, width: u16) -> Self {
        Self { title, width, align: Align::Right, grows: false, drop: 0 }
    }

    /// Takes what is left over.
    #[must_use]
    pub const fn grows(mut self) -> Self {
        self.grows = true;
        self
    }

    /// Dropped when narrow; the highest `order` first.
    #[must_use]
    pub const fn drops(mut self, order: u8) -> Self {
        self.drop = order;
        self
    }
}

/// Columns fitted to a width. Make it once a frame, then ask it for the head and each row.
#[derive(Debug, Clone)]
pub struct Table<'a> {
    columns: Vec<(Column<'a>, Option<usize>)>,
    gap: usize,
}

impl<'a> Table<'a> {
    /// Fits `columns` into `width`, `gap` spaces between them.
    #[must_use]
    pub fn fit(columns: &[Column<'a>], width: u16, gap: u16) -> Self {
        let (width, gap) = (usize::from(width), usize::from(gap));
        let mut kept: Vec<bool> = vec![true; columns.len()];
        let needed = |kept: &[bool]| -> usize {
            let shown: Vec<_> = columns.iter().zip(kept).filter(|(_, kept)| **kept).collect();
            let texts: usize = shown.iter().map(|(column, _)| usize::from(column.width)).sum();
            texts + gap * shown.len().saturating_sub(1)
        };
        while needed(&kept) > width {
            let candidates = columns.iter().enumerate().filter(|(at, column)| kept[*at] && column.drop > 0);
            let Some((at, _)) = candidates.max_by_key(|(_, column)| column.drop) else { break };
            kept[at] = false;
        }
        let spare = width.saturating_sub(needed(&kept));
        let shown = || columns.iter().enumerate().filter(|(at, _)| kept[*at]);
        // Where the growing column had to go, the widest words take its room.
        let growing = shown().find(|(_, column)| column.grows);
        let widest =
            || shown().filter(|(_, column)| column.align == Align::Left).max_by_key(|(_, column)| column.width);
        let grows = growing.or_else(widest).map(|(at, _)| at);
        let width_of =
            |at: usize, column: &Column<'a>| usize::from(column.width) + if grows == Some(at) { spare } else { 0 };
        let columns = columns.iter().enumerate();
        let columns = columns.map(|(at, column)| (*column, kept[at].then_some(width_of(at, column))));
        Self { columns: columns.collect(), gap }
    }

    /// True if the column at that index is shown.
    #[must_use]
    pub fn shows(&self, index: usize) -> bool {
        self.columns.get(index).is_some_and(|(_, width)| width.is_some())
    }

    /// The width that the column at that index got; 0 if it was dropped.
    #[must_use]
    pub fn width_of(&self, index: usize) -> usize {
        self.columns.get(index).and_then(|(_, width)| *width).unwrap_or(0)
    }

    /// The dim line of titles.
    #[must_use]
    pub fn head(&self, theme: &Theme) -> Line<'static> {
        let titles: Vec<_> =
            self.columns.iter().map(|(column, _)| Cell::text(column.title.to_owned(), theme.dim())).collect();
        self.row(theme, &titles)
    }

    /// One row. Missing cells are empty, extra cells are dropped.
    #[must_use]
    pub fn row(&self, theme: &Theme, cells: &[Cell]) -> Line<'static> {
        let ellipsis = theme.glyphs().ellipsis();
        let mut spans = Vec::new();
        for (at, (column, width)) in self.columns.iter().enumerate() {
            let Some(width) = *width else { continue };
            if !spans.is_empty() {
                spans.push(Span::raw(" ".repeat(self.gap)));
            }
            match cells.get(at) {
                None => spans.push(Span::raw(" ".repeat(width))),
                Some(Cell::Text(text, style)) => {
                    let fitted = match column.align {
                        Align::Left => wrap::pad_right(text, width, ellipsis),
                        Align::Right => wrap::pad_left(text, width, ellipsis),
                    };
                    spans.push(Span::styled(fitted, *style));
                }
                Some(Cell::Drawn(drawn)) => {
                    let used: usize = drawn.iter().map(Span::width).sum();
                    if used <= width {
                        spans.extend(drawn.iter().cloned());
                        spans.push(Span::raw(" ".repeat(width - used)));
                    } else {
                        spans.push(Span::raw(" ".repeat(width)));
                    }
                }
            }
        }
        Line::from(spans)
    }
}

/// What stands in a cell.
#[derive(Debug, Clone)]
pub enum Cell {
    /// Text, cut if it does not fit.
    Text(String, Style),
    /// Spans that were made for the column's width (a sparkline); left out if they do not fit.
    Drawn(Vec<Span<'static>>),
}

impl Cell {
    /// Text in a style.
    #[must_use]
    pub fn text(text: impl Into<String>, style: Style) -> Self {
        Self::Text(text.into(), style)
    }

    /// Nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self::Text(String::new(), Style::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column<'_>; 3] =
        [Column::left("signal", 6).grows(), Column::right("now", 6), Column::right("age", 4).drops(1)];

    fn row(table: &Table<'_>, cells: [&str; 3]) -> String {
        table.row(&Theme::plain(), &cells.map(|text| Cell::text(text, Style::new()))).to_string()
    }

    #[test]
    fn numbers_line_up_at_their_right_and_cut_texts_are_marked() {
        let table = Table::fit(&COLUMNS, 20, 1);
        assert_eq!(table.head(&Theme::plain()).to_string(), "signal      now  age");
        assert_eq!(row(&table, ["grounding", "0.71", "6 s"]), "groundi…   0.71  6 s");
    }

    #[test]
    fn the_least_important_column_goes_first_and_no_width_is_too_small() {
        let table = Table::fit(&COLUMNS, 14, 1);
        assert!(table.shows(1) && !table.shows(2));
        assert_eq!(row(&table, ["grounding", "0.71", "6 s"]), "ground…   0.71");
        for width in 0..30 {
            let _ = row(&Table::fit(&COLUMNS, width, 2), ["x", "y", "z"]);
        }
    }
}
