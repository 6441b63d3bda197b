//! Kubernetes: the revision and the image of a Deployment and keys of a config map as levers, new revisions as changes, the
//! state of a rollout as the serving side. May not decide which revision is good.
//!
//! Facts this relies on (the Kubernetes API): there is no undo on the server, a rollback puts the pod template of an older
//! replica set back; a JSON Patch whose `test` fails answers 422 and changes nothing; a rollback gives the revision a new
//! number, but its pod template hash stays.

mod config_map;
mod history;
mod rights;
mod rollout;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::change::Change;
use crate::domain::endpoint::FeedSpec;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Revision, Setting, VersionInfo, forms};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};
use crate::net::{Answer, ReadClient, segment};

use super::planned::{self, odd};
use super::{Adapter, Changes, Levers, WriteOutcome, checks, sending};

/// How long a rollout usually takes until it is through, and a mounted config map until it is seen.
const PROPAGATION: Duration = Duration::from_mins(2);
const JSON_PATCH: &str = "application/json-patch+json";

/// The adapter for a Kubernetes endpoint.
#[must_use]
pub fn adapter(client: ReadClient) -> Adapter {
    let store = Arc::new(Kubernetes { client });
    Adapter { changes: Some(store.clone()), levers: Some(store), ..Adapter::default() }
}

struct Kubernetes {
    client: ReadClient,
}

/// What a lever moves within its object.
#[derive(Debug, Clone, Copy)]
enum Part<'target> {
    Template,
    Image { container: &'target str },
    Key { key: &'target str, pointer: &'target str },
}

/// Where a lever lives.
#[derive(Debug, Clone, Copy)]
struct Place<'target> {
    namespace: &'target str,
    name: &'target str,
    part: Part<'target>,
}

impl<'target> Place<'target> {
    fn of(target: &'target LeverTarget) -> Option<Self> {
        let at = |name, part| Some(Self { namespace: target.key("namespace"), name: target.key(name), part });
        if target.is(&forms::KUBERNETES_DEPLOYMENT) {
            at("deployment", Part::Template)
        } else if target.is(&forms::KUBERNETES_IMAGE) {
            at("image", Part::Image { container: target.key("container") })
        } else if target.is(&forms::KUBERNETES_CONFIG) {
            at("config-map", Part::Key { key: target.key("key"), pointer: target.key("pointer") })
        } else {
            None
        }
    }

    /// Group and plural name of the object's kind.
    const fn resource(&self) -> (&'static str, &'static str) {
        match self.part {
            Part::Template | Part::Image { .. } => ("apps", "deployments"),
            Part::Key { .. } => ("", "configmaps"),
        }
    }

    fn path(&self) -> String {
        let (namespace, name) = (segment(self.namespace), segment(self.name));
        match self.resource() {
            ("", plural) => format!("/api/v1/namespaces/{namespace}/{plural}/{name}"),
            (group, plural) => format!("/apis/{group}/v1/namespaces/{namespace}/{plural}/{name}"),
        }
    }
}

impl Kubernetes {
    fn place<'target>(&self, target: &'target LeverTarget) -> Result<Place<'target>, String> {
        Place::of(target)
            .ok_or_else(|| format!("{} is no lever of Kubernetes (endpoint {})", target.words(), self.client.spec().id))
    }

    /// The object as the server gave it.
    async fn object(&self, place: &Place<'_>) -> Result<Value, Fault> {
        self.client.get(&place.path(), &[]).await?.json_as()
    }

    /// The replica sets of a namespace, all or those that the Deployment selects.
    async fn replica_sets(&self, namespace: &str, deployment: Option<&Value>) -> Result<Vec<Value>, Fault> {
        let path = format!("/apis/apps/v1/namespaces/{}/replicasets", segment(namespace));
        let selector = deployment.map(history::selector).unwrap_or_default();
        let query = [("labelSelector", selector.as_str())];
        let query = if selector.is_empty() { &[][..] } else { &query[..] };
        let list: Value = self.client.get(&path, query).await?.json_as()?;
        list.get("items").and_then(Value::as_array).cloned().ok_or_else(|| odd("the list of ReplicaSets has no items"))
    }

    async fn revisions(&self, place: &Place<'_>, deployment: &Value) -> Result<Vec<history::Kept>, Fault> {
        let all = self.replica_sets(place.namespace, Some(deployment)).await?;
        Ok(history::of(deployment, &all))
    }

    async fn reading(&self, place: &Place<'_>, object: &Value) -> Result<LeverReading, Fault> {
        let (setting, raw) = match place.part {
            Part::Template => rollout::template(object, &self.revisions(place, object).await?)?,
            Part::Image { container } => rollout::image(object, container)?,
            Part::Key { key, pointer } => config_map::key(object, key, pointer)?,
        };
        let version = object.pointer("/metadata/resourceVersion").and_then(Value::as_str);
        let (set_by, set_at) = history::last_author(object);
        Ok(LeverReading {
            setting,
            revision: Revision::Strong(version.ok_or_else(|| odd("an object without a resourceVersion"))?.to_owned()),
            raw,
            read_at: clock::now(),
            set_by,
            set_at,
        })
    }

    /// A patch that the server refuses if the object moved since it was read.
    fn patch(
        &self,
        place: &Place<'_>,
        observed: &LeverReading,
        operations: Vec<Value>,
    ) -> Result<Vec<PlannedRequest>, String> {
        let Revision::Strong(version) = &observed.revision else {
            return Err("the reading has no resourceVersion to compare with".into());
        };
        let mut patch =
            vec![serde_json::json!({ "op": "test", "path": "/metadata/resourceVersion", "value": version })];
        patch.extend(operations);
        let body = Value::Array(patch);
        planned::request(&self.client, "PATCH", &place.path(), Some((JSON_PATCH, &body))).map(|request| vec![request])
    }
}

