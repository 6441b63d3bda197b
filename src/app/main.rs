//! The main screen: which panel has the focus, which row is selected, what opening a row shows.
//! May not draw, and changes nothing outside: opening an action only says which key previews it.

use jiff::SignedDuration;

use super::command::CommandId;
use super::cursor;
use super::detail::{Detail, DetailScreen};
use super::effect::Effect;
use super::model::Model;
use super::runbook;
use super::screen::Screen;
use crate::domain::change::Change;
use crate::domain::entry::Entry;
use crate::domain::ids::SymptomId;
use crate::domain::runbook::Rule;
use crate::domain::snapshot::{LayerState, Note, Ranked};

/// A panel of the main screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Panel {
    /// The health table.
    #[default]
    Layers,
    /// The change feed.
    Changes,
    /// Ranked symptoms.
    Causes,
    /// Actions.
    Contain,
    /// Newest entries.
    Timeline,
}

impl Panel {
    /// Every panel, in the order of its number.
    pub const ALL: [Self; 5] = [Self::Layers, Self::Changes, Self::Causes, Self::Contain, Self::Timeline];

    /// Its number on the screen.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Layers => 1,
            Self::Changes => 2,
            Self::Causes => 3,
            Self::Contain => 4,
            Self::Timeline => 5,
        }
    }

    /// Its name on the screen.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Layers => "Layers",
            Self::Changes => "What changed",
            Self::Causes => "Likely causes",
            Self::Contain => "Contain",
            Self::Timeline => "Timeline",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Layers => 0,
            Self::Changes => 1,
            Self::Causes => 2,
            Self::Contain => 3,
            Self::Timeline => 4,
        }
    }

    fn neighbour(self, by: usize) -> Self {
        Self::ALL[(self.index() + by) % Self::ALL.len()]
    }
}

/// State of the main screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MainScreen {
    /// The panel that has the keys.
    pub focus: Panel,
    /// The panel behind the tabs when the screen is narrow: the last one focused that is not the layers.
    pub tab: Panel,
    selected: [usize; Panel::ALL.len()],
    chosen_layer: bool,
    chosen_cause: bool,
}

impl Default for MainScreen {
    fn default() -> Self {
        let selected = [0; Panel::ALL.len()];
        Self { focus: Panel::Layers, tab: Panel::Contain, selected, chosen_layer: false, chosen_cause: false }
    }
}

impl MainScreen {
    /// The selected row of a panel.
    #[must_use]
    pub const fn selected(&self, panel: Panel) -> usize {
        self.selected[panel.index()]
    }

    /// Gives a panel the focus.
    pub fn focus(&mut self, panel: Panel) {
        self.focus = panel;
        if panel != Panel::Layers {
            self.tab = panel;
        }
    }

    /// Selects a row of a panel.
    pub fn select(&mut self, panel: Panel, row: usize) {
        self.selected[panel.index()] = row;
        self.chosen_layer |= panel == Panel::Layers;
        self.chosen_cause |= panel == Panel::Causes;
    }

    /// Follows the worst layer until a person has chosen one.
    pub(super) fn follow(&mut self, worst: Option<usize>) {
        if let (false, Some(row)) = (self.chosen_layer, worst) {
            self.selected[Panel::Layers.index()] = row;
        }
    }

    /// Follows the cause to go on from until a person has chosen one.
    pub(super) fn follow_cause(&mut self, row: usize) {
        if !self.chosen_cause {
            self.selected[Panel::Causes.index()] = row;
        }
    }
}

/// The row of panel 3 to go on from until a person has chosen one: the first, and while nothing can be said because
/// monitoring itself may be the victim, what says so. Causes of signals that are silent are no lead.
pub(super) fn leading_cause(model: &Model) -> usize {
    let is_blind = model.snapshot.as_ref().is_some_and(|snapshot| snapshot.headline.status.is_blind());
    let monitoring = |note: &Note| note.rule == Rule::MonitoringBlind && note.runbook.is_some();
    let note = notes(model).iter().position(monitoring).filter(|_| is_blind);
    note.map_or(0, |at| causes(model).len() + at)
}

/// Wired layers that pass the filter, in display order: the rows of panel 1.
#[must_use]
pub fn layers(model: &Model) -> Vec<&LayerState> {
    let Some(snapshot) = &model.snapshot else { return Vec::new() };
    snapshot
        .layers
        .iter()
        .filter(|layer| layer.status.is_some())
        .filter(|layer| {
            model.passes(layer.id.as_str())
                || layer.signals.iter().filter_map(|at| snapshot.signals.get(*at)).any(|s| model.passes(&s.spec.title))
        })
        .collect()
}

/// How far back panel 2 looks; the suspect is listed however old it is.
const CHANGES: SignedDuration = SignedDuration::from_hours(24);

