//! The whole config file: its root keys, and the order in which its parts are built. May not know what parts mean.

use std::collections::BTreeSet;
use std::path::Path;

use crate::domain::action::ActionKind;
use crate::domain::approval::Policy;
use crate::domain::catalogue::Catalogue;
use crate::domain::evidence::Names;
use crate::domain::ids::LayerId;
use crate::domain::permit::Mode;

use super::file::{parse_shape, read};
use super::names::Declared;
use super::problem::{Problem, Problems};
use super::runbooks::{self, RunbookFile, Shelf};
use super::shape::{Shape, Takes, optional, required};
use super::source::{Sink, Source};
use super::view::View;
use super::vocabulary::{self, AGENT_LAYER};
use super::{
    Bookcases, Config, SeverityScheme, actions, endpoints, feeds, journal, levers, samples, signals, suggest, suites,
    trust, versions,
};

/// The version of the config format that this program reads.
const SCHEMA: u64 = 1;

pub(super) static CONFIG: Shape = Shape {
    about: "The config of one service: what can be seen, asked and done.",
    keys: &[
        required("schema", Takes::Whole, "version of this format: 1"),
        optional("mode", Takes::Word(modes), "what the cockpit may do at start; default \"read-only\""),
        required("service", Takes::Table(&SERVICE), "which service this is about"),
        optional("severity", Takes::Table(&SEVERITY), "the words of severities"),
        optional(
            "layers",
            Takes::List(&Takes::Id),
            "the layers in display order, if they differ from the standard six",
        ),
        optional("endpoint", Takes::Named(&endpoints::ENDPOINT), "named servers"),
        optional("signal", Takes::Named(&signals::SIGNAL), "what is measured"),
        optional("change", Takes::Named(&feeds::FEED), "change feeds"),
        optional("lever", Takes::Named(&levers::LEVER), "live settings in production"),
        optional("action", Takes::Named(&actions::ACTION), "pre-written moves of levers"),
        optional("version", Takes::Named(&versions::VERSION), "what tells the parts of the version snapshot"),
        optional("suite", Takes::Named(&suites::SUITE), "prompts sent through the product's public path"),
        optional("samples", Takes::Named(&samples::SAMPLES), "answers as users got them, to be read in a row"),
        optional("walk", Takes::Table(&WALK), "how runbooks are walked"),
        optional("gate", Takes::Table(&suites::GATE), "what releasing has to wait for"),
        optional("channel", Takes::Named(&CHANNEL), "where news goes"),
        optional(
            "journal",
            Takes::Text,
            "the journal: a file (default: in the state directory), or \"postgres://USER@HOST/DATABASE\" for a team",
        ),
        optional(
            "journal-secret",
            Takes::Table(&endpoints::SECRET),
            "where the password of a team's journal comes from; default PGPASSWORD or the password file",
        ),
        optional("person", Takes::Text, "your name in approvals; default the operating system's user name"),
        optional("policy", Takes::Table(&POLICY), "how approvals and break glass are handled"),
        optional("theme", Takes::Text, "dark or light; default dark"),
        optional(
            "runbooks",
            Takes::List(&Takes::Text),
            "more directories of runbooks; the same id replaces the shipped one",
        ),
    ],
};

static SERVICE: Shape = Shape {
    about: "Which service this is about.",
    keys: &[
        required("name", Takes::Id, "the service"),
        required("environment", Takes::Id, "colours the header and is part of every typed word"),
    ],
};

static WALK: Shape = Shape {
    about: "How runbooks are walked.",
    keys: &[optional(
        "strict",
        Takes::YesNo,
        "in order, without reading ahead, against the evidence only with a note; default false",
    )],
};

static POLICY: Shape = Shape {
    about: "How approvals and break glass are handled.",
    keys: &[
        optional("approval", Takes::Duration, "a request for approval ends by itself after this; default 10m"),
        optional(
            "break-glass",
            Takes::Duration,
            "what was moved by break glass is overdue for review after this; default 30m",
        ),
    ],
};

static SEVERITY: Shape = Shape {
    about: "The words of severities.",
    keys: &[required("scheme", Takes::Word(schemes), "p4 (P1 to P4) or sev3 (Sev 1 to Sev 3)")],
};

static CHANNEL: Shape = Shape {
    about: "Where news goes.",
    keys: &[
        required("from", Takes::Id, "the endpoint it is sent through"),
        optional("to", Takes::Text, "room or address"),
    ],
};

fn modes() -> Vec<&'static str> {
    vec!["read-only", "act"]
}

fn schemes() -> Vec<&'static str> {
    vec!["p4", "sev3"]
}

/// Loads a config file and everything it names, with the shipped vocabulary and runbooks.
///
/// # Errors
/// All problems at once.
pub fn load(path: &Path) -> Result<Config, Problems> {
    load_with(path, true)
}

