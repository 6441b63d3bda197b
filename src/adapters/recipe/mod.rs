//! Levers whose behaviour is written in config: the recipe says what is asked, where the setting stands and what moves
//! it; requests go to the endpoint, commands run beside us. May not know any product, and may not fill in what the
//! recipe does not say.

mod asking;
mod line;

use async_trait::async_trait;
use serde_json::Value;

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::lever::recipe::{Ask, Filling, Recipe};
use crate::domain::lever::{Contract, LeverReading, LeverTarget, Revision, Setting, VersionInfo};
use crate::domain::permit::WritePermit;
use crate::domain::plan::{Check, CheckStatus, PlannedRequest};

use super::{Levers, WriteOutcome, checks};
use asking::Said;
pub(super) use line::Line;

/// Moves levers by their recipes, on one endpoint.
pub(super) struct Recipes {
    line: Line,
    /// Who moves them, for stores that keep a name.
    actor: String,
}

impl Recipes {
    pub(super) fn new(line: Line, actor: &str) -> Self {
        Self { line, actor: actor.to_owned() }
    }

    fn not_ours(&self, target: &LeverTarget) -> String {
        format!("{} has no recipe (endpoint {})", target.words(), self.line.endpoint().id)
    }

    fn recipe<'target>(&self, target: &'target LeverTarget) -> Result<&'target Recipe, Fault> {
        target.recipe().ok_or_else(|| Fault::NotUnderstood { why: self.not_ours(target) })
    }

    async fn look(&self, recipe: &Recipe, ask: &Ask, serving: bool) -> Result<(Said, Option<(Setting, Value)>), Fault> {
        let filling = Filling::parameters(&recipe.parameters);
        let said = self.line.ask(&ask.call, &filling, recipe, serving).await?;
        let found = asking::setting(recipe, ask, &said)?;
        Ok((said, found))
    }

    /// The version that a question of its own tells. It is asked before the setting: a version that is older than the
    /// setting makes the write fail, one that is newer would let it overwrite what nobody saw.
    async fn early_version(&self, recipe: &Recipe) -> Result<Option<Said>, Fault> {
        let Some(call) = recipe.version.as_ref().and_then(|rule| rule.ask.as_ref()) else { return Ok(None) };
        let said = self.line.ask(call, &Filling::parameters(&recipe.parameters), recipe, false).await?;
        match said.fault() {
            Some(fault) => Err(fault.clone()),
            None => Ok(Some(said)),
        }
    }

    /// What can be known about the right to write without writing.
    fn permission(&self) -> Check {
        let (status, why) = match &self.line.endpoint().secret {
            Some(source) => (CheckStatus::Unknown, format!("no recipe can ask what the token from {source} may write")),
            None => (CheckStatus::Unknown, "no token is configured; whether writing takes one is not known".to_owned()),
        };
        Check { name: "token allowed".into(), status, why }
    }
}

#[async_trait]
impl Levers for Recipes {
    fn contract(&self, target: &LeverTarget) -> Contract {
        let Some(recipe) = target.recipe() else { return Contract::weak(std::time::Duration::ZERO, "none") };
        Contract {
            compare_and_set: recipe.compare_and_set(),
            propagation: recipe.settles_in,
            exact_undo: recipe.exact_undo,
            least_right: "what the lever's write requests need, and no more",
        }
    }

    async fn read(&self, target: &LeverTarget) -> Result<LeverReading, Fault> {
        let recipe = self.recipe(target)?;
        let early = self.early_version(recipe).await?;
        let (said, found) = self.look(recipe, &recipe.read, false).await?;
        let revision = match &recipe.version {
            None => Revision::None,
            Some(rule) => asking::revision(rule, early.as_ref().unwrap_or(&said), found.is_none())?,
        };
        let (setting, snapshot) = found.unwrap_or((Setting::Unset, Value::Null));
        Ok(LeverReading {
            setting,
            revision,
            raw: snapshot.to_string(),
            read_at: clock::now(),
            set_by: None,
            set_at: None,
        })
    }

    async fn versions(&self, target: &LeverTarget) -> Result<Vec<VersionInfo>, Fault> {
        let recipe = self.recipe(target)?;
        let Some(list) = &recipe.versions else { return Ok(Vec::new()) };
        let said = self.line.ask(&list.call, &Filling::parameters(&recipe.parameters), recipe, false).await?;
        asking::versions(list, &said)
    }

    fn plan(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        after: &Setting,
    ) -> Result<Vec<PlannedRequest>, String> {
        let recipe = target.recipe().ok_or_else(|| self.not_ours(target))?;
        let (write, filling) = recipe.moving(observed, after, &self.actor)?;
        Ok(vec![self.line.planned(&write.call, &filling)?])
    }

    fn restore(
        &self,
        target: &LeverTarget,
        observed: &LeverReading,
        prior: &LeverReading,
    ) -> Result<Vec<PlannedRequest>, String> {
        let recipe = target.recipe().ok_or_else(|| self.not_ours(target))?;
        let (write, filling) = recipe.restoring(observed, prior, &self.actor)?;
        Ok(vec![self.line.planned(&write.call, &filling)?])
    }

    /// What counts as a yes stands in the recipe, so a write without its lever is refused.
    async fn write(&self, _permit: &WritePermit, _requests: &[PlannedRequest]) -> WriteOutcome {
        let why = "a recipe's request is judged by its lever; none was named".into();
        WriteOutcome::NotSent(Fault::NotUnderstood { why })
    }

    async fn write_at(&self, target: &LeverTarget, permit: &WritePermit, requests: &[PlannedRequest]) -> WriteOutcome {
        match self.recipe(target) {
            Ok(recipe) => self.line.write(recipe, permit, requests).await,
            Err(fault) => WriteOutcome::NotSent(fault),
        }
    }

    async fn served(&self, target: &LeverTarget) -> Result<Option<Setting>, Fault> {
        let recipe = self.recipe(target)?;
        let Some(ask) = &recipe.served else { return Ok(None) };
        let (_, found) = self.look(recipe, ask, true).await?;
        Ok(Some(found.map_or(Setting::Unset, |(setting, _)| setting)))
    }

    async fn probe(&self, target: &LeverTarget) -> Vec<Check> {
        let read = self.read(target).await.map(drop);
        let mut found = checks::of_read(&read, &target.words());
        if read.is_err() {
            return found;
        }
        found.push(self.permission());
        if target.recipe().is_some_and(|recipe| recipe.served.is_some()) {
            let (status, why) = match self.served(target).await {
                Ok(Some(served)) => (CheckStatus::Pass, format!("it hands out {served}")),
                Ok(None) => (CheckStatus::Unknown, "it says nothing".to_owned()),
                Err(fault) => (CheckStatus::Warn, fault.to_string()),
            };
            found.push(Check { name: "serving side answers".into(), status, why });
        }
        found
    }
}
