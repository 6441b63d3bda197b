//! What a runbook asks for and nobody wired: each gap with what it is, and the lines for the config that connect it.
//! May not look for gaps.

use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::app::command::CommandId;
use crate::app::detail;
use crate::domain::gaps::{Gap, Missing};
use crate::domain::ids::SymptomId;
use crate::ui::page::{Page, crumbs};
use crate::ui::pen;
use crate::ui::theme::Theme;
use crate::ui::widgets::section::Section;
use crate::ui::widgets::wrap;

/// The page of all gaps; the lines of the selected one stand below.
pub fn gaps(model: &Model, theme: &Theme, symptom: &SymptomId, at: usize, columns: usize) -> Page {
    let gaps = detail::gaps(model, symptom);
    let title = model.catalogue.runbooks.get(symptom).map_or(symptom.as_str(), |runbook| &runbook.title);
    let note = format!("{} not wired", gaps.len());
    let head = vec![crumbs(theme, &["Layers", title, "not wired"], &note, columns), Line::default()];
    if gaps.is_empty() {
        let words = "Everything that this runbook asks for and offers is wired.";
        return Page { head, body: vec![Line::styled(words, theme.content())], ..Page::default() };
    }
    let width = u16::try_from(columns.saturating_sub(2)).unwrap_or(u16::MAX);
    let selected = at.min(gaps.len() - 1);
    let mut body = Vec::new();
    let mut selected_line = 0;
    let mut section = None;
    for (row, (here, gap)) in gaps.iter().enumerate() {
        if section != Some(*here) {
            if section.is_some() {
                body.push(Line::default());
            }
            let name = if *here { "Asked for at this step" } else { "Asked for elsewhere in this runbook" };
            body.push(Section { name, ..Section::default() }.line(theme, width));
            section = Some(*here);
        }
        if row == selected {
            selected_line = body.len();
        }
        body.push(line(theme, gap, row == selected, columns));
    }
    let foot = gaps.get(selected).map(|(_, gap)| block(model, theme, gap, width)).unwrap_or_default();
    Page { head, body, foot, selected: Some(selected_line) }
}

/// Kind of gap, and what it is.
fn line(theme: &Theme, gap: &Gap, selected: bool, columns: usize) -> Line<'static> {
    let (sort, name) = match &gap.missing {
        Missing::Signal(id) => ("signal", id.to_string()),
        Missing::Changes(kind) => ("change", kind.to_string()),
        Missing::Kind(kind) => ("action", kind.word().to_owned()),
    };
    let mark = if selected { theme.glyphs().selected() } else { " " };
    let style = if selected { theme.decides() } else { theme.content() };
    let ellipsis = theme.glyphs().ellipsis();
    let says = if gap.says.starts_with(&name) { String::new() } else { gap.says.clone() };
    let line = Line::from(vec![
        Span::styled(mark, theme.attention()),
        Span::styled(format!(" {sort}  "), theme.dim()),
        Span::styled(wrap::pad_right(&name, 26, ellipsis), style),
        Span::styled(wrap::clip(&says, columns.saturating_sub(40), ellipsis), theme.dim()),
    ]);
    if selected { line.style(theme.band()) } else { line }
}

/// How to connect it.
fn block(model: &Model, theme: &Theme, gap: &Gap, width: u16) -> Vec<Line<'static>> {
    let key = model.keymap.label(CommandId::CopyBlock);
    let note = format!("{key} copies; then {}", model.catalogue.command("check"));
    let mut lines = vec![
        Line::default(),
        Section { name: "Add to the config", note: &note, ..Section::default() }.line(theme, width),
    ];
    for row in gap.connect.lines() {
        lines.extend(pen::hanging(vec![Span::raw("  ")], &[Span::styled(row.to_owned(), theme.decides())], width));
    }
    let asks = match &gap.missing {
        Missing::Signal(_) | Missing::Changes(_) => {
            "Words in capitals are yours to put in. Until then every question about it is UNKNOWN, and the walk goes the \
             don't-know way."
        }
        Missing::Kind(_) => "Until then this containment is not offered. LEVER is one of your [lever.NAME] tables.",
    };
    lines.extend(pen::hanging(vec![Span::raw("  ")], &[Span::styled(asks.to_owned(), theme.dim())], width));
    lines
}
