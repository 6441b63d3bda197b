//! The runbooks' own tests: `[[test]]` blocks of a runbook file, and their runner. A test says what is measured, which
//! symptom must rank first, which steps the evidence suggests and what is offered; or it scripts answers and says where
//! they end. The runner also counts which edges of the tree all tests of a file walk. May not change how anything is
//! judged.

mod blame;
mod cover;
mod walks;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::action::ActionKind;
use crate::domain::facts::Live;
use crate::domain::ids::{StepId, SymptomId};
use crate::domain::picture;
use crate::domain::ranking;
use crate::domain::runbook::{Rule, Runbook};

use super::problem::Problem;
use super::readings::{self, CHANGES, Readings, SIGNALS};
use super::runbooks::{Shelf, levels};
use super::shape::{Shape, Takes, optional, required};
use super::source::Sink;
use super::view::View;
use super::wording::TITLE;
use walks::{WALK, Walked};

pub use cover::Coverage;
pub(super) use cover::coverage;

pub(super) static TEST: Shape = Shape {
    about: "A case that must keep working: readings in, the first symptom and the path out; or scripted answers.",
    keys: &[
        required("name", Takes::Line(TITLE), "what the case is about"),
        optional("first", Takes::Id, "the symptom that must rank first, or \"nothing\""),
        optional("path", Takes::List(&Takes::Id), "the steps the evidence suggests, up to the containment it leads to"),
        optional("offers", Takes::Word(kinds), "the kind that this containment offers first"),
        optional("best", Takes::Word(kinds), "the kind that triage offers first"),
        optional("severity", Takes::Word(levels), "the severity that triage proposes"),
        optional("rule", Takes::Word(rules), "the cross-cutting rule that must speak"),
        optional("walks", Takes::List(&Takes::Table(&WALK)), "scripted answers, each from the first step to an end"),
        optional("at", Takes::Instant, "the instant of the readings"),
        SIGNALS,
        CHANGES,
    ],
};

/// The word for "no symptom ranks".
const NOTHING: &str = "nothing";
/// 2026-11-23T03:26:00Z: tests run at the same instant every time.
const DEFAULT_AT: i64 = 1_795_404_360;

fn kinds() -> Vec<&'static str> {
    ActionKind::ALL.iter().map(|kind| kind.word()).collect()
}

fn rules() -> Vec<&'static str> {
    Rule::ALL.iter().map(|rule| rule.word()).collect()
}

/// What a test says about the first rank.
#[derive(Debug, Clone, PartialEq, Eq)]
enum First {
    /// The test does not say.
    Unsaid,
    /// No symptom may rank.
    Nothing,
    /// This one.
    Symptom(SymptomId),
}

/// One test of a runbook.
#[derive(Debug, Clone)]
pub struct RunbookTest {
    /// The runbook it stands in.
    pub runbook: SymptomId,
    /// `file: name`.
    pub name: String,
    first: First,
    path: Vec<StepId>,
    offers: Option<ActionKind>,
    best: Option<ActionKind>,
    severity: Option<String>,
    rule: Option<Rule>,
    walks: Vec<Walked>,
    readings: Readings,
    /// Where its name stands, with nothing said yet.
    place: Problem,
}

impl RunbookTest {
    /// True for a case with readings that says what must rank first.
    #[must_use]
    pub fn ranks(&self) -> bool {
        self.first != First::Unsaid
    }

    /// True for a near miss: another symptom must rank first.
    #[must_use]
    pub fn is_near_miss(&self) -> bool {
        matches!(&self.first, First::Symptom(first) if *first != self.runbook)
    }
}

#[cfg(test)]
impl RunbookTest {
    /// What is measured in this case.
    pub(super) const fn readings(&self) -> &Readings {
        &self.readings
    }
}

/// What came of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The runbook it stands in.
    pub runbook: SymptomId,
    /// `file: name`.
    pub name: String,
    /// What was expected and what came instead; `None` if it passed.
    pub failure: Option<String>,
    /// The same as a problem of the file.
    pub problem: Option<Problem>,
}

/// Runs tests with all runbooks of a shelf in the race.
pub(super) fn run(tests: &[RunbookTest], shelf: &Shelf) -> Vec<Outcome> {
    let outcome = |test: &RunbookTest| {
        let failure = failure(test, shelf).err();
        let problem = failure.as_ref().map(|why| blame::problem(test, why, shelf));
        Outcome { runbook: test.runbook.clone(), name: test.name.clone(), failure, problem }
    };
    tests.iter().map(outcome).collect()
}

