//! `[change.NAME]`: where the cockpit hears what somebody altered. May not fetch anything.

use crate::domain::change::ChangeKind;
use crate::domain::endpoint::{EndpointSpec, FeedFields, FeedSpec, Vendor};

use super::levers::change_kinds;
use super::names::Declared;
use super::shape::{Shape, Takes, optional, required};
use super::signals::pointer;
use super::source::Sink;
use super::suggest;
use super::view::View;

pub(super) static FEED: Shape = Shape {
    about: "A change feed: who altered what, and when.",
    keys: &[
        required("from", Takes::Id, "the endpoint it is read from"),
        optional("kind", Takes::Text, "the kind of its changes; http: a word, or a pointer to the word within an item"),
        optional("path", Takes::Text, "http: the path to ask; file: the file with one JSON object a line"),
        optional("project", Takes::Text, "unleash, launchdarkly, flagsmith: only this project"),
        optional("prompt", Takes::Text, "mlflow: only this prompt; langfuse: the prompt"),
        optional("namespace", Takes::Text, "kubernetes: the namespace; default \"default\""),
        optional("items", Takes::Text, "http: pointer to the array of items; default the whole answer"),
        optional("at", Takes::Text, "http: pointer within an item to its time"),
        optional("what", Takes::Text, "http: pointer within an item to its one line"),
        optional("who", Takes::Text, "http: pointer within an item to who did it"),
    ],
};

/// Which keys a feed of that vendor takes besides `from` and `kind`; `None` if it reports no changes.
fn keys(vendor: Vendor) -> Option<&'static [&'static str]> {
    match vendor {
        Vendor::Http => Some(&["path", "items", "at", "what", "who"]),
        Vendor::File => Some(&["path"]),
        Vendor::Unleash | Vendor::LaunchDarkly | Vendor::Flagsmith => Some(&["project"]),
        Vendor::Mlflow | Vendor::Langfuse => Some(&["prompt"]),
        Vendor::Kubernetes => Some(&["namespace"]),
        Vendor::Statuspage | Vendor::Alertmanager | Vendor::LiteLlm => Some(&[]),
        // Key-value stores keep neither who nor when; a lever on them that moves is seen by its revision.
        Vendor::Prometheus | Vendor::Ofrep | Vendor::Etcd | Vendor::Consul | Vendor::Redis | Vendor::Command => None,
    }
}

/// Every feed that could be understood, in file order; what could not is in the sink.
pub(super) fn build(
    root: &View<'_>,
    declared: &Declared<'_>,
    endpoints: &[EndpointSpec],
    sink: &mut Sink<'_>,
) -> Vec<FeedSpec> {
    root.named("change").into_iter().filter_map(|(name, view)| one(name, &view, declared, endpoints, sink)).collect()
}

fn one(
    name: &str,
    view: &View<'_>,
    declared: &Declared<'_>,
    endpoints: &[EndpointSpec],
    sink: &mut Sink<'_>,
) -> Option<FeedSpec> {
    let from = declared.endpoint(view, "from", sink)?;
    let vendor = endpoints.iter().find(|endpoint| endpoint.id == from)?.vendor;
    let Some(taken) = keys(vendor) else {
        let message = format!("{} endpoint `{from}` reports no changes", vendor.word());
        sink.error(&view.key_span("from"), message, "name an endpoint of another vendor");
        return None;
    };
    for key in ["path", "project", "prompt", "namespace", "items", "at", "what", "who"] {
        if view.has(key) && !taken.contains(&key) {
            let message = format!("`{key}` means nothing to {} feeds", vendor.word());
            sink.error(&view.key_span(key), message, "remove it");
        }
    }
    let needed: &[&str] = match vendor {
        Vendor::Http => &["path", "at", "what"],
        Vendor::File => &["path"],
        Vendor::Langfuse => &["prompt"],
        _ => &[],
    };
    for key in needed.iter().filter(|key| !view.has(key)) {
        sink.error(
            &view.span,
            format!("[change.{name}] lacks `{key}`, which {} feeds need", vendor.word()),
            format!("add {key} = \"…\""),
        );
    }
    let kind_pointer = view.text("kind").filter(|kind| kind.is.starts_with('/') && vendor == Vendor::Http);
    let kind = if kind_pointer.is_some() { None } else { kind(view, sink) };
    if vendor == Vendor::Http && !view.has("kind") {
        sink.error(
            &view.span,
            format!("[change.{name}] lacks `kind`, which http feeds need"),
            "add kind = \"deploy\", or a pointer such as \"/kind\"",
        );
    }
    let what = ["path", "project", "prompt", "namespace"].into_iter().find_map(|key| view.text(key));
    Some(FeedSpec {
        id: name.parse().ok()?,
        from,
        kind,
        what: what.map_or_else(String::new, |text| text.is.to_owned()),
        fields: if vendor == Vendor::Http { fields(view, sink) } else { None },
    })
}

/// The kinds of changes that any of these feeds may report.
pub(super) fn reported(feeds: &[FeedSpec], endpoints: &[EndpointSpec]) -> Vec<ChangeKind> {
    let of_feed = |feed: &FeedSpec| Some(feed.kinds(endpoints.iter().find(|spec| spec.id == feed.from)?.vendor));
    let all: Vec<Vec<ChangeKind>> = feeds.iter().filter_map(of_feed).collect();
    let any = |kind: &ChangeKind| all.iter().any(|kinds| kinds.is_empty() || kinds.contains(kind));
    ChangeKind::ALL.into_iter().filter(any).collect()
}

fn kind(view: &View<'_>, sink: &mut Sink<'_>) -> Option<ChangeKind> {
    let word = view.text("kind")?;
    let parsed = word.is.parse().ok();
    if parsed.is_none() {
        let message = format!("{:?} is no kind of change", word.is);
        sink.error(&word.span, message, suggest::hint(word.is, change_kinds()));
    }
    parsed
}

fn fields(view: &View<'_>, sink: &mut Sink<'_>) -> Option<FeedFields> {
    let mut read = |key: &str| view.text(key).map(|text| pointer(&text, sink));
    Some(FeedFields {
        items: read("items").unwrap_or_else(|| Some(String::new()))?,
        at: read("at")??,
        what: read("what")??,
        who: read("who").flatten(),
        kind: view.text("kind").filter(|kind| kind.is.starts_with('/')).map(|kind| kind.is.to_owned()),
    })
}
