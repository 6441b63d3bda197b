//! Every way in which an adapter asks a server something, as one function each: the fault it reports, if it is one.

use std::future::Future;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use breakglass::adapters::{Adapter, Window, build};
use breakglass::domain::cause::Fault;
use breakglass::domain::endpoint::{EndpointSpec, FeedSpec, SecretSource, Vendor};
use breakglass::domain::lever::{LeverTarget, forms};
use breakglass::domain::signal::{Better, Query, SignalSpec};
use jiff::Timestamp;

use super::server::Server;

/// The token of every endpoint; whoever finds it in an output has found a leak.
pub const CANARY: &str = "canary-7f3a91-token";
/// The total deadline of every request.
pub const DEADLINE: Duration = Duration::from_millis(500);

type Asking = Pin<Box<dyn Future<Output = Option<Fault>> + Send>>;

/// One way to ask.
pub struct Caller {
    pub name: &'static str,
    pub vendor: Vendor,
    pub ask: fn(EndpointSpec) -> Asking,
}

/// Every way there is.
pub fn all() -> Vec<Caller> {
    let caller = |name, vendor, ask| Caller { name, vendor, ask };
    vec![
        caller("prometheus poll", Vendor::Prometheus, |spec| Box::pin(poll(spec, "sum(up)"))),
        caller("prometheus history", Vendor::Prometheus, |spec| Box::pin(history(spec))),
        caller("http poll", Vendor::Http, |spec| Box::pin(poll(spec, "/stats"))),
        caller("http changes", Vendor::Http, |spec| Box::pin(changes(spec, "/deploys"))),
        caller("statuspage poll", Vendor::Statuspage, |spec| Box::pin(poll(spec, ""))),
        caller("statuspage changes", Vendor::Statuspage, |spec| Box::pin(changes(spec, ""))),
        caller("unleash changes", Vendor::Unleash, |spec| Box::pin(changes(spec, "default"))),
        caller("unleash flag", Vendor::Unleash, |spec| Box::pin(lever(spec, flag()))),
        caller("unleash served", Vendor::Unleash, |spec| Box::pin(served(spec, flag()))),
        caller("mlflow changes", Vendor::Mlflow, |spec| Box::pin(changes(spec, "support"))),
        caller("mlflow alias", Vendor::Mlflow, |spec| Box::pin(lever(spec, alias()))),
        caller("mlflow versions", Vendor::Mlflow, |spec| Box::pin(versions(spec, alias()))),
        caller("mlflow gateway", Vendor::Mlflow, |spec| Box::pin(lever(spec, gateway()))),
        caller("langfuse changes", Vendor::Langfuse, |spec| Box::pin(changes(spec, "support"))),
        caller("langfuse label", Vendor::Langfuse, |spec| Box::pin(lever(spec, label()))),
        caller("langfuse versions", Vendor::Langfuse, |spec| Box::pin(versions(spec, label()))),
        caller("launchdarkly changes", Vendor::LaunchDarkly, |spec| Box::pin(changes(spec, "default"))),
        caller("launchdarkly flag", Vendor::LaunchDarkly, |spec| {
            Box::pin(lever(spec, forms::LAUNCHDARKLY_FLAG.at([("flag", "ai")])))
        }),
        caller("kubernetes changes", Vendor::Kubernetes, |spec| Box::pin(changes(spec, "prod"))),
        caller("kubernetes deployment", Vendor::Kubernetes, |spec| Box::pin(lever(spec, deployment()))),
        caller("kubernetes served", Vendor::Kubernetes, |spec| Box::pin(served(spec, deployment()))),
        caller("kubernetes versions", Vendor::Kubernetes, |spec| Box::pin(versions(spec, deployment()))),
        caller("kubernetes config", Vendor::Kubernetes, |spec| {
            Box::pin(lever(spec, forms::KUBERNETES_CONFIG.at([("config-map", "ai"), ("key", "on")])))
        }),
        caller("alertmanager silence", Vendor::Alertmanager, |spec| Box::pin(lever(spec, silence()))),
        caller("alertmanager served", Vendor::Alertmanager, |spec| Box::pin(served(spec, silence()))),
        caller("alertmanager changes", Vendor::Alertmanager, |spec| Box::pin(changes(spec, ""))),
        caller("litellm changes", Vendor::LiteLlm, |spec| Box::pin(changes(spec, ""))),
        caller("flagsmith changes", Vendor::Flagsmith, |spec| Box::pin(changes(spec, "7"))),
        caller("litellm model", Vendor::LiteLlm, |spec| {
            Box::pin(lever(spec, forms::LITELLM_MODEL.at([("model-id", "dep-a")])))
        }),
        caller("litellm weights", Vendor::LiteLlm, |spec| {
            Box::pin(lever(spec, forms::LITELLM_WEIGHTS.at([("model-group", "chat")])))
        }),
        caller("litellm alias", Vendor::LiteLlm, |spec| {
            Box::pin(lever(spec, forms::LITELLM_ALIAS.at([("model-alias", "chat")])))
        }),
        caller("flagsmith feature", Vendor::Flagsmith, |spec| Box::pin(lever(spec, feature()))),
        caller("flagsmith served", Vendor::Flagsmith, |spec| Box::pin(served(spec, feature()))),
        caller("ofrep served", Vendor::Ofrep, |spec| {
            Box::pin(served(spec, forms::OFREP_FLAG.at([("flag", "ai"), ("path", "/no-such-file.json")])))
        }),
        caller("etcd key", Vendor::Etcd, |spec| Box::pin(lever(spec, forms::ETCD_KEY.at([("key", "flags/ai")])))),
        caller("consul key", Vendor::Consul, |spec| Box::pin(lever(spec, forms::CONSUL_KEY.at([("key", "flags/ai")])))),
    ]
}

