//! `[signal.NAME]`: which numbers are read, from where, and what is bad; the vocabulary fills in what is left out.
//! May not judge values.

use std::sync::Arc;

use crate::domain::endpoint::{EndpointSpec, Vendor};
use crate::domain::ids::{EndpointId, LayerId};
use crate::domain::limits::{Bound, Limits};
use crate::domain::signal::{Better, CohortQuery, Query, SignalSpec, Slo};
use crate::domain::suite::{SOURCE, SuiteSpec};

use super::names::{Declared, known};
use super::shape::{Shape, Takes, optional, required};
use super::source::Sink;
use super::view::{At, View};
use super::vocabulary::{self, Vocabulary};
use super::wording::{SENTENCE, TITLE};

pub(super) static SIGNAL: Shape = Shape {
    about: "A number about the product: an id of the standard vocabulary, or your own with layer, unit and better.",
    keys: &[
        required(
            "from",
            Takes::Id,
            "the endpoint it is read from, or \"suite:NAME\": the share of answers as expected",
        ),
        optional("query", Takes::Text, "prometheus: the PromQL that yields one number"),
        optional("path", Takes::Text, "http: the path to ask"),
        optional(
            "pointer",
            Takes::Text,
            "http: RFC 6901 pointer to the number in the answer, for example \"/data/value\"",
        ),
        optional("component", Takes::Text, "statuspage: one component; without it the whole page"),
        optional("samples", Takes::Text, "how to read the number of observations behind the value"),
        optional("min-samples", Takes::Number, "fewer observations than this is LOW-N"),
        optional("warn", Takes::Text, "WARN beyond this, for example \"> 0.05\" or \"> 2x\" (x = times the baseline)"),
        optional("crit", Takes::Text, "CRIT beyond this"),
        optional(
            "cohorts",
            Takes::Table(&COHORTS),
            "the same number by cohort; the worst adequately sampled one is named",
        ),
        optional("slo", Takes::Table(&SLO), "a service level objective, for burn rates"),
        optional("title", Takes::Line(TITLE), "its name for people; default the id"),
        optional("layer", Takes::Id, "its layer; own signals need it"),
        optional("unit", Takes::Text, "its unit; own signals need it"),
        optional("better", Takes::Word(betters), "which direction is good; own signals need it"),
        optional("meaning", Takes::Line(SENTENCE), "what it means, one line"),
    ],
};

static COHORTS: Shape = Shape {
    about: "One series per cohort.",
    keys: &[
        required("query", Takes::Text, "PromQL that yields one series per cohort"),
        optional("samples", Takes::Text, "their observations, with the same labels"),
        optional("min-samples", Takes::Whole, "cohorts with fewer observations are not named; default 30"),
    ],
};

static SLO: Shape = Shape {
    about: "A service level objective; $window in the queries is replaced by the window.",
    keys: &[
        required("bad", Takes::Text, "query of bad events"),
        required("total", Takes::Text, "query of all events"),
        required("objective", Takes::Number, "the share that must be good, for example 0.95"),
    ],
};

const DEFAULT_COHORT_SAMPLES: u64 = 30;

fn betters() -> Vec<&'static str> {
    vec!["lower", "higher", "band"]
}

fn better(word: &str) -> Option<Better> {
    match word {
        "lower" => Some(Better::Lower),
        "higher" => Some(Better::Higher),
        "band" => Some(Better::Band),
        _ => None,
    }
}

/// Which vendors signals can be read from.
const READABLE: [Vendor; 3] = [Vendor::Prometheus, Vendor::Http, Vendor::Statuspage];

/// Every signal that could be understood, in file order; what could not is in the sink.
pub(super) fn build(
    root: &View<'_>,
    declared: &Declared<'_>,
    endpoints: &[EndpointSpec],
    layers: &[LayerId],
    suites: &[Arc<SuiteSpec>],
    sink: &mut Sink<'_>,
) -> Vec<Arc<SignalSpec>> {
    let vocabulary = vocabulary::shipped();
    let build = |(name, view): (&str, View<'_>)| {
        one(name, &view, &vocabulary, declared, Sources { endpoints, suites }, layers, sink)
    };
    root.named("signal").into_iter().filter_map(build).collect()
}

/// Where signals can be read from.
#[derive(Clone, Copy)]
struct Sources<'a> {
    endpoints: &'a [EndpointSpec],
    suites: &'a [Arc<SuiteSpec>],
}

/// The suite that a signal names as its source.
fn suite_named<'a>(view: &View<'a>) -> Option<At<&'a str>> {
    let from = view.text("from")?;
    from.is.strip_prefix(SOURCE).map(|is| At { is, span: from.span })
}

