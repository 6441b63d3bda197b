//! One request and its answer, under one deadline and one cap. May not repeat or redirect anything.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::{Client, Request};
use tokio::time::Instant;

use crate::clock;
use crate::domain::ahead::Ahead;
use crate::domain::cause::Fault;

use super::answer::Answer;
use super::credential::Credential;
use super::gated::Gate;
use super::refusal::Head;
use super::trouble::{self, Asked};

/// Most decompressed bytes of one answer: gzip expands a thousandfold.
pub(super) const MOST_BYTES: u64 = 2 * 1024 * 1024;

/// A header `date` is cut to these.
const WHOLE_SECONDS: SignedDuration = SignedDuration::from_secs(1);

/// The conditions of one exchange.
pub(super) struct Terms<'a> {
    /// From the first byte out to the last byte in, connecting included.
    pub(super) deadline: Duration,
    /// For words.
    pub(super) asked: Asked,
    /// The token that goes with it.
    pub(super) credential: Option<&'a Credential>,
    /// Every loaded secret of the endpoint; none of them may come back.
    pub(super) loaded: Vec<&'a Credential>,
    /// Of a write: no byte leaves once it is shut.
    pub(super) gate: Option<&'a Gate>,
}

/// Sends `request` once and takes the whole answer, whatever its status.
///
/// # Errors
/// Transport faults, the deadline and the cap; [`Fault::ClaimLapsed`] if the gate was shut in time.
pub(super) async fn run(client: &Client, mut request: Request, terms: &Terms<'_>) -> Result<Answer, Fault> {
    if let Some(credential) = terms.credential {
        let (name, value) = credential.header();
        request.headers_mut().insert(name, value);
    }
    if let Some(gate) = terms.gate {
        // Loading a secret, or a log-in, may have taken its time.
        if gate.is_shut() {
            return Err(Fault::ClaimLapsed);
        }
        gate.guard(&mut request);
    }
    let path = request.url().path().to_owned();
    let (started, asked_at) = (Instant::now(), clock::now());
    let mut received = 0;
    let outcome = tokio::time::timeout(terms.deadline, take(client, request, &terms.asked, &mut received)).await;
    if terms.gate.is_some_and(Gate::has_refused) {
        return Err(Fault::ClaimLapsed);
    }
    let (head, mut body) = outcome.unwrap_or(Err(Fault::NoAnswer { after: terms.deadline, received }))?;
    let took = started.elapsed();
    let told = |date| Ahead::told(date, WHOLE_SECONDS, asked_at, clock::now());
    for credential in &terms.loaded {
        credential.redact(&mut body);
    }
    let fault = head.refusal(&body, &path, terms.credential.map(|credential| credential.source.as_str()));
    Ok(Answer {
        status: head.status,
        content_type: head.content_type,
        etag: head.etag,
        ahead: head.date.filter(|_| !head.is_stored).map(told),
        body,
        took,
        fault,
    })
}

async fn take(client: &Client, request: Request, asked: &Asked, received: &mut u64) -> Result<(Head, Vec<u8>), Fault> {
    let sending = client.execute(request).await;
    let mut response = sending.map_err(|error| trouble::before_answer(&error, asked))?;
    let head = Head::of(&response);
    let mut body = Vec::new();
    loop {
        let chunk = response.chunk().await.map_err(|error| trouble::within_answer(&error, *received))?;
        let Some(chunk) = chunk else { return Ok((head, body)) };
        *received += chunk.len() as u64;
        if *received > MOST_BYTES {
            return Err(Fault::TooBig { cap: MOST_BYTES });
        }
        body.extend_from_slice(&chunk);
    }
}
