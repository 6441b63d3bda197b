//! Alertmanager: one silence as a lever, off on ordinary days, and every silence as a change. A silence quietens people and contains nothing of the
//! product, so that no config can call it safe. May not decide which alerts may be quiet.
//!
//! Facts this relies on (read off Alertmanager 0.25.0): a silence is made with an end and never without; taking it off makes
//! it `expired`, which stays listed; taking it off twice is a yes both times; it works within a second.

mod history;
mod matchers;
mod silence;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::change::Change;
use crate::domain::endpoint::FeedSpec;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Setting, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};
use crate::net::ReadClient;

use super::planned::odd;
use super::{Adapter, Changes, Levers, WriteOutcome, checks, sending};
use silence::Wanted;

const PROPAGATION: Duration = Duration::from_secs(2);
const SILENCES: &str = "/api/v2/silences";
const ALERTS: &str = "/api/v2/alerts";

/// The adapter for an Alertmanager endpoint; `actor` is who makes silences.
#[must_use]
pub fn adapter(client: ReadClient, actor: &str) -> Adapter {
    let alertmanager = Arc::new(Alertmanager { client, actor: actor.to_owned() });
    Adapter { changes: Some(alertmanager.clone()), levers: Some(alertmanager), ..Adapter::default() }
}

struct Alertmanager {
    client: ReadClient,
    actor: String,
}

impl Alertmanager {
    fn wanted(&self, target: &LeverTarget) -> Result<Wanted, String> {
        if target.is(&forms::ALERTMANAGER_SILENCE) {
            Wanted::of(target.key("silence"), target.key("for"), target.key("why"), &self.actor)
        } else {
            Err(format!("{} is no lever of Alertmanager (endpoint {})", target.words(), self.client.spec().id))
        }
    }

    /// The alerts of now that the silence is about.
    async fn alerts(&self, wanted: &Wanted) -> Result<Vec<Value>, Fault> {
        let filters: Vec<String> = wanted.matchers.iter().map(ToString::to_string).collect();
        let query: Vec<(&str, &str)> = filters.iter().map(|filter| ("filter", filter.as_str())).collect();
        match self.client.get(ALERTS, &query).await?.json()? {
            Value::Array(alerts) => Ok(alerts),
            _ => Err(odd("the alerts are no list")),
        }
    }
}

#[async_trait]
impl Changes for Alertmanager {
    async fn since(&self, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
        let answer = self.client.get(SILENCES, &[]).await?;
        history::changes(&answer.json_as::<Value>()?, feed, since, clock::now())
    }
}

#[async_trait]
impl Levers for Alertmanager {
    fn contract(&self, _target: &LeverTarget) -> Contract {
        Contract::weak(PROPAGATION, "Alertmanager has no rights of its own: what its proxy or web config lets through")
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let wanted = self.wanted(target).map_err(|why| odd(&why))?;
        let answer = self.client.get(SILENCES, &[]).await?;
        silence::reading(&wanted, &answer.json_as::<Value>()?, clock::now())
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        silence::plan(&self.client, &self.wanted(target)?, observed, after)
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        self.wanted(target)?;
        silence::restore(&self.client, observed, prior)
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        sending::send(permit, &self.client, requests, |_| None).await
    }

    /// Whether the alerts that fire now are quiet. Without any there is nothing to tell it by.
    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        let wanted = self.wanted(target).map_err(|why| odd(&why))?;
        let alerts = self.alerts(&wanted).await?;
        let quiet = |alert: &Value| {
            alert.pointer("/status/silencedBy").and_then(Value::as_array).is_some_and(|by| !by.is_empty())
        };
        Ok((!alerts.is_empty()).then(|| Setting::Switch(alerts.iter().all(quiet))))
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let read = self.read(target).await.map(drop);
        let mut found = checks::of_read(&read, &target.words());
        let Ok(wanted) = self.wanted(target) else { return found };
        if read.is_ok() {
            let check = |name: &str, status, why: &str| Check { name: name.into(), status, why: why.into() };
            let why = "Alertmanager has no rights of its own; what stands before it may refuse writes";
            found.push(check("token allowed", CheckStatus::Unknown, why));
            let why = "a silence contains nothing: the product goes on as it is, only nobody is told";
            found.push(check("contains nothing", CheckStatus::Warn, why));
            if self.alerts(&wanted).await.is_ok_and(|alerts| alerts.is_empty()) {
                found.push(check("alerts match", CheckStatus::Warn, "no alert matches now; look at the matchers"));
            }
        }
        found
    }
}