/// A `test` that did not hold is a 422 with these words and without a cause; other 422 name the field.
fn judge(answer: &Answer) -> Option<sending::Verdict> {
    let lost = match answer.status {
        409 => true,
        422 => answer.json().is_ok_and(|body| {
            let message = body.get("message").and_then(Value::as_str).unwrap_or_default();
            message.starts_with("the server rejected our request")
        }),
        _ => false,
    };
    lost.then(|| sending::Verdict::No(sending::lost_the_race()))
}

#[async_trait]
impl Changes for Kubernetes {
    async fn since(&self, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
        let namespace = if feed.what.is_empty() { "default" } else { &feed.what };
        Ok(history::changes(&self.replica_sets(namespace, None).await?, feed, since))
    }
}

#[async_trait]
impl Levers for Kubernetes {
    fn contract(&self, target: &LeverTarget) -> Contract {
        if target.is(&forms::KUBERNETES_CONFIG) {
            Contract::strong(PROPAGATION, "a role with get and patch on this config map, by resourceNames")
        } else {
            let right = "a role with get and patch on this deployment, by resourceNames, and list on replicasets";
            Contract::strong(PROPAGATION, right)
        }
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let place = self.place(target).map_err(|why| odd(&why))?;
        let object = self.object(&place).await?;
        self.reading(&place, &object).await
    }

    async fn versions(&self, target: &LeverTarget) -> Result<Vec<VersionInfo>, Fault> {
        let place = self.place(target).map_err(|why| odd(&why))?;
        if matches!(place.part, Part::Key { .. }) {
            return Ok(Vec::new());
        }
        let object = self.object(&place).await?;
        let revisions = self.revisions(&place, &object).await?;
        Ok(match place.part {
            Part::Image { container } => history::images(&revisions, container),
            _ => history::versions(&revisions),
        })
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        let place = self.place(target)?;
        let operations = match place.part {
            Part::Template => rollout::roll_to(&observed.raw, after)?,
            Part::Image { .. } => rollout::set_image(&observed.raw, after)?,
            Part::Key { key, pointer } => config_map::set(&observed.raw, key, pointer, after)?,
        };
        self.patch(&place, observed, operations)
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        let place = self.place(target)?;
        let operations = match place.part {
            Part::Template => rollout::roll_back(&observed.raw, &prior.raw)?,
            Part::Image { .. } if observed.setting == prior.setting => return Err(planned::nothing_to_undo()),
            Part::Image { .. } => rollout::set_image(&observed.raw, &prior.setting)?,
            Part::Key { key, .. } => config_map::restore(&observed.raw, &prior.raw, key)?,
        };
        self.patch(&place, observed, operations)
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        sending::send(permit, &self.client, requests, judge).await
    }

    /// The setting, once every pod runs it; how far the rollout is until then. What reads a config map is not known.
    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        let place = self.place(target).map_err(|why| odd(&why))?;
        if matches!(place.part, Part::Key { .. }) {
            return Ok(None);
        }
        let object = self.object(&place).await?;
        let reading = self.reading(&place, &object).await?;
        Ok(Some(rollout::progress(&object).map_or(reading.setting, Setting::Pointer)))
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let place = match self.place(target) {
            Ok(place) => place,
            Err(why) => return vec![Check { name: "target exists".into(), status: CheckStatus::Fail, why }],
        };
        let object = self.object(&place).await;
        let read = match &object {
            Ok(object) => self.reading(&place, object).await.map(drop),
            Err(fault) => Err(fault.clone()),
        };
        let mut found = checks::of_read(&read, &target.words());
        if let (Ok(object), true) = (&object, read.is_ok()) {
            found.push(rights::check(&self.client, &place).await);
            found.extend(rights::keeper(object));
        }
        found
    }
}
