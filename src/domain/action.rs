//! Actions: pre-written moves of one lever to one setting, and the catalogue of their kinds.
//! May not resolve or fire anything: `plan` resolves, the runner fires.

mod kinds;
mod scope;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::ids::{ActionId, LeverId};
use super::lever::Setting;
pub use kinds::KindEffect;
pub use scope::{Narrowed, Scope};

/// Which way an action moves safety. The tier follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Makes the product safer or restores a known good state.
    Contain,
    /// Puts something back into service.
    Release,
    /// Lowers a protection.
    Lower,
}

/// How much friction stands before the write (DESIGN section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Tier {
    /// `Y` alone.
    One,
    /// Type the target's name, which unlocks `Y`.
    Two,
    /// Tier two plus a second person's code, or recorded break glass.
    Three,
}

impl From<Tier> for u8 {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::One => 1,
            Tier::Two => 2,
            Tier::Three => 3,
        }
    }
}

impl TryFrom<u8> for Tier {
    type Error = String;
    fn try_from(n: u8) -> Result<Self, String> {
        match n {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            3 => Ok(Self::Three),
            other => Err(format!("{other} is no tier; tiers are 1, 2 and 3")),
        }
    }
}

macro_rules! kinds {
    ($($variant:ident = $word:literal, $title:literal;)+) => {
        /// The catalogue of containment kinds (reference: the symptom trees). Runbooks speak these words.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "each variant's title says it")]
        pub enum ActionKind {
            $(#[serde(rename = $word)] $variant,)+
        }

        impl ActionKind {
            /// Every kind, in catalogue order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word used in config, runbooks and JSON.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// What it does, for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

kinds! {
    KillFeature = "kill_feature", "Switch the feature off, users get the fallback";
    RollbackPrompt = "rollback_prompt", "Roll the prompt back to the last good version";
    PinModel = "pin_model", "Pin the model to a known good version";
    SwitchProvider = "switch_provider", "Send traffic to the second provider";
    SwitchModel = "switch_model", "Use another model of the same provider";
    RollbackIndex = "rollback_index", "Roll the retrieval index back";
    RollbackGuardrail = "rollback_guardrail", "Roll the guardrail configuration back";
    GuardrailMax = "guardrail_max", "Set guardrails to strict";
    AddFilter = "add_filter", "Add a narrow output filter";
    Throttle = "throttle", "Throttle traffic to the feature";
    ReduceContext = "reduce_context", "Send less context per call";
    ServeCache = "serve_cache", "Serve cached answers";
    DegradedMode = "degraded_mode", "Run the degraded mode";
    HaltAgents = "halt_agents", "Halt all agents";
    DisableTool = "disable_tool", "Disable one tool";
    LimitTool = "limit_tool", "Limit one tool";
    BreakerOpen = "breaker_open", "Open the circuit breaker";
    Disclaimer = "disclaimer", "Show a disclaimer";
    HumanReview = "human_review", "Send answers through human review";
    RollbackDeploy = "rollback_deploy", "Roll the deployment back";
    CapTokens = "cap_tokens", "Cap output tokens";
    FreezeChanges = "freeze_changes", "Freeze changes";
    UnavailableMessage = "unavailable_message", "Show that the feature is unavailable";
    RotateCredential = "rotate_credential", "Rotate the credential";
    RenewCert = "renew_cert", "Renew the certificate";
    RouteCell = "route_cell", "Drain a region, replica or hardware pool";
    RollbackConfig = "rollback_config", "Roll a configuration back";
    QuarantineSource = "quarantine_source", "Take a document source out of context";
    Watch = "watch", "Watch: raised sampling and a timer, no user-visible change";
}

impl fmt::Display for ActionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for ActionKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|kind| kind.word() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|kind| kind.word()).collect();
            format!("{text:?} is no action kind; known: {}", known.join(", "))
        })
    }
}

/// Where an action moves its lever.
#[derive(Debug, Clone, PartialEq)]
pub enum Destination {
    /// The lever's `contained` setting.
    Contained,
    /// The lever's `normal` setting.
    Normal,
    /// The newest setting that was in service before the onset (version pointers only).
    LastGood,
    /// A fixed setting.
    Setting(Setting),
}

/// Traffic evidence that the action took effect, and by when.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// All of it must hold, on samples newer than the acknowledgement.
    pub evidence: Evidence,
    /// After this the run is stuck.
    pub within: Duration,
}

/// An action as the config declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionSpec {
    /// Its name.
    pub id: ActionId,
    /// Its kind in the catalogue; runbooks find it by this.
    pub kind: ActionKind,
    /// The upper-case key that opens its dialog, if one is bound.
    pub key: Option<char>,
    /// One line for people.
    pub title: String,
    /// The one lever it moves.
    pub lever: LeverId,
    /// To where.
    pub to: Destination,
    /// Signal or layer ids that go quiet because of it: CONTAINED, not CRIT.
    pub affects: Vec<String>,
    /// How traffic shows it; without it only the serving side can.
    pub effect: Option<Effect>,
    /// Watched afterwards, on samples newer than the effect; never delays verified.
    pub recovery: Option<Evidence>,
    /// After how long somebody should review the containment.
    pub review_after: Duration,
    /// Offered when stuck.
    pub fallback: Vec<ActionId>,
    /// A raise of the tier; never lowers it.
    pub tier: Option<Tier>,
    /// The lever that is moved instead when the first one cannot be reached: another endpoint, a file, a command.
    pub alternative: Option<LeverId>,
    /// What a person does by hand when neither can be reached.
    pub by_hand: Option<String>,
    /// What users see while it holds; `None` = what its kind says.
    pub users_see: Option<String>,
    /// To what part of the product it is limited; empty = all of it.
    pub scope: Scope,
    /// True if the config gives no effect and this is the one of its kind.
    pub effect_of_kind: bool,
}

impl ActionSpec {
    /// What users see while it holds, in words, and from where we know.
    #[must_use]
    pub fn users_see(&self) -> String {
        match &self.users_see {
            Some(words) => words.clone(),
            // The words of a kind are those of its containment.
            None if self.to == Destination::Normal => "the product as on ordinary days".to_owned(),
            None => format!("{} (the kind's default)", self.kind.users_see()),
        }
    }

    /// The least friction: what the config raises it to, or its kind.
    #[must_use]
    pub fn least_tier(&self) -> Tier {
        self.tier.unwrap_or(Tier::One).max(self.kind.least_tier())
    }
}
