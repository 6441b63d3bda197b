//! A word-level difference as lines: removed and added text by sign and by style, whole or only around the changes.
//! May not compute the difference; `domain::diff` does.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::wrap;
use crate::domain::diff::{Diff, Piece, PieceKind};
use crate::ui::theme::Theme;

/// How many unchanged words stay on each side of a change in compact mode.
const CONTEXT_WORDS: usize = 5;

/// How much of the text is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every word.
    Whole,
    /// The changes with a few words around them.
    Compact,
}

/// The difference in lines of at most `columns`.
#[must_use]
pub fn lines(theme: &Theme, diff: &Diff, columns: usize, extent: Extent) -> Vec<Line<'static>> {
    let pieces: Vec<&Piece> = diff.pieces.iter().filter(|piece| !piece.is_only_space()).collect();
    let last = pieces.len().saturating_sub(1);
    let mut spans = Vec::with_capacity(pieces.len());
    for (at, piece) in pieces.iter().enumerate() {
        match piece.kind {
            PieceKind::Same => {
                let text = match extent {
                    Extent::Whole => piece.text.clone(),
                    Extent::Compact => shortened(&piece.text, at > 0, at < last, theme.glyphs().ellipsis()),
                };
                spans.push(Span::styled(text, theme.content()));
            }
            PieceKind::Removed => {
                let replaced = pieces.get(at + 1).is_some_and(|next| next.kind == PieceKind::Added);
                spans.extend(signed(theme.glyphs().minus(), &piece.text, theme.removed(), replaced));
            }
            PieceKind::Added => spans.extend(signed("+", &piece.text, theme.added(), false)),
        }
    }
    wrap::spans(&spans, columns)
}

/// `6 words changed`, in words.
#[must_use]
pub fn summary(diff: &Diff) -> String {
    match diff.words_changed {
        0 => "no words changed".into(),
        1 => "1 word changed".into(),
        n => format!("{n} words changed"),
    }
}

/// The sign glued to the first word of each line; white space around stays outside. Text that is only white space has
/// no sign. `replaced`: what replaces it follows, so a space keeps the two apart.
fn signed(sign: &str, text: &str, style: Style, replaced: bool) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            spans.push(Span::raw("\n"));
        }
        let words = line.trim();
        if words.is_empty() {
            spans.push(Span::raw(line.to_owned()));
            continue;
        }
        let start = line.len() - line.trim_start().len();
        spans.push(Span::raw(line[..start].to_owned()));
        spans.push(Span::styled(format!("{sign}{words}"), style));
        spans.push(Span::raw(line[start + words.len()..].to_owned()));
    }
    if replaced && !text.ends_with(char::is_whitespace) {
        spans.push(Span::raw(" "));
    }
    spans
}

/// The first and last few words of unchanged text; `change_before` and `change_after` say which ends touch a change.
fn shortened(text: &str, change_before: bool, change_after: bool, ellipsis: &str) -> String {
    let words: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
    let (head, tail) = (usize::from(change_before) * CONTEXT_WORDS, usize::from(change_after) * CONTEXT_WORDS);
    if words.len() <= head + tail + 1 {
        return text.to_owned();
    }
    let first = words[..head].concat();
    let last = words[words.len() - tail..].concat();
    match (first.trim_end(), last.as_str()) {
        ("", last) => format!("{ellipsis} {last}"),
        (first, "") => format!("{first}{ellipsis}"),
        (first, last) => format!("{first}{ellipsis} {last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::words;

    const BEFORE: &str = "Answer the customer briefly.";
    const AFTER: &str = "Answer the customer always in full detail, citing policy.";

    fn drawn(before: &str, after: &str, columns: usize, extent: Extent) -> Vec<String> {
        lines(&Theme::plain(), &words(before, after), columns, extent).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn removed_and_added_words_carry_signs_and_differ_without_colour() {
        assert_eq!(
            drawn(AFTER, BEFORE, 80, Extent::Whole),
            ["Answer the customer −always in full detail, citing policy. +briefly."]
        );
        let theme = Theme::plain();
        assert_ne!(theme.added(), theme.removed());
        assert_ne!(theme.added(), theme.content());
    }

    #[test]
    fn compact_keeps_the_words_around_a_change_only() {
        let before = format!("{} briefly {}", "a ".repeat(30), "z ".repeat(30));
        let after = before.replace("briefly", "at length");
        let text = drawn(&before, &after, 200, Extent::Compact).join("|");
        assert!(text.starts_with("… a a") && text.trim_end().ends_with("…"), "{text}");
        assert!(text.contains("−briefly +at length"), "{text}");
        assert!(text.len() < 80, "{text}");
    }

    #[test]
    fn every_line_of_a_change_has_its_sign_and_no_space_is_doubled() {
        assert_eq!(drawn("say so\nquote it word\nend", "end", 40, Extent::Whole), ["−say so", "−quote it word", "end"]);
        assert_eq!(
            drawn("If they do not", "If the passages do not", 60, Extent::Whole),
            ["If −they +the passages do not"]
        );
    }

    #[test]
    fn line_feeds_stay_and_every_width_is_held() {
        assert_eq!(drawn("a\nb", "a\nc", 20, Extent::Whole), ["a", "−b +c"]);
        for columns in 0..30 {
            for line in lines(&Theme::dark(), &words(BEFORE, AFTER), columns, Extent::Whole) {
                assert!(line.width() <= columns);
            }
        }
    }

    #[test]
    fn identical_texts_say_so() {
        assert_eq!(summary(&words("a b", "a b")), "no words changed");
        assert_eq!(summary(&words("a b", "a c")), "2 words changed");
    }
}
