//! Which request of a recipe moves the lever or brings it back, and what fills it. Pure; may not send it.

use serde_json::Value;

use super::settings::table;
use super::{Filling, Place, Recipe, Share, UNSET, Write, relative, same_but_for};
use crate::domain::lever::{LeverReading, Revision, Setting};

impl Recipe {
    /// The write that moves the lever from `observed` to `after`, and what fills it.
    ///
    /// # Errors
    /// In words, why it cannot be done.
    pub fn moving(
        &self,
        observed: &LeverReading,
        after: &Setting,
        actor: &str,
    ) -> Result<(&Write, Filling<'_>), String> {
        let write = self.write(after)?;
        let snapshot = snapshot(observed)?;
        let shares = match after {
            Setting::Weights(wanted) => self.wanted(self.rows_of(&snapshot)?, wanted),
            _ => Vec::new(),
        };
        Ok((write, self.filling(write, observed, after, snapshot, shares, actor)))
    }

    /// The write that brings the whole sub-resource from `observed` back to `prior`, and what fills it.
    ///
    /// # Errors
    /// In words, why it cannot be done exactly.
    pub fn restoring(
        &self,
        observed: &LeverReading,
        prior: &LeverReading,
        actor: &str,
    ) -> Result<(&Write, Filling<'_>), String> {
        let (now, before) = (snapshot(observed)?, snapshot(prior)?);
        if observed.setting.same(&prior.setting) && now == before {
            return Err("nothing to undo: it is already as it was before".into());
        }
        let write = match &self.undo {
            Some(undo) if prior.setting != Setting::Unset => undo,
            _ => self.write(&prior.setting)?,
        };
        let both_set = observed.setting != Setting::Unset && prior.setting != Setting::Unset;
        if both_set && !write.call.sends_snapshot() {
            let places: Vec<&str> = self.setting_below_snapshot().into_iter().collect();
            if !same_but_for(&now, &before, &places) {
                return Err("more than the setting has changed since: undo it by hand".into());
            }
        }
        // The weights as the store had them, not as shares of 1.
        let shares = if matches!(prior.setting, Setting::Weights(_)) { self.rows_of(&before)? } else { Vec::new() };
        Ok((write, self.filling(write, observed, &prior.setting, before, shares, actor)))
    }

    fn write(&self, after: &Setting) -> Result<&Write, String> {
        let name = after.to_string();
        let hint = if name == UNSET { "`unset`" } else { "`write`" };
        self.write_for(&name).ok_or_else(|| format!("the lever's recipe has no {hint} request for {name}"))
    }

    fn filling(
        &self,
        write: &Write,
        observed: &LeverReading,
        after: &Setting,
        snapshot: Value,
        shares: Vec<Share>,
        actor: &str,
    ) -> Filling<'_> {
        let want = match after {
            Setting::Weights(_) => Some(table(&shares)),
            Setting::Unset => None,
            other => Some(self.store_value(other, &write.names)),
        };
        let prev = match &observed.setting {
            Setting::Unset => Value::from(UNSET),
            other => self.store_value(other, &self.read.names),
        };
        Filling {
            parameters: &self.parameters,
            want,
            prev: Some(prev),
            rev: match &observed.revision {
                Revision::Strong(revision) | Revision::Soft(revision) => Some(revision.clone()),
                Revision::None => None,
            },
            reason: format!("breakglass: {} {} -> {after}", self.lever, observed.setting),
            actor: actor.to_owned(),
            snapshot: Some(snapshot).filter(|snapshot| !snapshot.is_null()),
            shares,
            share: None,
        }
    }

    /// The rows of weights within a snapshot.
    fn rows_of(&self, snapshot: &Value) -> Result<Vec<Share>, String> {
        let place = self.setting_below_snapshot().unwrap_or_default();
        match snapshot.pointer(place) {
            Some(list) => self.rows(list),
            None => Err("the weights are not within the snapshot".into()),
        }
    }

    /// Where within the snapshot the setting stands; `None` if that cannot be said.
    fn setting_below_snapshot(&self) -> Option<&str> {
        let place = match &self.read.place {
            Place::At { pointer, .. } => pointer,
            Place::Weights { list, .. } => list,
            Place::Text { .. } => return Some(""),
        };
        match &self.read.snapshot {
            Some(snapshot) => relative(place, snapshot),
            None => Some(""),
        }
    }
}

fn snapshot(reading: &LeverReading) -> Result<Value, String> {
    serde_json::from_str(&reading.raw).map_err(|_| "what was read of the lever is no JSON".into())
}
