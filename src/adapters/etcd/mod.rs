//! etcd through its JSON gateway: the value of a key as a lever, moved by a transaction that compares the key's revision.
//! May not decide what a value means.
//!
//! Facts this relies on (read off etcd 3.4.23): keys and values are base64, 64-bit numbers are texts, false and empty
//! fields are left out; a transaction whose comparison failed answers 200 **without** `succeeded`; without a token an
//! etcd that asks for one answers 400 with code 3. There is no record of who changed a key, and none of when.

mod rights;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Revision, Setting, VersionInfo, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, PlannedRequest};
use crate::net::{Answer, ReadClient};

use super::sending::{self, Verdict};
use super::{Adapter, Levers, WriteOutcome, checks, stored};

const RANGE: &str = "/v3/kv/range";
const TRANSACTION: &str = "/v3/kv/txn";
/// Readers watch the key: what is stored reaches them at once.
const PROPAGATION: Duration = Duration::from_secs(2);

/// The adapter for an etcd endpoint.
#[must_use]
pub fn adapter(client: ReadClient) -> Adapter {
    Adapter { levers: Some(Arc::new(Etcd { client })), ..Adapter::default() }
}

struct Etcd {
    client: ReadClient,
}

impl Etcd {
    fn place<'target>(&self, target: &'target LeverTarget) -> Result<(&'target str, &'target str), String> {
        if target.is(&forms::ETCD_KEY) {
            Ok((target.key("key"), target.key("pointer")))
        } else {
            Err(format!("{} is no lever of etcd (endpoint {})", target.words(), self.client.spec().id))
        }
    }

    /// A question to the gateway; a refusal for want of a token is told apart from a wrong question.
    async fn ask(&self, path: &str, body: &Value) -> Result<Answer, Fault> {
        let answer = self.client.ask_json(path, body).await?;
        match answer.fault() {
            None => Ok(answer),
            Some(Fault::BadRequest { message, .. }) if message.contains("user name is empty") => {
                let secret = self.client.spec().secret.as_ref().map(ToString::to_string);
                Err(Fault::NotAllowed { status: 401, secret })
            }
            Some(fault) => Err(fault.clone()),
        }
    }

    /// One transaction that gives the key `text`, if it still is at the observed revision.
    fn transaction(&self, key: &str, observed: &LeverReading, text: Option<&str>) -> Result<PlannedRequest, String> {
        let key = STANDARD.encode(key);
        let Revision::Strong(revision) = &observed.revision else {
            return Err("the reading has no revision to compare with".into());
        };
        let compare = if revision == UNSET {
            json!({ "key": key, "target": "CREATE", "result": "EQUAL", "create_revision": "0" })
        } else {
            json!({ "key": key, "target": "MOD", "result": "EQUAL", "mod_revision": revision })
        };
        let success = match text {
            Some(text) => json!({ "request_put": { "key": key, "value": STANDARD.encode(text) } }),
            None => json!({ "request_delete_range": { "key": key } }),
        };
        let body = json!({ "compare": [compare], "success": [success], "failure": [] });
        Ok(PlannedRequest {
            method: "POST".into(),
            url: self.client.url(TRANSACTION, &[]).map_err(|fault| fault.to_string())?,
            headers: Vec::new(),
            content_type: Some("application/json".into()),
            body: Some(body.to_string()),
        })
    }
}

/// The revision of a key that is not there.
const UNSET: &str = "0";

/// A reading from the answer to a range.
fn reading(answer: &Value, pointer: &str) -> Result<LeverReading, Fault> {
    let odd = |why: &str| Fault::NotUnderstood { why: why.to_owned() };
    if answer.get("header").is_none() {
        return Err(odd("not the answer of an etcd gateway"));
    }
    let found = answer.pointer("/kvs/0");
    let revision = match found {
        Some(pair) => {
            pair.get("mod_revision").and_then(Value::as_str).ok_or_else(|| odd("a key without a revision"))?
        }
        None => UNSET,
    };
    // An empty value is left out of the answer like every other empty field.
    let encoded = found.map(|pair| pair.get("value").and_then(Value::as_str).unwrap_or_default());
    let text = encoded.map(|encoded| {
        let bytes = STANDARD.decode(encoded).map_err(|_| odd("a value that is not base64"))?;
        String::from_utf8(bytes).map_err(|_| odd("a value that is not UTF-8 text"))
    });
    let text = text.transpose()?;
    Ok(LeverReading {
        setting: stored::setting(text.as_deref(), pointer)?,
        revision: Revision::Strong(revision.to_owned()),
        raw: stored::raw(text.as_deref()),
        read_at: clock::now(),
        set_by: None,
        set_at: None,
    })
}

/// A transaction that compared and lost says so by leaving `succeeded` out.
fn judge(answer: &Answer) -> Option<Verdict> {
    if answer.fault().is_some() {
        return None;
    }
    let body = answer.json().ok()?;
    let answered = body.get("header").is_some();
    match body.get("succeeded").and_then(Value::as_bool) {
        Some(true) if answered => Some(Verdict::Yes),
        _ if answered => Some(Verdict::No(sending::lost_the_race())),
        _ => Some(Verdict::Unsure(Fault::NotUnderstood { why: "not the answer of an etcd gateway".into() })),
    }
}

#[async_trait]
impl Levers for Etcd {
    fn contract(&self, _target: &LeverTarget) -> Contract {
        Contract::strong(PROPAGATION, "a role with READWRITE on the lever's key")
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let (key, pointer) = self.place(target).map_err(|why| Fault::NotUnderstood { why })?;
        let answer = self.ask(RANGE, &json!({ "key": STANDARD.encode(key) })).await?;
        reading(&answer.json()?, pointer)
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
        Ok(vec![self.transaction(key, observed, text.as_deref())?])
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
        Ok(vec![self.transaction(key, observed, before.as_deref())?])
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        sending::send(permit, &self.client, requests, judge).await
    }

    /// Readers have their own copies, which etcd does not know: only traffic can tell.
    async fn served(&self, _target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        Ok(None)
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let read = self.read(target).await.map(drop);
        let mut found = checks::of_read(&read, &target.words());
        if read.is_ok() {
            found.push(rights::check(self, target.key("key")).await);
        }
        found
    }
}
