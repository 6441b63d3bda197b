//! Every form of address that a lever can have, vendor by vendor: data that config, adapters and documentation share.

use super::target::{Form, Holds};
use crate::domain::change::ChangeKind;
use crate::domain::endpoint::Vendor;

/// Unleash: on and off of one flag in one environment.
pub static UNLEASH_FLAG: Form = Form {
    name: "unleash flag",
    vendor: Vendor::Unleash,
    keys: &["flag"],
    more: FLAG_PLACE,
    holds: Holds::Switch,
    change: ChangeKind::Flag,
    words: "flag {flag} in {environment}",
};

/// Unleash: the percentage of the first gradual rollout of one flag in one environment.
pub static UNLEASH_ROLLOUT: Form = Form {
    name: "unleash rollout",
    vendor: Vendor::Unleash,
    keys: &["rollout"],
    more: FLAG_PLACE,
    holds: Holds::Percent,
    change: ChangeKind::Flag,
    words: "rollout of flag {rollout} in {environment}",
};

/// Unleash: the weights of the variants of the first gradual rollout of one flag in one environment.
pub static UNLEASH_VARIANTS: Form = Form {
    name: "unleash variants",
    vendor: Vendor::Unleash,
    keys: &["variants"],
    more: FLAG_PLACE,
    holds: Holds::Weights,
    change: ChangeKind::Flag,
    words: "variants of flag {variants} in {environment}",
};

const FLAG_PLACE: &[(&str, &str)] = &[("project", "default"), ("environment", "production")];

/// MLflow: which version an alias of a prompt points to.
pub static MLFLOW_ALIAS: Form = Form {
    name: "mlflow alias",
    vendor: Vendor::Mlflow,
    keys: &["prompt", "alias"],
    more: &[],
    holds: Holds::Pointer,
    change: ChangeKind::Prompt,
    words: "prompt alias {prompt}@{alias}",
};

/// MLflow: the weights of a gateway endpoint, by model definition name.
pub static MLFLOW_ROUTE: Form = Form {
    name: "mlflow route",
    vendor: Vendor::Mlflow,
    keys: &["route"],
    more: &[],
    holds: Holds::Weights,
    change: ChangeKind::Model,
    words: "gateway route {route}",
};

/// Langfuse: which version a label of a prompt is on.
pub static LANGFUSE_LABEL: Form = Form {
    name: "langfuse label",
    vendor: Vendor::Langfuse,
    keys: &["prompt", "label"],
    more: &[],
    holds: Holds::Pointer,
    change: ChangeKind::Prompt,
    words: "prompt label {prompt}@{label}",
};

/// LaunchDarkly: on and off of one flag in one environment.
pub static LAUNCHDARKLY_FLAG: Form = Form {
    name: "launchdarkly flag",
    vendor: Vendor::LaunchDarkly,
    keys: &["flag"],
    more: FLAG_PLACE,
    holds: Holds::Switch,
    change: ChangeKind::Flag,
    words: "flag {flag} in {environment}",
};

/// LaunchDarkly: the shares of what a flag falls through to in one environment, by variation.
pub static LAUNCHDARKLY_FALLTHROUGH: Form = Form {
    name: "launchdarkly fallthrough",
    vendor: Vendor::LaunchDarkly,
    keys: &["fallthrough"],
    more: FLAG_PLACE,
    holds: Holds::Weights,
    change: ChangeKind::Flag,
    words: "fallthrough of flag {fallthrough} in {environment}",
};

/// Kubernetes: which of its revisions a Deployment runs, by pod template hash.
pub static KUBERNETES_DEPLOYMENT: Form = Form {
    name: "kubernetes deployment",
    vendor: Vendor::Kubernetes,
    keys: &["deployment"],
    more: NAMESPACE,
    holds: Holds::Pointer,
    change: ChangeKind::Deploy,
    words: "deployment {deployment} in {namespace}",
};

/// Kubernetes: the image of one container of a Deployment; the first container where none is named.
pub static KUBERNETES_IMAGE: Form = Form {
    name: "kubernetes image",
    vendor: Vendor::Kubernetes,
    keys: &["image"],
    more: &[("namespace", "default"), ("container", "")],
    holds: Holds::Pointer,
    change: ChangeKind::Deploy,
    words: "image of deployment {image} in {namespace}",
};

/// Kubernetes: the value of a key of a config map, or one place inside a JSON document that it holds.
pub static KUBERNETES_CONFIG: Form = Form {
    name: "kubernetes config",
    vendor: Vendor::Kubernetes,
    keys: &["config-map", "key"],
    more: &[("namespace", "default"), ("pointer", "")],
    holds: Holds::Any,
    change: ChangeKind::Config,
    words: "{key}{pointer} of config map {config-map} in {namespace}",
};

const NAMESPACE: &[(&str, &str)] = &[("namespace", "default")];

/// Alertmanager: whether alerts that match are silenced. Contains nothing, see [`Form::contains`].
pub static ALERTMANAGER_SILENCE: Form = Form {
    name: "alertmanager silence",
    vendor: Vendor::Alertmanager,
    keys: &["silence"],
    more: &[("for", "1h"), ("why", "an incident is being worked on")],
    holds: Holds::Switch,
    change: ChangeKind::Config,
    words: "silence on {silence}",
};

/// LiteLLM: whether one deployment takes traffic; off is blocked.
pub static LITELLM_MODEL: Form = Form {
    name: "litellm model",
    vendor: Vendor::LiteLlm,
    keys: &["model-id"],
    more: &[],
    holds: Holds::Switch,
    change: ChangeKind::Model,
    words: "deployment {model-id} of the gateway",
};

