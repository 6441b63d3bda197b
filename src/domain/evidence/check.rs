//! From text to a checked tree. CEL absorbs every error when it evaluates (a typo beside `||` is true), so it only parses
//! here, behind guards, and our own walk accepts exactly what the tree can express.
//! With `operand`, the only place that may touch the `cel` crate.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::parser::{ParseErrors, PrattParser};

use super::expr::{ExprError, Names};
use super::operand::{Operand, Reader};
use super::tree::{Number, Relation, Test, Text};
use super::words::{PROVIDER_WORDS, did_you_mean, place_of, span_seconds, unquoted_span};

/// Longer texts are refused unread.
const MAX_CHARACTERS: usize = 1_024;
/// Nesting that the parser and our walk accept: no recursion here can reach the end of a stack.
const MAX_DEPTH: usize = 24;
/// Nodes of the syntax tree.
pub(super) const MAX_NODES: usize = 256;

const ONE_EACH: &str = "write one comparison per text and list them under all, any or none";

/// Parses and checks one comparison.
pub(super) fn check(text: &str, names: &Names) -> Result<Test, ExprError> {
    let characters = text.chars().count();
    if characters > MAX_CHARACTERS {
        let message = format!("{characters} characters are too many for one comparison (at most {MAX_CHARACTERS})");
        return Err(error(MAX_CHARACTERS, message, ONE_EACH));
    }
    if bracket_depth(text) > MAX_DEPTH {
        return Err(too_large());
    }
    if let Some((at, span)) = unquoted_span(text) {
        return Err(error(at, format!("{span} is no number"), format!("write spans of time in quotes: \"{span}\"")));
    }
    let tree = parse(text)?;
    measure(&tree, 0, &mut 0)?;
    let reader = Reader { text, names };
    let checked = test(&reader, &tree.expr)?;
    if matches!(&checked, Test::Numbers(..)) && checked.asks().is_empty() {
        return Err(error(0, "this compares nothing that is measured", "name a signal, for example grounding < 0.85"));
    }
    Ok(checked)
}

/// An error with its place and hint.
pub(super) fn error(at: usize, message: impl Into<String>, hint: impl Into<String>) -> ExprError {
    ExprError { at, message: message.into(), hint: hint.into() }
}

fn parse(text: &str) -> Result<IdedExpr, ExprError> {
    let depth = u16::try_from(MAX_DEPTH).unwrap_or(u16::MAX);
    let parse = || PrattParser::new().max_recursion_depth(depth).error_reporting_limit(4).parse(text);
    // The parser is another crate's hidden API: whatever it does with hostile text, one rule is broken and no more.
    match catch_unwind(AssertUnwindSafe(parse)) {
        Ok(Ok(tree)) => Ok(tree),
        Ok(Err(errors)) => Err(syntax(text, &errors)),
        Err(_) => Err(error(0, "the parser gave up on this text", "write it more simply")),
    }
}

fn syntax(text: &str, errors: &ParseErrors) -> ExprError {
    let Some(first) = errors.errors.first() else { return error(0, "this cannot be read", ONE_EACH) };
    let lines_before = usize::try_from(first.pos.0).unwrap_or(0).saturating_sub(1);
    let column = usize::try_from(first.pos.1).unwrap_or(0).saturating_sub(1);
    let at = text.split_inclusive('\n').take(lines_before).map(|line| line.chars().count()).sum::<usize>() + column;
    let message = in_our_words(text, at, first.msg.strip_prefix("Syntax error: ").unwrap_or(&first.msg));
    let words = |word: &str| text.split(|c: char| !c.is_alphanumeric()).any(|w| w.eq_ignore_ascii_case(word));
    let hint = if message.contains("too many brackets") {
        "write it with fewer brackets"
    } else if text.contains('&') || text.contains('|') || words("and") || words("or") || words("not") {
        ONE_EACH
    } else if text.contains('=') && !text.contains("==") && !text.contains(['<', '>', '!']) {
        "write == to compare"
    } else {
        "write for example grounding < 0.85, ratio(\"latency_p99\") > 2 or changed(\"prompt\", \"24h\")"
    };
    error(at, message, hint)
}

