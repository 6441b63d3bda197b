//! The reading client: GET and form POST to query endpoints, nothing else. May not be used to change anything.

use std::fmt;
use std::sync::Arc;

use reqwest::Method;
use reqwest::header::HeaderValue;

use crate::domain::cause::Fault;
use crate::domain::endpoint::EndpointSpec;

use super::Answer;
use super::link::{self, Link, Token};

/// Reads from one endpoint. Cheap to clone; connections are shared.
#[derive(Clone)]
pub struct ReadClient {
    link: Arc<Link>,
}

/// A question with everything that a config may say about it. May only be pointed at what changes nothing.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Joined to the endpoint's base URL.
    pub path: &'a str,
    /// Query values.
    pub query: &'a [(&'a str, &'a str)],
    /// Headers beyond those that every request carries; never a secret.
    pub headers: &'a [(String, String)],
    /// Of the body; JSON if not given.
    pub content_type: Option<&'a str>,
    /// POST instead of GET.
    pub post: bool,
    /// Of a POST.
    pub body: Option<&'a str>,
    /// Ask with the serving side's secret, where there is one.
    pub serving: bool,
}

impl fmt::Debug for ReadClient {
    /// Only the name: tokens and connections have no place in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadClient").field("endpoint", &self.link.spec.id).finish_non_exhaustive()
    }
}

impl ReadClient {
    /// A client for one endpoint. Does no I/O: secrets and TLS roots are loaded on first use.
    #[must_use]
    pub fn new(spec: EndpointSpec) -> Self {
        Self { link: Arc::new(Link::new(spec)) }
    }

    /// The endpoint.
    #[must_use]
    pub fn spec(&self) -> &EndpointSpec {
        &self.link.spec
    }

    /// Scheme, host and port that the endpoint's secret is bound to, for example `https://flags.internal`.
    ///
    /// # Errors
    /// [`Fault::BadAddress`].
    pub fn origin(&self) -> Result<String, Fault> {
        self.link.address().map(super::address::Address::origin)
    }

    /// The absolute URL of `path` with a query, as [`ReadClient::get`] would ask it; for planned requests.
    /// Names within a path go through [`super::segment`] first.
    ///
    /// # Errors
    /// [`Fault::BadAddress`].
    pub fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<String, Fault> {
        self.link.address()?.join(path, query).map(Into::into)
    }

    /// GET `path` (joined to the endpoint's base URL, whose own path prefix is kept) with a query.
    /// A non-2xx status is a fault, and so is a web page: see `Fault`.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Fault> {
        success(self.ask(path, query, Token::Main).await?)
    }

    /// Like `get`, but any complete answer is `Ok`, whatever its status (for stores whose 400 means "unset").
    ///
    /// # Errors
    /// Only transport faults, redirects and caps.
    pub async fn get_any(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Fault> {
        let answer = self.ask(path, query, Token::Main).await?;
        match answer.fault() {
            Some(redirected @ Fault::Redirected { .. }) => Err(redirected.clone()),
            _ => Ok(answer),
        }
    }

    /// `get` with the endpoint's `serving_secret` instead of its secret (Unleash client API). Where there is no
    /// serving secret, the main one goes along.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub async fn get_serving(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Fault> {
        success(self.ask(path, query, Token::Serving).await?)
    }

    /// POST of a form to a query endpoint (long PromQL).
    ///
    /// # Errors
    /// Any [`Fault`].
    pub async fn query(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer, Fault> {
        let url = self.link.address()?.join(path, &[])?;
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        let request = link::request(Method::POST, url, Some(kind), Some(body));
        success(self.link.ask(request, Token::Main).await?)
    }

    /// POST of JSON to an endpoint that answers questions that way (etcd's range, OFREP's evaluation). Any complete
    /// answer is `Ok`, as with [`ReadClient::get_any`]. May only be pointed at paths that change nothing.
    ///
    /// # Errors
    /// Only transport faults, redirects and caps.
    pub async fn ask_json(&self, path: &str, body: &serde_json::Value) -> Result<Answer, Fault> {
        let url = self.link.address()?.join(path, &[])?;
        let kind = HeaderValue::from_static("application/json");
        let request = link::request(Method::POST, url, Some(kind), Some(body.to_string()));
        let answer = self.link.ask(request, Token::Main).await?;
        match answer.fault() {
            Some(redirected @ Fault::Redirected { .. }) => Err(redirected.clone()),
            _ => Ok(answer),
        }
    }

    /// Asks a question of the config. Any complete answer is `Ok`, as with [`ReadClient::get_any`].
    ///
    /// # Errors
    /// Only transport faults, redirects, caps and headers that cannot be sent.
    pub async fn ask_as(&self, question: &Question<'_>) -> Result<Answer, Fault> {
        let url = self.link.address()?.join(question.path, question.query)?;
        let kind = question.body.map(|_| HeaderValue::from_str(question.content_type.unwrap_or("application/json")));
        let bad = |why: String| Fault::BadAddress { why };
        let kind = kind.transpose().map_err(|_| bad("the content type cannot be a header".into()))?;
        let method = if question.post { Method::POST } else { Method::GET };
        let mut request = link::request(method, url, kind, question.body.map(ToOwned::to_owned));
        for (name, value) in question.headers {
            let (name, value) = super::write::header(name, value).map_err(bad)?;
            request.headers_mut().insert(name, value);
        }
        let token = if question.serving { Token::Serving } else { Token::Main };
        let answer = self.link.send(request, token).await?;
        match answer.fault() {
            Some(redirected @ Fault::Redirected { .. }) => Err(redirected.clone()),
            _ => Ok(answer),
        }
    }

    /// Opens a connection ahead, so that the next request (perhaps a write) starts at once. Sends no token, and any
    /// answer will do.
    ///
    /// # Errors
    /// Only transport faults.
    pub async fn warm(&self) -> Result<(), Fault> {
        self.ask("", &[], Token::Nothing).await.map(drop)
    }

    pub(super) fn link(&self) -> &Arc<Link> {
        &self.link
    }

    async fn ask(&self, path: &str, query: &[(&str, &str)], token: Token) -> Result<Answer, Fault> {
        let url = self.link.address()?.join(path, query)?;
        self.link.ask(link::request(Method::GET, url, None, None), token).await
    }
}

fn success(answer: Answer) -> Result<Answer, Fault> {
    match answer.fault().cloned().or_else(|| answer.page()) {
        None => Ok(answer),
        Some(fault) => Err(fault),
    }
}
