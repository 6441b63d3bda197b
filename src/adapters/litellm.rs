//! LiteLLM with a database: whether one deployment takes traffic, as a lever. Blocks and unblocks, and never deletes: keys
//! come back masked, so that nothing could bring a deleted deployment back. May not decide which deployment is good.
//!
//! Facts this relies on (the source of LiteLLM 1.106.2): `/model/info` tells what the answering replica routes by; blocking
//! is for proxy admins, refused for deployments of the config file, and read by every other replica within a minute; an
//! unknown id is a 400; nothing compares before it sets; who and when stand in it only with a licence.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Revision, Setting, VersionInfo, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};
use crate::domain::text;
use crate::net::ReadClient;

use super::planned::{self, odd};
use super::{Adapter, Levers, WriteOutcome, checks, sending};

/// Until every replica has read its models again.
const PROPAGATION: Duration = Duration::from_mins(1);
const INFO: &str = "/model/info";

/// The adapter for a LiteLLM endpoint; `actor` stands in LiteLLM's audit log.
#[must_use]
pub fn adapter(client: ReadClient, actor: &str) -> Adapter {
    Adapter { levers: Some(Arc::new(LiteLlm { client, actor: actor.to_owned() })), ..Adapter::default() }
}

struct LiteLlm {
    client: ReadClient,
    actor: String,
}

impl LiteLlm {
    fn id<'target>(&self, target: &'target LeverTarget) -> Result<&'target str, String> {
        if target.is(&forms::LITELLM_MODEL) {
            Ok(target.key("model-id"))
        } else {
            Err(format!("{} is no lever of LiteLLM (endpoint {})", target.words(), self.client.spec().id))
        }
    }

    fn request(&self, id: &str, observed: &LeverReading, after: &Setting) -> Result<PlannedRequest, String> {
        let Setting::Switch(on) = after else {
            return Err(format!("a deployment takes traffic (on) or is blocked (off), not {after}"));
        };
        if planned::kept(&observed.raw)?.get("db_model").and_then(Value::as_bool) != Some(true) {
            return Err("this deployment stands in LiteLLM's config file, which only a restart reads again".into());
        }
        let path = if *on { "/model/unblock" } else { "/model/block" };
        let body = json!({ "model_id": id });
        let request = planned::request(&self.client, "POST", path, Some((planned::JSON, &body)))?;
        Ok(PlannedRequest { headers: vec![("litellm-changed-by".into(), self.actor.clone())], ..request })
    }
}

/// A reading from the row of one deployment. Its parameters are left out: they hold masked keys.
fn reading(row: &Value) -> Result<LeverReading, Fault> {
    let info = row.get("model_info").ok_or_else(|| odd("a deployment without model_info"))?;
    let flag = |key: &str| info.get(key).and_then(Value::as_bool);
    let words = |key: &str| info.get(key).and_then(Value::as_str).filter(|words| !words.is_empty());
    let of_database =
        flag("db_model").ok_or_else(|| odd("a deployment that is neither of the database nor the file"))?;
    Ok(LeverReading {
        // Rows of a server that has no such flag, and of its file, are never blocked.
        setting: Setting::Switch(!flag("blocked").unwrap_or(false)),
        revision: words("updated_at").map_or(Revision::None, |at| Revision::Soft(text::clean(at))),
        raw: json!({ "db_model": of_database, "blocked": info.get("blocked") }).to_string(),
        read_at: clock::now(),
        set_by: words("updated_by").map(text::clean),
        set_at: words("updated_at").and_then(|at| at.parse().ok()),
    })
}

#[async_trait]
impl Levers for LiteLlm {
    fn contract(&self, _target: &LeverTarget) -> Contract {
        Contract::weak(PROPAGATION, "a key of a proxy admin: LiteLLM lets nobody else block a deployment")
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let id = self.id(target).map_err(|why| odd(&why))?;
        let answer = self.client.get_any(INFO, &[("litellm_model_id", id)]).await?;
        match (answer.status, answer.fault()) {
            (400, _) if String::from_utf8_lossy(&answer.body).contains("not found on litellm proxy") => {
                Err(Fault::NotFound { what: format!("deployment {id}") })
            }
            (_, Some(fault)) => Err(fault.clone()),
            (_, None) => reading(answer.json()?.pointer("/data/0").ok_or_else(|| odd("the answer has no deployment"))?),
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
        Ok(vec![self.request(self.id(target)?, observed, after)?])
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        if observed.setting == prior.setting {
            return Err(planned::nothing_to_undo());
        }
        Ok(vec![self.request(self.id(target)?, observed, &prior.setting)?])
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        sending::send(permit, &self.client, requests, |_| None).await
    }

    /// What the replica that answers routes by. The others follow.
    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        self.read(target).await.map(|reading| Some(reading.setting))
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let read = self.read(target).await;
        let mut found = checks::of_read(&read.as_ref().map(drop).map_err(Clone::clone), &target.words());
        if let (Ok(reading), Ok(id)) = (read, self.id(target)) {
            let why = "LiteLLM lets only proxy admins block, and does not tell before".into();
            found.push(Check { name: "token allowed".into(), status: CheckStatus::Unknown, why });
            if let Err(why) = self.request(id, &reading, &Setting::Switch(false)) {
                found.push(Check { name: "can be moved".into(), status: CheckStatus::Fail, why });
            }
            let why = "the replica that answers is moved at once, every other one within a minute".into();
            found.push(Check { name: "serving".into(), status: CheckStatus::Warn, why });
        }
        found
    }
}
