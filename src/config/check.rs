//! The `check` command's offline half: configs, runbooks with their own tests, readings files. One report over all of
//! them. May not ask any server.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use toml::de::DeTable;

use crate::domain::action::ActionKind;
use crate::domain::evidence::Names;
use crate::domain::runbook::Runbook;

use super::file::read;
use super::load::check_file;
use super::problem::{Problem, Problems};
use super::runbook_tests::{self, Coverage, Outcome};
use super::runbooks::{self, Lints, RunbookFile, Shelf};
use super::source::Source;
use super::{journal, readings, trust};

/// What a file is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A config.
    Config,
    /// A runbook.
    Runbook,
    /// A readings file.
    Readings,
}

impl FileKind {
    /// For people and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Runbook => "runbook",
            Self::Readings => "readings",
        }
    }
}

/// What was found in all files together.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Every file that was checked, with what it was taken for.
    pub files: Vec<(String, FileKind)>,
    /// Errors, in the order of the files.
    pub problems: Vec<Problem>,
    /// Things worth saying that are no errors.
    pub warnings: Vec<Problem>,
    /// The runbooks' own tests.
    pub tests: Vec<Outcome>,
    /// Which edges of each tree those tests walk.
    pub coverage: Vec<Coverage>,
}

impl Report {
    /// True if every file is valid and every test passed.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty() && self.failed().next().is_none()
    }

    /// Tests that failed.
    pub fn failed(&self) -> impl Iterator<Item = (&Outcome, &str)> {
        self.tests.iter().filter_map(|test| test.failure.as_deref().map(|why| (test, why)))
    }

    /// For people: every problem with its line, then one sentence.
    #[must_use]
    pub fn rendered(&self) -> String {
        let mut blocks: Vec<String> = self.problems.iter().map(|problem| problem.rendered("error")).collect();
        blocks.extend(self.warnings.iter().map(|warning| warning.rendered("warning")));
        let covered: Vec<String> = self.own_coverage().map(|line| line + "\n").collect();
        if !covered.is_empty() {
            blocks.push(covered.concat());
        }
        blocks.push(self.sentence() + "\n");
        blocks.join("\n")
    }

    /// One problem a line, for editors and screen readers.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut lines: Vec<String> =
            self.problems.iter().map(|problem| format!("error: {}", problem.one_line())).collect();
        lines.extend(self.warnings.iter().map(|warning| format!("warning: {}", warning.one_line())));
        lines.extend(self.own_coverage());
        lines.push(self.sentence());
        lines.join("\n") + "\n"
    }

    /// How far the tests of a team's own runbooks reach; the shipped ones must reach everywhere.
    fn own_coverage(&self) -> impl Iterator<Item = String> {
        self.coverage.iter().filter(|coverage| !coverage.shipped).map(Coverage::sentence)
    }

    fn sentence(&self) -> String {
        let failed = self.failed().count();
        let counted = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        format!(
            "{} checked: {}, {}; {}, {failed} failed",
            counted(self.files.len(), "file"),
            counted(self.problems.len(), "error"),
            counted(self.warnings.len(), "warning"),
            counted(self.tests.len(), "runbook test"),
        )
    }

    /// For machines.
    #[must_use]
    pub fn json(&self) -> Value {
        let file = |(path, kind): &(String, FileKind)| json!({ "path": path, "kind": kind.word() });
        let test =
            |test: &Outcome| json!({ "runbook": test.runbook.as_str(), "name": test.name, "failure": test.failure });
        let coverage = |c: &Coverage| json!({ "runbook": c.runbook.as_str(), "shipped": c.shipped, "edges": c.edges, "walked": c.walked(), "missed": c.missed });
        json!({
            "ok": self.is_sound(),
            "files": self.files.iter().map(file).collect::<Vec<_>>(),
            "problems": self.problems,
            "warnings": self.warnings,
            "tests": self.tests.iter().map(test).collect::<Vec<_>>(),
            "coverage": self.coverage.iter().map(coverage).collect::<Vec<_>>(),
        })
    }
}

/// Checks files, and every `*.toml` of directories. Without any path: the shipped runbooks alone. `now` tells how long
/// ago the last drill was.
#[must_use]
pub fn check(paths: &[PathBuf], now: Timestamp) -> Report {
    check_beside(paths, now, None)
}

/// The same beside the program's own directory, which is made when a journal needs it.
#[must_use]
pub fn check_beside(paths: &[PathBuf], now: Timestamp, own: Option<&Path>) -> Report {
    let mut report = Report::default();
    let mut names = readings::vocabulary_names();
    let mut wired: Option<BTreeSet<ActionKind>> = None;
    let mut configs = Vec::new();
    let mut files = runbooks::shipped_files();
    let mut given: Vec<RunbookFile> = Vec::new();
    for path in listed(paths, &mut report) {
        let name = path.display().to_string();
        let text = match read(&path) {
            Ok(text) => text,
            Err(Problems(problems)) => {
                report.problems.extend(problems);
                continue;
            }
        };
        let kind = if runbooks::is_empty(&text) { kind_of_empty(&path) } else { kind_of(&text) };
        report.files.push((name.clone(), kind));
        match kind {
            FileKind::Config if runbooks::is_empty(&text) => {
                let hint =
                    "`breakglass demo --print-config` is a config to start from, `breakglass runbook new ID` a runbook";
                report.problems.push(Source::new(&name, &text).problem(&(0..0), "an empty file", hint));
            }
            FileKind::Config => {
                if let Some(kinds) = config(&path, own, &text, &mut names, &mut files, &mut report) {
                    wired.get_or_insert_default().extend(kinds.iter().copied());
                    configs.push((name, kinds));
                }
            }
            FileKind::Runbook => given.push(RunbookFile { name, text, layer: usize::MAX }),
            FileKind::Readings => {
                if let Err(Problems(problems)) = readings::load_text(&name, &text) {
                    report.problems.extend(problems);
                }
            }
        }
    }
    // A file that was named and also lies in a config's directory is one file.
    given.retain(|file| !files.iter().any(|known| known.name == file.name));
    files.extend(given);
    let lints = Lints { today: now.to_zoned(TimeZone::UTC).date(), wired };
    let shelf = runbooks::examine(&files, &runbooks::names(&names), &lints);
    report.warnings.extend(configs.iter().filter_map(|(name, kinds)| bare(name, kinds, &shelf)));
    report.tests = runbook_tests::run(&shelf.tests, &shelf);
    report.coverage = runbook_tests::coverage(&shelf);
    report.tests.extend(report.coverage.iter().filter_map(shipped_must_be_walked));
    report.problems.extend(shelf.problems);
    report.problems.extend(report.tests.iter().filter_map(|test| test.problem.clone()));
    report.warnings.extend(shelf.warnings);
    report
}

