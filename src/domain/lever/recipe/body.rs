//! Bodies of requests: JSON in which placeholders keep their types, or plain text. Two forms go beyond filling in: a
//! list with one entry for each weight, and the sub-resource with some places replaced. May not send anything.

use serde_json::{Map, Value};

use super::template::{self, Filling, Hole, Name, Scope, Slip, Template};

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// JSON.
    Json(Node),
    /// Text as it is.
    Text(Template),
}

/// A part of a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// As written.
    Plain(Value),
    /// One placeholder: keeps its type.
    Typed(Hole),
    /// Text with placeholders.
    Text(Template),
    /// A list.
    List(Vec<Self>),
    /// A table; keys may hold placeholders.
    Table(Vec<(Template, Self)>),
    /// `{"{{each weight}}": entry}`: a list with one entry for each target; with `> 0` only those that get traffic.
    Each {
        /// Leave out targets without traffic.
        positive: bool,
        /// The entry.
        entry: Box<Self>,
    },
    /// `{"{{snapshot with}}": {"/pointer": new}}`, or `item` within `each weight`.
    With {
        /// What is changed: the snapshot or the item.
        base: Hole,
        /// Pointers and what stands there instead.
        changes: Vec<(String, Self)>,
    },
}

impl Body {
    /// Reads a JSON body.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn json(text: &str, scope: &Scope<'_>) -> Result<Self, Slip> {
        // Placeholders first, in the text itself: there their places are known.
        for (start, end, inside) in template::holes(text)? {
            if special(inside).is_none() {
                let at = text.get(..start).map_or(0, |before| before.chars().count());
                let whole = text.get(start..end).unwrap_or_default();
                Template::parse(whole, scope).map_err(|slip| Slip { at, ..slip })?;
            }
        }
        let value: Value = serde_json::from_str(text).map_err(|error| Slip {
            at: place(text, error.line(), error.column()),
            message: "the body is no JSON".into(),
            hint: "quote every placeholder: {\"enabled\":\"{{want}}\"}; its type is kept".into(),
        })?;
        Node::of(value, scope).map(Self::Json)
    }

    /// Its placeholders.
    #[must_use]
    pub fn holes(&self) -> Vec<&Hole> {
        match self {
            Self::Text(template) => template.holes(),
            Self::Json(node) => node.holes(),
        }
    }

    /// The exact bytes, as text.
    ///
    /// # Errors
    /// In words, if something that it needs is not there now.
    pub fn filled(&self, filling: &Filling<'_>) -> Result<String, String> {
        match self {
            Self::Text(template) => template.text(filling),
            Self::Json(node) => node.filled(filling).map(|value| value.to_string()),
        }
    }
}

/// Which character a line and column of `serde_json` mean.
fn place(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.lines().take(line.saturating_sub(1)).map(|line| line.chars().count() + 1).sum();
    before + column.saturating_sub(1)
}

/// The forms that stand as the only key of a table.
enum Special {
    Each { positive: bool },
    With(Name),
}

fn special(inside: &str) -> Option<Special> {
    match inside.trim() {
        "each weight" => Some(Special::Each { positive: false }),
        "each weight > 0" => Some(Special::Each { positive: true }),
        "snapshot with" => Some(Special::With(Name::Snapshot)),
        "item with" => Some(Special::With(Name::Item)),
        _ => None,
    }
}

impl Node {
    fn of(value: Value, scope: &Scope<'_>) -> Result<Self, Slip> {
        match value {
            Value::String(text) => {
                let template = Template::parse(&text, scope).map_err(|slip| Slip { at: 0, ..slip })?;
                Ok(match template.single() {
                    Some(hole) => Self::Typed(hole.clone()),
                    None if template.holes().is_empty() => Self::Plain(Value::String(text)),
                    None => Self::Text(template),
                })
            }
            Value::Array(items) => {
                items.into_iter().map(|item| Self::of(item, scope)).collect::<Result<_, _>>().map(Self::List)
            }
            Value::Object(fields) => Self::table(fields, scope),
            other => Ok(Self::Plain(other)),
        }
    }

