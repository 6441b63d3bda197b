//! The one choke point between foreign text and the terminal: text from servers, files and commands is cleaned here,
//! once, when it comes in. Pure. May not decide where text is shown, nor what it means.
//!
//! What a reader cannot see must not be able to act or deceive: control characters, direction overrides, zero-width
//! and tag characters become visible (`␛`, `‹U+202E›`). Cleaning twice changes nothing.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Combining marks kept on one base character. Real scripts need up to four; more is an attack on the layout.
pub const MARKS_PER_CELL: usize = 4;

/// What stands for the rest of a clipped text.
const ELLIPSIS: &str = "…";

/// True for a character that must never reach a terminal from foreign text.
/// Newline and tab belong to it: they move the cursor.
#[must_use]
pub fn is_forbidden(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1F}' | '\u{7F}'..='\u{9F}'                         // C0, delete, C1
        | '\u{AD}' | '\u{34F}' | '\u{61C}'                               // soft hyphen, joiner, Arabic mark
        | '\u{600}'..='\u{605}' | '\u{6DD}' | '\u{70F}' | '\u{890}'..='\u{891}' | '\u{8E2}' // invisible prefixes
        | '\u{115F}'..='\u{1160}' | '\u{3164}' | '\u{FFA0}'              // Hangul fillers: blank, yet letters
        | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'              // invisible vowels, Mongolian selectors
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'              // zero width, separators, direction
        | '\u{2060}'..='\u{206F}'                                        // invisible operators, isolates
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'                           // variation selectors, byte order mark
        | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}'..='\u{FFFF}'              // annotation, non-characters
        | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1345F}'          // format controls of historic scripts
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'          // shorthand and musical format controls
        | '\u{E0000}'..='\u{E0FFF}'                                      // tags and supplementary selectors
    )
}

/// Cleans one line. Newlines become visible too; a tab becomes a space.
#[must_use]
pub fn clean(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut cleaner = Cleaner::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => cleaner.base(' '),
            _ => cleaner.push(c),
        }
    }
    cleaner.out
}

/// Cleans text of several lines: newlines stay (CR LF becomes LF), a tab becomes four spaces.
#[must_use]
pub fn clean_lines(text: &str) -> String {
    if text.bytes().all(|byte| byte == b'\n' || (0x20..0x7F).contains(&byte)) {
        return text.to_owned();
    }
    let mut cleaner = Cleaner::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => cleaner.newline(),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\t' => cleaner.text("    "),
            _ => cleaner.push(c),
        }
    }
    cleaner.out
}

/// Columns that cleaned text takes on a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// At most `columns` columns of `text`, whole characters only; `…` stands for what was left out.
#[must_use]
pub fn clip(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    let mut out = String::with_capacity(text.len().min(columns * 4));
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += UnicodeWidthStr::width(grapheme);
        if used > room {
            break;
        }
        out.push_str(grapheme);
    }
    out.push_str(ELLIPSIS);
    out
}

/// Printable ASCII only: by far the most common text, and clean as it stands.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7F).contains(&byte))
}

/// Builds clean text; knows how many marks stand on the current base character.
struct Cleaner {
    out: String,
    /// `None` where a mark would have no character of this text to stand on.
    marks: Option<usize>,
}

impl Cleaner {
    fn with_capacity(capacity: usize) -> Self {
        Self { out: String::with_capacity(capacity), marks: None }
    }

    fn push(&mut self, c: char) {
        match c {
            // They only choose between a text and an emoji picture, and every second copied warning sign carries one.
            '\u{FE0E}' | '\u{FE0F}' => {}
            '\u{0}'..='\u{1F}' => self.base(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{FFFD}')),
            '\u{7F}' => self.base('␡'),
            _ if is_forbidden(c) => self.text(&format!("‹U+{:04X}›", u32::from(c))),
            _ if c.width() == Some(0) => self.mark(c),
            _ => self.base(c),
        }
    }

    fn base(&mut self, c: char) {
        self.out.push(c);
        self.marks = Some(0);
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(text);
        self.marks = Some(0);
    }

    fn newline(&mut self) {
        self.out.push('\n');
        self.marks = None;
    }

    fn mark(&mut self, c: char) {
        match &mut self.marks {
            // At the start it would stand on whatever is drawn before this text.
            None => self.text(&format!("‹U+{:04X}›", u32::from(c))),
            Some(count) if *count < MARKS_PER_CELL => {
                *count += 1;
                self.out.push(c);
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
