//! Screens that show one thing in detail: what it is, and the row selected or scrolled to.
//! May not draw, and changes nothing outside.

use super::characterise;
use super::command::CommandId;
use super::cursor;
use super::effect::Effect;
use super::model::Model;
use super::pinned;
use super::screen::Screen;
use crate::domain::catalogue::Catalogue;
use crate::domain::change::Change;
use crate::domain::characterise::Part;
use crate::domain::gaps::{self, Gap};
use crate::domain::ids::{LayerId, SignalId, SymptomId};
use crate::domain::snapshot::Snapshot;

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// Every signal of a layer.
    Layer(LayerId),
    /// One signal with its chart.
    Signal(SignalId),
    /// One change with its difference; a copy, since feeds move on.
    Change(Box<Change>),
    /// Start, share, look, reproduce, what changed.
    Characterise,
    /// What a runbook says beyond its tree.
    Care(SymptomId),
    /// What a runbook asks for and nobody wired, with the lines that connect it.
    Gaps(SymptomId),
    /// Every entry of the journal.
    Timeline,
    /// Messages of this session.
    Messages,
    /// Every endpoint: fault, latency, last answer.
    Sources,
    /// The version snapshot of the open incident beside what is in service now.
    Versions,
    /// Keys, from the command table.
    Help,
}

/// A detail screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetailScreen {
    /// What is shown.
    pub what: Detail,
    /// Selected row of a list, or first line of a text.
    pub at: usize,
}

impl DetailScreen {
    /// Opens it at its beginning.
    #[must_use]
    pub const fn new(what: Detail) -> Self {
        Self { what, at: 0 }
    }
}

/// How many places [`DetailScreen::at`] can take.
#[must_use]
pub fn len(model: &Model, what: &Detail) -> usize {
    match what {
        Detail::Layer(layer) => {
            model.snapshot.as_ref().map_or(0, |snapshot| listed(snapshot, &model.catalogue, layer).len())
        }
        Detail::Characterise => Part::ALL.len(),
        Detail::Gaps(symptom) => gaps(model, symptom).len(),
        Detail::Signal(_)
        | Detail::Change(_)
        | Detail::Care(_)
        | Detail::Timeline
        | Detail::Messages
        | Detail::Sources
        | Detail::Versions
        | Detail::Help => model.viewport().scroll_max + 1,
    }
}

/// Carries a command out on the detail screen on top.
pub(super) fn command(model: &mut Model, command: CommandId) -> Vec<Effect> {
    let Screen::Detail(DetailScreen { what, at }) = model.screens.top() else { return Vec::new() };
    if command == CommandId::Open && *what == Detail::Characterise {
        let at = *at;
        characterise::write(model, at);
        return Vec::new();
    }
    if command == CommandId::Open {
        if let Some(signal) = selected_signal(model, what, *at) {
            model.screens.push(Screen::Detail(DetailScreen::new(Detail::Signal(signal))));
        }
        return Vec::new();
    }
    if command == CommandId::CopyBlock {
        let Detail::Gaps(symptom) = what else { return Vec::new() };
        let Some((_, gap)) = gaps(model, symptom).into_iter().nth(*at) else { return Vec::new() };
        return sent(model, gap.connect, "copy it by hand");
    }
    let next = cursor::moved(*at, command, len(model, what), model.viewport().page);
    if let Screen::Detail(screen) = model.screens.top_mut() {
        screen.at = next;
    }
    Vec::new()
}

/// Sends a text to the terminal for its clipboard. Whether that took it nobody tells us, so the words name the way without.
pub(super) fn sent(model: &mut Model, text: String, else_do: &str) -> Vec<Effect> {
    model.say(format!("sent to the clipboard by OSC 52; if the terminal ignores it, {else_do}"));
    vec![Effect::Copy(text)]
}

fn selected_signal(model: &Model, what: &Detail, at: usize) -> Option<SignalId> {
    let Detail::Layer(layer) = what else { return None };
    listed(model.snapshot.as_ref()?, &model.catalogue, layer).get(at).cloned()
}

/// The rows of a layer's screen: its wired signals, worst first, then those of the vocabulary that nobody wired.
#[must_use]
pub fn listed(snapshot: &Snapshot, catalogue: &Catalogue, layer: &LayerId) -> Vec<SignalId> {
    let state = snapshot.layers.iter().find(|state| state.id == *layer);
    let wired = state.into_iter().flat_map(|state| &state.signals).filter_map(|at| snapshot.signals.get(*at));
    let mut ids: Vec<SignalId> = wired.map(|signal| signal.spec.id.clone()).collect();
    let declared = |id: &SignalId| catalogue.signals.iter().any(|spec| spec.id == *id);
    let not_wired = catalogue.vocabulary.values().filter(|spec| spec.layer == *layer && !declared(&spec.id));
    ids.extend(not_wired.map(|spec| spec.id.clone()));
    ids
}

/// What a runbook asks for and nobody wired: that of the present step first (true), then the rest.
#[must_use]
pub fn gaps(model: &Model, symptom: &SymptomId) -> Vec<(bool, Gap)> {
    let Some(runbook) = pinned::runbook(model, symptom) else { return Vec::new() };
    let step = model.walks.get(symptom).and_then(|walk| walk.step(runbook));
    let here = step.map(|step| gaps::of_step(&model.catalogue, step)).unwrap_or_default();
    let rest = gaps::of_runbook(&model.catalogue, runbook);
    let rest = rest.into_iter().filter(|gap| !here.iter().any(|known| known.missing == gap.missing));
    here.iter().map(|gap| (true, gap.clone())).chain(rest.map(|gap| (false, gap))).collect()
}
