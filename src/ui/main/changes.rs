//! Panel 2: what somebody altered, newest first; the suspect is pointed at. May not decide which it is.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{Canvas, first_shown, nothing_matches};
use crate::app::Model;
use crate::app::main::{self, Panel};
use crate::domain::headline::NO_FEED;
use crate::ui::format;
use crate::ui::pen::Pen;
use crate::ui::widgets::section::Section;
use crate::ui::widgets::table::{Cell, Column, Table};

const COLUMNS: [Column<'static>; 4] = [
    Column::right("ago", 8),
    Column::left("kind", 9),
    Column::left("what", 14).grows(),
    Column::left("who", 9).drops(1),
];

/// Rows it wants: head and changes.
pub fn rows(model: &Model) -> u16 {
    u16::try_from(1 + main::changes(model).len().max(1)).unwrap_or(u16::MAX)
}

/// Draws the panel, with its head or without; returns the index of the first change shown.
pub fn draw(canvas: &Canvas<'_>, frame: &mut Frame<'_>, area: Rect, head: bool) -> usize {
    let (model, theme) = (canvas.model, canvas.theme);
    let focused = model.main.focus == Panel::Changes;
    let mut pen = Pen::new(frame, area);
    if head {
        pen.section(theme, &Section { number: Some(2), name: Panel::Changes.title(), note: "24 h", focused });
    }
    let changes = main::changes(model);
    if changes.is_empty() {
        let is_wired = model.snapshot.as_ref().is_none_or(|snapshot| !snapshot.feeds.is_empty());
        let nothing = if is_wired { "no change was reported" } else { NO_FEED };
        let none = || nothing_matches(model).unwrap_or_else(|| format!("  {nothing}"));
        let words = if model.snapshot.is_none() { "  asking".to_owned() } else { none() };
        pen.line(Span::styled(words, theme.dim()));
        return 0;
    }
    let suspect =
        model.snapshot.as_ref().and_then(|snapshot| snapshot.changes.get(snapshot.triage.suspect.as_ref()?.change));
    let table = Table::fit(&COLUMNS, area.width, if area.width >= 48 { 2 } else { 1 });
    let selected = model.main.selected(Panel::Changes);
    let visible = usize::from(pen.left());
    let first = first_shown(selected, visible, changes.len());
    for (at, change) in changes.into_iter().enumerate().skip(first).take(visible) {
        let is_suspect = suspect == Some(change);
        let here = focused && at == selected;
        let mark = if here {
            theme.glyphs().selected()
        } else if is_suspect {
            theme.glyphs().pointer()
        } else {
            " "
        };
        let text = if is_suspect { theme.decides() } else { theme.content() };
        let kind = if is_suspect { theme.change() } else { theme.content() };
        let who = if change.ours { "ours".to_owned() } else { change.who.clone().unwrap_or_default() };
        let who_style = if change.ours { theme.contained() } else { theme.dim() };
        let row = table.row(
            theme,
            &[
                Cell::Drawn(vec![
                    Span::styled(mark, theme.change()),
                    Span::styled(format!("{:>7}", format::ago(change.at, model.now)), text),
                ]),
                Cell::text(change.kind.word(), kind),
                Cell::text(change.what.clone(), text),
                Cell::text(who, who_style),
            ],
        );
        if here { pen.band(theme, row) } else { pen.line(row) }
    }
    first
}
