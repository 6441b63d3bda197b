//! The last gate before the socket: a request whose time has passed does not leave, however late it is noticed.
//!
//! A process can be stopped anywhere, also between the last check of a client and the write of its connection. The body of
//! a request is asked by the connection itself, in the same breath in which the bytes go out; so that is where the clock is
//! read. A body that refuses makes the connection fail before anything of the request was flushed.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use reqwest::Request;

use crate::clock;

/// Open until an instant of the clock since boot.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    until: Duration,
    refused: Arc<AtomicBool>,
}

impl Gate {
    /// Open until then.
    pub(super) fn until(until: Duration) -> Self {
        Self { until, refused: Arc::default() }
    }

    /// True once its time has passed.
    pub(super) fn is_shut(&self) -> bool {
        clock::since_boot() >= self.until
    }

    /// True if a request came to the shut gate: nothing of it was sent.
    pub(super) fn has_refused(&self) -> bool {
        self.refused.load(Ordering::Acquire)
    }

    /// Puts the request's body behind this gate. Its bytes and its length stay as they are.
    pub(super) fn guard(&self, request: &mut Request) {
        let bytes = request.body().and_then(reqwest::Body::as_bytes).map(Bytes::copy_from_slice).unwrap_or_default();
        *request.body_mut() = Some(reqwest::Body::wrap(Gated { bytes: Some(bytes), gate: self.clone() }));
    }
}

#[derive(Debug)]
struct Gated {
    /// Until they were handed over.
    bytes: Option<Bytes>,
    gate: Gate,
}

impl Gated {
    fn length(&self) -> usize {
        self.bytes.as_ref().map_or(0, Bytes::len)
    }

    /// Before anything was handed over, the head of the request has not left either.
    fn is_refused(&self) -> bool {
        self.bytes.is_some() && self.gate.is_shut()
    }
}

/// The clock passed the gate's instant.
#[derive(Debug, thiserror::Error)]
#[error("the claim lapsed before the request left")]
struct Shut;

impl Body for Gated {
    type Data = Bytes;
    type Error = Shut;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Shut>>> {
        if self.is_refused() {
            self.gate.refused.store(true, Ordering::Release);
            return Poll::Ready(Some(Err(Shut)));
        }
        let bytes = self.bytes.take().filter(|bytes| !bytes.is_empty());
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    /// An empty body is never asked for frames, only whether it ends here: then a shut gate says no, to be asked.
    fn is_end_stream(&self) -> bool {
        self.length() == 0 && !self.is_refused()
    }

    fn size_hint(&self) -> SizeHint {
        // With a length of zero the connection would not ask for the frame that refuses.
        if self.length() == 0 && self.is_refused() {
            SizeHint::new()
        } else {
            SizeHint::with_exact(self.length() as u64)
        }
    }
}
