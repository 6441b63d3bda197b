//! The revisions of a Deployment as its replica sets keep them: versions, changes and authors. Pure.

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::domain::change::{Change, ChangeKind};
use crate::domain::endpoint::FeedSpec;
use crate::domain::lever::VersionInfo;
use crate::domain::text;

/// The label that tells the pods of one replica set from those of another. It is no part of the Deployment's template.
const HASH: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";
const CAUSE: &str = "kubernetes.io/change-cause";

/// One revision.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kept {
    /// Its pod template hash.
    pub(super) hash: String,
    /// As the Deployment held it.
    pub(super) template: Value,
    owner: String,
    number: u64,
    cause: Option<String>,
    at: Option<Timestamp>,
}

/// What selects the replica sets of a Deployment, as far as labels can say it.
pub(super) fn selector(deployment: &Value) -> String {
    let labels = deployment.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    let pairs = labels.into_iter().flatten().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
    pairs.collect::<Vec<_>>().join(",")
}

/// The revisions of the Deployment, newest first.
pub(super) fn of(deployment: &Value, replica_sets: &[Value]) -> Vec<Kept> {
    let uid = deployment.pointer("/metadata/uid");
    let owned = |set: &&Value| {
        let owners = set.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        uid.is_some() && owners.is_some_and(|owners| owners.iter().any(|owner| owner.get("uid") == uid))
    };
    newest_first(replica_sets.iter().filter(owned).filter_map(kept).collect())
}

fn newest_first(mut found: Vec<Kept>) -> Vec<Kept> {
    found.sort_by_key(|revision| std::cmp::Reverse(revision.number));
    found
}

fn kept(set: &Value) -> Option<Kept> {
    let mut template = set.pointer("/spec/template")?.clone();
    let labels = template.pointer_mut("/metadata/labels")?.as_object_mut()?;
    let Some(Value::String(hash)) = labels.shift_remove(HASH) else { return None };
    let note = |key: &str| set.pointer("/metadata/annotations")?.get(key)?.as_str();
    Some(Kept {
        hash,
        template,
        owner: text::clean(set.pointer("/metadata/ownerReferences/0/name")?.as_str()?),
        number: note(REVISION)?.parse().ok()?,
        cause: note(CAUSE).map(text::clean),
        at: set.pointer("/metadata/creationTimestamp")?.as_str()?.parse().ok(),
    })
}

impl Kept {
    fn images(&self) -> String {
        let containers = self.template.pointer("/spec/containers").and_then(Value::as_array);
        let image = |container: &Value| container.get("image")?.as_str().map(text::clean);
        containers.into_iter().flatten().filter_map(image).collect::<Vec<_>>().join(", ")
    }

    fn text(&self) -> Option<String> {
        serde_json::to_string_pretty(&self.template).ok().map(|words| text::clean_lines(&words))
    }
}

/// The revisions as versions. The words for one name the number by which others know it.
pub(super) fn versions(revisions: &[Kept]) -> Vec<VersionInfo> {
    let info = |revision: &Kept| {
        let text = revision.text();
        let cause = revision.cause.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default();
        VersionInfo {
            version: text::clean(&revision.hash),
            created_at: revision.at,
            hash: text.as_deref().map(|text| format!("{:x}", Sha256::digest(text)).chars().take(12).collect()),
            text,
            note: Some(format!("revision {}, {}{cause}", revision.number, revision.images())),
        }
    };
    revisions.iter().map(info).collect()
}

/// The images that one container had, newest first.
pub(super) fn images(revisions: &[Kept], container: &str) -> Vec<VersionInfo> {
    let mut found: Vec<VersionInfo> = Vec::new();
    for revision in revisions {
        let Ok((_, _, image)) = super::rollout::container(&revision.template, container) else { continue };
        if !found.iter().any(|known| known.version == image) {
            found.push(VersionInfo {
                version: image.to_owned(),
                created_at: revision.at,
                text: None,
                hash: None,
                note: Some(format!("revision {}", revision.number)),
            });
        }
    }
    found
}

/// The revisions that were made since then, newest first. A rollback makes none.
pub(super) fn changes(replica_sets: &[Value], feed: &FeedSpec, since: Timestamp) -> Vec<Change> {
    let revisions = newest_first(replica_sets.iter().filter_map(kept).collect());
    let mut changes = Vec::new();
    for (place, revision) in revisions.iter().enumerate() {
        let Some(at) = revision.at.filter(|at| *at >= since) else { continue };
        let older = revisions.iter().skip(place + 1).find(|older| older.owner == revision.owner);
        let from = older.map(|older| format!("{} → ", older.number)).unwrap_or_default();
        let cause = revision.cause.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default();
        let what = format!("{} revision {from}{} ({}){cause}", revision.owner, revision.number, revision.images());
        changes.push(Change {
            at,
            kind: feed.kind.unwrap_or(ChangeKind::Deploy),
            what: text::clean(&what),
            who: None,
            source: feed.id.to_string(),
            before: older.and_then(Kept::text),
            after: revision.text(),
            reviewed: None,
            ours: false,
        });
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.at));
    changes
}

/// Which program wrote last, and when. Status is the controllers' business and no move.
pub(super) fn last_author(object: &Value) -> (Option<String>, Option<Timestamp>) {
    let fields = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    let written = fields.into_iter().flatten().filter(|entry| entry.get("subresource").is_none());
    let author = |entry: &Value| {
        Some((entry.get("time")?.as_str()?.parse::<Timestamp>().ok()?, text::clean(entry.get("manager")?.as_str()?)))
    };
    match written.filter_map(author).max() {
        Some((at, manager)) => (Some(manager), Some(at)),
        None => (None, None),
    }
}
