//! The JSON of the Prometheus API as plain series. Values are strings there (`"NaN"`, `"+Inf"`), times are numbers;
//! unknown fields and warnings are ignored. May not decide what an empty answer means.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::domain::cause::Fault;
use crate::domain::text;
use crate::net::Answer;

/// One value at its time; perhaps NaN or infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dot {
    /// Unix seconds.
    pub(super) time: f64,
    pub(super) value: f64,
}

impl<'de> Deserialize<'de> for Dot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (time, text): (f64, String) = Deserialize::deserialize(deserializer)?;
        let value = text.parse().map_err(|_| D::Error::custom("a value is not a number in a string"))?;
        Ok(Self { time, value })
    }
}

/// Label names and values, cleaned.
pub(super) type Labels = BTreeMap<String, String>;

/// One series of an answer: a single dot of an instant query, several of a range.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    pub(super) labels: Labels,
    /// In time order. Empty for a native histogram, which is no number.
    pub(super) dots: Vec<Dot>,
}

/// What an expression turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Data {
    pub(super) series: Vec<Series>,
    /// Only an instant vector can be asked together with others.
    pub(super) is_vector: bool,
}

#[derive(Deserialize)]
struct Envelope {
    status: String,
    data: Option<Payload>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Payload {
    Vector(Vec<InstantSeries>),
    Matrix(Vec<RangeSeries>),
    Scalar(Dot),
    String((f64, String)),
}

/// Labels are foreign text that is shown: cleaned here, since a typed answer is not.
fn labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Labels, D::Error> {
    let raw: BTreeMap<String, String> = Deserialize::deserialize(deserializer)?;
    Ok(raw.into_iter().map(|(name, value)| (text::clean(&name), text::clean_lines(&value))).collect())
}

#[derive(Deserialize)]
struct InstantSeries {
    #[serde(default, deserialize_with = "labels")]
    metric: Labels,
    value: Option<Dot>,
}

#[derive(Deserialize)]
struct RangeSeries {
    #[serde(default, deserialize_with = "labels")]
    metric: Labels,
    #[serde(default)]
    values: Vec<Dot>,
}

/// Reads the answer of `query` or `query_range`.
///
/// # Errors
/// [`Fault::NotUnderstood`].
pub(super) fn read(answer: &Answer) -> Result<Data, Fault> {
    let not_understood = |why: String| Fault::NotUnderstood { why };
    let envelope: Envelope = answer.json_as().map_err(|fault| match fault {
        Fault::NotUnderstood { why } if !why.starts_with("html") && !why.starts_with("empty") => {
            not_understood(format!("not the Prometheus API: {why}"))
        }
        other => other,
    })?;
    if envelope.status != "success" {
        let words = envelope.error.map_or_else(|| "an error without words".into(), |words| text::clean(&words));
        return Err(not_understood(words));
    }
    let payload = envelope.data.ok_or_else(|| not_understood("not the Prometheus API: no data".into()))?;
    let is_vector = matches!(payload, Payload::Vector(_));
    let series = match payload {
        Payload::Vector(all) => {
            all.into_iter().map(|one| Series { labels: one.metric, dots: one.value.into_iter().collect() }).collect()
        }
        Payload::Matrix(all) => all.into_iter().map(|one| Series { labels: one.metric, dots: one.values }).collect(),
        Payload::Scalar(dot) => vec![Series { labels: Labels::new(), dots: vec![dot] }],
        Payload::String((_, words)) => {
            return Err(not_understood(format!("a text where a number was asked for: {:.40}", text::clean(&words))));
        }
    };
    Ok(Data { series, is_vector })
}
