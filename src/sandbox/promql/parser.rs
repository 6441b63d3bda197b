//! Tokens → expression. Knows the grammar that the demo config and our adapter use; anything else is refused in the
//! words of the real server. May not evaluate.

use super::ParseError;
use super::lexer::{Placed, Token, tokens};

/// A label matcher.
#[derive(Debug, Clone, PartialEq)]
pub struct Matcher {
    /// Label name.
    pub label: String,
    /// `=` if true, `!=` if false.
    pub equal: bool,
    /// Its value; an absent label counts as empty.
    pub value: String,
}

/// A metric with matchers.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// Metric name.
    pub name: String,
    /// All must hold.
    pub matchers: Vec<Matcher>,
}

/// Functions of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeFunction {
    /// Per-second increase of a counter.
    Rate,
    /// Increase of a counter.
    Increase,
    /// Mean over time.
    Avg,
    /// Maximum over time.
    Max,
    /// Minimum over time.
    Min,
    /// Newest sample, however old within the window.
    Last,
}

/// Aggregations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregation {
    /// `sum`
    Sum,
    /// `avg`
    Avg,
    /// `max`
    Max,
    /// `min`
    Min,
    /// `count`
    Count,
}

/// Operators between two expressions, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A number.
    Number(f64),
    /// The evaluation time.
    Time,
    /// An instant vector.
    Select(Selector),
    /// A function over a window of seconds.
    Range(RangeFunction, Selector, f64),
    /// A number as a vector without labels.
    Vector(Box<Expr>),
    /// Sample times instead of values.
    Timestamp(Box<Expr>),
    /// `label_replace(expr, target, replacement, source, pattern)`.
    LabelReplace(Box<Expr>, [String; 4]),
    /// `op by (labels) (expr)`; without `by` one group.
    Aggregate(Aggregation, Vec<String>, Box<Expr>),
    /// Unary minus.
    Negate(Box<Expr>),
    /// Two operands.
    Binary(Operator, Box<Expr>, Box<Expr>),
}

/// Nesting deeper than this is refused.
const DEEPEST: usize = 64;

/// Parses a query.
///
/// # Errors
/// What is wrong and where, as Prometheus words it; also for what only the real server understands.
pub fn parse(query: &str) -> Result<Expr, ParseError> {
    let tokens = tokens(query)?;
    if tokens.is_empty() {
        return Err(ParseError::at(1, "no expression found in input".into()));
    }
    let mut parser = Parser { tokens: &tokens, next: 0, end: query.chars().count() + 1, depth: 0 };
    let expr = parser.binary(0)?;
    match parser.peek() {
        None => Ok(expr),
        Some(_) => Err(parser.unexpected("end of input")),
    }
}

struct Parser<'a> {
    tokens: &'a [Placed],
    next: usize,
    end: usize,
    depth: usize,
}

