//! One key of a config map: its reading and the patch that moves it. Pure.

use serde_json::{Value, json};

use crate::domain::cause::Fault;
use crate::domain::lever::Setting;

use super::super::planned::odd;
use super::super::stored;

/// The setting of a key and its text as undo needs it.
pub(super) fn key(object: &Value, key: &str, pointer: &str) -> Result<(Setting, String), Fault> {
    if object.get("metadata").is_none() {
        return Err(odd("no ConfigMap"));
    }
    if object.get("binaryData").and_then(|data| data.get(key)).is_some() {
        return Err(odd("the key holds bytes, not text"));
    }
    let text = object.get("data").and_then(|data| data.get(key)).and_then(Value::as_str);
    Ok((stored::setting(text, pointer)?, stored::raw(text)))
}

/// The change of the key to `after`.
///
/// # Errors
/// In words: what the place cannot hold.
pub(super) fn set(raw: &str, key: &str, pointer: &str, after: &Setting) -> Result<Vec<Value>, String> {
    let now = stored::text_of(raw)?;
    let text = stored::text_for(now.as_deref(), pointer, after)?;
    Ok(operations(key, now.as_deref(), text.as_deref()))
}

/// The change of the key back to its text, or to nothing.
///
/// # Errors
/// In words: nothing differs.
pub(super) fn restore(observed: &str, prior: &str, key: &str) -> Result<Vec<Value>, String> {
    let (now, before) = (stored::text_of(observed)?, stored::text_of(prior)?);
    if now == before {
        return Err(super::planned::nothing_to_undo());
    }
    Ok(operations(key, now.as_deref(), before.as_deref()))
}

fn operations(key: &str, now: Option<&str>, text: Option<&str>) -> Vec<Value> {
    let path = format!("/data/{}", key.replace('~', "~0").replace('/', "~1"));
    match (now, text) {
        (_, Some(text)) => vec![json!({ "op": "add", "path": path, "value": text })],
        (Some(_), None) => vec![json!({ "op": "remove", "path": path })],
        (None, None) => Vec::new(),
    }
}
