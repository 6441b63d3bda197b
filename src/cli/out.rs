//! The only writer of stdout and stderr outside the cockpit. Everything foreign in it was cleaned at ingress; the last
//! guard is here. May not decide what to say.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::CommandFactory;
use serde_json::{Value, json};

use super::args::{Args, Command, JSON_TOO, JournalCommand, RunbookArgs, RunbookCommand};
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
        Some(Command::Incident(c)) => json_or_pipe(c.json),
        Some(Command::Runbook(RunbookArgs { what })) => match what {
            RunbookCommand::List { json } => json_or_pipe(*json),
            RunbookCommand::New { .. } | RunbookCommand::Show { .. } | RunbookCommand::Graph { .. } => false,
        },
        Some(Command::Journal(c)) => match c.what {
            JournalCommand::Verify { json, .. } | JournalCommand::List { json, .. } => json_or_pipe(json),
        },
        // Every command is named: whoever adds one decides.
        #[cfg(feature = "sandbox")]
        Some(Command::Demo(_)) => false,
        Some(
            Command::Review(_)
            | Command::Unfreeze(_)
            | Command::Schema(_)
            | Command::Keys { .. }
            | Command::Completions { .. },
        )
        | None => false,
    }
}

/// Whether the command's result is JSON where nobody reads it on a terminal, or that of one below it: its own flag says so.
fn tells_json(command: &clap::Command) -> bool {
    let says = |arg: &clap::Arg| arg.get_help().is_some_and(|help| help.to_string() == JSON_TOO);
    command.get_arguments().any(says) || command.get_subcommands().any(tells_json)
}

/// What clap says of arguments that cannot be used, or asked for: help, the version. Errors as JSON too, where the result
/// would have been.
pub fn usage(error: &clap::Error, given: &[OsString]) -> Exit {
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Done;
    }
    let words = || given.iter().skip(1).filter_map(|word| word.to_str());
    let told = |word| Args::command().find_subcommand(word).is_some_and(tells_json);
    let piped = !io::stdout().is_terminal() && words().any(told);
    if piped || words().any(|word| word == "--json") {
        say_json(&usage_json(&error.render().to_string()));
    }
    Exit::Usage
}

/// The first line says what is wrong; the others, how it is used.
fn usage_json(told: &str) -> Value {
    let mut lines = told.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let hint: Vec<&str> = lines.collect();
    json!({ "error": error, "hint": hint.join("; ") })
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

/// How many columns stdout has, if it is a terminal.
pub fn columns() -> Option<usize> {
    if io::stdout().is_terminal() { shell::columns() } else { None }
}

/// Prints text for people; on a terminal, folded to its width.
pub fn tell(words: &str) {
    match columns() {
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

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    /// Whether the errors of these arguments are JSON where stdout is no terminal, as in tests.
    fn is_json(words: &[&str]) -> bool {
        let args = Args::try_parse_from(["breakglass"].iter().chain(words));
        wants_json(&args.unwrap_or_else(|error| panic!("{words:?}: {error}")))
    }

    #[test]
    fn every_command_that_says_it_tells_json_tells_its_errors_so_too_and_no_other_does() {
        let of = |command: &clap::Command| -> Vec<String> {
            // What a command cannot do without, so that it can be read.
            let needed = command.get_arguments().filter(|arg| arg.is_required_set());
            needed
                .flat_map(|arg| arg.get_long().map(|long| format!("--{long}")).into_iter().chain(["bash".into()]))
                .collect()
        };
        let mut leaves = 0;
        for command in Args::command().get_subcommands() {
            let mut ways = vec![(command, vec![command.get_name().to_owned()])];
            ways.extend(
                command
                    .get_subcommands()
                    .map(|below| (below, vec![command.get_name().to_owned(), below.get_name().to_owned()])),
            );
            for (leaf, mut words) in ways.into_iter().filter(|(leaf, _)| !leaf.is_subcommand_required_set()) {
                leaves += 1;
                words.extend(of(leaf));
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                // The flag of the command above counts for what is below it.
                let says = tells_json(leaf) || words[0] == "incident";
                assert_eq!(is_json(&words), says, "{words:?}");
            }
        }
        assert!(leaves >= 20, "{leaves} commands were looked at");
        assert!(!tells_json(Args::command().find_subcommand("keys").expect("there")), "its JSON has to be asked for");
    }

    #[test]
    fn wrong_arguments_are_an_error_and_a_hint_for_machines_too() {
        let told = "error: unexpected argument '--jsn' found\n\n  tip: a similar argument exists: '--json'\n\n\
                    Usage: breakglass status --json\n\nFor more information, try '--help'.\n";
        let value = usage_json(told);
        assert_eq!(value["error"], "unexpected argument '--jsn' found");
        assert!(
            value["hint"].as_str().is_some_and(|hint| hint.starts_with("tip: a similar argument exists")),
            "{value}"
        );
    }
}
