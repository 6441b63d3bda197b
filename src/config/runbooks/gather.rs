//! Files → shelf. Each file is read by itself, on several threads when there are many, and dropped before the next: a
//! thousand trees of tables would be most of the memory. Then they are put together in order. May not judge single keys.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use toml::de::DeTable;

use crate::domain::evidence::Names;
use crate::domain::ids::SymptomId;
use crate::domain::runbook::Runbook;

use super::super::file::parse_chosen;
use super::super::problem::Problem;
use super::super::runbook_tests::{self, RunbookTest};
use super::super::source::{Sink, Source};
use super::super::view::View;
use super::share::shared;
use super::sort;
use super::{EXTENSION, Lints, RUNBOOK, RunbookFile, Shelf, build, extend, graph, lint, listed, order, reach};

/// Checks files together: they may name each other. With `with_tests`, their own tests are read as well.
pub(in crate::config) fn collect(files: &[RunbookFile], names: &Names, with_tests: bool) -> Shelf {
    gather(files, names, with_tests, None)
}

/// The same, and reads each runbook as the person would who has to walk it: see [`lint`].
pub(in crate::config) fn examine(files: &[RunbookFile], names: &Names, lints: &Lints) -> Shelf {
    gather(files, names, true, Some(lints))
}

/// What came of one file.
#[derive(Debug, Default)]
struct Read {
    /// The runbook that it declares, sound or not.
    id: Option<SymptomId>,
    /// True if it changes an earlier one: it is read again when that one is known.
    extends: bool,
    runbook: Option<Arc<Runbook>>,
    tests: Vec<RunbookTest>,
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
}

/// What every file is read with.
struct Reading<'a> {
    names: &'a Names,
    known: BTreeSet<&'a SymptomId>,
    with_tests: bool,
}

fn gather(files: &[RunbookFile], names: &Names, with_tests: bool, lints: Option<&Lints>) -> Shelf {
    // The ids are looked for first, by eye, since files may name each other; what parsing finds decides.
    let mut ids: BTreeSet<SymptomId> = files.iter().filter_map(|file| by_eye(&file.text)).collect();
    let every = |reading: &Reading<'_>| shared(files, |file| read(file, reading));
    let mut reads = every(&Reading { names, known: ids.iter().collect(), with_tests });
    let declared: BTreeSet<SymptomId> = reads.iter().filter_map(|read| read.id.clone()).collect();
    if declared != ids {
        ids = declared;
        reads = every(&Reading { names, known: ids.iter().collect(), with_tests });
    }
    let reading = Reading { names, known: ids.iter().collect(), with_tests };
    let ids: Vec<Option<SymptomId>> = reads.iter().map(|read| read.id.clone()).collect();

    let mut shelf = Shelf::default();
    let mut winners: BTreeMap<SymptomId, usize> = BTreeMap::new();
    let mut broken = Vec::new();
    for (at, (file, read)) in files.iter().zip(reads).enumerate() {
        let extends = read.extends;
        let mut read = if extends { extended(file, &shelf, &Declared { files, ids: &ids }, &reading) } else { read };
        let twin = read.runbook.as_ref().and_then(|runbook| winners.get(&runbook.id)).and_then(|at| files.get(*at));
        if let (Some(runbook), Some(twin)) = (&read.runbook, twin.filter(|twin| twin.layer == file.layer)) {
            let extended = shelf.runbooks.get(&runbook.id).is_some_and(|known| known.origin.extends);
            read.errors.extend(twins(file, order::taken(file, &runbook.id, twin, (extends, extended))));
        }
        shelf.warnings.append(&mut read.warnings);
        match read.runbook {
            Some(runbook) if read.errors.is_empty() => {
                winners.insert(runbook.id.clone(), at);
                if !extends {
                    shelf.tests.retain(|test| test.runbook != runbook.id);
                }
                shelf.tests.append(&mut read.tests);
                shelf.runbooks.insert(runbook.id.clone(), runbook);
            }
            _ => {
                broken.push(file);
                shelf.broken.push(listed(&file.name, &read.errors));
                shelf.problems.append(&mut read.errors);
            }
        }
    }
    drop_circles(&mut shelf, files, &ids);
    if let Some(lints) = lints {
        examined(&mut shelf, files, &winners, lints);
        glanced_at(&mut shelf, &broken, lints);
    }
    shelf
}

/// The id of a runbook as a reader finds it: a line `id = "…"` before the first header.
fn by_eye(text: &str) -> Option<SymptomId> {
    let mut top = text.lines().take_while(|line| !line.trim_start().starts_with('['));
    let value = top.find_map(|line| line.trim_start().strip_prefix("id")?.trim_start().strip_prefix('='))?;
    let value = value.trim_start();
    let quote = value.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    value.get(1..)?.split(quote).next()?.parse().ok()
}

