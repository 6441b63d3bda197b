//! A store that follows a script, and counts what was really written.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use crate::adapters::{Levers, WriteOutcome};
use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Revision, Setting, VersionInfo};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};

/// What the store does.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing a store can do wrong")]
pub struct Script {
    /// What it answers to a write; `None` = yes.
    pub outcome: Option<WriteOutcome>,
    /// Whether a write changes anything.
    pub takes_effect: bool,
    /// Whether a write never answers.
    pub hang: bool,
    /// Whether a write takes effect only when the test says so: see [`Scripted::land`].
    pub lands_late: bool,
    /// Whether the store has no serving side.
    pub serves_nothing: bool,
    /// What is set at first; `None` = on.
    pub starts_as: Option<Setting>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            outcome: None,
            takes_effect: true,
            hang: false,
            lands_late: false,
            serves_nothing: false,
            starts_as: None,
        }
    }
}

struct State {
    setting: Setting,
    revision: u64,
    writes: Vec<Setting>,
    permitted: bool,
    outcome: Option<WriteOutcome>,
    revoked: Revoked,
    versions: Vec<VersionInfo>,
}

/// What a token may not do any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    Nothing,
    Writing,
    Everything,
}

pub struct Scripted {
    script: Script,
    state: Mutex<State>,
    written: Notify,
}

impl Scripted {
    pub fn new(script: Script) -> Self {
        let setting = script.starts_as.clone().unwrap_or(Setting::Switch(true));
        let state = State {
            setting,
            revision: 1,
            writes: Vec::new(),
            permitted: true,
            revoked: Revoked::Nothing,
            versions: Vec::new(),
            outcome: None,
        };
        Self { script, state: Mutex::new(state), written: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("not poisoned")
    }

    pub fn writes(&self) -> Vec<Setting> {
        self.state().writes.clone()
    }

    /// Every write came with the run of a journaled intent.
    pub fn intended_before_write(&self) -> bool {
        self.state().permitted
    }

    /// Somebody else changes the store without changing the setting.
    pub fn touch(&self, _who: &str) {
        self.state().revision += 1;
    }

    /// The token loses rights.
    pub fn revoke(&self, revoked: Revoked) {
        self.state().revoked = revoked;
    }

    /// What the store lists as versions.
    pub fn list(&self, versions: Vec<VersionInfo>) {
        self.state().versions = versions;
    }

    /// Somebody else moves the lever.
    pub fn set_by_hand(&self, setting: Setting) {
        let mut state = self.state();
        state.setting = setting;
        state.revision += 1;
    }

    /// From now on the store answers so, and changes nothing.
    pub fn answers(&self, outcome: WriteOutcome) {
        self.state().outcome = Some(outcome);
    }

    /// The store does again what its script says.
    pub fn recovers(&self) {
        self.state().outcome = None;
    }

    /// The store carries the last write out at last.
    pub fn land(&self) {
        let mut state = self.state();
        if let Some(wanted) = state.writes.last().cloned() {
            state.setting = wanted;
            state.revision += 1;
        }
    }

    pub async fn wait_for_write(&self) {
        tokio::time::timeout(Duration::from_secs(10), self.written.notified()).await.expect("a write");
    }
}

#[async_trait]
impl Levers for Scripted {
    fn contract(&self, _: &LeverTarget) -> Contract {
        Contract::weak(Duration::from_millis(10), "write to the lever")
    }

    async fn read(&self, _: &LeverTarget) -> Result<LeverReading, Fault> {
        let state = self.state();
        if state.revoked == Revoked::Everything {
            return Err(Fault::NotAllowed { status: 401, secret: None });
        }
        Ok(LeverReading {
            setting: state.setting.clone(),
            revision: Revision::Soft(state.revision.to_string()),
            raw: format!("{:?}", state.setting),
            read_at: clock::now(),
            set_by: None,
            set_at: None,
        })
    }

    async fn versions(&self, _: &LeverTarget) -> Result<Vec<VersionInfo>, Fault> {
        Ok(self.state().versions.clone())
    }

    fn plan(&self, _: &LeverTarget, _: &LeverReading, after: &Setting) -> Result<Vec<PlannedRequest>, String> {
        let body = Some(after.to_string());
        Ok(vec![PlannedRequest {
            method: "POST".into(),
            url: "http://127.0.0.1:9/x".into(),
            headers: Vec::new(),
            content_type: None,
            body,
        }])
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        self.plan(target, observed, &prior.setting)
    }

    async fn write(&self, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        let body = requests.first().and_then(|r| r.body.as_deref()).unwrap_or_default();
        let wanted = body.parse().map_or(Setting::Switch(body == "on"), Setting::Number);
        {
            let mut state = self.state();
            state.permitted &= !permit.run().as_str().is_empty();
            state.writes.push(wanted.clone());
            if let Some(outcome) = &state.outcome {
                return outcome.clone();
            }
            if self.script.takes_effect && !self.script.lands_late {
                state.setting = wanted;
                state.revision += 1;
            }
        }
        self.written.notify_one();
        if self.script.hang {
            std::future::pending::<()>().await;
        }
        self.script.outcome.clone().unwrap_or(WriteOutcome::Acknowledged("200".into()))
    }

    async fn served(&self, _: &LeverTarget) -> Result<Option<Setting>, Fault> {
        Ok((!self.script.serves_nothing).then(|| self.state().setting.clone()))
    }

    async fn probe(&self, _: &LeverTarget) -> Vec<Check> {
        let check = |name: &str, status, why: &str| Check { name: name.into(), status, why: why.into() };
        let reachable = check("reachable", CheckStatus::Pass, "scripted");
        match self.state().revoked {
            Revoked::Nothing => vec![reachable],
            Revoked::Writing => vec![reachable, check("token allowed", CheckStatus::Fail, "it may read only")],
            Revoked::Everything => vec![check("token allowed", CheckStatus::Fail, "not allowed (401)")],
        }
    }
}
