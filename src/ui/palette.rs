//! Draws the palette: the text, and the rows that match. May not match.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::dialog::boxed;
use super::pen::{self, Pen};
use super::theme::Theme;
use crate::app::Model;
use crate::app::palette::{Palette, Pick, rows};

/// Draws the palette over the body.
pub fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, body: Rect, state: &Palette) {
    let rows = rows(model, state.field.text());
    let height = u16::try_from(rows.len() + 5).unwrap_or(u16::MAX).min(22);
    let inner = boxed(theme, frame, body, 72, height);
    let mut pen = Pen::new(frame, inner);
    let typed = vec![
        Span::styled(": ", theme.heading()),
        Span::styled(state.field.text().to_owned(), theme.decides()),
        Span::styled(theme.glyphs().selected(), theme.attention()),
    ];
    // The box may show fewer than there are.
    let count = if rows.is_empty() { String::new() } else { format!("{} of {}", state.at + 1, rows.len()) };
    let count = vec![Span::styled(count, theme.dim())];
    pen.line(pen::both_ends(typed, count, pen.width(), theme.glyphs().ellipsis()));
    pen.blank();
    if rows.is_empty() {
        pen.line(Span::styled("no command, action or runbook is called that", theme.dim()));
    }
    let visible = usize::from(pen.left());
    let first = (state.at + 1).saturating_sub(visible.max(1));
    for (at, row) in rows.iter().enumerate().skip(first).take(visible) {
        let style = if matches!(row.pick, Pick::Action(_)) { theme.decides() } else { theme.content() };
        let selected = at == state.at;
        let mark = if selected { theme.glyphs().selected() } else { " " };
        let note = if matches!(row.pick, Pick::Action(_)) { "preview  " } else { "" };
        let line = pen::both_ends(
            vec![Span::styled(mark, theme.attention()), Span::raw(" "), Span::styled(row.title.clone(), style)],
            vec![Span::styled(note, theme.dim()), Span::styled(row.key.clone(), theme.key())],
            pen.width(),
            theme.glyphs().ellipsis(),
        );
        if selected { pen.band(theme, line) } else { pen.line(line) }
    }
}
