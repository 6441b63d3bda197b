//! The palette: commands, actions and runbooks found by name. May not carry them out; picking an action only previews.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::command::{CommandId, TABLE};
use super::field::TextField;
use super::keymap;
use super::model::Model;
use super::msg::Key;
use crate::domain::ids::{ActionId, SymptomId};

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

impl Palette {
    /// A palette that lists the runbooks: any of them can be walked by hand.
    #[must_use]
    pub fn of_runbooks() -> Self {
        let mut palette = Self::default();
        palette.field.paste(RUNBOOKS);
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
    let others = !text.starts_with(RUNBOOKS);
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
    let runbooks = model.catalogue.runbooks.values().filter(|_| context.takes_actions()).map(|runbook| Row {
        pick: Pick::Runbook(runbook.id.clone()),
        title: format!("{RUNBOOKS}{}", runbook.title),
        key: String::new(),
    });
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, Row)> = actions
        .chain(commands)
        .chain(runbooks)
        .filter_map(|row| {
            let score = pattern.score(Utf32Str::new(&row.title, &mut buffer), &mut matcher)?;
            Some((score, row))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, row)| row).collect()
}
