//! PromQL text → tokens, with their places for error messages. May not know grammar.

use super::ParseError;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A metric, label, function, operator word.
    Word(String),
    /// A number.
    Number(f64),
    /// A duration in seconds: `5m`, `1h30m`.
    Duration(f64),
    /// A quoted text, unescaped.
    Text(String),
    /// One of `+ - * / ( ) { } [ ] , = != == < <= > >= =~ !~`.
    Sign(&'static str),
}

/// A token and where it begins, in characters from 1.
pub type Placed = (usize, Token);

/// Longest first, so that `<=` is not read as `<`.
const SIGNS: [&str; 21] =
    ["!=", "==", "<=", ">=", "=~", "!~", "+", "-", "*", "/", "(", ")", "{", "}", "[", "]", ",", "=", "<", ">", "%"];

/// Splits a query.
///
/// # Errors
/// Characters that no token begins with, texts without an end.
pub fn tokens(query: &str) -> Result<Vec<Placed>, ParseError> {
    let mut found = Vec::new();
    let mut rest = query;
    loop {
        rest = rest.trim_start();
        let at = query.chars().count() - rest.chars().count() + 1;
        let Some(first) = rest.chars().next() else { return Ok(found) };
        if first == '#' {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        let (token, length) = if first.is_ascii_alphabetic() || first == '_' {
            let length = run(rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
            (Token::Word(rest[..length].to_owned()), length)
        } else if first.is_ascii_digit() || first == '.' {
            number(rest).ok_or_else(|| ParseError::at(at, format!("bad number or duration syntax: {first:?}")))?
        } else if first == '"' || first == '\'' {
            text(rest, first).ok_or_else(|| ParseError::at(at, "unterminated quoted string".into()))?
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            return Err(ParseError::at(at, format!("unexpected character: {first:?}")));
        };
        found.push((at, token));
        rest = &rest[length..];
    }
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// A number, or a duration if a unit follows.
fn number(text: &str) -> Option<(Token, usize)> {
    let mut length = run(text, |c| c.is_ascii_digit() || c == '.');
    if let Some(exponent) = text[length..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let digits = run(&exponent[sign..], |c| c.is_ascii_digit());
        if digits > 0 {
            length += 1 + sign + digits;
            return Some((Token::Number(text[..length].parse().ok()?), length));
        }
    }
    if text[length..].starts_with(|c: char| c.is_ascii_alphabetic()) {
        let length = run(text, |c| c.is_ascii_alphanumeric());
        return Some((Token::Duration(duration(&text[..length])?), length));
    }
    Some((Token::Number(text[..length].parse().ok()?), length))
}

/// Seconds of `5m`, `1h30m`, `500ms`.
#[must_use]
pub fn duration(text: &str) -> Option<f64> {
    let mut seconds = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = run(rest, |c| c.is_ascii_digit());
        let amount: f64 = rest[..digits].parse().ok()?;
        let letters = run(&rest[digits..], |c| c.is_ascii_alphabetic());
        seconds += amount
            * match &rest[digits..digits + letters] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3_600.0,
                "d" => 86_400.0,
                "w" => 604_800.0,
                _ => return None,
            };
        rest = &rest[digits + letters..];
    }
    (seconds > 0.0).then_some(seconds)
}

fn text(input: &str, quote: char) -> Option<(Token, usize)> {
    let mut value = String::new();
    let mut chars = input.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((Token::Text(value), at + quote.len_utf8())),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                other => other,
            }),
            c => value.push(c),
        }
    }
    None
}
