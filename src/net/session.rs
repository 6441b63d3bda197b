//! Log-ins: a store that takes no lasting token gets a name and a password once, and its short-lived token afterwards.
//! May not be used by a vendor whose secret is a token already.

use reqwest::header::HeaderValue;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::domain::cause::Fault;
use crate::domain::endpoint::{EndpointSpec, Vendor};

use super::address::Address;
use super::credential::Credential;
use super::exchange::{self, Terms};
use super::link;
use super::secret::Secret;

/// Where etcd takes a name and a password (its JSON gateway, read off 3.4.23).
const ETCD: &str = "/v3/auth/authenticate";

/// True if requests to this endpoint carry the token of a log-in.
pub(super) fn is_wanted(spec: &EndpointSpec) -> bool {
    spec.vendor == Vendor::Etcd && spec.user.is_some() && spec.secret.is_some()
}

/// Logs in and answers the token's credential.
///
/// # Errors
/// [`Fault::NotAllowed`] for a wrong name or password, naming where the password comes from; transport faults.
pub(super) async fn open(
    client: &Client,
    spec: &EndpointSpec,
    address: &Address,
    secret: &Secret,
    terms: &Terms<'_>,
) -> Result<Credential, Fault> {
    let body = json!({ "name": spec.user, "password": secret.expose() }).to_string();
    let url = address.join(ETCD, &[])?;
    let kind = HeaderValue::from_static("application/json");
    let request = link::request(Method::POST, url, Some(kind), Some(body));
    let answer = exchange::run(client, request, terms).await?;
    let refused = || Fault::NotAllowed { status: answer.status, secret: Some(secret.source.clone()) };
    match answer.fault() {
        // etcd calls a wrong password a bad request.
        Some(Fault::BadRequest { .. } | Fault::NotAllowed { .. }) => return Err(refused()),
        Some(fault) => return Err(fault.clone()),
        None => {}
    }
    let odd = || Fault::NotUnderstood { why: "the log-in brought no token".into() };
    let answer: Value = answer.json_as()?;
    Credential::session(&secret.source, answer.get("token").and_then(Value::as_str).ok_or_else(odd)?)
}
