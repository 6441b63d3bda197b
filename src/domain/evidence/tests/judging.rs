//! Verdicts, shown values, causes and ages.

use proptest::prelude::*;

use super::super::{Evidence, Facts, Missing, Verdict};
use super::facts::Known;
use super::{names, parse};
use crate::domain::change::ChangeKind;

#[test]
fn a_comparison_is_shown_with_value_verdict_and_age() {
    let facts = Known::default()
        .number("grounding", 0.712_3)
        .number("age(grounding)", 6.0)
        .number("ratio(latency_p99)", 2.98)
        .number("z(grounding)", -8.4)
        .number("lag(prompt)", 360.0)
        .number("onset(grounding)", 2_100.0)
        .number("slope(grounding,3600)", -0.051)
        .number("burn(error_rate,3600,300)", 14.9)
        .word("assistant", "off")
        .word("openai", "minor")
        .change(ChangeKind::Prompt, true);
    for (text, verdict, value) in [
        ("grounding < 0.85", Verdict::True, "0.712"),
        ("0.85 < grounding", Verdict::False, "0.712"),
        ("value(\"grounding\") <= 0.7123", Verdict::True, "0.712"),
        ("ratio(latency_p99) > 2", Verdict::True, "2.98x"),
        ("z(grounding) <= -6", Verdict::True, "-8.4"),
        ("lag(prompt) < 7200", Verdict::True, "6 min"),
        ("lag(prompt) < \"2h\"", Verdict::True, "6 min"),
        ("\"5m\" > lag(\"prompt\")", Verdict::False, "6 min"),
        ("onset(grounding) > \"30m\"", Verdict::True, "35 min"),
        ("slope(grounding, \"1h\") < 0", Verdict::True, "-0.051/h"),
        ("burn(error_rate, \"1h\", \"5m\") > 10", Verdict::True, "14.9x"),
        ("lever(assistant) == \"off\"", Verdict::True, "off"),
        ("lever(assistant) != \"off\"", Verdict::False, "off"),
        ("provider_status(openai) != \"none\"", Verdict::True, "minor"),
        ("changed(prompt, \"24h\")", Verdict::True, "yes"),
        ("!changed(\"prompt\", \"24h\")", Verdict::False, "yes"),
        ("changed(prompt, \"24h\") == false", Verdict::False, "yes"),
        ("grounding * 2 - 1 < 1", Verdict::True, "0.425"),
    ] {
        let judged = parse(text).judge(&facts);
        assert_eq!((judged.verdict, judged.value.as_str()), (verdict, value), "{text}");
        assert_eq!(judged.cause, None, "{text}");
    }
    assert_eq!(parse("grounding < 0.85").judge(&facts).age_s, Some(6.0));
    assert_eq!(parse("lag(prompt) < 60").judge(&facts).age_s, None, "no single signal stands behind it");
}

#[test]
fn whole_numbers_calculate_like_any_other_number() {
    let facts = Known::default().number("a", 5.0);
    assert_eq!(parse("a / 2 > 2").judge(&facts).verdict, Verdict::True);
    assert_eq!(parse("2 + 1.5 < a").judge(&facts).verdict, Verdict::True);
    assert_eq!(parse("10 / 4 * a == 12.5").judge(&facts).verdict, Verdict::True);
}

#[test]
fn a_missing_fact_is_unknown_with_its_cause_whatever_the_relation() {
    let facts = Known::default().number("a", 1.0);
    for relation in ["==", "!=", "<", "<=", ">", ">="] {
        let judged = parse(&format!("a + b {relation} 1")).judge(&facts);
        assert_eq!(judged.verdict, Verdict::Unknown, "{relation}");
        assert_eq!((judged.value.as_str(), judged.cause.as_deref()), ("–", Some("b: no data")));
    }
    let judged = parse("!changed(prompt, \"1h\")").judge(&facts);
    assert_eq!((judged.verdict, judged.value.as_str()), (Verdict::Unknown, "–"));
    assert_eq!(parse("lever(assistant) != \"off\"").judge(&facts).verdict, Verdict::Unknown);
}

#[test]
fn a_calculation_without_result_is_a_broken_rule_and_never_false() {
    let facts = Known::default().number("a", 0.0).number("b", f64::MAX);
    for text in ["1 / a > 1", "1 / a < 1", "b * b > 1", "b * b < 1"] {
        let judged = parse(text).judge(&facts);
        assert_eq!(judged.verdict, Verdict::Unknown, "{text}");
        assert!(judged.cause.is_some_and(|cause| cause.starts_with("rule is broken")), "{text}");
    }
}

