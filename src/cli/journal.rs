//! `journal verify` and `journal list`.

use std::path::PathBuf;

use serde_json::json;

use super::args::{Journal as JournalArgs, JournalCommand, Place};
use super::exit::Exit;
use super::out::{self, Failure};
use super::session;
use crate::app::entry_words;
use crate::journal::verify;

/// Runs `journal …`.
pub async fn run(place: &Place, args: JournalArgs) -> Result<Exit, Failure> {
    match args.what {
        JournalCommand::Verify { file, json } => check_chain(&file_of(place, file)?, json).await,
        JournalCommand::List { file, json } => list(&file_of(place, file)?, json).await,
    }
}

fn file_of(place: &Place, named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let file = match named.or_else(|| place.journal.clone()) {
        Some(file) => file,
        None => session::journal_file(&session::load(place, None)?),
    };
    if file.exists() {
        return Ok(file);
    }
    let hint = "name the file: `breakglass journal verify FILE`";
    Err(Failure::new(format!("there is no journal at {}", file.display()), hint))
}

async fn check_chain(file: &std::path::Path, json: bool) -> Result<Exit, Failure> {
    let found = verify(file).await.map_err(|error| {
        Failure::new(format!("{}: {error}", file.display()), "is it a journal of this program?").with(Exit::CannotSay)
    })?;
    let holds = found.broken.is_none();
    if out::json_or_pipe(json) {
        let broken = found.broken.as_ref().map(|(seq, why)| json!({ "seq": seq, "why": why }));
        out::say_json(&json!({
            "file": file, "entries": found.entries, "head": found.head, "holds": holds, "broken": broken,
        }));
    } else if let Some((seq, why)) = &found.broken {
        out::say(&format!("{}: BROKEN at entry {seq} of {}: {why}", file.display(), found.entries));
    } else {
        out::say(&format!("{}: the chain holds: {} entries, head {}", file.display(), found.entries, found.head));
        out::say("This shows edits, deletions and reordering inside; a cut tail needs a head written down elsewhere.");
    }
    Ok(if holds { Exit::Done } else { Exit::Degraded })
}

async fn list(file: &std::path::Path, json: bool) -> Result<Exit, Failure> {
    let journal = session::open_journal(file).await;
    let entries = journal.entries().await;
    for worry in session::worries(&journal) {
        out::note(&worry);
    }
    if out::json_or_pipe(json) {
        out::say_json(&json!(entries));
    } else {
        for entry in &entries {
            let (word, text) = entry_words::words(&entry.what);
            out::say(&format!("{}  {word:<10} {text}  {}", super::json::second(entry.at), entry.who));
        }
    }
    journal.close().await;
    Ok(Exit::Done)
}
