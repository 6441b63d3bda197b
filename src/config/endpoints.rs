//! `[endpoint.NAME]`: named servers. The only place of a config where addresses and the names of secrets stand.
//! May not resolve a secret or open anything.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::endpoint::{EndpointSpec, SecretHeader, SecretSource, Vendor};

use super::shape::{Key, Shape, Takes, optional, required};
use super::source::Sink;
use super::view::{At, View};

pub(super) static ENDPOINT: Shape = Shape {
    about: "A named server. Everything else names an endpoint; secrets live nowhere else.",
    keys: &[
        required("vendor", Takes::Word(vendors), "whose API it speaks"),
        required(
            "url",
            Takes::Text,
            "base URL; for vendor \"file\" the directory of the files, for \"command\" where commands run",
        ),
        optional("secret", Takes::Table(&SECRET), "where its token comes from; it is sent to this origin only"),
        optional(
            "serving-secret",
            Takes::Table(&SECRET),
            "a second, read-only token for the serving side (Unleash client, http)",
        ),
        optional("user", Takes::Text, "user name, where the server uses basic authentication"),
        optional("secret-header", Takes::Text, "http: the header that carries the secret, if not a bearer token"),
        optional("secret-prefix", Takes::Text, "http: what stands before the secret in that header"),
        optional("secret-env", Takes::Text, "command: the environment variable in which commands get the secret"),
        optional("ca-file", Takes::Text, "an extra certificate authority, PEM"),
        optional("timeout", Takes::Duration, "total deadline of one request; default 8s"),
        optional("interval", Takes::Duration, "how often it is polled; default 15s"),
    ],
};

pub(super) static SECRET: Shape =
    Shape { about: "Where a secret comes from: exactly one of these.", keys: SECRET_KEYS };
const SECRET_KEYS: &[Key] = &[
    optional("env", Takes::Text, "the name of an environment variable"),
    optional("file", Takes::Text, "a file that only you may read; its first line is the secret"),
    optional(
        "command",
        Takes::List(&Takes::Text),
        "a command and its arguments; the first line it prints is the secret",
    ),
];

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(8);
const DEFAULT_INTERVAL: Duration = Duration::from_secs(15);
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
const LONGEST_TIMEOUT: Duration = Duration::from_mins(1);

fn vendors() -> Vec<&'static str> {
    Vendor::ALL.iter().map(|vendor| vendor.word()).collect()
}

/// The vendor of that word.
pub(super) fn vendor(word: &str) -> Option<Vendor> {
    Vendor::ALL.iter().copied().find(|vendor| vendor.word() == word)
}

/// Every endpoint that could be understood; what could not is in the sink.
pub(super) fn build(root: &View<'_>, base: &Path, sink: &mut Sink<'_>) -> Vec<EndpointSpec> {
    root.named("endpoint").into_iter().filter_map(|(name, view)| one(name, &view, base, sink)).collect()
}

fn one(name: &str, view: &View<'_>, base: &Path, sink: &mut Sink<'_>) -> Option<EndpointSpec> {
    let vendor = view.text("vendor").and_then(|word| vendor(word.is));
    let timeout = view.duration("timeout").map_or(DEFAULT_TIMEOUT, |at| at.is);
    if timeout > LONGEST_TIMEOUT {
        sink.error(
            &view.key_span("timeout"),
            "a deadline of more than 60s",
            "a request that slow is a failure; write at most \"60s\"",
        );
    }
    let interval = view.duration("interval").map_or(DEFAULT_INTERVAL, |at| at.is);
    if interval < SHORTEST_INTERVAL {
        sink.error(&view.key_span("interval"), "polling more than once a second", "write at least \"1s\"");
    }
    if view.has("serving-secret") && vendor.is_some_and(|vendor| !matches!(vendor, Vendor::Unleash | Vendor::Http)) {
        sink.error(
            &view.key_span("serving-secret"),
            "only unleash and http endpoints have a serving side of their own",
            "remove it",
        );
    }
    let secret = view.table("secret").and_then(|secret| source(&secret, base, sink));
    let serving_secret = view.table("serving-secret").and_then(|secret| source(&secret, base, sink));
    let url = view.text("url").and_then(|url| address(vendor, &url, base, sink));
    if let (Some(url), true) = (&url, secret.is_some() || serving_secret.is_some())
        && in_the_clear(url)
    {
        let hint = "write https, or reach it through a tunnel on this machine";
        sink.warn(&view.key_span("url"), "the secret travels unencrypted to another machine", hint);
    }
    Some(EndpointSpec {
        id: name.parse().ok()?,
        vendor: vendor?,
        url: url?,
        secret,
        serving_secret,
        user: view.words("user"),
        secret_header: secret_header(view, vendor, sink),
        ca_file: view.text("ca-file").map(|path| base.join(path.is)),
        timeout,
        interval,
    })
}

/// True for plain http to another machine: whoever is on the way reads the token.
fn in_the_clear(url: &str) -> bool {
    let Some(url) = url::Url::parse(url).ok().filter(|url| url.scheme() == "http") else { return false };
    match url.host() {
        Some(url::Host::Domain(name)) => name != "localhost" && !name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => !address.is_loopback(),
        Some(url::Host::Ipv6(address)) => !address.is_loopback(),
        None => false,
    }
}

