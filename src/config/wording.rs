//! Texts that people read at night: how long they may be, and what must not stand in them. May not know which text it is.

use std::borrow::Cow;

/// Characters of a title, a question, a name: what stands beside other things.
pub(super) const TITLE: usize = 200;
/// Characters of a sentence or two.
pub(super) const SENTENCE: usize = 1_000;
/// Characters of a text of several lines, a query or a command.
pub(super) const TEXT: usize = 4_000;

/// What is wrong with a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slip {
    /// Characters from its start.
    pub(super) at: usize,
    pub(super) message: Cow<'static, str>,
    pub(super) hint: Cow<'static, str>,
}

/// What is wrong with a text of at most so many characters, if anything. Lines end where `lines` are meant only; what no
/// reader sees, or what turns the reading direction round, stands nowhere.
pub(super) fn slip(text: &str, most: usize, lines: bool) -> Option<Slip> {
    if text.len() <= most && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    let unseen = unseen(text, lines);
    if let Some((at, c)) = unseen {
        return Some(if matches!(c, '\n' | '\r') {
            let hint = "write it on one line; in \"\"\" text a \\ at the end of a line joins it with the next";
            Slip { at, message: "a line break where one line is meant".into(), hint: hint.into() }
        } else {
            let message =
                format!("holds U+{:04X}, which nobody sees and which can hide or turn round the rest", c as u32);
            Slip { at, message: message.into(), hint: "remove it".into() }
        });
    }
    let characters = text.chars().count();
    (characters > most).then(|| Slip {
        at: most,
        message: format!("{characters} characters, at most {most} are read here").into(),
        hint: "say it shorter, or put the rest behind a link".into(),
    })
}

/// The first character that must not stand there. Joiners belong to scripts and to emoji, a selector of the look to emoji;
/// beside plain letters they only make two texts that look the same.
fn unseen(text: &str, lines: bool) -> Option<(usize, char)> {
    let mut before = None;
    let mut chars = text.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|(_, c)| *c);
        let belongs = match c {
            '\u{200C}' | '\u{200D}' => before.is_some_and(can_join) && after.is_some_and(can_join),
            '\u{FE00}'..='\u{FE0F}' => {
                before.is_some_and(|c| can_join(c) || c.is_ascii_digit() || c == '#' || c == '*')
            }
            _ => !is_unseen(c, lines),
        };
        if !belongs {
            return Some((at, c));
        }
        before = Some(c);
    }
    None
}

/// True for what a joiner can stand beside: no letter, digit or sign of ASCII, no space, no second joiner.
fn can_join(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !matches!(c, '\u{200C}' | '\u{200D}') && !is_unseen(c, false)
}

/// Control characters, those that change the reading direction or break lines, and those that take no room or look like
/// a space although they are none.
fn is_unseen(c: char, lines: bool) -> bool {
    match c {
        '\t' => false,
        '\n' | '\r' => !lines,
        '\u{AD}' | '\u{34F}' | '\u{61C}'                               // soft hyphen, grapheme joiner, Arabic mark
        | '\u{115F}'..='\u{1160}' | '\u{3164}' | '\u{FFA0}'           // Hangul fillers: blank, yet letters
        | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'           // invisible vowels, Mongolian selectors
        | '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}' // zero width, direction, separators
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}'                         // invisible operators, isolates, byte order mark
        | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}'..='\u{FFFF}'           // annotation, non-characters
        | '\u{E0000}'..='\u{E00FF}' => true,                           // tags: whole sentences that nobody sees
        _ => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_or_breaks_lines_has_its_place_and_scripts_and_emoji_are_left_alone() {
        let at = |text: &str, lines: bool| slip(text, 20, lines).map(|slip| slip.at);
        for bad in ["ab\0", "ab\u{1b}[31m", "ab\u{202e}c", "ab\u{2066}", "ab\u{7f}", "ab\u{2028}c"] {
            assert_eq!((at(bad, false), at(bad, true)), (Some(2), Some(2)), "{bad:?}");
        }
        assert_eq!((at("ab\nc", false), at("ab\nc", true)), (Some(2), None));
        for good in ["caf\u{e9}", "\u{645}\u{6cc}\u{200c}\u{62e}", "\u{26a0}\u{fe0f}", "\u{1f469}\u{200d}\u{1f52c}"] {
            assert_eq!(at(good, false), None, "{good:?}");
        }
        // A joiner or a selector stands where a script or an emoji needs it, and nowhere else.
        for bad in ["ab\u{200b}c", "ab\u{200c}c", "ab\u{200d}c", "ab\u{2060}", "ab\u{ad}c", "ab\u{feff}", "ab\u{180e}c"]
        {
            assert_eq!((at(bad, false), at(bad, true)), (Some(2), Some(2)), "{bad:?}");
        }
        for bad in [
            "ab\u{3164}",
            "ab\u{e0000}",
            "ab\u{e0041}\u{e007f}",
            "ab\u{fe0f}",
            "a\u{6cc}\u{200c} b",
            "\u{6cc} \u{200d}",
        ] {
            assert_eq!(at(bad, false), Some(2), "{bad:?}");
        }
        for good in ["1\u{fe0f}\u{20e3}", "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}", "\u{0d15}\u{0d4d}\u{200d}\u{0d15}"] {
            assert_eq!(at(good, false), None, "{good:?}");
        }
        assert_eq!((at(&"x".repeat(20), false), at(&"x".repeat(21), false)), (None, Some(20)));
    }
}
