//! What reqwest, hyper, rustls and the operating system say when a request fails, as one of our faults.
//! May not repeat their words where these could hold a URL.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use crate::domain::cause::Fault;

use super::names::LookupFailed;

/// What was being asked, for the words.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// `host:port`.
    pub(super) target: String,
    /// True for TLS.
    pub(super) secure: bool,
}

/// Why no answer began.
pub(super) fn before_answer(error: &reqwest::Error, asked: &Asked) -> Fault {
    let chain = causes(error);
    if error.is_builder() {
        return Fault::BadAddress { why: "the request cannot be built from it".into() };
    }
    if error.is_connect() { not_connected(error, &chain, asked) } else { broken(&chain, 0) }
}

/// Why an answer that had begun did not end; `received` counts its body bytes so far.
pub(super) fn within_answer(error: &reqwest::Error, received: u64) -> Fault {
    broken(&causes(error), received)
}

fn not_connected(error: &reqwest::Error, chain: &[&(dyn Error + 'static)], asked: &Asked) -> Fault {
    if let Some(failed) = first::<LookupFailed>(chain) {
        return failed.0.clone();
    }
    if let Some(tls) = first::<rustls::Error>(chain) {
        return Fault::Certificate { why: handshake_words(tls) };
    }
    let target = asked.target.clone();
    let kind = first::<io::Error>(chain).map(io::Error::kind);
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => Fault::Refused { target },
        _ if error.is_timeout() => Fault::Unreachable { target },
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
            if asked.secure =>
        {
            Fault::Certificate { why: "handshake failed: the server hung up".into() }
        }
        _ => Fault::Unreachable { target },
    }
}

/// After the connection stood. Never a class that claims nothing was sent.
fn broken(chain: &[&(dyn Error + 'static)], received: u64) -> Fault {
    if let Some(http) = first::<hyper::Error>(chain) {
        if http.is_parse_too_large() {
            return Fault::NotUnderstood { why: "too many or too large headers".into() };
        }
        if http.is_parse() {
            return Fault::NotUnderstood { why: "not HTTP".into() };
        }
        return Fault::CutOff { received };
    }
    match first::<io::Error>(chain).map(io::Error::kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other) => {
            Fault::NotUnderstood { why: "broken gzip".into() }
        }
        _ => Fault::CutOff { received },
    }
}

fn handshake_words(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(problem) => certificate_words(problem),
        rustls::Error::InvalidMessage(_) => "handshake failed: the server does not speak TLS there".into(),
        rustls::Error::AlertReceived(alert) => format!("handshake failed: the server said {alert:?}"),
        _ => "handshake failed".into(),
    }
}

fn certificate_words(problem: &CertificateError) -> String {
    match problem {
        CertificateError::Expired => "expired".into(),
        CertificateError::ExpiredContext { time, not_after } => {
            format!("expired {} ago", span(time.as_secs().saturating_sub(not_after.as_secs())))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "not valid yet; is our clock right?".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "wrong name".into(),
        CertificateError::UnknownIssuer => "unknown issuer; if it is your own authority, set `ca-file`".into(),
        CertificateError::Revoked => "handshake failed: revoked".into(),
        // A certificate that signs itself is refused by other names, depending on how it was made.
        CertificateError::Other(_) | CertificateError::BadSignature => {
            "unknown issuer, or a certificate that is not for servers".into()
        }
        _ => "handshake failed: the certificate is not valid".into(),
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The whole chain of causes. `io::Error` hides the error it wraps from `source`, so that one is asked directly.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let Some(current) = next {
        chain.push(current);
        let wrapped: Option<&'a (dyn Error + 'static)> =
            current.downcast_ref::<io::Error>().and_then(io::Error::get_ref).map(|inner| inner as _);
        next = wrapped.or_else(|| current.source());
    }
    chain
}

fn first<'a, E: Error + 'static>(chain: &[&'a (dyn Error + 'static)]) -> Option<&'a E> {
    chain.iter().find_map(|error| error.downcast_ref::<E>())
}
