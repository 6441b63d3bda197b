//! `[samples.NAME]`: where answers as users got them are read, what they can be called, and how one is asked again.
//! May not read any.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::endpoint::{EndpointSpec, Vendor};
use crate::domain::ids::EndpointId;
use crate::domain::samples::{Fields, MOST, MOST_TAGS, ReplaySpec, SamplesSpec, Way};
use crate::domain::suite::PROMPT;

use super::names::Declared;
use super::shape::{Shape, Takes, optional, required};
use super::signals::pointer;
use super::source::Sink;
use super::suites::{prompt_body, whole};
use super::view::View;
use super::wording::TITLE;

pub(super) static SAMPLES: Shape = Shape {
    about: "Answers as users got them, to be read in a row: a JSON Lines file, or the export of a trace store.",
    keys: &[
        required("from", Takes::Id, "the http endpoint of the trace store, or a file endpoint"),
        required("path", Takes::Text, "the path of the export, or of the file, below the endpoint"),
        optional("items", Takes::Text, "RFC 6901 pointer to the list in a JSON document; without it, JSON Lines"),
        required("prompt", Takes::Text, "RFC 6901 pointer to what was asked, within one item"),
        required("answer", Takes::Text, "RFC 6901 pointer to what was answered, within one item"),
        optional("id", Takes::Text, "RFC 6901 pointer to the item's name; default a fingerprint of its words"),
        optional("at", Takes::Text, "RFC 6901 pointer to its time (RFC 3339): the newest are read first"),
        optional("facts", Takes::Values, "what else is shown: RFC 6901 pointers within one item, by name"),
        optional("title", Takes::Line(TITLE), "its name for people; default its name"),
        optional("count", Takes::Whole, "how many are read in a row; default 50"),
        optional(
            "tags",
            Takes::List(&Takes::Text),
            "what an answer can be called, by the keys 1 to 9; the first means that nothing is wrong with it",
        ),
        optional("replay", Takes::Table(&REPLAY), "how one is asked again through the product's public path"),
    ],
};

static REPLAY: Shape = Shape {
    about: "How a sample is asked again: the product's public path, and every way to ask.",
    keys: &[
        required("from", Takes::Id, "the http endpoint of the product"),
        required("path", Takes::Text, "the path of its public API; requests are POSTs of JSON"),
        optional("answer", Takes::Text, "RFC 6901 pointer to the text of an answer; default the whole body"),
        optional("runs", Takes::Whole, "how often each way is asked; default 5"),
        optional("at-once", Takes::Whole, "most requests in flight; default 4"),
        optional("within", Takes::Duration, "everything has to be answered within this; default 30s"),
        required("way", Takes::List(&Takes::Table(&WAY)), "ways to ask: as users do, another prompt, another provider"),
    ],
};

static WAY: Shape = Shape {
    about: "One way to ask.",
    keys: &[
        required("name", Takes::Line(TITLE), "for people: \"as users get it\", \"prompt v41\""),
        required("body", Takes::Text, "the request's body as JSON; {{prompt}} within a text stands for the prompt"),
    ],
};

const DEFAULT_TAGS: [&str; 5] = ["fine", "wrong", "refused", "unsafe", "off topic"];
const DEFAULT_COUNT: u64 = 50;
const DEFAULT_WITHIN: Duration = Duration::from_secs(30);
const LONGEST_WITHIN: Duration = Duration::from_mins(5);
const MOST_ASKED: u64 = 200;

