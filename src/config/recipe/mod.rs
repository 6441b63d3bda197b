//! Levers whose behaviour is written in config (`http` and `command` endpoints): the recipe, checked as a whole. Every
//! template is read here, with every slip at its place; nothing is filled in. May not send or run anything.

mod calls;
mod shapes;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use toml::de::DeValue;

use crate::domain::endpoint::Vendor;
use crate::domain::lever::Holds;
use crate::domain::lever::recipe::{
    AnswerRule, Ask, Call, Filling, List, Name, Names, Place, Recipe, Scope, Select, Sign, VersionRule, Write,
};

use super::shape;
use super::source::Sink;
use super::view::{At, View};
use calls::Calls;
pub(super) use shapes::{ANSWER, KEYS, READ, REVISION, VERSIONS, WRITE, holds};

/// If nothing is said: long enough for the caches of most stores.
const SETTLES_IN: Duration = Duration::from_secs(30);

/// The recipe of a lever, and the words for what it reads. What could not be understood is in the sink.
pub(super) fn build(name: &str, view: &View<'_>, vendor: Vendor, sink: &mut Sink<'_>) -> Option<(Recipe, String)> {
    let parameters = values(view, "p");
    let reads = Calls { vendor, scope: Scope { parameters: &parameters, writes: false } };
    let writes = Calls { vendor, scope: Scope { parameters: &parameters, writes: true } };
    let read_view = view.table("read")?;
    let read = ask(&read_view, &reads, sink);
    let served = view.table("served").map(|served| ask(&served, &reads, sink));
    let version = view.table("revision").map(|revision| version(&revision, &reads, sink));
    let write = view.table("write").map(|write| one_write(&write, &writes, sink));
    let own = view.named("write-to").into_iter();
    let write_to: Vec<_> = own.map(|(setting, view)| (setting.to_owned(), one_write(&view, &writes, sink))).collect();
    let unset = view.table("unset").map(|unset| one_write(&unset, &writes, sink));
    let undo = view.table("undo").map(|undo| one_write(&undo, &writes, sink));
    let versions = view.table("versions").map(|versions| list(&versions, &reads, sink));
    let answer = view.table("answer").map(|answer| answer_rule(&answer, &reads, sink));
    if write.is_none() && write_to.is_empty() {
        sink.error(
            &view.span,
            format!("[lever.{name}] says nothing about writing"),
            "add write = { … }, or write-to.on = { … }",
        );
    }
    let recipe = Recipe {
        lever: name.to_owned(),
        holds: held(view, sink)?,
        read: read?,
        version: version.map_or(Some(None), |found| found.map(Some))?,
        write: write.map_or(Some(None), |found| found.map(Some))?,
        write_to: write_to.into_iter().map(|(name, write)| write.map(|write| (name, write))).collect::<Option<_>>()?,
        unset: unset.map_or(Some(None), |found| found.map(Some))?,
        undo: undo.map_or(Some(None), |found| found.map(Some))?,
        answer: answer.map_or(Some(AnswerRule::default()), |found| found)?,
        served: served.map_or(Some(None), |found| found.map(Some))?,
        versions: versions.map_or(Some(None), |found| found.map(Some))?,
        settles_in: view.duration("settles-in").map_or(SETTLES_IN, |at| at.is),
        exact_undo: view.yes_no("exact-undo").is_none_or(|at| at.is),
        inherit: inherit(view, vendor, sink),
        parameters: parameters.clone(),
    };
    agree(&recipe, view, sink);
    let words = recipe.read.call.words(&Filling::parameters(&recipe.parameters));
    Some((recipe, words))
}

