//! What a YAML document says, and where a value stands in its text. Pure.
//! May not change text, and refuses to name a place that others share: a value behind an alias, an anchor or a merge.

#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

pub(super) use words::written;

/// The most values of one document, so that aliases of aliases cannot fill the memory.
const MOST: usize = 200_000;
/// The most levels of one document.
const DEEPEST: usize = 100;

/// One value, a key or an alias. Lists hold their items, tables a key and its value in turn.
struct Node {
    bytes: Range<usize>,
    anchor: usize,
    tagged: bool,
    kind: Kind,
}

enum Kind {
    Scalar { text: String, style: ScalarStyle },
    List(Vec<usize>),
    Table(Vec<usize>),
    Alias(usize),
}

/// The nodes of one document in the order of the text; the first is the whole.
#[derive(Default)]
struct Document {
    nodes: Vec<Node>,
    anchors: BTreeMap<usize, usize>,
    aliased: BTreeSet<usize>,
}

/// What the document says.
///
/// # Errors
/// In words: not YAML, more than one document, or a key that stands twice.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let document = Document::of(text)?;
    if document.nodes.is_empty() { Ok(Value::Null) } else { document.value(0, 0, &mut MOST.clone()) }
}

/// The bytes of the value; `None` if it is not there.
///
/// # Errors
/// In words: not YAML, or a value that does not stand at one place of its own.
pub(super) fn locate(text: &str, tokens: &[String]) -> Result<Option<Range<usize>>, String> {
    let document = Document::of(text)?;
    let mut at = 0;
    for token in tokens {
        let Some(next) = document.child(at, token)? else { return Ok(None) };
        at = next;
    }
    document.place(at, text)
}

