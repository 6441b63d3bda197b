//! The plainest comparisons, `ratio(latency_p99) > 2.5`, read without a syntax tree: nine of ten in runbooks are of this
//! form, and a team with a thousand runbooks loads twenty thousand of them. Whatever is not plain, or is wrong, is left
//! to `check`, which alone explains errors. May not accept what `check` refuses, nor read it otherwise; a test compares.

use super::expr::Names;
use super::tree::{Ask, Number, Relation, Test};

/// Words that mean something else in the language, whatever a signal is called.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];
/// Longer numbers are left to the parser: a double holds this many digits exactly.
const DIGITS: usize = 15;

/// Longer texts are not plain; `check` refuses those that are too long.
const LONGEST: usize = 200;

/// The comparison, if it is a plain one.
pub(super) fn test(text: &str, names: &Names) -> Option<Test> {
    if text.len() > LONGEST {
        return None;
    }
    let (left, rest) = word(text.trim_matches(' '))?;
    let (ask, rest) = match rest.strip_prefix('(') {
        None => (Ask::Value(signal(left, names)?), rest),
        Some(inside) => {
            let (inner, rest) = word(inside)?;
            let id = signal(inner, names)?;
            let ask = match left {
                "value" => Ask::Value(id),
                "ratio" => Ask::Ratio(id),
                "z" => Ask::Z(id),
                "worst" => Ask::Worst(id),
                "spread" => Ask::Spread(id),
                "age" => Ask::Age(id),
                "n" => Ask::N(id),
                "onset" => Ask::Onset(id),
                _ => return None,
            };
            (ask, rest.strip_prefix(')')?)
        }
    };
    let (relation, limit) = relation(rest.trim_start_matches(' '))?;
    Some(Test::Numbers(relation, Number::Ask(ask), Number::Literal(number(limit.trim_start_matches(' '))?)))
}

/// The word at the start, and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| !(byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'));
    let (word, rest) = text.split_at(end?);
    word.bytes().next().filter(u8::is_ascii_lowercase).map(|_| (word, rest))
}

fn signal(word: &str, names: &Names) -> Option<String> {
    (names.signals.contains(word) && !RESERVED.contains(&word)).then(|| word.to_owned())
}

fn relation(text: &str) -> Option<(Relation, &str)> {
    let known = [
        ("<=", Relation::LessOrEqual),
        (">=", Relation::MoreOrEqual),
        ("==", Relation::Equal),
        ("!=", Relation::NotEqual),
        ("<", Relation::Less),
        (">", Relation::More),
    ];
    known.into_iter().find_map(|(sign, relation)| Some((relation, text.strip_prefix(sign)?)))
}

/// `0`, `2`, `0.85`: no sign, no exponent, no needless zero in front.
fn number(text: &str) -> Option<f64> {
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = text.len() <= DIGITS && digits(whole) && part.is_none_or(digits);
    (plain && (whole == "0" || !whole.starts_with('0'))).then(|| text.parse().ok()).flatten()
}
