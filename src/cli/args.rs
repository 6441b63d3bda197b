//! What a user types. Only declarations.

use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand};

use crate::domain::permit::Mode;

/// What the flag says of a command whose result is JSON where nobody reads it on a terminal; errors are JSON there too.
pub const JSON_TOO: &str = "JSON (also when stdout is not a terminal)";

/// The on-call cockpit for AI products: which layer fails, since when, what changed, and the containment that stops it.
#[derive(Debug, Parser)]
#[command(name = "breakglass", version, about, long_about = None,
    after_help = "Start here: `breakglass demo` (nothing to install, nothing to configure).\n\n\
    Exit codes: 0 done or ok · 1 degraded · 2 usage or invalid files · 3 quit with containments in force · \
    4 cannot say (unknown, stuck) · 5 approval missing · 6 refused")]
pub struct Args {
    /// Opens <config dir>/breakglass/SERVICE.toml
    pub service: Option<String>,
    #[command(flatten)]
    pub place: Place,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Which config, and how this session may act.
#[derive(Debug, Clone, Default, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
pub struct Place {
    /// Config file (`-c .` uses ./breakglass.toml); else $`BREAKGLASS_CONFIG`, else <config dir>/breakglass/SERVICE.toml
    #[arg(short, long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Journal file instead of the config's
    #[arg(long, global = true, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// May change production, though the config starts read-only; on record
    #[arg(long, global = true, conflicts_with_all = ["read_only", "dry_run"])]
    pub write: bool,
    /// Looks and previews only, whatever the config says
    #[arg(long, global = true, conflicts_with = "dry_run")]
    pub read_only: bool,
    /// Everything up to the socket, then says what it would have sent
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// `dark`, `light` or `plain`; `NO_COLOR` is honoured
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// ASCII only, for serial consoles
    #[arg(long, global = true)]
    pub ascii: bool,
}

impl Place {
    /// The flags that make another command mean the same product and the same journal, ready for a shell; each with a space
    /// before it.
    #[must_use]
    pub fn flags(&self) -> String {
        let flag = |name: &str, path: Option<&PathBuf>| {
            path.map_or_else(String::new, |path| format!(" {name} {}", quoted(&path.display().to_string())))
        };
        flag("-c", self.config.as_ref()) + &flag("--journal", self.journal.as_ref())
    }

    /// How a command may write that was refused because it was read-only.
    #[must_use]
    pub const fn lifts_read_only(&self) -> &'static str {
        if self.read_only { "leave out --read-only and add --write" } else { "add --write" }
    }

    /// What somebody adds to a command that was only to preview, before the flags that fire.
    #[must_use]
    pub const fn to_fire(&self, mode: Mode) -> &'static str {
        match mode {
            Mode::ReadOnly if self.read_only => "leave out --read-only and add: --write ",
            Mode::ReadOnly => "add: --write ",
            Mode::DryRun | Mode::Act => "add: ",
        }
    }
}

/// One word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%~".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The cockpit on the embedded sandbox: nothing to install, nothing to configure
    #[cfg(feature = "sandbox")]
    Demo(Demo),
    /// One poll of everything
    Status(Status),
    /// Ranked symptoms with evidence, live or from a readings file
    Triage(Triage),
    /// Previews an action; `--yes-plan DIGEST` fires exactly the plan that was shown
    Act(Act),
    /// Previews the exact undo of a run; `--yes-plan DIGEST` fires it
    Undo(Undo),
    /// Lists requests for approval; with a digest: shows one whole and approves it, as a second person
    Approve(Approve),
    /// Denies a request for approval: one denial ends it
    Deny(Deny),
    /// Says on record that what somebody did by break glass was looked at, as another person
    Review(Review),
    /// Ends the freeze after three failed or unknown writes in a row, on record
    Unfreeze(Unfreeze),
    /// The open incident, and its end: `incident close`, on record
    Incident(Incident),
    /// Sends suites through the product's public path once, and says how many answers were as expected
    Probe(Probe),
    /// Validates config, runbooks and readings, and runs the runbooks' own tests
    Check(Check),
    /// Runbooks: a template to start from, the list, one tree as text or as a drawing
    Runbook(RunbookArgs),
    /// JSON Schema of a file format, for editors
    Schema(Schema),
    /// The journal: verify its chain, list its entries
    Journal(Journal),
    /// Every key, from the table that also makes the help screen
    Keys {
        /// JSON
        #[arg(long)]
        json: bool,
    },
    /// Shell completions
    Completions {
        /// bash, zsh, fish, …
        shell: clap_complete::Shell,
    },
}

