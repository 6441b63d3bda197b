//! The palette: commands, actions and runbooks found by name. May not carry them out; picking an action only previews.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::command::{CommandId, TABLE};
use super::field::TextField;
use super::keymap;
use super::model::Model;
use super::msg::Key;
use super::screen::Screen;
use crate::domain::ids::{ActionId, StepId, SymptomId};

/// The palette's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Palette {
    /// What was typed.
    pub field: TextField,
    /// Selected row of [`rows`].
    pub at: usize,
}

/// With this typed, the palette lists the runbooks alone.
pub const RUNBOOKS: &str = "runbook ";
/// With this typed, the palette lists the steps of the runbook on the screen alone.
pub const STEPS: &str = "step ";

impl Palette {
    /// A palette that lists the runbooks: any of them can be walked by hand.
    #[must_use]
    pub fn of_runbooks() -> Self {
        Self::with(RUNBOOKS)
    }

    /// A palette that lists the steps of the runbook on the screen.
    #[must_use]
    pub fn of_steps() -> Self {
        Self::with(STEPS)
    }

    fn with(text: &str) -> Self {
        let mut palette = Self::default();
        palette.field.paste(text);
        palette
    }
}

/// What picking a row does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// Carries a command out.
    Command(CommandId),
    /// Previews an action.
    Action(ActionId),
    /// Opens a runbook.
    Runbook(SymptomId),
    /// Goes to another step of the runbook on the screen.
    Step(StepId),
}

impl Pick {
    /// Its name in files and lists.
    fn name(&self) -> &str {
        match self {
            Self::Command(id) => id.word(),
            Self::Action(id) => id.as_str(),
            Self::Runbook(id) => id.as_str(),
            Self::Step(id) => id.as_str(),
        }
    }
}

/// A row of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What picking it does.
    pub pick: Pick,
    /// For people.
    pub title: String,
    /// The key that does the same.
    pub key: String,
}

/// Commands that work on the screen below, every action and every runbook; best match first, all of them for an empty text.
#[must_use]
pub fn rows(model: &Model, text: &str) -> Vec<Row> {
    let context = model.screens.top().context();
    let others = !text.starts_with(RUNBOOKS) && !text.starts_with(STEPS);
    let unlisted = |id: CommandId| super::cursor::is_move(id) || matches!(id, CommandId::Palette | CommandId::Back);
    let commands =
        TABLE.iter().filter(|row| others && row.contexts.contains(&context) && !unlisted(row.id)).map(|row| Row {
            pick: Pick::Command(row.id),
            title: row.id.title().to_owned(),
            key: model.keymap.label(row.id),
        });
    let actions = model.actions().into_iter().filter(|_| others && context.takes_actions()).map(|action| Row {
        pick: Pick::Action(action.id.clone()),
        title: action.title.clone(),
        key: action.key.map_or_else(String::new, |key| keymap::name(Key::Char(key))),
    });
    let steps = steps(model).into_iter().filter(|_| !text.starts_with(RUNBOOKS));
    let runbooks =
        model.catalogue.runbooks.values().filter(|_| context.takes_actions() && !text.starts_with(STEPS)).map(
            |runbook| Row {
                pick: Pick::Runbook(runbook.id.clone()),
                title: format!("{RUNBOOKS}{}", runbook.title),
                key: String::new(),
            },
        );
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, Row)> = actions
        .chain(commands)
        .chain(steps)
        .chain(runbooks)
        .filter_map(|row| {
            // By what it is called on the screen, or where it is written down: in a config, a runbook, the list of keys.
            let mut score = |name: &str| pattern.score(Utf32Str::new(name, &mut buffer), &mut matcher);
            let score = score(&row.title).max(score(row.pick.name()))?;
            Some((score, row))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, row)| row).collect()
}

/// The steps of the runbook on the screen, but not the present one.
fn steps(model: &Model) -> Vec<Row> {
    let Screen::Runbook(screen) = model.screens.top() else { return Vec::new() };
    if model.catalogue.strict {
        return Vec::new();
    }
    let Some((runbook, walk)) = super::runbook::walk(model, &screen.symptom) else { return Vec::new() };
    let Some(present) = walk.step(runbook) else { return Vec::new() };
    let row = |step: &crate::domain::runbook::Step| Row {
        pick: Pick::Step(step.id.clone()),
        title: format!("{STEPS}{}", step.title),
        key: String::new(),
    };
    runbook.steps.iter().filter(|step| step.id != present.id).map(row).collect()
}
