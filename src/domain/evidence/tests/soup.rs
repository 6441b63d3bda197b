//! Hostile text: token soup of a fixed seed never panics, and whatever loads can be judged.

use super::super::{Comparison, Verdict};
use super::facts::Known;
use super::names;

const TOKENS: &[&str] = &[
    "a",
    "b",
    "grounding",
    "n",
    "value",
    "ratio",
    "z",
    "slope",
    "burn",
    "changed",
    "lag",
    "lever",
    "onset",
    "has",
    "true",
    "false",
    "null",
    "in",
    "\"a\"",
    "\"1h\"",
    "\"",
    "'",
    "b\"x\"",
    "r\"\\\"",
    "1",
    "2.5",
    "1e309",
    "-1",
    "0",
    "9999999999999999999",
    "0x1F",
    "1u",
    "10m",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "?",
    ":",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "&&",
    "||",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    " ",
    "\n",
    "\u{202e}",
    "é",
    "\u{0}",
    "//",
    "@",
    "`",
    "all",
    "(x, x > 0)",
    "size",
    "\\u00e9",
];

#[test]
fn token_soup_never_panics_and_whatever_loads_can_be_judged() {
    let mut random = fastrand::Rng::with_seed(20_261_123);
    let names = names();
    let known = Known::default().number("a", 1.0);
    let (mut loaded, mut unknown) = (0, 0);
    for _ in 0..20_000 {
        let length = random.usize(1..14);
        let text: String = (0..length).map(|_| TOKENS[random.usize(..TOKENS.len())]).collect();
        if let Ok(comparison) = Comparison::parse(&text, &names) {
            loaded += 1;
            unknown += usize::from(comparison.judge(&known).verdict == Verdict::Unknown);
        }
    }
    assert!(loaded > 0 && unknown > 0, "the soup must reach the judge: {loaded} loaded, {unknown} unknown");
}

#[test]
fn random_characters_never_panic() {
    let mut random = fastrand::Rng::with_seed(7);
    let names = names();
    for _ in 0..10_000 {
        let length = random.usize(0..40);
        let text: String = (0..length).map(|_| random.char('\u{0}'..='\u{ff}')).collect();
        let _ = Comparison::parse(&text, &names);
    }
}
