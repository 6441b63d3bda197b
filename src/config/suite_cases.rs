//! Cases of suites: inline, as prompts that share an expectation, or in files beside the config. May not send anything.

use std::path::Path;

use serde_json::Value;
use toml::de::DeValue;

use crate::domain::suite::{Case, Expect, Pattern};
use crate::domain::text;

use super::file::{parse_shape, read};
use super::problem::{Problem, Problems};
use super::shape::{self, Key, Shape, Takes, optional, required};
use super::signals::pointer;
use super::source::{Sink, Source};
use super::suites::none_declared;
use super::view::{At, View};

const TEXTS: Takes = Takes::OneOf(&[Takes::Text, Takes::List(&Takes::Text)]);
const CONTAINS: Key = optional("contains", TEXTS, "texts that the answer has to contain, whatever their case");
const LACKS: Key = optional("not-contains", TEXTS, "texts that it must not contain");
const EQUALS: Key = optional("equals", Takes::Text, "the whole answer, apart from space around it");
const MATCHES: Key = optional("matches", Takes::Text, "a regular expression that the answer has to match");
const STATUS: Key = optional("status", Takes::Whole, "the HTTP status; without it any 2xx");
const AT: Key = optional("at", Takes::Text, "RFC 6901 pointer into the answer's JSON, for `is`");
const IS: Key =
    optional("is", Takes::OneOf(&[Takes::Text, Takes::Number, Takes::YesNo]), "the value that has to stand at `at`");

pub(super) static EXPECT: Shape =
    Shape { about: "What an answer has to be.", keys: &[CONTAINS, LACKS, EQUALS, MATCHES, STATUS, AT, IS] };

pub(super) static CASE: Shape = Shape {
    about: "A prompt and what its answer has to be.",
    keys: &[
        required("prompt", Takes::Text, "what is asked"),
        optional("name", Takes::Text, "its name; default the beginning of the prompt"),
        CONTAINS,
        LACKS,
        EQUALS,
        MATCHES,
        STATUS,
        AT,
        IS,
    ],
};

static FILE: Shape = Shape {
    about: "Cases of a suite.",
    keys: &[required("case", Takes::List(&Takes::Table(&CASE)), "a prompt and what its answer has to be")],
};

/// Longest name made from a prompt.
const NAME: usize = 40;

/// Every case of a suite; what could not be understood is in the sink.
pub(super) fn of(suite: &str, view: &View<'_>, base: &Path, sink: &mut Sink<'_>) -> Vec<Case> {
    let shared = view.table("expect").map(|expect| expectations(&expect, sink)).unwrap_or_default();
    let mut cases: Vec<Case> = view.tables("case").iter().filter_map(|case| one(case, &shared, sink)).collect();
    for prompt in view.texts("prompts") {
        if shared.is_empty() {
            let hint = "add expect = { contains = \"…\" } to the suite";
            sink.error(&prompt.span, "a prompt without anything expected of its answer", hint);
        }
        cases.push(Case { name: name_of(prompt.is), prompt: prompt.is.to_owned(), expect: shared.clone() });
    }
    for file in texts(view, "cases") {
        match from_file(&base.join(file.is), &shared) {
            Ok(more) => cases.extend(more),
            Err(Problems(problems)) => sink.add(problems),
        }
    }
    if none_declared(&cases, view) {
        let hint = "add [[suite.NAME.case]] tables, prompts = [ … ], or cases = \"suites/file.toml\"";
        sink.error(&view.span, format!("[suite.{suite}] asks nothing"), hint);
    }
    cases
}

/// One text, or a list of them.
fn texts<'a>(view: &View<'a>, key: &str) -> Vec<At<&'a str>> {
    view.text(key).map_or_else(|| view.texts(key), |one| vec![one])
}

fn one(view: &View<'_>, shared: &[Expect], sink: &mut Sink<'_>) -> Option<Case> {
    let prompt = view.text("prompt")?;
    let mut expect = expectations(view, sink);
    expect.extend(shared.iter().cloned());
    let says_something = EXPECT.keys.iter().any(|key| view.has(key.name));
    if expect.is_empty() && !says_something {
        sink.error(&prompt.span, "a case without anything expected of its answer", "add contains = \"…\"");
    }
    let name = view.words("name").unwrap_or_else(|| name_of(prompt.is));
    Some(Case { name, prompt: prompt.is.to_owned(), expect })
}

fn name_of(prompt: &str) -> String {
    text::clean(prompt).chars().take(NAME).collect()
}

