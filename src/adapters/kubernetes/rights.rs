//! Whether this token may patch an object, and whether somebody else keeps it. Asks; never writes.

use serde_json::{Value, json};

use crate::domain::cause::Fault;
use crate::domain::plan::{Check, CheckStatus};
use crate::domain::text;
use crate::net::ReadClient;

use super::Place;

/// A POST that only answers a question: the review is not stored.
const REVIEW: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// Labels and annotations by which those who put their own state back mark what is theirs.
const KEEPERS: [(&str, &str); 4] = [
    ("argocd.argoproj.io/tracking-id", "Argo CD"),
    ("argocd.argoproj.io/instance", "Argo CD"),
    ("kustomize.toolkit.fluxcd.io/name", "Flux"),
    ("helm.toolkit.fluxcd.io/name", "Flux"),
];

/// The check `token allowed` for one object.
pub(super) async fn check(client: &ReadClient, place: &Place<'_>) -> Check {
    let (group, resource) = place.resource();
    let (status, why) = match allowed(client, place).await {
        Ok(true) => (CheckStatus::Pass, format!("the token may patch {resource} {}", place.name)),
        Ok(false) => (
            CheckStatus::Fail,
            format!("the token may not patch {resource} {} of group {group:?} in {}", place.name, place.namespace),
        ),
        Err(fault) => (CheckStatus::Unknown, format!("the server did not say what this token may do: {fault}")),
    };
    Check { name: "token allowed".into(), status, why }
}

async fn allowed(client: &ReadClient, place: &Place<'_>) -> Result<bool, Fault> {
    let (group, resource) = place.resource();
    let question = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "namespace": place.namespace, "verb": "patch", "group": group, "resource": resource, "name": place.name,
        } },
    });
    let answer = client.ask_json(REVIEW, &question).await?;
    if let Some(fault) = answer.fault() {
        return Err(fault.clone());
    }
    let allowed = answer.json()?.pointer("/status/allowed").and_then(Value::as_bool);
    allowed.ok_or_else(|| super::odd("the review says neither yes nor no"))
}

/// A warning where another program puts its own state back.
pub(super) fn keeper(object: &Value) -> Option<Check> {
    let marked = |key: &str| {
        ["labels", "annotations"]
            .iter()
            .find_map(|part| object.get("metadata")?.get(*part)?.get(key)?.as_str())
            .map(text::clean)
    };
    let (mark, keeper) = KEEPERS.iter().find_map(|(key, keeper)| Some((marked(key)?, keeper)))?;
    let why = format!("{keeper} keeps it ({mark}) and may put its own state back: change it there too, or pause it");
    Some(Check { name: "kept by".into(), status: CheckStatus::Warn, why })
}
