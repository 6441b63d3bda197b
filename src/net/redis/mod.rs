//! A connection to Redis under the rules of this layer: one deadline, a cap, no retries, a token bound to one address.
//! A write exists only with a permit. May not know what a key means.

mod protocol;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::endpoint::EndpointSpec;
use crate::domain::permit::WritePermit;

use super::connect::connect_deadline;
use super::roots;
use super::secret::Secret;
pub use protocol::Reply;

const PORT: u16 = 6379;

/// Asks one Redis. Cheap to clone; every exchange has a connection of its own, which nothing else can disturb.
#[derive(Clone)]
pub struct RedisClient {
    inner: Arc<Inner>,
}

struct Inner {
    spec: EndpointSpec,
    secret: OnceCell<Secret>,
}

impl std::fmt::Debug for RedisClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisClient").field("endpoint", &self.inner.spec.id).finish_non_exhaustive()
    }
}

/// What became of a write.
#[derive(Debug)]
pub enum RedisSent {
    /// A complete reply; an error reply too.
    Answered(Reply),
    /// Proof that the command did not leave.
    NotSent(Fault),
    /// It may have happened.
    Unknown(Fault),
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl RedisClient {
    /// A client for one endpoint. Does no I/O.
    #[must_use]
    pub fn new(spec: EndpointSpec) -> Self {
        Self { inner: Arc::new(Inner { spec, secret: OnceCell::new() }) }
    }

    /// The endpoint.
    #[must_use]
    pub fn spec(&self) -> &EndpointSpec {
        &self.inner.spec
    }

    /// The address for planned requests: `redis://host:port/database`.
    ///
    /// # Errors
    /// [`Fault::BadAddress`].
    pub fn address(&self) -> Result<String, Fault> {
        let place = Place::of(&self.inner.spec.url)?;
        let scheme = if place.secure { "rediss" } else { "redis" };
        Ok(format!("{scheme}://{}:{}/{}", place.host, place.port, place.database))
    }

    /// Sends one command that changes nothing.
    ///
    /// # Errors
    /// Any [`Fault`]; an error reply is `Ok`.
    pub async fn ask(&self, command: &[&str]) -> Result<Reply, Fault> {
        let mut sent = false;
        self.exchange(command, &mut sent, Duration::MAX).await
    }

    /// Sends one command that changes something, once.
    pub async fn write(&self, permit: &WritePermit, command: &[&str]) -> RedisSent {
        tracing::debug!(run = %permit.run(), "a write to redis");
        let mut sent = false;
        match self.exchange(command, &mut sent, permit.until()).await {
            Ok(reply) => RedisSent::Answered(reply),
            Err(fault) if sent => RedisSent::Unknown(fault),
            Err(fault) => RedisSent::NotSent(fault),
        }
    }

    /// Nothing leaves after `until` on the clock since boot. `sent` becomes true before the first byte of the command leaves; until then only the log-in was spoken.
    async fn exchange(&self, command: &[&str], sent: &mut bool, until: Duration) -> Result<Reply, Fault> {
        let total = self.inner.spec.timeout;
        let talk = async {
            let place = Place::of(&self.inner.spec.url)?;
            let mut stream = BufReader::new(self.connect(&place).await?);
            self.log_in(&mut stream, &place).await?;
            if clock::since_boot() >= until {
                return Err(Fault::ClaimLapsed);
            }
            *sent = true;
            speak(&mut stream, command).await
        };
        let reply = match tokio::time::timeout(total, talk).await {
            Ok(reply) => reply?,
            Err(_) => return Err(Fault::NoAnswer { after: total, received: 0 }),
        };
        match &reply {
            Reply::Error(words) if words.starts_with("NOAUTH") || words.starts_with("NOPERM") => {
                Err(self.not_allowed(if words.starts_with("NOAUTH") { 401 } else { 403 }))
            }
            _ => Ok(self.redacted(reply)),
        }
    }

    async fn connect(&self, place: &Place) -> Result<Box<dyn Stream>, Fault> {
        let limit = connect_deadline(self.inner.spec.timeout);
        let target = format!("{}:{}", place.host, place.port);
        let lookup = tokio::time::timeout(limit * 2 / 3, tokio::net::lookup_host((place.host.as_str(), place.port)));
        let found: Vec<_> = match lookup.await {
            Ok(Ok(found)) => found.collect(),
            Ok(Err(_)) => return Err(Fault::NameNotFound { host: place.host.clone() }),
            Err(_) => return Err(Fault::DnsNotAnswering { host: place.host.clone() }),
        };
        let stream = within(limit, TcpStream::connect(found.as_slice()), &target).await?;
        let _ = stream.set_nodelay(true);
        if !place.secure {
            return Ok(Box::new(stream));
        }
        let settings = roots::settings(true, self.inner.spec.ca_file.as_deref()).await?;
        let name = ServerName::try_from(place.host.clone())
            .map_err(|_| Fault::BadAddress { why: "the host cannot stand in a certificate".into() })?;
        let handshake = TlsConnector::from(Arc::new(settings)).connect(name, stream);
        match tokio::time::timeout(limit, handshake).await {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(Fault::Certificate { why: format!("handshake failed: {error}") }),
            Err(_) => Err(Fault::Unreachable { target }),
        }
    }

    async fn log_in(&self, stream: &mut BufReader<Box<dyn Stream>>, place: &Place) -> Result<(), Fault> {
        if let Some(source) = &self.inner.spec.secret {
            let secret = self.inner.secret.get_or_try_init(|| Secret::resolve(source)).await?;
            let mut command = vec!["AUTH"];
            command.extend(self.inner.spec.user.as_deref());
            command.push(secret.expose());
            if let Reply::Error(_) = speak(stream, &command).await? {
                return Err(self.not_allowed(401));
            }
        }
        if place.database != 0 {
            let database = place.database.to_string();
            if let Reply::Error(words) = speak(stream, &["SELECT", &database]).await? {
                return Err(Fault::BadRequest { status: 0, message: words });
            }
        }
        Ok(())
    }

    fn not_allowed(&self, status: u16) -> Fault {
        Fault::NotAllowed { status, secret: self.inner.spec.secret.as_ref().map(ToString::to_string) }
    }

    /// Takes our own secret out of what came back.
    fn redacted(&self, reply: Reply) -> Reply {
        match (reply, self.inner.secret.get()) {
            (Reply::Text(text), Some(secret)) => Reply::Text(text.replace(secret.expose(), "[secret]")),
            (Reply::Error(text), Some(secret)) => Reply::Error(text.replace(secret.expose(), "[secret]")),
            (other, _) => other,
        }
    }
}

async fn speak(stream: &mut BufReader<Box<dyn Stream>>, command: &[&str]) -> Result<Reply, Fault> {
    let cut = |_| Fault::CutOff { received: 0 };
    stream.write_all(&protocol::packed(command)).await.map_err(cut)?;
    stream.flush().await.map_err(cut)?;
    protocol::read(stream).await
}

async fn within<T>(
    limit: Duration,
    connecting: impl Future<Output = std::io::Result<T>>,
    target: &str,
) -> Result<T, Fault> {
    let target = target.to_owned();
    match tokio::time::timeout(limit, connecting).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => Err(Fault::Refused { target }),
        Ok(Err(_)) | Err(_) => Err(Fault::Unreachable { target }),
    }
}

/// Where a Redis listens.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
    database: u16,
    secure: bool,
}

impl Place {
    /// Reads `redis://host[:port][/database]`; `rediss` is TLS.
    fn of(url: &str) -> Result<Self, Fault> {
        let bad = |why: &str| Fault::BadAddress { why: why.to_owned() };
        let url = Url::parse(url).map_err(|_| bad("write for example redis://host:6379/0"))?;
        let secure = match url.scheme() {
            "redis" => false,
            "rediss" => true,
            _ => return Err(bad("only redis and rediss can be asked here")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("it holds a user or password; use `user` and `secret` of the endpoint instead"));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| bad("it names no host"))?;
        let database = match url.path().trim_matches('/') {
            "" => 0,
            number => number.parse().map_err(|_| bad("the path is the number of a database, for example /0"))?,
        };
        Ok(Self { host: host.trim_matches(['[', ']']).to_owned(), port: url.port().unwrap_or(PORT), database, secure })
    }
}
