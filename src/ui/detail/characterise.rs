//! The characterise page: each question with what live evidence says and what a person wrote. May not fill anything in.

use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::app::characterise::{Row, rows};
use crate::ui::format;
use crate::ui::page::{Page, crumbs};
use crate::ui::pen;
use crate::ui::theme::Theme;

/// The page; row `at` is selected.
pub fn characterise(model: &Model, theme: &Theme, at: usize, columns: usize) -> Page {
    let rows = rows(model);
    let known = rows.iter().filter(|row| row.written.is_some()).count();
    let note = format!("{known} of {} written down", rows.len());
    let head = vec![crumbs(theme, &["Layers", "characterise"], &note, columns), Line::default()];
    let width = u16::try_from(columns.saturating_sub(2)).unwrap_or(u16::MAX);
    let mut body = Vec::new();
    let mut selected = 0;
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            body.push(Line::default());
        }
        let chosen = number == at.min(rows.len().saturating_sub(1));
        let mark = if chosen { theme.glyphs().selected() } else { " " };
        let lead =
            vec![Span::styled(mark, theme.attention()), Span::styled(format!(" {} ", number + 1), theme.decides())];
        let question = [Span::styled(row.part.question(), theme.decides())];
        let lines = pen::hanging(lead, &question, width);
        body.extend(lines.into_iter().map(|line| if chosen { line.style(theme.band()) } else { line }));
        body.extend(answers(model, theme, row, width));
        if chosen {
            selected = body.len() - 1;
        }
    }
    let enter = theme.glyphs().enter();
    let foot = format!("  {enter} writes the selected one; live evidence stands in the field already");
    Page { head, body, foot: vec![Line::default(), Line::styled(foot, theme.dim())], selected: Some(selected) }
}

fn answers(model: &Model, theme: &Theme, row: &Row, width: u16) -> Vec<Line<'static>> {
    let live = match &row.live {
        Some(words) => Span::styled(words.clone(), theme.content()),
        None => Span::styled("live evidence cannot say", theme.dim()),
    };
    let mut lines = pen::hanging(vec![Span::styled("     live     ", theme.dim())], &[live], width);
    let (lead, text) = match &row.written {
        Some((words, who, at)) => {
            let by = format!("{}{who} {}", pen::dot(theme), format::clock_near(*at, model.now));
            (
                Span::styled("     written  ", theme.dim()),
                vec![Span::styled(words.clone(), theme.decides()), Span::styled(by, theme.dim())],
            )
        }
        None => (Span::styled("     written  ", theme.dim()), vec![Span::styled("nothing yet", theme.attention())]),
    };
    lines.extend(pen::hanging(vec![lead], &text, width));
    lines
}
