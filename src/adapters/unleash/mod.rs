//! Unleash: on/off, rollout and variant weights of a flag in one environment as levers, its event log as changes, its client API as the
//! serving side. May not decide what a flag means.
//!
//! Facts this relies on (read off Unleash 7.5.1 and 8.2.0): on/off has no compare-and-set and answers 200 with an empty
//! body; the first `on` creates a strategy; a JSON Patch `test` that fails answers 500.

mod events;
mod moves;
mod state;
#[cfg(test)]
mod tests;
mod variants;

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
use crate::net::{Answer, ReadClient};

use super::{Adapter, Changes, Levers, WriteOutcome, sending};
use moves::Place;

/// Read-through of the client API and the default poll of its SDKs.
const PROPAGATION: Duration = Duration::from_secs(15);

/// The adapter for an Unleash endpoint.
#[must_use]
pub fn adapter(client: ReadClient) -> Adapter {
    let unleash = Arc::new(Unleash { client });
    Adapter { changes: Some(unleash.clone()), levers: Some(unleash), ..Adapter::default() }
}

struct Unleash {
    client: ReadClient,
}

impl Unleash {
    fn place<'target>(&self, target: &'target LeverTarget) -> Result<Place<'target>, String> {
        Place::of(target)
            .ok_or_else(|| format!("{} is no lever of Unleash (endpoint {})", target.words(), self.client.spec().id))
    }

    fn place_or_fault<'target>(&self, target: &'target LeverTarget) -> Result<Place<'target>, Fault> {
        self.place(target).map_err(|why| Fault::NotUnderstood { why })
    }

    /// The environment's own JSON, as the store gave it.
    async fn environment(&self, place: &Place<'_>) -> Result<String, Fault> {
        let answer = self.client.get(&place.path(), &[]).await?;
        String::from_utf8(answer.body).map_err(|_| Fault::NotUnderstood { why: "the answer is not UTF-8 text".into() })
    }

    /// The newest event of the flag. A log we may not read costs the revision's first half, not the lever.
    async fn newest_event(&self, place: &Place<'_>) -> Option<Value> {
        let feature = format!("IS:{}", place.flag);
        let answer = self.client.get(events::PATH, &[("feature", &feature), ("limit", "1")]).await.ok()?;
        answer.json().ok()?.pointer("/events/0").cloned()
    }

    /// Whether this token may toggle, by what the store says about its user.
    async fn permission(&self, place: &Place<'_>) -> Check {
        let name = "token allowed".to_owned();
        let answer = match self.client.get("/api/admin/user", &[]).await.and_then(|answer| answer.json()) {
            Ok(answer) => answer,
            Err(fault) => {
                let why = format!("the store did not say what this token may do: {fault}");
                return Check { name, status: CheckStatus::Unknown, why };
            }
        };
        match state::may_toggle(&answer, place) {
            Some(true) => {
                Check { name, status: CheckStatus::Pass, why: "the token may change this environment".into() }
            }
            Some(false) => Check {
                name,
                status: CheckStatus::Fail,
                why: format!("the token lacks {} in {}", place.permission(), place.environment),
            },
            None => {
                Check { name, status: CheckStatus::Unknown, why: "the store does not list this token's rights".into() }
            }
        }
    }
}

#[async_trait]
impl Changes for Unleash {
    async fn since(&self, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
        let from = format!("IS:{}", since.strftime("%Y-%m-%d"));
        let project = format!("IS:{}", feed.what);
        let mut query = vec![("limit", "200"), ("from", from.as_str())];
        if !feed.what.is_empty() {
            query.push(("project", project.as_str()));
        }
        let answer = self.client.get(events::PATH, &query).await?.json()?;
        events::changes(&answer, feed, since)
    }
}

#[async_trait]
impl Levers for Unleash {
    fn contract(&self, target: &LeverTarget) -> Contract {
        if target.is(&forms::UNLEASH_FLAG) {
            Contract::weak(PROPAGATION, "a personal access token of a user with UPDATE_FEATURE_ENVIRONMENT")
        } else {
            Contract::strong(PROPAGATION, "a personal access token of a user with UPDATE_FEATURE_STRATEGY")
        }
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let place = self.place_or_fault(target)?;
        let (raw, event) = tokio::join!(self.environment(&place), self.newest_event(&place));
        state::reading(&place, raw?, event.as_ref(), clock::now())
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        self.place(target)?.plan(&self.client, observed, after)
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        self.place(target)?.restore(&self.client, observed, prior)
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        let judge = |answer: &Answer| {
            state::lost_compare_and_set(answer).then(|| sending::Verdict::No(sending::lost_the_race()))
        };
        sending::send(permit, &self.client, requests, judge).await
    }

    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        let place = self.place_or_fault(target)?;
        if self.client.spec().serving_secret.is_none() {
            return Ok(None);
        }
        let answer = self.client.get_serving("/api/client/features", &[]).await?.json()?;
        state::served(&place, &answer).map(Some)
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let place = match self.place(target) {
            Ok(place) => place,
            Err(why) => return vec![Check { name: "target exists".into(), status: CheckStatus::Fail, why }],
        };
        let (environment, permission) = tokio::join!(self.environment(&place), self.permission(&place));
        let beside = environment.as_ref().ok().and_then(|raw| place.beside(raw));
        let mut checks = super::checks::of_read(&environment.map(drop), &target.words());
        checks.push(permission);
        checks.extend(beside.map(|why| Check { name: "reaches everybody".into(), status: CheckStatus::Warn, why }));
        checks
    }
}
