//! Versions of a prompt with their labels, and the request that moves a label. Pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::domain::cause::Fault;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::endpoint::FeedSpec;
use crate::domain::lever::{LeverReading, Revision, Setting, VersionInfo};
use crate::domain::plan::PlannedRequest;
use crate::domain::text;
use crate::net::ReadClient;

use super::super::planned::{self, odd};

/// Set by the server on the newest version, and refused from anybody else.
const RESERVED: &str = "latest";

/// One version, as Langfuse tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) number: u64,
    labels: BTreeSet<String>,
    text: Option<String>,
    note: Option<String>,
    by: Option<String>,
    at: Option<Timestamp>,
}

impl Version {
    pub(super) fn of(answer: &Value) -> Result<Self, Fault> {
        let words = |key: &str| answer.get(key).and_then(Value::as_str).filter(|words| !words.is_empty());
        let labels = answer.get("labels").and_then(Value::as_array).ok_or_else(|| odd("a version without labels"))?;
        Ok(Self {
            number: answer.get("version").and_then(Value::as_u64).ok_or_else(|| odd("a prompt without a version"))?,
            labels: labels.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
            text: answer.get("prompt").and_then(template),
            note: words("commitMessage").map(text::clean),
            by: words("createdBy").map(text::clean),
            at: words("createdAt").and_then(|at| at.parse().ok()),
        })
    }

    pub(super) fn has(&self, label: &str) -> bool {
        self.labels.contains(label)
    }
}

/// The text of a prompt; a chat's messages one below the other.
fn template(prompt: &Value) -> Option<String> {
    let of_message = |message: &Value| {
        let words = |key: &str| message.get(key).and_then(Value::as_str);
        Some(format!("{}: {}", words("role").or_else(|| words("type"))?, words("content").or_else(|| words("name"))?))
    };
    let words = match prompt {
        Value::String(words) => words.clone(),
        Value::Array(messages) => messages.iter().filter_map(of_message).collect::<Vec<_>>().join("\n"),
        _ => return None,
    };
    Some(text::clean_lines(&words))
}

/// The versions of the prompt of that name, newest first, and the labels that are in use.
pub(super) fn listed(list: &Value, name: &str) -> Result<(Vec<u64>, Vec<String>), Fault> {
    let data = list.get("data").and_then(Value::as_array).ok_or_else(|| odd("the list of prompts has no data"))?;
    let prompt = data
        .iter()
        .find(|prompt| prompt.get("name").and_then(Value::as_str) == Some(name))
        .ok_or_else(|| Fault::NotFound { what: format!("prompt {name}") })?;
    let part = |key: &str| prompt.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice).iter();
    let mut versions: Vec<u64> = part("versions").filter_map(Value::as_u64).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    Ok((versions, part("labels").filter_map(Value::as_str).map(ToOwned::to_owned).collect()))
}

/// What was read of a prompt.
pub(super) struct Prompt {
    /// Newest first.
    pub(super) versions: Vec<Version>,
}

impl Prompt {
    /// The reading of one label. Its sub-resource is which labels are on which version.
    pub(super) fn reading(&self, label: &str, read_at: Timestamp) -> LeverReading {
        let holder = self.versions.iter().find(|version| version.has(label));
        let labels: Map<String, Value> =
            self.versions.iter().map(|version| (version.number.to_string(), json!(version.labels))).collect();
        LeverReading {
            setting: holder.map_or(Setting::Unset, |version| Setting::Pointer(version.number.to_string())),
            revision: Revision::None,
            raw: json!({ "labels": labels }).to_string(),
            read_at,
            set_by: None,
            set_at: None,
        }
    }

    pub(super) fn infos(&self) -> Vec<VersionInfo> {
        let info = |version: &Version| VersionInfo {
            version: version.number.to_string(),
            created_at: version.at,
            hash: version.text.as_deref().map(|text| format!("{:x}", Sha256::digest(text)).chars().take(12).collect()),
            text: version.text.clone(),
            note: version.note.clone(),
        };
        self.versions.iter().map(info).collect()
    }

    /// The versions that were made since then, newest first. Moves of a label stand in no log of Langfuse's API.
    pub(super) fn changes(&self, feed: &FeedSpec, since: Timestamp) -> Vec<Change> {
        let mut changes = Vec::new();
        for (place, version) in self.versions.iter().enumerate() {
            let Some(at) = version.at.filter(|at| *at >= since) else { continue };
            let older = self.versions.get(place + 1);
            let from = older.map(|older| format!(" v{} →", older.number)).unwrap_or_default();
            changes.push(Change {
                at,
                kind: feed.kind.unwrap_or(ChangeKind::Prompt),
                what: text::clean(&format!("{}{from} v{}", feed.what, version.number)),
                who: version.by.clone(),
                source: feed.id.to_string(),
                before: older.and_then(|older| older.text.clone()),
                after: version.text.clone(),
                reviewed: None,
                ours: false,
            });
        }
        changes
    }
}

/// Why a label that is nowhere can neither be set nor be taken off again.
pub(super) fn cannot_unset() -> String {
    "Langfuse's API takes a label off a version only by giving it to another, so a label that is on none could not be \
     undone: set it once in Langfuse"
        .into()
}

/// The request that puts the label on the version that `after` names, next to the labels that are there.
///
/// # Errors
/// In words: no version, one that was not looked at, or nothing to come back to.
pub(super) fn request(
    client: &ReadClient,
    name: &str,
    label: &str,
    observed: &LeverReading,
    after: &Setting,
) -> Result<PlannedRequest, String> {
    let number = match after {
        Setting::Pointer(number) => number,
        Setting::Unset => return Err(cannot_unset()),
        other => return Err(format!("a label names a version, not {other}")),
    };
    if observed.setting == Setting::Unset {
        return Err(cannot_unset());
    }
    if label == RESERVED {
        return Err("the label latest belongs to Langfuse: it is on the newest version".into());
    }
    let kept = planned::kept(&observed.raw)?;
    let there = kept
        .pointer("/labels")
        .and_then(|labels| labels.get(number))
        .and_then(Value::as_array)
        .ok_or_else(|| format!("version {number} of {name} is not among the newest; move the label in Langfuse"))?;
    let mut union: BTreeSet<&str> = there.iter().filter_map(Value::as_str).filter(|there| *there != RESERVED).collect();
    union.insert(label);
    let path = format!("{}/versions/{}", super::path(name), crate::net::segment(number));
    planned::request(client, "PATCH", &path, Some((planned::JSON, &json!({ "newLabels": union }))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_is_shown_as_its_messages_and_a_text_as_itself() {
        let chat = json!([{ "role": "system", "content": "Be kind." }, { "type": "placeholder", "name": "history" }]);
        assert_eq!(template(&chat).as_deref(), Some("system: Be kind.\nplaceholder: history"));
        assert_eq!(template(&json!("v1 {{text}}")).as_deref(), Some("v1 {{text}}"));
        assert_eq!(template(&Value::Null), None);
    }

    #[test]
    fn another_prompt_of_the_list_is_not_this_one() {
        let list = json!({ "data": [{ "name": "support-de", "versions": [1], "labels": [] }] });
        assert!(matches!(listed(&list, "support"), Err(Fault::NotFound { .. })));
        assert!(matches!(listed(&json!({}), "support"), Err(Fault::NotUnderstood { .. })));
    }
}
