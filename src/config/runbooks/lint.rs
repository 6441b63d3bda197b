//! What `check` says about sound runbooks beyond what loading needs: a tree can be walked and still fail the person who
//! walks it. A circle of hand-overs and a link that leads out are errors; everything else is a warning. May not build or change runbooks.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;

use crate::domain::action::ActionKind;
use crate::domain::ids::{StepId, SymptomId};
use crate::domain::runbook::{Next, Runbook, StepBody};

use super::super::source::Sink;
use super::super::view::View;
use super::RunbookFile;
use super::reach::{MOST_ANSWERS, Roads, edges};
use super::steps::is_file_beside;

/// A drill older than this is stale.
const DRILL_DAYS: i32 = 90;
/// Fewer words than this tell nobody what to do next.
const FEWEST_WORDS: usize = 3;

/// What runbooks are held against.
#[derive(Debug, Clone)]
pub(in crate::config) struct Lints {
    /// Today, UTC.
    pub(in crate::config) today: Date,
    /// Kinds of which the configs at hand wire an action; `None` without a config.
    pub(in crate::config) wired: Option<BTreeSet<ActionKind>>,
}

/// One file of which a runbook stands on the shelf.
pub(super) struct Linted<'a> {
    pub(super) file: &'a RunbookFile,
    pub(super) root: View<'a>,
    pub(super) runbook: Arc<Runbook>,
}

impl Linted<'_> {
    /// Where a step is named; for a step of the extended runbook, where that is named.
    fn step(&self, id: &StepId) -> Range<usize> {
        let named = self.root.named("step").into_iter().find(|(name, _)| *name == id.as_str());
        named.map_or_else(|| self.top(), |(_, view)| view.span)
    }

    fn edge(&self, id: &StepId, edge: &str) -> Range<usize> {
        let named = self.root.named("step").into_iter().find(|(name, _)| *name == id.as_str());
        named.map_or_else(|| self.top(), |(_, view)| view.key_span(edge))
    }

    fn top(&self) -> Range<usize> {
        self.root.key_span(if self.root.has("extends") { "extends" } else { "id" })
    }
}

/// Reads one runbook as the person would who has to walk it at night.
pub(super) fn lint(linted: &Linted<'_>, roads: &Roads, lints: &Lints, sink: &mut Sink<'_>) {
    distances(linted, roads, sink);
    ends(linted, sink);
    twice(linted, sink);
    written(linted.file, &linted.root, lints.today, sink);
    if let Some(wired) = &lints.wired {
        // Nobody edits a shipped runbook: what it lacks is said of the config.
        if !linted.runbook.origin.shipped {
            kinds(linted, wired, sink);
        }
    }
}

fn distances(linted: &Linted<'_>, roads: &Roads, sink: &mut Sink<'_>) {
    let id = &linted.runbook.id;
    let Some(before) = roads.before(id) else { return };
    for (step, answers) in before.contained.iter().filter(|(_, answers)| *answers > MOST_ANSWERS) {
        let message = format!("[step.{step}] contains only after {answers} answers: {}", before.way(step));
        let hint = format!("contain after {MOST_ANSWERS} answers at most; ask the rest afterwards");
        sink.warn(&linted.step(step), message, hint);
    }
    for (step, edge, other, answers) in &before.handed {
        let span = linted.edge(step, edge);
        if let Some(circle) = roads.circle(id, other) {
            let path = circle.iter().map(SymptomId::as_str).collect::<Vec<_>>().join(" > ");
            let message = format!("hand-overs run in a circle before anything is contained: {path}");
            sink.error(&span, message, "contain before handing over, or hand over in one direction only");
        } else if roads.is_too_far(other, *answers) {
            let message = format!("through `{other}` the first containment needs more than {MOST_ANSWERS} answers");
            sink.warn(&span, message, "hand over earlier, or contain before handing over");
        }
    }
    for (step, edge) in &before.ends {
        let message = format!("`{edge}` of [step.{step}] ends the walk before anything was contained");
        let hint = "lead to a step with contain = […], or hand over to a runbook that contains";
        sink.warn(&linted.edge(step, edge), message, hint);
    }
}

/// Ends that are dead ends for whoever reads them.
fn ends(linted: &Linted<'_>, sink: &mut Sink<'_>) {
    for step in &linted.runbook.steps {
        for (edge, next) in edges(&step.body) {
            if let Next::End(words) = next
                && words.split_whitespace().count() < FEWEST_WORDS
            {
                let message = format!("`{edge}` of [step.{}] is a dead end: {words:?}", step.id);
                sink.warn(&linted.edge(&step.id, edge), message, "say who does what next, in a sentence");
            }
        }
    }
}

