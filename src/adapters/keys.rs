//! A lever that is the value of a key: what etcd, Consul and Redis have in common. The store says how a value is read and how a
//! write names what it replaces; everything else is here. May not know any store's protocol.

use async_trait::async_trait;

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::endpoint::EndpointSpec;
use crate::domain::lever::{Contract, Form, LeverReading, LeverTarget, Revision, Setting};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, PlannedRequest};

use super::{Levers, WriteOutcome, checks, planned, stored};

/// A store of texts by key.
#[async_trait]
pub(super) trait Store: Send + Sync {
    /// The form of its levers: with a `key` and a `pointer`.
    const FORM: &'static Form;
    /// What it promises.
    const CONTRACT: Contract;

    fn endpoint(&self) -> &EndpointSpec;

    /// The text of a key, or that there is none, and the revision of that.
    async fn value(&self, key: &str) -> Result<(Option<String>, Revision), Fault>;

    /// The one request that gives the key `after`, or removes it, if it still is as it was read: `now`, at that revision.
    ///
    /// # Errors
    /// In words.
    fn request(&self, key: &str, now: (Option<&str>, &Revision), after: Option<&str>)
    -> Result<PlannedRequest, String>;

    async fn send(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome;

    /// Whether we may write the key, as far as the store says without a write.
    async fn permission(&self, key: &str) -> Check;
}

/// The levers of a store.
pub(super) struct Keys<S>(pub(super) S);

impl<S: Store> Keys<S> {
    /// Key and pointer.
    fn place<'target>(&self, target: &'target LeverTarget) -> Result<(&'target str, &'target str), String> {
        if target.is(S::FORM) {
            return Ok((target.key("key"), target.key("pointer")));
        }
        let endpoint = self.0.endpoint();
        Err(format!("{} is no lever of {} (endpoint {})", target.words(), endpoint.vendor.word(), endpoint.id))
    }

    fn move_to(
        &self,
        key: &str,
        observed: &LeverReading,
        now: Option<&str>,
        after: Option<&str>,
    ) -> Result<Vec<PlannedRequest>, String> {
        Ok(vec![self.0.request(key, (now, &observed.revision), after)?])
    }
}

/// What a text says at the pointer. Who set it and when, no such store knows.
pub(super) fn reading(text: Option<&str>, revision: Revision, pointer: &str) -> Result<LeverReading, Fault> {
    Ok(LeverReading {
        setting: stored::setting(text, pointer)?,
        revision,
        raw: stored::raw(text),
        read_at: clock::now(),
        set_by: None,
        set_at: None,
    })
}

#[async_trait]
impl<S: Store> Levers for Keys<S> {
    fn contract(&self, _target: &LeverTarget) -> Contract {
        S::CONTRACT
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let (key, pointer) = self.place(target).map_err(|why| Fault::NotUnderstood { why })?;
        let (text, revision) = self.0.value(key).await?;
        reading(text.as_deref(), revision, pointer)
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
        self.move_to(key, observed, now.as_deref(), text.as_deref())
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
            return Err(planned::nothing_to_undo());
        }
        self.move_to(key, observed, now.as_deref(), before.as_deref())
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        self.0.send(permit, requests).await
    }

    /// Readers have their own copies, which the store does not know: only traffic can tell.
    async fn served(&self, _target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        Ok(None)
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let read = self.read(target).await.map(drop);
        let mut found = checks::of_read(&read, &target.words());
        if read.is_ok() {
            found.push(self.0.permission(target.key("key")).await);
        }
        found
    }
}