/// `demo`.
#[derive(Debug, ClapArgs)]
pub struct Demo {
    /// prompt-regression (default), provider-outage, latency-spike, pii-leak, quiet
    #[arg(default_value = "prompt-regression")]
    pub scenario: String,
    /// Same seed and same keys: same run
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Prints the sandbox's config, a worked example, and exits
    #[arg(long)]
    pub print_config: bool,
    /// Only serves the sandbox, for trying commands and scripts against it; writes its config to the file that -c names
    /// (./breakglass-sandbox.toml without it), never over a file that --serve did not write
    #[arg(long)]
    pub serve: bool,
}

/// `status`.
#[derive(Debug, ClapArgs)]
pub struct Status {
    #[arg(long, help = JSON_TOO)]
    pub json: bool,
}

/// `triage`.
#[derive(Debug, ClapArgs)]
pub struct Triage {
    #[arg(long, help = JSON_TOO)]
    pub json: bool,
    /// Reads this file instead of the network; needs no config, but takes the runbooks of one that `-c` names
    #[arg(long, value_name = "FILE")]
    pub readings: Option<PathBuf>,
}

/// How a plan is confirmed on the command line.
#[derive(Debug, Clone, ClapArgs)]
pub struct Confirm {
    #[arg(long, help = JSON_TOO)]
    pub json: bool,
    /// Fires the plan with this digest (at least 12 digits), shown at most 60 s ago
    #[arg(long, value_name = "DIGEST")]
    pub yes_plan: Option<String>,
    /// The word that a tier two or three plan asks for: LEVER ENVIRONMENT
    #[arg(long = "type", value_name = "WORD")]
    pub typed: Option<String>,
    /// Tier three without a second person, on record: break glass ENVIRONMENT
    #[arg(long, value_name = "WORD", requires_all = ["why", "yes_plan"])]
    pub break_glass: Option<String>,
    /// The reason for break glass; the first thing that its review reads
    #[arg(long, value_name = "WORDS")]
    pub why: Option<String>,
}

/// `approve`.
#[derive(Debug, ClapArgs)]
pub struct Approve {
    /// Digest of the request (at least 12 digits); without it: lists what is open
    pub digest: Option<String>,
    /// The word that the plan asks of an approver: approve LEVER ENVIRONMENT
    #[arg(long = "type", value_name = "WORD")]
    pub typed: Option<String>,
    /// Approves what was shown; at a terminal it asks for Y instead
    #[arg(long, requires = "typed")]
    pub yes: bool,
    #[arg(long, help = JSON_TOO)]
    pub json: bool,
}

/// `deny`.
#[derive(Debug, ClapArgs)]
pub struct Deny {
    /// Digest of the request (at least 12 digits)
    pub digest: String,
    /// The reason, for whoever asked
    #[arg(long, value_name = "WORDS")]
    pub why: String,
    #[arg(long, help = JSON_TOO)]
    pub json: bool,
}

/// `review`.
#[derive(Debug, ClapArgs)]
pub struct Review {
    /// Digest of the plan, or its run
    pub what: String,
    /// What the review came to
    #[arg(long, value_name = "WORDS")]
    pub why: String,
}

/// `unfreeze`.
#[derive(Debug, ClapArgs)]
pub struct Unfreeze {
    /// Why it is safe to write again
    #[arg(long, value_name = "WORDS")]
    pub why: String,
    /// The word: unfreeze ENVIRONMENT
    #[arg(long = "type", value_name = "WORD")]
    pub typed: Option<String>,
}

/// `incident`.
#[derive(Debug, ClapArgs)]
pub struct Incident {
    #[command(subcommand)]
    pub what: Option<IncidentCommand>,
    #[arg(long, help = JSON_TOO)]
    pub json: bool,
}

