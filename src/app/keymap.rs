//! Which key means what, where. Built once from the command table, the config's action keys and a person's remaps.
//! Clashes are errors, and so is any binding that would break the key law. May not carry commands out.

use std::collections::{BTreeMap, HashMap};

use super::command::{CommandId, Context, ESSENTIAL, Risk, TABLE};
use super::msg::Key;
use crate::domain::action::ActionSpec;
use crate::domain::ids::ActionId;

/// What a key is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// A command of the table.
    Command(CommandId),
    /// The preview of an action.
    Action(ActionId),
}

/// New keys for commands, by the command's word. An absent command keeps its default keys.
pub type Remaps = BTreeMap<String, Vec<Key>>;

/// Every binding of this session.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: HashMap<(Context, Key), Bound>,
    shown: HashMap<CommandId, Key>,
}

impl Keymap {
    /// Builds the bindings.
    ///
    /// # Errors
    /// Every problem at once, in words: unknown commands, clashes, bindings against the key law, essential commands
    /// without a key.
    pub fn build(actions: &[ActionSpec], remaps: &Remaps) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        for word in remaps.keys() {
            if !CommandId::ALL.iter().any(|id| id.word() == word) {
                problems.push(format!("keys: {word:?} is no command; `breakglass keys` lists them"));
            }
        }
        let mut map = Self { bindings: HashMap::new(), shown: HashMap::new() };
        for row in TABLE {
            let keys = remaps.get(row.id.word()).map_or(row.keys, Vec::as_slice);
            if keys.is_empty() && ESSENTIAL.contains(&row.id) {
                problems.push(format!("keys: {} must have a key", row.id.word()));
            }
            if let Some(first) = keys.first() {
                map.shown.insert(row.id, *first);
            }
            for key in keys {
                if let Err(problem) = lawful(*key, row.risk) {
                    problems.push(format!("keys: {} on {}: {problem}", row.id.word(), name(*key)));
                }
                for context in row.contexts {
                    map.bind(*context, *key, Bound::Command(row.id), &mut problems);
                }
            }
        }
        for action in actions {
            let Some(key) = action.key else { continue };
            if let Err(problem) = lawful(Key::Char(key), Risk::Opens) {
                problems.push(format!("action {}: key {key}: {problem}", action.id));
            }
            for context in Context::ALL.into_iter().filter(|context| context.takes_actions()) {
                map.bind(context, Key::Char(key), Bound::Action(action.id.clone()), &mut problems);
            }
        }
        problems.dedup();
        if problems.is_empty() { Ok(map) } else { Err(problems) }
    }

    fn bind(&mut self, context: Context, key: Key, bound: Bound, problems: &mut Vec<String>) {
        match self.bindings.get(&(context, key)) {
            Some(other) if *other != bound => problems.push(format!(
                "keys: {} means both {} and {} ({}); give one of them another key",
                name(key),
                words(other),
                words(&bound),
                context.word()
            )),
            _ => {
                self.bindings.insert((context, key), bound);
            }
        }
    }

    /// What the key means there.
    #[must_use]
    pub fn get(&self, context: Context, key: Key) -> Option<&Bound> {
        self.bindings.get(&(context, key))
    }

    /// The key that screens show for a command.
    #[must_use]
    pub fn shown(&self, id: CommandId) -> Option<Key> {
        self.shown.get(&id).copied()
    }

    /// The shown key's name for a command, or `–`.
    #[must_use]
    pub fn label(&self, id: CommandId) -> String {
        self.shown(id).map_or_else(|| "–".to_owned(), name)
    }
}

fn words(bound: &Bound) -> String {
    match bound {
        Bound::Command(id) => id.word().to_owned(),
        Bound::Action(id) => format!("action {id}"),
    }
}

/// The key law, for one binding.
fn lawful(key: Key, risk: Risk) -> Result<(), &'static str> {
    let upper = matches!(key, Key::Char(c) if c.is_ascii_uppercase());
    match risk {
        Risk::Looks | Risk::Records if upper => Err("upper case is kept for changes; use a lower-case key"),
        Risk::Opens | Risk::Fires if !upper => Err("a change needs an upper-case letter A to Z"),
        Risk::Looks | Risk::Records | Risk::Opens | Risk::Fires => Ok(()),
    }
}

