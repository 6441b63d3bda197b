//! `demo`: the cockpit on the embedded sandbox. Nothing to install, nothing to configure.

use std::path::{Path, PathBuf};

use super::args::{Demo, Place};
use super::exit::Exit;
use super::out::{self, Failure};
use super::{cockpit, session};
use crate::clock;
use crate::config::{self, JournalPlace};
use crate::sandbox::{self, Sandbox};
use crate::shell::paths;

/// Runs `demo`.
pub async fn run(place: &Place, args: Demo) -> Result<Exit, Failure> {
    if args.print_config {
        out::say(sandbox::config_template());
        return Ok(Exit::Done);
    }
    let started = Sandbox::start(&args.scenario, args.seed).await;
    let sandbox = started.map_err(|error| Failure::new(error.to_string(), scenarios()))?;
    if args.serve {
        return serve(place, &sandbox).await;
    }
    let loaded = config::load_text("the sandbox's config", sandbox.config_text());
    let mut config = loaded.map_err(|problems| session::invalid(&problems))?;
    config.catalogue.drill = true;
    let journal = place.journal.clone().unwrap_or_else(new_journal);
    config.journal = Some(JournalPlace::File(journal.clone()));
    session::apply(place, &mut config);
    let exit = cockpit::open(place, config).await?;
    out::note(&format!("journal of this drill: {0}\n  breakglass journal verify {0}", journal.display()));
    drop(sandbox);
    Ok(exit)
}

/// Serves until a signal, with the config written to a file for other commands.
async fn serve(place: &Place, sandbox: &Sandbox) -> Result<Exit, Failure> {
    let file = place.config.clone().unwrap_or_else(|| PathBuf::from("breakglass-sandbox.toml"));
    write_private(&file, sandbox.config_text())
        .map_err(|error| Failure::new(format!("{}: {error}", file.display()), "name a writable file with -c"))?;
    out::tell(&format!("sandbox is up; config: {}", file.display()));
    let _ = tokio::signal::ctrl_c().await;
    Ok(Exit::Done)
}

/// A config that others may write is read but never acts, so it must not be born writable.
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut out = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    out.write_all(text.as_bytes())
}

/// Each drill has a journal of its own: its runs mean nothing to the next sandbox.
fn new_journal() -> PathBuf {
    let stamp = clock::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    paths::state_dir().join("drills").join(format!("{stamp}-{}.db", std::process::id()))
}

fn scenarios() -> String {
    let lines = sandbox::SCENARIOS.iter().map(|(name, what)| format!("{name}: {what}"));
    format!("scenarios: {}", lines.collect::<Vec<_>>().join(" · "))
}