fn expectations(view: &View<'_>, sink: &mut Sink<'_>) -> Vec<Expect> {
    let owned = |found: Vec<At<&str>>| found.into_iter().map(|at| at.is.to_owned()).collect::<Vec<_>>();
    let mut expect: Vec<Expect> = owned(texts(view, "contains")).into_iter().map(Expect::Contains).collect();
    expect.extend(owned(texts(view, "not-contains")).into_iter().map(Expect::Lacks));
    expect.extend(view.text("equals").map(|at| Expect::Equals(at.is.to_owned())));
    if let Some(pattern) = view.text("matches") {
        match Pattern::new(pattern.is) {
            Ok(pattern) => expect.push(Expect::Matches(pattern)),
            Err(why) => sink.error(&pattern.span, format!("no regular expression: {why}"), "mend the pattern"),
        }
    }
    if let Some(status) = view.whole("status") {
        match u16::try_from(status.is).ok().filter(|code| (100..600).contains(code)) {
            Some(code) => expect.push(Expect::Status(code)),
            None => sink.error(&status.span, format!("{} is no HTTP status", status.is), "write for example 403"),
        }
    }
    match (view.text("at"), view.raw("is")) {
        (Some(at), Some(is)) => {
            if let (Some(pointer), Some(value)) = (pointer(&at, sink), scalar(is.is)) {
                expect.push(Expect::Holds(pointer, value));
            }
        }
        (Some(at), None) => sink.error(&at.span, "`at` without `is`", "add is = …, the value that has to stand there"),
        (None, Some(is)) => sink.error(&is.span, "`is` without `at`", "add at = \"/pointer/to/it\""),
        (None, None) => {}
    }
    expect
}

fn scalar(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::from(text.as_ref())),
        DeValue::Boolean(yes) => Some(Value::from(*yes)),
        number => match shape::whole(number) {
            Some(whole) => Some(Value::from(whole)),
            None => shape::number(number).map(Value::from),
        },
    }
}

/// The cases of a file: TOML with `[[case]]`, or JSON Lines with one case a line, each with the keys of a case.
fn from_file(path: &Path, shared: &[Expect]) -> Result<Vec<Case>, Problems> {
    let name = text::clean(&path.display().to_string());
    let content = read(path)?;
    if path.extension().is_some_and(|extension| extension == "jsonl") {
        return from_lines(&name, &content, shared);
    }
    let source = Source::new(&name, &content);
    let mut sink = Sink::new(&source);
    let (table, sound) = parse_shape(&FILE, &source, "the file of cases", &mut sink);
    let root = View::root(&table);
    let cases = if sound {
        root.tables("case").iter().filter_map(|case| one(case, shared, &mut sink)).collect()
    } else {
        Vec::new()
    };
    let (errors, _) = sink.finish();
    if errors.is_empty() { Ok(cases) } else { Err(Problems(errors)) }
}

/// Each line is a case in JSON. It is checked as the same table in TOML would be, so that both mean the same.
fn from_lines(name: &str, content: &str, shared: &[Expect]) -> Result<Vec<Case>, Problems> {
    let mut cases = Vec::new();
    let mut problems = Vec::new();
    for (at, line) in content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match from_line(line, shared) {
            Ok(case) => cases.push(case),
            Err((message, hint)) => {
                let place = Problem::whole_file(name, message, hint);
                problems.push(Problem { line: at + 1, column: 1, excerpt: text::clean(line), ..place });
            }
        }
    }
    if problems.is_empty() { Ok(cases) } else { Err(Problems(problems)) }
}

fn from_line(line: &str, shared: &[Expect]) -> Result<Case, (String, String)> {
    let bad =
        |error: String| (format!("no case: {error}"), "write {\"prompt\": \"…\", \"contains\": \"…\"}".to_owned());
    let value: toml::Table = serde_json::from_str(line).map_err(|error| bad(error.to_string()))?;
    let written = toml::to_string(&value).map_err(|error| bad(error.to_string()))?;
    let source = Source::new("the line", &written);
    let mut sink = Sink::new(&source);
    let (table, sound) = parse_shape(&CASE, &source, "the case", &mut sink);
    let case = if sound { one(&View::root(&table), shared, &mut sink) } else { None };
    let (errors, _) = sink.finish();
    match (case, errors.into_iter().next()) {
        (Some(case), None) => Ok(case),
        (_, Some(problem)) => Err((problem.message, problem.hint)),
        (None, None) => Err(bad("it cannot be read".into())),
    }
}
