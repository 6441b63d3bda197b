//! The command line: one file a subcommand. Parses, wires, prints; decides nothing that the domain could decide.

mod act;
mod approve;
mod args;
mod check;
mod cockpit;
#[cfg(feature = "sandbox")]
mod demo;
mod exit;
mod fold;
mod incident;
mod journal;
mod json;
mod out;
mod oversight;
mod probe;
mod runbook;
mod session;
mod status;
mod triage;
mod versions;
mod words;

use clap::Parser;

use self::args::{Args, Command};
use self::exit::Exit;
use self::out::Failure;

/// Parses the process's arguments, runs the command, and gives the exit code.
#[must_use]
pub fn main() -> std::process::ExitCode {
    let given: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let args = match Args::try_parse_from(&given) {
        Ok(args) => args,
        Err(error) => return out::usage(&error, &given).into(),
    };
    let json = out::wants_json(&args);
    let outcome = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => {
            let outcome = runtime.block_on(run(args));
            // A resolver or a helper command may hang in a blocking task; nobody waits for it.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Failure::new(format!("cannot start: {error}"), "look at the limits of this machine")),
    };
    match outcome {
        // What was not read by anybody was not done, whatever it says.
        Ok(Exit::Done | Exit::Degraded | Exit::Contained) if out::is_lost() => Exit::CannotSay.into(),
        Ok(exit) => exit.into(),
        Err(failure) => {
            out::fail(&failure, json);
            failure.exit.into()
        }
    }
}

async fn run(args: Args) -> Result<Exit, Failure> {
    session::looks_at_journal(&args.place).await?;
    match args.command {
        None => cockpit::run(&args.place, args.service.as_deref()).await,
        #[cfg(feature = "sandbox")]
        Some(Command::Demo(demo)) => demo::run(&args.place, demo).await,
        Some(Command::Status(status)) => status::run(&args.place, status).await,
        Some(Command::Triage(triage)) => triage::run(&args.place, triage).await,
        Some(Command::Act(act)) => act::run(&args.place, act).await,
        Some(Command::Undo(undo)) => act::run_undo(&args.place, undo).await,
        Some(Command::Approve(approve)) => approve::run(&args.place, approve).await,
        Some(Command::Deny(deny)) => approve::deny(&args.place, deny).await,
        Some(Command::Review(review)) => approve::review(&args.place, review).await,
        Some(Command::Unfreeze(unfreeze)) => approve::unfreeze(&args.place, unfreeze).await,
        Some(Command::Incident(incident)) => incident::run(&args.place, incident).await,
        Some(Command::Probe(probe)) => probe::run(&args.place, probe).await,
        Some(Command::Journal(journal)) => journal::run(&args.place, journal).await,
        Some(Command::Check(check)) => check::run(&args.place, check).await,
        Some(Command::Runbook(runbook)) => runbook::run(&args.place, runbook.what),
        Some(Command::Schema(schema)) => check::schema(&schema),
        Some(Command::Keys { json }) => {
            words::keys(json);
            Ok(Exit::Done)
        }
        Some(Command::Completions { shell }) => {
            words::completions(shell);
            Ok(Exit::Done)
        }
    }
}
