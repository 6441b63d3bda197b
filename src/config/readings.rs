//! Readings files: what was measured at one instant, written down. They stand in for the network in
//! `triage --readings FILE`, in runbook tests and in drills. May not judge anything.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use toml::de::DeValue;

use crate::domain::catalogue::Catalogue;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::evidence::Names;
use crate::domain::ids::{LayerId, SignalId};
use crate::domain::observations::{FeedState, Observations};
use crate::domain::permit::Mode;
use crate::domain::sample::{Baseline, Cohort, Point, Sample};
use crate::domain::signal::{Observed, SignalSpec};
use crate::domain::text;

use super::file::{parse_shape, read};
use super::levers::change_kinds;
use super::problem::{Problem, Problems};
use super::runbooks::{self, Shelf};
use super::shape::{self, Key, Shape, Takes, optional, required};
use super::source::{Sink, Source};
use super::suggest;
use super::view::{At, View};
use super::vocabulary::{self, AGENT_LAYER, LAYERS};

pub(super) static READINGS: Shape = Shape {
    about: "What was measured at one instant.",
    keys: &[required("at", Takes::Instant, "the instant of the readings"), SIGNALS, CHANGES],
};

pub(super) const SIGNALS: Key =
    optional("signal", Takes::Named(&READING), "signals by id; one that is not listed is not measured");
pub(super) const CHANGES: Key = optional("change", Takes::List(&ITEM), "what somebody altered");
static ITEM: Takes = Takes::Table(&CHANGE);

static READING: Shape = Shape {
    about: "One signal of the standard vocabulary.",
    keys: &[
        required("value", Takes::Number, "in the signal's unit"),
        optional("baseline", Takes::Number, "what is normal"),
        optional("spread", Takes::Number, "robust deviation of the baseline; default 5 % of it"),
        optional("n", Takes::Number, "observations behind the value; without it they are taken as adequate"),
        optional("age", Takes::Duration, "how long ago the value was true; default now"),
        optional("cohorts", Takes::Rows(&COHORT), "the same number by cohort"),
        optional(
            "history",
            Takes::List(&Takes::List(&Takes::Number)),
            "[seconds before or after `at` (before is negative), value]",
        ),
    ],
};

static COHORT: Shape = Shape {
    about: "One cohort.",
    keys: &[
        required("value", Takes::Number, "in the signal's unit"),
        optional("baseline", Takes::Number, "what is normal for it"),
        optional("n", Takes::Number, "observations behind the value"),
        optional("share", Takes::Number, "share of traffic, 0 to 1"),
    ],
};

static CHANGE: Shape = Shape {
    about: "Something that somebody altered.",
    keys: &[
        required("kind", Takes::Word(change_kinds), "what sort of thing"),
        required("what", Takes::Text, "one line"),
        optional("before", Takes::Duration, "how long before `at` it was; this or `at`"),
        optional("at", Takes::Instant, "when it was; this or `before`"),
        optional("who", Takes::Text, "who did it"),
        optional("reviewed", Takes::YesNo, "whether it was reviewed"),
    ],
};

/// Readings count as polled at this interval: STALE after three of them, UNKNOWN after six.
const INTERVAL: Duration = Duration::from_secs(30);
/// Spread of a baseline that gives none, as a share of its median.
const DEFAULT_SPREAD: f64 = 0.05;
/// A baseline that somebody wrote down counts as well founded.
const BASELINE_POINTS: usize = 1_000;

/// What a readings file says, before it is joined with runbooks.
#[derive(Debug, Clone)]
pub(super) struct Readings {
    pub(super) at: Timestamp,
    specs: Vec<Arc<SignalSpec>>,
    observed: BTreeMap<SignalId, Observed>,
    changes: Vec<Change>,
}

#[cfg(test)]
impl Readings {
    /// The layers of which anything is measured, each once.
    pub(super) fn layers(&self) -> impl Iterator<Item = &LayerId> {
        self.specs.iter().map(|spec| &spec.layer).collect::<std::collections::BTreeSet<_>>().into_iter()
    }

    /// True if somebody altered something.
    pub(super) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }
}

/// Loads a readings file. No config is needed: the shipped vocabulary and runbooks apply.
///
/// # Errors
/// All problems at once.
pub fn load(path: &Path) -> Result<(Catalogue, Observations), Problems> {
    load_text(&path.display().to_string(), &read(path)?)
}

