//! The base URL of an endpoint: what may be joined to it, and which origin its secret belongs to.
//! May not resolve names or open connections.

use url::Url;

use crate::domain::cause::Fault;

/// A checked base URL: http or https, a host, no user info, no query, no fragment.
#[derive(Debug, Clone)]
pub(super) struct Address {
    base: Url,
}

impl Address {
    /// Checks the URL of the config.
    ///
    /// # Errors
    /// [`Fault::BadAddress`]. The words never repeat the URL: it may hold a password.
    pub(super) fn parse(url: &str) -> Result<Self, Fault> {
        let base = Url::parse(url).map_err(|error| bad(&format!("{error}; write for example https://host/path")))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(bad("only http and https can be read"));
        }
        if base.host_str().is_none_or(str::is_empty) {
            return Err(bad("it names no host"));
        }
        if has_user_info(&base) {
            return Err(bad("it holds a user or password; use `user` and `secret` of the endpoint instead"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(bad("a base URL has no ? and no #"));
        }
        Ok(Self { base })
    }

    /// Joins `path` to the base, whose own path prefix is kept, and adds the query.
    ///
    /// # Errors
    /// [`Fault::BadAddress`] if the result would leave the origin or lose a part of what was asked.
    pub(super) fn join(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, Fault> {
        let prefix = self.base.as_str().trim_end_matches('/');
        let path = path.trim_start_matches('/');
        if path.contains('#') {
            return Err(bad("a path has no #"));
        }
        let text = if path.is_empty() { self.base.as_str().to_owned() } else { format!("{prefix}/{path}") };
        let mut url = Url::parse(&text).map_err(|error| bad(&error.to_string()))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        if self.owns(&url) { Ok(url) } else { Err(bad("it leaves the endpoint's origin")) }
    }

    /// Checks that a planned, absolute URL is of this origin.
    ///
    /// # Errors
    /// [`Fault::BadAddress`], naming both hosts.
    pub(super) fn admit(&self, planned: &str) -> Result<Url, Fault> {
        let url = Url::parse(planned).map_err(|error| bad(&error.to_string()))?;
        if self.owns(&url) {
            return Ok(url);
        }
        let host = url.host_str().unwrap_or("no host");
        Err(bad(&format!("the request is for {host}, the endpoint is {}; nothing was sent", self.origin())))
    }

    /// Scheme, host and port, for example `https://flags.internal`.
    pub(super) fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// `host:port`, for words.
    pub(super) fn target(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// True for TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// True for this machine.
    pub(super) fn is_loopback(&self) -> bool {
        match self.base.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        }
    }

    fn owns(&self, url: &Url) -> bool {
        url.origin() == self.base.origin() && !has_user_info(url)
    }
}

/// Percent-encodes one path segment, so that a name with `/` or `?` stays one name.
#[must_use]
pub fn segment(name: &str) -> String {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xF)]]);
        }
    }
    out
}

fn has_user_info(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn bad(why: &str) -> Fault {
    Fault::BadAddress { why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_with_a_password_is_refused_without_repeating_it() {
        let fault = Address::parse("https://dana:hunter2secret@prom.internal").expect_err("user info");
        assert!(!fault.to_string().contains("hunter2secret"), "{fault}");
        for bad in ["ftp://a", "file:///etc/passwd", "prom.internal", "https://a/?token=x", "https://a/#x", ""] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_prefix_of_the_base_is_kept_and_no_path_can_leave_the_origin() {
        let address = Address::parse("https://mimir.internal/prometheus/").expect("valid");
        let joined = |path: &str, query: &[(&str, &str)]| address.join(path, query).expect("joins").to_string();
        assert_eq!(joined("/api/v1/query", &[]), "https://mimir.internal/prometheus/api/v1/query");
        assert_eq!(joined("a?b=c", &[("d", "e f&g")]), "https://mimir.internal/prometheus/a?b=c&d=e+f%26g");
        for path in ["//evil.example/x", "@evil.example/x", "https://evil.example", "\\\\evil.example", ":99@evil/"] {
            let url = joined(path, &[]);
            assert!(url.starts_with("https://mimir.internal/prometheus/"), "{path} became {url}");
        }
    }

    #[test]
    fn a_planned_request_for_another_origin_is_not_admitted() {
        let address = Address::parse("https://flags.internal").expect("valid");
        assert!(address.admit("https://flags.internal:443/api/x").is_ok());
        for other in [
            "http://flags.internal/api/x",
            "https://flags.internal:8443/x",
            "https://flags.internal.evil.example/x",
            "https://u:p@flags.internal/x",
            "not a url",
        ] {
            assert!(address.admit(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_segment_stays_one_segment() {
        assert_eq!(segment("a/b?c d#é"), "a%2Fb%3Fc%20d%23%C3%A9");
    }
}
