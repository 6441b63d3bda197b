//! MLflow: prompt aliases and AI gateway routes as levers, prompt versions as changes.
//! May not decide which version is good.
//!
//! Facts this relies on (read off MLflow 3.17.2): no compare-and-set anywhere; "no alias" is a 400; an alias is deleted by
//! a DELETE with a body; the gateway replaces the whole route list, wipes a fallback configuration that is not repeated,
//! and goes on routing by its cache for up to 60 s.

mod alias;
mod gateway;
#[cfg(test)]
mod tests;
mod versions;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::change::Change;
use crate::domain::endpoint::FeedSpec;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Setting, VersionInfo, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};
use crate::net::{Answer, ReadClient};

use super::{Adapter, Changes, Levers, WriteOutcome, checks, sending};

/// Default life of the SDK's alias cache and of the gateway's route cache.
const PROPAGATION: Duration = Duration::from_mins(1);

/// The adapter for an MLflow endpoint.
#[must_use]
pub fn adapter(client: ReadClient) -> Adapter {
    let mlflow = Arc::new(Mlflow { client });
    Adapter { changes: Some(mlflow.clone()), levers: Some(mlflow), ..Adapter::default() }
}

struct Mlflow {
    client: ReadClient,
}

/// Where one of our levers lives.
enum Place<'target> {
    Alias { prompt: &'target str, alias: &'target str },
    Route(&'target str),
}

impl<'target> Place<'target> {
    /// The place of a target, if it is one of ours.
    fn of(target: &'target LeverTarget) -> Option<Self> {
        if target.is(&forms::MLFLOW_ALIAS) {
            Some(Self::Alias { prompt: target.key("prompt"), alias: target.key("alias") })
        } else if target.is(&forms::MLFLOW_ROUTE) {
            Some(Self::Route(target.key("route")))
        } else {
            None
        }
    }
}

impl Mlflow {
    fn not_ours(&self, target: &LeverTarget) -> String {
        format!("{} is no lever of MLflow (endpoint {})", target.words(), self.client.spec().id)
    }

    async fn read_alias(&self, prompt: &str, alias: &str) -> Result<LeverReading, Fault> {
        let answer = self.client.get_any(alias::PATH, &[("name", prompt), ("alias", alias)]).await?;
        match answer.status {
            200..300 => alias::reading(&answer, clock::now()),
            400 if alias::is_unset(&answer) => Ok(alias::unset(clock::now())),
            404 => Err(Fault::NotFound { what: format!("prompt {prompt}") }),
            status => Err(answer.fault().cloned().unwrap_or(Fault::NotUnderstood { why: format!("status {status}") })),
        }
    }

    async fn read_gateway(&self, endpoint: &str) -> Result<LeverReading, Fault> {
        let query = [("name", endpoint)];
        let (route, definitions) =
            tokio::join!(self.client.get(gateway::ROUTE, &query), self.client.get(gateway::DEFINITIONS, &[]));
        let route = text(route?)?;
        // Without the list only models that the route already names can be chosen: less to offer, nothing wrong.
        let definitions = definitions.and_then(text).ok();
        gateway::reading(&route, definitions.as_deref(), clock::now())
    }

    /// What can be known about the right to write without writing.
    fn permission(&self) -> Check {
        let (status, why) = match &self.client.spec().secret {
            Some(source) => {
                (CheckStatus::Unknown, format!("MLflow has no way to ask what the token from {source} may write"))
            }
            None => (CheckStatus::Pass, "the server lets everybody read and write without a token".to_owned()),
        };
        Check { name: "token allowed".into(), status, why }
    }
}

fn text(answer: Answer) -> Result<String, Fault> {
    String::from_utf8(answer.body).map_err(|_| Fault::NotUnderstood { why: "the answer is not UTF-8 text".into() })
}

#[async_trait]
impl Changes for Mlflow {
    async fn since(&self, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
        let prompt = Some(feed.what.as_str()).filter(|name| !name.is_empty());
        let filter = versions::filter(prompt)?;
        let answer = self.client.get(versions::PATH, &versions::query(&filter)).await?.json()?;
        versions::changes(&answer, feed, since)
    }
}

#[async_trait]
impl Levers for Mlflow {
    fn contract(&self, _target: &LeverTarget) -> Contract {
        Contract::weak(PROPAGATION, "EDIT on the registered prompt or the gateway endpoint")
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        match Place::of(target) {
            Some(Place::Alias { prompt, alias }) => self.read_alias(prompt, alias).await,
            Some(Place::Route(route)) => self.read_gateway(route).await,
            None => Err(Fault::NotUnderstood { why: self.not_ours(target) }),
        }
    }

    async fn versions(&self, target: &LeverTarget) -> Result<Vec<VersionInfo>, Fault> {
        let Some(Place::Alias { prompt, .. }) = Place::of(target) else { return Ok(Vec::new()) };
        let filter = versions::filter(Some(prompt))?;
        let answer = self.client.get(versions::PATH, &versions::query(&filter)).await?.json()?;
        versions::list(&answer)
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        let client = &self.client;
        let request = match Place::of(target) {
            Some(Place::Alias { prompt, alias }) => alias::request(client, prompt, alias, after)?,
            Some(Place::Route(_)) => gateway::plan(client, observed, after)?,
            None => return Err(self.not_ours(target)),
        };
        Ok(vec![request])
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        let client = &self.client;
        let request = match Place::of(target) {
            Some(Place::Alias { .. }) if observed.setting == prior.setting => {
                return Err("nothing to undo: it is already as it was before".into());
            }
            Some(Place::Alias { prompt, alias }) => alias::request(client, prompt, alias, &prior.setting)?,
            Some(Place::Route(_)) => gateway::restore(client, observed, prior)?,
            None => return Err(self.not_ours(target)),
        };
        Ok(vec![request])
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        sending::send(permit, &self.client, requests, |_| None).await
    }

    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        match Place::of(target) {
            Some(Place::Alias { prompt, alias }) => {
                self.read_alias(prompt, alias).await.map(|reading| Some(reading.setting))
            }
            // What the gateway routes by is in its cache, which no API shows: only traffic can tell.
            Some(Place::Route(_)) => Ok(None),
            None => Err(Fault::NotUnderstood { why: self.not_ours(target) }),
        }
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let read = self.read(target).await.map(drop);
        let mut found = checks::of_read(&read, &target.words());
        if read.is_ok() {
            found.push(self.permission());
        }
        found
    }
}
