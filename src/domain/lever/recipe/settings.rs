//! From what a store says to our settings and back. Nothing is guessed: what is no setting of the lever is said in the
//! store's own words. May not read answers; it is handed their JSON.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::template::{put, text_of};
use super::{Holds, Names, Place, Recipe};
use crate::domain::lever::Setting;
use crate::domain::text;

/// One target's part of the wanted weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// The target.
    pub key: String,
    /// Its weight as the store counts it.
    pub weight: Value,
    /// Its entry as it was read.
    pub item: Option<Value>,
}

impl Share {
    pub(super) fn positive(&self) -> bool {
        self.weight.as_f64().is_some_and(|weight| weight > 0.0)
    }
}

/// The most of a store's value that is repeated in words.
const SHOWN: usize = 60;

impl Recipe {
    /// The setting that a value of the store means.
    ///
    /// # Errors
    /// In words.
    pub fn setting(&self, value: &Value, names: &Names) -> Result<Setting, String> {
        let ours = names.iter().find(|(_, theirs)| *theirs == value).map(|(name, _)| name.as_str());
        let shown = || text::clip(&text::clean(&text_of(value)), SHOWN);
        let wrong = |wanted: &str| Err(format!("{} stands there, which is {wanted}", shown()));
        if let Some(name) = ours {
            return match (self.holds, name) {
                (_, super::UNSET) => Ok(Setting::Unset),
                (Holds::Switch, "on") => Ok(Setting::Switch(true)),
                (Holds::Switch, "off") => Ok(Setting::Switch(false)),
                (Holds::Number | Holds::Percent, name) => {
                    name.parse().map(Setting::Number).or_else(|_| wrong("no number"))
                }
                (_, name) => Ok(Setting::Pointer(name.to_owned())),
            };
        }
        match (self.holds, value) {
            (Holds::Switch | Holds::Any, Value::Bool(on)) => Ok(Setting::Switch(*on)),
            (Holds::Switch, _) => wrong("neither on nor off; say what the store means by `map`"),
            (Holds::Number | Holds::Percent, Value::Number(number)) => {
                number.as_f64().map_or_else(|| wrong("no number"), |n| Ok(Setting::Number(n)))
            }
            (Holds::Number | Holds::Percent, Value::String(words)) => match words.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Setting::Number(number)),
                _ => wrong("no number"),
            },
            (Holds::Number | Holds::Percent, _) => wrong("no number"),
            (Holds::Weights, _) => wrong("no weights"),
            (Holds::Pointer | Holds::Any, Value::String(words)) => {
                let line = words.trim_end_matches(['\n', '\r']);
                // What is cleaned for the eye would not be what is written back.
                if line.is_empty() || text::clean(line) != line {
                    wrong("no plain line of text")
                } else {
                    Ok(Setting::Pointer(line.to_owned()))
                }
            }
            (Holds::Pointer | Holds::Any, Value::Number(number)) => Ok(Setting::Pointer(number.to_string())),
            (Holds::Pointer | Holds::Any, _) => wrong("no text"),
        }
    }

    /// What the store calls a setting.
    #[must_use]
    pub fn store_value(&self, setting: &Setting, names: &Names) -> Value {
        let names = if names.is_empty() { &self.read.names } else { names };
        if let Some(theirs) = names.get(&setting.to_string()) {
            return theirs.clone();
        }
        match setting {
            Setting::Unset => Value::Null,
            Setting::Switch(on) => json!(on),
            Setting::Pointer(to) => json!(to),
            Setting::Number(x) => number(*x),
            Setting::Weights(weights) => {
                Value::Object(weights.iter().map(|(key, share)| (key.clone(), number(*share))).collect())
            }
        }
    }

    /// Weights as shares of 1, from what stands at their place.
    ///
    /// # Errors
    /// In words.
    pub fn weights(&self, list: &Value) -> Result<Setting, String> {
        let rows = self.rows(list)?;
        let sum: f64 = rows.iter().filter_map(|row| row.weight.as_f64()).sum();
        let mut shares: BTreeMap<String, f64> = BTreeMap::new();
        for row in rows {
            let weight = row.weight.as_f64().filter(|weight| *weight >= 0.0);
            let weight = weight.ok_or_else(|| format!("the weight of {} is no number from 0 on", row.key))?;
            *shares.entry(row.key).or_default() += if sum > 0.0 { weight / sum } else { 0.0 };
        }
        Ok(Setting::Weights(shares))
    }

    /// The rows of a list of weights as the store has them.
    ///
    /// # Errors
    /// In words.
    pub fn rows(&self, list: &Value) -> Result<Vec<Share>, String> {
        let Place::Weights { key, weight, .. } = &self.read.place else {
            return Err("the lever holds no weights".into());
        };
        match (list, key) {
            (Value::Object(fields), None) => Ok(fields
                .iter()
                .map(|(key, weight)| Share { key: text::clean(key), weight: weight.clone(), item: None })
                .collect()),
            (Value::Array(items), Some(key)) => {
                let row = |item: &Value| {
                    let name =
                        item.pointer(key).map(text_of).ok_or_else(|| format!("an entry has nothing at {key:?}"))?;
                    // A route that says no weight shares evenly with its like: the usual default of gateways.
                    let weight = item.pointer(weight).filter(|weight| !weight.is_null()).cloned().unwrap_or(json!(1));
                    Ok(Share { key: text::clean(&name), weight, item: Some(item.clone()) })
                };
                items.iter().map(row).collect()
            }
            (_, Some(_)) => Err("no list of entries stands there".into()),
            (_, None) => Err("no table of weights stands there".into()),
        }
    }

    /// The rows to write for wanted weights: those that are there, in their order, then those that are new.
    #[must_use]
    pub fn wanted(&self, there: Vec<Share>, wanted: &BTreeMap<String, f64>) -> Vec<Share> {
        let scale = if let Place::Weights { scale, .. } = &self.read.place { *scale } else { 1 };
        let weigh = |share: f64| {
            let weight = share * f64::from(scale);
            number(if scale > 1 { weight.round() } else { weight })
        };
        let mut rows = there;
        for row in &mut rows {
            row.weight = weigh(wanted.get(&row.key).copied().unwrap_or(0.0));
        }
        for (key, share) in wanted.iter().filter(|(_, share)| **share > 0.0) {
            if !rows.iter().any(|row| row.key == *key) {
                rows.push(Share { key: key.clone(), weight: weigh(*share), item: None });
            }
        }
        rows
    }
}

