//! What all clients of one endpoint share: its connections, its tokens, its origin. Everything is made on first use.
//! May not know which requests read and which write.

use reqwest::header::HeaderValue;
use std::sync::Arc;

use reqwest::{Client, Method, Request, Url};
use tokio::sync::{Mutex, OnceCell};

use crate::domain::cause::Fault;
use crate::domain::endpoint::{EndpointSpec, SecretSource};

use super::address::Address;
use super::answer::Answer;
use super::credential::Credential;
use super::exchange::{self, Terms};
use super::gated::Gate;
use super::secret::Secret;
use super::{connect, session, trouble};

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
    /// The token of a log-in, where the vendor wants one; forgotten when it is refused.
    session: Mutex<Option<Arc<Credential>>>,
}

impl Link {
    /// Checks the URL; does no I/O.
    pub(super) fn new(spec: EndpointSpec) -> Self {
        let address = Address::parse(&spec.url);
        Self {
            spec,
            address,
            client: OnceCell::new(),
            main: OnceCell::new(),
            serving: OnceCell::new(),
            session: Mutex::new(None),
        }
    }

    /// The checked base URL.
    ///
    /// # Errors
    /// [`Fault::BadAddress`].
    pub(super) fn address(&self) -> Result<&Address, Fault> {
        self.address.as_ref().map_err(Clone::clone)
    }

    /// Asks a question: like [`Link::send`], but a log-in that ran out is renewed and the question asked again. Never for
    /// requests that change something.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub(super) async fn ask(&self, request: Request, token: Token) -> Result<Answer, Fault> {
        let again = session::is_wanted(&self.spec).then(|| request.try_clone()).flatten();
        let answer = self.send(request, token).await?;
        match again {
            Some(again) if answer.status == 401 => self.send(again, token).await,
            _ => Ok(answer),
        }
    }

    /// Sends one request once. The URL must have come from [`Link::address`].
    ///
    /// # Errors
    /// Transport faults, caps, a missing secret; a status is not an error here.
    pub(super) async fn send(&self, request: Request, token: Token) -> Result<Answer, Fault> {
        self.send_until(request, token, None).await
    }

    /// The same, but no byte leaves once the gate is shut.
    ///
    /// # Errors
    /// [`Fault::ClaimLapsed`] if it was shut in time.
    pub(super) async fn send_until(
        &self,
        request: Request,
        token: Token,
        gate: Option<&Gate>,
    ) -> Result<Answer, Fault> {
        let address = self.address()?;
        // The second lock on the same door: a token never goes to another origin, whoever built the request.
        address.admit(request.url().as_str())?;
        let client = self.client.get_or_try_init(|| connect::client(&self.spec, address)).await?;
        if token == Token::Main && session::is_wanted(&self.spec) {
            let session = self.session(client, address).await?;
            let mut terms = self.terms(address, Some(&session));
            terms.loaded.push(&session);
            terms.gate = gate;
            let answer = exchange::run(client, request, &terms).await?;
            if answer.status == 401 {
                *self.session.lock().await = None;
            }
            return Ok(answer);
        }
        let credential = self.credential(token).await?;
        exchange::run(client, request, &Terms { gate, ..self.terms(address, credential) }).await
    }

    fn terms<'a>(&'a self, address: &Address, credential: Option<&'a Credential>) -> Terms<'a> {
        Terms {
            deadline: self.spec.timeout,
            asked: trouble::Asked { target: address.target(), secure: address.is_secure() },
            credential,
            loaded: self.main.get().into_iter().chain(self.serving.get()).collect(),
            gate: None,
        }
    }

    /// The token of the log-in, which is made if there is none.
    async fn session(&self, client: &Client, address: &Address) -> Result<Arc<Credential>, Fault> {
        let mut held = self.session.lock().await;
        if let Some(session) = held.as_ref() {
            return Ok(Arc::clone(session));
        }
        // Loaded too, so that a server cannot hand the password back to us.
        self.credential(Token::Main).await?;
        let Some(source) = &self.spec.secret else {
            return Err(Fault::BadAddress { why: "a log-in needs a secret".into() });
        };
        let secret = Secret::resolve(source).await?;
        let session = Arc::new(session::open(client, &self.spec, address, &secret, &self.terms(address, None)).await?);
        *held = Some(Arc::clone(&session));
        Ok(session)
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
