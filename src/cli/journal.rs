//! `journal verify` and `journal list`.

use std::path::PathBuf;

use serde_json::json;

use super::args::{Journal as JournalArgs, JournalCommand, Place};
use super::exit::Exit;
use super::out::{self, Failure};
use super::session;
use crate::app::entry_words;
use crate::journal::{Home, Journal, Options, verify_home};

/// Runs `journal …`.
pub async fn run(place: &Place, args: JournalArgs) -> Result<Exit, Failure> {
    match args.what {
        JournalCommand::Verify { file, json } => check_chain(&options(place, file)?, json).await,
        JournalCommand::List { file, json } => list(options(place, file)?, json).await,
    }
}

/// The journal that is meant: a named file, or the config's.
fn options(place: &Place, named: Option<PathBuf>) -> Result<Options, Failure> {
    let options = match named.or_else(|| place.journal.clone()) {
        Some(file) => session::journal_in(file),
        None => session::journal(&session::load(place, None)?),
    };
    match &options.home {
        Home::File(file) if !file.exists() => {
            let hint = "name the file: `breakglass journal verify FILE`";
            Err(Failure::new(format!("there is no journal at {}", file.display()), hint))
        }
        _ => Ok(options),
    }
}

async fn check_chain(options: &Options, json: bool) -> Result<Exit, Failure> {
    let shown = options.home.to_string();
    let found = verify_home(&options.home).await.map_err(|error| {
        Failure::new(format!("{shown}: {error}"), "is it a journal of this program?").with(Exit::CannotSay)
    })?;
    let holds = found.broken.is_none();
    if out::json_or_pipe(json) {
        let broken = found.broken.as_ref().map(|(seq, why)| json!({ "seq": seq, "why": why }));
        out::say_json(&json!({
            "file": shown, "entries": found.entries, "head": found.head, "holds": holds, "broken": broken,
        }));
    } else if let Some((seq, why)) = &found.broken {
        out::tell(&format!("{shown}: BROKEN at entry {seq} of {}: {why}", found.entries));
    } else {
        out::tell(&format!("{shown}: the chain holds: {} entries, head {}", found.entries, found.head));
        out::tell("This shows edits, deletions and reordering inside; a cut tail needs a head written down elsewhere.");
    }
    Ok(if holds { Exit::Done } else { Exit::Degraded })
}

async fn list(options: Options, json: bool) -> Result<Exit, Failure> {
    let journal = Journal::open_with(options).await;
    let entries = journal.entries().await;
    for worry in session::worries(&journal) {
        out::note(&worry);
    }
    if out::json_or_pipe(json) {
        out::say_json(&json!(entries));
    } else {
        for entry in &entries {
            let (word, text) = entry_words::words(&entry.what);
            out::tell(&format!("{}  {word:<10} {text}  {}", super::json::second(entry.at), entry.who));
        }
    }
    journal.close().await;
    Ok(Exit::Done)
}