    fn table(fields: Map<String, Value>, scope: &Scope<'_>) -> Result<Self, Slip> {
        let sole = fields.len() == 1;
        let mut entries = Vec::new();
        for (key, value) in fields {
            let inside = key.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
            match inside.and_then(special) {
                None => {
                    let key = Template::parse(&key, scope).map_err(|slip| Slip { at: 0, ..slip })?;
                    entries.push((key, Self::of(value, scope)?));
                }
                Some(_) if !sole => {
                    let hint = "give it a table of its own";
                    return Err(Slip { at: 0, message: format!("{key} beside other keys"), hint: hint.into() });
                }
                Some(_) if !scope.writes => {
                    let message = format!("{key} is known only while writing");
                    return Err(Slip { at: 0, message, hint: "a question holds parameters only".into() });
                }
                Some(Special::Each { positive }) => {
                    return Ok(Self::Each { positive, entry: Box::new(Self::of(value, scope)?) });
                }
                Some(Special::With(name)) => return Self::with(name, value, scope),
            }
        }
        Ok(Self::Table(entries))
    }

    fn with(name: Name, value: Value, scope: &Scope<'_>) -> Result<Self, Slip> {
        let wrong = || Slip {
            at: 0,
            message: "`with` takes a table of pointers".into(),
            hint: "write {\"{{snapshot with}}\": {\"/enabled\": \"{{want}}\"}}".into(),
        };
        let Value::Object(fields) = value else { return Err(wrong()) };
        if fields.is_empty() || fields.keys().any(|pointer| !pointer.starts_with('/')) {
            return Err(wrong());
        }
        let changes = fields.into_iter().map(|(pointer, value)| Ok((pointer, Self::of(value, scope)?)));
        let base = Hole { name, filter: template::Filter::Plain };
        Ok(Self::With { base, changes: changes.collect::<Result<_, Slip>>()? })
    }

    fn holes(&self) -> Vec<&Hole> {
        match self {
            Self::Plain(_) => Vec::new(),
            Self::Typed(hole) => vec![hole],
            Self::Text(template) => template.holes(),
            Self::List(items) => items.iter().flat_map(Self::holes).collect(),
            Self::Table(entries) => entries.iter().flat_map(|(k, v)| k.holes().into_iter().chain(v.holes())).collect(),
            Self::Each { entry, .. } => entry.holes(),
            Self::With { base, changes } => {
                std::iter::once(base).chain(changes.iter().flat_map(|(_, value)| value.holes())).collect()
            }
        }
    }

    fn filled(&self, filling: &Filling<'_>) -> Result<Value, String> {
        match self {
            Self::Plain(value) => Ok(value.clone()),
            Self::Typed(hole) => filling.value(hole),
            Self::Text(template) => template.text(filling).map(Value::String),
            Self::List(items) => {
                items.iter().map(|item| item.filled(filling)).collect::<Result<_, _>>().map(Value::Array)
            }
            Self::Table(entries) => {
                let filled = entries.iter().map(|(key, value)| Ok((key.text(filling)?, value.filled(filling)?)));
                filled.collect::<Result<Map<_, _>, String>>().map(Value::Object)
            }
            Self::Each { positive, entry } => {
                let wanted = filling.shares.iter().filter(|share| !positive || share.positive());
                let one =
                    |share: &super::Share| entry.filled(&Filling { share: Some(share.clone()), ..filling.clone() });
                wanted.map(one).collect::<Result<_, _>>().map(Value::Array)
            }
            Self::With { base, changes } => {
                let mut whole = filling.value(base)?;
                for (pointer, value) in changes {
                    template::put(&mut whole, pointer, value.filled(filling)?)?;
                }
                Ok(whole)
            }
        }
    }
}
