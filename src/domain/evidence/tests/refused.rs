//! Everything that CEL would swallow or misread is refused when it is loaded, with a place and a hint.

use super::super::{Comparison, ExprError};
use super::names;

fn refused(text: &str) -> ExprError {
    match Comparison::parse(text, &names()) {
        Err(error) => error,
        Ok(_) => panic!("{text:?} was accepted"),
    }
}

/// Each trap of the CEL study with a word that its message or hint must hold.
const TRAPS: &[(&str, &str)] = &[
    // Errors that CEL absorbs beside `||`.
    ("nosuch(\"a\") == 1 || true", "more than one comparison"),
    ("a > 1 || true", "under all, any or none"),
    ("a > 1 && b > 1", "more than one comparison"),
    ("a > 1 ? b > 1 : b > 2", "more than one comparison"),
    ("nosuch(a) > 1", "no function"),
    ("groundin < 0.85", "did you mean \"grounding\"?"),
    ("value(\"groundin\") < 0.85", "did you mean \"grounding\"?"),
    ("rato(a) > 2", "did you mean \"ratio\"?"),
    // Extra and missing arguments.
    ("value(\"a\", \"b\") > 1", "write value(signal)"),
    ("value() > 1", "write value(signal)"),
    ("slope(a) > 1", "slope(signal, \"1h\")"),
    ("changed(prompt)", "changed(\"prompt\", \"24h\")"),
    // Wrong argument types.
    ("value(5) > 1.0", "a name is expected"),
    ("value(a + b) > 1", "a name is expected"),
    ("slope(a, 3600) > 0", "write a span in quotes"),
    ("slope(a, \"1 hour\") > 0", "no span of time"),
    ("slope(a, \"0h\") > 0", "no span of time"),
    ("changed(\"promt\", \"24h\")", "did you mean \"prompt\"?"),
    ("lag(\"weather\") < 60", "known: prompt"),
    ("burn(a, \"2h\", \"5m\") > 1", "30m"),
    ("burn(a, \"5m\", \"1h\") > 1", "longer one first"),
    // Mixed families, silently false in CEL.
    ("a == \"1\"", "a number is compared with a text"),
    ("\"1\" == 1", "a text is compared with a number"),
    ("a == true", "compared with true or false"),
    ("a == null", "null"),
    ("a == b\"x\"", "bytes"),
    ("lever(assistant) < \"off\"", "no order"),
    ("lever(assistant) > 3", "a text is compared with a number"),
    ("changed(prompt, \"1h\") > false", "no order"),
    ("a < \"1h\"", "a number is compared with a text"),
    // Identifiers and literals that are not what they look like.
    ("changed(prompt, \"1h\") == TRUE", "write true"),
    ("a > 1 and b > 1", "under all, any or none"),
    ("not a > 1", "under all, any or none"),
    ("a = 1", "write =="),
    ("age(a) > 10m", "write spans of time in quotes: \"10m\""),
    ("slope(a, 1h) > 0", "write spans of time in quotes: \"1h\""),
    ("lag(prompt) < 14d", "\"14d\""),
    // Operators, macros and shapes outside the language.
    ("1 < a < 2", "more than one comparison"),
    ("(a > 1) == (b > 1)", "more than one comparison"),
    ("!(a > 1)", "turn the comparison round"),
    ("!a", "changed(…)"),
    ("a % 2 == 0", "not allowed"),
    ("a in [1, 2]", "allowed"),
    ("[1].all(x, x > 0)", "comparison"),
    ("has(a.b) == true", "macros"),
    ("a.b > 1", "dot"),
    ("a[0] > 1", "not allowed"),
    ("{\"a\": 1} == 1", "lists and maps"),
    ("size(\"x\") > 0", "no function"),
    ("\"x\".size() > 0", "not allowed"),
    ("kb/2291 > 1", "no signal"),
    ("value(kb/2291) > 1", "in quotes"),
    ("a / 0 > 1", "division by zero"),
    ("a / 0.0 > 1", "division by zero"),
    // Nothing measured, nothing compared.
    ("1 < 2", "nothing that is measured"),
    ("\"a\" == \"a\"", "nothing that is measured"),
    ("a", "no comparison"),
    ("ratio(a)", "no comparison"),
    ("true", "no comparison"),
    ("", "for example"),
    ("lever(\"asistant\") == \"off\"", "did you mean \"assistant\"?"),
    ("provider_status(openai) == \"degraded\"", "no provider page says"),
    ("provider_status(openai) == \"minr\"", "did you mean \"minor\"?"),
];

#[test]
fn every_trap_is_refused_with_words_that_help() {
    for (text, word) in TRAPS {
        let error = refused(text);
        let said = format!("{} | {}", error.message, error.hint);
        assert!(said.contains(word), "{text:?} says: {said}");
        assert!(!error.hint.is_empty() && error.at <= text.chars().count(), "{text:?}: {error:?}");
    }
}

#[test]
fn the_place_of_a_mistake_is_counted_in_characters() {
    assert_eq!(refused("ratio(a) > 2 * groundin").at, 15);
    assert_eq!(refused("\"ä\" == groundin").at, 7);
    assert_eq!(refused("age(a) > 10m").at, 9);
    assert_eq!(refused("a >\n > 1").at, 5);
}

#[test]
fn long_deep_and_wide_texts_are_refused_before_anything_walks_them() {
    for text in [
        format!("{}a{} > 1", "(".repeat(400), ")".repeat(400)),
        format!("a > 1{}", " ".repeat(1_100)),
        format!("{}a{} > 1", "-(".repeat(40), ")".repeat(40)),
        format!("{}a > 1", "1+".repeat(500)),
        format!("{}a > 1", "a.".repeat(500)),
        format!("a{} > 1", "[0]".repeat(300)),
        format!("value({}a > 1", "value(".repeat(150)),
        "[".repeat(1_000),
        "\"".repeat(1_001),
        "9".repeat(1_000),
    ] {
        refused(&text);
    }
}

#[test]
fn what_the_parser_cannot_read_is_told_in_our_words() {
    let told = [
        ("grounding <", "something is missing behind \"<\": a comparison has two sides"),
        ("grounding < 0.5 +", "something is missing behind \"+\""),
        ("ratio(a > 2", "')' is missing"),
        ("a > 2 b", "the comparison is over before \"b\""),
        ("", "there is no comparison here"),
        ("< 3", "\"<\" cannot stand here"),
        ("a > 'x", "a quote is not closed"),
        ("a @ 3", "cannot stand here"),
    ];
    for (text, words) in told {
        let error = refused(text);
        assert!(error.message.contains(words), "{text:?}: {}", error.message);
        assert!(!error.hint.is_empty(), "{text:?}");
    }
    for text in [
        "a >",
        "(",
        ")",
        "a > (",
        "a ? b",
        "a.?b > 1",
        "{",
        "[1",
        "a > 1 1",
        "`a` > 1",
        "0x > 1",
        "a & b",
        "null ==",
        "a > \"\"\"",
    ] {
        if let Err(error) = Comparison::parse(text, &names()) {
            let grammar = ["<EOF>", "expecting", "mismatched", "token", "identifier", "literal"];
            assert!(!grammar.iter().any(|word| error.message.contains(word)), "{text:?}: {}", error.message);
        }
    }
}