/// A key's name as it is written in a config and shown on the screen.
#[must_use]
pub fn name(key: Key) -> String {
    match key {
        Key::Char(' ') => "space".to_owned(),
        Key::Char(c) => c.to_string(),
        Key::Ctrl(c) => format!("ctrl-{c}"),
        Key::Enter => "⏎".to_owned(),
        Key::Esc => "esc".to_owned(),
        Key::Tab => "tab".to_owned(),
        Key::BackTab => "shift-tab".to_owned(),
        Key::Backspace => "backspace".to_owned(),
        Key::Up => "up".to_owned(),
        Key::Down => "down".to_owned(),
        Key::Left => "left".to_owned(),
        Key::Right => "right".to_owned(),
        Key::PageUp => "page-up".to_owned(),
        Key::PageDown => "page-down".to_owned(),
        Key::Home => "home".to_owned(),
        Key::End => "end".to_owned(),
    }
}

/// Reads a key's name. `None` if there is no such key.
#[must_use]
pub fn parse(text: &str) -> Option<Key> {
    let mut characters = text.chars();
    if let (Some(only), None) = (characters.next(), characters.next()) {
        return Some(if only == '⏎' { Key::Enter } else { Key::Char(only) });
    }
    if let Some(rest) = text.strip_prefix("ctrl-") {
        let mut rest = rest.chars();
        return match (rest.next(), rest.next()) {
            (Some(letter), None) if letter.is_ascii_lowercase() => Some(Key::Ctrl(letter)),
            _ => None,
        };
    }
    Some(match text {
        "space" => Key::Char(' '),
        "enter" => Key::Enter,
        "esc" => Key::Esc,
        "tab" => Key::Tab,
        "shift-tab" => Key::BackTab,
        "backspace" => Key::Backspace,
        "up" => Key::Up,
        "down" => Key::Down,
        "left" => Key::Left,
        "right" => Key::Right,
        "page-up" => Key::PageUp,
        "page-down" => Key::PageDown,
        "home" => Key::Home,
        "end" => Key::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn the_shipped_table_has_no_clash_and_keeps_the_law() {
        Keymap::build(&fixture::catalogue().actions, &Remaps::new()).expect("defaults are valid");
    }

    #[test]
    fn a_change_on_a_lower_case_key_and_a_look_on_an_upper_case_key_are_refused() {
        for (command, key) in [("fire", 'y'), ("undo", 'u'), ("help", 'H')] {
            let remaps = Remaps::from([(command.to_owned(), vec![Key::Char(key)])]);
            assert!(Keymap::build(&[], &remaps).is_err(), "{command} on {key}");
        }
    }

    #[test]
    fn clashes_unknown_commands_and_an_unreachable_fire_are_all_named_at_once() {
        let remaps = Remaps::from([
            ("yes".to_owned(), vec![Key::Char('n')]),
            ("fire".to_owned(), vec![]),
            ("frie".to_owned(), vec![Key::Char('Y')]),
        ]);
        let problems = Keymap::build(&[], &remaps).expect_err("three problems").join("\n");
        for part in ["both yes and no", "fire must have a key", "\"frie\" is no command"] {
            assert!(problems.contains(part), "{part} in {problems}");
        }
    }

    #[test]
    fn an_action_key_that_shadows_undo_is_a_clash() {
        let mut actions = fixture::catalogue().actions;
        actions[0].key = Some('U');
        assert!(Keymap::build(&actions, &Remaps::new()).is_err());
        actions[0].key = Some('r');
        assert!(Keymap::build(&actions, &Remaps::new()).is_err());
    }

    #[test]
    fn key_names_can_be_read_back() {
        for key in [Key::Char('a'), Key::Ctrl('r'), Key::Enter, Key::BackTab, Key::Char(' '), Key::PageDown] {
            assert_eq!(parse(&name(key)), Some(key));
        }
        assert_eq!(parse("ctrl-"), None);
        assert_eq!(parse("hyper-x"), None);
    }
}
