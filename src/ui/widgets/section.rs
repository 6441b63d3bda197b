//! A section's head: number, name, a thin dim rule, a note at the right. The only structure besides air.
//! May not draw what is inside the section.

use ratatui::text::{Line, Span};

use super::wrap;
use crate::ui::theme::Theme;

/// What stands in a section's head.
#[derive(Debug, Clone, Copy, Default)]
pub struct Section<'a> {
    /// The key that focuses it.
    pub number: Option<u8>,
    /// Its name.
    pub name: &'a str,
    /// What stands at the right end of the rule: a window, a hint.
    pub note: &'a str,
    /// True if keys go there.
    pub focused: bool,
}

impl Section<'_> {
    /// The head in exactly `columns` columns (less only if there is no room at all). The note goes first when narrow.
    #[must_use]
    pub fn line(&self, theme: &Theme, columns: u16) -> Line<'static> {
        let (columns, glyphs) = (usize::from(columns), theme.glyphs());
        let number = self.number.map(|number| format!("{number} ")).unwrap_or_default();
        let mark = if self.focused { format!("{} ", glyphs.pointer()) } else { String::new() };
        let head = wrap::clip(&format!("{mark}{number}{}", self.name), columns, glyphs.ellipsis());
        let mut left = columns.saturating_sub(wrap::width(&head));
        let note = if self.note.is_empty() || wrap::width(self.note) + 4 > left { "" } else { self.note };
        let mut spans = vec![Span::styled(head, theme.heading())];
        if !note.is_empty() {
            left -= wrap::width(note) + 1;
        }
        if left > 1 {
            spans.push(Span::raw(" "));
            spans.push(Span::styled(glyphs.rule().repeat(left - 1), theme.rule()));
        }
        if !note.is_empty() {
            spans.push(Span::raw(" "));
            spans.push(Span::styled(note.to_owned(), theme.dim()));
        }
        Line::from(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_fills_the_width_and_the_note_goes_first_when_narrow() {
        let theme = Theme::plain();
        let section = Section { number: Some(1), name: "Layers", note: "2 h", focused: false };
        assert_eq!(section.line(&theme, 20).to_string(), "1 Layers ─────── 2 h");
        assert_eq!(section.line(&theme, 11).to_string(), "1 Layers ──");
        assert_eq!(section.line(&theme, 6).to_string(), "1 Lay…");
        assert_eq!(section.line(&theme, 0).to_string(), "");
        for columns in 0..40 {
            assert!(section.line(&theme, columns).width() <= usize::from(columns));
        }
    }

    #[test]
    fn focus_is_a_mark_and_not_colour_alone() {
        let section = Section { number: Some(2), name: "What changed", note: "", focused: true };
        assert!(section.line(&Theme::plain(), 30).to_string().starts_with("▸ 2 What changed "));
        assert!(section.line(&Theme::plain().ascii(), 30).to_string().is_ascii());
    }
}
