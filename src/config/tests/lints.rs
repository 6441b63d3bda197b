//! What `check` says about runbooks that load and would still fail whoever walks them, as whole reports.

use std::path::PathBuf;

use jiff::Timestamp;

use super::super::{Report, check, load_text};
use crate::domain::action::ActionKind;

/// 2026-11-23T03:26:00Z.
fn now() -> Timestamp {
    Timestamp::from_second(1_795_404_360).expect("an instant")
}

/// A report without what depends on who may write this checkout.
fn checked(paths: &[&str]) -> Report {
    let mut report = check(&paths.iter().map(PathBuf::from).collect::<Vec<_>>(), now());
    report.warnings.retain(|warning| !warning.message.starts_with("this config may not act"));
    report
}

#[test]
fn every_lint_is_said_at_once_with_its_place_and_what_to_do() {
    let report = checked(&["tests/fixtures/runbooks/lint", "tests/fixtures/config/valid/support-bot.toml"]);
    assert!(!report.is_sound());
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("lint-directory", report.rendered());
    });
}

#[test]
fn warnings_alone_are_no_failure_and_stand_in_json_and_in_plain_lines() {
    let report = checked(&["tests/fixtures/runbooks/lint/far.toml", "tests/fixtures/runbooks/lint/future.toml"]);
    assert!(report.is_sound() && report.warnings.len() > 4, "{}", report.rendered());
    for warning in &report.warnings {
        assert!(warning.line > 0 && !warning.hint.is_empty(), "{warning}");
        assert!(report.plain().contains(&warning.one_line()));
    }
    assert_eq!(report.json()["warnings"].as_array().map(Vec::len), Some(report.warnings.len()));
}

#[test]
fn without_a_config_nobody_says_what_is_wired() {
    let report = checked(&["tests/fixtures/runbooks/lint/far.toml"]);
    assert!(!report.rendered().contains("is wired"), "{}", report.rendered());
}

#[test]
fn a_config_that_wires_every_kind_leaves_no_shipped_containment_bare() {
    let head = "schema = 1\n[service]\nname = \"a\"\nenvironment = \"b\"\n[endpoint.f]\nvendor = \"unleash\"\n\
                url = \"http://127.0.0.1:1\"\n[lever.l]\nfrom = \"f\"\nflag = \"l\"\nnormal = \"on\"\ncontained = \"off\"\n";
    let action = |kind: &ActionKind| {
        let (name, word) = (kind.word().replace('_', "-"), kind.word());
        format!("[action.{name}]\nkind = \"{word}\"\ntitle = \"t\"\nlever = \"l\"\nto = \"contained\"\n")
    };
    let text = format!("{head}{}", ActionKind::ALL.iter().map(action).collect::<String>());
    load_text("a", &text).unwrap_or_else(|problems| panic!("{problems}"));
    let home = tempfile::tempdir().expect("directory");
    let file = home.path().join("a.toml");
    std::fs::write(&file, &text).expect("written");
    let bare = |report: &Report| report.warnings.iter().any(|warning| warning.message.contains("without any wired"));
    assert!(!bare(&check(std::slice::from_ref(&file), now())));
    std::fs::write(&file, head).expect("written");
    assert!(bare(&check(&[file], now())));
}

#[test]
fn the_shipped_runbooks_have_no_lint() {
    let report = check(&[], now());
    assert!(report.warnings.is_empty() && report.is_sound(), "{}", report.rendered());
}
