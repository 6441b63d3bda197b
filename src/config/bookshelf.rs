//! The runbooks of a config as a list, with what their own tests say: for the `runbook` command. May not judge configs;
//! `check` does.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::domain::catalogue::BrokenRunbook;
use crate::domain::ids::SymptomId;
use crate::domain::runbook::Runbook;
use crate::domain::text;

use super::file::read;
use super::load::check_file;
use super::problem::{Problem, Problems};
use super::readings;
use super::runbook_tests::{self, Coverage};
use super::runbooks::{self, RunbookFile};

/// One runbook, with what its own tests say.
#[derive(Debug, Clone)]
pub struct Book {
    /// The runbook.
    pub runbook: Arc<Runbook>,
    /// How many tests it has.
    pub tests: usize,
    /// How many of them fail.
    pub failed: usize,
    /// Which branches they walk.
    pub coverage: Coverage,
}

/// Every runbook that a config can use, and the files that cannot be used.
#[derive(Debug, Clone)]
pub struct Bookshelf {
    /// By id.
    pub books: Vec<Book>,
    /// Files that cannot be used.
    pub broken: Vec<BrokenRunbook>,
    /// What is wrong with the config itself; its directories may be missing from the list then.
    pub problems: Vec<Problem>,
}

/// The runbooks of a config with their tests run; without a config, the shipped ones.
///
/// # Errors
/// The config cannot be read at all.
pub fn bookshelf(config: Option<&Path>) -> Result<Bookshelf, Problems> {
    let mut files = runbooks::shipped_files();
    let mut names = readings::vocabulary_names();
    let (mut problems, mut unread) = (Vec::new(), Vec::new());
    if let Some(path) = config {
        let name = path.display().to_string();
        let checked = check_file(&name, &read(path)?, path.parent().unwrap_or(Path::new("")));
        (problems, unread) = checked.errors.into_iter().partition(|problem| problem.file == text::clean(&name));
        names = checked.names;
        files.extend(checked.runbooks);
    }
    let mut shelf = runbooks::collect(&files, &runbooks::names(&names), true);
    shelf.broken.extend(unread.iter().map(runbooks::unread));
    let outcomes = runbook_tests::run(&shelf.tests, &shelf);
    let mut coverage: BTreeMap<SymptomId, Coverage> =
        runbook_tests::coverage(&shelf).into_iter().map(|one| (one.runbook.clone(), one)).collect();
    let of = |id: &SymptomId| outcomes.iter().filter(|outcome| outcome.runbook == *id).collect::<Vec<_>>();
    let book = |(id, runbook): (&SymptomId, &Arc<Runbook>)| {
        let tests = of(id);
        Some(Book {
            runbook: Arc::clone(runbook),
            tests: tests.len(),
            failed: tests.iter().filter(|outcome| outcome.failure.is_some()).count(),
            coverage: coverage.remove(id)?,
        })
    };
    Ok(Bookshelf { books: shelf.runbooks.iter().filter_map(book).collect(), broken: shelf.broken, problems })
}

/// The text of a shipped runbook, to copy and change; `None` if none has that id.
#[must_use]
pub fn shipped_text(id: &str) -> Option<String> {
    let name = format!("runbooks/{id}.toml");
    let file: Option<RunbookFile> = runbooks::shipped_files().into_iter().find(|file| file.name == name);
    file.map(|file| file.text)
}
