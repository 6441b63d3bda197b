//! Expression → value at an instant. May not know where series come from: a [`Source`] provides them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::parser::{Aggregation, Expr, Matcher, Operator, RangeFunction, Selector};

/// Labels of a series; `__name__` included until an operation drops it.
pub type Labels = BTreeMap<String, String>;

const NO_SCALAR_SETS: &str = "set operator not allowed in binary scalar expression";

/// Where series come from. Times are unix seconds.
pub trait Source {
    /// A series.
    type Series: Copy;

    /// The series that match, with their labels.
    fn select(&self, name: &str, matchers: &[Matcher]) -> Vec<(Self::Series, Arc<Labels>)>;

    /// The newest sample at or before `at` that is not stale: (time, value). For a counter, its count.
    fn sample(&self, series: Self::Series, at: f64) -> Option<(f64, f64)>;

    /// The per-second growth of a counter at `at`; `None` outside the recorded past.
    fn growth(&self, series: Self::Series, at: f64) -> Option<f64>;

    /// Seconds between two samples.
    fn interval(&self) -> f64;

    /// Most samples that one window is computed from: longer windows are looked at more coarsely. At least 2.
    fn most_samples(&self) -> u32;
}

/// One element of an instant vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its labels.
    pub labels: Arc<Labels>,
    /// When it was recorded; the evaluation time after any operation.
    pub at: f64,
    /// Its value.
    pub value: f64,
}

/// What an expression yields.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number.
    Scalar(f64),
    /// An instant vector.
    Vector(Vec<Sample>),
}

/// Why an expression cannot be evaluated (422 `execution`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// Two series with the same labels on one side.
    #[error("found duplicate series for the match group: many-to-many matching not allowed")]
    ManyToMany,
    /// An operation made two series alike.
    #[error("vector cannot contain metrics with the same labelset")]
    SameLabels,
    /// A type that does not fit, or a pattern that the sandbox does not know.
    #[error("{0}")]
    Type(String),
}

/// Evaluates at an instant.
///
/// # Errors
/// See [`EvalError`]. An empty vector is no error.
pub fn evaluate<S: Source>(expr: &Expr, source: &S, at: f64) -> Result<Value, EvalError> {
    Ok(match expr {
        Expr::Number(number) => Value::Scalar(*number),
        Expr::Time => Value::Scalar(at),
        Expr::Select(selector) => Value::Vector(select(selector, source, at)),
        Expr::Range(function, selector, window) => Value::Vector(range(*function, selector, *window, source, at)),
        Expr::Vector(inner) => match evaluate(inner, source, at)? {
            Value::Scalar(value) => Value::Vector(vec![Sample { labels: Arc::default(), at, value }]),
            Value::Vector(_) => {
                return Err(EvalError::Type("expected type scalar in call to function \"vector\"".into()));
            }
        },
        Expr::Timestamp(inner) => {
            let times = vector(evaluate(inner, source, at)?, "timestamp")?.into_iter();
            Value::Vector(times.map(|s| Sample { labels: nameless(&s.labels), at, value: s.at }).collect())
        }
        Expr::LabelReplace(inner, texts) => {
            Value::Vector(label_replace(vector(evaluate(inner, source, at)?, "label_replace")?, texts)?)
        }
        Expr::Aggregate(operation, by, inner) => {
            Value::Vector(aggregate(*operation, by, &vector(evaluate(inner, source, at)?, "aggregation")?, at))
        }
        Expr::Binary(Operator::Or, left, right) => Value::Vector(union(left, right, source, at)?),
        Expr::Negate(inner) => map(evaluate(inner, source, at)?, at, |value| Some(-value)),
        Expr::Binary(operator, left, right) => {
            binary(*operator, evaluate(left, source, at)?, evaluate(right, source, at)?, at)?
        }
    })
}

fn vector(value: Value, function: &str) -> Result<Vec<Sample>, EvalError> {
    match value {
        Value::Vector(samples) => Ok(samples),
        Value::Scalar(_) => Err(EvalError::Type(format!("expected type instant vector in {function}, got scalar"))),
    }
}

fn select<S: Source>(selector: &Selector, source: &S, at: f64) -> Vec<Sample> {
    let found = source.select(&selector.name, &selector.matchers).into_iter();
    let newest = |(series, labels)| source.sample(series, at).map(|(at, value)| Sample { labels, at, value });
    found.filter_map(newest).collect()
}

