//! A flag store with the shapes of Unleash (recorded from 7.5.1 and 8.2.0). `store` keeps, `http` speaks.

mod http;
mod store;
mod variants;

pub use http::routes;
pub use store::{FlagStore, Stamp};

/// The one project.
pub const PROJECT: &str = "default";
/// The environment that the product reads.
pub const ENVIRONMENT: &str = "production";
/// The kill switch, with its rollout.
pub const ASSISTANT: &str = "ai-assistant";
/// Strict guardrails.
pub const STRICT: &str = "guardrails-strict";
/// Less context per call.
pub const REDUCED_CONTEXT: &str = "reduced-context";
/// Cached answers.
pub const CACHED_ANSWERS: &str = "cached-answers";
/// A rollout that has nothing to do with anything.
pub const DECOY: &str = "rerank-v2";
