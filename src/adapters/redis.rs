//! Redis: the value of a string key as a lever, moved by a script that compares it first.
//! May not decide what a value means.
//!
//! Facts this relies on (read off Redis 7.0.15): a script runs as a whole or not at all; a plain SET forgets the key's
//! time to live, which KEEPTTL keeps; there is no revision and no record of who changed a key.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Revision, Setting, VersionInfo, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};
use crate::domain::text;
use crate::net::{RedisClient, RedisSent, Reply};

use super::{Adapter, Levers, WriteOutcome, checks, sending, stored};

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
    Adapter { levers: Some(Arc::new(Redis { client })), ..Adapter::default() }
}

struct Redis {
    client: RedisClient,
}

impl Redis {
    fn place<'target>(&self, target: &'target LeverTarget) -> Result<(&'target str, &'target str), String> {
        if target.is(&forms::REDIS_KEY) {
            Ok((target.key("key"), target.key("pointer")))
        } else {
            Err(format!("{} is no lever of Redis (endpoint {})", target.words(), self.client.spec().id))
        }
    }

    /// The one request that gives the key `after`, if it still holds `now`.
    fn request(&self, key: &str, now: Option<&str>, after: Option<&str>) -> Result<PlannedRequest, String> {
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

    /// Whether this user may write the key, as far as Redis says without a write.
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

#[async_trait]
impl Levers for Redis {
    fn contract(&self, _target: &LeverTarget) -> Contract {
        Contract::strong(PROPAGATION, "an ACL user with ~KEY +get +set +del +eval")
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let (key, pointer) = self.place(target).map_err(|why| Fault::NotUnderstood { why })?;
        let text = match self.client.ask(&["GET", key]).await? {
            Reply::Text(text) => Some(text),
            Reply::Nothing => None,
            Reply::Error(why) => return Err(Fault::NotUnderstood { why: format!("Redis said: {why}") }),
            Reply::Number(_) => {
                return Err(Fault::NotUnderstood { why: "a number where a value was asked for".into() });
            }
        };
        Ok(LeverReading {
            setting: stored::setting(text.as_deref(), pointer)?,
            revision: Revision::None,
            raw: stored::raw(text.as_deref()),
            read_at: clock::now(),
            set_by: None,
            set_at: None,
        })
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
        Ok(vec![self.request(key, now.as_deref(), text.as_deref())?])
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        let (key, _) = self.place(target)?;
        let (now, before) = (stored::text_of(&observed.raw)?, stored::text_of(&prior.raw)?);
        if now == before {
            return Err("nothing to undo: it is already as it was before".into());
        }
        Ok(vec![self.request(key, now.as_deref(), before.as_deref())?])
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
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

    /// Readers have their own copies, which Redis does not know: only traffic can tell.
    async fn served(&self, _target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        Ok(None)
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let read = self.read(target).await.map(drop);
        let mut found = checks::of_read(&read, &target.words());
        if read.is_ok() {
            found.push(self.permission(target.key("key")).await);
        }
        found
    }
}