/// What the parser means, for somebody who knows comparisons and no grammar.
fn in_our_words(text: &str, at: usize, message: &str) -> String {
    let here = text.chars().nth(at);
    let rest: String = text.chars().skip(at).take_while(|c| !c.is_whitespace()).take(20).collect();
    let before = text.chars().take(at).collect::<String>();
    let ends_open = before.trim_end().ends_with(['<', '>', '=', '!', '+', '-', '*', '/', '(', ',', '&', '|']);
    let closing = ["')'", "']'", "'}'"].into_iter().find(|bracket| message.contains(bracket));
    match message {
        _ if message.to_lowercase().contains("recursion") => "too many brackets within each other".into(),
        _ if message.contains("expecting <EOF>") => format!("the comparison is over before {rest:?}"),
        _ if text.trim().is_empty() => "there is no comparison here".into(),
        _ if closing.is_some() => format!("a bracket is not closed: {} is missing", closing.unwrap_or_default()),
        _ if here.is_none() && ends_open => {
            let last = before.trim_end();
            let sign = last.trim_end_matches(|c: char| !c.is_alphanumeric() && !"\"') ".contains(c));
            format!("something is missing behind {:?}: a comparison has two sides", last[sign.len()..].trim())
        }
        _ if here.is_none() => "the comparison ends too early".into(),
        _ if message.contains("unterminated") || message.contains("unclosed") => "a quote is not closed".into(),
        _ if message.contains("reserved identifier") => format!("{rest:?} cannot be the name of a signal"),
        _ => format!("{rest:?} cannot stand here"),
    }
}

fn too_large() -> ExprError {
    error(0, "this comparison is too deeply nested or too long", "write it more simply")
}

/// The parser drops redundant brackets from the tree, so they are counted in the text.
fn bracket_depth(text: &str) -> usize {
    let mut depth = 0usize;
    let mut deepest = 0;
    for letter in text.chars() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Refuses trees that are too deep or too large, before anything walks them further.
fn measure(node: &IdedExpr, depth: usize, nodes: &mut usize) -> Result<(), ExprError> {
    *nodes += 1;
    if depth > MAX_DEPTH || *nodes > MAX_NODES {
        return Err(too_large());
    }
    match &node.expr {
        Expr::Call(call) => {
            let inner = call.target.as_deref().into_iter().chain(&call.args);
            inner.into_iter().try_for_each(|child| measure(child, depth + 1, nodes))
        }
        Expr::Select(select) => measure(&select.operand, depth + 1, nodes),
        // Everything else is a leaf, or is refused by its outermost node.
        _ => Ok(()),
    }
}

fn test(reader: &Reader<'_>, expr: &Expr) -> Result<Test, ExprError> {
    let Expr::Call(call) = expr else {
        return Err(error(0, "this is no comparison", "compare it with something, for example grounding < 0.85"));
    };
    if let Some(relation) = relation(&call.func_name)
        && let [left, right] = call.args.as_slice()
    {
        return compare(reader, relation, reader.operand(&left.expr)?, reader.operand(&right.expr)?);
    }
    match call.func_name.as_str() {
        operators::LOGICAL_AND | operators::LOGICAL_OR | operators::CONDITIONAL => {
            Err(error(0, "this is more than one comparison", ONE_EACH))
        }
        operators::LOGICAL_NOT => negated(reader, call),
        _ => match reader.operand(expr)? {
            Operand::Changed { kind, seconds } => Ok(Test::Changed { kind, seconds, wanted: true }),
            _ => Err(error(
                0,
                "this is no comparison",
                "compare it with something, for example ratio(\"latency_p99\") > 2",
            )),
        },
    }
}

fn negated(reader: &Reader<'_>, call: &CallExpr) -> Result<Test, ExprError> {
    let at = place_of(reader.text, "!");
    let hint = "turn the comparison round (< for >=), or list it under none";
    let [inner] = call.args.as_slice() else { return Err(error(at, "! needs one operand", hint)) };
    match reader.operand(&inner.expr) {
        Ok(Operand::Changed { kind, seconds }) => Ok(Test::Changed { kind, seconds, wanted: false }),
        Ok(_) | Err(_) if is_comparison(&inner.expr) => Err(error(at, "! before a comparison is not allowed", hint)),
        Ok(_) => Err(error(at, "! needs changed(…) behind it", hint)),
        Err(problem) => Err(problem),
    }
}

fn is_comparison(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if relation(&call.func_name).is_some())
}

