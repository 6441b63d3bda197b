//! The traffic client: asks the product as its users do, with a say-so. May not be used to change a lever, and may not
//! send anything by itself: a read-only session has no say-so.

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};

use crate::domain::cause::Fault;
use crate::domain::suite::SaySo;

use super::link::{self, Link, Token};
use super::{Answer, ReadClient};

/// Marks our own requests, so that the product can leave them out of its numbers.
const MARK: HeaderName = HeaderName::from_static("x-breakglass-suite");

/// Sends requests of suites to one endpoint.
pub struct TrafficClient<'say> {
    say_so: &'say SaySo,
    link: Arc<Link>,
}

impl std::fmt::Debug for TrafficClient<'_> {
    /// Only names: tokens and connections have no place in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("TrafficClient");
        shown.field("endpoint", &self.link.spec.id).field("by", &self.say_so.who()).finish_non_exhaustive()
    }
}

impl<'say> TrafficClient<'say> {
    /// A client that lives no longer than its say-so. Shares connections, secret and origin rules with `reader`.
    #[must_use]
    pub fn new(say_so: &'say SaySo, reader: &ReadClient) -> Self {
        Self { say_so, link: Arc::clone(reader.link()) }
    }

    /// POST of JSON, once. Any complete answer is `Ok`, whatever its status: an error of the product is an answer.
    ///
    /// # Errors
    /// Only transport faults, redirects and caps.
    pub async fn ask(&self, path: &str, body: &serde_json::Value) -> Result<Answer, Fault> {
        let url = self.link.address()?.join(path, &[])?;
        let kind = HeaderValue::from_static("application/json");
        let mut request = link::request(Method::POST, url, Some(kind), Some(body.to_string()));
        request.headers_mut().insert(MARK, HeaderValue::from_static("1"));
        let answer = self.link.send(request, Token::Main).await?;
        match answer.fault() {
            Some(redirected @ Fault::Redirected { .. }) => Err(redirected.clone()),
            _ => Ok(answer),
        }
    }
}
