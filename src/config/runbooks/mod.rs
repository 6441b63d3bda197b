//! Runbook files → checked runbooks: the shipped ones, and those of a team's directories. A file that cannot be used
//! stays listed as broken and leaves the others alone. May not rank, walk or run tests.

mod build;
mod care;
mod extend;
mod format;
mod gather;
mod graph;
mod lint;
mod order;
mod reach;
mod share;
mod sort;
mod steps;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use crate::domain::catalogue::BrokenRunbook;
use crate::domain::evidence::Names;
use crate::domain::ids::SymptomId;
use crate::domain::runbook::Runbook;
use crate::domain::text;

use super::file::read;
use super::problem::{Problem, Problems};
use super::runbook_tests::RunbookTest;

pub(super) use build::digest;
pub(super) use extend::EXTENSION;
pub(super) use format::{RUNBOOK, levels};
pub(super) use gather::{collect, examine};
pub(super) use lint::{Lints, bare};
pub(super) use share::shared;
pub(super) use sort::{is_empty, no_readings};

/// Where a step leads, whatever the answer.
#[cfg(test)]
pub(super) fn onward(body: &crate::domain::runbook::StepBody) -> Vec<&crate::domain::runbook::Next> {
    reach::edges(body).into_iter().map(|(_, next)| next).collect()
}

/// Name and text of shipped files.
macro_rules! shipped {
    ($($id:literal,)+) => {
        [$((concat!("runbooks/", $id, ".toml"), include_str!(concat!("../../../runbooks/", $id, ".toml"))),)+]
    };
}

/// The runbooks that ship with the program: eighteen symptoms in the order of the catalogue, then the cross-cutting rules.
const SHIPPED: [(&str, &str); 21] = shipped![
    "wrong-consistent",
    "wrong-random",
    "stale",
    "refusals",
    "latency",
    "errors",
    "hallucination-topic",
    "leak",
    "over-trigger",
    "runaway",
    "cost",
    "provider-outage",
    "drift",
    "retrieval",
    "injection",
    "verbose",
    "tool-harm",
    "empty-identical",
    "two-causes",
    "only-complaints",
    "monitoring-blind",
];

/// One runbook file as text.
#[derive(Debug, Clone)]
pub(super) struct RunbookFile {
    pub(super) name: String,
    pub(super) text: String,
    /// 0 for shipped files; a later directory replaces runbooks of an earlier one.
    pub(super) layer: usize,
}

/// Every runbook that can be used, and what is wrong with the others.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf {
    pub(super) runbooks: BTreeMap<SymptomId, Arc<Runbook>>,
    pub(super) broken: Vec<BrokenRunbook>,
    /// The problems behind `broken`, for reports.
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    /// The runbooks' own tests, if they were asked for.
    pub(super) tests: Vec<RunbookTest>,
}

/// The shipped files.
pub(super) fn shipped_files() -> Vec<RunbookFile> {
    let file = |(name, text): &(&str, &str)| RunbookFile { name: (*name).into(), text: (*text).into(), layer: 0 };
    SHIPPED.iter().map(file).collect()
}

/// The shipped runbooks alone, checked once: they speak the vocabulary, which every config extends and none narrows.
pub(super) fn shipped() -> &'static Shelf {
    static CHECKED: LazyLock<Shelf> =
        LazyLock::new(|| collect(&shipped_files(), &super::readings::vocabulary_names(), false));
    &CHECKED
}

/// True for the name of a shipped file.
pub(super) fn is_shipped(name: &str) -> bool {
    SHIPPED.iter().any(|(shipped, _)| *shipped == name)
}

/// How many runbooks ship.
pub(super) const SHIPPED_COUNT: usize = SHIPPED.len();

/// The runbook files of a directory, by name.
///
/// # Errors
/// The directory cannot be listed.
pub(super) fn files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let names = std::fs::read_dir(directory)?.filter_map(|entry| Some(entry.ok()?.file_name()));
    let mut names: Vec<_> = names.filter(|name| is_runbook_file(name)).collect();
    // As bytes: paths are compared part by part, which takes a start of a thousand files a millisecond.
    names.sort_unstable();
    Ok(names.into_iter().map(|name| directory.join(name)).collect())
}

/// True for the name of a runbook file. Editors leave hidden files beside the one that they write.
fn is_runbook_file(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    !name.starts_with(b".") && name.ends_with(b".toml")
}

/// Every `*.toml` of a directory, by name, and what is wrong with those that cannot be read.
///
/// # Errors
/// The directory cannot be listed; the words say why.
pub(super) fn directory(path: &Path, layer: usize) -> Result<(Vec<RunbookFile>, Vec<Problem>), String> {
    let paths = files(path).map_err(|error| error.to_string())?;
    let mut files = Vec::with_capacity(paths.len());
    let mut unread = Vec::new();
    for (path, text) in paths.iter().zip(shared(&paths, |path| read(path))) {
        match text {
            Ok(text) => files.push(RunbookFile { name: path.display().to_string(), text, layer }),
            Err(Problems(problems)) => unread.extend(problems),
        }
    }
    Ok((files, unread))
}

/// A file that could not even be read, as broken: it must not be lost.
pub(super) fn unread(problem: &Problem) -> BrokenRunbook {
    listed(&problem.file, std::slice::from_ref(problem))
}

fn listed(path: &str, problems: &[Problem]) -> BrokenRunbook {
    BrokenRunbook {
        path: text::clean(path),
        problems: problems.iter().map(|problem| problem.rendered("error")).collect(),
    }
}

/// Names that runbooks may use: they do not know a team's levers and provider pages.
pub(super) fn names(config: &Names) -> Names {
    Names { levers: None, providers: None, ..config.clone() }
}