/// Whole numbers are written without a point.
fn number(x: f64) -> Value {
    let whole = format!("{x:.0}");
    if x.fract() == 0.0 { whole.parse::<i64>().map_or_else(|_| json!(x), |n| json!(n)) } else { json!(x) }
}

/// Base64 with or without line breaks, as text.
///
/// # Errors
/// In words.
pub(super) fn decoded(words: &str) -> Result<String, String> {
    let packed: String = words.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = STANDARD.decode(packed).map_err(|_| "no base64 stands there".to_owned())?;
    String::from_utf8(bytes).map_err(|_| "what stands there in base64 is no text".to_owned())
}

impl Place {
    /// The value at this place, where the answer is JSON or text; `None` if there is nothing.
    ///
    /// # Errors
    /// In words, if something else is there.
    pub fn find(&self, answer: &Value, equals: Option<&str>) -> Result<Option<Value>, String> {
        let (found, base64) = match self {
            Self::Text { base64 } => (Some(answer), *base64),
            Self::Weights { list, .. } => (answer.pointer(list), false),
            Self::At { pointer, select: None, base64 } => (answer.pointer(pointer), *base64),
            Self::At { pointer, select: Some(select), base64 } => {
                let Some(list) = answer.pointer(pointer) else { return Ok(None) };
                let items = list.as_array().ok_or_else(|| format!("no list stands at {pointer:?}"))?;
                let fits = |item: &&Value| item.pointer(&select.field).map(text_of).as_deref() == equals;
                (items.iter().find(fits).and_then(|item| item.pointer(&select.then)), *base64)
            }
        };
        match found {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(words)) if base64 => decoded(words).map(|text| Some(Value::String(text))),
            Some(value) => Ok(Some(value.clone())),
        }
    }
}

/// What is left of a pointer below another; `None` if it is not below it.
#[must_use]
pub fn relative<'p>(pointer: &'p str, below: &str) -> Option<&'p str> {
    pointer.strip_prefix(below).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// True if two sub-resources differ in nothing but these places.
#[must_use]
pub fn same_but_for(one: &Value, other: &Value, places: &[&str]) -> bool {
    let blank = |value: &Value| {
        let mut value = value.clone();
        for place in places {
            // A place that one of them lacks is a difference of exactly this place.
            let _ = put(&mut value, place, Value::Null);
        }
        value
    };
    blank(one) == blank(other)
}

/// A sub-resource without what every write renews.
#[must_use]
pub fn without(mut whole: Value, places: &[String]) -> Value {
    for place in places {
        let Some((parent, name)) = place.rsplit_once('/') else { continue };
        if let Some(fields) = whole.pointer_mut(parent).and_then(Value::as_object_mut) {
            fields.shift_remove(&name.replace("~1", "/").replace("~0", "~"));
        }
    }
    whole
}

/// The table that `{{want}}` stands for where weights are a table by target.
pub(super) fn table(rows: &[Share]) -> Value {
    Value::Object(rows.iter().map(|row| (row.key.clone(), row.weight.clone())).collect::<Map<_, _>>())
}
