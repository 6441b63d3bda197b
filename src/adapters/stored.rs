//! Settings kept as text in a key-value store: the whole value, or one place inside a JSON document.
//! May not read or write any store; undo never passes through here, it restores the text as it was.

use serde_json::{Value, json};

use crate::domain::cause::Fault;
use crate::domain::lever::Setting;

/// The value of a key as undo needs it: its text, or that there was none. Stands in `LeverReading::raw`.
pub(super) fn raw(text: Option<&str>) -> String {
    json!({ "value": text }).to_string()
}

/// The text inside [`raw`].
///
/// # Errors
/// In words, if a journal holds something else.
pub(super) fn text_of(raw: &str) -> Result<Option<String>, String> {
    let kept: Value = serde_json::from_str(raw).map_err(|error| format!("the kept value cannot be read: {error}"))?;
    match kept.get("value") {
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Null) => Ok(None),
        _ => Err("the kept value is of another shape".into()),
    }
}

/// The setting that a text stands for. `pointer` (RFC 6901) names a place inside a JSON document; empty is the whole text.
///
/// # Errors
/// [`Fault::NotFound`] if the document has no such place, [`Fault::NotUnderstood`] if it is no JSON or holds no setting.
pub(super) fn setting(text: Option<&str>, pointer: &str) -> Result<Setting, Fault> {
    let Some(text) = text else { return Ok(Setting::Unset) };
    if pointer.is_empty() {
        return Ok(of_text(text));
    }
    let document = document(text).map_err(|why| Fault::NotUnderstood { why })?;
    let place = document.pointer(pointer).ok_or_else(|| Fault::NotFound { what: format!("{pointer} in the value") })?;
    match place {
        Value::Bool(on) => Ok(Setting::Switch(*on)),
        Value::Number(number) => number.as_f64().map(Setting::Number).ok_or_else(|| unfit(pointer)),
        Value::String(text) => Ok(of_text(text)),
        Value::Object(shares) => weights(shares).ok_or_else(|| unfit(pointer)),
        Value::Null | Value::Array(_) => Err(unfit(pointer)),
    }
}

/// The text that holds `after`, written the way `observed` was: `true` stays `true`, a JSON document keeps its other
/// fields. `None` for a key that is to be removed.
///
/// # Errors
/// In words: a place inside a document cannot be unset, or the document is not there.
pub(super) fn text_for(observed: Option<&str>, pointer: &str, after: &Setting) -> Result<Option<String>, String> {
    if pointer.is_empty() {
        return Ok(as_text(observed, after));
    }
    let mut document = document(observed.ok_or("there is no value yet in which to set one place")?)?;
    let place = document.pointer_mut(pointer).ok_or_else(|| format!("the value has no {pointer}"))?;
    *place = match (&*place, after) {
        (_, Setting::Unset) => return Err("one place of a document cannot be unset".into()),
        (Value::Bool(_), Setting::Switch(on)) => json!(on),
        (_, Setting::Number(number)) => json!(number),
        (_, Setting::Weights(shares)) => json!(shares),
        (now, other) => json!(as_text(now.as_str(), other)),
    };
    Ok(Some(document.to_string()))
}

fn document(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|_| "the value is no JSON document, so no place in it can be addressed".into())
}

fn unfit(pointer: &str) -> Fault {
    Fault::NotUnderstood { why: format!("{pointer} holds neither a switch, a number, a text nor shares") }
}

fn weights(shares: &serde_json::Map<String, Value>) -> Option<Setting> {
    shares
        .iter()
        .map(|(name, share)| Some((name.clone(), share.as_f64()?)))
        .collect::<Option<_>>()
        .map(Setting::Weights)
}

fn of_text(text: &str) -> Setting {
    match text.trim() {
        "on" | "true" => Setting::Switch(true),
        "off" | "false" => Setting::Switch(false),
        other => match other.parse::<f64>() {
            Ok(number) if number.is_finite() => Setting::Number(number),
            _ => Setting::Pointer(other.to_owned()),
        },
    }
}

fn as_text(observed: Option<&str>, after: &Setting) -> Option<String> {
    let in_true_and_false = matches!(observed.map(str::trim), Some("true" | "false"));
    match after {
        Setting::Unset => None,
        Setting::Switch(on) if in_true_and_false => Some(on.to_string()),
        Setting::Weights(shares) => Some(json!(shares).to_string()),
        Setting::Switch(_) | Setting::Pointer(_) | Setting::Number(_) => Some(after.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_written_in_the_words_that_its_readers_know() {
        for (now, off) in [("on", "off"), ("true", "false"), ("v41", "off")] {
            assert_eq!(text_for(Some(now), "", &Setting::Switch(false)), Ok(Some(off.to_owned())));
        }
        assert_eq!(text_for(None, "", &Setting::Switch(true)), Ok(Some("on".into())));
        assert_eq!(text_for(Some("on"), "", &Setting::Unset), Ok(None));
    }

    #[test]
    fn a_place_inside_a_document_moves_and_its_neighbours_stay() {
        let now = r#"{"by":"dana","on":true,"share":{"a":1.0}}"#;
        assert_eq!(setting(Some(now), "/on").expect("a setting"), Setting::Switch(true));
        let off = text_for(Some(now), "/on", &Setting::Switch(false)).expect("fits").expect("a text");
        assert_eq!(off, r#"{"by":"dana","on":false,"share":{"a":1.0}}"#);
        let shares = Setting::Weights([("b".into(), 1.0)].into());
        assert!(text_for(Some(now), "/share", &shares).expect("fits").expect("a text").contains(r#"{"b":1.0}"#));
        assert!(matches!(setting(Some(now), "/no"), Err(Fault::NotFound { .. })));
        assert!(text_for(Some("on"), "/on", &Setting::Switch(false)).is_err());
    }

    #[test]
    fn no_value_and_an_empty_value_are_kept_apart() {
        assert_eq!(text_of(&raw(None)), Ok(None));
        assert_eq!(text_of(&raw(Some(""))), Ok(Some(String::new())));
        assert!(text_of("{}").is_err() && text_of("on").is_err());
        assert_eq!(setting(None, "/on").expect("a setting"), Setting::Unset);
    }

    #[test]
    fn what_is_no_finite_number_is_a_text() {
        assert_eq!(setting(Some("25"), "").expect("a setting"), Setting::Number(25.0));
        assert_eq!(setting(Some("inf"), "").expect("a setting"), Setting::Pointer("inf".into()));
    }
}