/// Changes of the last 24 h (and the suspect) that pass the filter, newest first: the rows of panel 2.
#[must_use]
pub fn changes(model: &Model) -> Vec<&Change> {
    let Some(snapshot) = &model.snapshot else { return Vec::new() };
    let text =
        |change: &Change| format!("{} {} {}", change.kind, change.what, change.who.as_deref().unwrap_or_default());
    let suspect = snapshot.triage.suspect.as_ref().map(|suspect| suspect.change);
    let listed = |at: usize, change: &Change| model.now.duration_since(change.at) <= CHANGES || suspect == Some(at);
    let recent = snapshot.changes.iter().enumerate().filter(|(at, change)| listed(*at, change));
    recent.map(|(_, change)| change).filter(|change| model.passes(&text(change))).collect()
}

/// Entries that belong to the timeline, newest last. Housekeeping of the journal is left out.
#[must_use]
pub fn timeline(model: &Model) -> Vec<&Entry> {
    model
        .entries
        .iter()
        .filter(|entry| super::entry_words::is_shown(&entry.what))
        .filter(|entry| {
            let (kind, text) = super::entry_words::words(&entry.what);
            model.passes(&format!("{kind} {text} {}", entry.who))
        })
        .collect()
}

/// Symptoms whose score is not zero as it is shown, best first: the rows of panel 3.
#[must_use]
pub fn causes(model: &Model) -> Vec<&Ranked> {
    let symptoms = model.snapshot.iter().flat_map(|snapshot| &snapshot.triage.symptoms);
    symptoms.filter(|ranked| (ranked.score * 100.0).round() >= 1.0).collect()
}

/// What the cross-cutting rules say, beside the ranking: the last rows of panel 3.
#[must_use]
pub fn notes(model: &Model) -> &[Note] {
    model.snapshot.as_ref().map_or(&[], |snapshot| &snapshot.triage.notes)
}

/// The runbook of the row selected in panel 3: a symptom's, or a rule's. Without one, that of the first row that has
/// one.
#[must_use]
pub fn selected_symptom(model: &Model) -> Option<&SymptomId> {
    let rules = notes(model).iter().map(|note| note.runbook.as_ref());
    let rows: Vec<Option<&SymptomId>> = causes(model).into_iter().map(|ranked| Some(&ranked.id)).chain(rules).collect();
    let selected = rows.get(model.main.selected(Panel::Causes)).copied().flatten();
    selected.or_else(|| rows.into_iter().flatten().next())
}

/// Rows of a panel.
#[must_use]
pub fn len(model: &Model, panel: Panel) -> usize {
    match panel {
        Panel::Layers => layers(model).len(),
        Panel::Changes => changes(model).len(),
        Panel::Causes => causes(model).len() + notes(model).len(),
        Panel::Contain => model.catalogue.actions.len(),
        Panel::Timeline => timeline(model).len(),
    }
}

/// Carries a command out on the main screen.
pub(super) fn command(model: &mut Model, command: CommandId) -> Vec<Effect> {
    let focus = model.main.focus;
    match command {
        CommandId::NextPanel => model.main.focus(focus.neighbour(1)),
        CommandId::PreviousPanel => model.main.focus(focus.neighbour(Panel::ALL.len() - 1)),
        CommandId::Panel1 => model.main.focus(Panel::Layers),
        CommandId::Panel2 => model.main.focus(Panel::Changes),
        CommandId::Panel3 => model.main.focus(Panel::Causes),
        CommandId::Panel4 => model.main.focus(Panel::Contain),
        CommandId::Panel5 => model.main.focus(Panel::Timeline),
        CommandId::Open => open(model),
        moving if cursor::is_move(moving) => {
            let row = cursor::moved(model.main.selected(focus), moving, len(model, focus), 5);
            model.main.select(focus, row);
        }
        _ => {}
    }
    Vec::new()
}

fn open(model: &mut Model) {
    let row = model.main.selected(model.main.focus);
    let detail = match model.main.focus {
        Panel::Layers => layers(model).get(row).map(|layer| Detail::Layer(layer.id.clone())),
        Panel::Changes => changes(model).get(row).map(|change| Detail::Change(Box::new((*change).clone()))),
        Panel::Timeline => Some(Detail::Timeline),
        Panel::Causes => return runbook::open_selected(model),
        Panel::Contain => {
            let words = model.actions().get(row).map(|action| match action.key {
                Some(key) => format!("{key} previews: {}. Enter never changes production", action.title),
                None => format!("{} has no key; find it with :", action.title),
            });
            return words.into_iter().for_each(|words| model.say(words));
        }
    };
    if let Some(detail) = detail {
        model.screens.push(Screen::Detail(DetailScreen::new(detail)));
    }
}
