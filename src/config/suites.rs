//! `[suite.NAME]`: prompts that are sent through the product's public path, and `[gate]`: what releasing waits for.
//! May not send anything.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::domain::endpoint::{EndpointSpec, Vendor};
use crate::domain::gate::GateSpec;
use crate::domain::permit::LEVER_PAUSE;
use crate::domain::suite::{Case, PROMPT, SuiteSpec, takes_prompt};

use super::names::Declared;
use super::shape::{Key, Shape, Takes, optional, required};
use super::signals::pointer;
use super::source::Sink;
use super::suite_cases::{self as cases, EXPECT};
use super::view::View;
use super::wording::TITLE;

pub(super) static SUITE: Shape = Shape {
    about: "Prompts sent through the product's public path, and what the answers have to be.",
    keys: &[
        required("from", Takes::Id, "the http endpoint of the product"),
        required("path", Takes::Text, "the path of the product's public API; requests are POSTs of JSON"),
        required("body", Takes::Text, "the request's body as JSON; {{prompt}} within a text stands for the prompt"),
        optional("answer", Takes::Text, "RFC 6901 pointer to the text of an answer; default the whole body"),
        optional("title", Takes::Line(TITLE), "its name for people; default its name"),
        optional("case", Takes::List(&Takes::Table(&cases::CASE)), "cases: a prompt and what its answer has to be"),
        optional("prompts", Takes::List(&Takes::Text), "cases that share what the suite expects"),
        optional(
            "cases",
            Takes::OneOf(&[Takes::Text, Takes::List(&Takes::Text)]),
            "files with more cases: .toml with [[case]], or .jsonl with one case a line",
        ),
        optional("expect", Takes::Table(&EXPECT), "what every answer has to be; cases may add to it"),
        optional("runs", Takes::Whole, "how often each case is asked; default 5"),
        optional("at-once", Takes::Whole, "most requests in flight; default 4"),
        optional("within", Takes::Duration, "everything has to be answered within this; default 60s"),
        optional("pass", Takes::Number, "the share that has to pass, 0 to 1; default 1"),
        optional(
            "min-samples",
            Takes::Whole,
            "fewer answers say nothing; default 10, or all where the suite asks less",
        ),
        optional("every", Takes::Duration, "how often it runs by itself for its signals; default 5m"),
        optional("gate", Takes::YesNo, "whether releasing needs it; default true"),
    ],
};

pub(super) static GATE: Shape = Shape { about: "What releasing a containment has to wait for.", keys: GATE_KEYS };
const GATE_KEYS: &[Key] = &[
    optional("watch", Takes::Duration, "so long everything has to be well without a break; default 15m"),
    optional("n", Takes::Number, "observations behind each signal, where its source counts them; default 200"),
    optional(
        "stages",
        Takes::List(&Takes::Whole),
        "percent of the way back at each stage of a lever that can be partial; default [1, 5, 20, 100], [100] is at once",
    ),
    optional("stage-watch", Takes::Duration, "so long all has to be well between two stages; default what watch is"),
];

const DEFAULT_RUNS: u64 = 5;
const DEFAULT_AT_ONCE: u64 = 4;
const MOST_AT_ONCE: u64 = 32;
const MOST_ASKED: u32 = 2_000;
const DEFAULT_WITHIN: Duration = Duration::from_mins(1);
const LONGEST_WITHIN: Duration = Duration::from_mins(10);
const DEFAULT_MIN_SAMPLES: u64 = 10;
const DEFAULT_EVERY: Duration = Duration::from_mins(5);
const SHORTEST_EVERY: Duration = Duration::from_secs(30);

/// The gate's conditions; the standard where nothing is written.
pub(super) fn gate(root: &View<'_>, sink: &mut Sink<'_>) -> GateSpec {
    let Some(view) = root.table("gate") else { return GateSpec::STANDARD };
    let n = view.number("n");
    if let Some(n) = n.as_ref().filter(|n| n.is < 1.0) {
        sink.error(&n.span, "a gate on no observations", "write a number from 1 on");
    }
    let watch = view.duration("watch").map_or(GateSpec::STANDARD.watch, |at| at.is);
    GateSpec {
        watch,
        n: n.map_or(GateSpec::STANDARD.n, |at| at.is),
        stages: stages(&view, sink),
        stage_watch: stage_watch(&view, watch, sink),
    }
}

/// Percents that rise to 100.
fn stages(view: &View<'_>, sink: &mut Sink<'_>) -> Cow<'static, [u8]> {
    let written = view.wholes("stages");
    if written.is_empty() {
        return GateSpec::STANDARD.stages;
    }
    let rises = written.windows(2).all(|pair| matches!(pair, [a, b] if a.is < b.is));
    let percents: Vec<u8> = written.iter().filter_map(|at| u8::try_from(at.is).ok()).filter(|at| *at > 0).collect();
    let whole = percents.len() == written.len() && percents.last() == Some(&100);
    if !rises || !whole {
        let hint = "write percents from 1 on that rise to 100, for example [1, 5, 20, 100]";
        sink.error(&view.key_span("stages"), "stages that do not rise to 100", hint);
        return GateSpec::STANDARD.stages;
    }
    Cow::Owned(percents)
}

fn stage_watch(view: &View<'_>, watch: Duration, sink: &mut Sink<'_>) -> Duration {
    let Some(at) = view.duration("stage-watch") else { return watch };
    if at.is < LEVER_PAUSE {
        let hint = "write at least \"10s\": a lever is not written more often";
        sink.error(&at.span, "stages that follow faster than a lever may be written", hint);
    }
    at.is
}

