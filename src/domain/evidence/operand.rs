//! One side of a comparison: names, functions, arity and literal arguments, checked while it is read.
//! Shares `cel`'s syntax tree with `check`; may not parse.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

use super::super::change::ChangeKind;
use super::super::signal::BURN_WINDOWS;
use super::check::{error, literal, relation};
use super::expr::{ExprError, Names};
use super::tree::{Ask, Number, Operation, Text};
use super::words::{FUNCTIONS, did_you_mean, place_of, span_seconds};

/// One side of a comparison.
#[derive(Debug)]
pub(super) enum Operand {
    Number(Number),
    Text(Text),
    Truth(bool),
    Changed { kind: ChangeKind, seconds: f64 },
}

impl Operand {
    /// For the message about mixed families.
    pub(super) fn family(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Truth(_) | Self::Changed { .. } => "true or false",
        }
    }
}

impl Number {
    /// True for spans of time, which may be compared with a quoted span.
    pub(super) fn is_time(&self) -> bool {
        matches!(self, Self::Ask(Ask::Age(_) | Ask::Lag(_) | Ask::Onset(_)))
    }
}

/// Reads operands of one text.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) names: &'a Names,
}

impl Reader<'_> {
    /// Reads one side.
    pub(super) fn operand(&self, expr: &Expr) -> Result<Operand, ExprError> {
        match expr {
            Expr::Literal(value) => {
                literal(value).ok_or_else(|| error(0, "bytes and null cannot be compared", "use a number or a text"))
            }
            Expr::Ident(name) => self.signal(name).map(|id| Operand::Number(Number::Ask(Ask::Value(id)))),
            Expr::Call(call) if call.target.is_none() => self.call(call),
            Expr::Call(call) => self.refuse(&call.func_name, "calls on a value are not allowed"),
            Expr::Select(select) if select.test => self.refuse("has", "macros are not allowed"),
            Expr::Select(select) => Err(error(
                place_of(self.text, &select.field),
                format!("{:?} cannot be reached with a dot", select.field),
                "write names with dots, slashes or dashes in quotes, for example value(\"kb/2291\")",
            )),
            Expr::Comprehension(_) => Err(error(0, "macros are not allowed", "use one of the documented functions")),
            Expr::List(_) | Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err(error(0, "lists and maps are not allowed", "compare one number or one text"))
            }
        }
    }

    fn refuse<T>(&self, name: &str, message: &str) -> Result<T, ExprError> {
        let known = FUNCTIONS.iter().map(|(_, shape)| *shape).collect::<Vec<_>>().join(", ");
        Err(error(place_of(self.text, name), message, format!("known functions: {known}")))
    }

    fn call(&self, call: &CallExpr) -> Result<Operand, ExprError> {
        if relation(&call.func_name).is_some() {
            return Err(error(
                0,
                "this is more than one comparison",
                "compare once; list several under all, any or none",
            ));
        }
        let args = call.args.as_slice();
        let operation = match call.func_name.as_str() {
            operators::ADD => Operation::Add,
            operators::SUBSTRACT => Operation::Subtract,
            operators::MULTIPLY => Operation::Multiply,
            operators::DIVIDE => Operation::Divide,
            operators::NEGATE => {
                let [inner] = args else { return self.refuse("-", "- needs one operand") };
                return Ok(Operand::Number(Number::Minus(Box::new(self.number(inner)?))));
            }
            name if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with('_') => {
                return self.function(name, args);
            }
            _ => return Err(error(0, "this operator is not allowed", "use == != < <= > >= and + - * / inside")),
        };
        let [left, right] = args else { return self.refuse("", "an operator needs two operands") };
        let (left, right) = (self.number(left)?, self.number(right)?);
        if operation == Operation::Divide && right == Number::Literal(0.0) {
            return Err(error(place_of(self.text, "/"), "division by zero", "divide by something that is not 0"));
        }
        Ok(Operand::Number(Number::Operation(operation, Box::new(left), Box::new(right))))
    }

    fn number(&self, node: &IdedExpr) -> Result<Number, ExprError> {
        match self.operand(&node.expr)? {
            Operand::Number(number) => Ok(number),
            other => {
                Err(error(0, format!("{} cannot be calculated with", other.family()), "calculate with numbers only"))
            }
        }
    }

    fn function(&self, name: &str, args: &[IdedExpr]) -> Result<Operand, ExprError> {
        let ask = match (name, args) {
            ("value", [id]) => Ask::Value(self.signal_argument(id)?),
            ("ratio", [id]) => Ask::Ratio(self.signal_argument(id)?),
            ("z", [id]) => Ask::Z(self.signal_argument(id)?),
            ("worst", [id]) => Ask::Worst(self.signal_argument(id)?),
            ("spread", [id]) => Ask::Spread(self.signal_argument(id)?),
            ("age", [id]) => Ask::Age(self.signal_argument(id)?),
            ("n", [id]) => Ask::N(self.signal_argument(id)?),
            ("onset", [id]) => Ask::Onset(self.signal_argument(id)?),
            ("lag", [kind]) => Ask::Lag(self.kind(kind)?),
            ("slope", [id, over]) => Ask::Slope { signal: self.signal_argument(id)?, seconds: self.span(over)? },
            ("burn", [id, long, short]) => self.burn(id, long, short)?,
            ("changed", [kind, within]) => {
                return Ok(Operand::Changed { kind: self.kind(kind)?, seconds: self.span(within)? });
            }
            ("lever", [id]) => {
                return self.declared(id, "lever", self.names.levers.as_ref()).map(|id| Operand::Text(Text::Lever(id)));
            }
            ("provider_status", [id]) => {
                let id = self.declared(id, "provider page", self.names.providers.as_ref())?;
                return Ok(Operand::Text(Text::ProviderStatus(id)));
            }
            _ => return self.wrong_call(name, args.len()),
        };
        Ok(Operand::Number(Number::Ask(ask)))
    }

    fn wrong_call<T>(&self, name: &str, given: usize) -> Result<T, ExprError> {
        let at = place_of(self.text, name);
        if let Some((_, shape)) = FUNCTIONS.iter().find(|(known, _)| *known == name) {
            return Err(error(at, format!("{name} does not take {given} arguments"), format!("write {shape}")));
        }
        match did_you_mean(name, FUNCTIONS.iter().map(|(known, _)| *known)) {
            Some(hint) => Err(error(at, format!("there is no function {name:?}"), hint)),
            None => self.refuse(name, &format!("there is no function {name:?}")),
        }
    }

    fn burn(&self, id: &IdedExpr, long: &IdedExpr, short: &IdedExpr) -> Result<Ask, ExprError> {
        let signal = self.signal_argument(id)?;
        let (long_seconds, short_seconds) = (self.span(long)?, self.span(short)?);
        #[expect(clippy::cast_precision_loss, reason = "windows are hours at most")]
        let asked = |seconds: f64| BURN_WINDOWS.iter().any(|window| (*window as f64 - seconds).abs() < 0.5);
        if !asked(long_seconds) || !asked(short_seconds) || short_seconds >= long_seconds {
            let message = "burn rates are known for the windows 5m, 30m, 1h and 6h, the longer one first";
            return Err(error(place_of(self.text, "burn"), message, "write burn(signal, \"1h\", \"5m\")"));
        }
        Ok(Ask::Burn { signal, long_seconds, short_seconds })
    }

    /// A name, bare or in quotes. Anything computed is refused: names must be checkable now.
    fn name<'e>(&self, node: &'e IdedExpr) -> Result<&'e str, ExprError> {
        match &node.expr {
            Expr::Ident(name) => Ok(name),
            Expr::Literal(LiteralValue::String(name)) => Ok(name.inner()),
            Expr::Select(_) | Expr::Call(_) => Err(error(
                self.text.find('(').map_or(0, |at| self.text.get(..at).map_or(0, |head| head.chars().count() + 1)),
                "a name is expected here",
                "write names with dots, slashes or dashes in quotes, for example value(\"kb/2291\")",
            )),
            _ => Err(error(0, "a name is expected here", "write the name bare or in quotes")),
        }
    }

    fn signal_argument(&self, node: &IdedExpr) -> Result<String, ExprError> {
        self.signal(self.name(node)?)
    }

    fn signal(&self, name: &str) -> Result<String, ExprError> {
        if self.names.signals.contains(name) {
            return Ok(name.to_owned());
        }
        let hint = if name.eq_ignore_ascii_case("true") || name.eq_ignore_ascii_case("false") {
            Some(format!("write {}", name.to_lowercase()))
        } else if FUNCTIONS.iter().any(|(known, _)| *known == name) {
            Some(format!("{name} is a function; name a signal"))
        } else {
            did_you_mean(name, self.names.signals.iter().map(String::as_str))
        };
        let hint = hint.unwrap_or_else(|| "use a signal of the config or of the standard vocabulary".to_owned());
        Err(error(place_of(self.text, name), format!("there is no signal {name:?}"), hint))
    }

    fn declared(
        &self,
        node: &IdedExpr,
        what: &str,
        known: Option<&std::collections::BTreeSet<String>>,
    ) -> Result<String, ExprError> {
        let name = self.name(node)?;
        let Some(known) = known else { return Ok(name.to_owned()) };
        if known.contains(name) {
            return Ok(name.to_owned());
        }
        let all = || format!("known: {}", known.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
        let hint = did_you_mean(name, known.iter().map(String::as_str)).unwrap_or_else(all);
        Err(error(place_of(self.text, name), format!("there is no {what} {name:?}"), hint))
    }

    fn kind(&self, node: &IdedExpr) -> Result<ChangeKind, ExprError> {
        let name = self.name(node)?;
        name.parse().map_err(|problem: String| {
            let known = ChangeKind::ALL.map(ChangeKind::word);
            let hint = did_you_mean(name, known).unwrap_or_else(|| format!("known: {}", known.join(", ")));
            let message = problem.split("; known").next().unwrap_or(&problem).to_owned();
            error(place_of(self.text, name), message, hint)
        })
    }

    fn span(&self, node: &IdedExpr) -> Result<f64, ExprError> {
        let hint = "write a span in quotes: \"10m\", \"1h\", \"14d\"";
        let Expr::Literal(LiteralValue::String(text)) = &node.expr else {
            return Err(error(0, "a span of time is expected here", hint));
        };
        let wrong = || error(place_of(self.text, text.inner()), format!("{:?} is no span of time", text.inner()), hint);
        span_seconds(text.inner()).ok_or_else(wrong)
    }
}