/// The same without any runbook, not even the shipped ones: for a cockpit, whose first frame does not wait for them. They
/// come from the config's [`Bookcases`].
///
/// # Errors
/// All problems of the config itself at once.
pub fn load_before_runbooks(path: &Path) -> Result<Config, Problems> {
    load_with(path, false)
}

fn load_with(path: &Path, runbooks: bool) -> Result<Config, Problems> {
    let name = path.display().to_string();
    let text = read(path)?;
    let mut config = parse(&name, &text, path.parent().unwrap_or(Path::new("")), runbooks)?;
    config.untrusted = trust::untrusted(path);
    Ok(config)
}

/// Loads config text that is not a file (the sandbox's). `name` is used in problems; paths are relative to the
/// working directory.
///
/// # Errors
/// All problems at once.
pub fn load_text(name: &str, text: &str) -> Result<Config, Problems> {
    parse(name, text, Path::new(""), true)
}

/// What is wrong with a config, and what it declares for others.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) errors: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    /// The names that runbooks beside it may use.
    pub(super) names: Names,
    /// The runbook files of its directories.
    pub(super) runbooks: Vec<RunbookFile>,
    /// The kinds of its actions, if it can be loaded.
    pub(super) kinds: Option<BTreeSet<ActionKind>>,
}

/// Checks a config without loading it.
pub(super) fn check_file(name: &str, text: &str, base: &Path) -> Checked {
    let source = Source::new(name, text);
    let mut sink = Sink::new(&source);
    let (table, sound) = parse_shape(&CONFIG, &source, "the config", &mut sink);
    let root = View::root(&table);
    let names = Declared::of(&root).for_evidence();
    let mut runbooks = Vec::new();
    let mut kinds = None;
    if sound {
        let config = build(&root, base, false, &mut sink);
        kinds = config.map(|config| config.catalogue.actions.iter().map(|action| action.kind).collect());
        let (files, unread) = directories(&root, base, &mut sink);
        runbooks = files;
        sink.add(unread);
    }
    let (errors, warnings) = sink.finish();
    Checked { errors, warnings, names, runbooks, kinds }
}

fn parse(name: &str, text: &str, base: &Path, runbooks: bool) -> Result<Config, Problems> {
    let source = Source::new(name, text);
    let mut sink = Sink::new(&source);
    let (table, sound) = parse_shape(&CONFIG, &source, "the config", &mut sink);
    let config = if sound { build(&View::root(&table), base, runbooks, &mut sink) } else { None };
    let (errors, warnings) = sink.finish();
    match config {
        Some(mut config) if errors.is_empty() => {
            config.warnings.extend(warnings.iter().map(|warning| warning.rendered("warning")));
            Ok(config)
        }
        _ if errors.is_empty() => {
            let hint = "please report it with the config that shows it";
            Err(Problems::one(Problem::whole_file(name, "could not be understood (a defect of breakglass)", hint)))
        }
        _ => Err(Problems(errors)),
    }
}

/// Builds every part even after problems, so that each part reports its own.
fn build(root: &View<'_>, base: &Path, with_runbooks: bool, sink: &mut Sink<'_>) -> Option<Config> {
    check_schema(root, sink);
    check_service(root, sink);
    let declared = Declared::of(root);
    let names = declared.for_evidence();
    let mut layers: Vec<LayerId> = declared.layers.iter().filter_map(|layer| layer.parse().ok()).collect();
    let mut allowed = layers.clone();
    allowed.extend(AGENT_LAYER.parse::<LayerId>());
    let endpoints = endpoints::build(root, base, sink);
    let suites = suites::build(root, base, &declared, &endpoints, sink);
    let samples = samples::build(root, &declared, &endpoints, sink);
    let signals = signals::build(root, &declared, &endpoints, &allowed, &suites, sink);
    let feeds = feeds::build(root, &declared, &endpoints, sink);
    let levers = levers::build(root, &declared, &endpoints, sink);
    let actions = actions::build(root, &declared, &levers, &names, sink);
    let versions = versions::build(root, &declared, (&endpoints, &feeds, &levers), sink);
    channels(root, sink);
    if !root.has("layers") && signals.iter().any(|signal| signal.layer.as_str() == AGENT_LAYER) {
        layers.extend(AGENT_LAYER.parse::<LayerId>());
    }
    let mut vocabulary = vocabulary::shipped();
    vocabulary.extend(signals.iter().map(|signal| (signal.id.clone(), signal.clone())));
    let shelf = if with_runbooks { shelf(root, base, &names, sink) } else { Shelf::default() };
    let service = root.table("service")?;
    let reported = feeds::reported(&feeds, &endpoints);
    Some(Config {
        severity: severity(root),
        journal: journal::build(root, base, sink),
        person: root.words("person"),
        theme: theme(root, sink),
        untrusted: None,
        bookcases: Bookcases::new(root.texts("runbooks").iter().map(|path| base.join(path.is)).collect(), names),
        warnings: shelf.warnings.iter().map(|warning| warning.rendered("warning")).collect(),
        feeds,
        catalogue: Catalogue {
            service: service.text("name")?.is.to_owned(),
            environment: service.text("environment")?.is.to_owned(),
            policy: policy(root),
            mode: mode(root),
            drill: false,
            told: String::new(),
            layers,
            signals,
            vocabulary,
            levers,
            actions,
            suites,
            versions,
            samples,
            strict: root.table("walk").and_then(|walk| walk.yes_no("strict")).is_some_and(|strict| strict.is),
            gate: suites::gate(root, sink),
            runbooks: shelf.runbooks,
            broken: shelf.broken,
            endpoints: endpoints.iter().map(|e| (e.id.clone(), e.vendor.word().to_owned())).collect(),
            reported,
        },
        endpoints,
    })
}

