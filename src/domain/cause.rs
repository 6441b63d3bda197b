//! Why something is not known: the classes of fault and the words a tired person reads for each.
//! May not decide what a fault means for a status; that is `signal`'s and `rollup`'s business.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What went wrong between us and a source. Every adapter maps its troubles to one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "class")]
pub enum Fault {
    /// The name does not resolve.
    NameNotFound { host: String },
    /// The resolver itself did not answer.
    DnsNotAnswering { host: String },
    /// Nothing listens there.
    Refused { target: String },
    /// No route, or packets vanish: the connection was never made within the connect deadline.
    Unreachable { target: String },
    /// We were held up (stopped, suspended, or very slow) until others may have judged the run; nothing was sent.
    ClaimLapsed,
    /// The URL of the config cannot be used; nothing was sent.
    BadAddress { why: String },
    /// The TLS handshake failed; `why` begins with one of: expired, not valid yet, wrong name, unknown issuer,
    /// handshake failed.
    Certificate { why: String },
    /// The total deadline passed; `received` counts body bytes that had arrived.
    NoAnswer { after: Duration, received: u64 },
    /// The connection broke in the middle of an answer.
    CutOff { received: u64 },
    /// The answer is larger than the cap (decompressed bytes).
    TooBig { cap: u64 },
    /// A redirect; never followed.
    Redirected { to: String },
    /// 401 or 403; `secret` names where the token comes from, never its value.
    NotAllowed { status: u16, secret: Option<String> },
    /// 404 or 410.
    NotFound { what: String },
    /// 429 or 503 with or without `Retry-After` (already clamped to 5 minutes).
    Throttled { status: u16, retry_after: Option<Duration> },
    /// Another 4xx: our request is wrong; the server's words, cleaned.
    BadRequest { status: u16, message: String },
    /// Another 5xx.
    ServerError { status: u16, message: String },
    /// 200, but not what the adapter understands (HTML login page, null, wrong schema).
    NotUnderstood { why: String },
    /// A well-formed answer without the thing asked for (an empty vector).
    NoData,
    /// A value that is NaN or infinite.
    NotANumber,
    /// More than one series where one number was asked for.
    Ambiguous { series: usize },
    /// The secret of the endpoint could not be resolved; names the source, not the value.
    MissingSecret { source: String, why: String },
    /// A file could not be read or parsed.
    File { path: String, why: String },
    /// The source was not asked yet, or is paused after repeated failures.
    Paused { retry_in: Duration },
    /// Not polled yet since start (or since the machine resumed).
    NotYet,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameNotFound { host } => write!(f, "name not found: {host}"),
            Self::DnsNotAnswering { host } => write!(f, "DNS not answering for {host}"),
            Self::Refused { target } => write!(f, "connection refused by {target}"),
            Self::Unreachable { target } => write!(f, "{target} is unreachable"),
            Self::ClaimLapsed => {
                f.write_str("this process was held up until its claim had lapsed; look again, then act")
            }
            Self::BadAddress { why } => write!(f, "address not usable: {why}"),
            Self::Certificate { why } => write!(f, "certificate: {why}"),
            Self::NoAnswer { after, received: 0 } => write!(f, "no answer in {}", secs(*after)),
            Self::NoAnswer { after, received } => {
                write!(f, "no complete answer in {} (slow body, {received} B)", secs(*after))
            }
            Self::CutOff { received } => write!(f, "answer cut off after {received} B"),
            Self::TooBig { cap } => write!(f, "answer larger than {} KiB", cap / 1024),
            Self::Redirected { to } => write!(f, "redirected to {to} (not followed)"),
            Self::NotAllowed { status, secret: Some(s) } => write!(f, "not allowed ({status}, token from {s})"),
            Self::NotAllowed { status, secret: None } => write!(f, "not allowed ({status}, no token configured)"),
            Self::NotFound { what } => write!(f, "not found: {what}"),
            Self::Throttled { retry_after: Some(d), .. } => write!(f, "throttled, next try in {}", secs(*d)),
            Self::Throttled { status, retry_after: None } => write!(f, "throttled ({status})"),
            Self::BadRequest { status, message } => write!(f, "request refused ({status}): {message}"),
            Self::ServerError { status, message } if message.is_empty() => write!(f, "server error ({status})"),
            Self::ServerError { status, message } => write!(f, "server error ({status}): {message}"),
            Self::NotUnderstood { why } => write!(f, "answer not understood: {why}"),
            Self::NoData => f.write_str("no data"),
            Self::NotANumber => f.write_str("not a number"),
            Self::Ambiguous { series } => write!(f, "{series} series where one number was asked for"),
            Self::MissingSecret { source, why } => write!(f, "no token: {source} {why}"),
            Self::File { path, why } => write!(f, "{path}: {why}"),
            Self::Paused { retry_in } => write!(f, "paused after failures, next try in {}", secs(*retry_in)),
            Self::NotYet => f.write_str("not polled yet"),
        }
    }
}

impl std::error::Error for Fault {}

impl Fault {
    /// True if no byte of a request can have been acted on by the other side.
    #[must_use]
    pub fn never_sent(&self) -> bool {
        matches!(
            self,
            Self::NameNotFound { .. }
                | Self::DnsNotAnswering { .. }
                | Self::Refused { .. }
                | Self::Unreachable { .. }
                | Self::ClaimLapsed
                | Self::BadAddress { .. }
                | Self::Certificate { .. }
                | Self::MissingSecret { .. }
        )
    }
}

fn secs(d: Duration) -> String {
    if d < Duration::from_secs(10) && d.subsec_millis() != 0 {
        format!("{:.1} s", d.as_secs_f64())
    } else {
        format!("{} s", d.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_the_secret_source_but_there_is_no_place_for_its_value() {
        let fault = Fault::NotAllowed { status: 401, secret: Some("env PROM_TOKEN".into()) };
        assert_eq!(fault.to_string(), "not allowed (401, token from env PROM_TOKEN)");
    }

    #[test]
    fn only_connection_failures_prove_that_nothing_was_sent() {
        assert!(Fault::Refused { target: "a:1".into() }.never_sent());
        assert!(!Fault::NoAnswer { after: Duration::from_secs(8), received: 0 }.never_sent());
        assert!(!Fault::CutOff { received: 3 }.never_sent());
        assert!(!Fault::ServerError { status: 500, message: String::new() }.never_sent());
    }
}
