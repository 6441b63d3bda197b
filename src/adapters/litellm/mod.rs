//! LiteLLM with a database as levers: whether one deployment takes traffic, the weights of a model group's deployments, and the
//! group that an alias names. Blocks, weighs and renames, and never deletes: keys come back masked, so that nothing could bring
//! a deleted deployment back. May not decide which deployment is good.
//!
//! Facts this relies on (the source of LiteLLM 1.106.2): `/model/info` tells what the answering replica routes by; writes are for
//! proxy admins, refused for what stands in the config file, and read by every other replica within a minute; an unknown id is a
//! 400 when read and a 404 when written; nothing compares before it sets; who and when stand in it only with a licence.

mod alias;
mod audit;
mod deployment;
mod weights;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::domain::cause::Fault;
use crate::domain::change::Change;
use crate::domain::endpoint::FeedSpec;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Setting, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};
use crate::domain::text;
use crate::net::ReadClient;

use super::planned::{self, odd};
use super::{Adapter, Changes, Levers, WriteOutcome, checks, sending};

/// Until every replica has read its models again.
const PROPAGATION: Duration = Duration::from_mins(1);
const INFO: &str = "/model/info";

/// The adapter for a LiteLLM endpoint; `actor` stands in LiteLLM's audit log.
#[must_use]
pub fn adapter(client: ReadClient, actor: &str) -> Adapter {
    let gateway = Arc::new(LiteLlm { client, actor: actor.to_owned() });
    Adapter { changes: Some(gateway.clone()), levers: Some(gateway), ..Adapter::default() }
}

struct LiteLlm {
    client: ReadClient,
    actor: String,
}

/// What of LiteLLM is moved.
#[derive(Debug, Clone, Copy)]
enum Place<'target> {
    /// The deployment with this id.
    Deployment(&'target str),
    /// The weights of the deployments of this group.
    Group(&'target str),
    /// The group that this alias names.
    Alias(&'target str),
}

/// A write as its place plans it: method, path, body.
type Planned = (&'static str, String, Value);

impl Place<'_> {
    fn plan(&self, observed: &LeverReading, after: &Setting) -> Result<Vec<Planned>, String> {
        match *self {
            Self::Deployment(id) => Ok(vec![deployment::plan(id, observed, after)?]),
            Self::Group(_) => weights::plan(observed, after),
            Self::Alias(alias) => Ok(vec![alias::plan(alias, observed, after)?]),
        }
    }

    fn restore(&self, observed: &LeverReading, prior: &LeverReading) -> Result<Vec<Planned>, String> {
        match *self {
            Self::Deployment(id) if observed.setting != prior.setting => {
                Ok(vec![deployment::plan(id, observed, &prior.setting)?])
            }
            Self::Deployment(_) => Err(planned::nothing_to_undo()),
            Self::Group(_) => weights::restore(observed, prior),
            Self::Alias(alias) => Ok(vec![alias::restore(alias, observed, prior)?]),
        }
    }

    /// Why a lever of what stands in the config file cannot be moved, if it cannot.
    fn fixed(&self, observed: &LeverReading) -> Option<String> {
        match *self {
            Self::Deployment(id) => deployment::plan(id, observed, &Setting::Switch(false)).err(),
            Self::Group(_) => weights::fixed(observed),
            Self::Alias(_) => alias::fixed(observed),
        }
    }
}

impl LiteLlm {
    fn place<'target>(&self, target: &'target LeverTarget) -> Result<Place<'target>, String> {
        if target.is(&forms::LITELLM_MODEL) {
            Ok(Place::Deployment(target.key("model-id")))
        } else if target.is(&forms::LITELLM_WEIGHTS) {
            Ok(Place::Group(target.key("model-group")))
        } else if target.is(&forms::LITELLM_ALIAS) {
            Ok(Place::Alias(target.key("model-alias")))
        } else {
            Err(format!("{} is no lever of LiteLLM (endpoint {})", target.words(), self.client.spec().id))
        }
    }

    fn requests(&self, planned: Vec<Planned>) -> Result<Vec<PlannedRequest>, String> {
        let request = |(method, path, body): Planned| {
            let request = planned::request(&self.client, method, &path, Some((planned::JSON, &body)))?;
            Ok(PlannedRequest { headers: vec![("litellm-changed-by".into(), self.actor.clone())], ..request })
        };
        planned.into_iter().map(request).collect()
    }

    /// The rows of every deployment, or of the one with this id.
    async fn rows(&self, id: Option<&str>) -> Result<Vec<Value>, Fault> {
        let query: Vec<_> = id.map(|id| ("litellm_model_id", id)).into_iter().collect();
        let answer = self.client.get_any(INFO, &query).await?;
        match (answer.status, answer.fault(), id) {
            (400, _, Some(id)) if String::from_utf8_lossy(&answer.body).contains("not found on litellm proxy") => {
                Err(Fault::NotFound { what: format!("deployment {id}") })
            }
            (_, Some(fault), _) => Err(fault.clone()),
            (_, None, _) => match answer.json()?.get("data") {
                Some(Value::Array(rows)) => Ok(rows.clone()),
                _ => Err(odd("an answer without a list of deployments")),
            },
        }
    }
}

