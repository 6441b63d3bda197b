//! Fitting text to a width in terminal columns: clip, pad and word wrap. Widths are display widths, not characters.
//! May not know what the text means.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that `text` takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `columns` columns; what was cut is marked by `ellipsis` (for example `…`).
#[must_use]
pub fn clip(text: &str, columns: usize, ellipsis: &str) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(ellipsis.width()) else { return String::new() };
    let mut kept = head(text, room).to_owned();
    kept.push_str(ellipsis);
    kept
}

/// The longest head of `text` that fits `columns`, never splitting a grapheme.
#[must_use]
pub fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > columns {
            return &text[..at];
        }
    }
    text
}

/// Clips or pads with spaces at the right to exactly `columns`.
#[must_use]
pub fn pad_right(text: &str, columns: usize, ellipsis: &str) -> String {
    let mut fitted = clip(text, columns, ellipsis);
    fitted.push_str(&" ".repeat(columns.saturating_sub(fitted.width())));
    fitted
}

/// Clips or pads with spaces at the left to exactly `columns`: numbers line up at their right.
#[must_use]
pub fn pad_left(text: &str, columns: usize, ellipsis: &str) -> String {
    let fitted = clip(text, columns, ellipsis);
    format!("{}{fitted}", " ".repeat(columns.saturating_sub(fitted.width())))
}

/// Breaks plain text into lines of at most `columns` at white space; longer words are broken. Line feeds are kept.
/// Nothing for a width of zero.
#[must_use]
pub fn lines(text: &str, columns: usize) -> Vec<String> {
    spans(&[Span::raw(text)], columns)
        .into_iter()
        .map(|line| line.spans.iter().map(|span| span.content.as_ref()).collect())
        .collect()
}

/// Breaks styled text into lines of at most `columns` at white space; a word may change style within.
/// Space at a break vanishes, other space stays as written. Nothing for a width of zero.
#[must_use]
pub fn spans(text: &[Span<'_>], columns: usize) -> Vec<Line<'static>> {
    if columns == 0 {
        return Vec::new();
    }
    let mut wrapper =
        Wrapper { columns, done: Vec::new(), line: Vec::new(), used: 0, gap: Vec::new(), word: Vec::new() };
    for span in text {
        for grapheme in span.content.graphemes(true) {
            wrapper.push(grapheme, span.style);
        }
    }
    wrapper.finish()
}

/// A space that holds its words together; drawn as a space.
const NO_BREAK: &str = "\u{a0}";

/// Where a word too long for a line (a query, an address) may be broken. ASCII only: each is one byte.
const BREAKS: [char; 6] = [',', '(', '{', '/', '&', '?'];

/// Keeps the words of `text` on one line when it is wrapped.
#[must_use]
pub fn unbroken(text: &str) -> String {
    text.replace(' ', NO_BREAK)
}

type Piece = (String, Style);

struct Wrapper {
    columns: usize,
    done: Vec<Line<'static>>,
    line: Vec<Piece>,
    used: usize,
    gap: Vec<Piece>,
    word: Vec<Piece>,
}

impl Wrapper {
    fn push(&mut self, grapheme: &str, style: Style) {
        if matches!(grapheme, "\n" | "\r\n") {
            self.end_word();
            self.gap.clear();
            self.end_line();
        } else if grapheme == NO_BREAK {
            append(&mut self.word, " ", style);
        } else if grapheme.chars().all(char::is_whitespace) {
            self.end_word();
            append(&mut self.gap, " ", style);
        } else {
            append(&mut self.word, grapheme, style);
        }
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let (word, gap) = (columns_of(&self.word), columns_of(&self.gap));
        if self.used > 0 && self.used + gap + word > self.columns {
            self.gap.clear();
            self.end_line();
        }
        for (text, style) in std::mem::take(&mut self.gap).into_iter().chain(std::mem::take(&mut self.word)) {
            self.place(&text, style);
        }
    }

    /// Puts text on the line; a word wider than a line is broken after punctuation, or else where the line ends.
    fn place(&mut self, text: &str, style: Style) {
        let mut rest = text;
        while !rest.is_empty() {
            let room = self.columns.saturating_sub(self.used);
            let mut fits = head(rest, room);
            if fits.len() < rest.len() {
                let punctuation = fits.rfind(BREAKS).filter(|at| at * 2 > fits.len());
                fits = punctuation.map_or(fits, |at| &fits[..=at]);
            }
            if fits.is_empty() && self.used == 0 {
                // One grapheme is wider than the whole line: it cannot be shown.
                let width = rest.graphemes(true).next().map_or(rest.len(), str::len);
                rest = &rest[width..];
                continue;
            }
            append(&mut self.line, fits, style);
            self.used += fits.width();
            rest = &rest[fits.len()..];
            if !rest.is_empty() {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let spans: Vec<_> =
            std::mem::take(&mut self.line).into_iter().map(|(text, style)| Span::styled(text, style)).collect();
        self.done.push(Line::from(spans));
        self.used = 0;
    }

    fn finish(mut self) -> Vec<Line<'static>> {
        self.end_word();
        if !self.line.is_empty() {
            self.end_line();
        }
        self.done
    }
}

fn append(pieces: &mut Vec<Piece>, text: &str, style: Style) {
    match pieces.last_mut() {
        Some((last, same)) if *same == style => last.push_str(text),
        _ => pieces.push((text.to_owned(), style)),
    }
}

fn columns_of(pieces: &[Piece]) -> usize {
    pieces.iter().map(|(text, _)| text.width()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn breaks_at_spaces_keeps_line_feeds_and_breaks_only_words_that_cannot_fit() {
        assert_eq!(lines("roll it back first", 8), ["roll it", "back", "first"]);
        assert_eq!(lines("a\n\nb", 8), ["a", "", "b"]);
        assert_eq!(lines("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(lines("avg(score{service=\"bot\",eval=\"x\"})", 30), ["avg(score{service=\"bot\",", "eval=\"x\"})"]);
        assert_eq!(lines("日本語", 4), ["日本", "語"]);
        assert_eq!(lines(&format!("n 412 {}", unbroken("± 3 min")), 9), ["n 412", "± 3 min"]);
        assert!(lines("anything", 0).is_empty());
    }

    #[test]
    fn a_cut_is_marked_and_never_splits_a_wide_character() {
        assert_eq!(clip("grounding", 6, "…"), "groun…");
        assert_eq!(clip("日本語", 4, "…"), "日…");
        assert_eq!(clip("grounding", 0, "…"), "");
        assert_eq!(pad_left("0.71", 6, "…"), "  0.71");
        assert_eq!(pad_right("日本語", 4, "…"), "日… ");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked_and_no_visible_character_is_lost(text in "[a-c日 \n]{0,60}", columns in 2usize..12) {
            let wrapped = lines(&text, columns);
            prop_assert!(wrapped.iter().all(|line| line.width() <= columns), "{wrapped:?}");
            let visible = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(visible(&wrapped.concat()), visible(&text));
        }

        #[test]
        fn clipped_text_fits(text in "\\PC{0,20}", columns in 0usize..12) {
            prop_assert!(clip(&text, columns, "…").width() <= columns);
            prop_assert_eq!(pad_left(&text, columns, "…").width(), columns);
        }
    }
}