fn failure(test: &RunbookTest, shelf: &Shelf) -> Result<(), String> {
    let (catalogue, observations) = test.readings.seen_through(shelf);
    let snapshot = picture::snapshot(&catalogue, &observations);
    let triage = &snapshot.triage;
    let expected = match &test.first {
        First::Symptom(symptom) => Some(symptom),
        First::Nothing | First::Unsaid => None,
    };
    let first = triage.symptoms.first().map(|ranked| &ranked.id);
    if test.ranks() && first != expected {
        let word = |id: Option<&SymptomId>| id.map_or(NOTHING.to_owned(), ToString::to_string);
        return Err(format!("`{}` should rank first, `{}` does", word(expected), word(first)));
    }
    let runbook = shelf.runbooks.get(&test.runbook).ok_or("its runbook is broken")?;
    if !test.path.is_empty() {
        let led = ranking::suggested(runbook, &shelf.runbooks, &Live::of(&snapshot).seen_by(runbook));
        if led.path != test.path {
            let words = |path: &[StepId]| path.iter().map(StepId::as_str).collect::<Vec<_>>().join(" > ");
            return Err(format!("the path should be {}, it is {}", words(&test.path), words(&led.path)));
        }
        differs("offered first", test.offers, led.at_end.first().copied())?;
    }
    let best = triage.symptoms.first().and_then(|first| first.actions.first()).copied();
    differs("offered first by triage", test.best, best)?;
    let severity = triage.severity.as_ref().map(|severity| severity.level.as_str());
    if test.severity.is_some() && test.severity.as_deref() != severity {
        let word = |level: Option<&str>| level.unwrap_or("nothing").to_owned();
        return Err(format!("{} should be proposed, {} is", word(test.severity.as_deref()), word(severity)));
    }
    if let Some(rule) = test.rule
        && !triage.notes.iter().any(|note| note.rule == rule)
    {
        return Err(format!("the rule {} should speak, and does not", rule.word()));
    }
    test.walks.iter().try_for_each(|walked| walked.failure(runbook))
}

fn differs(what: &str, wanted: Option<ActionKind>, found: Option<ActionKind>) -> Result<(), String> {
    let word = |kind: Option<ActionKind>| kind.map_or("nothing", ActionKind::word);
    if wanted.is_some() && wanted != found {
        return Err(format!("{} should be {what}, {} is", word(wanted), word(found)));
    }
    Ok(())
}

/// Every test of a runbook file that could be understood; what could not is in the sink.
pub(super) fn read(
    root: &View<'_>,
    file: &str,
    runbook: &Runbook,
    known: &BTreeSet<&SymptomId>,
    sink: &mut Sink<'_>,
) -> Vec<RunbookTest> {
    // A step that is broken has its name all the same.
    let mut steps: Vec<&str> = runbook.steps.iter().map(|step| step.id.as_str()).collect();
    let mut known_steps: BTreeSet<&str> = steps.iter().copied().collect();
    steps.extend(root.names("step").into_iter().filter(|name| known_steps.insert(name)));
    let mut tests = Vec::new();
    let mut called = BTreeSet::new();
    for view in root.tables("test") {
        let first = view.text("first");
        if let Some(name) =
            first.as_ref().filter(|name| name.is != NOTHING && !known.iter().any(|id| id.as_str() == name.is))
        {
            let known = known.iter().map(|id| id.as_str()).chain([NOTHING]);
            sink.error(&name.span, format!("no runbook is named `{}`", name.is), super::suggest::hint(name.is, known));
        }
        for step in view.texts("path").iter().filter(|step| !known_steps.contains(step.is)) {
            super::names::known("step", step, &steps, sink);
        }
        if view.has("offers") && !view.has("path") {
            sink.error(
                &view.key_span("offers"),
                "offers without a path",
                "add path = [ … ] up to the containment step",
            );
        }
        if ["first", "path", "walks", "rule"].iter().all(|key| !view.has(key)) {
            sink.error(&view.span, "a test that expects nothing", "add first = \"…\", or walks = [ … ]");
        }
        let at = view.instant("at").map_or_else(|| Timestamp::from_second(DEFAULT_AT).unwrap_or_default(), |at| at.is);
        let readings = readings::build(&view, at, sink);
        let walks = walks::read(&view, &steps, known, sink);
        let Some(name) = view.words("name") else { continue };
        if !called.insert(name.clone()) {
            let hint = "give each test a name of its own: a failure is told by it";
            sink.warn(&view.key_span("name"), format!("another test of this file is named {name:?}"), hint);
        }
        tests.push(RunbookTest {
            runbook: runbook.id.clone(),
            name: format!("{file}: {name}"),
            first: match first {
                None => First::Unsaid,
                Some(first) if first.is == NOTHING => First::Nothing,
                Some(first) => first.is.parse().map_or(First::Unsaid, First::Symptom),
            },
            path: view.texts("path").into_iter().filter_map(|step| step.is.parse().ok()).collect(),
            offers: view.parsed("offers").map(|kind| kind.is),
            best: view.parsed("best").map(|kind| kind.is),
            severity: view.words("severity"),
            rule: view.text("rule").and_then(|word| Rule::ALL.into_iter().find(|rule| rule.word() == word.is)),
            walks,
            readings,
            place: sink.source().problem(&view.key_span("name"), "", ""),
        });
    }
    tests
}
