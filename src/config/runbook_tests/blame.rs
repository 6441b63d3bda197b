//! A failed test as a problem: where it stands, and whose file is the likely cause. May not judge what failed.

use crate::domain::ids::SymptomId;
use crate::domain::runbook::Runbook;

use super::super::problem::Problem;
use super::super::runbooks::{self, Shelf};
use super::{First, RunbookTest};

/// More files than this are not named.
const NAMED: usize = 3;

/// What failed, at the name of the test.
pub(super) fn problem(test: &RunbookTest, why: &str, shelf: &Shelf) -> Problem {
    let file = &test.place.file;
    let name = test.name.strip_prefix(file.as_str()).unwrap_or(&test.name).trim_start_matches(": ");
    let hint = causes(test, why, shelf).unwrap_or_else(|| {
        "change the tree or the evidence; or what the test expects, if that is not wanted any more".to_owned()
    });
    Problem { message: format!("the test {name:?} fails: {why}"), hint, ..test.place.clone() }
}

/// The shipped runbooks keep their own tests: where one fails, a team's file made it fail. First those that the test is
/// about; else any that takes part.
fn causes(test: &RunbookTest, why: &str, shelf: &Shelf) -> Option<String> {
    let shipped = runbooks::is_shipped(&test.place.file);
    let own: Vec<&Runbook> = shelf.runbooks.values().map(AsRef::as_ref).filter(|book| !book.origin.shipped).collect();
    if !shipped || own.is_empty() {
        return None;
    }
    let is_about = |id: &SymptomId| {
        *id == test.runbook || test.first == First::Symptom(id.clone()) || why.contains(&format!("`{id}`"))
    };
    let about: Vec<&&Runbook> = own.iter().filter(|book| is_about(&book.id)).collect();
    let named = if about.is_empty() { own.iter().collect() } else { about };
    let does = |book: &&&Runbook| {
        let does = match (book.origin.extends, runbooks::is_shipped(&format!("runbooks/{}.toml", book.id))) {
            (true, _) => "extends",
            (false, true) => "replaces",
            (false, false) => "adds",
        };
        format!("{}, which {does} `{}`", book.origin.file, book.id)
    };
    let files: Vec<String> = named.iter().take(NAMED).map(does).collect();
    Some(format!("it passes on the shipped runbooks alone: look at {}", files.join("; ")))
}
