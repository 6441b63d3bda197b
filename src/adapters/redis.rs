//! Redis: the value of a string key as a lever, moved by a script that compares it first.
//! May not decide what a value means.
//!
//! Facts this relies on (read off Redis 7.0.15): a script runs as a whole or not at all; a plain SET forgets the key's
//! time to live, which KEEPTTL keeps; there is no revision and no record of who changed a key.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::cause::Fault;
use crate::domain::endpoint::EndpointSpec;
use crate::domain::lever::{Contract, Form, Revision, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};
use crate::domain::text;
use crate::net::{RedisClient, RedisSent, Reply};

use super::keys::{Keys, Store};
use super::planned::odd;
use super::{Adapter, WriteOutcome, sending};

/// Most readers ask for the key at each use, or keep it for some seconds.
const PROPAGATION: Duration = Duration::from_secs(5);
/// The method of a planned write; no HTTP method, so that no HTTP client could ever send it.
const EVALUATE: &str = "EVAL";
/// Compares the value (`1`, value) or that there is none (`0`), then sets (`1`, value) or removes (`0`). Answers 1 or 0.
const SCRIPT: &str = "local now = redis.call('GET', KEYS[1]) \
if ARGV[1] == '1' then if now ~= ARGV[2] then return 0 end elseif now then return 0 end \
if ARGV[3] == '1' then if now then redis.call('SET', KEYS[1], ARGV[4], 'KEEPTTL') else redis.call('SET', KEYS[1], ARGV[4]) end \
else redis.call('DEL', KEYS[1]) end return 1";

/// The adapter for a Redis endpoint.
#[must_use]
pub fn adapter(client: RedisClient) -> Adapter {
    Adapter { levers: Some(Arc::new(Keys(Redis { client }))), ..Adapter::default() }
}

struct Redis {
    client: RedisClient,
}

#[async_trait]
impl Store for Redis {
    const FORM: &'static Form = &forms::REDIS_KEY;
    const CONTRACT: Contract = Contract::strong(PROPAGATION, "an ACL user with ~KEY +get +set +del +eval");

    fn endpoint(&self) -> &EndpointSpec {
        self.client.spec()
    }

    async fn value(&self, key: &str) -> Result<(Option<String>, Revision), Fault> {
        match self.client.ask(&["GET", key]).await? {
            Reply::Text(text) => Ok((Some(text), Revision::None)),
            Reply::Nothing => Ok((None, Revision::None)),
            Reply::Error(why) => Err(odd(&format!("Redis said: {why}"))),
            Reply::Number(_) => Err(odd("a number where a value was asked for")),
        }
    }

    /// Redis has no revision: the script compares the value itself.
    fn request(
        &self,
        key: &str,
        (now, _): (Option<&str>, &Revision),
        after: Option<&str>,
    ) -> Result<PlannedRequest, String> {
        let flag = |text: Option<&str>| if text.is_some() { "1" } else { "0" };
        let arguments = [SCRIPT, "1", key, flag(now), now.unwrap_or_default(), flag(after), after.unwrap_or_default()];
        Ok(PlannedRequest {
            method: EVALUATE.into(),
            url: self.client.address().map_err(|fault| fault.to_string())?,
            headers: Vec::new(),
            content_type: Some("application/json".into()),
            body: Some(serde_json::json!(arguments).to_string()),
        })
    }

    async fn send(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        let refuse = |why: &str| WriteOutcome::NotSent(Fault::NotUnderstood { why: why.to_owned() });
        let [request] = requests else { return refuse("a Redis plan holds exactly one request") };
        if request.method != EVALUATE || self.client.address().as_ref() != Ok(&request.url) {
            return refuse("the request is not for this Redis");
        }
        let arguments: Vec<String> = match serde_json::from_str(request.body.as_deref().unwrap_or_default()) {
            Ok(arguments) => arguments,
            Err(_) => return refuse("the request's arguments cannot be read"),
        };
        let command: Vec<&str> = [EVALUATE].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        match self.client.write(permit, &command).await {
            RedisSent::Answered(Reply::Number(1)) => WriteOutcome::Acknowledged("the store answered 1".into()),
            RedisSent::Answered(Reply::Number(0)) => WriteOutcome::Rejected(sending::lost_the_race()),
            // The script's only change is its last command: where it failed, nothing changed.
            RedisSent::Answered(Reply::Error(message)) => {
                WriteOutcome::Rejected(Fault::BadRequest { status: 0, message })
            }
            RedisSent::Answered(other) => {
                WriteOutcome::Unknown(Fault::NotUnderstood { why: format!("an odd reply to a script: {other:?}") })
            }
            RedisSent::NotSent(fault) => WriteOutcome::NotSent(fault),
            RedisSent::Unknown(fault @ Fault::NotAllowed { .. }) => WriteOutcome::Rejected(fault),
            RedisSent::Unknown(fault) => WriteOutcome::Unknown(fault),
        }
    }

    async fn permission(&self, key: &str) -> Check {
        let unknown = |why: String| (CheckStatus::Unknown, why);
        let who = match self.client.ask(&["ACL", "WHOAMI"]).await {
            Ok(Reply::Text(who)) => who,
            _ => "default".to_owned(),
        };
        let (status, why) = match self.client.ask(&["ACL", "DRYRUN", &who, "SET", key, "x"]).await {
            Ok(Reply::Text(words)) if words == "OK" => (CheckStatus::Pass, format!("user {who} may write {key}")),
            Ok(Reply::Text(words)) => (CheckStatus::Fail, text::clean(&words)),
            Ok(_) => unknown(format!("this Redis does not tell what user {who} may write")),
            Err(Fault::NotAllowed { .. }) => unknown(format!("user {who} may not ask what it may write")),
            Err(fault) => unknown(fault.to_string()),
        };
        Check { name: "token allowed".into(), status, why }
    }
}
