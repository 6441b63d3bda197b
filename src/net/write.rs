//! The writing client: exists only with a permit, sends exactly the planned bytes, once. May not retry or redirect.

use std::sync::Arc;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Request};
use sha2::{Digest as _, Sha256};

use crate::domain::cause::Fault;
use crate::domain::permit::WritePermit;
use crate::domain::plan::PlannedRequest;

use super::gated::Gate;
use super::link::{self, Link, Token};
use super::{Answer, ReadClient};

/// What became of one request.
#[derive(Debug)]
pub enum Sent {
    /// A complete answer, whatever its status (redirects too: they are not followed). [`Answer::fault`] says what a
    /// status other than 2xx means.
    Answered(Answer),
    /// Proof that no byte was acted on.
    NotSent(Fault),
    /// It may have happened.
    Unknown(Fault),
}

/// Writes to one endpoint under one permit.
pub struct WriteClient<'permit> {
    permit: &'permit WritePermit,
    link: Arc<Link>,
}

impl std::fmt::Debug for WriteClient<'_> {
    /// Only names: tokens and connections have no place in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("WriteClient");
        shown.field("endpoint", &self.link.spec.id).field("run", self.permit.run()).finish_non_exhaustive()
    }
}

impl<'permit> WriteClient<'permit> {
    /// A client that lives no longer than its permit. Shares connections, secret and origin rules with `reader`.
    #[must_use]
    pub fn new(permit: &'permit WritePermit, reader: &ReadClient) -> Self {
        Self { permit, link: Arc::clone(reader.link()) }
    }

    /// Sends one request, once. The URL must be of the endpoint's origin; otherwise `NotSent`.
    pub async fn send(&self, request: &PlannedRequest) -> Sent {
        let prepared = match self.prepare(request) {
            Ok(prepared) => prepared,
            Err(fault) => return Sent::NotSent(fault),
        };
        match self.link.send_until(prepared, Token::Main, Some(&Gate::until(self.permit.until()))).await {
            // A 2xx page came from a login or a proxy, not from the store: whether the store saw anything is open.
            Ok(answer) if answer.fault().is_none() => match answer.page() {
                Some(page) => Sent::Unknown(page),
                None => Sent::Answered(answer),
            },
            Ok(answer) => Sent::Answered(answer),
            // A status is an answer, never an error: "not allowed" here is a log-in that failed before the request.
            Err(fault) if fault.never_sent() || matches!(fault, Fault::File { .. } | Fault::NotAllowed { .. }) => {
                Sent::NotSent(fault)
            }
            Err(fault) => Sent::Unknown(fault),
        }
    }

    fn prepare(&self, planned: &PlannedRequest) -> Result<Request, Fault> {
        let bad = |why: String| Fault::BadAddress { why };
        let method = match planned.method.as_str() {
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            "PATCH" => Method::PATCH,
            "DELETE" => Method::DELETE,
            other => return Err(bad(format!("{other:?} is no writing method"))),
        };
        let url = self.link.address()?.admit(&planned.url)?;
        let kind = planned.content_type.as_deref().map(HeaderValue::from_str).transpose();
        let kind = kind.map_err(|_| bad("the content type cannot be a header".into()))?;
        let mut request = link::request(method, url, kind, planned.body.clone());
        for (name, value) in &planned.headers {
            let (name, value) = header(name, value).map_err(bad)?;
            request.headers_mut().insert(name, value);
        }
        if let Ok(key) = HeaderValue::from_str(&self.idempotency_key(planned)) {
            request.headers_mut().insert("idempotency-key", key);
        }
        Ok(request)
    }

    /// The same for the same request of the same run, so that a store which knows such keys acts at most once.
    fn idempotency_key(&self, planned: &PlannedRequest) -> String {
        let nothing = String::new();
        let mut hasher = Sha256::new();
        let headers = planned.headers.iter().flat_map(|(name, value)| [name, value]);
        let body = planned.body.as_ref().unwrap_or(&nothing);
        for part in [&planned.method, &planned.url, body].into_iter().chain(headers) {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let hash = hasher.finalize().iter().take(8).fold(0_u64, |so_far, byte| (so_far << 8) | u64::from(*byte));
        format!("{}-{hash:016x}", self.permit.run())
    }
}

/// A planned header. What carries secrets, frames the message or names the host belongs to the client alone.
pub(super) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    const OURS: [&str; 7] = [
        "authorization",
        "cookie",
        "proxy-authorization",
        "host",
        "content-length",
        "transfer-encoding",
        "idempotency-key",
    ];
    let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} cannot be a header"))?;
    if OURS.contains(&known.as_str()) {
        return Err(format!("only the client sets the header {name}"));
    }
    let value = HeaderValue::from_str(value).map_err(|_| format!("the value of header {name} cannot be sent"))?;
    Ok((known, value))
}
