//! Facts of which a test says exactly what is known.

use std::collections::BTreeMap;

use super::super::{Facts, Missing};
use crate::domain::change::ChangeKind;

/// Numbers by `function(id)`; whatever is not listed is missing.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) numbers: BTreeMap<String, f64>,
    pub(super) words: BTreeMap<String, String>,
    pub(super) changed: BTreeMap<ChangeKind, bool>,
}

impl Known {
    pub(super) fn number(mut self, what: &str, value: f64) -> Self {
        self.numbers.insert(what.to_owned(), value);
        self
    }

    pub(super) fn word(mut self, what: &str, value: &str) -> Self {
        self.words.insert(what.to_owned(), value.to_owned());
        self
    }

    pub(super) fn change(mut self, kind: ChangeKind, happened: bool) -> Self {
        self.changed.insert(kind, happened);
        self
    }

    fn get(&self, what: &str) -> Result<f64, Missing> {
        self.numbers.get(what).copied().ok_or_else(|| Missing(format!("{what}: no data")))
    }
}

impl Facts for Known {
    fn value(&self, id: &str) -> Result<f64, Missing> {
        self.get(id)
    }
    fn ratio(&self, id: &str) -> Result<f64, Missing> {
        self.get(&format!("ratio({id})"))
    }
    fn z(&self, id: &str) -> Result<f64, Missing> {
        self.get(&format!("z({id})"))
    }
    fn slope(&self, id: &str, seconds: f64) -> Result<f64, Missing> {
        self.get(&format!("slope({id},{seconds})"))
    }
    fn burn(&self, id: &str, long: f64, short: f64) -> Result<f64, Missing> {
        self.get(&format!("burn({id},{long},{short})"))
    }
    fn worst(&self, id: &str) -> Result<f64, Missing> {
        self.get(&format!("worst({id})"))
    }
    fn spread(&self, id: &str) -> Result<f64, Missing> {
        self.get(&format!("spread({id})"))
    }
    fn age(&self, id: &str) -> Result<f64, Missing> {
        self.get(&format!("age({id})"))
    }
    fn n(&self, id: &str) -> Result<f64, Missing> {
        self.get(&format!("n({id})"))
    }
    fn changed(&self, kind: ChangeKind, _seconds: f64) -> Result<bool, Missing> {
        self.changed.get(&kind).copied().ok_or_else(|| Missing(format!("{kind} changes: no data")))
    }
    fn lag(&self, kind: ChangeKind) -> Result<f64, Missing> {
        self.get(&format!("lag({kind})"))
    }
    fn onset(&self, id: &str) -> Result<f64, Missing> {
        self.get(&format!("onset({id})"))
    }
    fn lever(&self, id: &str) -> Result<String, Missing> {
        self.words.get(id).cloned().ok_or_else(|| Missing(format!("lever {id}: not read")))
    }
    fn provider_status(&self, id: &str) -> Result<String, Missing> {
        self.words.get(id).cloned().ok_or_else(|| Missing(format!("page {id}: no data")))
    }
}
