//! Prompt versions: what an alias can point at, and the changes that they are. Pure.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::domain::cause::Fault;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::endpoint::FeedSpec;
use crate::domain::lever::VersionInfo;
use crate::domain::text;

/// Where versions are searched.
pub(super) const PATH: &str = "/api/2.0/mlflow/model-versions/search";

/// One prompt version, as MLflow tells it.
#[derive(Debug, Deserialize)]
struct Version {
    name: String,
    #[serde(rename = "version")]
    number: String,
    #[serde(default)]
    creation_timestamp: Option<i64>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

impl Version {
    fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
    }

    fn template(&self) -> Option<String> {
        self.tag("mlflow.prompt.text").map(text::clean_lines)
    }

    fn created_at(&self) -> Option<Timestamp> {
        self.creation_timestamp.and_then(|at| Timestamp::from_millisecond(at).ok())
    }

    fn place(&self) -> u64 {
        self.number.parse().unwrap_or(0)
    }

    fn author(&self) -> Option<String> {
        let tagged = ["author", "mlflow.user"].iter().find_map(|key| self.tag(key));
        tagged.or(self.user_id.as_deref()).filter(|who| !who.is_empty()).map(text::clean)
    }
}

/// The filter that finds the versions of one prompt, or of all. Without the tag clause MLflow hides prompts.
///
/// # Errors
/// A name that cannot be quoted.
pub(super) fn filter(prompt: Option<&str>) -> Result<String, Fault> {
    let is_prompt = "tags.`mlflow.prompt.is_prompt` = 'true'";
    match prompt {
        None => Ok(is_prompt.to_owned()),
        Some(name) if name.contains('\'') => {
            Err(Fault::NotUnderstood { why: format!("prompt name {name:?} cannot be quoted in MLflow's filter") })
        }
        Some(name) => Ok(format!("name = '{name}' AND {is_prompt}")),
    }
}

/// The whole query for [`filter`].
pub(super) fn query(filter: &str) -> [(&str, &str); 3] {
    [("filter", filter), ("max_results", "200"), ("order_by", "creation_timestamp DESC")]
}

/// The versions of an answer, newest first.
pub(super) fn list(answer: &Value) -> Result<Vec<VersionInfo>, Fault> {
    Ok(parse(answer)?
        .into_iter()
        .map(|version| {
            let text = version.template();
            VersionInfo {
                created_at: version.created_at(),
                hash: text.as_deref().map(short_hash),
                text,
                note: version.description.as_deref().filter(|note| !note.is_empty()).map(text::clean),
                version: version.number,
            }
        })
        .collect())
}

/// The versions that were created since then as changes, newest first.
pub(super) fn changes(answer: &Value, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
    let versions = parse(answer)?;
    let mut changes = Vec::new();
    for (place, version) in versions.iter().enumerate() {
        let Some(at) = version.created_at().filter(|at| *at >= since) else { continue };
        let previous = versions.iter().skip(place + 1).find(|older| older.name == version.name);
        let what = match previous {
            Some(previous) => format!("{} v{} → v{}", version.name, previous.number, version.number),
            None => format!("{} v{}", version.name, version.number),
        };
        changes.push(Change {
            at,
            kind: feed.kind.unwrap_or(ChangeKind::Prompt),
            what: text::clean(&what),
            who: version.author(),
            source: feed.id.to_string(),
            before: previous.and_then(Version::template),
            after: version.template(),
            reviewed: None,
            ours: false,
        });
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.at));
    Ok(changes)
}

/// Newest first within each prompt, whatever order the server chose.
fn parse(answer: &Value) -> Result<Vec<Version>, Fault> {
    let not_understood = |why: String| Fault::NotUnderstood { why };
    let mut versions: Vec<Version> = match answer.get("model_versions") {
        Some(versions) => Vec::deserialize(versions).map_err(|error| not_understood(error.to_string()))?,
        // MLflow leaves empty lists out.
        None if answer.as_object().is_some_and(serde_json::Map::is_empty) => Vec::new(),
        None => return Err(not_understood("the answer has no model_versions".into())),
    };
    versions.sort_by_key(|version| std::cmp::Reverse(version.place()));
    Ok(versions)
}

fn short_hash(text: &str) -> String {
    format!("{:.12x}", Sha256::digest(text))
}
