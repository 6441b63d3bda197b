//! Langfuse: which version a label of a prompt names as a lever, prompt versions as changes.
//! May not decide which version is good.
//!
//! Facts this relies on (Langfuse's API documentation): no compare-and-set; a label is on one version at most and leaves
//! the other by itself; `newLabels` is the version's set of labels on some releases and added to it on others, so that the
//! union of old and new is right on both; `latest` belongs to the server; a label cannot be taken off without a new place.

mod labels;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use jiff::Timestamp;
use serde_json::Value;

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::change::Change;
use crate::domain::endpoint::FeedSpec;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Setting, VersionInfo, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};
use crate::net::{ReadClient, segment};

use super::planned::odd;
use super::{Adapter, Changes, Levers, WriteOutcome, checks, sending};
use labels::{Prompt, Version};

/// Default life of a prompt in the SDK's cache; the first call after it still gets the old one.
const PROPAGATION: Duration = Duration::from_mins(1);
/// Versions that are looked at: each takes a request of its own.
const NEWEST: usize = 10;
const AT_ONCE: usize = 4;
const LIST: &str = "/api/public/v2/prompts";

/// The adapter for a Langfuse endpoint.
#[must_use]
pub fn adapter(client: ReadClient) -> Adapter {
    let langfuse = Arc::new(Langfuse { client });
    Adapter { changes: Some(langfuse.clone()), levers: Some(langfuse), ..Adapter::default() }
}

struct Langfuse {
    client: ReadClient,
}

/// Where a prompt lives. Folders are part of its name.
pub(super) fn path(prompt: &str) -> String {
    format!("{LIST}/{}", segment(prompt))
}

impl Langfuse {
    fn place<'target>(&self, target: &'target LeverTarget) -> Result<(&'target str, &'target str), String> {
        if target.is(&forms::LANGFUSE_LABEL) {
            Ok((target.key("prompt"), target.key("label")))
        } else {
            Err(format!("{} is no lever of Langfuse (endpoint {})", target.words(), self.client.spec().id))
        }
    }

    fn place_or_fault<'target>(&self, target: &'target LeverTarget) -> Result<(&'target str, &'target str), Fault> {
        self.place(target).map_err(|why| odd(&why))
    }

    async fn version(&self, prompt: &str, key: &str, value: &str) -> Result<Version, Fault> {
        Version::of(&self.client.get(&path(prompt), &[(key, value)]).await?.json_as::<Value>()?)
    }

    /// The newest versions of a prompt, newest first, and the one that holds the label, however old it is.
    async fn prompt(&self, name: &str, label: Option<&str>) -> Result<Prompt, Fault> {
        let list = self.client.get(LIST, &[("name", name)]).await?.json_as::<Value>()?;
        let (mut numbers, used) = labels::listed(&list, name)?;
        numbers.truncate(NEWEST);
        let mut asked = futures::stream::iter(numbers)
            .map(|number| async move { self.version(name, "version", &number.to_string()).await })
            .buffered(AT_ONCE);
        let mut versions = Vec::new();
        while let Some(version) = asked.next().await {
            versions.push(version?);
        }
        if let Some(label) = label
            && used.iter().any(|used| used == label)
            && !versions.iter().any(|version| version.has(label))
        {
            versions.push(self.version(name, "label", label).await?);
        }
        Ok(Prompt { versions })
    }
}

#[async_trait]
impl Changes for Langfuse {
    async fn since(&self, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
        let prompt = self.prompt(&feed.what, None).await?;
        Ok(prompt.changes(feed, since))
    }
}

#[async_trait]
impl Levers for Langfuse {
    fn contract(&self, _target: &LeverTarget) -> Contract {
        Contract::weak(PROPAGATION, "a project API key; an owner's or admin's where the label is protected")
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let (name, label) = self.place_or_fault(target)?;
        Ok(self.prompt(name, Some(label)).await?.reading(label, clock::now()))
    }

    async fn versions(&self, target: &LeverTarget) -> Result<Vec<VersionInfo>, Fault> {
        let (name, label) = self.place_or_fault(target)?;
        Ok(self.prompt(name, Some(label)).await?.infos())
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        let (name, label) = self.place(target)?;
        labels::request(&self.client, name, label, observed, after).map(|request| vec![request])
    }

    /// The label back on the version that had it. Other labels may have moved since, by others: they stay where they are.
    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        let (name, label) = self.place(target)?;
        if observed.setting == prior.setting {
            return Err(super::planned::nothing_to_undo());
        }
        labels::request(&self.client, name, label, observed, &prior.setting).map(|request| vec![request])
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        sending::send(permit, &self.client, requests, |_| None).await
    }

    /// What a product without a cached copy gets now.
    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        let (name, label) = self.place_or_fault(target)?;
        match self.version(name, "label", label).await {
            Ok(version) => Ok(Some(Setting::Pointer(version.number.to_string()))),
            Err(Fault::NotFound { .. }) => Ok(Some(Setting::Unset)),
            Err(fault) => Err(fault),
        }
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let read = self.read(target).await;
        let unset = read.as_ref().is_ok_and(|reading| reading.setting == Setting::Unset);
        let mut found = checks::of_read(&read.map(drop), &target.words());
        if found.iter().all(|check| check.status == CheckStatus::Pass) {
            let why = "keys are of a whole project, but a protected label refuses most: Langfuse does not tell before";
            found.push(Check { name: "token allowed".into(), status: CheckStatus::Unknown, why: why.into() });
            let why = "SDKs keep a prompt for 60 s, and the first call after that still gets the old one".into();
            found.push(Check { name: "serving".into(), status: CheckStatus::Warn, why });
        }
        if unset {
            found.push(Check { name: "can be undone".into(), status: CheckStatus::Fail, why: labels::cannot_unset() });
        }
        found
    }
}
