//! Endpoints and change feeds as the config declares them. Secrets appear only as the name of their source.

use std::path::PathBuf;
use std::time::Duration;

use super::change::ChangeKind;
use super::ids::{EndpointId, FeedId};

/// Whose API it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// Prometheus and everything that speaks its HTTP API.
    Prometheus,
    /// Any JSON endpoint.
    Http,
    /// Atlassian Statuspage.
    Statuspage,
    /// Unleash.
    Unleash,
    /// MLflow prompt registry and AI gateway.
    Mlflow,
    /// Langfuse's prompts.
    Langfuse,
    /// LaunchDarkly.
    LaunchDarkly,
    /// The Kubernetes API.
    Kubernetes,
    /// Alertmanager's silences.
    Alertmanager,
    /// LiteLLM with a database.
    LiteLlm,
    /// Flagsmith.
    Flagsmith,
    /// Flags in a file that a server evaluates by OFREP: flagd, GO Feature Flag.
    Ofrep,
    /// etcd, through its JSON gateway.
    Etcd,
    /// Consul's key-value store.
    Consul,
    /// Redis and everything that speaks its protocol.
    Redis,
    /// Files on this machine.
    File,
    /// Commands on this machine.
    Command,
}

impl Vendor {
    /// Every vendor.
    pub const ALL: &'static [Self] = &[
        Self::Prometheus,
        Self::Http,
        Self::Statuspage,
        Self::Unleash,
        Self::Mlflow,
        Self::Langfuse,
        Self::LaunchDarkly,
        Self::Kubernetes,
        Self::Alertmanager,
        Self::LiteLlm,
        Self::Flagsmith,
        Self::Ofrep,
        Self::Etcd,
        Self::Consul,
        Self::Redis,
        Self::File,
        Self::Command,
    ];

    /// The word used in config.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Http => "http",
            Self::Statuspage => "statuspage",
            Self::Unleash => "unleash",
            Self::Mlflow => "mlflow",
            Self::Langfuse => "langfuse",
            Self::LaunchDarkly => "launchdarkly",
            Self::Kubernetes => "kubernetes",
            Self::Alertmanager => "alertmanager",
            Self::LiteLlm => "litellm",
            Self::Flagsmith => "flagsmith",
            Self::Ofrep => "ofrep",
            Self::Etcd => "etcd",
            Self::Consul => "consul",
            Self::Redis => "redis",
            Self::File => "file",
            Self::Command => "command",
        }
    }
}

/// Where a secret comes from. The value is resolved in `net` and never leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// The first line of a file that only we may read.
    File(PathBuf),
    /// The first line that a command prints (argv, no shell, 10 s, 64 KiB).
    Command(Vec<String>),
}

impl std::fmt::Display for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Command(argv) => write!(f, "command {}", argv.first().map_or("", String::as_str)),
        }
    }
}

/// The header in which a server wants its token, or the environment variable in which a command does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretHeader {
    /// Its name, for example `X-API-Key` or `KUBE_TOKEN`.
    pub name: String,
    /// What stands before the token, for example `Api-Key `; often empty.
    pub prefix: String,
}

/// A named server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointSpec {
    /// Its name.
    pub id: EndpointId,
    /// Whose API.
    pub vendor: Vendor,
    /// Base URL, or the directory of a file or command endpoint.
    pub url: String,
    /// Its secret; sent to this origin only.
    pub secret: Option<SecretSource>,
    /// A second, read-only secret for the serving side (Unleash client token).
    pub serving_secret: Option<SecretSource>,
    /// User name, where the vendor uses basic authentication.
    pub user: Option<String>,
    /// Where a home-grown API or a command wants its token, if not as a bearer token.
    pub secret_header: Option<SecretHeader>,
    /// An extra CA file.
    pub ca_file: Option<PathBuf>,
    /// Total deadline of one request.
    pub timeout: Duration,
    /// How often it is polled.
    pub interval: Duration,
}

/// A change feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedSpec {
    /// Its name.
    pub id: FeedId,
    /// The endpoint it is read from.
    pub from: EndpointId,
    /// The kind to give its changes, where the source does not say.
    pub kind: Option<ChangeKind>,
    /// What to ask: a path (`http`), a file name (`file`), a project (`unleash`, `launchdarkly`, `flagsmith`), a prompt name
    /// (`mlflow`, `langfuse`), a namespace (`kubernetes`); may be empty.
    pub what: String,
    /// Pointers into each item, for `http` feeds.
    pub fields: Option<FeedFields>,
}

impl FeedSpec {
    /// The kinds that it can report on an endpoint of that vendor; none if each change names its own.
    #[must_use]
    pub fn kinds(&self, vendor: Vendor) -> Vec<ChangeKind> {
        match (self.kind, vendor) {
            (Some(kind), _) => vec![kind],
            (None, Vendor::Unleash | Vendor::LaunchDarkly | Vendor::Flagsmith) => vec![ChangeKind::Flag],
            (None, Vendor::Mlflow | Vendor::Langfuse) => vec![ChangeKind::Prompt],
            (None, Vendor::Kubernetes) => vec![ChangeKind::Deploy],
            (None, Vendor::Alertmanager) => vec![ChangeKind::Config],
            (None, Vendor::LiteLlm) => vec![ChangeKind::Model, ChangeKind::Config],
            (None, Vendor::Statuspage) => vec![ChangeKind::Provider],
            (None, _) => Vec::new(),
        }
    }
}

/// RFC 6901 pointers of an `http` feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedFields {
    /// To the array of items.
    pub items: String,
    /// Within an item: RFC 3339 text, or epoch seconds or milliseconds.
    pub at: String,
    /// Within an item.
    pub what: String,
    /// Within an item.
    pub who: Option<String>,
    /// Within an item: one of the kinds of change.
    pub kind: Option<String>,
}
