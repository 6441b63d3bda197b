//! `[lever.NAME]`: live settings in production that the cockpit may move. May not move or read any.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use toml::de::DeValue;

use crate::domain::change::ChangeKind;
use crate::domain::endpoint::{EndpointSpec, Vendor};
use crate::domain::lever::forms::FORMS;
use crate::domain::lever::{Form, Holds, LeverSpec, LeverTarget, Setting};

use super::names::Declared;
use super::recipe;
use super::shape::{self, Shape, Takes, optional, required};
use super::source::Sink;
use super::view::{At, View};

pub(super) static LEVER: Shape = Shape {
    about: "A live setting in production: unleash flag or rollout, mlflow prompt alias or route, a value in a file, or \
            anything that a recipe reads and writes.",
    keys: &[
        required("from", Takes::Id, "the endpoint it lives on"),
        optional("flag", Takes::Text, "unleash, launchdarkly, ofrep: the flag that is switched on and off"),
        optional("rollout", Takes::Text, "unleash: the flag whose rollout percentage is moved"),
        optional("variants", Takes::Text, "unleash: the flag whose weights by variant are moved"),
        optional("fallthrough", Takes::Text, "launchdarkly: the flag whose weights by variation are moved"),
        optional("project", Takes::Text, "unleash, launchdarkly: default \"default\""),
        optional("environment", Takes::Text, "unleash, launchdarkly: default \"production\""),
        optional("prompt", Takes::Text, "mlflow, langfuse: the prompt whose alias or label is moved"),
        optional("alias", Takes::Text, "mlflow: the alias, for example \"production\""),
        optional("label", Takes::Text, "langfuse: the label, for example \"production\""),
        optional("route", Takes::Text, "mlflow: the gateway endpoint whose weights are moved"),
        optional("deployment", Takes::Text, "kubernetes: the Deployment whose revision is moved"),
        optional("image", Takes::Text, "kubernetes: the Deployment whose image is moved"),
        optional("container", Takes::Text, "kubernetes: the container with the image; default the first"),
        optional("config-map", Takes::Text, "kubernetes: the ConfigMap in which a key is moved"),
        optional("namespace", Takes::Text, "kubernetes: default \"default\""),
        optional("silence", Takes::Text, "alertmanager: matchers, for example 'alertname=\"LLMErrors\"'"),
        optional("for", Takes::Text, "alertmanager: how long a silence lasts, at most 24h; default 1h"),
        optional("why", Takes::Text, "alertmanager: the reason that stands in a silence"),
        optional("model-id", Takes::Text, "litellm: the id of the deployment that is blocked and unblocked"),
        optional("model-group", Takes::Text, "litellm: the model group whose weights by deployment are moved"),
        optional("model-alias", Takes::Text, "litellm: the alias of a model group that is moved to another"),
        optional("feature", Takes::Text, "flagsmith: the id of the feature that is switched on and off"),
        optional("value", Takes::Text, "flagsmith: the id of the feature whose value is moved"),
        optional("environment-key", Takes::Text, "flagsmith: the key of the environment"),
        optional("format", Takes::Text, "ofrep: \"flagd\" (the default) or \"go-feature-flag\""),
        optional("key", Takes::Text, "etcd, consul, redis, kubernetes: the key whose value is moved"),
        optional("path", Takes::Text, "file: relative to the directory of the endpoint; ofrep: absolute"),
        optional(
            "pointer",
            Takes::Text,
            "RFC 6901 pointer to the value inside a file, or inside a key's JSON document",
        ),
        optional("normal", Takes::OneOf(&[Takes::Text, Takes::Number, Takes::Numbers]), "the setting of ordinary days"),
        optional("contained", Takes::OneOf(&[Takes::Text, Takes::Number, Takes::Numbers]), "the safe setting"),
        optional("holds", Takes::Word(recipe::holds), "http, command: what it holds; default as `normal` shows"),
        optional("p", Takes::Values, "http, command: what {{p.NAME}} stands for"),
        optional("read", Takes::Table(&recipe::READ), "http, command: how the setting is read"),
        optional("revision", Takes::Table(&recipe::REVISION), "http, command: where the store's version of it stands"),
        optional("write", Takes::Table(&recipe::WRITE), "http, command: the request for every setting"),
        optional("write-to", Takes::Rows(&recipe::WRITE), "http, command: requests of their own, by setting"),
        optional("unset", Takes::Table(&recipe::WRITE), "http, command: the request that removes the setting"),
        optional("undo", Takes::Table(&recipe::WRITE), "http, command: the request that puts {{snapshot}} back"),
        optional("answer", Takes::Table(&recipe::ANSWER), "http, command: what counts as a yes, what as a lost race"),
        optional("served", Takes::Table(&recipe::READ), "http, command: what the serving side hands out"),
        optional("versions", Takes::Table(&recipe::VERSIONS), "http, command: what a pointer may be moved to"),
        optional("settles-in", Takes::Duration, "http, command: until traffic sees a setting; default 30s"),
        optional("exact-undo", Takes::YesNo, "http, command: false if moving back does not restore everything"),
        optional("inherit", Takes::List(&Takes::Text), "command: further environment variables, by name"),
        optional("kind", Takes::Word(change_kinds), "which kind of change a move of it is"),
    ],
};

