//! What an answer says by a recipe: the setting, the snapshot, the version, the list of versions. Pure.

use std::cell::OnceCell;
use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::domain::cause::Fault;
use crate::domain::lever::recipe::{Ask, Filling, List, Place, Recipe, Sign, VersionRule, without};
use crate::domain::lever::{Revision, Setting, VersionInfo};
use crate::domain::text;

use super::super::http;

/// An answer to a question, whoever gave it.
pub(super) struct Said {
    /// HTTP status or exit code.
    pub(super) status: u16,
    /// The `etag` header.
    pub(super) etag: Option<String>,
    /// What was said.
    pub(super) body: Vec<u8>,
    /// What else was said (of a command: its complaints), for signs only.
    pub(super) aside: Vec<u8>,
    /// What the status means, if it is not a success.
    pub(super) fault: Option<Fault>,
    json: OnceCell<Result<Value, Fault>>,
}

impl Said {
    pub(super) fn new(status: u16, etag: Option<String>, body: Vec<u8>, aside: Vec<u8>, fault: Option<Fault>) -> Self {
        Self { status, etag, body, aside, fault, json: OnceCell::new() }
    }

    pub(super) fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// The body as JSON, as it was sent: undo puts back what was there, to the letter.
    pub(super) fn json(&self) -> Result<&Value, Fault> {
        let parsed = self.json.get_or_init(|| {
            let start = self.body.trim_ascii_start();
            let page = start.first() == Some(&b'<');
            serde_json::from_slice(&self.body).map_err(|error| {
                let why = if page {
                    "a page instead of JSON, probably a login or a proxy".to_owned()
                } else {
                    format!("not JSON at line {} column {}", error.line(), error.column())
                };
                Fault::NotUnderstood { why }
            })
        });
        parsed.as_ref().map_err(Clone::clone)
    }

    /// Whether it bears one of these signs.
    pub(super) fn bears(&self, signs: &[Sign], filling: &Filling<'_>) -> bool {
        let said = || String::from_utf8_lossy(&self.body).into_owned() + &String::from_utf8_lossy(&self.aside);
        let fits = |sign: &Sign| {
            sign.status == self.status
                && sign
                    .words
                    .as_ref()
                    .is_none_or(|words| words.text(filling).is_ok_and(|words| said().contains(&words)))
        };
        signs.iter().any(fits)
    }
}

fn not_understood(why: impl Into<String>) -> Fault {
    Fault::NotUnderstood { why: why.into() }
}

/// The setting with its snapshot; `None` if nothing is set.
///
/// # Errors
/// Whatever the status means, a missing lever, an answer that says something else.
pub(super) fn setting(recipe: &Recipe, ask: &Ask, said: &Said) -> Result<Option<(Setting, Value)>, Fault> {
    let filling = Filling::parameters(&recipe.parameters);
    if said.bears(&ask.unset_on, &filling) {
        return Ok(None);
    }
    if said.bears(&ask.missing_on, &filling) {
        return Err(Fault::NotFound { what: ask.call.words(&filling) });
    }
    if let Some(fault) = said.fault() {
        return Err(fault.clone());
    }
    let whole;
    let answer = if let Place::Text { .. } = ask.place {
        let words = std::str::from_utf8(&said.body).map_err(|_| not_understood("the answer is not UTF-8 text"))?;
        whole = Value::String(words.trim().to_owned());
        &whole
    } else {
        said.json()?
    };
    let equals = match &ask.place {
        Place::At { select: Some(select), .. } => Some(select.equals.text(&filling).map_err(not_understood)?),
        _ => None,
    };
    let found = ask.place.find(answer, equals.as_deref()).map_err(not_understood)?;
    let Some(found) = found else {
        return match &ask.place {
            _ if ask.unset_if_missing => Ok(None),
            Place::At { pointer, select: Some(select), .. } => {
                let wanted = equals.unwrap_or_default();
                Err(Fault::NotFound { what: format!("{wanted} (as {} of an item at {pointer})", select.field) })
            }
            Place::At { pointer: place, .. } | Place::Weights { list: place, .. } => {
                Err(not_understood(format!("nothing at {place:?}")))
            }
            Place::Text { .. } => Err(not_understood("an empty answer")),
        };
    };
    let setting = match &ask.place {
        Place::Weights { .. } => recipe.weights(&found),
        _ => recipe.setting(&found, &ask.names),
    };
    let snapshot = match &ask.snapshot {
        None => found,
        Some(pointer) => {
            let snapshot = answer.pointer(pointer).cloned();
            snapshot.ok_or_else(|| not_understood(format!("nothing at {pointer:?}, where the snapshot should be")))?
        }
    };
    setting.map(|setting| Some((setting, without(snapshot, &ask.ignore)))).map_err(not_understood)
}

/// The store's version of what was read.
///
/// # Errors
/// If it is not there and the recipe names nothing that stands for it.
pub(super) fn revision(rule: &VersionRule, said: &Said, unset: bool) -> Result<Revision, Fault> {
    let found = match &rule.pointer {
        None => said.etag.clone(),
        Some(pointer) => said.json().ok().and_then(|json| json.pointer(pointer)).and_then(word),
    };
    let found = found.or_else(|| rule.unset.clone().filter(|_| unset));
    match found {
        Some(found) if rule.strong => Ok(Revision::Strong(found)),
        Some(found) => Ok(Revision::Soft(found)),
        // Nothing is set, so there is nothing to have a version; a write that needs one says so.
        None if unset => Ok(Revision::None),
        None => {
            let place = rule.pointer.as_ref().map_or("the header etag".to_owned(), |pointer| format!("{pointer:?}"));
            Err(not_understood(format!("no revision at {place}")))
        }
    }
}

/// Text or a number, in one clean line.
fn word(value: &Value) -> Option<String> {
    let words = match value {
        Value::String(words) => words.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!words.is_empty() && text::clean(&words) == words).then_some(words)
}

/// The versions that a pointer may be moved to, as listed.
///
/// # Errors
/// Whatever the status means, or no list.
pub(super) fn versions(list: &List, said: &Said) -> Result<Vec<VersionInfo>, Fault> {
    if let Some(fault) = said.fault() {
        return Err(fault.clone());
    }
    let items = said.json()?.pointer(&list.list).and_then(Value::as_array);
    let items = items.ok_or_else(|| not_understood(format!("no list at {:?}", list.list)))?;
    let version = |item: &Value| {
        let at = |pointer: &Option<String>| pointer.as_deref().and_then(|pointer| item.pointer(pointer));
        let text = at(&list.text).map(|text| text::clean_lines(text.as_str().unwrap_or(&text.to_string())));
        Some(VersionInfo {
            version: item.pointer(&list.version).and_then(word)?,
            created_at: at(&list.at).and_then(http::time),
            hash: text.as_deref().map(hash),
            text,
            note: at(&list.note).and_then(Value::as_str).map(text::clean),
        })
    };
    let found: Vec<VersionInfo> = items.iter().filter_map(version).collect();
    if found.is_empty() && !items.is_empty() {
        return Err(not_understood(format!("no item has a version at {:?}", list.version)));
    }
    Ok(found)
}

fn hash(text: &str) -> String {
    let mut hash = String::new();
    for byte in Sha256::digest(text.as_bytes()).iter().take(6) {
        // Writing into a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}
