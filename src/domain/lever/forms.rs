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

/// A value inside a JSON or TOML file, at an RFC 6901 pointer.
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
    &MLFLOW_ALIAS,
    &MLFLOW_ROUTE,
    &LANGFUSE_LABEL,
    &LAUNCHDARKLY_FLAG,
    &LAUNCHDARKLY_FALLTHROUGH,
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
