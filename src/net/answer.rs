//! An HTTP answer within the caps. May not interpret bodies beyond text and JSON.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::ahead::Ahead;
use crate::domain::cause::Fault;
use crate::domain::text;

#[cfg(test)]
use super::refusal::Head;

/// A complete answer of at most the byte cap. The endpoint's own secrets have been taken out of it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `content-type`, lower case, without parameters.
    pub content_type: String,
    /// `etag`, as sent.
    pub etag: Option<String>,
    /// How far the server's clock is ahead of ours, where it tells the time of this very answer.
    pub ahead: Option<Ahead>,
    /// Decompressed body.
    pub body: Vec<u8>,
    /// From the first byte out to the last byte in.
    pub took: Duration,
    pub(super) fault: Option<Fault>,
}

impl Answer {
    /// What the status means, with the server's message; `None` for 2xx.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// The body as JSON, with every string cleaned. Newlines within values stay; one-line fields go through
    /// `text::clean` once more. Keys are cleaned as one line.
    ///
    /// # Errors
    /// [`Fault::NotUnderstood`] with a hint (`html` for a login page).
    pub fn json(&self) -> Result<Value, Fault> {
        self.json_as::<Value>().map(cleaned)
    }

    /// The body as a type of the caller's, without the detour over generic JSON that large answers cannot afford.
    /// Its strings are as the server sent them: **the caller cleans every text that it keeps.**
    ///
    /// # Errors
    /// As [`Answer::json`]; a body that is JSON of another shape is `NotUnderstood` too.
    pub fn json_as<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        let not_understood = |why: String| Fault::NotUnderstood { why };
        if self.body.trim_ascii().is_empty() {
            return Err(not_understood("empty answer".into()));
        }
        let wrong = |error: serde_json::Error| {
            let place = format!("not JSON at line {} column {}", error.line(), error.column());
            let shape = error.is_data().then(|| not_understood(text::clip(&in_words(&error), 200)));
            self.page().or(shape).unwrap_or_else(|| not_understood(place))
        };
        serde_json::from_slice(&self.body).map_err(wrong)
    }

    /// The fault of a web page where data was asked for, whatever its status: a login page or a proxy spoke.
    pub(super) fn page(&self) -> Option<Fault> {
        let why = "html, probably a login page or a proxy";
        looks_like_page(&self.content_type, &self.body).then(|| Fault::NotUnderstood { why: why.into() })
    }
}

/// What does not fit, without the names of our own types: those say nothing to a reader.
fn in_words(error: &serde_json::Error) -> String {
    let words = text::clean(&error.to_string());
    let plain = |word: &str| matches!(word, "struct" | "enum" | "internally" | "adjacently" | "tagged");
    let Some((before, after)) = words.split_once("expected ") else { return words };
    let mut rest = after.split(' ').peekable();
    let mut ours = false;
    while rest.next_if(|word| plain(word)).is_some() {
        ours = true;
    }
    if !ours {
        return words;
    }
    // The type's name itself, possibly with "with 2 elements" behind it.
    rest.next();
    format!("{before}expected an object {}", rest.collect::<Vec<_>>().join(" ")).trim_end().to_owned()
}

#[cfg(test)]
mod words {
    #[test]
    fn causes_name_no_types_of_ours() {
        #[derive(Debug, serde::Deserialize)]
        struct Envelope {
            #[expect(dead_code, reason = "only its absence matters")]
            status: String,
        }
        let error = serde_json::from_str::<Envelope>("7").expect_err("no object");
        let words = super::in_words(&error);
        assert!(words.contains("expected an object") && !words.contains("Envelope"), "{words}");
        let error = serde_json::from_str::<Envelope>("{}").expect_err("no status");
        assert!(super::in_words(&error).contains("missing field `status`"));
    }
}

#[cfg(test)]
impl Answer {
    /// A complete JSON answer as a server gave it, for the tests of adapters.
    pub(crate) fn recorded(status: u16, body: &str) -> Self {
        let head = Head { status, content_type: "application/json".into(), ..Head::default() };
        Self {
            status,
            content_type: head.content_type.clone(),
            etag: None,
            ahead: None,
            fault: head.refusal(body.as_bytes(), "/recorded", None),
            body: body.as_bytes().to_vec(),
            took: Duration::ZERO,
        }
    }
}

/// True for a web page, whatever it was meant to be.
pub(super) fn looks_like_page(content_type: &str, body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    let tag = |name: &[u8]| start.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
    content_type == "text/html" || tag(b"<!doctype") || tag(b"<html")
}

/// Cleans after decoding: an escaped control byte passes every parser.
fn cleaned(value: Value) -> Value {
    match value {
        Value::String(words) => Value::String(text::clean_lines(&words)),
        Value::Array(items) => Value::Array(items.into_iter().map(cleaned).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(key, value)| (text::clean(&key), cleaned(value))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(content_type: &str, body: &[u8]) -> Answer {
        Answer {
            status: 200,
            content_type: content_type.into(),
            etag: None,
            ahead: None,
            body: body.to_vec(),
            took: Duration::ZERO,
            fault: None,
        }
    }

    #[test]
    fn escaped_controls_are_cleaned_after_decoding_in_values_and_in_keys() {
        let json = answer("application/json", br#"{"a\u202eb":["x\u001b[2J",{"k":"one\ntwo"}]}"#).json();
        assert_eq!(json.expect("json").to_string(), r#"{"a‹U+202E›b":["x␛[2J",{"k":"one\ntwo"}]}"#);
    }

    #[test]
    fn a_login_page_and_an_empty_answer_are_named() {
        let why =
            |content_type: &str, body: &[u8]| answer(content_type, body).json().expect_err("not json").to_string();
        assert!(why("text/html", b"hello").contains("html"));
        assert!(why("application/json", b" <!DOCTYPE html>").contains("html"));
        assert!(why("application/json", b"  ").contains("empty"));
        assert!(why("application/json", b"{\"a\":NaN}").contains("not JSON"));
    }
}
