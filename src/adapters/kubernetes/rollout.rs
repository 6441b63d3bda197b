//! A Deployment's pod template and images: readings, the patches that move them, and how far a rollout is. Pure.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::domain::cause::Fault;
use crate::domain::lever::Setting;
use crate::domain::text;

use super::super::planned::{self, odd};
use super::history::Kept;

const TEMPLATE: &str = "/spec/template";

/// Which revision runs, with its template and those of all others.
pub(super) fn template(deployment: &Value, revisions: &[Kept]) -> Result<(Setting, String), Fault> {
    let template = deployment.pointer(TEMPLATE).ok_or_else(|| odd("a Deployment without a pod template"))?;
    let found = revisions.iter().find(|revision| revision.template == *template);
    // Right after a write of somebody else the controller has not made the ReplicaSet yet.
    let name = found.map_or_else(
        || format!("new-{}", format!("{:x}", Sha256::digest(template.to_string())).chars().take(8).collect::<String>()),
        |revision| revision.hash.clone(),
    );
    let mut by_hash: Vec<&Kept> = revisions.iter().collect();
    by_hash.sort_by(|a, b| a.hash.cmp(&b.hash));
    let templates: Map<String, Value> =
        by_hash.into_iter().map(|revision| (revision.hash.clone(), revision.template.clone())).collect();
    let raw = json!({ "template": template, "paused": paused(deployment), "revisions": templates });
    Ok((Setting::Pointer(text::clean(&name)), raw.to_string()))
}

fn paused(deployment: &Value) -> bool {
    deployment.pointer("/spec/paused").and_then(Value::as_bool).unwrap_or(false)
}

/// The change of the template to the revision that `after` names.
///
/// # Errors
/// In words: no revision, or one that is gone.
pub(super) fn roll_to(raw: &str, after: &Setting) -> Result<Vec<Value>, String> {
    let Setting::Pointer(hash) = after else {
        return Err(format!("a Deployment runs a revision, by its pod template hash, not {after}"));
    };
    let kept = planned::kept(raw)?;
    not_paused(&kept)?;
    let revisions = kept.get("revisions").and_then(Value::as_object).ok_or("the kept reading has no revisions")?;
    let template = revisions.get(hash).ok_or_else(|| {
        let known: Vec<&str> = revisions.keys().map(String::as_str).collect();
        format!("the Deployment keeps no revision {hash:?}; it keeps: {}", text::clean(&known.join(", ")))
    })?;
    Ok(vec![json!({ "op": "replace", "path": TEMPLATE, "value": template })])
}

/// The change of the template back to exactly what it was, whether or not its revision is still kept.
///
/// # Errors
/// In words: nothing differs, or the rollout is paused.
pub(super) fn roll_back(observed: &str, prior: &str) -> Result<Vec<Value>, String> {
    let (now, before) = (planned::kept(observed)?, planned::kept(prior)?);
    let template = before.get("template").ok_or("the kept reading has no template")?;
    if now.get("template") == Some(template) {
        return Err(planned::nothing_to_undo());
    }
    not_paused(&now)?;
    Ok(vec![json!({ "op": "replace", "path": TEMPLATE, "value": template })])
}

fn not_paused(kept: &Value) -> Result<(), String> {
    if kept.get("paused").and_then(Value::as_bool) == Some(true) {
        return Err("the Deployment is paused, so that nothing would roll out; resume it first".into());
    }
    Ok(())
}

/// Place, name and image of a container; the first one where no name is given.
pub(super) fn container<'object>(
    template: &'object Value,
    name: &str,
) -> Result<(usize, &'object str, &'object str), Fault> {
    let containers = template.pointer("/spec/containers").and_then(Value::as_array);
    let words = |container: &'object Value, key: &str| container.get(key).and_then(Value::as_str);
    let (place, found) = containers
        .into_iter()
        .flatten()
        .enumerate()
        .find(|(_, container)| name.is_empty() || words(container, "name") == Some(name))
        .ok_or_else(|| Fault::NotFound { what: format!("container {name:?} of the Deployment") })?;
    match (words(found, "name"), words(found, "image")) {
        (Some(name), Some(image)) => Ok((place, name, image)),
        _ => Err(odd("a container without a name or an image")),
    }
}

