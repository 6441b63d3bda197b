//! `[version.NAME]`: what tells the parts of the version snapshot. Levers and feeds tell some of them without a word in the
//! file. May not read any of them.

use crate::domain::change::ChangeKind;
use crate::domain::endpoint::{EndpointSpec, FeedSpec, Vendor};
use crate::domain::lever::LeverSpec;
use crate::domain::version::{Part, Tells, VersionSource};

use super::names::{Declared, known};
use super::shape::{Shape, Takes, optional};
use super::source::Sink;
use super::suggest;
use super::view::View;

pub(super) static VERSION: Shape = Shape {
    about: "What tells one part of the version snapshot, which is taken before an incident's first change.",
    keys: &[
        optional("part", Takes::Word(parts), "which part it tells; default: the part of its own name"),
        optional("lever", Takes::Id, "the lever whose setting tells it"),
        optional("change", Takes::Id, "the change feed whose entries of the last 14 days tell it"),
        optional("from", Takes::Id, "the http endpoint whose document tells it"),
        optional("path", Takes::Text, "from: the path of the JSON document"),
        optional("pointer", Takes::Pointer, "from: to the value; of a list or table the hash of its content is kept"),
        optional("hash", Takes::Pointer, "from: to the hash of the content, if the document says it"),
        optional("as-of", Takes::Pointer, "from: to the instant from which on it is in service"),
    ],
};

/// The ways of telling, one of which a table has to name.
const WAYS: [&str; 3] = ["lever", "change", "from"];
/// What belongs to a document alone.
const OF_DOCUMENTS: [&str; 4] = ["path", "pointer", "hash", "as-of"];

fn parts() -> Vec<&'static str> {
    Part::ALL.iter().map(|part| part.word()).collect()
}

/// What the file names, in its order, and then what follows from its levers and feeds.
pub(super) fn build(
    root: &View<'_>,
    declared: &Declared<'_>,
    (endpoints, feeds, levers): (&[EndpointSpec], &[FeedSpec], &[LeverSpec]),
    sink: &mut Sink<'_>,
) -> Vec<VersionSource> {
    let named = root.named("version");
    let feed_names = root.names("change");
    let mut sources: Vec<VersionSource> =
        named.iter().filter_map(|(name, view)| one(name, view, declared, (endpoints, &feed_names), sink)).collect();
    let following = of_levers(levers).chain(of_feeds(feeds, endpoints));
    for source in following {
        if !sources.iter().any(|known| known.tells == source.tells) {
            sources.push(source);
        }
    }
    sources
}

/// A lever tells the part that its moves change.
fn of_levers(levers: &[LeverSpec]) -> impl Iterator<Item = VersionSource> {
    levers.iter().filter_map(|lever| {
        let part = Part::of_lever(lever.change_kind)?;
        Some(VersionSource { name: lever.id.to_string(), part, tells: Tells::Lever(lever.id.clone()) })
    })
}

/// A status page is the provider's log, and so is every feed of provider changes.
fn of_feeds(feeds: &[FeedSpec], endpoints: &[EndpointSpec]) -> impl Iterator<Item = VersionSource> {
    let is_page = |feed: &FeedSpec| endpoints.iter().any(|e| e.id == feed.from && e.vendor == Vendor::Statuspage);
    let of_provider = move |feed: &&FeedSpec| match feed.kind {
        Some(kind) => kind == ChangeKind::Provider,
        None => is_page(feed),
    };
    feeds.iter().filter(of_provider).map(|feed| VersionSource {
        name: feed.id.to_string(),
        part: Part::ProviderLog,
        tells: Tells::Feed(feed.id.clone()),
    })
}

fn one(
    name: &str,
    view: &View<'_>,
    declared: &Declared<'_>,
    (endpoints, feeds): (&[EndpointSpec], &[&str]),
    sink: &mut Sink<'_>,
) -> Option<VersionSource> {
    let part = match view.text("part") {
        Some(word) => Part::of_word(word.is),
        None => Part::of_word(name).or_else(|| {
            let hint = suggest::hint(name, parts());
            sink.error(
                &view.span,
                format!("[version.{name}] does not say which part it tells"),
                format!("add part = \"…\"; {hint}"),
            );
            None
        }),
    };
    let ways: Vec<&str> = WAYS.into_iter().filter(|way| view.has(way)).collect();
    let &[way] = ways.as_slice() else {
        let (message, hint) = if ways.is_empty() {
            (
                "says nothing of how it is told",
                "add lever = \"…\", change = \"…\", or from = \"…\" with path and pointer",
            )
        } else {
            ("names more than one way of telling", "one table, one way; a part may have several tables")
        };
        sink.error(&view.span, format!("[version.{name}] {message}"), hint);
        return None;
    };
    for key in OF_DOCUMENTS {
        if way != "from" && view.has(key) {
            sink.error(
                &view.key_span(key),
                format!("`{key}` belongs to a document"),
                "remove it, or name an endpoint with from",
            );
        }
    }
    let tells = match way {
        "lever" => {
            let lever = view.text("lever")?;
            known("lever", &lever, &declared.levers, sink);
            Tells::Lever(lever.is.parse().ok()?)
        }
        "change" => {
            let feed = view.text("change")?;
            known("change feed", &feed, feeds, sink);
            Tells::Feed(feed.is.parse().ok()?)
        }
        _ => document(name, view, declared, endpoints, sink)?,
    };
    Some(VersionSource { name: name.to_owned(), part: part?, tells })
}

fn document(
    name: &str,
    view: &View<'_>,
    declared: &Declared<'_>,
    endpoints: &[EndpointSpec],
    sink: &mut Sink<'_>,
) -> Option<Tells> {
    let from = declared.endpoint(view, "from", sink)?;
    let endpoint = endpoints.iter().find(|endpoint| endpoint.id == from)?;
    if endpoint.vendor != Vendor::Http {
        let message = format!("{} endpoint `{from}` has no documents", endpoint.vendor.word());
        sink.error(
            &view.key_span("from"),
            message,
            "name an endpoint of vendor http, or tell it by a lever or a change feed",
        );
        return None;
    }
    let Some(path) = view.text("path") else {
        sink.error(&view.span, format!("[version.{name}] lacks `path`"), "add path = \"/…\": the JSON document");
        return None;
    };
    let pointer = |key: &str| view.text(key).map(|text| text.is.to_owned());
    Some(Tells::Document {
        from,
        path: path.is.to_owned(),
        pointer: pointer("pointer").unwrap_or_default(),
        hash: pointer("hash"),
        as_of: pointer("as-of"),
    })
}