/// The relation that a CEL operator means.
pub(super) fn relation(operator: &str) -> Option<Relation> {
    Some(match operator {
        operators::EQUALS => Relation::Equal,
        operators::NOT_EQUALS => Relation::NotEqual,
        operators::LESS => Relation::Less,
        operators::LESS_EQUALS => Relation::LessOrEqual,
        operators::GREATER => Relation::More,
        operators::GREATER_EQUALS => Relation::MoreOrEqual,
        _ => return None,
    })
}

/// Both sides must be of one family; texts and truths have no order.
fn compare(reader: &Reader<'_>, relation: Relation, left: Operand, right: Operand) -> Result<Test, ExprError> {
    let equal = match relation {
        Relation::Equal => Some(true),
        Relation::NotEqual => Some(false),
        _ => None,
    };
    match (left, right) {
        (Operand::Number(left), Operand::Number(right)) => Ok(Test::Numbers(relation, left, right)),
        (Operand::Number(left), Operand::Text(Text::Literal(span))) if left.is_time() => {
            Ok(Test::Numbers(relation, left, seconds(reader, &span)?))
        }
        (Operand::Text(Text::Literal(span)), Operand::Number(right)) if right.is_time() => {
            Ok(Test::Numbers(relation, seconds(reader, &span)?, right))
        }
        (Operand::Text(left), Operand::Text(right)) => {
            let Some(equal) = equal else {
                return Err(error(0, "texts have no order", "compare texts with == or !="));
            };
            texts(reader, equal, left, right)
        }
        (Operand::Changed { kind, seconds }, Operand::Truth(truth))
        | (Operand::Truth(truth), Operand::Changed { kind, seconds }) => match equal {
            Some(equal) => Ok(Test::Changed { kind, seconds, wanted: truth == equal }),
            None => Err(error(0, "true and false have no order", "write changed(…) or !changed(…) alone")),
        },
        (left, right) => {
            let message = format!("{} is compared with {}", left.family(), right.family());
            Err(error(0, message, "compare numbers with numbers and texts with texts; numbers stand without quotes"))
        }
    }
}

fn seconds(reader: &Reader<'_>, span: &str) -> Result<Number, ExprError> {
    let wrong =
        || error(place_of(reader.text, span), format!("{span:?} is no span of time"), "write for example \"2h\"");
    span_seconds(span).map(Number::Literal).ok_or_else(wrong)
}

fn texts(reader: &Reader<'_>, equal: bool, left: Text, right: Text) -> Result<Test, ExprError> {
    if let (Text::ProviderStatus(_), Text::Literal(word)) | (Text::Literal(word), Text::ProviderStatus(_)) =
        (&left, &right)
        && !PROVIDER_WORDS.contains(&word.as_str())
    {
        let hint = did_you_mean(word, PROVIDER_WORDS).unwrap_or_else(|| format!("use {}", PROVIDER_WORDS.join(", ")));
        return Err(error(place_of(reader.text, word), format!("no provider page says {word:?}"), hint));
    }
    if let (Text::Literal(_), Text::Literal(_)) = (&left, &right) {
        return Err(error(0, "this compares nothing that is measured", "name a lever or a provider page"));
    }
    Ok(Test::Texts { equal, left, right })
}

/// A literal as an operand; `None` for the ones that no comparison can use.
pub(super) fn literal(value: &LiteralValue) -> Option<Operand> {
    #[expect(clippy::cast_precision_loss, reason = "a limit beyond 2^53 has no meaning for a measured number")]
    Some(match value {
        LiteralValue::Boolean(truth) => Operand::Truth(*truth.inner()),
        LiteralValue::Double(number) => Operand::Number(Number::Literal(*number.inner())),
        LiteralValue::Int(number) => Operand::Number(Number::Literal(*number.inner() as f64)),
        LiteralValue::UInt(number) => Operand::Number(Number::Literal(*number.inner() as f64)),
        LiteralValue::String(text) => Operand::Text(Text::Literal(text.inner().to_owned())),
        LiteralValue::Bytes(_) | LiteralValue::Null => return None,
    })
}
