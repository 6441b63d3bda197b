//! Holds the source to DESIGN section 3: who may import whom, how long a file may be, which module says what it is for.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why and stops")]

use std::fs;
use std::path::{Path, PathBuf};

/// Layer → what of this crate it may import (besides itself).
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &[]),
    ("config", &["domain"]),
    ("net", &["domain", "clock"]),
    ("adapters", &["net", "domain", "clock"]),
    ("journal", &["domain", "clock"]),
    ("engine", &["adapters", "journal", "config", "domain", "clock"]),
    ("app", &["domain"]),
    ("ui", &["app", "domain"]),
    ("sandbox", &["domain", "clock"]),
    ("shell", &["ui", "app", "engine", "adapters", "journal", "config", "domain", "clock"]),
    ("cli", &["shell", "ui", "app", "engine", "adapters", "journal", "config", "sandbox", "domain", "clock"]),
];

/// Foreign crate → the only places that may name it.
const OWNERS: &[(&str, &[&str])] = &[
    ("reqwest", &["net/"]),
    ("cel", &["domain/evidence/"]),
    ("sqlx", &["journal/"]),
    ("ratatui", &["ui/", "shell/"]),
    ("crossterm", &["shell/"]),
    ("axum", &["sandbox/"]),
    ("clap", &["cli/"]),
    ("postcard", &["config/"]),
    ("tokio", &["net/", "adapters/", "journal/", "engine/", "shell/", "cli/", "sandbox/"]),
];

const LONGEST: usize = 400;

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).expect("src is readable") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    let relative = |path: &Path| path.strip_prefix(&root).expect("below src").to_owned();
    found.iter().map(|path| (relative(path), fs::read_to_string(path).expect("source is UTF-8"))).collect()
}

fn is_test(path: &Path) -> bool {
    let in_test_folder = path.components().any(|part| part.as_os_str() == "tests");
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    in_test_folder || stem == "tests" || stem.ends_with("_tests") || stem == "fixture"
}

/// The part before the inline tests, without comments: a doc link is no import.
fn production(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn layer_of(path: &Path) -> String {
    let first = path.components().next().expect("not empty").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn names_crate(code: &str, name: &str) -> bool {
    let path = format!("{name}::");
    code.match_indices(&path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'))
    })
}

#[test]
fn imports_go_down_only() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let layer = layer_of(&path);
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == layer) else { continue };
        if is_test(&path) {
            continue;
        }
        for (other, _) in MAY_IMPORT {
            let imported = production(&text).contains(&format!("crate::{other}"));
            if *other != layer && imported && !allowed.contains(other) {
                wrong.push(format!("src/{}: {layer} may not import {other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn foreign_crates_stay_with_their_owners() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let shown = path.to_string_lossy().replace('\\', "/");
        if is_test(&path) {
            continue;
        }
        for (name, owners) in OWNERS {
            let owned = owners.iter().any(|owner| shown.starts_with(owner));
            if names_crate(&production(&text), name) && !owned {
                wrong.push(format!("src/{shown} names {name}, which belongs to {}", owners.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn confirmed_and_the_write_permit_have_one_constructor() {
    for (path, text) in sources() {
        let shown = path.display().to_string();
        let code = production(&text);
        if shown != "domain/plan/confirmed.rs" {
            assert!(!code.contains("Confirmed { inner"), "src/{shown} builds a Confirmed");
        }
        if shown != "domain/permit.rs" {
            assert!(!code.contains("WritePermit { run"), "src/{shown} builds a WritePermit");
        }
        let mints = shown.starts_with("engine/runner") || shown == "domain/permit.rs" || is_test(&path);
        assert!(!code.contains("WritePermit::mint(") || mints, "src/{shown} mints a WritePermit");
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > LONGEST {
            wrong.push(format!("src/{}: {lines} lines, at most {LONGEST}", path.display()));
        }
        if !text.starts_with("//!") && !is_test(&path) {
            wrong.push(format!("src/{}: does not open with `//!`", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_clients_choose_an_http_method() {
    for (path, text) in sources() {
        let shown = path.display().to_string();
        let chooses = production(&text).contains("Method::") || production(&text).contains(".post(");
        let allowed = shown.starts_with("net/") || shown.starts_with("sandbox/") || is_test(&path);
        assert!(!chooses || allowed, "src/{shown} chooses an HTTP method");
    }
}
