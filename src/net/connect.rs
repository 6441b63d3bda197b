//! Builds the HTTP client of one endpoint, with every rule that protects tokens and patience.
//! The only place where a client is built.

use std::time::Duration;

use reqwest::Client;

use crate::domain::cause::Fault;
use crate::domain::endpoint::EndpointSpec;

use super::address::Address;
use super::names::Resolver;
use super::roots;

/// A connection that takes longer will not help tonight.
const MOST_FOR_CONNECT: Duration = Duration::from_secs(3);
/// Enough for the levers and feeds of one server, which are read in the same moment: fewer would be opened anew each time.
const IDLE_CONNECTIONS: usize = 8;
/// An honest server sends a dozen.
const MOST_HEADERS: usize = 64;

/// How long connecting may take, TLS included: never so long that the total deadline would hide the cause.
pub(super) fn connect_deadline(total: Duration) -> Duration {
    MOST_FOR_CONNECT.min(total / 2)
}

/// Builds the client: no redirects (a server could collect our tokens), no retries (the journal counts every send),
/// no cookies, HTTP/1 only, and no proxy for loopback or plain http (it would see the token).
///
/// # Errors
/// [`Fault::File`] for the CA file, [`Fault::Certificate`] if TLS cannot be set up.
pub(super) async fn client(spec: &EndpointSpec, address: &Address) -> Result<Client, Fault> {
    let connect = connect_deadline(spec.timeout);
    let mut builder = Client::builder()
        .user_agent(concat!("breakglass/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(roots::settings(address.is_secure(), spec.ca_file.as_deref()).await?)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .http1_max_headers(MOST_HEADERS)
        .gzip(true)
        .dns_resolver(Resolver { deadline: connect * 2 / 3 })
        .connect_timeout(connect)
        .pool_max_idle_per_host(IDLE_CONNECTIONS);
    if address.is_loopback() || !address.is_secure() {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| Fault::Certificate {
        why: format!("handshake failed: the client could not be set up: {}", error.without_url()),
    })
}
