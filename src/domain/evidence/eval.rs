//! Judges a checked tree against the facts of a moment. Total: every missing fact is UNKNOWN with its cause.
//! May not parse.

use super::super::figures;
use super::tree::{Ask, Number, Operation, Relation, Test, Text};
use super::{Facts, Judged, Missing, Verdict};

/// Judges it; `text` is carried along to be shown.
pub(super) fn judge(text: &str, tree: &Test, facts: &dyn Facts) -> Judged {
    let (verdict, value, cause) = match tree {
        Test::Numbers(relation, left, right) => numbers(*relation, left, right, facts),
        Test::Texts { equal, left, right } => texts(*equal, left, right, facts),
        Test::Changed { kind, seconds, wanted } => match facts.changed(*kind, *seconds) {
            Ok(changed) => (verdict(changed == *wanted), if changed { "yes" } else { "no" }.to_owned(), None),
            Err(Missing(why)) => (Verdict::Unknown, unknown(), Some(why)),
        },
    };
    Judged { text: text.to_owned(), verdict, wanted: true, value, cause, age_s: age(tree, facts) }
}

fn unknown() -> String {
    "–".to_owned()
}

fn verdict(holds: bool) -> Verdict {
    if holds { Verdict::True } else { Verdict::False }
}

fn numbers(relation: Relation, left: &Number, right: &Number, facts: &dyn Facts) -> (Verdict, String, Option<String>) {
    let (a, b) = (compute(left, facts), compute(right, facts));
    let (shown, computed) = if left.asks().is_empty() { (right, &b) } else { (left, &a) };
    let value = computed.as_ref().map_or_else(|_| unknown(), |value| show(shown, *value));
    match (a, b) {
        (Ok(a), Ok(b)) => (verdict(holds(relation, a, b)), value, None),
        (Err(Missing(why)), _) | (_, Err(Missing(why))) => (Verdict::Unknown, value, Some(why)),
    }
}

#[expect(clippy::float_cmp, reason = "the rule's author wrote ==, and CEL means exactly that")]
fn holds(relation: Relation, a: f64, b: f64) -> bool {
    match relation {
        Relation::Equal => a == b,
        Relation::NotEqual => a != b,
        Relation::Less => a < b,
        Relation::LessOrEqual => a <= b,
        Relation::More => a > b,
        Relation::MoreOrEqual => a >= b,
    }
}

fn compute(number: &Number, facts: &dyn Facts) -> Result<f64, Missing> {
    let result = match number {
        Number::Literal(value) => *value,
        Number::Ask(question) => ask(question, facts)?,
        Number::Minus(inner) => -compute(inner, facts)?,
        Number::Operation(operation, left, right) => {
            let (left, right) = (compute(left, facts)?, compute(right, facts)?);
            match operation {
                Operation::Add => left + right,
                Operation::Subtract => left - right,
                Operation::Multiply => left * right,
                Operation::Divide if right == 0.0 => {
                    return Err(Missing("rule is broken: division by zero".to_owned()));
                }
                Operation::Divide => left / right,
            }
        }
    };
    // A NaN would make every comparison false, and false is an answer.
    if result.is_finite() { Ok(result) } else { Err(Missing("rule is broken: not a finite number".to_owned())) }
}

fn ask(ask: &Ask, facts: &dyn Facts) -> Result<f64, Missing> {
    match ask {
        Ask::Value(id) => facts.value(id),
        Ask::Ratio(id) => facts.ratio(id),
        Ask::Z(id) => facts.z(id),
        Ask::Slope { signal, seconds } => facts.slope(signal, *seconds),
        Ask::Burn { signal, long_seconds, short_seconds } => facts.burn(signal, *long_seconds, *short_seconds),
        Ask::Worst(id) => facts.worst(id),
        Ask::Spread(id) => facts.spread(id),
        Ask::Age(id) => facts.age(id),
        Ask::N(id) => facts.n(id),
        Ask::Lag(kind) => facts.lag(*kind),
        Ask::Onset(id) => facts.onset(id),
    }
}

/// The number as a person reads it, by what was asked.
fn show(number: &Number, value: f64) -> String {
    match number {
        Number::Ask(Ask::Age(_) | Ask::Lag(_) | Ask::Onset(_)) => figures::span(value),
        Number::Ask(Ask::Ratio(_) | Ask::Spread(_) | Ask::Burn { .. }) => format!("{}x", figures::number(value)),
        Number::Ask(Ask::Slope { .. }) => format!("{}/h", figures::number(value)),
        _ => figures::number(value),
    }
}

fn texts(equal: bool, left: &Text, right: &Text, facts: &dyn Facts) -> (Verdict, String, Option<String>) {
    let read = |text: &Text| match text {
        Text::Literal(word) => Ok(word.clone()),
        Text::Lever(id) => facts.lever(id),
        Text::ProviderStatus(id) => facts.provider_status(id),
    };
    let (a, b) = (read(left), read(right));
    let shown = if matches!(left, Text::Literal(_)) { &b } else { &a };
    let value = shown.as_ref().cloned().unwrap_or_else(|_| unknown());
    match (a, b) {
        (Ok(a), Ok(b)) => (verdict((a == b) == equal), value, None),
        (Err(Missing(why)), _) | (_, Err(Missing(why))) => (Verdict::Unknown, value, Some(why)),
    }
}

/// The age of the one signal behind it, where exactly one stands behind it.
fn age(tree: &Test, facts: &dyn Facts) -> Option<f64> {
    let asks = tree.asks();
    let mut signals = asks.iter().filter_map(|ask| ask.signal());
    let first = signals.next()?;
    if signals.all(|other| other == first) { facts.age(first).ok() } else { None }
}