/// How strongly an operator binds.
fn strength(operator: Operator) -> u8 {
    match operator {
        Operator::Or => 1,
        Operator::And => 2,
        Operator::Add | Operator::Subtract => 4,
        Operator::Multiply | Operator::Divide => 5,
        _ => 3,
    }
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn unexpected(&self, wanted: &str) -> ParseError {
        let found = self.peek().map_or_else(|| "end of input".to_owned(), |token| format!("{token:?}"));
        ParseError::at(self.place(), format!("unexpected {found}, expected {wanted}"))
    }

    fn take(&mut self, sign: &'static str) -> bool {
        let there = self.peek() == Some(&Token::Sign(sign));
        self.next += usize::from(there);
        there
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), ParseError> {
        if self.take(sign) { Ok(()) } else { Err(self.unexpected(&format!("{sign:?}"))) }
    }

    fn operator(&self) -> Option<Operator> {
        Some(match self.peek()? {
            Token::Word(word) if word == "or" => Operator::Or,
            Token::Word(word) if word == "and" => Operator::And,
            Token::Sign("==") => Operator::Equal,
            Token::Sign("!=") => Operator::NotEqual,
            Token::Sign("<") => Operator::Less,
            Token::Sign("<=") => Operator::LessEqual,
            Token::Sign(">") => Operator::Greater,
            Token::Sign(">=") => Operator::GreaterEqual,
            Token::Sign("+") => Operator::Add,
            Token::Sign("-") => Operator::Subtract,
            Token::Sign("*") => Operator::Multiply,
            Token::Sign("/") => Operator::Divide,
            _ => return None,
        })
    }

    fn binary(&mut self, weakest: u8) -> Result<Expr, ParseError> {
        let mut left = self.unary()?;
        while let Some(operator) = self.operator().filter(|operator| strength(*operator) > weakest) {
            self.next += 1;
            if matches!(self.peek(), Some(Token::Word(w)) if ["on", "ignoring", "bool"].contains(&w.as_str())) {
                return Err(ParseError::at(
                    self.place(),
                    "vector matching modifiers are unknown to the sandbox".into(),
                ));
            }
            let right = self.binary(strength(operator))?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    /// Everything that can nest without end passes here.
    fn unary(&mut self) -> Result<Expr, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ParseError::at(self.place(), "nested too deeply".into()));
        }
        let expr = self.operand()?;
        self.depth -= 1;
        Ok(expr)
    }

    fn operand(&mut self) -> Result<Expr, ParseError> {
        if self.take("-") {
            return Ok(Expr::Negate(Box::new(self.unary()?)));
        }
        if self.take("(") {
            let inner = self.binary(0)?;
            if !self.take(")") {
                return Err(ParseError::at(self.place(), "unclosed left parenthesis".into()));
            }
            return Ok(inner);
        }
        let at = self.place();
        match self.peek().cloned() {
            Some(Token::Number(number)) => {
                self.next += 1;
                Ok(Expr::Number(number))
            }
            Some(Token::Word(word)) => {
                self.next += 1;
                self.named(at, &word)
            }
            _ => Err(self.unexpected("an expression")),
        }
    }

    fn named(&mut self, at: usize, word: &str) -> Result<Expr, ParseError> {
        if let Some(operation) = aggregation(word) {
            return self.aggregate(operation);
        }
        if self.peek() == Some(&Token::Sign("(")) {
            return self.call(at, word);
        }
        let selector = self.selector(word)?;
        if self.peek() == Some(&Token::Sign("[")) {
            return Err(ParseError::at(at, "a bare range vector is unknown to the sandbox".into()));
        }
        Ok(Expr::Select(selector))
    }

    fn aggregate(&mut self, operation: Aggregation) -> Result<Expr, ParseError> {
        let mut by = self.by()?;
        self.expect("(")?;
        let inner = self.binary(0)?;
        self.expect(")")?;
        if by.is_none() {
            by = self.by()?;
        }
        Ok(Expr::Aggregate(operation, by.unwrap_or_default(), Box::new(inner)))
    }

    fn by(&mut self) -> Result<Option<Vec<String>>, ParseError> {
        match self.peek() {
            Some(Token::Word(word)) if word == "by" => self.next += 1,
            _ => return Ok(None),
        }
        self.expect("(")?;
        let mut labels = Vec::new();
        while let Some(Token::Word(label)) = self.peek().cloned() {
            self.next += 1;
            labels.push(label);
            if !self.take(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(Some(labels))
    }

    fn call(&mut self, at: usize, name: &str) -> Result<Expr, ParseError> {
        self.expect("(")?;
        let expr = match name {
            "time" => Expr::Time,
            "vector" => Expr::Vector(Box::new(self.binary(0)?)),
            "timestamp" => Expr::Timestamp(Box::new(self.binary(0)?)),
            "label_replace" => {
                let inner = Box::new(self.binary(0)?);
                let mut texts = [const { String::new() }; 4];
                for text in &mut texts {
                    self.expect(",")?;
                    let Some(Token::Text(found)) = self.peek().cloned() else {
                        return Err(self.unexpected("a string"));
                    };
                    self.next += 1;
                    *text = found;
                }
                Expr::LabelReplace(inner, texts)
            }
            _ => {
                let function = range_function(name)
                    .ok_or_else(|| ParseError::at(at, format!("unknown function with name {name:?}")))?;
                self.range(name, function)?
            }
        };
        self.expect(")")?;
        Ok(expr)
    }

    fn range(&mut self, name: &str, function: RangeFunction) -> Result<Expr, ParseError> {
        let at = self.place();
        let wanted = || {
            let message = format!("expected type range vector in call to function {name:?}, got instant vector");
            ParseError::at(at, message)
        };
        let Some(Token::Word(metric)) = self.peek().cloned() else { return Err(wanted()) };
        self.next += 1;
        let selector = self.selector(&metric)?;
        if !self.take("[") {
            return Err(wanted());
        }
        let Some(Token::Duration(window)) = self.peek().cloned() else { return Err(self.unexpected("a duration")) };
        self.next += 1;
        self.expect("]")?;
        Ok(Expr::Range(function, selector, window))
    }

    fn selector(&mut self, name: &str) -> Result<Selector, ParseError> {
        let mut matchers = Vec::new();
        if self.take("{") {
            while let Some(Token::Word(label)) = self.peek().cloned() {
                self.next += 1;
                let equal = self.take("=");
                if !equal && !self.take("!=") {
                    return Err(self.unexpected("\"=\" or \"!=\" (regular expressions are unknown to the sandbox)"));
                }
                let Some(Token::Text(value)) = self.peek().cloned() else { return Err(self.unexpected("a string")) };
                self.next += 1;
                matchers.push(Matcher { label, equal, value });
                if !self.take(",") {
                    break;
                }
            }
            self.expect("}")?;
        }
        Ok(Selector { name: name.to_owned(), matchers })
    }
}

fn aggregation(word: &str) -> Option<Aggregation> {
    Some(match word {
        "sum" => Aggregation::Sum,
        "avg" => Aggregation::Avg,
        "max" => Aggregation::Max,
        "min" => Aggregation::Min,
        "count" => Aggregation::Count,
        _ => return None,
    })
}

fn range_function(word: &str) -> Option<RangeFunction> {
    Some(match word {
        "rate" => RangeFunction::Rate,
        "increase" => RangeFunction::Increase,
        "avg_over_time" => RangeFunction::Avg,
        "max_over_time" => RangeFunction::Max,
        "min_over_time" => RangeFunction::Min,
        "last_over_time" => RangeFunction::Last,
        _ => return None,
    })
}
