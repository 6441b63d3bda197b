//! What is put up for approval: enough of the plan to draft it afresh and to say what differs. May not decide anything.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::action::Tier;
use crate::domain::ids::{ActionId, LeverId};
use crate::domain::lever::Setting;
use crate::domain::plan::{Digest, Plan, PlannedRequest, Purpose};

/// A plan as it was put up for approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asking {
    /// What is approved: exactly this.
    pub digest: Digest,
    /// The action, or the action that is undone.
    pub action: ActionId,
    /// Action, or undo of which run.
    pub purpose: Purpose,
    /// One line for people.
    pub title: String,
    /// In which environment.
    pub environment: String,
    /// The lever that is moved.
    pub lever: LeverId,
    /// What it was when asked.
    pub now: Setting,
    /// What it is to be.
    pub after: Setting,
    /// What will be sent.
    pub requests: Vec<PlannedRequest>,
    /// Of the plan.
    pub tier: Tier,
    /// The asker's name.
    pub by: String,
    /// When the request ends by itself.
    pub until: Timestamp,
}

impl Asking {
    /// Puts a plan up.
    #[must_use]
    pub fn of(plan: &Plan, by: &str, until: Timestamp) -> Self {
        Self {
            digest: plan.digest.clone(),
            action: plan.action.clone(),
            purpose: plan.purpose.clone(),
            title: plan.title.clone(),
            environment: plan.environment.clone(),
            lever: plan.lever.clone(),
            now: plan.observed.setting.clone(),
            after: plan.after.clone(),
            requests: plan.requests.clone(),
            tier: plan.tier,
            by: by.to_owned(),
            until,
        }
    }

    /// The word that an approver types: like every typed word, with the environment in it.
    #[must_use]
    pub fn approval_word(&self) -> String {
        format!("approve {} {}", self.lever, self.environment)
    }

    /// What differs between what was asked and a plan that was drafted afresh, in words. Empty if the digest is the same.
    #[must_use]
    pub fn differs_from(&self, fresh: &Plan) -> Vec<String> {
        if self.digest == fresh.digest {
            return Vec::new();
        }
        let mut parts = Vec::new();
        let mut differ = |what: &str, asked: String, now: String| {
            if asked != now {
                parts.push(format!("{what}: asked {asked}, now {now}"));
            }
        };
        differ("environment", self.environment.clone(), fresh.environment.clone());
        differ("lever", self.lever.to_string(), fresh.lever.to_string());
        differ("setting", self.now.to_string(), fresh.observed.setting.to_string());
        differ("after", self.after.to_string(), fresh.after.to_string());
        let sent = |requests: &[PlannedRequest]| requests.iter().map(request).collect::<Vec<_>>().join(" then ");
        differ("request", sent(&self.requests), sent(&fresh.requests));
        if parts.is_empty() {
            parts.push(format!("{} was touched since: its revision is {} now", fresh.target, fresh.observed.revision));
        }
        parts
    }
}

fn request(request: &PlannedRequest) -> String {
    let body = request.body.as_ref().map_or_else(String::new, |body| format!(" {body}"));
    format!("{} {}{body}", request.method, request.url)
}
