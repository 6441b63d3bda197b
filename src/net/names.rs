//! Name resolution with a deadline of its own, so that "no such name" and "DNS does not answer" are told apart.
//! May not cache: the operating system does.

use std::io;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::domain::cause::Fault;

/// A lookup that failed, with its class; travels inside reqwest's error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct LookupFailed(pub(super) Fault);

/// The operating system's resolver behind a deadline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver {
    /// Shorter than the connect deadline, otherwise that one would hide the cause.
    pub(super) deadline: Duration,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let deadline = self.deadline;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let lookup = tokio::time::timeout(deadline, tokio::net::lookup_host((name.as_str(), 0))).await;
            match lookup {
                Ok(Ok(found)) => Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs),
                Ok(Err(error)) => Err(LookupFailed(classify(host, &error)).into()),
                Err(_) => Err(LookupFailed(Fault::DnsNotAnswering { host }).into()),
            }
        })
    }
}

/// The standard library gives no error code for lookups, only the words of the C library.
fn classify(host: String, error: &io::Error) -> Fault {
    let words = error.to_string().to_lowercase();
    let not_answering = ["temporary failure", "try again", "system error"].iter().any(|part| words.contains(part));
    if not_answering { Fault::DnsNotAnswering { host } } else { Fault::NameNotFound { host } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_name_and_a_silent_resolver_are_told_apart() {
        let of = |words: &str| classify("prom.internal".into(), &io::Error::other(words));
        let missing = of("failed to lookup address information: Name or service not known");
        assert!(matches!(missing, Fault::NameNotFound { .. }));
        let silent = of("failed to lookup address information: Temporary failure in name resolution");
        assert!(matches!(silent, Fault::DnsNotAnswering { .. }));
    }
}