pub(super) fn change_kinds() -> Vec<&'static str> {
    ChangeKind::ALL.iter().map(|kind| kind.word()).collect()
}

/// Every lever that could be understood, in file order; what could not is in the sink.
pub(super) fn build(
    root: &View<'_>,
    declared: &Declared<'_>,
    endpoints: &[EndpointSpec],
    sink: &mut Sink<'_>,
) -> Vec<LeverSpec> {
    root.named("lever").into_iter().filter_map(|(name, view)| one(name, &view, declared, endpoints, sink)).collect()
}

fn one(
    name: &str,
    view: &View<'_>,
    declared: &Declared<'_>,
    endpoints: &[EndpointSpec],
    sink: &mut Sink<'_>,
) -> Option<LeverSpec> {
    let from = declared.endpoint(view, "from", sink)?;
    let endpoint = endpoints.iter().find(|endpoint| endpoint.id == from)?;
    let form = form(view, endpoint, sink)?;
    let target = target(name, view, form, endpoint, sink)?;
    let holds = target.holds();
    let normal = view.raw("normal").and_then(|value| held(holds, &value, sink));
    let contained = view.raw("contained").and_then(|value| held(holds, &value, sink));
    if holds != Holds::Pointer && !view.has("normal") {
        let hint = "without it nobody can say whether the lever is displaced; add normal = …";
        sink.error(&view.span, format!("[lever.{name}] lacks `normal`"), hint);
    }
    if view.has("contained") && !form.contains() {
        let hint = "remove it: the product goes on as it is, only nobody is told";
        sink.error(&view.key_span("contained"), "a silence contains nothing", hint);
    }
    if let (Some(a), Some(b)) = (&normal, &contained)
        && a.same(b)
    {
        sink.error(&view.key_span("contained"), "contained and normal are the same setting", "one of them is a slip");
    }
    Some(LeverSpec {
        id: name.parse().ok()?,
        target,
        from,
        normal,
        contained,
        change_kind: view.parsed("kind").map_or(form.change, |at| at.is),
    })
}

fn form(view: &View<'_>, endpoint: &EndpointSpec, sink: &mut Sink<'_>) -> Option<&'static Form> {
    let vendor = endpoint.vendor;
    let ways: Vec<&'static Form> = FORMS.iter().copied().filter(|form| form.vendor == vendor).collect();
    let words: Vec<String> = ways.iter().map(|way| way.keys.join(" and ")).collect();
    if ways.is_empty() {
        let message = format!("{} endpoint `{}` has no levers", vendor.word(), endpoint.id);
        sink.error(
            &view.key_span("from"),
            message,
            "name an endpoint whose vendor has levers: docs/levers.md lists them",
        );
        return None;
    }
    let given: Vec<&'static Form> = ways.into_iter().filter(|way| way.keys.iter().any(|key| view.has(key))).collect();
    // Ways that share a key are told apart by their first one.
    let first: Vec<&'static Form> =
        given.iter().copied().filter(|way| way.keys.first().is_some_and(|key| view.has(key))).collect();
    let given = if given.len() > 1 && first.len() == 1 { first } else { given };
    let [way] = given.as_slice() else {
        let message = format!("the lever is not addressed in one of the ways of {}", vendor.word());
        sink.error(&view.span, message, format!("write {}", words.join(", or ")));
        return None;
    };
    for key in way.keys.iter().filter(|key| !view.has(key)) {
        sink.error(&view.span, format!("the lever's address lacks `{key}`"), format!("add {key} = \"…\""));
    }
    let by_recipe = way.keys == ["read"];
    let every_key: BTreeSet<&str> = FORMS.iter().flat_map(|form| form.all_keys()).chain(recipe::KEYS).collect();
    for key in every_key {
        let known = way.all_keys().any(|known| known == key) || by_recipe && recipe::KEYS.contains(&key);
        if view.has(key) && !known {
            let message = format!("`{key}` does not belong to a lever with {}", way.keys.join(" and "));
            sink.error(&view.key_span(key), message, "remove it");
        }
    }
    Some(way)
}