impl Document {
    fn of(text: &str) -> Result<Self, String> {
        // The parser counts characters.
        let mut bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        bytes.push(text.len());
        let byte = |index: usize| bytes.get(index).copied().unwrap_or(text.len());
        let mut document = Self::default();
        let (mut open, mut documents) = (Vec::new(), 0);
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| format!("not YAML: {error}"))?;
            let (anchor, tagged, kind) = match event {
                Event::Scalar(text, style, anchor, tag) => {
                    (anchor, tag.is_some(), Kind::Scalar { text: text.into_owned(), style })
                }
                Event::SequenceStart(anchor, tag) => (anchor, tag.is_some(), Kind::List(Vec::new())),
                Event::MappingStart(anchor, tag) => (anchor, tag.is_some(), Kind::Table(Vec::new())),
                Event::Alias(anchor) => (0, false, Kind::Alias(anchor)),
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some(node) = open.pop().and_then(|at: usize| document.nodes.get_mut(at)) {
                        node.bytes.end = byte(span.end.index());
                    }
                    continue;
                }
                Event::DocumentStart(_) if documents > 0 => {
                    return Err(
                        "the file holds more than one YAML document; which one counts is anybody's guess".into()
                    );
                }
                Event::DocumentStart(_) => {
                    documents += 1;
                    continue;
                }
                _ => continue,
            };
            let bytes = byte(span.start.index())..byte(span.end.index());
            document.add(Node { bytes, anchor, tagged, kind }, &mut open);
        }
        Ok(document)
    }

    fn add(&mut self, node: Node, open: &mut Vec<usize>) {
        let at = self.nodes.len();
        if let Some(Kind::List(items) | Kind::Table(items)) =
            open.last().and_then(|parent| self.nodes.get_mut(*parent)).map(|parent| &mut parent.kind)
        {
            items.push(at);
        }
        if let Kind::Alias(anchor) = node.kind {
            self.aliased.insert(anchor);
        }
        if node.anchor > 0 {
            self.anchors.insert(node.anchor, at);
        }
        if matches!(node.kind, Kind::List(_) | Kind::Table(_)) {
            open.push(at);
        }
        self.nodes.push(node);
    }

    /// What a node says, with what its aliases stand for.
    fn value(&self, at: usize, level: usize, left: &mut usize) -> Result<Value, String> {
        *left = left
            .checked_sub(1)
            .filter(|_| level <= DEEPEST)
            .ok_or("the document is too deep, or its aliases never end")?;
        let Some(node) = self.nodes.get(at) else { return Ok(Value::Null) };
        match &node.kind {
            Kind::Alias(anchor) => {
                let of = self.anchors.get(anchor).ok_or("an alias of nothing")?;
                self.value(*of, level + 1, left)
            }
            Kind::Scalar { text, style: ScalarStyle::Plain } if !node.tagged => Ok(words::plain(text)),
            Kind::Scalar { text, .. } => Ok(Value::String(text.clone())),
            Kind::List(items) => items.iter().map(|item| self.value(*item, level + 1, left)).collect(),
            Kind::Table(fields) => {
                let (mut table, mut merged) = (Map::new(), Vec::new());
                for (key, value) in pairs(fields) {
                    let (name, value) = (self.name(key)?, self.value(value, level + 1, left)?);
                    if name == MERGE {
                        merged.push(value);
                    } else if table.insert(name.to_owned(), value).is_some() {
                        return Err(format!(
                            "the key {name:?} stands there twice; which one counts is anybody's guess"
                        ));
                    }
                }
                for value in merged {
                    merge(&mut table, value);
                }
                Ok(Value::Object(table))
            }
        }
    }

    fn name(&self, key: usize) -> Result<&str, String> {
        match self.nodes.get(key).map(|node| &node.kind) {
            Some(Kind::Scalar { text, .. }) => Ok(text),
            Some(Kind::Alias(anchor)) if self.anchors.get(anchor).is_some_and(|of| *of < key) => {
                self.name(self.anchors.get(anchor).copied().unwrap_or_default())
            }
            _ => Err("a key that is no text".into()),
        }
    }

    /// The value below a node, if it has one.
    fn child(&self, at: usize, token: &str) -> Result<Option<usize>, String> {
        let Some(node) = self.nodes.get(at) else { return Ok(None) };
        self.alone(node)?;
        match &node.kind {
            Kind::Scalar { .. } | Kind::Alias(_) => Ok(None),
            Kind::List(items) => Ok(token.parse().ok().and_then(|index: usize| items.get(index).copied())),
            Kind::Table(fields) => {
                let mut merges = false;
                for (key, value) in pairs(fields) {
                    let name = self.name(key)?;
                    if name == token {
                        return Ok(Some(value));
                    }
                    merges |= name == MERGE;
                }
                if merges { Err(format!("{token:?} may come in by a merge (<<); {OWN_PLACE}")) } else { Ok(None) }
            }
        }
    }

    /// Whoever changes this node changes nothing elsewhere.
    fn alone(&self, node: &Node) -> Result<(), String> {
        match node.kind {
            Kind::Alias(_) => Err(format!("the value stands behind an alias (*); {OWN_PLACE}")),
            _ if self.aliased.contains(&node.anchor) => {
                Err(format!("other places repeat the value by its anchor (&); {OWN_PLACE}"))
            }
            _ => Ok(()),
        }
    }

    /// The bytes of a node, if they are the value and nothing else.
    fn place(&self, at: usize, text: &str) -> Result<Option<Range<usize>>, String> {
        let Some(node) = self.nodes.get(at) else { return Ok(None) };
        self.alone(node)?;
        let Kind::Scalar { text: value, style } = &node.kind else { return Ok(Some(node.bytes.clone())) };
        // The parser's place of a quoted text goes on to what comes next.
        let stands = text.get(node.bytes.clone()).unwrap_or_default();
        let length = match style {
            ScalarStyle::Plain => Some(stands.len()),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => closing_quote(stands).map(|at| at + 1),
            ScalarStyle::Literal | ScalarStyle::Folded => None,
        };
        let bytes = length.and_then(|length| stands.get(..length)).filter(|bytes| !bytes.contains(['\n', '\r']));
        let alone = bytes.and_then(|bytes| Self::of(bytes).ok());
        match (bytes, alone.as_ref().and_then(|alone| alone.nodes.first()).map(|node| &node.kind)) {
            (Some(""), _) if value.is_empty() => Ok(Some(node.bytes.clone())),
            (Some(bytes), Some(Kind::Scalar { text, .. })) if text == value && !node.tagged && node.anchor == 0 => {
                Ok(Some(node.bytes.start..node.bytes.start + bytes.len()))
            }
            _ => Err("the value has a tag, an anchor or more than one line; write it plainly in one line first".into()),
        }
    }
}

/// Where the quote that a text begins with is closed.
fn closing_quote(text: &str) -> Option<usize> {
    let mut rest = text.char_indices().peekable();
    let (_, quote) = rest.next()?;
    while let Some((at, char)) = rest.next() {
        let escapes = char == '\\' && quote == '"'
            || char == quote && quote == '\'' && rest.peek().is_some_and(|(_, next)| *next == quote);
        if escapes {
            rest.next();
        } else if char == quote {
            return Some(at);
        }
    }
    None
}

/// The key that brings in another table's fields.
const MERGE: &str = "<<";
const OWN_PLACE: &str = "write it out at its own place first";

fn pairs(fields: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    fields.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)))
}

/// Fields that are there already win.
fn merge(table: &mut Map<String, Value>, other: Value) {
    match other {
        Value::Object(fields) => fields.into_iter().for_each(|(name, value)| {
            table.entry(name).or_insert(value);
        }),
        Value::Array(others) => others.into_iter().for_each(|other| merge(table, other)),
        _ => {}
    }
}
