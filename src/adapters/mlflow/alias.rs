//! A prompt alias: reading it, and the request that sets or removes it. Pure.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::cause::Fault;
use crate::domain::lever::{LeverReading, Revision, Setting};
use crate::domain::plan::PlannedRequest;
use crate::net::{Answer, ReadClient};

/// Read by GET, set by POST, removed by DELETE with a body.
pub(super) const PATH: &str = "/api/2.0/mlflow/registered-models/alias";

/// The reading of an alias that is set. MLflow keeps neither a revision nor an author of it.
pub(super) fn reading(answer: &Answer, read_at: Timestamp) -> Result<LeverReading, Fault> {
    let version = answer
        .json()?
        .pointer("/model_version/version")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Fault::NotUnderstood { why: "the alias's answer has no model_version.version".into() })?;
    Ok(LeverReading {
        raw: String::from_utf8_lossy(&answer.body).into_owned(),
        ..at(Setting::Pointer(version), read_at)
    })
}

/// The reading of a prompt that has no such alias.
pub(super) fn unset(read_at: Timestamp) -> LeverReading {
    LeverReading { raw: "null".into(), ..at(Setting::Unset, read_at) }
}

fn at(setting: Setting, read_at: Timestamp) -> LeverReading {
    LeverReading { setting, revision: Revision::None, raw: String::new(), read_at, set_by: None, set_at: None }
}

/// True for the 400 by which MLflow says that the prompt is there but the alias is not.
pub(super) fn is_unset(answer: &Answer) -> bool {
    answer.json().is_ok_and(|body| {
        let says = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
        says("error_code") == "INVALID_PARAMETER_VALUE"
            && says("message").starts_with("Registered model alias ")
            && says("message").contains(" not found")
    })
}

/// The request that makes the alias hold `after`.
///
/// # Errors
/// In words: an alias holds a version or nothing.
pub(super) fn request(
    client: &ReadClient,
    prompt: &str,
    alias: &str,
    after: &Setting,
) -> Result<PlannedRequest, String> {
    let (method, body) = match after {
        Setting::Pointer(version) => ("POST", json!({ "name": prompt, "alias": alias, "version": version })),
        Setting::Unset => ("DELETE", json!({ "name": prompt, "alias": alias })),
        other => return Err(format!("a prompt alias points at a version, not {other}")),
    };
    Ok(PlannedRequest {
        method: method.into(),
        url: client.url(PATH, &[]).map_err(|fault| fault.to_string())?,
        headers: Vec::new(),
        content_type: Some("application/json".into()),
        body: Some(body.to_string()),
    })
}