/// What the parts of a recipe must be to each other.
fn agree(recipe: &Recipe, view: &View<'_>, sink: &mut Sink<'_>) {
    let writes: Vec<&Write> = recipe.write.iter().chain(recipe.write_to.values()).collect();
    if recipe.compare_and_set() && writes.iter().any(|write| !write.call.uses(&Name::Rev)) {
        let hint = "send {{rev}} along (If-Match, ?cas=, a field of the body), or call the revision soft";
        sink.error(&view.key_span("revision"), "a strong revision that a write does not send", hint);
    }
    let sends_rev = writes.iter().any(|write| write.call.uses(&Name::Rev));
    if sends_rev && recipe.version.is_none() {
        let hint = "add revision = { pointer = \"/version\", strength = \"strong\" }";
        sink.error(&view.key_span("write"), "{{rev}} is sent, but no revision is read", hint);
    }
    let weights = matches!(recipe.read.place, Place::Weights { .. });
    if weights != (recipe.holds == Holds::Weights) {
        let hint = "a lever that holds weights reads them by weights = { list = \"/…\", key = \"/…\" }";
        sink.error(&view.key_span("read"), "what is read does not fit what the lever holds", hint);
    }
    for setting in recipe.write_to.keys() {
        let known = recipe.holds != Holds::Switch || matches!(setting.as_str(), "on" | "off");
        if !known {
            let message = format!("{setting:?} is no setting of a switch");
            sink.error(&view.key_span("write-to"), message, "a switch is on or off; `unset` stands by itself");
        }
    }
    let spoken = !writes.is_empty() && recipe.holds == Holds::Switch;
    for setting in ["on", "off"].into_iter().filter(|_| spoken) {
        if recipe.write_for(setting).is_none() {
            let hint = format!("add write-to.{setting} = {{ … }}, or one write = {{ … }} for both");
            sink.error(&view.key_span("write-to"), format!("nothing says how it becomes {setting}"), hint);
        }
    }
}

/// What it holds: as said, or as its `normal` shows.
fn held(view: &View<'_>, sink: &mut Sink<'_>) -> Option<Holds> {
    if let Some(word) = view.text("holds") {
        return match word.is {
            "switch" => Some(Holds::Switch),
            "pointer" => Some(Holds::Pointer),
            "number" => Some(Holds::Number),
            "percent" => Some(Holds::Percent),
            "weights" => Some(Holds::Weights),
            _ => None,
        };
    }
    match view.raw("normal").or_else(|| view.raw("contained")).map(|at| at.is) {
        Some(DeValue::Integer(_) | DeValue::Float(_)) => Some(Holds::Number),
        Some(DeValue::Table(_)) => Some(Holds::Weights),
        Some(DeValue::String(text)) if matches!(text.as_ref(), "on" | "off") => Some(Holds::Switch),
        Some(DeValue::String(_)) | None => Some(Holds::Pointer),
        Some(_) => {
            sink.error(&view.span, "what the lever holds cannot be told", "add holds = \"switch\"");
            None
        }
    }
}

fn inherit(view: &View<'_>, vendor: Vendor, sink: &mut Sink<'_>) -> Vec<String> {
    let names = view.texts("inherit");
    if vendor != Vendor::Command && view.has("inherit") {
        sink.error(&view.key_span("inherit"), "only commands inherit an environment", "remove it");
    }
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    for name in names.iter().filter(|name| !plain(name.is)) {
        sink.error(&name.span, "not the name of an environment variable", "write for example \"KUBECONFIG\"");
    }
    names.into_iter().map(|name| name.is.to_owned()).collect()
}

/// Texts, numbers and truths by name, as JSON.
fn values(view: &View<'_>, key: &str) -> BTreeMap<String, Value> {
    let Some(table) = view.table(key) else { return BTreeMap::new() };
    table.entries().into_iter().filter_map(|(name, at)| Some((name.is.to_owned(), json(at.is)?))).collect()
}

fn json(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::from(text.as_ref())),
        DeValue::Boolean(yes) => Some(Value::from(*yes)),
        DeValue::Integer(_) => shape::whole(value).map(Value::from).or_else(|| shape::number(value).map(Value::from)),
        DeValue::Float(_) => shape::number(value).map(Value::from),
        _ => None,
    }
}

fn ask(view: &View<'_>, calls: &Calls<'_>, sink: &mut Sink<'_>) -> Option<Ask> {
    let call = calls.question(view, sink);
    let place = place(view, calls, sink);
    let snapshot = view.text("snapshot").map(|at| at.is.to_owned());
    if snapshot.is_some() && matches!(place, Some(Place::Text { .. })) {
        sink.error(&view.key_span("snapshot"), "a text has no sub-resource", "add a `pointer`, or remove it");
    }
    Some(Ask {
        call: call?,
        place: place?,
        names: values(view, "map") as Names,
        snapshot,
        ignore: view.texts("ignore").into_iter().map(|at| at.is.to_owned()).collect(),
        unset_on: signs(view, "unset-on", calls, sink),
        unset_if_missing: view.yes_no("unset-if-missing").is_some_and(|at| at.is),
        missing_on: signs(view, "missing-on", calls, sink),
    })
}