/// Pieces of evidence that say the same: it would count twice.
fn twice(linted: &Linted<'_>, sink: &mut Sink<'_>) {
    let evidence = &linted.runbook.evidence;
    let tables = linted.root.tables("evidence");
    // Those of an extended runbook come first; they are none of this file's.
    let earlier = evidence.len().saturating_sub(tables.len());
    let mut said: BTreeSet<&str> = evidence.iter().take(earlier).map(|piece| piece.when.text().trim()).collect();
    for (piece, table) in evidence.iter().skip(earlier).zip(&tables) {
        if !said.insert(piece.when.text().trim()) {
            let hint = "remove one of the two, or give the other the weight of both";
            sink.warn(&table.key_span("when"), "another piece of evidence says the same: it counts twice", hint);
        }
    }
}

/// What can be said of a file as it is written, also when no runbook comes of it: links and the last drill.
pub(super) fn written(file: &RunbookFile, root: &View<'_>, today: Date, sink: &mut Sink<'_>) {
    links(file, root, sink);
    drill(root, today, sink);
}

/// Links to files that are not there.
fn links(file: &RunbookFile, root: &View<'_>, sink: &mut Sink<'_>) {
    let home = Path::new(&file.name).parent().unwrap_or(Path::new(""));
    let in_steps = root.named("step").into_iter().flat_map(|(_, step)| step.tables("look"));
    let in_layers = root.tables("diagnose").into_iter().flat_map(|layer| layer.tables("look"));
    for link in in_steps.chain(in_layers).filter_map(|look| look.text("link")) {
        let file = link.is.split('#').next().unwrap_or_default();
        if is_file_beside(file) && leads_out(file) {
            let message = "the link leads out of the directory around the runbooks";
            let hint =
                "name a file of the runbook's directory, or of one beside it (../docs/page.md), or write https://…";
            sink.error(&link.span, message, hint);
        } else if is_file_beside(file) && !home.join(file).exists() {
            let message = format!("the link leads nowhere: there is no {}", home.join(file).display());
            sink.warn(&link.span, message, "correct the path as seen from this file, or remove the link");
        }
    }
}

/// True for a path that climbs more than one directory up: what lies there is no page about this runbook.
fn leads_out(file: &str) -> bool {
    let (mut depth, mut highest) = (0i32, 0);
    for part in file.split('/') {
        depth += match part {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        highest = highest.min(depth);
    }
    highest < -1
}

fn drill(root: &View<'_>, today: Date, sink: &mut Sink<'_>) {
    let Some(drilled) = root.day("drilled") else { return };
    let days = drilled.is.until(today).map_or(0, |span| span.get_days());
    if days < 0 {
        sink.warn(&drilled.span, "the last drill lies in the future", "write the day on which it was");
    } else if days > DRILL_DAYS {
        let message = format!("the last drill was {days} days ago");
        sink.warn(&drilled.span, message, format!("practise it every {DRILL_DAYS} days, then write the new day here"));
    }
}

fn kinds(linted: &Linted<'_>, wired: &BTreeSet<ActionKind>, sink: &mut Sink<'_>) {
    for (_, step) in linted.root.named("step") {
        for word in step.texts("contain") {
            let Ok(kind) = word.is.parse::<ActionKind>() else { continue };
            if !wired.contains(&kind) {
                let message = format!("no action of kind `{}` is wired", word.is);
                sink.warn(&word.span, message, format!("add an action with kind = \"{}\" to the config", word.is));
            }
        }
    }
}

/// Containments of shipped trees at which a config can offer nothing at all: how many runbooks, and the kinds that would
/// serve the most of them. `None` if there are none.
pub(in crate::config) fn bare<'a>(
    runbooks: impl Iterator<Item = &'a Runbook>,
    wired: &BTreeSet<ActionKind>,
) -> Option<(usize, Vec<ActionKind>)> {
    let mut serves: BTreeMap<ActionKind, usize> = BTreeMap::new();
    let mut count = 0;
    for runbook in runbooks {
        let contains = runbook.steps.iter().filter_map(|step| match &step.body {
            StepBody::Contain { kinds, .. } => Some(kinds),
            StepBody::Ask { .. } | StepBody::Watch { .. } => None,
        });
        let bare: Vec<_> = contains.filter(|kinds| !kinds.iter().any(|kind| wired.contains(kind))).collect();
        count += usize::from(!bare.is_empty());
        let missing: BTreeSet<ActionKind> = bare.into_iter().flatten().copied().collect();
        for kind in missing {
            *serves.entry(kind).or_default() += 1;
        }
    }
    let mut best: Vec<(ActionKind, usize)> = serves.into_iter().collect();
    best.sort_by_key(|(kind, serves)| (std::cmp::Reverse(*serves), *kind));
    (count > 0).then(|| (count, best.into_iter().take(5).map(|(kind, _)| kind).collect()))
}
