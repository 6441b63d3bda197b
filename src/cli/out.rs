//! The only writer of stdout and stderr outside the cockpit. Everything foreign in it was cleaned at ingress; the last
//! guard is here. May not decide what to say.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::args::{Args, Command, JournalCommand, RunbookArgs, RunbookCommand};
use super::exit::Exit;
use super::fold;
use crate::config::Problem;
use crate::domain::text;
use crate::shell;

/// An error for people: what happened, where, what to do next.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What happened and where; may have several lines.
    pub error: String,
    /// What to do next.
    pub hint: String,
    /// With which code the process ends.
    pub exit: Exit,
    /// Problems of files behind it, for machines.
    pub problems: Vec<Problem>,
}

impl Failure {
    /// A usage error or an invalid file.
    pub fn new(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { error: error.into(), hint: hint.into(), exit: Exit::Usage, problems: Vec::new() }
    }

    /// With the problems of files behind it.
    #[must_use]
    pub fn of_files(mut self, problems: &[Problem]) -> Self {
        self.problems = problems.to_vec();
        self
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

/// Whether errors are also given as JSON: when asked for, or when the result would be.
#[must_use]
pub fn wants_json(args: &Args) -> bool {
    match &args.command {
        Some(Command::Status(c)) => json_or_pipe(c.json),
        Some(Command::Triage(c)) => json_or_pipe(c.json),
        Some(Command::Act(c)) => json_or_pipe(c.confirm.json),
        Some(Command::Undo(c)) => json_or_pipe(c.confirm.json),
        Some(Command::Check(c)) => json_or_pipe(c.json),
        Some(Command::Approve(c)) => json_or_pipe(c.json),
        Some(Command::Deny(c)) => json_or_pipe(c.json),
        Some(Command::Probe(c)) => json_or_pipe(c.json),
        Some(Command::Runbook(RunbookArgs { what: RunbookCommand::List { json } })) => json_or_pipe(*json),
        Some(Command::Journal(c)) => match c.what {
            JournalCommand::Verify { json, .. } | JournalCommand::List { json, .. } => json_or_pipe(json),
        },
        _ => false,
    }
}

/// Set when something that was to be printed could not be written.
static LOST: AtomicBool = AtomicBool::new(false);

/// True if the output is not complete: a full disk, not a reader that had enough.
#[must_use]
pub fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

fn write_out(words: std::fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    if let Err(error) = writeln!(out, "{words}").and_then(|()| out.flush())
        && error.kind() != io::ErrorKind::BrokenPipe
        && !LOST.swap(true, Ordering::Relaxed)
    {
        note(&format!("the output could not be written: {error}"));
    }
}

/// Prints text with a line end. A closed pipe is no error: the reader had enough.
pub fn say(words: &str) {
    write_out(format_args!("{}", text::clean_lines(words)));
}

/// Prints text for people; on a terminal, folded to its width.
pub fn tell(words: &str) {
    let columns = if io::stdout().is_terminal() { shell::columns() } else { None };
    match columns {
        Some(columns) => say(&fold::lines(words, columns)),
        None => say(words),
    }
}

/// Prints a JSON value. `serde_json` escapes controls; bidi and the like were cleaned at ingress.
pub fn say_json(value: &Value) {
    write_out(format_args!("{value:#}"));
}

/// Prints an error and its hint to stderr; as JSON to stdout too, if the result would have been JSON.
pub fn fail(failure: &Failure, json: bool) {
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "{}", text::clean_lines(&failure.error));
    if !failure.hint.is_empty() {
        let _ = writeln!(err, "  → {}", text::clean_lines(&failure.hint));
    }
    if !json {
        return;
    }
    match failure.problems.as_slice() {
        [] => say_json(&json!({ "error": failure.error, "hint": failure.hint })),
        problems => {
            let count =
                if problems.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", problems.len()) };
            let first = problems.first().map(Problem::one_line).unwrap_or_default();
            let error = format!("{count} in the files; the first: {first}");
            say_json(&json!({ "error": error, "hint": failure.hint, "problems": problems }));
        }
    }
}

/// Prints a line to stderr: progress and notices that are no result.
pub fn note(words: &str) {
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "{}", text::clean_lines(words));
}