#[test]
fn a_source_that_hands_out_not_a_number_breaks_no_rule_silently() {
    let facts = Known::default().number("a", f64::NAN);
    assert_eq!(parse("a < 1").judge(&facts).verdict, Verdict::Unknown);
    assert_eq!(parse("a != 1").judge(&facts).verdict, Verdict::Unknown);
}

#[test]
fn a_bare_word_before_brackets_is_a_function_and_otherwise_a_signal() {
    let facts = Known::default().number("provider_status", 2.0).number("n", 7.0).number("n(a)", 412.0);
    assert_eq!(parse("provider_status > 1").judge(&facts).verdict, Verdict::True);
    assert_eq!(parse("n == 7").judge(&facts).verdict, Verdict::True);
    assert_eq!(parse("n(a) == 412").judge(&facts).value, "412");
    assert_eq!(parse("n(a) == 412").signals(), ["a"]);
}

#[test]
fn a_comparison_says_what_it_is_about_and_is_equal_by_its_text() {
    let comparison = parse("ratio(a) > 2 * b + ratio(a)");
    assert_eq!(comparison.signals(), ["a", "b"]);
    assert_eq!(parse("lag(index) < 60").change_kind(), Some(ChangeKind::Index));
    assert_eq!(parse("a > 1"), parse("a > 1").clone());
    assert_ne!(parse("a > 1"), parse("a  > 1"));
    may_be_shared(&comparison);
}

fn may_be_shared<T: Send + Sync + Clone>(_: &T) {}

/// A numeric expression over `a`, `b` and literals, as text.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just("a".to_owned()), Just("b".to_owned()), (-50i32..50).prop_map(|i| format!("{i}.5"))];
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), proptest::sample::select(vec!["+", "-", "*", "/"]), inner.clone())
                .prop_map(|(l, op, r)| format!("({l} {op} {r})")),
            inner.prop_map(|i| format!("-({i})")),
        ]
    })
}

/// What CEL itself says; `None` for its errors and for results that are not finite numbers.
fn cel_says(text: &str, a: f64, b: f64) -> Option<bool> {
    let tree = cel::parser::PrattParser::new().parse(text).ok()?;
    let mut context = cel::Context::default();
    context.add_variable_from_value("a", a);
    context.add_variable_from_value("b", b);
    match cel::Value::resolve(&tree, &context) {
        Ok(cel::Value::Bool(answer)) => Some(answer),
        _ => None,
    }
}

proptest! {
    #[test]
    fn our_arithmetic_agrees_with_cel(
        left in expression(), right in expression(), op in proptest::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]),
        a in -100.0f64..100.0, b in -100.0f64..100.0,
    ) {
        let text = format!("{left} {op} {right}");
        prop_assume!(text.contains('a') || text.contains('b'));
        let Ok(comparison) = super::super::Comparison::parse(&text, &names()) else { return Ok(()) };
        let ours = comparison.judge(&Known::default().number("a", a).number("b", b)).verdict;
        if ours != Verdict::Unknown {
            prop_assert_eq!(Some(ours == Verdict::True), cel_says(&text, a, b), "{}", text);
        }
    }

    #[test]
    fn taking_a_fact_away_never_turns_an_answer_into_the_other_answer(
        left in expression(), right in expression(), a in -9.0f64..9.0, b in -9.0f64..9.0,
    ) {
        let Ok(comparison) = super::super::Comparison::parse(&format!("{left} < {right}"), &names()) else { return Ok(()) };
        let full = comparison.judge(&Known::default().number("a", a).number("b", b)).verdict;
        let less = comparison.judge(&Known::default().number("a", a)).verdict;
        prop_assert!(less == full || less == Verdict::Unknown);
    }
}

#[test]
fn facts_are_an_object_safe_boundary() {
    let facts: &dyn Facts = &Known::default();
    assert_eq!(facts.value("a"), Err(Missing("a: no data".into())));
}

#[test]
fn what_must_not_hold_speaks_for_the_whole_by_being_false() {
    let evidence = Evidence { none: vec![parse("error_rate > 0.5")], ..Evidence::default() };
    let judgement = evidence.judge(&Known::default().number("error_rate", 0.002));
    assert_eq!(judgement.verdict, Verdict::True);
    assert_eq!((judgement.parts[0].verdict, judgement.parts[0].speaks_for()), (Verdict::False, Verdict::True));
}