/// Loads readings from text; `name` is used in problems.
///
/// # Errors
/// All problems at once.
pub fn load_text(name: &str, text: &str) -> Result<(Catalogue, Observations), Problems> {
    let source = Source::new(name, text);
    if let Some((place, message, hint)) = runbooks::no_readings(text) {
        return Err(Problems::one(source.problem(&place, message, hint)));
    }
    let mut sink = Sink::new(&source);
    let (table, sound) = parse_shape(&READINGS, &source, "the readings", &mut sink);
    let root = View::root(&table);
    let at = root.instant("at").map(|at| at.is);
    // Without an instant the rest is still checked, at any instant.
    let readings = sound.then(|| build(&root, at.unwrap_or(Timestamp::UNIX_EPOCH), &mut sink));
    let (errors, _) = sink.finish();
    let Some(readings) = readings.filter(|_| errors.is_empty()) else { return Err(Problems(errors)) };
    let shelf = runbooks::shipped();
    if let Some(first) = shelf.problems.first() {
        return Err(Problems::one(Problem {
            hint: "a shipped runbook is broken; please report it".into(),
            ..first.clone()
        }));
    }
    Ok(readings.seen_through(shelf))
}

/// The names that runbooks may use without a config.
pub(super) fn vocabulary_names() -> Names {
    Names { signals: vocabulary::shipped().keys().map(ToString::to_string).collect(), levers: None, providers: None }
}

impl Readings {
    /// What the judging core takes: these readings seen through the runbooks of a shelf.
    pub(super) fn seen_through(&self, runbooks: &Shelf) -> (Catalogue, Observations) {
        let agent = self.specs.iter().any(|spec| spec.layer.as_str() == AGENT_LAYER).then_some(AGENT_LAYER);
        let catalogue = Catalogue {
            service: "readings".into(),
            environment: "file".into(),
            policy: crate::domain::approval::Policy::default(),
            mode: Mode::ReadOnly,
            drill: false,
            told: String::new(),
            layers: LAYERS.into_iter().chain(agent).filter_map(|layer| layer.parse::<LayerId>().ok()).collect(),
            signals: self.specs.clone(),
            vocabulary: vocabulary::shipped(),
            levers: Vec::new(),
            actions: Vec::new(),
            suites: Vec::new(),
            versions: Vec::new(),
            samples: Vec::new(),
            strict: false,
            gate: crate::domain::gate::GateSpec::STANDARD,
            runbooks: runbooks.runbooks.clone(),
            broken: runbooks.broken.clone(),
            endpoints: BTreeMap::new(),
            reported: ChangeKind::ALL.to_vec(),
        };
        let observations = Observations {
            at: self.at,
            signals: self.observed.clone(),
            changes: self.changes.clone(),
            levers: BTreeMap::new(),
            sources: Vec::new(),
            feeds: what_is_written().into_iter().collect(),
            readiness: Vec::new(),
            ours: Vec::new(),
            pending: Vec::new(),
            writes: Vec::new(),
            released: Vec::new(),
        };
        (catalogue, observations)
    }
}

/// The file itself as a feed: a change of any kind that is not written down did not happen.
fn what_is_written() -> Option<FeedState> {
    Some(FeedState { id: "readings".parse().ok()?, kinds: Vec::new(), fault: None })
}

/// Reads signals and changes of a table that holds both; what is wrong is in the sink.
pub(super) fn build(root: &View<'_>, at: Timestamp, sink: &mut Sink<'_>) -> Readings {
    let vocabulary = vocabulary::shipped();
    let mut specs = Vec::new();
    let mut observed = BTreeMap::new();
    for (name, view) in root.named("signal") {
        let Some(spec) = vocabulary.get(name) else {
            let hint = suggest::closest(name, vocabulary.keys().map(AsRef::as_ref))
                .map_or_else(|| "write an id of the standard vocabulary".into(), |id| format!("did you mean `{id}`?"));
            sink.error(&view.span, format!("`{name}` is not in the standard vocabulary"), hint);
            continue;
        };
        if let Some(reading) = signal(&view, at, sink) {
            specs.push(Arc::clone(spec));
            observed.insert(spec.id.clone(), reading);
        }
    }
    let mut changes: Vec<Change> = root.tables("change").iter().filter_map(|view| change(view, at, sink)).collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.at));
    Readings { at, specs, observed, changes }
}

