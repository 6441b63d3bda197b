//! A prompt registry and a gateway with the shapes of MLflow (recorded from 3.17.2).
//! `registry` and `gateway` keep, `http` speaks.

mod gateway;
mod http;
mod registry;

pub use gateway::{Gateway, ROUTE};
pub use http::routes;
pub use registry::{Registry, Version};

/// The prompt of the product.
pub const PROMPT: &str = "support";
/// The guardrail policy, kept like a prompt.
pub const POLICY: &str = "guardrail-policy";
/// The alias that the product reads.
pub const ALIAS: &str = "production";

/// Why it refused, as MLflow names it: HTTP status, error code, message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `RESOURCE_DOES_NOT_EXIST`, `INVALID_PARAMETER_VALUE`, …
    pub code: &'static str,
    /// For people.
    pub message: String,
}

impl Refusal {
    fn missing(message: String) -> Self {
        Self { status: 404, code: "RESOURCE_DOES_NOT_EXIST", message }
    }

    fn invalid(message: String) -> Self {
        Self { status: 400, code: "INVALID_PARAMETER_VALUE", message }
    }
}
