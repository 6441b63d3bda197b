//! The runbooks' own tests: `[[test]]` blocks of a runbook file, and their runner. A test says what is measured, which
//! symptom must rank first, which steps the evidence suggests, and what the containment step offers first.
//! May not change how anything is judged.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::action::ActionKind;
use crate::domain::evidence::Verdict;
use crate::domain::facts::Live;
use crate::domain::ids::{StepId, SymptomId};
use crate::domain::picture;
use crate::domain::runbook::{Runbook, StepBody};
use crate::domain::walk::{Answered, Walk, WalkAnswer};

use super::readings::{self, CHANGES, Readings, SIGNALS};
use super::runbooks::Shelf;
use super::shape::{Shape, Takes, optional, required};
use super::source::Sink;
use super::view::View;

pub(super) static TEST: Shape = Shape {
    about: "A case that must keep working: readings in, the first symptom and the path out.",
    keys: &[
        required("name", Takes::Text, "what the case is about"),
        required("first", Takes::Id, "the symptom that must rank first, or \"nothing\""),
        optional("path", Takes::List(&Takes::Id), "the steps the evidence suggests, up to the first containment"),
        optional("offers", Takes::Word(kinds), "the kind that this containment offers first"),
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

/// One test of a runbook.
#[derive(Debug, Clone)]
pub struct RunbookTest {
    /// The runbook it stands in.
    pub runbook: SymptomId,
    /// `file: name`.
    pub name: String,
    first: Option<SymptomId>,
    path: Vec<StepId>,
    offers: Option<ActionKind>,
    readings: Readings,
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
}

/// Runs tests with all runbooks of a shelf in the race.
pub(super) fn run(tests: &[RunbookTest], shelf: &Shelf) -> Vec<Outcome> {
    let outcome = |test: &RunbookTest| Outcome {
        runbook: test.runbook.clone(),
        name: test.name.clone(),
        failure: failure(test, shelf).err(),
    };
    tests.iter().map(outcome).collect()
}

fn failure(test: &RunbookTest, shelf: &Shelf) -> Result<(), String> {
    let (catalogue, observations) = test.readings.seen_through(shelf);
    let snapshot = picture::snapshot(&catalogue, &observations);
    let ranked = &snapshot.triage.symptoms;
    let first = ranked.first().map(|ranked| &ranked.id);
    if first != test.first.as_ref() {
        let word = |id: Option<&SymptomId>| id.map_or(NOTHING.to_owned(), ToString::to_string);
        let scores: Vec<_> = ranked.iter().map(|ranked| format!("{} {:.2}", ranked.id, ranked.score)).collect();
        let (wanted, found) = (word(test.first.as_ref()), word(first));
        return Err(format!("`{wanted}` should rank first, `{found}` does ({})", scores.join(", ")));
    }
    if test.path.is_empty() {
        return Ok(());
    }
    let runbook = shelf.runbooks.get(&test.runbook).ok_or("its runbook was replaced")?;
    let (path, offers) = suggested(runbook, &Live::of(&snapshot), observations.at);
    if path != test.path {
        let words = |path: &[StepId]| path.iter().map(StepId::as_str).collect::<Vec<_>>().join(" > ");
        return Err(format!("the path should be {}, it is {}", words(&test.path), words(&path)));
    }
    if test.offers.is_some() && offers != test.offers {
        let word = |kind: Option<ActionKind>| kind.map_or("nothing", ActionKind::word);
        return Err(format!("{} should be offered first, {} is", word(test.offers), word(offers)));
    }
    Ok(())
}

/// Walks where the evidence suggests, up to the first containment: the steps, and the kind that is offered first.
fn suggested(runbook: &Runbook, facts: &Live<'_>, at: Timestamp) -> (Vec<StepId>, Option<ActionKind>) {
    let mut walk = Walk::start(runbook, at);
    let mut path = Vec::new();
    while let Some(step) = walk.step(runbook) {
        path.push(step.id.clone());
        let verdict = match &step.body {
            StepBody::Contain { kinds, .. } => return (path, kinds.first().copied()),
            StepBody::Ask { evidence, .. } => evidence.judge(facts).verdict,
            StepBody::Watch { until, .. } => until.judge(facts).verdict,
        };
        let answer = match verdict {
            Verdict::True => WalkAnswer::Yes,
            Verdict::False => WalkAnswer::No,
            Verdict::Unknown => WalkAnswer::DontKnow,
        };
        let why = String::new();
        let answered =
            Answered { step: step.id.clone(), answer, suggested: Some(verdict), why, who: "test".into(), at };
        if !walk.answer(runbook, answered) {
            break;
        }
    }
    (path, None)
}

/// Every test of a runbook file that could be understood; what could not is in the sink.
pub(super) fn read(
    root: &View<'_>,
    file: &str,
    runbook: &SymptomId,
    known: &BTreeSet<&SymptomId>,
    sink: &mut Sink<'_>,
) -> Vec<RunbookTest> {
    let mut tests = Vec::new();
    for view in root.tables("test") {
        let first = view.text("first");
        if let Some(name) =
            first.as_ref().filter(|name| name.is != NOTHING && !known.iter().any(|id| id.as_str() == name.is))
        {
            let known = known.iter().map(|id| id.as_str()).chain([NOTHING]);
            sink.error(&name.span, format!("no runbook is named `{}`", name.is), super::suggest::hint(name.is, known));
        }
        let steps = root.names("step");
        for step in view.texts("path").iter().filter(|step| !steps.contains(&step.is)) {
            super::names::known("step", step, &steps, sink);
        }
        if view.has("offers") && !view.has("path") {
            sink.error(
                &view.key_span("offers"),
                "offers without a path",
                "add path = [ … ] up to the containment step",
            );
        }
        let at = view.instant("at").map_or_else(|| Timestamp::from_second(DEFAULT_AT).unwrap_or_default(), |at| at.is);
        let readings = readings::build(&view, at, sink);
        let (Some(first), Some(name)) = (first, view.words("name")) else { continue };
        tests.push(RunbookTest {
            runbook: runbook.clone(),
            name: format!("{file}: {name}"),
            first: first.is.parse().ok().filter(|_| first.is != NOTHING),
            path: view.texts("path").into_iter().filter_map(|step| step.is.parse().ok()).collect(),
            offers: view.parsed("offers").map(|kind| kind.is),
            readings,
        });
    }
    tests
}