fn signal(view: &View<'_>, at: Timestamp, sink: &mut Sink<'_>) -> Option<Observed> {
    let spread = view.number("spread");
    if let Some(spread) = &spread {
        if spread.is < 0.0 {
            sink.error(&spread.span, "a spread cannot be negative", "write how far the baseline usually wanders");
        }
        if !view.has("baseline") {
            sink.error(&spread.span, "a spread needs a baseline", "add baseline = …");
        }
    }
    let baseline = view.number("baseline").map(|median| Baseline {
        median: median.is,
        spread: spread.map_or(median.is.abs() * DEFAULT_SPREAD, |spread| spread.is),
        points: BASELINE_POINTS,
    });
    let age = view.duration("age").map_or(Duration::ZERO, |age| age.is);
    let sample = Sample { value: view.number("value")?.is, n: view.number("n").map(|n| n.is), at: earlier(at, age) };
    let mut history: Vec<Point> = view.items("history").iter().filter_map(|row| point(row, at, sink)).collect();
    history.sort_by_key(|point| point.at);
    Some(Observed {
        sample: Ok(sample),
        last: None,
        baseline,
        loads_history: false,
        cohorts: cohorts(view, sink),
        history: history.into(),
        burn: BTreeMap::new(),
        interval: INTERVAL,
    })
}

fn cohorts(view: &View<'_>, sink: &mut Sink<'_>) -> Vec<Cohort> {
    let mut found = Vec::new();
    for (name, cohort) in view.named("cohorts") {
        let share = cohort.number("share");
        if let Some(share) = share.as_ref().filter(|share| !(0.0..=1.0).contains(&share.is)) {
            sink.error(&share.span, "a share lies between 0 and 1", "write for example 0.09");
        }
        if let Some(value) = cohort.number("value") {
            found.push(Cohort {
                name: text::clean(name),
                value: value.is,
                baseline: cohort.number("baseline").map(|at| at.is),
                n: cohort.number("n").map(|at| at.is),
                share: share.map(|at| at.is),
            });
        }
    }
    found
}

/// `[seconds, value]`, seconds relative to `at`.
fn point(row: &At<&DeValue<'_>>, at: Timestamp, sink: &mut Sink<'_>) -> Option<Point> {
    let numbers: Vec<f64> =
        row.is.as_array().into_iter().flat_map(|row| row.iter()).filter_map(|v| shape::number(v.get_ref())).collect();
    let moment =
        |seconds: f64| SignedDuration::try_from_secs_f64(seconds).ok().and_then(|ago| at.checked_add(ago).ok());
    match numbers.as_slice() {
        [seconds, value] if *seconds <= 0.0 => {
            let found = moment(*seconds).map(|at| Point { at, value: *value });
            if found.is_none() {
                sink.error(&row.span, "too long ago", "write seconds before `at`, for example [-3600, 0.87]");
            }
            found
        }
        _ => {
            let hint = "write seconds before `at` as a negative number and the value, for example [-3600, 0.87]";
            sink.error(&row.span, "not a point of history", hint);
            None
        }
    }
}

fn change(view: &View<'_>, at: Timestamp, sink: &mut Sink<'_>) -> Option<Change> {
    let when = match (view.duration("before"), view.instant("at")) {
        (Some(before), None) => Some(earlier(at, before.is)),
        (None, Some(when)) => Some(when.is),
        _ => None,
    };
    if when.is_none() && view.has("before") == view.has("at") {
        sink.error(&view.span, "a change happened at one time", "write before = \"41m\" or at = \"…\"");
    }
    Some(Change {
        at: when?,
        kind: view.parsed("kind")?.is,
        what: view.words("what")?,
        who: view.words("who"),
        source: "readings".into(),
        before: None,
        after: None,
        reviewed: view.yes_no("reviewed").map(|at| at.is),
        ours: false,
    })
}

/// `ago` before `at`. Durations of files end at 400 days, so this is never clamped in practice.
fn earlier(at: Timestamp, ago: Duration) -> Timestamp {
    SignedDuration::try_from(ago).ok().and_then(|ago| at.checked_sub(ago).ok()).unwrap_or(Timestamp::MIN)
}