/// The shipped runbooks and those of the config's directories. A broken runbook is listed, it does not stop the config.
fn shelf(root: &View<'_>, base: &Path, names: &Names, sink: &mut Sink<'_>) -> Shelf {
    let (more, unread) = directories(root, base, sink);
    let mut shelf = if more.is_empty() {
        runbooks::shipped().clone()
    } else {
        let files: Vec<RunbookFile> = runbooks::shipped_files().into_iter().chain(more).collect();
        runbooks::collect(&files, &runbooks::names(names), false)
    };
    shelf.broken.extend(unread.iter().map(runbooks::unread));
    shelf
}

/// The runbook files of the config's directories, and what is wrong with those that cannot be read.
fn directories(root: &View<'_>, base: &Path, sink: &mut Sink<'_>) -> (Vec<RunbookFile>, Vec<Problem>) {
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    for (at, path) in root.texts("runbooks").into_iter().enumerate() {
        match runbooks::directory(&base.join(path.is), at + 1) {
            Ok((more, problems)) => {
                files.extend(more);
                unread.extend(problems);
            }
            Err(why) => {
                sink.error(&path.span, format!("no runbooks there: {why}"), "name a directory, relative to this file");
            }
        }
    }
    (files, unread)
}

fn check_schema(root: &View<'_>, sink: &mut Sink<'_>) {
    if let Some(schema) = root.whole("schema").filter(|schema| schema.is != SCHEMA) {
        let hint = if schema.is > SCHEMA { "this file needs a newer breakglass" } else { "write schema = 1" };
        sink.error(&schema.span, format!("schema {} is not known; this program reads {SCHEMA}", schema.is), hint);
    }
}

/// The service names the journal's file, so it must not lead into another directory.
fn check_service(root: &View<'_>, sink: &mut Sink<'_>) {
    let Some(service) = root.table("service") else { return };
    for key in ["name", "environment"] {
        if let Some(name) = service.text(key).filter(|name| name.is.contains('/')) {
            sink.error(&name.span, format!("a slash in the {key}"), "it names files: write letters, digits and - _ .");
        }
    }
}

fn mode(root: &View<'_>) -> Mode {
    match root.text("mode") {
        Some(mode) if mode.is == "act" => Mode::Act,
        _ => Mode::ReadOnly,
    }
}

fn policy(root: &View<'_>) -> Policy {
    let table = root.table("policy");
    let span = |key: &str| table.as_ref().and_then(|table| table.duration(key)).map(|at| at.is);
    let standard = Policy::default();
    Policy {
        approval: span("approval").unwrap_or(standard.approval),
        break_glass: span("break-glass").unwrap_or(standard.break_glass),
    }
}

fn severity(root: &View<'_>) -> SeverityScheme {
    match root.table("severity").and_then(|severity| severity.text("scheme")) {
        Some(scheme) if scheme.is == "sev3" => SeverityScheme::Sev3,
        _ => SeverityScheme::P4,
    }
}

fn theme(root: &View<'_>, sink: &mut Sink<'_>) -> String {
    let Some(name) = root.text("theme") else { return "dark".into() };
    let known = ["dark", "light"];
    if !known.contains(&name.is) {
        sink.error(&name.span, format!("no theme is named {:?}", name.is), suggest::hint(name.is, known));
    }
    name.is.to_owned()
}

fn channels(root: &View<'_>, sink: &mut Sink<'_>) {
    for (name, view) in root.named("channel") {
        sink.warn(
            &view.span,
            format!("channel `{name}` is read but not used: this version sends no news"),
            "nothing to do",
        );
    }
}
