//! A secret in the form one vendor wants it, and the scan that takes it out of any text that comes back.
//! May not decide when it is sent: `link` binds it to the endpoint's origin.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::cause::Fault;
use crate::domain::endpoint::{EndpointSpec, Vendor};

use super::secret::Secret;

/// Shorter values would be found in innocent text.
const LEAST_SCANNED: usize = 6;
/// What stands where a secret was.
const REDACTED: &str = "[secret]";

/// A ready header with the token, and every form in which the secret could be echoed.
pub(super) struct Credential {
    /// For words: `env PROM_TOKEN`.
    pub(super) source: String,
    name: HeaderName,
    header: HeaderValue,
    forms: Vec<SecretString>,
}

impl Credential {
    /// Shapes a secret for its endpoint: in a header of its own if the config says so; Unleash and LaunchDarkly take it raw;
    /// Flagsmith calls it an API key; `user` means
    /// basic authentication; all others bearer.
    ///
    /// # Errors
    /// [`Fault::MissingSecret`] if it cannot be a header.
    pub(super) fn new(secret: &Secret, spec: &EndpointSpec) -> Result<Self, Fault> {
        let value = secret.expose();
        let mut forms = echoes(value);
        let own = spec.secret_header.as_ref();
        let text = match (own, spec.vendor, spec.user.as_deref()) {
            (Some(own), ..) => format!("{}{value}", own.prefix),
            (None, Vendor::Unleash | Vendor::LaunchDarkly | Vendor::Consul, _) => value.to_owned(),
            (None, _, Some(user)) => {
                let pair = STANDARD.encode(format!("{user}:{value}"));
                forms.push(pair.clone());
                format!("Basic {pair}")
            }
            (None, Vendor::Flagsmith, None) => format!("Api-Key {value}"),
            _ => format!("Bearer {value}"),
        };
        let unfit = || Fault::MissingSecret { source: secret.source.clone(), why: "cannot be sent as a header".into() };
        let name = match (own, spec.vendor) {
            (Some(own), _) => HeaderName::from_bytes(own.name.as_bytes()).map_err(|_| unfit())?,
            (None, Vendor::Consul) => HeaderName::from_static("x-consul-token"),
            (None, _) => AUTHORIZATION,
        };
        let mut header = HeaderValue::from_str(&text).map_err(|_| unfit())?;
        header.set_sensitive(true);
        // The longest first, so that no form leaves the rest of a longer one behind.
        forms.retain(|form| form.len() >= LEAST_SCANNED);
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        Ok(Self { source: secret.source.clone(), name, header, forms: forms.into_iter().map(Into::into).collect() })
    }

    /// A short-lived token that a log-in brought, sent raw. `source` names the secret that was logged in with.
    ///
    /// # Errors
    /// [`Fault::NotUnderstood`] if it cannot be a header.
    pub(super) fn session(source: &str, token: &str) -> Result<Self, Fault> {
        let mut header = HeaderValue::from_str(token)
            .map_err(|_| Fault::NotUnderstood { why: "the log-in brought a token that cannot be a header".into() })?;
        header.set_sensitive(true);
        let forms = echoes(token).into_iter().filter(|form| form.len() >= LEAST_SCANNED).map(Into::into).collect();
        Ok(Self { source: source.to_owned(), name: AUTHORIZATION, header, forms })
    }

    /// The header, its value marked sensitive.
    pub(super) fn header(&self) -> (HeaderName, HeaderValue) {
        (self.name.clone(), self.header.clone())
    }

    /// Takes the secret out of bytes that a server sent.
    pub(super) fn redact(&self, body: &mut Vec<u8>) {
        for form in &self.forms {
            replace_all(body, form.expose_secret().as_bytes());
        }
    }
}

fn echoes(value: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(value).to_string();
    let mut forms = vec![
        value.to_owned(),
        quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned(),
        url::form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        super::address::segment(value),
        STANDARD.encode(value),
        URL_SAFE_NO_PAD.encode(value),
    ];
    forms.sort();
    forms.dedup();
    forms
}

fn replace_all(body: &mut Vec<u8>, needle: &[u8]) {
    let mut from = 0;
    while let Some(at) = find(body, needle, from) {
        body.splice(at..at + needle.len(), REDACTED.bytes());
        from = at + REDACTED.len();
    }
}

fn find(body: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    body.get(from..)?.windows(needle.len()).position(|window| window == needle).map(|at| at + from)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::endpoint::SecretHeader;

    fn secret(value: &str) -> Secret {
        Secret { source: "env T".into(), value: value.into() }
    }

    fn spec(vendor: Vendor, user: Option<&str>, own: Option<(&str, &str)>) -> EndpointSpec {
        EndpointSpec {
            id: "store".parse().expect("a valid id"),
            vendor,
            url: "https://store.test".into(),
            secret: None,
            serving_secret: None,
            user: user.map(Into::into),
            secret_header: own.map(|(name, prefix)| SecretHeader { name: name.into(), prefix: prefix.into() }),
            ca_file: None,
            timeout: Duration::from_secs(2),
            interval: Duration::from_secs(15),
        }
    }

    fn sent(vendor: Vendor, user: Option<&str>) -> String {
        header(&spec(vendor, user, None)).1
    }

    fn header(spec: &EndpointSpec) -> (String, String) {
        let (name, value) = Credential::new(&secret("tok en/1234"), spec).expect("shapes").header();
        assert!(value.is_sensitive());
        (name.to_string(), value.to_str().expect("text").to_owned())
    }

    #[test]
    fn every_vendor_gets_its_token_in_its_own_form() {
        assert_eq!(sent(Vendor::Prometheus, None), "Bearer tok en/1234");
        assert_eq!(sent(Vendor::Unleash, None), "tok en/1234");
        assert_eq!(sent(Vendor::Flagsmith, None), "Api-Key tok en/1234");
        assert_eq!(sent(Vendor::LaunchDarkly, None), "tok en/1234");
        assert_eq!(sent(Vendor::Mlflow, Some("dana")), format!("Basic {}", STANDARD.encode("dana:tok en/1234")));
    }

    #[test]
    fn consul_has_a_header_of_its_own() {
        assert_eq!(header(&spec(Vendor::Consul, None, None)).0, "x-consul-token");
    }

    #[test]
    fn a_home_grown_api_gets_its_token_in_the_header_it_names() {
        let own = header(&spec(Vendor::Http, None, Some(("X-API-Key", "Api-Key "))));
        assert_eq!(own, ("x-api-key".to_owned(), "Api-Key tok en/1234".to_owned()));
    }

    #[test]
    fn an_echoed_secret_is_taken_out_in_every_form() {
        let value = r#"p"ss/wörd+1"#.replace('ö', "o");
        let credential =
            Credential::new(&secret(&value), &spec(Vendor::Prometheus, Some("dana"), None)).expect("shapes");
        let pair = STANDARD.encode(format!("dana:{value}"));
        for form in echoes(&value).into_iter().chain([pair]) {
            let mut body = format!("cannot find {form}{form} in config").into_bytes();
            credential.redact(&mut body);
            let text = String::from_utf8(body).expect("text");
            assert_eq!(text, "cannot find [secret][secret] in config");
        }
    }
}