fn range<S: Source>(function: RangeFunction, selector: &Selector, window: f64, source: &S, at: f64) -> Vec<Sample> {
    let found = source.select(&selector.name, &selector.matchers).into_iter();
    let value = |(series, labels): (S::Series, Arc<Labels>)| {
        let value = over(function, series, window, source, at)?;
        let labels = if function == RangeFunction::Last { labels } else { nameless(&labels) };
        Some(Sample { labels, at, value })
    };
    found.filter_map(value).collect()
}

fn over<S: Source>(function: RangeFunction, series: S::Series, window: f64, source: &S, at: f64) -> Option<f64> {
    let step = source.interval().max(window / f64::from(source.most_samples()));
    let newest = (at / step).floor() * step;
    let times = (0..).map(|n| newest - f64::from(n) * step).take_while(|time| *time > at - window);
    let counts = matches!(function, RangeFunction::Rate | RangeFunction::Increase);
    let values: Vec<f64> = if counts {
        times.filter_map(|time| source.growth(series, time)).collect()
    } else {
        times.filter_map(|time| source.sample(series, time).map(|(_, value)| value)).collect()
    };
    let mean = || values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap_or(u32::MAX));
    match function {
        // As in the real server, growth takes two samples.
        RangeFunction::Rate => (values.len() > 1).then(mean),
        RangeFunction::Increase => (values.len() > 1).then(|| mean() * window),
        RangeFunction::Avg => (!values.is_empty()).then(mean),
        RangeFunction::Max => values.iter().copied().reduce(f64::max),
        RangeFunction::Min => values.iter().copied().reduce(f64::min),
        RangeFunction::Last => values.first().copied(),
    }
}

fn label_replace(samples: Vec<Sample>, texts: &[String; 4]) -> Result<Vec<Sample>, EvalError> {
    let [target, replacement, from, pattern] = texts;
    let mut replaced = Vec::with_capacity(samples.len());
    for mut sample in samples {
        let present = sample.labels.get(from).map_or("", String::as_str);
        let new = match (pattern.as_str(), replacement.as_str()) {
            ("", fixed) if !fixed.contains('$') => present.is_empty().then(|| fixed.to_owned()),
            (".*" | "(.*)", fixed) if !fixed.contains('$') => Some(fixed.to_owned()),
            ("(.*)", "$1") => Some(present.to_owned()),
            _ => return Err(EvalError::Type(format!("label_replace pattern {pattern:?} is unknown to the sandbox"))),
        };
        if let Some(new) = new {
            let labels = Arc::make_mut(&mut sample.labels);
            if new.is_empty() {
                labels.remove(target);
            } else {
                labels.insert(target.clone(), new);
            }
        }
        replaced.push(sample);
    }
    let mut seen = BTreeSet::new();
    if replaced.iter().all(|sample| seen.insert(&sample.labels)) { Ok(replaced) } else { Err(EvalError::SameLabels) }
}

fn aggregate(operation: Aggregation, by: &[String], samples: &[Sample], at: f64) -> Vec<Sample> {
    let mut groups: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
    for sample in samples {
        let kept = by.iter().filter_map(|label| Some((label.clone(), sample.labels.get(label)?.clone())));
        groups.entry(kept.collect()).or_default().push(sample.value);
    }
    let value = |values: &[f64]| {
        let count = f64::from(u32::try_from(values.len()).unwrap_or(u32::MAX));
        match operation {
            Aggregation::Sum => values.iter().sum(),
            Aggregation::Avg => values.iter().sum::<f64>() / count,
            Aggregation::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Aggregation::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
            Aggregation::Count => count,
        }
    };
    groups.into_iter().map(|(labels, values)| Sample { labels: Arc::new(labels), at, value: value(&values) }).collect()
}

fn binary(operator: Operator, left: Value, right: Value, at: f64) -> Result<Value, EvalError> {
    match (operator, left, right) {
        (Operator::And, Value::Vector(mut left), Value::Vector(right)) => {
            let known: BTreeSet<_> = right.iter().map(|s| nameless(&s.labels)).collect();
            left.retain(|s| known.contains(&nameless(&s.labels)));
            Ok(Value::Vector(left))
        }
        (Operator::Or | Operator::And, _, _) => Err(EvalError::Type(NO_SCALAR_SETS.into())),
        (operator, Value::Scalar(left), Value::Scalar(right)) if compares(operator) => {
            let _ = (left, right);
            Err(EvalError::Type("comparisons between scalars must use BOOL modifier".into()))
        }
        (operator, Value::Scalar(left), Value::Scalar(right)) => {
            Ok(Value::Scalar(compute(operator, left, right).unwrap_or(f64::NAN)))
        }
        (operator, left @ Value::Vector(_), Value::Scalar(right)) if compares(operator) => {
            Ok(keep(left, |value| compute(operator, value, right).is_some()))
        }
        (operator, Value::Scalar(left), right @ Value::Vector(_)) if compares(operator) => {
            Ok(keep(right, |value| compute(operator, left, value).is_some()))
        }
        (operator, left, Value::Scalar(right)) => Ok(map(left, at, |value| compute(operator, value, right))),
        (operator, Value::Scalar(left), right) => Ok(map(right, at, |value| compute(operator, left, value))),
        (operator, Value::Vector(left), Value::Vector(right)) => join(operator, left, &right, at),
    }
}

