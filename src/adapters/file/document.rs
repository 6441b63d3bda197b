//! A value inside a JSON, TOML or YAML document: reading it as a setting, and text with another value in its place.
//! Pure. May not reformat: only the value's own bytes change, so that undo gives back the very same file.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::domain::lever::Setting;

use super::{locate, yaml};

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Toml,
    Yaml,
}

impl Format {
    /// By the name's extension.
    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }

    /// For the preview of the write.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Toml => "application/toml",
            Self::Yaml => "application/yaml",
        }
    }

    /// The whole document.
    ///
    /// # Errors
    /// In words: not the format.
    pub(super) fn parse(self, text: &str) -> Result<Value, String> {
        match self {
            Self::Json => serde_json::from_str(text).map_err(|error| format!("not JSON: {error}")),
            Self::Toml => toml::from_str(text).map_err(|error| format!("not TOML: {}", error.message())),
            Self::Yaml => yaml::parse(text),
        }
    }

    fn locate(self, text: &str, pointer: &str) -> Result<Option<std::ops::Range<usize>>, String> {
        let tokens = locate::tokens(pointer)?;
        match self {
            Self::Json => locate::in_json(text, &tokens),
            Self::Toml => locate::in_toml(text, &tokens),
            Self::Yaml => yaml::locate(text, &tokens),
        }
    }

    /// Text in place of `old`. JSON strings are TOML basic strings too.
    fn text(self, old: &str, new: &str) -> Result<String, String> {
        match self {
            Self::Json | Self::Toml => serde_json::to_string(new).map_err(|error| error.to_string()),
            Self::Yaml => Ok(yaml::written(old, new)),
        }
    }
}

/// What the value says.
///
/// # Errors
/// In words: not the format, or a value that is no setting.
pub(super) fn setting(format: Format, text: &str, pointer: &str) -> Result<Setting, String> {
    locate::tokens(pointer)?;
    let document = format.parse(text)?;
    match document.pointer(pointer) {
        None => Ok(Setting::Unset),
        Some(Value::Bool(on)) => Ok(Setting::Switch(*on)),
        // Configs write a switch as "on" and "off"; so do many files.
        Some(Value::String(to)) => Ok(match to.as_str() {
            "on" => Setting::Switch(true),
            "off" => Setting::Switch(false),
            other => Setting::Pointer(other.to_owned()),
        }),
        Some(value) if value.is_number() => {
            value.as_f64().map(Setting::Number).ok_or_else(|| format!("{pointer} holds a number that is not finite"))
        }
        Some(Value::Object(fields)) => {
            let shares: Option<BTreeMap<_, _>> =
                fields.iter().map(|(target, share)| Some((target.clone(), share.as_f64()?))).collect();
            shares
                .filter(|shares| !shares.is_empty())
                .map(Setting::Weights)
                .ok_or_else(|| format!("{pointer} is a table of more than numbers; point at one value"))
        }
        Some(_) => Err(format!("{pointer} is a list or null; point at one value")),
    }
}

/// The text with the value set to `after`.
///
/// # Errors
/// In words: the value is not there, or is of another kind.
pub(super) fn with_setting(format: Format, text: &str, pointer: &str, after: &Setting) -> Result<String, String> {
    let now = setting(format, text, pointer)?;
    let changed = match (&now, after) {
        (Setting::Unset, _) => return Err(format!("the file has no value at {pointer}; add it once by hand")),
        // Text stays text and true stays true: whoever reads the file expects what it was.
        (Setting::Switch(_) | Setting::Pointer(_), Setting::Switch(_) | Setting::Pointer(_)) => {
            let is_text = format.parse(text)?.pointer(pointer).is_some_and(Value::is_string);
            splice(format, text, pointer, |old| match (after, is_text) {
                (after, true) => format.text(old, &after.to_string()),
                (Setting::Switch(on), false) => Ok(on.to_string()),
                (after, false) => Err(format!("the value is {now}, so it cannot become {after}")),
            })
        }
        (Setting::Number(_), Setting::Number(number)) => splice(format, text, pointer, |old| written(*number, old)),
        (Setting::Weights(old), Setting::Weights(new)) => with_weights(format, text, pointer, old, new),
        (now, after) => Err(format!("the value is {now}, so it cannot become {after}")),
    }?;
    // The text was cut by hand: it must read back as what was meant, and everything else as it was.
    if setting(format, &changed, pointer)?.same(after)
        && beside(format, &changed, pointer)? == beside(format, text, pointer)?
    {
        Ok(changed)
    } else {
        Err(format!("the value at {pointer} cannot be written as {after}"))
    }
}

/// The document without the value.
fn beside(format: Format, text: &str, pointer: &str) -> Result<Value, String> {
    let mut document = format.parse(text)?;
    if let Some(value) = document.pointer_mut(pointer) {
        *value = Value::Null;
    }
    Ok(document)
}

/// The text of `observed` with the value exactly as it is written in `prior`. Whatever else changed since stays.
///
/// # Errors
/// In words: the value is missing in one of them.
pub(super) fn with_value_of(format: Format, observed: &str, pointer: &str, prior: &str) -> Result<String, String> {
    let gone = || format!("the value at {pointer} is not there any more; put it back by hand");
    let before = format.locate(prior, pointer)?.and_then(|range| prior.get(range)).ok_or_else(gone)?;
    match setting(format, prior, pointer)? {
        // A TOML table may be spread over the file, so its numbers are put back one by one.
        Setting::Weights(old) => {
            let mut text = observed.to_owned();
            for target in old.keys() {
                text = with_value_of(format, &text, &child(pointer, target), prior)?;
            }
            if setting(format, &text, pointer)? == Setting::Weights(old) {
                Ok(text)
            } else {
                Err(format!("targets were added at {pointer} since; put it back by hand"))
            }
        }
        _ => splice(format, observed, pointer, |_| Ok(before.to_owned())),
    }
}

fn with_weights(
    format: Format,
    text: &str,
    pointer: &str,
    old: &BTreeMap<String, f64>,
    new: &BTreeMap<String, f64>,
) -> Result<String, String> {
    if let Some(unknown) = new.keys().find(|target| !old.contains_key(*target)) {
        return Err(format!("the file has no target {unknown:?} at {pointer}; add it once by hand, with weight 0"));
    }
    let mut text = text.to_owned();
    for target in old.keys() {
        let share = new.get(target).copied().unwrap_or(0.0);
        text = splice(format, &text, &child(pointer, target), |old| written(share, old))?;
    }
    Ok(text)
}

fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn splice(
    format: Format,
    text: &str,
    pointer: &str,
    value: impl FnOnce(&str) -> Result<String, String>,
) -> Result<String, String> {
    let missing = || format!("the file has no value at {pointer}");
    let range = format.locate(text, pointer)?.ok_or_else(missing)?;
    let (Some(before), Some(old), Some(after)) =
        (text.get(..range.start), text.get(range.clone()), text.get(range.end..))
    else {
        return Err(missing());
    };
    Ok(format!("{before}{}{after}", value(old)?))
}

/// A number in the manner of the one it replaces: a float stays a float, for readers that insist.
fn written(number: f64, old: &str) -> Result<String, String> {
    if !number.is_finite() {
        return Err("a number must be finite".into());
    }
    let was_float = old.contains(['.', 'e', 'E']);
    Ok(if number.fract() == 0.0 && !was_float { format!("{number:.0}") } else { format!("{number:?}") })
}
