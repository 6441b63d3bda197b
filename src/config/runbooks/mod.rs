//! Runbook files → checked runbooks: the shipped ones, and those of a team's directories. A file that cannot be used
//! stays listed as broken and leaves the others alone. May not rank, walk or run tests.

mod build;
mod care;
mod format;
mod graph;
mod lint;
mod reach;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use toml::de::DeTable;

use crate::domain::catalogue::BrokenRunbook;
use crate::domain::evidence::Names;
use crate::domain::ids::SymptomId;
use crate::domain::runbook::Runbook;

use super::file::{parse_shape, read};
use super::problem::{Problem, Problems};
use super::runbook_tests::RunbookTest;
use super::source::{Sink, Source};
use super::view::View;

pub(super) use format::RUNBOOK;
pub(super) use lint::{Lints, bare};

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

/// Every `*.toml` of a directory, by name, and what is wrong with those that cannot be read.
///
/// # Errors
/// The directory cannot be listed; the words say why.
pub(super) fn directory(path: &Path, layer: usize) -> Result<(Vec<RunbookFile>, Vec<Problem>), String> {
    let entries = std::fs::read_dir(path).map_err(|error| error.to_string())?;
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let mut files = Vec::new();
    let mut unread = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        match read(&path) {
            Ok(text) => files.push(RunbookFile { name, text, layer }),
            Err(Problems(problems)) => unread.extend(problems),
        }
    }
    Ok((files, unread))
}

/// A file that could not even be read, as broken: it must not be lost.
pub(super) fn unread(problem: &Problem) -> BrokenRunbook {
    listed(problem.file.clone(), std::slice::from_ref(problem))
}

fn listed(path: String, problems: &[Problem]) -> BrokenRunbook {
    BrokenRunbook { path, problems: problems.iter().map(|problem| problem.rendered("error")).collect() }
}

/// Names that runbooks may use: they do not know a team's levers and provider pages.
pub(super) fn names(config: &Names) -> Names {
    Names { levers: None, providers: None, ..config.clone() }
}

/// Checks files together: they may name each other. With `with_tests`, their own tests are read as well.
pub(super) fn collect(files: &[RunbookFile], names: &Names, with_tests: bool) -> Shelf {
    gather(files, names, with_tests, None)
}

/// The same, and reads each runbook as the person would who has to walk it: see [`lint`].
pub(super) fn examine(files: &[RunbookFile], names: &Names, lints: &Lints) -> Shelf {
    gather(files, names, true, Some(lints))
}

fn gather(files: &[RunbookFile], names: &Names, with_tests: bool, lints: Option<&Lints>) -> Shelf {
    let sources: Vec<Source<'_>> = files.iter().map(|file| Source::new(&file.name, &file.text)).collect();
    let mut parsed: Vec<(DeTable<'_>, bool, Sink<'_>)> = Vec::with_capacity(files.len());
    for source in &sources {
        let mut sink = Sink::new(source);
        let (table, sound) = parse_shape(&RUNBOOK, source, "the runbook", &mut sink);
        parsed.push((table, sound, sink));
    }
    let declared: Vec<Option<SymptomId>> =
        parsed.iter().map(|(table, ..)| View::root(table).parsed("id").map(|id| id.is)).collect();
    let known: BTreeSet<&SymptomId> = declared.iter().flatten().collect();

    let mut shelf = Shelf::default();
    let mut winners: BTreeMap<SymptomId, usize> = BTreeMap::new();
    for (at, (file, (table, sound, sink))) in files.iter().zip(&mut parsed).enumerate() {
        let root = View::root(table);
        let runbook = if *sound { build::runbook(&root, file, names, &known, sink) } else { None };
        let twin = runbook.as_ref().and_then(|runbook| winners.get(&runbook.id)).and_then(|at| files.get(*at));
        if let Some(runbook) = &runbook
            && twin.is_some_and(|twin| twin.layer == file.layer)
        {
            let message = format!("another of these runbooks is already named `{}`", runbook.id);
            sink.error(&root.key_span("id"), message, "give one of them another id");
        }
        let tests = match &runbook {
            Some(runbook) if with_tests => super::runbook_tests::read(&root, &file.name, &runbook.id, &known, sink),
            _ => Vec::new(),
        };
        let (errors, warnings) = sink.take();
        shelf.warnings.extend(warnings);
        match runbook {
            Some(runbook) if errors.is_empty() => {
                winners.insert(runbook.id.clone(), at);
                shelf.tests.retain(|test| test.runbook != runbook.id);
                shelf.tests.extend(tests);
                shelf.runbooks.insert(runbook.id.clone(), Arc::new(runbook));
            }
            _ => {
                shelf.broken.push(listed(file.name.clone(), &errors));
                shelf.problems.extend(errors);
            }
        }
    }
    drop_circles(&mut shelf, files, &declared);
    if let Some(lints) = lints {
        let roads = reach::Roads::of(&shelf.runbooks);
        for (id, at) in &winners {
            let (Some(runbook), Some(file), Some((table, ..))) =
                (shelf.runbooks.get(id), files.get(*at), parsed.get(*at))
            else {
                continue;
            };
            let linted = lint::Linted { file, root: View::root(table), runbook: Arc::clone(runbook) };
            let Some(source) = sources.get(*at) else { continue };
            let mut sink = Sink::new(source);
            lint::lint(&linted, &roads, lints, &mut sink);
            let (errors, warnings) = sink.take();
            shelf.problems.extend(errors);
            shelf.warnings.extend(warnings);
        }
    }
    shelf
}

/// `beats` must not run in a circle: nobody could say which symptom comes first. Runbooks on a circle are broken.
fn drop_circles(shelf: &mut Shelf, files: &[RunbookFile], declared: &[Option<SymptomId>]) {
    for circle in graph::beats_circles(&shelf.runbooks) {
        let path = circle.iter().map(SymptomId::as_str).collect::<Vec<_>>().join(" beats ");
        for id in &circle {
            shelf.runbooks.remove(id);
            shelf.tests.retain(|test| test.runbook != *id);
            let file = files.iter().zip(declared).rev().find(|(_, declared)| declared.as_ref() == Some(id));
            let name = file.map_or_else(|| id.to_string(), |(file, _)| file.name.clone());
            let message = format!("beats runs in a circle: {path}");
            let problem = Problem::whole_file(name.clone(), message, "the specific beats the general, never both ways");
            shelf.broken.push(listed(name, std::slice::from_ref(&problem)));
            shelf.problems.push(problem);
        }
    }
}
