//! What all servers share: the world behind a lock, its clock, a listener on a free loopback port that stops with the
//! sandbox, and JSON answers. May not know any vendor.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::physics::Seconds;
use super::product::Product;
use super::world::World;

/// Reads the time.
pub type Clock = fn() -> Timestamp;

/// A handle to the world; cheap to clone.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

struct Inner {
    clock: Clock,
    world: Mutex<World>,
}

impl Shared {
    /// Puts the world behind a lock.
    #[must_use]
    pub fn new(clock: Clock, world: World) -> Self {
        Self(Arc::new(Inner { clock, world: Mutex::new(world) }))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// Looks at the world.
    pub fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.0.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes a store; afterwards the product's timeline follows what is stored.
    pub fn change<T>(&self, change: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let mut world = self.0.world.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let result = change(&mut world, now);
        world.settle(seconds(now));
        result
    }

    /// The product as it is now, to be computed with outside the lock.
    #[must_use]
    pub fn product(&self) -> Product {
        self.look(|world| world.product.clone())
    }
}

/// Unix seconds of an instant, to the millisecond.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
pub fn seconds(at: Timestamp) -> Seconds {
    at.as_millisecond() as f64 / 1_000.0
}

/// The instant of unix seconds; the epoch if out of range.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "a float to integer cast saturates")]
pub fn instant(at: Seconds) -> Timestamp {
    Timestamp::from_millisecond((at * 1_000.0).round() as i64).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Serves until `stop` closes.
///
/// # Errors
/// No free port on loopback.
pub async fn serve(routes: Router, mut stop: watch::Receiver<()>) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let routes = routes
        .fallback(async || (StatusCode::NOT_FOUND, "404 page not found\n"))
        .method_not_allowed_fallback(async || (StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n"));
    let stopped = async move { while stop.changed().await.is_ok() {} };
    tokio::spawn(async move {
        // Its only error is a listener that is gone, and then there is nothing left to serve.
        let _ = axum::serve(listener, routes).with_graceful_shutdown(stopped).await;
    });
    Ok(address)
}

/// A JSON answer.
#[must_use]
pub fn reply(status: StatusCode, body: Value) -> Response {
    (status, axum::Json(body)).into_response()
}

/// A body as JSON, if it is JSON.
#[must_use]
pub fn json_body(body: &Bytes) -> Option<Value> {
    serde_json::from_slice(body).ok()
}
