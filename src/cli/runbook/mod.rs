//! `runbook`: a template, the list, one tree as text or as a drawing. Works without a config, on the shipped runbooks.
//! May not walk or judge anything.

mod graph;
mod list;
mod new;
mod show;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use super::args::{Place, RunbookCommand};
use super::exit::Exit;
use super::out::{self, Failure};
use super::session;
use crate::clock;
use crate::config::{self, Bookshelf, Loaded};
use crate::domain::runbook::Runbook;
use crate::shell::paths;

/// Runs `runbook`.
pub fn run(place: &Place, what: RunbookCommand) -> Result<Exit, Failure> {
    match what {
        RunbookCommand::New { id, extends, to, print } => new::run(place, &id, extends, &to, print),
        RunbookCommand::List { json } => {
            let shelf = shelf(place)?;
            if out::json_or_pipe(json) {
                out::say_json(&list::json(&shelf));
            } else {
                out::say(&list::text(&shelf, clock::now(), out::columns(), &place.flags()));
            }
            let broken = !shelf.broken.is_empty() || shelf.books.iter().any(|book| book.failed > 0);
            Ok(if broken { Exit::Usage } else { Exit::Done })
        }
        RunbookCommand::Show { id } => {
            let loaded = loaded(place)?;
            out::say(&show::text(&*find(&loaded, &id)?, &loaded.runbooks));
            Ok(Exit::Done)
        }
        RunbookCommand::Graph { id, mermaid } => {
            let runbook = find(&loaded(place)?, &id)?;
            out::say(&if mermaid { graph::mermaid(&runbook) } else { graph::dot(&runbook) });
            Ok(Exit::Done)
        }
    }
}

/// The config, if one was named or is found; without it, the shipped runbooks are meant.
fn config_file(place: &Place) -> Result<Option<PathBuf>, Failure> {
    let named = place.config.is_some() || paths::variable("BREAKGLASS_CONFIG").is_some();
    match session::config_file(place, None) {
        Ok(file) => Ok(Some(file)),
        Err(failure) if named => Err(failure),
        Err(failure) => {
            out::note(&format!("{}: these are the shipped runbooks", failure.error));
            Ok(None)
        }
    }
}

/// Every runbook with its tests run.
fn shelf(place: &Place) -> Result<Bookshelf, Failure> {
    let file = config_file(place)?;
    let shelf = config::bookshelf(file.as_deref()).map_err(|problems| session::invalid(&problems, &place.flags()))?;
    for problem in &shelf.problems {
        out::note(&problem.one_line());
    }
    Ok(shelf)
}

/// Every runbook; no test is run.
fn loaded(place: &Place) -> Result<Loaded, Failure> {
    match config_file(place)? {
        Some(file) => {
            let config =
                config::load_before_runbooks(&file).map_err(|problems| session::invalid(&problems, &place.flags()))?;
            let loaded = config.bookcases.load();
            session::note_broken(&loaded.broken, &place.flags());
            Ok(loaded)
        }
        None => Ok(config::shipped_runbooks()),
    }
}

fn find(loaded: &Loaded, id: &str) -> Result<Arc<Runbook>, Failure> {
    if let Some(runbook) = loaded.runbooks.get(id) {
        return Ok(Arc::clone(runbook));
    }
    let known: Vec<&str> = loaded.runbooks.keys().map(AsRef::as_ref).collect();
    let broken = loaded.broken.iter().find(|broken| broken.path.ends_with(&format!("{id}.toml")));
    Err(match broken {
        Some(broken) => Failure::new(broken.problems.join("\n"), format!("mend {}", broken.path)),
        None => Failure::new(format!("there is no runbook `{id}`"), format!("known: {}", known.join(", "))),
    })
}