/// `incident …`.
#[derive(Debug, Subcommand)]
pub enum IncidentCommand {
    /// Ends the open incident, and with it the change freeze
    #[command(override_usage = "breakglass incident close --type \"close ENVIRONMENT\" --why <WORDS> [OPTIONS]")]
    Close {
        /// Why it is over
        #[arg(long, value_name = "WORDS")]
        why: String,
        /// The word: close ENVIRONMENT
        #[arg(long = "type", value_name = "WORD")]
        typed: Option<String>,
    },
}

/// `act`.
#[derive(Debug, ClapArgs)]
pub struct Act {
    /// An action of the config
    pub action: String,
    #[command(flatten)]
    pub confirm: Confirm,
}

/// `undo`.
#[derive(Debug, ClapArgs)]
pub struct Undo {
    /// A run's id, or its last six characters; without it: the newest run that can be undone
    pub run: Option<String>,
    #[command(flatten)]
    pub confirm: Confirm,
}

/// `probe`.
#[derive(Debug, ClapArgs)]
pub struct Probe {
    /// A suite of the config; without it: every suite
    pub suite: Option<String>,
    #[arg(long, help = JSON_TOO)]
    pub json: bool,
}

/// `check`.
#[derive(Debug, ClapArgs)]
pub struct Check {
    /// Files and directories; without any: the config and everything it names
    pub paths: Vec<PathBuf>,
    /// Also proves, without side effects, that every source answers and every action could fire now
    #[arg(long, action = ArgAction::SetTrue)]
    pub live: bool,
    #[arg(long, help = JSON_TOO)]
    pub json: bool,
}

/// `journal`.
#[derive(Debug, ClapArgs)]
pub struct Journal {
    #[command(subcommand)]
    pub what: JournalCommand,
}

/// What to do with the journal.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Recomputes the hash chain and says where it breaks first
    Verify {
        /// The journal file; without it: the config's
        file: Option<PathBuf>,
        #[arg(long, help = JSON_TOO)]
        json: bool,
    },
    /// Lists the entries as a timeline
    List {
        /// The journal file; without it: the config's
        file: Option<PathBuf>,
        #[arg(long, help = JSON_TOO)]
        json: bool,
    },
}

/// `runbook`.
#[derive(Debug, ClapArgs)]
pub struct RunbookArgs {
    #[command(subcommand)]
    pub what: RunbookCommand,
}

/// What to do with runbooks.
#[derive(Debug, Subcommand)]
pub enum RunbookCommand {
    /// Writes a commented runbook that passes `check`; the id of a shipped one copies that, to be changed
    New {
        /// The id, which is also the file's name: a-z, 0-9, . _ -
        id: String,
        /// Extends the runbook of that id instead of replacing it
        #[arg(long)]
        extends: bool,
        /// The directory to write into; the config names it under `runbooks`
        #[arg(long, value_name = "DIR", default_value = ".")]
        to: PathBuf,
        /// Prints it instead
        #[arg(long)]
        print: bool,
    },
    /// Every runbook: where it comes from, its tests, the branches they walk, the last drill; broken files too
    List {
        #[arg(long, help = JSON_TOO)]
        json: bool,
    },
    /// One runbook as text, in the order in which it is walked
    Show {
        /// The id
        id: String,
    },
    /// One tree as a drawing: Graphviz DOT, for `dot -Tsvg`
    Graph {
        /// The id
        id: String,
        /// Mermaid instead, for wikis
        #[arg(long)]
        mermaid: bool,
    },
}

/// `schema`.
#[derive(Debug, ClapArgs)]
pub struct Schema {
    /// config, runbook, extension or readings
    pub what: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_told_means_the_same_product_and_survives_a_shell() {
        let place = |config: &str| Place { config: Some(config.into()), ..Place::default() };
        assert_eq!(Place::default().flags(), "");
        assert_eq!(place("./bot.toml").flags(), " -c ./bot.toml");
        assert_eq!(place("my bot's.toml").flags(), r" -c 'my bot'\''s.toml'");
        let journal = Some("team.db".into());
        assert_eq!(Place { journal, ..place("bot.toml") }.flags(), " -c bot.toml --journal team.db");
    }
}