/// `a or b or c` in one pass: whoever batches forty queries makes such a chain, and joining pairwise would be quadratic.
fn union<S: Source>(left: &Expr, right: &Expr, source: &S, at: f64) -> Result<Vec<Sample>, EvalError> {
    let mut operands = vec![right];
    let mut first = left;
    while let Expr::Binary(Operator::Or, left, right) = first {
        operands.push(right);
        first = left;
    }
    operands.push(first);
    let mut known = BTreeSet::new();
    let mut joined = Vec::new();
    for operand in operands.into_iter().rev() {
        let Value::Vector(samples) = evaluate(operand, source, at)? else {
            return Err(EvalError::Type(NO_SCALAR_SETS.into()));
        };
        let keys: Vec<_> = samples.iter().map(|sample| nameless(&sample.labels)).collect();
        joined
            .extend(samples.into_iter().zip(&keys).filter(|(_, key)| !known.contains(*key)).map(|(sample, _)| sample));
        known.extend(keys);
    }
    Ok(joined)
}

/// One-to-one matching on all labels but the name.
fn join(operator: Operator, left: Vec<Sample>, right: &[Sample], at: f64) -> Result<Value, EvalError> {
    let mut partners = BTreeMap::new();
    for sample in right {
        if partners.insert(nameless(&sample.labels), sample.value).is_some() {
            return Err(EvalError::ManyToMany);
        }
    }
    let mut seen = BTreeSet::new();
    let mut joined = Vec::new();
    for sample in left {
        let key = nameless(&sample.labels);
        let Some(partner) = partners.get(&key) else { continue };
        if !seen.insert(Arc::clone(&key)) {
            return Err(EvalError::ManyToMany);
        }
        if let Some(value) = compute(operator, sample.value, *partner) {
            joined.push(if compares(operator) { sample } else { Sample { labels: key, at, value } });
        }
    }
    Ok(Value::Vector(joined))
}

fn compares(operator: Operator) -> bool {
    use Operator::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    matches!(operator, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
}

/// The result of arithmetic; for a comparison, the left value if it holds.
#[expect(clippy::float_cmp, reason = "PromQL compares exactly")]
fn compute(operator: Operator, left: f64, right: f64) -> Option<f64> {
    match operator {
        Operator::Add => Some(left + right),
        Operator::Subtract => Some(left - right),
        Operator::Multiply => Some(left * right),
        Operator::Divide => Some(left / right),
        Operator::Equal => (left == right).then_some(left),
        Operator::NotEqual => (left != right).then_some(left),
        Operator::Less => (left < right).then_some(left),
        Operator::LessEqual => (left <= right).then_some(left),
        Operator::Greater => (left > right).then_some(left),
        Operator::GreaterEqual => (left >= right).then_some(left),
        Operator::Or | Operator::And => None,
    }
}

fn keep(value: Value, holds: impl Fn(f64) -> bool) -> Value {
    match value {
        Value::Vector(samples) => Value::Vector(samples.into_iter().filter(|s| holds(s.value)).collect()),
        scalar @ Value::Scalar(_) => scalar,
    }
}

fn map(value: Value, at: f64, change: impl Fn(f64) -> Option<f64>) -> Value {
    match value {
        Value::Scalar(value) => Value::Scalar(change(value).unwrap_or(f64::NAN)),
        Value::Vector(samples) => {
            let changed = |s: Sample| Some(Sample { value: change(s.value)?, labels: nameless(&s.labels), at });
            Value::Vector(samples.into_iter().filter_map(changed).collect())
        }
    }
}

/// The labels without the metric's name, as every operation leaves them.
fn nameless(labels: &Arc<Labels>) -> Arc<Labels> {
    if labels.contains_key("__name__") {
        let mut labels = Labels::clone(labels);
        labels.remove("__name__");
        Arc::new(labels)
    } else {
        Arc::clone(labels)
    }
}
