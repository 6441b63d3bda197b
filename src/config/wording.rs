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
    let unseen = text.chars().enumerate().find(|(_, c)| is_unseen(*c, lines));
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

/// Control characters, and those that change the reading direction or break lines. Joiners and variation selectors belong
/// to scripts and emoji; what shows texts makes visible which of them do not.
fn is_unseen(c: char, lines: bool) -> bool {
    match c {
        '\t' => false,
        '\n' | '\r' => !lines,
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
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
        assert_eq!((at(&"x".repeat(20), false), at(&"x".repeat(21), false)), (None, Some(20)));
    }
}
