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

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Revision, Setting, VersionInfo, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};
use crate::net::{Answer, ReadClient, segment};

use super::sending::{self, Verdict};
use super::{Adapter, Levers, WriteOutcome, checks, stored};

/// Readers watch the key: what is stored reaches them at once.
const PROPAGATION: Duration = Duration::from_secs(2);
/// The index of a key that is not there.
const UNSET: &str = "0";

/// The adapter for a Consul endpoint.
#[must_use]
pub fn adapter(client: ReadClient) -> Adapter {
    Adapter { levers: Some(Arc::new(Consul { client })), ..Adapter::default() }
}

struct Consul {
    client: ReadClient,
}

impl Consul {
    fn place<'target>(&self, target: &'target LeverTarget) -> Result<(&'target str, &'target str), String> {
        if target.is(&forms::CONSUL_KEY) {
            Ok((target.key("key"), target.key("pointer")))
        } else {
            Err(format!("{} is no lever of Consul (endpoint {})", target.words(), self.client.spec().id))
        }
    }

    /// One write that gives the key `text`, if it still is at the observed index.
    fn request(&self, key: &str, observed: &LeverReading, text: Option<String>) -> Result<PlannedRequest, String> {
        let Revision::Strong(index) = &observed.revision else {
            return Err("the reading has no index to compare with".into());
        };
        Ok(PlannedRequest {
            method: if text.is_some() { "PUT" } else { "DELETE" }.into(),
            url: self.client.url(&path(key), &[("cas", index)]).map_err(|fault| fault.to_string())?,
            headers: Vec::new(),
            content_type: text.is_some().then(|| "text/plain; charset=utf-8".into()),
            body: text,
        })
    }
}

/// The address of a key. Its slashes are folders and stay.
fn path(key: &str) -> String {
    let folders: Vec<String> = key.split('/').map(segment).collect();
    format!("/v1/kv/{}", folders.join("/"))
}

/// A reading from the answer to a GET; `None` for a key that is not there.
fn reading(answer: Option<&Value>, pointer: &str) -> Result<LeverReading, Fault> {
    let odd = |why: &str| Fault::NotUnderstood { why: why.to_owned() };
    let (index, text) = match answer {
        None => (UNSET.to_owned(), None),
        Some(answer) => {
            let entry = answer.pointer("/0").ok_or_else(|| odd("not a list with one key"))?;
            let index =
                entry.get("ModifyIndex").and_then(Value::as_u64).ok_or_else(|| odd("a key without an index"))?;
            let encoded = entry.get("Value").and_then(Value::as_str).unwrap_or_default();
            let bytes = STANDARD.decode(encoded).map_err(|_| odd("a value that is not base64"))?;
            (index.to_string(), Some(String::from_utf8(bytes).map_err(|_| odd("a value that is not UTF-8 text"))?))
        }
    };
    Ok(LeverReading {
        setting: stored::setting(text.as_deref(), pointer)?,
        revision: Revision::Strong(index),
        raw: stored::raw(text.as_deref()),
        read_at: clock::now(),
        set_by: None,
        set_at: None,
    })
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
impl Levers for Consul {
    fn contract(&self, _target: &LeverTarget) -> Contract {
        Contract::strong(PROPAGATION, "an ACL token with key \"…\" { policy = \"write\" } on the lever's key")
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let (key, pointer) = self.place(target).map_err(|why| Fault::NotUnderstood { why })?;
        let answer = self.client.get_any(&path(key), &[("consistent", "")]).await?;
        match (answer.status, answer.fault()) {
            (404, _) if answer.body.trim_ascii().is_empty() => reading(None, pointer),
            (_, Some(fault)) => Err(fault.clone()),
            (_, None) => reading(Some(&answer.json()?), pointer),
        }
    }

    async fn versions(&self, _target: &LeverTarget) -> Result<Vec<VersionInfo>, Fault> {
        Ok(Vec::new())
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        let (key, pointer) = self.place(target)?;
        let now = stored::text_of(&observed.raw)?;
        let text = stored::text_for(now.as_deref(), pointer, after)?;
        Ok(vec![self.request(key, observed, text)?])
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        let (key, _) = self.place(target)?;
        let before = stored::text_of(&prior.raw)?;
        if stored::text_of(&observed.raw)? == before {
            return Err("nothing to undo: it is already as it was before".into());
        }
        Ok(vec![self.request(key, observed, before)?])
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        sending::send(permit, &self.client, requests, judge).await
    }

    /// Readers have their own copies, which Consul does not know: only traffic can tell.
    async fn served(&self, _target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        Ok(None)
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let read = self.read(target).await.map(drop);
        let mut found = checks::of_read(&read, &target.words());
        if read.is_ok() {
            let (status, why) = match &self.client.spec().secret {
                Some(source) => {
                    (CheckStatus::Unknown, format!("Consul does not tell what the token from {source} may write"))
                }
                None => (
                    CheckStatus::Unknown,
                    "no token is configured: Consul takes the write only if its default policy allows it".into(),
                ),
            };
            found.push(Check { name: "token allowed".into(), status, why });
        }
        found
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