fn place(view: &View<'_>, calls: &Calls<'_>, sink: &mut Sink<'_>) -> Option<Place> {
    let base64 = view.has("decode");
    if let Some(weights) = view.table("weights") {
        for key in ["pointer", "select", "decode"].into_iter().filter(|key| view.has(key)) {
            sink.error(
                &view.key_span(key),
                format!("`{key}` beside `weights`"),
                "weights say themselves where they stand",
            );
        }
        return Some(Place::Weights {
            list: weights.text("list")?.is.to_owned(),
            key: weights.text("key").map(|at| at.is.to_owned()),
            weight: weights.text("weight").map_or("/weight", |at| at.is).to_owned(),
            scale: weights.whole("scale").and_then(|at| u32::try_from(at.is).ok()).unwrap_or(1).max(1),
        });
    }
    let select = match view.table("select") {
        None => None,
        Some(select) => Some(Select {
            field: select
                .text("field")
                .map(|at| if at.is.starts_with('/') { at.is.to_owned() } else { format!("/{}", at.is) })?,
            equals: calls.template(&select.text("equals")?, sink)?,
            then: select.text("then")?.is.to_owned(),
        }),
    };
    match view.text("pointer") {
        Some(pointer) => Some(Place::At { pointer: pointer.is.to_owned(), select, base64 }),
        None if select.is_some() => {
            sink.error(
                &view.key_span("select"),
                "`select` without the list",
                "add pointer = \"/…\", the place of the list",
            );
            None
        }
        None => Some(Place::Text { base64 }),
    }
}

/// `404`, or `"400 some words"`.
fn signs(view: &View<'_>, key: &str, calls: &Calls<'_>, sink: &mut Sink<'_>) -> Vec<Sign> {
    let mut found = Vec::new();
    for item in view.items(key) {
        let number = shape::whole(item.is).and_then(|status| u16::try_from(status).ok());
        if let Some(status) = number {
            found.push(Sign { status, words: None });
            continue;
        }
        let Some(text) = item.is.as_str() else { continue };
        let (status, words) = text.split_once(' ').unwrap_or((text, ""));
        let Ok(status) = status.parse() else {
            sink.error(&item.span, "does not begin with a status", "write 404, or \"400 some words of the answer\"");
            continue;
        };
        // Read with the status in front, so that a slip is shown at its place.
        let Some(whole) = calls.template(&At { is: text, span: item.span.clone() }, sink) else { continue };
        let words = (!words.is_empty()).then(|| calls::without_first_word(whole));
        found.push(Sign { status, words });
    }
    found
}

fn version(view: &View<'_>, calls: &Calls<'_>, sink: &mut Sink<'_>) -> Option<VersionRule> {
    let pointer = view.text("pointer").map(|at| at.is.to_owned());
    if pointer.is_some() == view.has("header") {
        sink.error(&view.span, "a revision stands in one place", "write one of pointer = \"/…\" and header = \"etag\"");
        return None;
    }
    let own = ["get", "post", "run"].iter().any(|key| view.has(key));
    let ask = if own { Some(calls.question(view, sink)?) } else { None };
    let strong = view.text("strength")?.is == "strong";
    Some(VersionRule { ask, pointer, strong, unset: view.text("unset").map(|at| at.is.to_owned()) })
}

fn one_write(view: &View<'_>, calls: &Calls<'_>, sink: &mut Sink<'_>) -> Option<Write> {
    Some(Write { call: calls.write(view, sink)?, names: values(view, "map") as Names })
}

fn answer_rule(view: &View<'_>, calls: &Calls<'_>, sink: &mut Sink<'_>) -> Option<AnswerRule> {
    let ok = view.items("ok").iter().filter_map(|at| u16::try_from(shape::whole(at.is)?).ok()).collect();
    let ok_if = match view.table("ok-if") {
        None => None,
        Some(rule) => {
            Some((rule.text("pointer").map_or(String::new(), |at| at.is.to_owned()), json(rule.raw("is")?.is)?))
        }
    };
    Some(AnswerRule { ok, ok_if, conflict_on: signs(view, "conflict-on", calls, sink) })
}

fn list(view: &View<'_>, calls: &Calls<'_>, sink: &mut Sink<'_>) -> Option<List> {
    let text = |key: &str| view.text(key).map(|at| at.is.to_owned());
    let call: Option<Call> = calls.question(view, sink);
    Some(List {
        call: call?,
        list: text("list").unwrap_or_default(),
        version: text("version")?,
        note: text("note"),
        at: text("at"),
        text: text("text"),
    })
}