/// Only a home-grown API may say where it wants its token: of every other vendor it is known.
fn secret_header(view: &View<'_>, vendor: Option<Vendor>, sink: &mut Sink<'_>) -> Option<SecretHeader> {
    if vendor == Some(Vendor::Command) {
        return secret_variable(view, sink);
    }
    let name = view.text("secret-header");
    if view.has("secret-env") {
        sink.error(&view.key_span("secret-env"), "only commands get a secret in their environment", "remove it");
    }
    if vendor.is_some_and(|vendor| vendor != Vendor::Http) {
        for key in ["secret-header", "secret-prefix"] {
            if view.has(key) {
                let message = format!("`{key}` belongs to http endpoints: how this vendor takes its token is known");
                sink.error(&view.key_span(key), message, "remove it");
            }
        }
        return None;
    }
    if name.is_none() && view.has("secret-prefix") {
        sink.error(&view.key_span("secret-prefix"), "a prefix without a header", "add secret-header = \"X-API-Key\"");
    }
    let name = name?;
    if !name.is.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        sink.error(&name.span, "not the name of a header", "write for example \"X-API-Key\"");
        return None;
    }
    Some(SecretHeader { name: name.is.to_owned(), prefix: view.words("secret-prefix").unwrap_or_default() })
}

/// A command gets the secret in one environment variable of this name, or not at all.
fn secret_variable(view: &View<'_>, sink: &mut Sink<'_>) -> Option<SecretHeader> {
    for key in ["secret-header", "secret-prefix"] {
        if view.has(key) {
            sink.error(&view.key_span(key), "a command has no headers", "write secret-env = \"TOKEN\"");
        }
    }
    let name = view.text("secret-env");
    if view.has("secret") && name.is_none() {
        let hint = "add secret-env = \"TOKEN\", the variable in which the commands look for it";
        sink.error(&view.key_span("secret"), "nothing says how commands get the secret", hint);
    }
    let name = name?;
    if !name.is.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        sink.error(&name.span, "not the name of an environment variable", "write for example \"KUBE_TOKEN\"");
        return None;
    }
    Some(SecretHeader { name: name.is.to_owned(), prefix: String::new() })
}

fn address(vendor: Option<Vendor>, text: &At<&str>, base: &Path, sink: &mut Sink<'_>) -> Option<String> {
    if matches!(vendor, Some(Vendor::File | Vendor::Command)) {
        let path = text.is.strip_prefix("file://").unwrap_or(text.is);
        // Absolute, so that a path in it means the same file for whoever joins it next.
        let directory = base.join(path);
        return Some(std::path::absolute(&directory).unwrap_or(directory).display().to_string());
    }
    let (schemes, example): (&[&str], _) = match vendor {
        Some(Vendor::Redis) => (&["redis", "rediss"], "rediss://redis.internal:6379/0"),
        _ => (&["http", "https"], "https://prom.internal"),
    };
    let url = match url::Url::parse(text.is) {
        Ok(url) if schemes.contains(&url.scheme()) && url.has_host() => url,
        Ok(_) => {
            let message = format!("not an {} address", schemes.join(" or "));
            sink.error(&text.span, message, format!("write for example {example:?}"));
            return None;
        }
        Err(error) => {
            sink.error(&text.span, format!("not an address: {error}"), format!("write for example {example:?}"));
            return None;
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        sink.error_at_secret(
            &text.span,
            "a secret does not belong into the address",
            "move it to secret = { env = \"NAME\" } and user = \"…\"",
        );
        return None;
    }
    if url.query().is_some() || url.fragment().is_some() {
        sink.error_at_secret(&text.span, "a base address has no ? or # part", "keep only scheme, host, port and path");
        return None;
    }
    Some(text.is.to_owned())
}

/// Where a secret comes from, if that could be understood.
pub(super) fn source(view: &View<'_>, base: &Path, sink: &mut Sink<'_>) -> Option<SecretSource> {
    let given: Vec<&str> = SECRET_KEYS.iter().map(|key| key.name).filter(|name| view.has(name)).collect();
    if given.len() != 1 {
        sink.error(&view.span, "a secret comes from exactly one place", "write one of env, file or command");
        return None;
    }
    if let Some(name) = view.text("env") {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.is.chars().all(plain) {
            sink.error_at_secret(
                &name.span,
                "not the name of an environment variable",
                "write its name, never the secret itself",
            );
            return None;
        }
        return Some(SecretSource::Env(name.is.to_owned()));
    }
    if let Some(path) = view.text("file") {
        return Some(SecretSource::File(absolute(base, path.is)));
    }
    let argv: Vec<String> = view.texts("command").into_iter().map(|word| word.is.to_owned()).collect();
    if argv.is_empty() {
        sink.error(
            &view.key_span("command"),
            "an empty command",
            "write for example command = [\"op\", \"read\", \"op://…\"]",
        );
        return None;
    }
    Some(SecretSource::Command(argv))
}

/// A path of the config: relative to the directory of the config file.
pub(super) fn absolute(base: &Path, path: &str) -> PathBuf {
    base.join(path)
}
