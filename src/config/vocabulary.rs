//! The standard vocabulary of signals, shipped as data: the words that runbooks speak without knowing a team's metrics.
//! May not know how any of them is measured.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use crate::domain::ids::{LayerId, SignalId};
use crate::domain::limits::Limits;
use crate::domain::signal::{Better, Query, SignalSpec};

const SHIPPED: &str = include_str!("../../vocabulary/signals.toml");

/// The vocabulary by signal id.
pub type Vocabulary = BTreeMap<SignalId, Arc<SignalSpec>>;

/// The layers every product has, in display order.
pub(super) const LAYERS: [&str; 6] = ["infrastructure", "provider", "quality", "data", "safety", "business"];
/// The layer that only products with agents have; shown when one of its signals is wired.
pub(super) const AGENT_LAYER: &str = "agent";

/// The query that the vocabulary suggests; empty where no common name is known. Nobody reads it: `from` is empty too.
fn suggested(query: Option<String>) -> Query {
    Query { value: query.unwrap_or_default(), pointer: None, samples: None, cohorts: None, slo: None }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    signal: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: SignalId,
    layer: LayerId,
    unit: String,
    better: Better,
    warn: Option<String>,
    crit: Option<String>,
    #[serde(rename = "min-samples")]
    min_samples: Option<f64>,
    query: Option<String>,
    meaning: String,
}

/// The shipped vocabulary. A test holds that the shipped file is sound, so that nothing is ever missing here.
#[must_use]
pub fn shipped() -> Vocabulary {
    static PARSED: LazyLock<Vocabulary> = LazyLock::new(|| parse(SHIPPED).unwrap_or_default());
    PARSED.clone()
}

fn parse(text: &str) -> Result<Vocabulary, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let limits = |text: Option<String>| text.map(|text| text.parse::<Limits>()).transpose();
    let spec = |row: Row| {
        Ok(SignalSpec {
            title: title(row.id.as_str()),
            layer: row.layer,
            unit: row.unit,
            better: row.better,
            warn: limits(row.warn)?,
            crit: limits(row.crit)?,
            min_samples: row.min_samples,
            from: None,
            query: suggested(row.query),
            meaning: row.meaning,
            id: row.id,
        })
    };
    file.signal.into_iter().map(|row| spec(row).map(|spec| (spec.id.clone(), Arc::new(spec)))).collect()
}

/// `latency_p99` reads `latency p99`.
pub(super) fn title(id: &str) -> String {
    id.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_vocabulary_is_sound_and_every_signal_can_be_judged() {
        let vocabulary = parse(SHIPPED).expect("the shipped file");
        assert!(vocabulary.len() >= 90, "{}", vocabulary.len());
        assert_eq!(vocabulary.len(), SHIPPED.matches("[[signal]]").count(), "an id stands there twice");
        for spec in vocabulary.values() {
            assert!(spec.warn.is_some() && spec.crit.is_some(), "{} has no limits", spec.id);
            assert!(spec.layer.as_str() == AGENT_LAYER || LAYERS.contains(&spec.layer.as_str()), "{}", spec.id);
        }
    }

    #[test]
    fn limits_point_in_the_bad_direction() {
        for spec in shipped().values() {
            for bound in [&spec.warn, &spec.crit].into_iter().flatten().flat_map(crate::domain::limits::Limits::bounds)
            {
                match spec.better {
                    Better::Lower => assert!(bound.above, "{}", spec.id),
                    Better::Higher => assert!(!bound.above, "{}", spec.id),
                    Better::Band => {}
                }
            }
        }
    }
}