/// Every suite that could be understood, in file order; what could not is in the sink.
pub(super) fn build(
    root: &View<'_>,
    base: &Path,
    declared: &Declared<'_>,
    endpoints: &[EndpointSpec],
    sink: &mut Sink<'_>,
) -> Vec<Arc<SuiteSpec>> {
    let build = |(name, view): (&str, View<'_>)| one(name, &view, base, declared, endpoints, sink);
    root.named("suite").into_iter().filter_map(build).map(Arc::new).collect()
}

fn one(
    name: &str,
    view: &View<'_>,
    base: &Path,
    declared: &Declared<'_>,
    endpoints: &[EndpointSpec],
    sink: &mut Sink<'_>,
) -> Option<SuiteSpec> {
    let from = declared.endpoint(view, "from", sink);
    let endpoint = from.as_ref().and_then(|from| endpoints.iter().find(|endpoint| endpoint.id == *from));
    if let Some(endpoint) = endpoint.filter(|endpoint| endpoint.vendor != Vendor::Http) {
        let message = format!("{} endpoint `{}` is not the product's public path", endpoint.vendor.word(), endpoint.id);
        sink.error(&view.key_span("from"), message, "name an endpoint of vendor http");
    }
    let body = prompt_body(view, sink);
    let cases = cases::of(name, view, base, sink);
    let runs = whole(view, "runs", DEFAULT_RUNS, 1, 1_000, sink);
    // A small suite asks for what it can get; whoever writes a number means it.
    let asks = cases.len() as u64 * u64::from(runs);
    let usual = if asks == 0 { DEFAULT_MIN_SAMPLES } else { DEFAULT_MIN_SAMPLES.min(asks) };
    let min_samples = whole(view, "min-samples", usual, 1, 100_000, sink);
    let pass = view.number("pass").map_or(1.0, |pass| {
        if !(0.0..=1.0).contains(&pass.is) || pass.is <= 0.0 {
            sink.error(&pass.span, "a share lies between 0 and 1", "write for example 0.95; 1 wants every answer");
        }
        pass.is
    });
    let within = view.duration("within").map_or(DEFAULT_WITHIN, |at| at.is);
    if within > LONGEST_WITHIN {
        sink.error(&view.key_span("within"), "a suite of more than 10m", "ask less, or more at once");
    }
    let every = view.duration("every").map_or(DEFAULT_EVERY, |at| at.is);
    if every < SHORTEST_EVERY {
        sink.error(&view.key_span("every"), "a suite more than twice a minute", "write at least \"30s\"");
    }
    let spec = SuiteSpec {
        id: name.parse().ok()?,
        title: view.words("title").unwrap_or_else(|| name.to_owned()),
        from: from?,
        path: view.text("path")?.is.to_owned(),
        body: body?,
        answer: view.text("answer").and_then(|text| pointer(&text, sink)),
        cases,
        runs,
        at_once: usize::try_from(whole(view, "at-once", DEFAULT_AT_ONCE, 1, MOST_AT_ONCE, sink)).unwrap_or(1),
        within,
        pass,
        min_samples,
        every,
        gate: view.yes_no("gate").is_none_or(|at| at.is),
    };
    enough(name, view, &spec, sink);
    Some(spec)
}

/// A suite that can never say anything, or that would be a load test, is a mistake.
fn enough(name: &str, view: &View<'_>, spec: &SuiteSpec, sink: &mut Sink<'_>) {
    if spec.cases.is_empty() {
        return;
    }
    let asks = spec.asks();
    if asks < spec.min_samples {
        let message = format!("[suite.{name}] asks {asks} times and needs {} answers", spec.min_samples);
        sink.error(&view.span, message, "add cases, raise runs, or lower min-samples");
    }
    if asks > MOST_ASKED {
        let message = format!("[suite.{name}] asks {asks} times: that is a load test");
        sink.error(&view.span, message, format!("ask at most {MOST_ASKED} times: fewer cases or runs"));
    }
}

/// The body of a request, as JSON with a place for the prompt.
pub(super) fn prompt_body(view: &View<'_>, sink: &mut Sink<'_>) -> Option<Value> {
    let text = view.text("body")?;
    let body: Value = match serde_json::from_str(text.is) {
        Ok(body) => body,
        Err(error) => {
            let hint = "write for example body = '{\"messages\":[{\"role\":\"user\",\"content\":\"{{prompt}}\"}]}'";
            sink.error(&text.span, format!("not JSON: {error}"), hint);
            return None;
        }
    };
    if !takes_prompt(&body) {
        sink.error(
            &text.span,
            format!("the prompt has no place: no text holds {PROMPT}"),
            "put it where users' words go",
        );
    }
    Some(body)
}

/// A whole number within its range; the usual one where none is written.
pub(super) fn whole(view: &View<'_>, key: &str, usual: u64, least: u64, most: u64, sink: &mut Sink<'_>) -> u32 {
    let Some(at) = view.whole(key) else { return u32::try_from(usual).unwrap_or(u32::MAX) };
    if !(least..=most).contains(&at.is) {
        sink.error(
            &at.span,
            format!("{key} = {} is out of range", at.is),
            format!("write a number from {least} to {most}"),
        );
    }
    u32::try_from(at.is.clamp(least, most)).unwrap_or(u32::MAX)
}

/// True if a suite of no case is worth an error there: the cases' own problems have not been said already.
pub(super) fn none_declared(cases: &[Case], view: &View<'_>) -> bool {
    cases.is_empty() && !["case", "prompts", "cases"].iter().any(|key| view.has(key))
}
