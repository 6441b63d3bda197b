//! The only writer of stdout and stderr outside the cockpit. Everything foreign in it was cleaned at ingress; the last
//! guard is here. May not decide what to say.

use std::io::{self, IsTerminal, Write};

use serde_json::{Value, json};

use super::args::{Args, Command, JournalCommand};
use super::exit::Exit;
use crate::domain::text;

/// An error for people: what happened, where, what to do next.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What happened and where; may have several lines.
    pub error: String,
    /// What to do next.
    pub hint: String,
    /// With which code the process ends.
    pub exit: Exit,
}

impl Failure {
    /// A usage error or an invalid file.
    pub fn new(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { error: error.into(), hint: hint.into(), exit: Exit::Usage }
    }

    /// With another exit code.
    #[must_use]
    pub fn with(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

/// JSON when asked, or when stdout is not a terminal.
#[must_use]
pub fn json_or_pipe(asked: bool) -> bool {
    asked || !io::stdout().is_terminal()
}

/// Whether errors are also given as JSON: only when asked for by the flag.
#[must_use]
pub fn wants_json(args: &Args) -> bool {
    match &args.command {
        Some(Command::Status(c)) => c.json,
        Some(Command::Triage(c)) => c.json,
        Some(Command::Act(c)) => c.confirm.json,
        Some(Command::Undo(c)) => c.confirm.json,
        Some(Command::Check(c)) => c.json,
        Some(Command::Approve(c)) => c.json,
        Some(Command::Deny(c)) => c.json,
        Some(Command::Probe(c)) => c.json,
        Some(Command::Journal(c)) => match c.what {
            JournalCommand::Verify { json, .. } | JournalCommand::List { json, .. } => json,
        },
        _ => false,
    }
}

/// Prints text with a line end. A closed pipe is no error: the reader had enough.
pub fn say(words: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{}", text::clean_lines(words));
}

/// Prints a JSON value. `serde_json` escapes controls; bidi and the like were cleaned at ingress.
pub fn say_json(value: &Value) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{value:#}");
}

/// Prints an error and its hint to stderr; as JSON to stdout too, if asked.
pub fn fail(failure: &Failure, json: bool) {
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "{}", text::clean_lines(&failure.error));
    if !failure.hint.is_empty() {
        let _ = writeln!(err, "  → {}", text::clean_lines(&failure.hint));
    }
    if json {
        say_json(&json!({ "error": failure.error, "hint": failure.hint }));
    }
}

/// Prints a line to stderr: progress and notices that are no result.
pub fn note(words: &str) {
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "{}", text::clean_lines(words));
}
