//! Where a lever lives: one of the forms of address that a vendor knows, with its keys filled in.
//! May not read or move anything; what a key means is the adapter's business.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::change::ChangeKind;
use crate::domain::endpoint::Vendor;

use super::recipe::Recipe;

/// What settings a lever of a form can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// `on` or `off`.
    Switch,
    /// A whole share of traffic, 0 to 100.
    Percent,
    /// A number in the lever's own unit.
    Number,
    /// A version, label, model name or other text.
    Pointer,
    /// Shares by target that sum to 1.
    Weights,
    /// Whatever stands there: text, number, switch.
    Any,
}

/// One way to address a lever at a vendor.
#[derive(Debug)]
pub struct Form {
    /// Unique among all forms.
    pub name: &'static str,
    /// Whose.
    pub vendor: Vendor,
    /// The keys that must be given.
    pub keys: &'static [&'static str],
    /// Keys that may be given, with what stands for them otherwise.
    pub more: &'static [(&'static str, &'static str)],
    /// What it holds.
    pub holds: Holds,
    /// Which kind of change a move of it is, unless the config says otherwise.
    pub change: ChangeKind,
    /// The words for it, with its keys in braces: `flag {flag} in {environment}`.
    pub words: &'static str,
}

impl PartialEq for Form {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Form {}

impl Form {
    /// Every key that may be given.
    pub fn all_keys(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().copied().chain(self.more.iter().map(|(key, _)| *key))
    }

    /// False for levers that quieten people and leave the product as it is: no setting of theirs is the safe one.
    #[must_use]
    pub const fn contains(&self) -> bool {
        !matches!(self.vendor, Vendor::Alertmanager)
    }

    /// A lever of this form. Keys that the form does not know are dropped, those not given take their defaults.
    #[must_use]
    pub fn at<K: AsRef<str>, V: Into<String>>(&'static self, given: impl IntoIterator<Item = (K, V)>) -> LeverTarget {
        let mut keys: BTreeMap<&'static str, String> =
            self.more.iter().map(|(key, default)| (*key, (*default).to_owned())).collect();
        for (name, value) in given {
            if let Some(key) = self.all_keys().find(|key| *key == name.as_ref()) {
                keys.insert(key, value.into());
            }
        }
        LeverTarget { form: self, keys, recipe: None }
    }
}

/// Where a lever lives within its store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeverTarget {
    form: &'static Form,
    keys: BTreeMap<&'static str, String>,
    recipe: Option<Arc<Recipe>>,
}

impl LeverTarget {
    /// Its form of address.
    #[must_use]
    pub const fn form(&self) -> &'static Form {
        self.form
    }

    /// The same place, read and moved by this recipe.
    #[must_use]
    pub fn by(self, recipe: Recipe) -> Self {
        Self { recipe: Some(Arc::new(recipe)), ..self }
    }

    /// How it is read and moved, where the config says it.
    #[must_use]
    pub fn recipe(&self) -> Option<&Recipe> {
        self.recipe.as_deref()
    }

    /// What it holds.
    #[must_use]
    pub fn holds(&self) -> Holds {
        self.recipe.as_ref().map_or(self.form.holds, |recipe| recipe.holds)
    }

    /// True if it is addressed in this form.
    #[must_use]
    pub fn is(&self, form: &Form) -> bool {
        self.form == form
    }

    /// The value of a key; empty if the form has no such key.
    #[must_use]
    pub fn key(&self, name: &str) -> &str {
        self.keys.get(name).map_or("", String::as_str)
    }

    /// True if a text names the thing that is moved: the value of its first key as a whole word.
    #[must_use]
    pub fn is_named_in(&self, text: &str) -> bool {
        let name = self.form.keys.first().map_or("", |key| self.key(key));
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        !name.is_empty() && text.split(|c| !is_part(c)).any(|word| word == name)
    }

    /// The words for it in previews, for example `prompt alias support@production`.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = self.form.words.to_owned();
        for (key, value) in &self.keys {
            words = words.replace(&format!("{{{key}}}"), value);
        }
        words
    }
}
