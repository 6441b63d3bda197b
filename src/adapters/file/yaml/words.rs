//! What a plain word means, and how text is written in the manner of the text that it replaces. Pure.
//! May not know where in a document a word stands.
//!
//! Plain words mean what YAML 1.2's core schema says. Words that only YAML 1.1 takes for true and false (`yes`, `on`, …) are text
//! here, and are written without quotes only where such a word stood before.

use serde_json::{Number, Value};

/// What some reader takes for true, false or nothing.
const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// What a plain word says.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let based = |digits: &str, base| u64::from_str_radix(digits, base).ok().map(Number::from);
    match text.split_at_checked(2) {
        Some(("0x", digits)) if digits.starts_with(|first: char| first.is_ascii_hexdigit()) => {
            return based(digits, 16);
        }
        Some(("0o", digits)) if digits.starts_with(|first: char| first.is_ascii_digit()) => return based(digits, 8),
        _ => {}
    }
    let digits = text.chars().all(|char| char.is_ascii_digit() || ".eE+-".contains(char));
    let number = digits.then(|| text.parse::<f64>().ok()).flatten()?;
    text.parse::<i64>().ok().map(Number::from).or_else(|| Number::from_f64(number))
}

/// Text in the manner of the text that it replaces: quotes stay quotes, and plain text stays plain if nobody can take the
/// new one for anything but text.
pub(in crate::adapters::file) fn written(old: &str, new: &str) -> String {
    let is_word = |text: &str| WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    let plain = new.starts_with(|first: char| first.is_ascii_alphabetic())
        && new.chars().all(|char| char.is_ascii_alphanumeric() || "_-./".contains(char))
        && (!is_word(new) || is_word(old));
    match old.chars().next() {
        Some('\'') if !new.chars().any(breaks) => format!("'{}'", new.replace('\'', "''")),
        Some('"' | '\'') => quoted(new),
        _ if plain => new.to_owned(),
        _ => quoted(new),
    }
}

/// Between double quotes. JSON's escapes are YAML's too, but JSON leaves more characters as they are.
fn quoted(text: &str) -> String {
    let escape = |char: char| match char {
        '"' | '\\' => format!("\\{char}"),
        char if breaks(char) => format!("\\u{:04x}", u32::from(char)),
        char => char.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

/// Characters that YAML does not allow, or takes for the end of a line.
fn breaks(char: char) -> bool {
    char.is_control() || matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}')
}