/// Every edge of a shipped tree is walked by its tests. A team's own trees, also those that stand in place of a shipped
/// one or extend it, say how far theirs reach.
fn shipped_must_be_walked(coverage: &Coverage) -> Option<Outcome> {
    (coverage.shipped && !coverage.missed.is_empty()).then(|| {
        let file = format!("runbooks/{}.toml", coverage.runbook);
        let failure = format!("no test walks {}", coverage.missed.join(", "));
        let hint = "add a [[test]] whose path or walks take these branches";
        Outcome {
            runbook: coverage.runbook.clone(),
            name: format!("{file}: every branch is walked"),
            problem: Some(Problem::whole_file(file, failure.clone(), hint)),
            failure: Some(failure),
        }
    })
}

/// Shipped trees with a containment at which this config can offer nothing.
fn bare(config: &str, wired: &BTreeSet<ActionKind>, shelf: &Shelf) -> Option<Problem> {
    let shipped = || shelf.runbooks.values().map(AsRef::as_ref).filter(|runbook: &&Runbook| runbook.origin.shipped);
    let (count, kinds) = runbooks::bare(shipped(), wired)?;
    let words = kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ");
    let message =
        format!("{count} of {} shipped runbooks have a containment without any wired action", shipped().count());
    Some(Problem::whole_file(config, message, format!("wire actions of these kinds first: {words}")))
}

/// Checks a config, takes in its names and runbooks, and gives the kinds of its actions if it is sound.
fn config(
    path: &Path,
    own: Option<&Path>,
    text: &str,
    names: &mut Names,
    files: &mut Vec<RunbookFile>,
    report: &mut Report,
) -> Option<BTreeSet<ActionKind>> {
    let (name, base) = (path.display().to_string(), path.parent().unwrap_or(Path::new("")));
    let checked = check_file(&name, text, base);
    report.problems.extend(checked.errors);
    report.problems.extend(journal::without_directory(&name, text, base, own));
    report.warnings.extend(checked.warnings);
    names.signals.extend(checked.names.signals);
    report.files.extend(checked.runbooks.iter().map(|file| (file.name.clone(), FileKind::Runbook)));
    // Every config's directories come after those of the configs before, so that none counts as a clash.
    let offset = files.iter().map(|file| file.layer).max().unwrap_or(0);
    files.extend(checked.runbooks.into_iter().map(|file| RunbookFile { layer: file.layer + offset, ..file }));
    if let Some(why) = trust::untrusted(path) {
        let hint = "it is read, but breakglass will not act on it";
        report.warnings.push(Problem::whole_file(name, format!("this config may not act: {why}"), hint));
    }
    checked.kinds
}

/// The files behind the paths: directories stand for every `*.toml` in them.
fn listed(paths: &[PathBuf], report: &mut Report) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        match std::fs::read_dir(path) {
            Ok(entries) => {
                let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
                inside.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
                inside.sort();
                if inside.is_empty() {
                    let hint = "name a file, or a directory of configs or runbooks";
                    let name = path.display().to_string();
                    report.warnings.push(Problem::whole_file(name, "holds no *.toml file", hint));
                }
                files.extend(inside);
            }
            Err(error) => {
                let name = path.display().to_string();
                let problem = Problem::whole_file(name, format!("cannot be listed: {error}"), "check its permissions");
                report.problems.push(problem);
            }
        }
    }
    files
}

/// An empty file among runbooks is one of them.
fn kind_of_empty(path: &Path) -> FileKind {
    let beside = std::fs::read_dir(path.parent().filter(|at| !at.as_os_str().is_empty()).unwrap_or(Path::new(".")));
    let mut beside = beside.into_iter().flatten().flatten().map(|entry| entry.path());
    let is_runbook = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "toml")
            && read(path).is_ok_and(|text| kind_of(&text) == FileKind::Runbook)
    };
    if beside.any(|path| is_runbook(&path)) { FileKind::Runbook } else { FileKind::Config }
}

/// What a file is, by its keys; a file that could be anything is checked as a config.
fn kind_of(text: &str) -> FileKind {
    let (table, _) = DeTable::parse_recoverable(text);
    let has = |key: &str| table.get_ref().contains_key(key);
    if has("service") || has("endpoint") || has("lever") || has("action") {
        FileKind::Config
    } else if has("step") || has("evidence") || has("hypothesis") || has("extends") {
        FileKind::Runbook
    } else if has("at") || has("signal") || has("change") {
        FileKind::Readings
    } else {
        FileKind::Config
    }
}