/// Parses a file and lets somebody look at it; what is wrong goes into the sink.
fn open<T>(
    file: &RunbookFile,
    look: impl FnOnce(&View<'_>, bool, &mut Sink<'_>) -> T,
) -> (T, Vec<Problem>, Vec<Problem>) {
    let source = Source::new(&file.name, &file.text);
    let mut sink = Sink::new(&source);
    let shape = |table: &DeTable<'_>| if table.contains_key("extends") { &EXTENSION } else { &RUNBOOK };
    let (table, sound) = parse_chosen(shape, &source, "the runbook", &mut sink);
    let seen = look(&View::root(&table), sound, &mut sink);
    let (errors, warnings) = sink.take();
    (seen, errors, warnings)
}

fn read(file: &RunbookFile, reading: &Reading<'_>) -> Read {
    if let Some((place, message, hint)) = sort::no_runbook(&file.text) {
        let problem = Source::new(&file.name, &file.text).problem(&place, message, hint);
        return Read { errors: vec![problem], ..Read::default() };
    }
    let (found, errors, warnings) = open(file, |root, sound, sink| {
        let extends = root.has("extends");
        let id = root.parsed("id").map(|id| id.is).filter(|_| !extends);
        let runbook = (sound && !extends).then(|| build::runbook(root, file, reading.names, &reading.known, sink));
        let runbook = runbook.flatten();
        let tests = runbook.as_ref().map(|runbook| tests(root, file, runbook, reading, sink)).unwrap_or_default();
        Read { id, extends, runbook: runbook.map(Arc::new), tests, ..Read::default() }
    });
    Read { errors, warnings, ..found }
}

/// Every file with the runbook that it declares, sound or not.
struct Declared<'a> {
    files: &'a [RunbookFile],
    ids: &'a [Option<SymptomId>],
}

fn extended(file: &RunbookFile, shelf: &Shelf, declared: &Declared<'_>, reading: &Reading<'_>) -> Read {
    let (found, errors, warnings) = open(file, |root, sound, sink| {
        let id = root.parsed::<SymptomId>("extends").map(|at| at.is);
        let earlier = id.as_ref().and_then(|id| shelf.runbooks.get(id)).map(AsRef::as_ref).ok_or_else(|| {
            let mut all = declared.files.iter().zip(declared.ids);
            let elsewhere = all.find(|(_, declared)| declared.is_some() && **declared == id).map(|(file, _)| file);
            let known = reading.known.iter().map(|id| id.as_str());
            order::nothing_before(file, root.text("extends").map_or("", |id| id.is), elsewhere, known)
        });
        let runbook =
            if sound { extend::runbook(root, file, earlier, reading.names, &reading.known, sink) } else { None };
        let tests = runbook.as_ref().map(|runbook| tests(root, file, runbook, reading, sink)).unwrap_or_default();
        Read { runbook: runbook.map(Arc::new), tests, ..Read::default() }
    });
    Read { errors, warnings, ..found }
}

fn tests(
    root: &View<'_>,
    file: &RunbookFile,
    runbook: &Runbook,
    reading: &Reading<'_>,
    sink: &mut Sink<'_>,
) -> Vec<RunbookTest> {
    if !reading.with_tests {
        return Vec::new();
    }
    runbook_tests::read(root, &file.name, runbook, &reading.known, sink)
}

/// Two files of one directory with the same id: the second is the broken one. Read again for the place; it is rare.
fn twins(file: &RunbookFile, (message, hint): order::Words) -> Vec<Problem> {
    let source = Source::new(&file.name, &file.text);
    let mut found = Sink::new(&source);
    let _ = open(file, |root, _, _| {
        let key = if root.has("extends") { "extends" } else { "id" };
        found.error(&root.key_span(key), message, hint);
    });
    found.take().0
}

fn examined(shelf: &mut Shelf, files: &[RunbookFile], winners: &BTreeMap<SymptomId, usize>, lints: &Lints) {
    let roads = reach::Roads::of(&shelf.runbooks);
    for (id, at) in winners {
        let (Some(runbook), Some(file)) = (shelf.runbooks.get(id), files.get(*at)) else { continue };
        let source = Source::new(&file.name, &file.text);
        let mut sink = Sink::new(&source);
        // What is wrong with the file itself was said when it was read.
        let _ = open(file, |root, _, _| {
            let linted = lint::Linted { file, root: root.clone(), runbook: Arc::clone(runbook) };
            lint::lint(&linted, &roads, lints, &mut sink);
        });
        let (errors, warnings) = sink.take();
        shelf.problems.extend(errors);
        shelf.warnings.extend(warnings);
    }
}

/// Broken files: what is wrong with them as they are written is said at the same time as what broke them.
fn glanced_at(shelf: &mut Shelf, broken: &[&RunbookFile], lints: &Lints) {
    for file in broken.iter().filter(|file| sort::no_runbook(&file.text).is_none()) {
        let source = Source::new(&file.name, &file.text);
        let mut sink = Sink::new(&source);
        let _ = open(file, |root, _, _| lint::written(file, root, lints.today, &mut sink));
        let (errors, warnings) = sink.take();
        shelf.problems.extend(errors);
        shelf.warnings.extend(warnings);
    }
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
            shelf.broken.push(listed(&name, std::slice::from_ref(&problem)));
            shelf.problems.push(problem);
        }
    }
}
