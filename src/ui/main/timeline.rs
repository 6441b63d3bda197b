//! Panel 5: the newest entries of the journal. May not fold or filter: the app did.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{Canvas, nothing_matches};
use crate::app::Model;
use crate::app::command::CommandId;
use crate::app::entry_words;
use crate::app::main::{self, Panel};
use crate::ui::format;
use crate::ui::pen::{self, Pen};
use crate::ui::widgets::section::Section;
use crate::ui::widgets::table::{Cell, Column, Table};

const COLUMNS: [Column<'static>; 5] = [
    Column::left("", 1),
    Column::left("at", 9),
    Column::left("kind", 13),
    Column::left("what", 20).grows(),
    Column::left("who", 12).drops(1),
];

/// Rows it wants: head and entries.
pub fn rows(model: &Model) -> u16 {
    u16::try_from(1 + main::timeline(model).len().max(1)).unwrap_or(u16::MAX)
}

/// Draws the newest entries, the newest last; returns the index of the first one shown.
pub fn draw(canvas: &Canvas<'_>, frame: &mut Frame<'_>, area: Rect, head: bool) -> usize {
    let (model, theme) = (canvas.model, canvas.theme);
    let focused = model.main.focus == Panel::Timeline;
    let mut pen = Pen::new(frame, area);
    if head {
        let note = format!("newest last{}{} adds a note", pen::dot(theme), model.keymap.label(CommandId::Note));
        pen.section(theme, &Section { number: Some(5), name: Panel::Timeline.title(), note: &note, focused });
    }
    let entries = main::timeline(model);
    if entries.is_empty() {
        let none = || "  nothing happened yet in this journal".to_owned();
        pen.line(Span::styled(nothing_matches(model).unwrap_or_else(none), theme.dim()));
        return 0;
    }
    let table = Table::fit(&COLUMNS, area.width, 1);
    let visible = usize::from(pen.left());
    let first = entries.len().saturating_sub(visible);
    for entry in entries.into_iter().skip(first) {
        let (kind, text) = entry_words::words(&entry.what);
        pen.line(table.row(
            theme,
            &[
                Cell::empty(),
                Cell::text(format::clock(entry.at), theme.dim()),
                Cell::text(kind, theme.content()),
                Cell::text(text, theme.content()),
                Cell::text(entry.who.clone(), theme.dim()),
            ],
        ));
    }
    first
}