/// Every source that could be understood, in file order; what could not is in the sink.
pub(super) fn build(
    root: &View<'_>,
    declared: &Declared<'_>,
    endpoints: &[EndpointSpec],
    sink: &mut Sink<'_>,
) -> Vec<Arc<SamplesSpec>> {
    let build = |(name, view): (&str, View<'_>)| one(name, &view, declared, endpoints, sink);
    root.named("samples").into_iter().filter_map(build).map(Arc::new).collect()
}

fn one(
    name: &str,
    view: &View<'_>,
    declared: &Declared<'_>,
    endpoints: &[EndpointSpec],
    sink: &mut Sink<'_>,
) -> Option<SamplesSpec> {
    let from = endpoint(view, &[Vendor::Http, Vendor::File], "has no samples", declared, endpoints, sink);
    let items = view.text("items").and_then(|text| pointer(&text, sink));
    let is_file = endpoints.iter().any(|known| Some(&known.id) == from.as_ref() && known.vendor == Vendor::File);
    if is_file && view.has("items") {
        let message = format!("[samples.{name}] reads JSON Lines, which have no list to point to");
        sink.error(&view.key_span("items"), message, "remove items; every line of the file is one item");
    }
    let mut at = |key: &str| view.text(key).and_then(|text| pointer(&text, sink));
    let (prompt, answer, id, time) = (at("prompt"), at("answer"), at("id"), at("at"));
    let mut facts = Vec::new();
    if let Some(table) = view.table("facts") {
        for (name, _) in table.entries() {
            let Some(text) = table.text(name.is) else {
                sink.error(&name.span, format!("fact `{}` is no pointer", name.is), "write \"/metadata/model\"");
                continue;
            };
            facts.extend(pointer(&text, sink).map(|at| (crate::domain::text::clean(name.is), at)));
        }
    }
    let replay = view.table("replay").and_then(|view| replay(name, &view, declared, endpoints, sink));
    Some(SamplesSpec {
        id: name.parse().ok()?,
        title: view.words("title").unwrap_or_else(|| name.to_owned()),
        from: from?,
        path: view.text("path")?.is.to_owned(),
        items,
        fields: Fields { id, prompt: prompt?, answer: answer?, at: time, facts },
        count: usize::try_from(whole(view, "count", DEFAULT_COUNT, 1, MOST as u64, sink)).unwrap_or(MOST),
        tags: tags(view, sink),
        replay,
    })
}

fn tags(view: &View<'_>, sink: &mut Sink<'_>) -> Vec<String> {
    let given = view.texts("tags");
    if given.is_empty() {
        return DEFAULT_TAGS.map(str::to_owned).to_vec();
    }
    if given.len() < 2 || given.len() > MOST_TAGS {
        let message = format!("{} tags", given.len());
        sink.error(
            &view.key_span("tags"),
            message,
            format!("write 2 to {MOST_TAGS}: the first means fine, one key each"),
        );
    }
    given.into_iter().take(MOST_TAGS).map(|tag| crate::domain::text::clean(tag.is)).collect()
}

fn replay(
    name: &str,
    view: &View<'_>,
    declared: &Declared<'_>,
    endpoints: &[EndpointSpec],
    sink: &mut Sink<'_>,
) -> Option<ReplaySpec> {
    let from = endpoint(view, &[Vendor::Http], "is not the product's public path", declared, endpoints, sink);
    let ways: Vec<Way> = view
        .tables("way")
        .iter()
        .filter_map(|way| Some(Way { name: way.words("name")?, body: prompt_body(way, sink)? }))
        .collect();
    let runs = whole(view, "runs", 5, 1, 100, sink);
    if u64::from(runs) * ways.len() as u64 > MOST_ASKED {
        let message = format!("[samples.{name}.replay] asks {} times: that is a load test", runs as usize * ways.len());
        sink.error(&view.span, message, format!("ask at most {MOST_ASKED} times: fewer runs or ways"));
    }
    if ways.is_empty() {
        let hint = format!("add [[samples.{name}.replay.way]] with a name and a body that holds {PROMPT}");
        sink.error(&view.span, format!("[samples.{name}.replay] has no way to ask"), hint);
    }
    let within = view.duration("within").map_or(DEFAULT_WITHIN, |at| at.is);
    if within > LONGEST_WITHIN {
        sink.error(&view.key_span("within"), "a replay of more than 5m", "ask less, or more at once");
    }
    Some(ReplaySpec {
        from: from?,
        path: view.text("path")?.is.to_owned(),
        answer: view.text("answer").and_then(|text| pointer(&text, sink)),
        runs,
        at_once: usize::try_from(whole(view, "at-once", 4, 1, 32, sink)).unwrap_or(1),
        within,
        ways,
    })
}

/// The endpoint under `from`, if it is of a vendor that can do this.
fn endpoint(
    view: &View<'_>,
    vendors: &[Vendor],
    cannot: &str,
    declared: &Declared<'_>,
    endpoints: &[EndpointSpec],
    sink: &mut Sink<'_>,
) -> Option<EndpointId> {
    let from = declared.endpoint(view, "from", sink)?;
    let found = endpoints.iter().find(|endpoint| endpoint.id == from);
    if let Some(other) = found.filter(|endpoint| !vendors.contains(&endpoint.vendor)) {
        let message = format!("{} endpoint `{}` {cannot}", other.vendor.word(), other.id);
        let words: Vec<&str> = vendors.iter().map(|vendor| vendor.word()).collect();
        sink.error(&view.key_span("from"), message, format!("name an endpoint of vendor {}", words.join(" or ")));
    }
    Some(from)
}