/// A signal whose source is a suite: its value is the share of answers as expected, its n their number.
fn of_suite(
    view: &View<'_>,
    suite: &At<&str>,
    declared: &Declared<'_>,
    suites: &[Arc<SuiteSpec>],
    sink: &mut Sink<'_>,
) -> (Option<EndpointId>, Option<Query>) {
    known("suite", suite, &declared.suites, sink);
    for key in ["query", "path", "pointer", "component", "samples", "cohorts", "slo"] {
        if view.has(key) {
            sink.error(&view.key_span(key), format!("`{key}` means nothing to suites"), "remove it");
        }
    }
    let spec = suites.iter().find(|spec| spec.id.as_str() == suite.is);
    let value = suite.is.to_owned();
    (spec.and_then(|spec| spec.source()), Some(Query { value, pointer: None, samples: None, cohorts: None, slo: None }))
}

fn one(
    name: &str,
    view: &View<'_>,
    vocabulary: &Vocabulary,
    declared: &Declared<'_>,
    sources: Sources<'_>,
    layers: &[LayerId],
    sink: &mut Sink<'_>,
) -> Option<Arc<SignalSpec>> {
    let known = vocabulary.get(name);
    if known.is_none() {
        own_needs(name, view, vocabulary, sink);
    }
    let (from, query) = if let Some(suite) = suite_named(view) {
        of_suite(view, &suite, declared, sources.suites, sink)
    } else {
        let from = declared.endpoint(view, "from", sink);
        let endpoint = from.as_ref().and_then(|from| sources.endpoints.iter().find(|e| e.id == *from));
        let query = endpoint.map(|endpoint| query(view, endpoint.vendor, sink));
        (from, query)
    };
    let layer = view.parsed::<LayerId>("layer");
    if let Some(layer) = &layer
        && !layers.contains(&layer.is)
    {
        let known: Vec<&str> = layers.iter().map(LayerId::as_str).collect();
        let hint = format!("one of {}; or list all layers in order with layers = [ … ] at the top", known.join(", "));
        sink.error(&layer.span, format!("no layer is named `{}`", layer.is), hint);
    }
    let warn = limits(view, "warn", sink);
    let crit = limits(view, "crit", sink);
    if known.is_none() && !view.has("warn") && !view.has("crit") {
        sink.warn(
            &view.span,
            format!("[signal.{name}] has no limits, so it can never be WARN or CRIT"),
            "add warn or crit",
        );
    }
    let direction = view.text("better").and_then(|word| better(word.is)).or_else(|| known.map(|spec| spec.better));
    contradictions(view, warn.as_ref(), crit.as_ref(), direction, sink);
    let from_vocabulary = |read: fn(&SignalSpec) -> Option<Limits>| known.and_then(|spec| read(spec));
    Some(Arc::new(SignalSpec {
        id: name.parse().ok()?,
        layer: layer.map(|at| at.is).or_else(|| known.map(|spec| spec.layer.clone()))?,
        title: view.words("title").unwrap_or_else(|| vocabulary::title(name)),
        unit: view.words("unit").or_else(|| known.map(|spec| spec.unit.clone()))?,
        better: view.text("better").and_then(|word| better(word.is)).or_else(|| known.map(|spec| spec.better))?,
        warn: warn.or_else(|| from_vocabulary(|spec| spec.warn.clone())),
        crit: crit.or_else(|| from_vocabulary(|spec| spec.crit.clone())),
        min_samples: min_samples(view, sink)
            .or_else(|| known.filter(|_| view.has("samples")).and_then(|spec| spec.min_samples)),
        from: Some(from?),
        query: query?,
        meaning: view.words("meaning").or_else(|| known.map(|spec| spec.meaning.clone())).unwrap_or_default(),
    }))
}

fn own_needs(name: &str, view: &View<'_>, vocabulary: &Vocabulary, sink: &mut Sink<'_>) {
    let missing: Vec<&str> = ["layer", "unit", "better"].into_iter().filter(|key| !view.has(key)).collect();
    if missing.is_empty() {
        return;
    }
    let known = vocabulary.keys().map(AsRef::as_ref);
    let hint = match super::suggest::closest(name, known) {
        Some(close) => format!("did you mean `{close}`? An id of your own needs layer, unit and better"),
        None => "an id of your own needs layer, unit and better".to_owned(),
    };
    let message = format!("`{name}` is not in the standard vocabulary and lacks {}", missing.join(", "));
    sink.error(&view.span, message, hint);
}

fn min_samples(view: &View<'_>, sink: &mut Sink<'_>) -> Option<f64> {
    let least = view.number("min-samples")?;
    if least.is < 0.0 {
        sink.error(&least.span, "fewer than no observations", "write a number from 1 on");
    }
    if !view.has("samples") && suite_named(view).is_none() {
        let hint = "add samples = '…', the query that counts them";
        sink.error(&least.span, "min-samples without a way to count observations", hint);
    }
    Some(least.is)
}

