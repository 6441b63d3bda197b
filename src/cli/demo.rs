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

/// The first line of every file that `--serve` writes; nothing else begins like this, also not what `--print-config` prints.
const SERVED: &str = "# Written by `breakglass demo --serve`, which writes it anew each time: nothing here is yours.";

/// Runs `demo`.
pub async fn run(place: &Place, args: Demo) -> Result<Exit, Failure> {
    if args.print_config {
        out::say(sandbox::config_template());
        return Ok(Exit::Done);
    }
    let started = Sandbox::start(&args.scenario, args.seed).await;
    let sandbox = started.map_err(|error| Failure::new(error.to_string(), hint(&args.scenario)))?;
    if args.serve {
        return serve(place, &sandbox).await;
    }
    let loaded = config::load_text("the sandbox's config", sandbox.config_text());
    let mut config = loaded.map_err(|problems| session::invalid(&problems, ""))?;
    config.catalogue.drill = true;
    let journal = place.journal.clone().unwrap_or_else(new_journal);
    config.journal = Some(JournalPlace::File(journal.clone()));
    session::apply(place, &mut config, String::new());
    let exit = cockpit::open(place, config).await?;
    out::note(&format!("journal of this drill: {0}\n  breakglass journal verify {0}", journal.display()));
    drop(sandbox);
    Ok(exit)
}

/// Serves until a signal, with the config written to a file for other commands.
async fn serve(place: &Place, sandbox: &Sandbox) -> Result<Exit, Failure> {
    let file = place.config.clone().unwrap_or_else(|| PathBuf::from("breakglass-sandbox.toml"));
    if !may_be_written(&file) {
        let what =
            format!("{}: it is there already, and demo --serve did not write it; it was left as it is", file.display());
        return Err(Failure::new(what, "with --serve, -c names the file to write: name one that is not there"));
    }
    write_private(&file, &format!("{SERVED}\n{}", sandbox.config_text()))
        .map_err(|error| Failure::new(format!("{}: {error}", file.display()), "name a writable file with -c"))?;
    out::tell(&format!("sandbox is up; config: {}", file.display()));
    let _ = tokio::signal::ctrl_c().await;
    Ok(Exit::Done)
}

/// True if nothing is there, or what an earlier `--serve` wrote.
fn may_be_written(file: &Path) -> bool {
    match std::fs::read(file) {
        Ok(bytes) => bytes.is_empty() || bytes.split(|byte| *byte == b'\n').next() == Some(SERVED.as_bytes()),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
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

/// The scenarios, once, where none of them was named; else it is the machine that refused.
fn hint(named: &str) -> String {
    if sandbox::SCENARIOS.iter().any(|(name, _)| *name == named) {
        return "the sandbox listens on loopback (127.0.0.1): look what holds its ports back, then try again"
            .to_owned();
    }
    let lines = sandbox::SCENARIOS.iter().map(|(name, what)| format!("{name}: {what}"));
    format!("scenarios: {}", lines.collect::<Vec<_>>().join(" · "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_demo_wrote_itself_is_written_again() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("served.toml");
        assert!(may_be_written(&file), "nothing is there");
        write_private(&file, &format!("{SERVED}\n{}", sandbox::config_template())).expect("written");
        assert!(may_be_written(&file));
        std::fs::write(&file, sandbox::config_template()).expect("written");
        assert!(!may_be_written(&file), "a worked example that somebody made their own");
        assert!(!may_be_written(home.path()), "a directory");
    }
}
