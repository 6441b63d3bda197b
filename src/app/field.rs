//! A one-line text field. May not know what the text is for.

use unicode_segmentation::UnicodeSegmentation;

/// Longest text a field takes, in characters.
const LIMIT: usize = 400;

/// Text being typed; the cursor is always at its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextField {
    text: String,
}

impl TextField {
    /// What was typed so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds one character; control characters are dropped.
    pub fn push(&mut self, character: char) {
        if !character.is_control() && self.text.chars().count() < LIMIT {
            self.text.push(character);
        }
    }

    /// Adds pasted text on the one line: every white space becomes a blank, control characters are dropped.
    pub fn paste(&mut self, text: &str) {
        for character in text.chars() {
            self.push(if character.is_whitespace() { ' ' } else { character });
        }
    }

    /// Erases the last visible character.
    pub fn erase(&mut self) {
        if let Some((at, _)) = self.text.grapheme_indices(true).next_back() {
            self.text.truncate(at);
        }
    }

    /// Empties the field.
    pub fn clear(&mut self) {
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_stays_on_one_line_and_loses_control_bytes() {
        let mut field = TextField::default();
        field.paste("a\r\nb\u{1b}[31mc\td");
        assert_eq!(field.text(), "a  b[31mc d");
    }

    #[test]
    fn erasing_takes_one_visible_character() {
        let mut field = TextField::default();
        field.paste("e\u{301}\u{301}");
        field.erase();
        assert_eq!(field.text(), "");
        field.erase();
    }
}
