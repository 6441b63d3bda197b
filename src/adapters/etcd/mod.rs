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

use crate::domain::cause::Fault;
use crate::domain::endpoint::EndpointSpec;
use crate::domain::lever::{Contract, Form, Revision, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, PlannedRequest};
use crate::net::{Answer, ReadClient};

use super::keys::{Keys, Store};
use super::planned::{self, odd};
use super::sending::{self, Verdict};
use super::{Adapter, WriteOutcome};

const RANGE: &str = "/v3/kv/range";
const TRANSACTION: &str = "/v3/kv/txn";
/// Readers watch the key: what is stored reaches them at once.
const PROPAGATION: Duration = Duration::from_secs(2);

/// The adapter for an etcd endpoint.
#[must_use]
pub fn adapter(client: ReadClient) -> Adapter {
    Adapter { levers: Some(Arc::new(Keys(Etcd { client }))), ..Adapter::default() }
}

struct Etcd {
    client: ReadClient,
}

impl Etcd {
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
}

/// The revision of a key that is not there.
const UNSET: &str = "0";

/// Text and revision from the answer to a range.
fn value(answer: &Value) -> Result<(Option<String>, Revision), Fault> {
    if answer.get("header").is_none() {
        return Err(odd("not the answer of an etcd gateway"));
    }
    let Some(pair) = answer.pointer("/kvs/0") else { return Ok((None, Revision::Strong(UNSET.into()))) };
    let revision = pair.get("mod_revision").and_then(Value::as_str).ok_or_else(|| odd("a key without a revision"))?;
    // An empty value is left out of the answer like every other empty field.
    let encoded = pair.get("value").and_then(Value::as_str).unwrap_or_default();
    let bytes = STANDARD.decode(encoded).map_err(|_| odd("a value that is not base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| odd("a value that is not UTF-8 text"))?;
    Ok((Some(text), Revision::Strong(revision.to_owned())))
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
impl Store for Etcd {
    const FORM: &'static Form = &forms::ETCD_KEY;
    const CONTRACT: Contract = Contract::strong(PROPAGATION, "a role with READWRITE on the lever's key");

    fn endpoint(&self) -> &EndpointSpec {
        self.client.spec()
    }

    async fn value(&self, key: &str) -> Result<(Option<String>, Revision), Fault> {
        value(&self.ask(RANGE, &json!({ "key": STANDARD.encode(key) })).await?.json()?)
    }

    /// One transaction.
    fn request(
        &self,
        key: &str,
        (_, revision): (Option<&str>, &Revision),
        after: Option<&str>,
    ) -> Result<PlannedRequest, String> {
        let key = STANDARD.encode(key);
        let Revision::Strong(revision) = revision else {
            return Err("the reading has no revision to compare with".into());
        };
        let compare = if revision == UNSET {
            json!({ "key": key, "target": "CREATE", "result": "EQUAL", "create_revision": "0" })
        } else {
            json!({ "key": key, "target": "MOD", "result": "EQUAL", "mod_revision": revision })
        };
        let success = match after {
            Some(text) => json!({ "request_put": { "key": key, "value": STANDARD.encode(text) } }),
            None => json!({ "request_delete_range": { "key": key } }),
        };
        let body = json!({ "compare": [compare], "success": [success], "failure": [] });
        planned::request(&self.client, "POST", TRANSACTION, Some((planned::JSON, &body)))
    }

    async fn send(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        sending::send(permit, &self.client, requests, judge).await
    }

    async fn permission(&self, key: &str) -> Check {
        rights::check(self, key).await
    }
}
