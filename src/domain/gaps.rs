//! What a tree asks for and nobody wired, with the block of config that connects it: a signal with the query that the
//! vocabulary suggests, a kind of action with an example. May not judge evidence.

use super::action::ActionKind;
use super::catalogue::Catalogue;
use super::change::ChangeKind;
use super::evidence::Comparison;
use super::ids::SignalId;
use super::runbook::{Runbook, Step, StepBody};
use super::signal::SignalSpec;

/// What is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// A signal that evidence asks about.
    Signal(SignalId),
    /// Changes of a kind that evidence asks about.
    Changes(ChangeKind),
    /// A kind of action that a containment names.
    Kind(ActionKind),
}

/// Something that a tree asks for and nobody wired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What.
    pub missing: Missing,
    /// One line for people: what it is.
    pub says: String,
    /// Lines for the config that connect it. What only the team knows is named in capitals.
    pub connect: String,
}

/// The gaps of one step: signals that its evidence asks about, kinds that it offers.
#[must_use]
pub fn of_step(catalogue: &Catalogue, step: &Step) -> Vec<Gap> {
    let evidence = match &step.body {
        StepBody::Ask { evidence, .. } => evidence,
        StepBody::Watch { until, .. } => until,
        StepBody::Contain { kinds, .. } => {
            return kinds.iter().filter_map(|kind| of_kind(catalogue, *kind)).collect();
        }
    };
    let mut gaps = Vec::new();
    for comparison in evidence.all.iter().chain(&evidence.any).chain(&evidence.none) {
        add_asked(catalogue, comparison, &mut gaps);
    }
    gaps
}

/// The gaps of a whole runbook, each once: first what its rank asks for, then the steps in file order.
#[must_use]
pub fn of_runbook(catalogue: &Catalogue, runbook: &Runbook) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for piece in &runbook.evidence {
        add_asked(catalogue, &piece.when, &mut gaps);
    }
    for gap in runbook.steps.iter().flat_map(|step| of_step(catalogue, step)) {
        if !gaps.iter().any(|known: &Gap| known.missing == gap.missing) {
            gaps.push(gap);
        }
    }
    gaps
}

/// What a comparison asks about and nobody measures or reports.
fn add_asked(catalogue: &Catalogue, comparison: &Comparison, gaps: &mut Vec<Gap>) {
    if let Some(kind) = comparison.change_kind().filter(|kind| !catalogue.reported.contains(kind)) {
        let missing = Missing::Changes(kind);
        if !gaps.iter().any(|gap| gap.missing == missing) {
            gaps.push(Gap { missing, says: format!("{kind} changes: when, what, by whom"), connect: feed_block(kind) });
        }
    }
    for signal in comparison.signals() {
        let is_wired = catalogue.signals.iter().any(|spec| spec.id.as_str() == signal);
        let spec = catalogue.vocabulary.get(signal).filter(|_| !is_wired);
        let Some(spec) = spec else { continue };
        let missing = Missing::Signal(spec.id.clone());
        if !gaps.iter().any(|gap| gap.missing == missing) {
            gaps.push(Gap {
                missing,
                says: format!("{}: {}", spec.title, spec.meaning),
                connect: signal_block(catalogue, spec),
            });
        }
    }
}

/// A feed of that kind, from any list that has its changes.
fn feed_block(kind: ChangeKind) -> String {
    format!(
        "[change.{kind}-changes]   # or the history of a store: docs/levers.md, \"What stores tell of changes\"\n\
         from = \"ENDPOINT\"   # vendor \"http\": any list of JSON; vendor \"file\": only from, kind and path\n\
         kind = \"{kind}\"\npath = \"PATH\"\nitems = \"/items\"\nat = \"/created_at\"\nwhat = \"/title\"\nwho = \"/author\"\n"
    )
}

/// The block that reads a signal. The endpoint is the first Prometheus of the config.
fn signal_block(catalogue: &Catalogue, spec: &SignalSpec) -> String {
    let prometheus = catalogue.endpoints.iter().find(|(_, vendor)| vendor.as_str() == "prometheus");
    let from = prometheus.map_or("ENDPOINT", |(id, _)| id.as_str());
    let query = if spec.query.value.is_empty() { "QUERY" } else { spec.query.value.as_str() };
    format!("[signal.{}]   # {}\nfrom = \"{from}\"\nquery = '{query}'   # in {}\n", spec.id, spec.meaning, spec.unit)
}

fn of_kind(catalogue: &Catalogue, kind: ActionKind) -> Option<Gap> {
    let is_wired = catalogue.actions_of(kind).next().is_some();
    (!is_wired).then(|| Gap { missing: Missing::Kind(kind), says: kind.title().to_owned(), connect: kind_block(kind) })
}

/// An example of an action of that kind.
#[must_use]
pub fn kind_block(kind: ActionKind) -> String {
    let word = kind.word();
    let effect = kind.effect().map_or_else(
        || "# effect = { all = ['COMPARISON'], within = \"60s\" }   what the traffic shows when it works".to_owned(),
        |effect| {
            let minutes = effect.within.as_secs() / 60;
            format!("effect = {{ all = ['{}'], within = \"{minutes}m\" }}", effect.when)
        },
    );
    format!(
        "[action.{}]\nkind = \"{word}\"\ntitle = \"{}\"\nlever = \"LEVER\"\nto = \"{}\"\n{effect}\n",
        word.replace('_', "-"),
        kind.title(),
        if kind.moves_a_version() { "last-good" } else { "contained" },
    )
}
