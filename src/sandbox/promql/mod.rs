//! A small PromQL: enough for the demo config and for the shape in which our adapter batches, with the real server's
//! semantics of empty vectors, staleness and errors. Unknown syntax is an error, never a guess.

mod eval;
mod lexer;
mod parser;

pub use eval::{Labels, Sample, Source, Value, evaluate};
pub use lexer::duration;
pub use parser::{Expr, Matcher, parse};

/// Why a query was refused (400 `bad_data`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("1:{at}: parse error: {message}")]
pub struct ParseError {
    /// Character, from 1.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

impl ParseError {
    pub(super) fn at(at: usize, message: String) -> Self {
        Self { at, message }
    }
}

#[cfg(test)]
mod tests;