/// The image of one container.
pub(super) fn image(deployment: &Value, name: &str) -> Result<(Setting, String), Fault> {
    let template = deployment.pointer(TEMPLATE).ok_or_else(|| odd("a Deployment without a pod template"))?;
    let (place, name, image) = container(template, name)?;
    let raw = json!({ "place": place, "container": name, "image": image, "paused": paused(deployment) });
    Ok((Setting::Pointer(text::clean(image)), raw.to_string()))
}

/// The change of the one image, if the container is still where it was.
///
/// # Errors
/// In words: no image, or the rollout is paused.
pub(super) fn set_image(raw: &str, after: &Setting) -> Result<Vec<Value>, String> {
    let image = match after {
        Setting::Pointer(image) if !image.is_empty() && !image.contains(char::is_whitespace) => image,
        other => return Err(format!("a container runs an image, for example \"registry/bot:41\", not {other}")),
    };
    let kept = planned::kept(raw)?;
    not_paused(&kept)?;
    let place = kept.get("place").and_then(Value::as_u64).ok_or("the kept reading has no container")?;
    let path = format!("{TEMPLATE}/spec/containers/{place}");
    Ok(vec![
        json!({ "op": "test", "path": format!("{path}/name"), "value": kept.get("container") }),
        json!({ "op": "replace", "path": format!("{path}/image"), "value": image }),
    ])
}

/// How far a rollout is, in words; `None` once every pod runs the newest template and is available.
pub(super) fn progress(deployment: &Value) -> Option<String> {
    let number = |pointer: &str| deployment.pointer(pointer).and_then(Value::as_i64);
    let wanted = number("/spec/replicas").unwrap_or(1);
    let count = |key: &str| number(&format!("/status/{key}")).unwrap_or(0);
    let (updated, all, available) = (count("updatedReplicas"), count("replicas"), count("availableReplicas"));
    if number("/metadata/generation").is_none_or(|newest| count("observedGeneration") < newest) {
        return Some("rollout not started".into());
    }
    if updated >= wanted && all <= updated && available >= wanted {
        return None;
    }
    let conditions = deployment.pointer("/status/conditions").and_then(Value::as_array);
    let stuck = conditions
        .into_iter()
        .flatten()
        .any(|condition| condition.get("reason").and_then(Value::as_str) == Some("ProgressDeadlineExceeded"));
    let state = if stuck { "stuck" } else { "rolling out" };
    Some(format!("{state}: {updated} of {wanted} updated, {available} available, {all} in all"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(generation: u64, status: &Value) -> Value {
        json!({ "metadata": { "generation": generation }, "spec": { "replicas": 2 }, "status": status })
    }

    #[test]
    fn only_a_rollout_that_is_through_is_served() {
        let status = |observed: u64, updated: u64, all: u64, available: u64| json!({ "observedGeneration": observed, "updatedReplicas": updated, "replicas": all, "availableReplicas": available });
        assert_eq!(progress(&deployment(3, &status(3, 2, 2, 2))), None);
        for not_yet in [status(2, 2, 2, 2), status(3, 1, 2, 2), status(3, 2, 3, 2), status(3, 2, 2, 1), json!({})] {
            assert!(progress(&deployment(3, &not_yet)).is_some(), "{not_yet}");
        }
        let mut stuck = status(3, 1, 2, 2);
        stuck["conditions"] = json!([{ "type": "Progressing", "reason": "ProgressDeadlineExceeded" }]);
        assert!(progress(&deployment(3, &stuck)).is_some_and(|words| words.starts_with("stuck: 1 of 2")));
    }

    #[test]
    fn a_paused_deployment_is_not_rolled() {
        let raw = json!({ "template": {}, "paused": true, "revisions": { "abc": {} } }).to_string();
        assert!(roll_to(&raw, &Setting::Pointer("abc".into())).is_err_and(|why| why.contains("paused")));
    }
}