fn limits(view: &View<'_>, key: &str, sink: &mut Sink<'_>) -> Option<Limits> {
    let text = view.text(key)?;
    match text.is.parse::<Limits>() {
        Ok(limits) => Some(limits),
        Err(why) => {
            sink.error(&text.span, why, "a limit is > or < and a number; x after it means times the baseline");
            None
        }
    }
}

/// Limits that cannot mean what they say: a warning that comes after the critical limit, or a limit on the good side.
fn contradictions(
    view: &View<'_>,
    warn: Option<&Limits>,
    crit: Option<&Limits>,
    better: Option<Better>,
    sink: &mut Sink<'_>,
) {
    for (key, limits) in [("warn", warn), ("crit", crit)] {
        let good_side = |above: bool| match better {
            Some(Better::Lower) => !above,
            Some(Better::Higher) => above,
            Some(Better::Band) | None => false,
        };
        for bound in limits.into_iter().flat_map(Limits::bounds).filter(|bound| good_side(bound.above)) {
            let message = format!("{key} {bound} is on the good side of this signal");
            sink.warn(&view.key_span(key), message, "turn the sign around, or declare better = \"band\"");
        }
    }
    let (Some(warn), Some(crit)) = (warn, crit) else { return };
    for critical in crit.bounds() {
        let late = |bound: &&Bound| {
            let beyond = if bound.above { bound.number > critical.number } else { bound.number < critical.number };
            bound.above == critical.above && bound.relative == critical.relative && beyond
        };
        if let Some(bound) = warn.bounds().iter().find(late) {
            let message = format!("warn {bound} comes after crit {critical}, so it is never seen");
            sink.warn(&view.key_span("warn"), message, "a warning comes first: exchange the two");
        }
    }
}

fn query(view: &View<'_>, vendor: Vendor, sink: &mut Sink<'_>) -> Query {
    let key = match vendor {
        Vendor::Http => "path",
        Vendor::Statuspage => "component",
        _ => "query",
    };
    if !READABLE.contains(&vendor) {
        let message = format!(
            "no signal can be read from {} endpoint `{}`",
            vendor.word(),
            view.text("from").map_or("", |at| at.is)
        );
        sink.error(&view.key_span("from"), message, "name an endpoint of vendor prometheus, http or statuspage");
    } else if vendor != Vendor::Statuspage && !view.has(key) {
        sink.error(
            &view.span,
            format!("signals from {} endpoints need `{key}`", vendor.word()),
            format!("add {key} = \"…\""),
        );
    }
    let prometheus = vendor == Vendor::Prometheus;
    for (other, fits) in [
        ("query", prometheus),
        ("path", vendor == Vendor::Http),
        ("pointer", vendor == Vendor::Http),
        ("component", vendor == Vendor::Statuspage),
        ("cohorts", prometheus),
        ("slo", prometheus),
    ] {
        if view.has(other) && !fits && READABLE.contains(&vendor) {
            let message = format!("`{other}` means nothing to {} endpoints", vendor.word());
            sink.error(&view.key_span(other), message, "remove it, or name another endpoint in from");
        }
    }
    Query {
        value: view.text(key).map_or_else(String::new, |text| text.is.to_owned()),
        pointer: view.text("pointer").and_then(|at| pointer(&at, sink)),
        samples: view.text("samples").map(|text| text.is.to_owned()),
        cohorts: view.table("cohorts").and_then(|cohorts| {
            Some(CohortQuery {
                value: cohorts.text("query")?.is.to_owned(),
                samples: cohorts.text("samples").map(|text| text.is.to_owned()),
                min_samples: cohorts.whole("min-samples").map_or(DEFAULT_COHORT_SAMPLES, |at| at.is),
            })
        }),
        slo: view.table("slo").and_then(|view| slo(&view, sink)),
    }
}

fn slo(view: &View<'_>, sink: &mut Sink<'_>) -> Option<Slo> {
    let (bad, total, objective) = (view.text("bad")?, view.text("total")?, view.number("objective")?);
    for query in [&bad, &total] {
        if !query.is.contains("$window") {
            sink.error(&query.span, "the query has no $window", "write for example increase(errors_total[$window])");
        }
    }
    if objective.is <= 0.0 || objective.is >= 1.0 {
        sink.error(&objective.span, "an objective lies between 0 and 1", "write for example 0.95");
    }
    Some(Slo { bad: bad.is.to_owned(), total: total.is.to_owned(), objective: objective.is })
}

/// An RFC 6901 pointer.
pub(super) fn pointer(text: &At<&str>, sink: &mut Sink<'_>) -> Option<String> {
    if text.is.is_empty() || text.is.starts_with('/') {
        return Some(text.is.to_owned());
    }
    sink.error(&text.span, "a pointer starts with /", format!("write \"/{}\"", text.is.replace('.', "/")));
    None
}