/// LiteLLM: the weights of the deployments of one model group, by the id of the deployment.
pub static LITELLM_WEIGHTS: Form = Form {
    name: "litellm weights",
    vendor: Vendor::LiteLlm,
    keys: &["model-group"],
    more: &[],
    holds: Holds::Weights,
    change: ChangeKind::Model,
    words: "weights of model group {model-group}",
};

/// LiteLLM: which model group an alias names.
pub static LITELLM_ALIAS: Form = Form {
    name: "litellm alias",
    vendor: Vendor::LiteLlm,
    keys: &["model-alias"],
    more: &[],
    holds: Holds::Pointer,
    change: ChangeKind::Model,
    words: "model alias {model-alias}",
};

/// Flagsmith: on and off of a feature by default in one environment.
pub static FLAGSMITH_FEATURE: Form = Form {
    name: "flagsmith feature",
    vendor: Vendor::Flagsmith,
    keys: &["feature", "environment-key"],
    more: &[],
    holds: Holds::Switch,
    change: ChangeKind::Flag,
    words: "feature {feature} in {environment-key}",
};

/// Flagsmith: the value of a feature by default in one environment.
pub static FLAGSMITH_VALUE: Form = Form {
    name: "flagsmith value",
    vendor: Vendor::Flagsmith,
    keys: &["value", "environment-key"],
    more: &[],
    holds: Holds::Any,
    change: ChangeKind::Config,
    words: "value of feature {value} in {environment-key}",
};

/// A flag in a file that flagd or GO Feature Flag serve: its default variant.
pub static OFREP_FLAG: Form = Form {
    name: "ofrep flag",
    vendor: Vendor::Ofrep,
    keys: &["flag", "path"],
    more: &[("format", "flagd")],
    holds: Holds::Any,
    change: ChangeKind::Flag,
    words: "default of flag {flag} in {path}",
};

/// A value inside a JSON, TOML or YAML file, at an RFC 6901 pointer.
pub static FILE_VALUE: Form = Form {
    name: "file value",
    vendor: Vendor::File,
    keys: &["path", "pointer"],
    more: &[],
    holds: Holds::Any,
    change: ChangeKind::Config,
    words: "{path} at {pointer}",
};

/// Any HTTP API, by a recipe in the config. `{read}` is what its recipe reads.
pub static HTTP_RECIPE: Form = Form {
    name: "http recipe",
    vendor: Vendor::Http,
    keys: &["read"],
    more: &[],
    holds: Holds::Any,
    change: ChangeKind::Config,
    words: "{read}",
};

/// Any command, by a recipe in the config.
pub static COMMAND_RECIPE: Form = Form {
    name: "command recipe",
    vendor: Vendor::Command,
    keys: &["read"],
    more: &[],
    holds: Holds::Any,
    change: ChangeKind::Config,
    words: "{read}",
};

/// etcd: the value of a key, or one place inside a JSON document that it holds.
pub static ETCD_KEY: Form = Form {
    name: "etcd key",
    vendor: Vendor::Etcd,
    keys: &["key"],
    more: WITHIN_VALUE,
    holds: Holds::Any,
    change: ChangeKind::Config,
    words: "etcd key {key}{pointer}",
};

/// Consul: the value of a key, or one place inside a JSON document that it holds.
pub static CONSUL_KEY: Form = Form {
    name: "consul key",
    vendor: Vendor::Consul,
    keys: &["key"],
    more: WITHIN_VALUE,
    holds: Holds::Any,
    change: ChangeKind::Config,
    words: "consul key {key}{pointer}",
};

/// Redis: the value of a string key, or one place inside a JSON document that it holds.
pub static REDIS_KEY: Form = Form {
    name: "redis key",
    vendor: Vendor::Redis,
    keys: &["key"],
    more: WITHIN_VALUE,
    holds: Holds::Any,
    change: ChangeKind::Config,
    words: "redis key {key}{pointer}",
};

const WITHIN_VALUE: &[(&str, &str)] = &[("pointer", "")];

/// Every form.
pub static FORMS: &[&Form] = &[
    &UNLEASH_FLAG,
    &UNLEASH_ROLLOUT,
    &UNLEASH_VARIANTS,
    &MLFLOW_ALIAS,
    &MLFLOW_ROUTE,
    &LANGFUSE_LABEL,
    &LAUNCHDARKLY_FLAG,
    &LAUNCHDARKLY_FALLTHROUGH,
    &KUBERNETES_DEPLOYMENT,
    &KUBERNETES_IMAGE,
    &KUBERNETES_CONFIG,
    &ALERTMANAGER_SILENCE,
    &LITELLM_MODEL,
    &LITELLM_WEIGHTS,
    &LITELLM_ALIAS,
    &FLAGSMITH_FEATURE,
    &FLAGSMITH_VALUE,
    &OFREP_FLAG,
    &ETCD_KEY,
    &CONSUL_KEY,
    &REDIS_KEY,
    &FILE_VALUE,
    &HTTP_RECIPE,
    &COMMAND_RECIPE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_form_name_keys_that_it_has_and_names_are_unique() {
        for form in FORMS {
            let target = form.at(form.all_keys().map(|key| (key, "x")));
            assert!(!target.words().contains('{'), "{}", form.words);
            assert_eq!(FORMS.iter().filter(|other| other.name == form.name).count(), 1, "{}", form.name);
        }
    }

    #[test]
    fn keys_that_are_not_given_take_their_defaults() {
        let target = UNLEASH_FLAG.at([("flag", "ai"), ("environment", "staging"), ("no-such-key", "x")]);
        assert_eq!(target.words(), "flag ai in staging");
        assert_eq!((target.key("project"), target.key("no-such-key")), ("default", ""));
    }
}
