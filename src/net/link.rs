//! What all clients of one endpoint share: its connections, its tokens, its origin. Everything is made on first use.
//! May not know which requests read and which write.

use reqwest::header::HeaderValue;
use reqwest::{Client, Method, Request, Url};
use tokio::sync::OnceCell;

use crate::domain::cause::Fault;
use crate::domain::endpoint::{EndpointSpec, SecretSource};

use super::address::Address;
use super::answer::Answer;
use super::credential::Credential;
use super::exchange::{self, Terms};
use super::secret::Secret;
use super::{connect, trouble};

/// Which token a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// None at all.
    Nothing,
    /// The endpoint's secret, if it has one.
    Main,
    /// The read-only secret of the serving side, or the main one where there is none.
    Serving,
}

/// One endpoint's connections and tokens.
pub(super) struct Link {
    pub(super) spec: EndpointSpec,
    address: Result<Address, Fault>,
    client: OnceCell<Client>,
    main: OnceCell<Credential>,
    serving: OnceCell<Credential>,
}

impl Link {
    /// Checks the URL; does no I/O.
    pub(super) fn new(spec: EndpointSpec) -> Self {
        let address = Address::parse(&spec.url);
        Self { spec, address, client: OnceCell::new(), main: OnceCell::new(), serving: OnceCell::new() }
    }

    /// The checked base URL.
    ///
    /// # Errors
    /// [`Fault::BadAddress`].
    pub(super) fn address(&self) -> Result<&Address, Fault> {
        self.address.as_ref().map_err(Clone::clone)
    }

    /// Sends one request once. The URL must have come from [`Link::address`].
    ///
    /// # Errors
    /// Transport faults, caps, a missing secret; a status is not an error here.
    pub(super) async fn send(&self, request: Request, token: Token) -> Result<Answer, Fault> {
        let address = self.address()?;
        // The second lock on the same door: a token never goes to another origin, whoever built the request.
        address.admit(request.url().as_str())?;
        let credential = self.credential(token).await?;
        let client = self.client.get_or_try_init(|| connect::client(&self.spec, address)).await?;
        let terms = Terms {
            deadline: self.spec.timeout,
            asked: trouble::Asked { target: address.target(), secure: address.is_secure() },
            credential,
            loaded: self.main.get().into_iter().chain(self.serving.get()).collect(),
        };
        exchange::run(client, request, &terms).await
    }

    async fn credential(&self, token: Token) -> Result<Option<&Credential>, Fault> {
        let main = (&self.main, &self.spec.secret);
        let (cell, source) = match token {
            Token::Nothing => return Ok(None),
            Token::Serving if self.spec.serving_secret.is_some() => (&self.serving, &self.spec.serving_secret),
            Token::Main | Token::Serving => main,
        };
        let Some(source) = source else { return Ok(None) };
        cell.get_or_try_init(|| self.load(source)).await.map(Some)
    }

    async fn load(&self, source: &SecretSource) -> Result<Credential, Fault> {
        let secret = Secret::resolve(source).await?;
        Credential::new(&secret, &self.spec)
    }
}

/// A request with a body of exactly these bytes.
pub(super) fn request(method: Method, url: Url, content_type: Option<HeaderValue>, body: Option<String>) -> Request {
    let mut request = Request::new(method, url);
    if let Some(kind) = content_type {
        request.headers_mut().insert(reqwest::header::CONTENT_TYPE, kind);
    }
    *request.body_mut() = body.map(Into::into);
    request
}
