//! Text with placeholders in double braces, and what fills them. A text that is one placeholder keeps the JSON type of
//! what fills it. May not know where the text goes; who sends it encodes it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::settings::Share;

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// The setting that is wanted, in the store's words.
    Want,
    /// The setting that is there now, in the store's words.
    Prev,
    /// The store's version of what is there now.
    Rev,
    /// Why: what moves from where to where.
    Reason,
    /// Who moves it.
    Actor,
    /// A parameter of the lever.
    Parameter(String),
    /// The sub-resource as it was read.
    Snapshot,
    /// What stands at a pointer of the sub-resource.
    SnapshotAt(String),
    /// The sub-resource with something else at a pointer.
    SnapshotWith(String, Box<Hole>),
    /// Within `each weight`: the target.
    Key,
    /// Within `each weight`: its weight, in the store's scale.
    Weight,
    /// Within `each weight`: the whole item as it was read.
    Item,
}

/// What is done to the value of a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Nothing.
    Plain,
    /// Base64 of its text.
    Base64,
    /// Text, also where it is a number.
    Text,
    /// A number, also where it is text.
    Number,
}

/// One placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// What it stands for.
    pub name: Name,
    /// What is done to it.
    pub filter: Filter,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As written.
    Text(String),
    /// Filled in.
    Hole(Hole),
}

/// Text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template(pub Vec<Piece>);

/// Which placeholders make sense at a place of the config.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Names of the lever's parameters.
    pub parameters: &'a BTreeMap<String, Value>,
    /// Also those of a write; otherwise parameters alone.
    pub writes: bool,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Which character of the text, from 0.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// What fills the placeholders of one request.
#[derive(Debug, Clone)]
pub struct Filling<'a> {
    /// Parameters of the lever.
    pub parameters: &'a BTreeMap<String, Value>,
    /// The setting that is wanted.
    pub want: Option<Value>,
    /// The setting that is there.
    pub prev: Option<Value>,
    /// The store's version.
    pub rev: Option<String>,
    /// Why.
    pub reason: String,
    /// Who.
    pub actor: String,
    /// The sub-resource.
    pub snapshot: Option<Value>,
    /// The wanted weights, target by target.
    pub shares: Vec<Share>,
    /// Within `each weight`.
    pub share: Option<Share>,
}

impl<'a> Filling<'a> {
    /// What a question is filled with.
    #[must_use]
    pub fn parameters(parameters: &'a BTreeMap<String, Value>) -> Self {
        Self {
            parameters,
            want: None,
            prev: None,
            rev: None,
            reason: String::new(),
            actor: String::new(),
            snapshot: None,
            shares: Vec::new(),
            share: None,
        }
    }

    /// The value of a placeholder.
    ///
    /// # Errors
    /// In words, if there is none now.
    pub fn value(&self, hole: &Hole) -> Result<Value, String> {
        let some = |value: Option<&Value>, what: &str| value.cloned().ok_or_else(|| format!("there is no {what} now"));
        let share = || self.share.as_ref().ok_or("a weight outside of `each weight`");
        let value = match &hole.name {
            Name::Want => some(self.want.as_ref(), "wanted setting")?,
            Name::Prev => some(self.prev.as_ref(), "setting before this one")?,
            Name::Rev => Value::String(self.rev.clone().ok_or("the store gave no revision")?),
            Name::Reason => Value::String(self.reason.clone()),
            Name::Actor => Value::String(self.actor.clone()),
            Name::Parameter(name) => some(self.parameters.get(name), &format!("parameter {name}"))?,
            Name::Snapshot => some(self.snapshot.as_ref(), "snapshot")?,
            Name::SnapshotWith(pointer, inner) => {
                let mut whole = some(self.snapshot.as_ref(), "snapshot")?;
                put(&mut whole, pointer, self.value(inner)?)?;
                whole
            }
            Name::SnapshotAt(pointer) => {
                let found = self.snapshot.as_ref().and_then(|whole| whole.pointer(pointer));
                some(found, &format!("{pointer} in the snapshot"))?
            }
            Name::Key => Value::String(share()?.key.clone()),
            Name::Weight => share()?.weight.clone(),
            Name::Item => some(share()?.item.as_ref(), &format!("entry of {} in the store", share()?.key))?,
        };
        match hole.filter {
            Filter::Plain => Ok(value),
            Filter::Text => Ok(Value::String(text_of(&value))),
            Filter::Base64 => Ok(Value::String(STANDARD.encode(text_of(&value)))),
            Filter::Number => {
                let number = serde_json::from_str::<serde_json::Number>(text_of(&value).trim());
                number.map(Value::Number).map_err(|_| format!("{} is no number", text_of(&value)))
            }
        }
    }
}

/// Puts `new` at a pointer whose parent exists.
///
/// # Errors
/// In words, if it does not.
pub(super) fn put(whole: &mut Value, pointer: &str, new: Value) -> Result<(), String> {
    if let Some(place) = whole.pointer_mut(pointer) {
        *place = new;
        return Ok(());
    }
    let missing = || format!("the store's answer has no place {pointer:?}");
    let (parent, name) = pointer.rsplit_once('/').ok_or_else(missing)?;
    let parent = whole.pointer_mut(parent).and_then(Value::as_object_mut).ok_or_else(missing)?;
    parent.insert(name.replace("~1", "/").replace("~0", "~"), new);
    Ok(())
}

