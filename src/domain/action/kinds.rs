//! What holds for every action of a kind, unless its config says more: direction, least friction, what users see, and what
//! the traffic shows when it works. May not know levers or stores.

use std::time::Duration;

use super::{ActionKind, Direction, Tier};

/// What the traffic shows when an action of a kind works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindEffect {
    /// One comparison over the vocabulary.
    pub when: &'static str,
    /// After this the run is stuck.
    pub within: Duration,
}

impl ActionKind {
    /// Every kind of the catalogue contains: it makes the product safer or restores a known good state. What releases has no
    /// kind of its own; it is an undo, or an action whose lever goes to `normal`.
    #[must_use]
    pub const fn direction(self) -> Direction {
        Direction::Contain
    }

    /// The least friction of its actions, whatever their levers promise. Two where nothing brings back what was there, or
    /// where the known good state may protect less than the present one.
    #[must_use]
    pub const fn least_tier(self) -> Tier {
        match self {
            Self::RotateCredential | Self::RenewCert | Self::RollbackGuardrail => Tier::Two,
            _ => Tier::One,
        }
    }

    /// Why its least tier is not one.
    #[must_use]
    pub const fn tier_reason(self) -> Option<&'static str> {
        match self {
            Self::RotateCredential | Self::RenewCert => Some("what was there before does not come back"),
            Self::RollbackGuardrail => Some("an earlier configuration may block less"),
            _ => None,
        }
    }

    /// What users see while it holds.
    #[must_use]
    pub const fn users_see(self) -> &'static str {
        match self {
            Self::KillFeature => "the fallback instead of the feature: no AI answers",
            Self::RollbackPrompt => "answers as the earlier prompt gave them",
            Self::PinModel => "answers of the pinned model",
            Self::SwitchProvider => "answers of the second provider, perhaps in another tone",
            Self::SwitchModel => "answers of another model, perhaps plainer",
            Self::RollbackIndex => "answers from the earlier index: what is newer than it is not known",
            Self::RollbackGuardrail => "as many blocked answers as the earlier guardrail made",
            Self::GuardrailMax => "more blocked answers, harmless ones among them",
            Self::AddFilter => "blocked answers where the pattern matches, harmless ones among them",
            Self::Throttle => "for some of them the fallback, or a wait",
            Self::ReduceContext => "answers that know less of the conversation and of the documents",
            Self::ServeCache => "answers from before, and the fallback where there are none",
            Self::DegradedMode => "fewer features: plainer answers, not wrong ones",
            Self::HaltAgents => "that tasks of agents stop where they are",
            Self::DisableTool => "that what needs this tool is refused or handed to a person",
            Self::LimitTool => "that what needs this tool is slower, or refused at times",
            Self::BreakerOpen => "the fallback at once instead of a wait for what fails",
            Self::Disclaimer => "a warning at every affected answer that it may be wrong",
            Self::HumanReview => "answers later: a person looks at each one first",
            Self::RollbackDeploy => "the product as it was before the deployment",
            Self::CapTokens => "shorter answers, some of them cut off",
            Self::UnavailableMessage => "that the feature is temporarily unavailable",
            Self::RotateCredential | Self::RenewCert => "nothing new, perhaps errors for a moment",
            Self::RouteCell => "nothing new, perhaps slower answers: other cells carry the traffic",
            Self::RollbackConfig => "the product as the earlier configuration made it",
            Self::QuarantineSource => "answers without this source: what only it knows is not answered",
            Self::FreezeChanges | Self::Watch => "nothing new",
        }
    }

    /// What the traffic shows when it works, where the vocabulary has a signal for it.
    #[must_use]
    pub const fn effect(self) -> Option<KindEffect> {
        let (when, minutes) = match self {
            Self::KillFeature | Self::DegradedMode | Self::UnavailableMessage | Self::SwitchProvider => {
                ("fallback_share > 0.95", 2)
            }
            Self::RollbackPrompt | Self::PinModel => ("grounding > 0.85", 10),
            Self::RollbackIndex => ("ratio(retrieval_relevance) > 0.95", 10),
            Self::RollbackGuardrail | Self::GuardrailMax => ("guardrail_block_pass >= 1", 5),
            Self::ReduceContext => ("ratio(input_tokens_per_request) < 1.1", 5),
            Self::CapTokens => ("ratio(output_tokens_per_request) < 1.2", 5),
            Self::ServeCache => ("ratio(cache_hit_rate) > 1.5", 2),
            Self::HaltAgents | Self::DisableTool => ("irreversible_tool_calls == 0", 5),
            Self::LimitTool => ("ratio(tool_calls_per_minute) < 1.2", 5),
            Self::BreakerOpen => ("attempts_per_request < 1.1", 2),
            Self::Throttle => ("ratio(request_rate) < 0.8", 2),
            Self::RollbackDeploy => ("error_rate < 0.01", 10),
            Self::RotateCredential => ("error_auth_share < 0.001", 5),
            Self::RenewCert => ("cert_days_left > 14", 10),
            Self::SwitchModel
            | Self::AddFilter
            | Self::Disclaimer
            | Self::HumanReview
            | Self::FreezeChanges
            | Self::RouteCell
            | Self::RollbackConfig
            | Self::QuarantineSource
            | Self::Watch => return None,
        };
        Some(KindEffect { when, within: Duration::from_mins(minutes) })
    }

    /// Kinds that go back to a version; the others move a lever to its contained setting.
    #[must_use]
    pub const fn moves_a_version(self) -> bool {
        matches!(
            self,
            Self::RollbackPrompt
                | Self::PinModel
                | Self::RollbackIndex
                | Self::RollbackGuardrail
                | Self::RollbackDeploy
                | Self::RollbackConfig
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_says_what_users_see_and_no_kind_releases() {
        for kind in ActionKind::ALL.iter().copied() {
            assert!(!kind.users_see().is_empty() && kind.users_see().len() < 80, "{kind}");
            assert_eq!(kind.direction(), Direction::Contain, "{kind}");
            assert_eq!(kind.least_tier() > Tier::One, kind.tier_reason().is_some(), "{kind}: a raise has a reason");
        }
    }
}