/// An endpoint of this vendor at the wounded server.
pub fn spec(server: &Server, vendor: Vendor) -> EndpointSpec {
    EndpointSpec {
        id: "wounded".parse().expect("an id"),
        vendor,
        url: server.url.clone(),
        secret: Some(SecretSource::File(server.token.path().to_owned())),
        serving_secret: Some(SecretSource::File(server.token.path().to_owned())),
        user: None,
        secret_header: None,
        ca_file: server.authority.as_ref().map(|file| file.path().to_owned()),
        timeout: DEADLINE,
        interval: Duration::from_secs(10),
    }
}

/// A file that only we may read, with the canary in it.
pub fn token_file() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(CANARY.as_bytes()).expect("written");
    file
}

/// A flag in Unleash.
pub fn flag() -> LeverTarget {
    forms::UNLEASH_FLAG.at([("flag", "ai"), ("environment", "production")])
}

/// A prompt alias in MLflow.
pub fn alias() -> LeverTarget {
    forms::MLFLOW_ALIAS.at([("prompt", "support"), ("alias", "production")])
}

fn label() -> LeverTarget {
    forms::LANGFUSE_LABEL.at([("prompt", "support"), ("label", "production")])
}

fn deployment() -> LeverTarget {
    forms::KUBERNETES_DEPLOYMENT.at([("deployment", "support-bot")])
}

fn silence() -> LeverTarget {
    forms::ALERTMANAGER_SILENCE.at([("silence", "alertname=\"LLMErrors\"")])
}

fn feature() -> LeverTarget {
    forms::FLAGSMITH_FEATURE.at([("feature", "12"), ("environment-key", "AbCdEf")])
}

fn gateway() -> LeverTarget {
    forms::MLFLOW_ROUTE.at([("route", "chat")])
}

fn now() -> Timestamp {
    Timestamp::from_second(1_795_409_000).expect("a time")
}

fn signal(value: &str) -> Arc<SignalSpec> {
    Arc::new(SignalSpec {
        id: "s".parse().expect("an id"),
        layer: "quality".parse().expect("an id"),
        title: "s".into(),
        unit: "ratio".into(),
        better: Better::Higher,
        warn: None,
        crit: None,
        min_samples: None,
        from: None,
        query: Query { value: value.into(), pointer: Some("/value".into()), samples: None, cohorts: None, slo: None },
        meaning: String::new(),
    })
}

fn adapter(spec: &EndpointSpec) -> Adapter {
    build::build(spec)
}

async fn poll(spec: EndpointSpec, query: &'static str) -> Option<Fault> {
    let readings = adapter(&spec).readings.expect("readings");
    let mut found = readings.poll(&[signal(query)], now()).await;
    found.pop().expect("one reading").sample.err()
}

async fn history(spec: EndpointSpec) -> Option<Fault> {
    let readings = adapter(&spec).readings.expect("readings");
    let window = Window { start: Timestamp::from_second(1_795_401_800).expect("a time"), end: now(), step: 60 };
    readings.history(&[signal("sum(up)")], window).await.pop().expect("one history").err()
}

async fn changes(spec: EndpointSpec, what: &'static str) -> Option<Fault> {
    let changes = adapter(&spec).changes.expect("changes");
    let feed = FeedSpec {
        id: "feed".parse().expect("an id"),
        from: spec.id.clone(),
        kind: None,
        what: what.into(),
        fields: None,
    };
    changes.since(&feed, Timestamp::UNIX_EPOCH).await.err()
}

async fn lever(spec: EndpointSpec, target: LeverTarget) -> Option<Fault> {
    adapter(&spec).levers.expect("levers").read(&target).await.err()
}

async fn served(spec: EndpointSpec, target: LeverTarget) -> Option<Fault> {
    adapter(&spec).levers.expect("levers").served(&target).await.err()
}

async fn versions(spec: EndpointSpec, target: LeverTarget) -> Option<Fault> {
    adapter(&spec).levers.expect("levers").versions(&target).await.err()
}