#[async_trait]
impl Changes for LiteLlm {
    async fn since(&self, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
        let from = since.to_string();
        let query = [("page_size", "100"), ("sort_by", "updated_at"), ("start_date", &from)];
        audit::changes(&self.client.get(audit::PATH, &query).await?.json()?, feed, since)
    }
}

#[async_trait]
impl Levers for LiteLlm {
    fn contract(&self, _target: &LeverTarget) -> Contract {
        Contract::weak(PROPAGATION, "a key of a proxy admin: LiteLLM lets nobody else block, weigh or rename")
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        match self.place(target).map_err(|why| odd(&why))? {
            Place::Deployment(id) => {
                let rows = self.rows(Some(id)).await?;
                deployment::reading(rows.first().ok_or_else(|| odd("the answer has no deployment"))?)
            }
            Place::Group(group) => weights::reading(group, &self.rows(None).await?),
            Place::Alias(alias) => {
                let settings = self.client.get(alias::SETTINGS, &[]);
                let (settings, rows) = tokio::join!(settings, self.rows(None));
                alias::reading(alias, &settings?.json()?, &rows?)
            }
        }
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        self.requests(self.place(target)?.plan(observed, after)?)
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        self.requests(self.place(target)?.restore(observed, prior)?)
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        sending::send(permit, &self.client, requests, |_| None).await
    }

    /// What the replica that answers routes by; the others follow. Of an alias it tells only what is stored.
    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        if target.is(&forms::LITELLM_ALIAS) {
            return Ok(None);
        }
        self.read(target).await.map(|reading| Some(reading.setting))
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let read = self.read(target).await;
        let mut found = checks::of_read(&read.as_ref().map(drop).map_err(Clone::clone), &target.words());
        if let (Ok(reading), Ok(place)) = (read, self.place(target)) {
            let why = "LiteLLM lets only proxy admins write, and does not tell before".into();
            found.push(Check { name: "token allowed".into(), status: CheckStatus::Unknown, why });
            if let Some(why) = place.fixed(&reading) {
                found.push(Check { name: "can be moved".into(), status: CheckStatus::Fail, why });
            }
            let why = "the replica that answers is moved at once, every other one within a minute".into();
            found.push(Check { name: "serving".into(), status: CheckStatus::Warn, why });
        }
        found
    }
}

/// The part of a row that LiteLLM keeps about a deployment, not what it sends to the provider.
fn info(row: &Value) -> Result<&Value, Fault> {
    row.get("model_info").ok_or_else(|| odd("a deployment without model_info"))
}

/// Whether a deployment stands in the database, where it can be moved.
fn of_database(info: &Value) -> Result<bool, Fault> {
    let flag = info.get("db_model").and_then(Value::as_bool);
    flag.ok_or_else(|| odd("a deployment that is neither of the database nor the file"))
}

/// Text of a row, cleaned; rows without a licence have none.
fn words(info: &Value, key: &str) -> Option<String> {
    info.get(key).and_then(Value::as_str).filter(|words| !words.is_empty()).map(text::clean)
}

/// Why what stands in the config file is no lever.
fn of_file(what: &str) -> String {
    format!("{what} in LiteLLM's config file, which only a restart reads again")
}
