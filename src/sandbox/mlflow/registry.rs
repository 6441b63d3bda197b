//! Prompts, versions and aliases as MLflow keeps them. No revision and no audit trail, as in the real one.
//! May not know HTTP or clocks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{ALIAS, Refusal};

/// One version of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// From 1, per prompt.
    pub number: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// By whom.
    pub who: String,
    /// Commit message.
    pub note: String,
    /// Its text.
    pub text: String,
}

#[derive(Debug, Clone, Default)]
struct Prompt {
    versions: Vec<Version>,
    aliases: BTreeMap<String, u32>,
}

/// The registry.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    prompts: BTreeMap<String, Prompt>,
}

impl Registry {
    /// Adds a version with a number of its own choice (the history of a prompt that is older than the sandbox).
    pub fn add(&mut self, prompt: &str, version: Version) {
        self.prompts.entry(prompt.to_owned()).or_default().versions.push(version);
    }

    /// The version that serves the product; `None` if the alias is unset.
    #[must_use]
    pub fn in_service(&self, prompt: &str) -> Option<u32> {
        self.prompts.get(prompt)?.aliases.get(ALIAS).copied()
    }

    /// Sets or moves an alias. One call for both, as in MLflow.
    ///
    /// # Errors
    /// Unknown prompt or version, a reserved alias.
    pub fn set_alias(&mut self, name: &str, alias: &str, version: &str) -> Result<(), Refusal> {
        let reserved = alias == "latest" || alias.strip_prefix('v').is_some_and(|rest| rest.parse::<u32>().is_ok());
        if reserved {
            return Err(Refusal::invalid(format!("{alias:?} is a reserved alias name.")));
        }
        let prompt = self.prompts.get_mut(name).ok_or_else(|| unknown(name))?;
        let found = prompt.versions.iter().find(|v| v.number.to_string() == version).map(|v| v.number);
        let missing = || Refusal::missing(format!("Model Version (name={name}, version={version}) not found"));
        prompt.aliases.insert(alias.to_owned(), found.ok_or_else(missing)?);
        Ok(())
    }

    /// Removes an alias; no error if it was not set.
    ///
    /// # Errors
    /// Unknown prompt.
    pub fn delete_alias(&mut self, name: &str, alias: &str) -> Result<(), Refusal> {
        self.prompts.get_mut(name).ok_or_else(|| unknown(name))?.aliases.remove(alias);
        Ok(())
    }

    /// The version that an alias points to.
    ///
    /// # Errors
    /// Unknown prompt; an unset alias is a 400.
    pub fn by_alias(&self, name: &str, alias: &str) -> Result<Value, Refusal> {
        let prompt = self.prompts.get(name).ok_or_else(|| unknown(name))?;
        let version = prompt.aliases.get(alias).and_then(|n| prompt.versions.iter().find(|v| v.number == *n));
        let unset = || Refusal::invalid(format!("Registered model alias {alias} not found."));
        version.map(|version| prompt.show(name, version)).ok_or_else(unset)
    }

    /// A prompt with its aliases; the key is absent when there are none.
    ///
    /// # Errors
    /// Unknown prompt.
    pub fn model(&self, name: &str) -> Result<Value, Refusal> {
        let prompt = self.prompts.get(name).ok_or_else(|| unknown(name))?;
        let mut model = json!({ "name": name, "tags": [{ "key": "mlflow.prompt.is_prompt", "value": "true" }] });
        let aliases: Vec<_> =
            prompt.aliases.iter().map(|(alias, n)| json!({ "alias": alias, "version": n.to_string() })).collect();
        if let Some(fields) = model.as_object_mut().filter(|_| !aliases.is_empty()) {
            fields.insert("aliases".into(), aliases.into());
        }
        Ok(model)
    }

    /// Names of all prompts.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.prompts.keys().map(String::as_str)
    }

    /// Versions of one prompt, or of all, newest first.
    #[must_use]
    pub fn versions(&self, only: Option<&str>) -> Vec<Value> {
        let wanted = self.prompts.iter().filter(|(name, _)| only.is_none_or(|only| only == name.as_str()));
        let mut found: Vec<_> = wanted.flat_map(|(name, p)| p.versions.iter().map(move |v| (name, p, v))).collect();
        found.sort_by_key(|(_, _, version)| std::cmp::Reverse((version.created_at, version.number)));
        found.into_iter().map(|(name, prompt, version)| prompt.show(name, version)).collect()
    }
}

impl Prompt {
    fn show(&self, name: &str, version: &Version) -> Value {
        let aliases: Vec<_> = self.aliases.iter().filter(|(_, n)| **n == version.number).map(|(a, _)| a).collect();
        let created = version.created_at.as_millisecond();
        json!({
            "name": name, "version": version.number.to_string(), "creation_timestamp": created,
            "last_updated_timestamp": created, "current_stage": "None", "description": version.note,
            "source": "prompt-template", "status": "READY", "user_id": version.who, "aliases": aliases,
            "tags": [
                { "key": "mlflow.prompt.is_prompt", "value": "true" },
                { "key": "mlflow.prompt.text", "value": version.text },
                { "key": "_mlflow_prompt_type", "value": "text" },
            ],
        })
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal::missing(format!("Registered Model with name={name} not found"))
}
