//! LaunchDarkly: on/off of a flag and the weights of its fallthrough in one environment as levers, the audit log as changes.
//! May not decide what a variation means, and never asks LaunchDarkly to ignore conflicts.
//!
//! Facts this relies on (LaunchDarkly's API documentation): a semantic patch applies all its instructions or none; there is
//! no precondition, a concurrent edit may answer 409; environments that need approval refuse direct patches.

mod audit;
mod flag;

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
use crate::net::{Answer, ReadClient, segment};

use super::planned::odd;
use super::{Adapter, Changes, Levers, WriteOutcome, checks, sending};
use flag::Place;

/// Streaming SDKs see a change at once, those that poll within 30 s.
const PROPAGATION: Duration = Duration::from_secs(30);
/// What the audit log gives at most.
const PAGE: &str = "20";

/// The adapter for a LaunchDarkly endpoint; `actor` stands in the comment of every write.
#[must_use]
pub fn adapter(client: ReadClient, actor: &str) -> Adapter {
    let store = Arc::new(LaunchDarkly { client, comment: format!("breakglass, by {actor}") });
    Adapter { changes: Some(store.clone()), levers: Some(store), ..Adapter::default() }
}

struct LaunchDarkly {
    client: ReadClient,
    comment: String,
}

impl LaunchDarkly {
    fn place<'target>(&self, target: &'target LeverTarget) -> Result<Place<'target>, String> {
        Place::of(target).ok_or_else(|| {
            format!("{} is no lever of LaunchDarkly (endpoint {})", target.words(), self.client.spec().id)
        })
    }

    /// Whether the environment wants an approval, where the store tells.
    async fn approval(&self, place: &Place<'_>) -> Option<Check> {
        let path = format!("/api/v2/projects/{}/environments/{}", segment(place.project), segment(place.environment));
        let answer = self.client.get(&path, &[]).await.ok()?.json().ok()?;
        let required = answer.pointer("/approvalSettings/required").and_then(Value::as_bool)?;
        required.then(|| Check {
            name: "approval".into(),
            status: CheckStatus::Warn,
            why: format!("{} takes changes by approval: {}", place.environment, flag::BY_APPROVAL),
        })
    }
}

/// Answers that mean something else than their status says.
fn judge(answer: &Answer) -> Option<sending::Verdict> {
    let says = |word: &str| {
        let body = answer.json().unwrap_or_default();
        let words = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_lowercase();
        words("message").contains(word) || words("code").contains(word)
    };
    let no = |message: &str| Fault::BadRequest { status: answer.status, message: message.into() };
    match answer.status {
        409 => Some(sending::Verdict::No(sending::lost_the_race())),
        403 | 405 if says("approval") => Some(sending::Verdict::No(no(flag::BY_APPROVAL))),
        405 => Some(sending::Verdict::No(no("LaunchDarkly takes no direct change here"))),
        _ => None,
    }
}

#[async_trait]
impl Changes for LaunchDarkly {
    async fn since(&self, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
        let spec = format!("proj/{}:env/*:flag/*", feed.what);
        let after = since.as_millisecond().to_string();
        let mut query = vec![("limit", PAGE), ("after", after.as_str())];
        if !feed.what.is_empty() {
            query.push(("spec", spec.as_str()));
        }
        let answer = self.client.get("/api/v2/auditlog", &query).await?.json()?;
        audit::changes(&answer, feed, since)
    }
}

#[async_trait]
impl Levers for LaunchDarkly {
    fn contract(&self, target: &LeverTarget) -> Contract {
        if target.is(&forms::LAUNCHDARKLY_FALLTHROUGH) {
            Contract::weak(PROPAGATION, "a service token with updateFallthrough on the flag in this environment")
        } else {
            Contract::weak(PROPAGATION, "a service token with updateOn on the flag in this environment")
        }
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let place = self.place(target).map_err(|why| odd(&why))?;
        let answer = self.client.get(&place.path(), &[("env", place.environment)]).await?;
        flag::reading(&place, &answer.json_as::<Value>()?, clock::now())
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        self.place(target)?.plan(&self.client, &self.comment, observed, after).map(|request| vec![request])
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        self.place(target)?.restore(&self.client, &self.comment, observed, prior).map(|request| vec![request])
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        sending::send(permit, &self.client, requests, judge).await
    }

    /// What an SDK hands out depends on its own key and its own users: only traffic can tell.
    async fn served(&self, _target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        Ok(None)
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let place = match self.place(target) {
            Ok(place) => place,
            Err(why) => return vec![Check { name: "target exists".into(), status: CheckStatus::Fail, why }],
        };
        let read = self.read(target).await;
        let mut found = checks::of_read(&read.map(drop), &target.words());
        if found.iter().all(|check| check.status == CheckStatus::Pass) {
            let why = "LaunchDarkly does not tell which actions the policy of a token allows".into();
            found.push(Check { name: "token allowed".into(), status: CheckStatus::Unknown, why });
            found.extend(self.approval(&place).await);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_is_a_definite_no_in_words() {
        for status in [403, 405] {
            let body = r#"{"code":"approval_required","message":"This environment requires approval"}"#;
            let Some(sending::Verdict::No(fault)) = judge(&Answer::recorded(status, body)) else { panic!("a no") };
            assert!(fault.to_string().contains("request an approval"), "{fault}");
        }
        assert_eq!(judge(&Answer::recorded(403, r#"{"code":"forbidden"}"#)), None, "a token without the right is one");
        let lost = judge(&Answer::recorded(409, r#"{"code":"optimistic_locking_error"}"#));
        assert_eq!(lost, Some(sending::Verdict::No(sending::lost_the_race())));
    }
}
