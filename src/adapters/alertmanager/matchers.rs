//! Matchers of a silence as people write them: `alertname="LLMErrors", service=~"chat.*"`. Pure.

use std::fmt;

use serde_json::{Value, json};

/// One matcher.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Matcher {
    name: String,
    value: String,
    regex: bool,
    equal: bool,
}

impl fmt::Display for Matcher {
    /// As the API's `filter` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match (self.equal, self.regex) {
            (true, false) => "=",
            (false, false) => "!=",
            (true, true) => "=~",
            (false, true) => "!~",
        };
        let value = self.value.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "{}{operator}\"{value}\"", self.name)
    }
}

impl Matcher {
    /// As the API gives it; `isEqual` is true where an old server leaves it out.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let flag = |key: &str| value.get(key).and_then(Value::as_bool);
        Some(Self {
            name: value.get("name")?.as_str()?.to_owned(),
            value: value.get("value")?.as_str()?.to_owned(),
            regex: flag("isRegex").unwrap_or(false),
            equal: flag("isEqual").unwrap_or(true),
        })
    }

    /// As the API takes it.
    pub(super) fn json(&self) -> Value {
        json!({ "name": self.name, "value": self.value, "isRegex": self.regex, "isEqual": self.equal })
    }
}

/// All matchers of a text, sorted.
///
/// # Errors
/// In words, with an example.
pub(super) fn parse(text: &str) -> Result<Vec<Matcher>, String> {
    let wrong =
        || format!("{text:?} is no list of matchers; write for example alertname=\"LLMErrors\", service=~\"chat.*\"");
    let mut matchers = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(['=', '!']).ok_or_else(wrong)?;
        let (name, after) = rest.split_at(end);
        let (operator, after) = ["!=", "=~", "!~", "="]
            .into_iter()
            .find_map(|operator| Some((operator, after.strip_prefix(operator)?)))
            .ok_or_else(wrong)?;
        let (value, after) = value(after.trim_start()).ok_or_else(wrong)?;
        let name = name.trim();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(wrong());
        }
        matchers.push(Matcher {
            name: name.to_owned(),
            value,
            regex: operator.ends_with('~'),
            equal: operator.starts_with('='),
        });
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if after.is_empty() => after,
            None => return Err(wrong()),
        };
    }
    // What matches everything would silence everything.
    if matchers.iter().all(|matcher| matcher.value.is_empty() || matcher.regex && matcher.value == ".*") {
        return Err("a silence needs a matcher that names something; otherwise it silences every alert".into());
    }
    matchers.sort();
    matchers.dedup();
    Ok(matchers)
}

/// A quoted value, or a bare one up to the next comma; and what follows.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        let (value, after) = text.split_at(end);
        return Some((value.trim().to_owned(), after)).filter(|(value, _)| !value.contains('"'));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' => value.push(letters.next()?.1),
            letter => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_what_the_server_is_told() {
        let found = parse(r#"service=~"chat.*" , alertname=LLMErrors,severity!="page, \"now\"""#).expect("matchers");
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(shown, [r#"alertname="LLMErrors""#, r#"service=~"chat.*""#, r#"severity!="page, \"now\"""#]);
        let back: Vec<Matcher> = found.iter().filter_map(|matcher| Matcher::of(&matcher.json())).collect();
        assert_eq!(back, found);
    }

    #[test]
    fn nothing_silences_everything() {
        for text in ["", "alertname=~\".*\"", "alertname=\"\"", "LLMErrors", "a=\"b", "a=\"b\" c=\"d\"", "a b=c"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
