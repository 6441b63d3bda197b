//! Everything that a config and the shipped data declare, resolved and checked: what can be seen, asked and done.
//! May not hold secrets, addresses or anything that changes while the program runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::action::{ActionKind, ActionSpec};
use super::approval::Policy;
use super::change::ChangeKind;
use super::gate::GateSpec;
use super::ids::{ActionId, EndpointId, LayerId, LeverId, SignalId, SuiteId, SymptomId};
use super::lever::LeverSpec;
use super::permit::Mode;
use super::runbook::Runbook;
use super::samples::SamplesSpec;
use super::signal::SignalSpec;
use super::suite::SuiteSpec;
use super::version::VersionSource;

/// A runbook file that could not be loaded stays listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenRunbook {
    /// The file.
    pub path: String,
    /// Every problem, rendered with its place and hint.
    pub problems: Vec<String>,
}

/// What the config declares.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// `support-bot`.
    pub service: String,
    /// `prod`; part of every typed word.
    pub environment: String,
    /// How approvals are handled.
    pub policy: Policy,
    /// What the config allows at start.
    pub mode: Mode,
    /// True on the sandbox: shown as DRILL.
    pub drill: bool,
    /// Layers in display order.
    pub layers: Vec<LayerId>,
    /// Wired signals, in display order.
    pub signals: Vec<Arc<SignalSpec>>,
    /// The vocabulary: every known signal, wired or not, for words and limits.
    pub vocabulary: BTreeMap<SignalId, Arc<SignalSpec>>,
    /// Levers.
    pub levers: Vec<LeverSpec>,
    /// Actions, in file order.
    pub actions: Vec<ActionSpec>,
    /// Suites, in file order.
    pub suites: Vec<Arc<SuiteSpec>>,
    /// What tells the parts of the version snapshot.
    pub versions: Vec<VersionSource>,
    /// Where answers as users got them are read, in file order.
    pub samples: Vec<Arc<SamplesSpec>>,
    /// Runbooks are walked strictly: in order, without reading ahead, and against the evidence only with a note.
    pub strict: bool,
    /// What releasing has to wait for.
    pub gate: GateSpec,
    /// Runbooks by symptom, in ranking order of ids.
    pub runbooks: BTreeMap<SymptomId, Arc<Runbook>>,
    /// Runbook files that could not be loaded.
    pub broken: Vec<BrokenRunbook>,
    /// Endpoints by id with their vendor's word, for the sources list.
    pub endpoints: BTreeMap<EndpointId, String>,
    /// Kinds of changes that some feed may report; the others are not wired.
    pub reported: Vec<ChangeKind>,
    /// The flags that make another command mean this product and this journal, ready for a shell, each with a space before it.
    pub told: String,
}

impl Catalogue {
    /// Nothing configured: what the welcome screen stands on.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            service: String::new(),
            environment: String::new(),
            policy: Policy {
                approval: crate::domain::approval::APPROVAL_LIFE,
                break_glass: crate::domain::approval::GLASS_LIFE,
            },
            mode: Mode::ReadOnly,
            drill: false,
            layers: Vec::new(),
            signals: Vec::new(),
            vocabulary: BTreeMap::new(),
            levers: Vec::new(),
            actions: Vec::new(),
            suites: Vec::new(),
            versions: Vec::new(),
            samples: Vec::new(),
            strict: false,
            gate: GateSpec::STANDARD,
            runbooks: BTreeMap::new(),
            broken: Vec::new(),
            endpoints: BTreeMap::new(),
            reported: Vec::new(),
            told: String::new(),
        }
    }

    /// A command of this program as it works when it is typed elsewhere: `breakglass check -c shop.toml`.
    #[must_use]
    pub fn command(&self, words: &str) -> String {
        format!("`breakglass {words}{}`", self.told)
    }

    /// The lever of that name.
    #[must_use]
    pub fn lever(&self, id: &LeverId) -> Option<&LeverSpec> {
        self.levers.iter().find(|lever| lever.id == *id)
    }

    /// The action of that name.
    #[must_use]
    pub fn action(&self, id: &ActionId) -> Option<&ActionSpec> {
        self.actions.iter().find(|action| action.id == *id)
    }

    /// The suite of that name.
    #[must_use]
    pub fn suite(&self, id: &SuiteId) -> Option<&Arc<SuiteSpec>> {
        self.suites.iter().find(|suite| suite.id == *id)
    }

    /// The action bound to that key.
    #[must_use]
    pub fn action_by_key(&self, key: char) -> Option<&ActionSpec> {
        self.actions.iter().find(|action| action.key == Some(key))
    }

    /// Wired actions of that kind, in file order.
    pub fn actions_of(&self, kind: ActionKind) -> impl Iterator<Item = &ActionSpec> {
        self.actions.iter().filter(move |action| action.kind == kind)
    }
}
