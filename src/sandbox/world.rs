//! The whole miniature: product, stores, and the rule that the product follows its stores after a delay.
//! May not speak HTTP or read clocks.

use super::flags::{self, FlagStore};
use super::mlflow::{Gateway, Registry};
use super::physics::Seconds;
use super::product::Product;
use super::timeline::{Position, Settings};

/// How long the product takes to follow a store, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delays {
    /// Flags: the SDK's poll.
    pub flags: Seconds,
    /// Prompt and policy aliases: the registry client's cache.
    pub prompts: Seconds,
    /// Gateway routes: the gateway's endpoint cache.
    pub gateway: Seconds,
}

impl Default for Delays {
    /// Short, so that a demo shows it; real stores take up to a minute.
    fn default() -> Self {
        Self { flags: 1.5, prompts: 2.0, gateway: 2.5 }
    }
}

/// Everything there is.
pub struct World {
    /// The product.
    pub product: Product,
    /// The flag store.
    pub flags: FlagStore,
    /// The prompt registry.
    pub registry: Registry,
    /// The gateway.
    pub gateway: Gateway,
    /// How slowly the product follows.
    pub delays: Delays,
    /// Chat requests so far; makes each answer's luck its own.
    pub chats: u64,
}

impl World {
    /// Lets the product follow whatever was stored since the last time.
    pub fn settle(&mut self, now: Seconds) {
        let (known, stored) = (self.product.timeline.stored(now), self.stored());
        let Delays { flags, prompts, gateway } = self.delays;
        let moves = [
            (flags, Position::AssistantShare(stored.assistant_share), Position::AssistantShare(known.assistant_share)),
            (flags, Position::Strict(stored.strict), Position::Strict(known.strict)),
            (flags, Position::ReducedContext(stored.reduced_context), Position::ReducedContext(known.reduced_context)),
            (flags, Position::CachedAnswers(stored.cached_answers), Position::CachedAnswers(known.cached_answers)),
            (prompts, Position::Prompt(stored.prompt), Position::Prompt(known.prompt)),
            (prompts, Position::Policy(stored.policy), Position::Policy(known.policy)),
            (gateway, Position::PrimaryShare(stored.primary_share), Position::PrimaryShare(known.primary_share)),
        ];
        for (delay, stored, known) in moves {
            if stored != known {
                self.product.timeline.moved(now, delay, stored);
            }
        }
    }

    /// Where the stores say that the levers stand.
    fn stored(&self) -> Settings {
        let on = |flag| self.flags.is_on(flag, flags::ENVIRONMENT);
        Settings {
            assistant_share: self.flags.share(flags::ASSISTANT, flags::ENVIRONMENT),
            prompt: self.registry.in_service(super::mlflow::PROMPT),
            policy: self.registry.in_service(super::mlflow::POLICY),
            primary_share: self.gateway.primary_share(),
            strict: on(flags::STRICT),
            reduced_context: on(flags::REDUCED_CONTEXT),
            cached_answers: on(flags::CACHED_ANSWERS),
        }
    }
}