/// As it stands in a path, header or text.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Self, Slip> {
        let mut pieces = Vec::new();
        let mut rest = 0;
        for (start, end, inside) in holes(text)? {
            if let Some(before) = text.get(rest..start).filter(|before| !before.is_empty()) {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Hole(hole(inside, scope).map_err(|slip| slip.moved(text, start))?));
            rest = end;
        }
        if let Some(after) = text.get(rest..).filter(|after| !after.is_empty()) {
            pieces.push(Piece::Text(after.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Its placeholders.
    #[must_use]
    pub fn holes(&self) -> Vec<&Hole> {
        let hole = |piece: &'_ Piece| matches!(piece, Piece::Hole(_));
        let found = self.0.iter().filter(|piece| hole(piece));
        found.filter_map(|piece| if let Piece::Hole(hole) = piece { Some(hole) } else { None }).collect()
    }

    /// The one placeholder that it is, if it is one.
    #[must_use]
    pub fn single(&self) -> Option<&Hole> {
        if let [Piece::Hole(hole)] = self.0.as_slice() { Some(hole) } else { None }
    }

    /// Filled, as text.
    ///
    /// # Errors
    /// In words, if something that it needs is not there now.
    pub fn text(&self, filling: &Filling<'_>) -> Result<String, String> {
        self.encoded(filling, str::to_owned)
    }

    /// Filled, what fills it passed through `encode`.
    ///
    /// # Errors
    /// As [`Template::text`].
    pub fn encoded(&self, filling: &Filling<'_>, encode: impl Fn(&str) -> String) -> Result<String, String> {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Hole(hole) => out.push_str(&encode(&text_of(&filling.value(hole)?))),
            }
        }
        Ok(out)
    }
}

impl Slip {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { at: 0, message: message.into(), hint: hint.into() }
    }

    fn moved(self, text: &str, start: usize) -> Self {
        Self { at: text.get(..start).map_or(0, |before| before.chars().count()), ..self }
    }
}

/// Start, end and inside of every placeholder of a text, in bytes.
///
/// # Errors
/// A placeholder that is not closed.
pub fn holes(text: &str) -> Result<Vec<(usize, usize, &str)>, Slip> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("{{")).map(|at| at + from) {
        let inside = text.get(start + 2..).unwrap_or_default();
        let Some(length) = inside.find("}}") else {
            return Err(Slip::new("a placeholder that is not closed", "write }} after its name").moved(text, start));
        };
        found.push((start, start + length + 4, inside.get(..length).unwrap_or_default()));
        from = start + length + 4;
    }
    Ok(found)
}

const WRITING: [&str; 9] = ["want", "prev", "rev", "reason", "actor", "snapshot", "key", "weight", "item"];

/// Reads the inside of a placeholder.
fn hole(inside: &str, scope: &Scope<'_>) -> Result<Hole, Slip> {
    let inside = inside.trim();
    if let Some(rest) = inside.strip_prefix("snapshot with ") {
        let parts = rest.split_once('=').map(|(pointer, value)| (pointer.trim(), value.trim()));
        let Some((pointer, value)) = parts.filter(|(pointer, _)| pointer.starts_with('/')) else {
            return Err(Slip::new("not understood after `snapshot with`", "write {{snapshot with /enabled = want}}"));
        };
        let inner = hole(value, scope)?;
        checked(&Name::Snapshot, "snapshot", scope)?;
        return Ok(Hole { name: Name::SnapshotWith(pointer.into(), Box::new(inner)), filter: Filter::Plain });
    }
    let (filter, word) = match inside.split_once(':') {
        None => (Filter::Plain, inside),
        Some(("b64", word)) => (Filter::Base64, word.trim()),
        Some(("text", word)) => (Filter::Text, word.trim()),
        Some(("number", word)) => (Filter::Number, word.trim()),
        Some(("env", _)) => {
            return Err(Slip::new(
                "a secret does not stand in a lever",
                "give the endpoint a `secret`, it is sent along",
            ));
        }
        Some((other, _)) => {
            return Err(Slip::new(format!("{other:?} is no filter"), "one of b64:, text:, number:"));
        }
    };
    let name = match word {
        "want" => Name::Want,
        "prev" => Name::Prev,
        "rev" => Name::Rev,
        "reason" => Name::Reason,
        "actor" => Name::Actor,
        "snapshot" => Name::Snapshot,
        "key" => Name::Key,
        "weight" => Name::Weight,
        "item" => Name::Item,
        other => match (other.strip_prefix("p."), other.strip_prefix("snapshot ")) {
            (Some(parameter), _) => Name::Parameter(parameter.to_owned()),
            (None, Some(pointer)) if pointer.trim().starts_with('/') => Name::SnapshotAt(pointer.trim().to_owned()),
            (None, _) => {
                let hint = format!("one of {}, p.NAME", WRITING.join(", "));
                return Err(Slip::new(format!("no placeholder is named {other:?}"), hint));
            }
        },
    };
    checked(&name, word, scope)?;
    Ok(Hole { name, filter })
}

fn checked(name: &Name, word: &str, scope: &Scope<'_>) -> Result<(), Slip> {
    match name {
        Name::Parameter(parameter) if !scope.parameters.contains_key(parameter) => {
            let hint = format!("add p = {{ {parameter} = \"…\" }} to the lever");
            Err(Slip::new(format!("the lever has no parameter {parameter:?}"), hint))
        }
        Name::Parameter(_) => Ok(()),
        _ if !scope.writes => {
            let hint = "here only parameters are known: write {{p.NAME}}";
            Err(Slip::new(format!("{{{{{word}}}}} is known only while writing"), hint))
        }
        _ => Ok(()),
    }
}
