//! Consul's key-value store: the value of a key as a lever, moved by a write that names the index it replaces.
//! May not decide what a value means.
//!
//! Facts this relies on (Consul's API documentation): a key that is not there is a 404; `?cas=` answers 200 with `true`
//! or `false`; `cas=0` only creates. There is no record of who changed a key, and none of when.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::domain::cause::Fault;
use crate::domain::endpoint::EndpointSpec;
use crate::domain::lever::{Contract, Form, Revision, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};
use crate::net::{Answer, ReadClient, segment};

use super::keys::{Keys, Store};
use super::planned::odd;
use super::sending::{self, Verdict};
use super::{Adapter, WriteOutcome};

/// Readers watch the key: what is stored reaches them at once.
const PROPAGATION: Duration = Duration::from_secs(2);
/// The index of a key that is not there.
const UNSET: &str = "0";

/// The adapter for a Consul endpoint.
#[must_use]
pub fn adapter(client: ReadClient) -> Adapter {
    Adapter { levers: Some(Arc::new(Keys(Consul { client }))), ..Adapter::default() }
}

struct Consul {
    client: ReadClient,
}

/// The address of a key. Its slashes are folders and stay.
fn path(key: &str) -> String {
    let folders: Vec<String> = key.split('/').map(segment).collect();
    format!("/v1/kv/{}", folders.join("/"))
}

/// Text and index from the answer to a GET; `None` for a key that is not there.
fn value(answer: Option<&Value>) -> Result<(Option<String>, Revision), Fault> {
    let Some(answer) = answer else { return Ok((None, Revision::Strong(UNSET.into()))) };
    let entry = answer.pointer("/0").ok_or_else(|| odd("not a list with one key"))?;
    let index = entry.get("ModifyIndex").and_then(Value::as_u64).ok_or_else(|| odd("a key without an index"))?;
    let encoded = entry.get("Value").and_then(Value::as_str).unwrap_or_default();
    let bytes = STANDARD.decode(encoded).map_err(|_| odd("a value that is not base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| odd("a value that is not UTF-8 text"))?;
    Ok((Some(text), Revision::Strong(index.to_string())))
}

/// `true` is a yes, `false` is a comparison that lost; both come with 200.
fn judge(answer: &Answer) -> Option<Verdict> {
    if answer.fault().is_some() {
        return None;
    }
    Some(match answer.body.trim_ascii() {
        b"true" => Verdict::Yes,
        b"false" => Verdict::No(sending::lost_the_race()),
        _ => Verdict::Unsure(Fault::NotUnderstood { why: "neither true nor false, so not Consul's answer".into() }),
    })
}

#[async_trait]
impl Store for Consul {
    const FORM: &'static Form = &forms::CONSUL_KEY;
    const CONTRACT: Contract =
        Contract::strong(PROPAGATION, "an ACL token with key \"…\" { policy = \"write\" } on the lever's key");

    fn endpoint(&self) -> &EndpointSpec {
        self.client.spec()
    }

    async fn value(&self, key: &str) -> Result<(Option<String>, Revision), Fault> {
        let answer = self.client.get_any(&path(key), &[("consistent", "")]).await?;
        match (answer.status, answer.fault()) {
            (404, _) if answer.body.trim_ascii().is_empty() => value(None),
            (_, Some(fault)) => Err(fault.clone()),
            (_, None) => value(Some(&answer.json()?)),
        }
    }

    fn request(
        &self,
        key: &str,
        (_, index): (Option<&str>, &Revision),
        after: Option<&str>,
    ) -> Result<PlannedRequest, String> {
        let Revision::Strong(index) = index else {
            return Err("the reading has no index to compare with".into());
        };
        Ok(PlannedRequest {
            method: if after.is_some() { "PUT" } else { "DELETE" }.into(),
            url: self.client.url(&path(key), &[("cas", index)]).map_err(|fault| fault.to_string())?,
            headers: Vec::new(),
            content_type: after.is_some().then(|| "text/plain; charset=utf-8".into()),
            body: after.map(ToOwned::to_owned),
        })
    }

    async fn send(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        sending::send(permit, &self.client, requests, judge).await
    }

    async fn permission(&self, _key: &str) -> Check {
        let why = match &self.client.spec().secret {
            Some(source) => format!("Consul does not tell what the token from {source} may write"),
            None => "no token is configured: Consul takes the write only if its default policy allows it".into(),
        };
        Check { name: "token allowed".into(), status: CheckStatus::Unknown, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_stay_folders_and_names_are_encoded() {
        assert_eq!(path("flags/llm kill?"), "/v1/kv/flags/llm%20kill%3F");
    }

    #[test]
    fn only_true_is_a_yes() {
        let verdict = |body: &str| judge(&Answer::recorded(200, body));
        assert_eq!(verdict("true\n"), Some(Verdict::Yes));
        assert_eq!(verdict("false"), Some(Verdict::No(sending::lost_the_race())));
        assert!(matches!(verdict("{}"), Some(Verdict::Unsure(_))));
    }
}
