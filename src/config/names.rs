//! What a config declares by name, for cross-checks. Taken from the file as written, so that one broken declaration
//! does not make everything that names it look wrong as well. May not build anything.

use std::collections::BTreeSet;

use crate::domain::evidence::Names;
use crate::domain::ids::EndpointId;

use super::source::Sink;
use super::suggest;
use super::view::{At, View};
use super::vocabulary::{self, LAYERS};

/// Names as written, whether or not their declarations are sound.
#[derive(Debug)]
pub(super) struct Declared<'a> {
    pub(super) endpoints: Vec<&'a str>,
    pub(super) signals: Vec<&'a str>,
    pub(super) levers: Vec<&'a str>,
    pub(super) actions: Vec<&'a str>,
    pub(super) layers: Vec<&'a str>,
    pub(super) suites: Vec<&'a str>,
    lever_tables: Vec<(&'a str, View<'a>)>,
}

impl<'a> Declared<'a> {
    pub(super) fn of(root: &View<'a>) -> Self {
        let layers: Vec<&str> = root.texts("layers").into_iter().map(|layer| layer.is).collect();
        Self {
            endpoints: root.names("endpoint"),
            signals: root.names("signal"),
            levers: root.names("lever"),
            actions: root.names("action"),
            lever_tables: root.named("lever"),
            suites: root.names("suite"),
            layers: if layers.is_empty() { LAYERS.to_vec() } else { layers },
        }
    }

    /// True if the lever gives `key` at all: a setting that was refused is not one that was left out.
    pub(super) fn lever_gives(&self, lever: &str, key: &str) -> bool {
        self.lever_tables.iter().any(|(name, view)| *name == lever && view.has(key))
    }

    /// The names evidence may use: the vocabulary, and what this file declares.
    pub(super) fn for_evidence(&self) -> Names {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let mut signals = all(&self.signals);
        signals.extend(vocabulary::shipped().keys().map(ToString::to_string));
        let mut providers = all(&self.endpoints);
        providers.extend(signals.iter().cloned());
        Names { signals, levers: Some(all(&self.levers)), providers: Some(providers) }
    }

    /// The endpoint that a table names under `key`; reports one that is not declared.
    pub(super) fn endpoint(&self, view: &View<'_>, key: &str, sink: &mut Sink<'_>) -> Option<EndpointId> {
        let name = view.text(key)?;
        known("endpoint", &name, &self.endpoints, sink);
        name.is.parse().ok()
    }
}

/// Reports a name that is not declared.
pub(super) fn known(what: &str, name: &At<&str>, declared: &[&str], sink: &mut Sink<'_>) {
    if !declared.contains(&name.is) {
        let message = format!("no {what} is named `{}`", name.is);
        sink.error(&name.span, message, suggest::hint(name.is, declared.iter().copied()));
    }
}