/// The address with its keys; paths count from the directory of their endpoint.
fn target(
    name: &str,
    view: &View<'_>,
    form: &'static Form,
    endpoint: &EndpointSpec,
    sink: &mut Sink<'_>,
) -> Option<LeverTarget> {
    if form.keys == ["read"] {
        let (recipe, words) = recipe::build(name, view, endpoint.vendor, sink)?;
        return Some(form.at([("read", words)]).by(recipe));
    }
    let mut keys = Vec::new();
    for key in form.all_keys() {
        let Some(text) = view.text(key) else { continue };
        let value = match key {
            "path" if endpoint.vendor == Vendor::File => within(endpoint, &text, sink)?,
            "path" if !Path::new(text.is).is_absolute() => {
                sink.error(
                    &text.span,
                    "the file of a served flag is not absolute",
                    "write for example \"/etc/flagd/flags.json\"",
                );
                return None;
            }
            "format" if !matches!(text.is, "flagd" | "go-feature-flag") => {
                sink.error(&text.span, "no format of flags", "write \"flagd\" or \"go-feature-flag\"");
                return None;
            }
            "pointer" => super::signals::pointer(&text, sink)?,
            _ => text.is.to_owned(),
        };
        keys.push((key, value));
    }
    form.keys.iter().all(|key| keys.iter().any(|(given, _)| given == key)).then(|| form.at(keys))
}

/// A path below the endpoint's directory; nothing else is a lever's business.
fn within(endpoint: &EndpointSpec, text: &At<&str>, sink: &mut Sink<'_>) -> Option<String> {
    let directory = Path::new(&endpoint.url);
    let mut path = PathBuf::new();
    for part in directory.join(text.is).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            other => path.push(other),
        }
    }
    if path.starts_with(directory) {
        return Some(path.display().to_string());
    }
    let message = format!("{:?} lies outside the directory of endpoint `{}`", text.is, endpoint.id);
    sink.error(&text.span, message, "name a file in that directory, or another endpoint");
    None
}

/// The setting as written, checked against what the lever takes.
fn held(holds: Holds, value: &At<&DeValue<'_>>, sink: &mut Sink<'_>) -> Option<Setting> {
    let setting = setting(value, sink)?;
    let (fits, wanted) = match holds {
        Holds::Switch => (matches!(setting, Setting::Switch(_)), "a flag is \"on\" or \"off\""),
        Holds::Percent => (
            matches!(setting, Setting::Number(percent) if (0.0..=100.0).contains(&percent)),
            "a rollout is a number from 0 to 100",
        ),
        Holds::Pointer => (matches!(setting, Setting::Pointer(_)), "a version is text, for example \"41\""),
        Holds::Weights => {
            (matches!(setting, Setting::Weights(_)), "weights are a table, for example { primary = 1.0 }")
        }
        Holds::Number => (matches!(setting, Setting::Number(_)), "a number without quotes"),
        Holds::Any => (true, ""),
    };
    if fits {
        return Some(setting);
    }
    sink.error(&value.span, format!("{setting} is no setting of this lever"), wanted);
    None
}

/// A setting of a lever that is already known: the rules of `normal` and `contained` apply.
pub(super) fn setting_for(lever: &LeverSpec, value: &At<&DeValue<'_>>, sink: &mut Sink<'_>) -> Option<Setting> {
    held(lever.target.holds(), value, sink)
}

/// Text `on` and `off` are a switch, other text a pointer, a number a number, a table weights.
fn setting(value: &At<&DeValue<'_>>, sink: &mut Sink<'_>) -> Option<Setting> {
    match value.is {
        DeValue::String(text) => Some(match text.as_ref() {
            "on" => Setting::Switch(true),
            "off" => Setting::Switch(false),
            other => Setting::Pointer(other.to_owned()),
        }),
        DeValue::Integer(_) | DeValue::Float(_) => shape::number(value.is).map(Setting::Number),
        DeValue::Table(table) => {
            let weight = |(k, v): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
                let name: &std::borrow::Cow<'_, str> = k.get_ref();
                shape::number(v.get_ref()).map(|share| (name.to_string(), share))
            };
            let weights: Option<std::collections::BTreeMap<String, f64>> = table.iter().map(weight).collect();
            let weights = weights?;
            let sum: f64 = weights.values().sum();
            if (sum - 1.0).abs() > 1e-6 || weights.values().any(|share| *share < 0.0) {
                let message = format!("shares sum to {sum}, not to 1");
                sink.error(
                    &value.span,
                    message,
                    "write shares from 0 to 1 that sum to 1, for example { a = 0.9, b = 0.1 }",
                );
                return None;
            }
            Some(Setting::Weights(weights))
        }
        _ => None,
    }
}
