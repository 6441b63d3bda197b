//! Where a value stands in the text of a JSON or TOML document. Pure.
//! May not change text: everything around a value belongs to whoever wrote the file.

use std::fmt;
use std::ops::Range;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use toml::de::{DeTable, DeValue};

/// The parts of an RFC 6901 pointer.
///
/// # Errors
/// In words, if it is none.
pub(super) fn tokens(pointer: &str) -> Result<Vec<String>, String> {
    match pointer.strip_prefix('/') {
        Some(rest) => Ok(rest.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect()),
        None => Err(format!("{pointer:?} is no pointer to a value; write for example \"/flags/assistant\"")),
    }
}

/// The bytes of the value in JSON text; `None` if it is not there.
///
/// # Errors
/// In words: not JSON, or a key stands twice on the way.
pub(super) fn in_json(text: &str, tokens: &[String]) -> Result<Option<Range<usize>>, String> {
    let not_json = |error: serde_json::Error| format!("not JSON: {error}");
    let mut at: &RawValue = serde_json::from_str(text).map_err(not_json)?;
    for token in tokens {
        let inside = at.get();
        let next = match inside.as_bytes().first() {
            Some(b'{') => field(serde_json::from_str::<Fields<'_>>(inside).map_err(not_json)?, token)?,
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(inside).map_err(not_json)?;
                token.parse::<usize>().ok().and_then(|index| items.get(index).copied())
            }
            _ => None,
        };
        let Some(next) = next else { return Ok(None) };
        at = next;
    }
    // The raw value borrows from `text`, so its place is the distance of the two.
    let start = at.get().as_ptr() as usize - text.as_ptr() as usize;
    Ok(Some(start..start + at.get().len()))
}

fn field<'text>(fields: Fields<'text>, name: &str) -> Result<Option<&'text RawValue>, String> {
    let mut found = fields.0.into_iter().filter(|(key, _)| key == name).map(|(_, value)| value);
    let first = found.next();
    if found.next().is_some() {
        return Err(format!("the key {name:?} stands there twice; which one counts is anybody's guess"));
    }
    Ok(first)
}

/// An object's fields in order, with their own text.
struct Fields<'text>(Vec<(String, &'text RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// The bytes of the value in TOML text; `None` if it is not there.
///
/// # Errors
/// In words: not TOML.
pub(super) fn in_toml(text: &str, tokens: &[String]) -> Result<Option<Range<usize>>, String> {
    let table = DeTable::parse(text).map_err(|error| format!("not TOML: {}", error.message()))?.into_inner();
    let mut at = DeValue::Table(table);
    let mut span = None;
    for token in tokens {
        let next = match at {
            DeValue::Table(table) => {
                table.into_iter().find(|(key, _)| key.get_ref().as_ref() == token).map(|(_, value)| value)
            }
            DeValue::Array(items) => token.parse().ok().and_then(|index| items.into_iter().nth(index)),
            _ => None,
        };
        let Some(next) = next else { return Ok(None) };
        span = Some(next.span());
        at = next.into_inner();
    }
    Ok(span)
}
