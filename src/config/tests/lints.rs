//! What `check` says about runbooks that load and would still fail whoever walks them, as whole reports.

use std::path::PathBuf;

use jiff::Timestamp;

use super::super::{Problem, Report, check, load_text};
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

#[test]
fn a_team_that_replaces_a_shipped_runbook_is_told_what_its_tests_reach_and_fails_at_nothing() {
    let home = tempfile::tempdir().expect("directory");
    // The id and the file name of a shipped runbook, and no test at all.
    let text = super::fixture("runbooks/valid/slow-search.toml").replacen("\"slow-search\"", "\"stale\"", 1);
    let untested = text.split("[[test]]").next().expect("a tree");
    let file = home.path().join("stale.toml");
    std::fs::write(&file, untested).expect("written");
    let report = check(&[file], now());
    assert!(report.is_sound(), "{}", report.rendered());
    assert!(report.rendered().contains("stale: its tests walk 0 of "), "{}", report.rendered());
}

#[test]
fn a_symptom_of_circumstances_alone_is_refused_since_nothing_could_ever_list_it() {
    let text = super::fixture("runbooks/valid/slow-search.toml");
    let (head, rest) = text.split_once("[[evidence]]").expect("evidence");
    let tree =
        rest.get(rest.find("[step.").expect("steps")..).expect("a tree").split("[[test]]").next().expect("a tree");
    let piece = |when: &str, mark: &str| format!("[[evidence]]\nwhen = '{when}'\nweight = 2\nsay = \"s\"\n{mark}\n");
    let found = |evidence: String| {
        let home = tempfile::tempdir().expect("directory");
        let file = home.path().join("a.toml");
        std::fs::write(&file, format!("{head}{evidence}{tree}")).expect("written");
        check(&[file], now()).problems
    };
    let marked = piece("ratio(vector_latency) > 3", "circumstance = true");
    let change = piece("changed(\"index\", \"24h\")", "");
    for evidence in [marked.clone(), change.clone(), format!("{marked}{change}")] {
        let problems = found(evidence.clone());
        assert_eq!(problems.len(), 1, "{evidence}: {problems:?}");
        assert!(problems[0].line > 5 && problems[0].message.contains("can never be listed"), "{}", problems[0]);
        assert!(problems[0].hint.contains("[[evidence]]"), "{}", problems[0]);
    }
    assert_eq!(found(format!("{marked}{change}{}", piece("grounding < 0.8", ""))), Vec::new());
}

/// What `check` says about the sound runbook with one text replaced.
fn slipped(from: &str, to: &str) -> Vec<Problem> {
    let text = super::fixture("runbooks/valid/slow-search.toml");
    assert!(text.contains(from), "{from}");
    let home = tempfile::tempdir().expect("directory");
    let file = home.path().join("a.toml");
    std::fs::write(&file, text.replacen(from, to, 1)).expect("written");
    check(&[file], now()).problems
}

#[test]
fn absurd_values_and_texts_that_hide_or_never_end_are_problems_with_their_place() {
    let title = |text: &str| ("title = \"Search answers late\"".to_owned(), format!("title = \"{text}\""));
    let weight = |text: &str| ("weight = 4".to_owned(), format!("weight = {text}"));
    let version = |text: &str| ("version = 3".to_owned(), format!("version = {text}"));
    let cases = [
        (weight("1e308"), 14, "silences every other"),
        (weight("100.5"), 14, "silences every other"),
        (version("0"), 5, "whole number from 1"),
        (version("-1"), 5, "whole number from 1"),
        (version("5000000000"), 5, "whole number from 1"),
        (title("a\\u0000b"), 3, "U+0000"),
        (title("a\\u202Eb"), 3, "U+202E"),
        (title("a\\u200Bb"), 3, "U+200B"),
        (title("a\\u200Db"), 3, "U+200D"),
        (title("a\\u3164"), 3, "U+3164"),
        (title("a\\U000E0041\\U000E007F"), 3, "U+E0041"),
        (title("two\\nlines"), 3, "a line break"),
        (title(&"long ".repeat(400)), 3, "at most 200"),
        (("hypothesis = \"".to_owned(), format!("hypothesis = \"{}", "x".repeat(1_000))), 4, "at most 1000"),
        (("say = \"".to_owned(), "say = \"\\u2066".to_owned()), 15, "U+2066"),
    ];
    for ((from, to), line, says) in cases {
        let problems = slipped(&from, &to);
        assert_eq!(problems.len(), 1, "{to}: {problems:?}");
        let problem = &problems[0];
        assert!(problem.line == line && problem.message.contains(says) && !problem.hint.is_empty(), "{problem}");
    }
    for (from, to) in [weight("100"), weight("0.5"), version("1"), title("Größe \u{26a0}\u{fe0f}")] {
        assert_eq!(slipped(&from, &to), Vec::new(), "{to}");
    }
}

#[test]
fn a_link_that_climbs_out_is_a_problem_and_one_to_a_directory_beside_the_runbooks_is_none() {
    let step = "[step.cache]";
    let with = |link: &str| slipped(step, &format!("{step}\nlook = [{{ title = \"Page\", link = \"{link}\" }}]"));
    for out in ["../../../../../etc/passwd", "a/../../../b.md", "../../b.md#part"] {
        let problems = with(out);
        assert!(problems.len() == 1 && problems[0].message.contains("leads out"), "{out}: {problems:?}");
        assert!(problems[0].line > 1 && problems[0].hint.contains("https://"), "{}", problems[0]);
    }
    for inside in ["a.md", "a/../b.md", "../docs/b.md", "https://wiki.internal/../../a"] {
        assert_eq!(with(inside), Vec::new(), "{inside}");
    }
}

#[test]
fn messages_say_what_is_missing_in_words_that_need_no_grammar() {
    let id = slipped("id = \"slow-search\"", "id = \"Slow Search\"");
    let said = id.iter().find(|problem| problem.line == 2).expect("said");
    assert!(said.message.contains("use a-z, 0-9") && said.hint.contains("\"slow-search\""), "{said}");
    let both = slipped("id = \"slow-search\"", "id = \"slow-search\"\nextends = \"stale\"");
    let said = both.iter().find(|problem| problem.line == 2).expect("said");
    assert!(said.message.contains("`id` beside `extends`") && said.hint.contains("takes the id of what"), "{said}");
    let open = slipped("ratio(vector_latency) > 3", "ratio(vector_latency) >");
    assert!(open[0].message.contains("a comparison has two sides"), "{}", open[0]);
    assert!(open[0].hint.contains("grounding < 0.85"), "{}", open[0]);
}

#[test]
fn a_file_among_runbooks_that_is_none_is_told_in_one_sentence() {
    let home = tempfile::tempdir().expect("directory");
    let books = home.path().join("books");
    std::fs::create_dir(&books).expect("directory");
    std::fs::write(books.join("sound.toml"), super::fixture("runbooks/valid/slow-search.toml")).expect("written");
    std::fs::write(books.join("empty.toml"), "# later\n").expect("written");
    let service = "schema = 1\n[service]\nname = \"a\"\nenvironment = \"b\"\n";
    std::fs::write(books.join("other.toml"), service).expect("written");
    let config = home.path().join("bot.toml");
    std::fs::write(&config, format!("runbooks = [\"books\"]\n{service}")).expect("written");
    let said = |paths: &[PathBuf]| {
        let problems = check(paths, now()).problems;
        problems.iter().map(|problem| (problem.line, problem.message.clone())).collect::<Vec<_>>()
    };
    let (empty, other) = ((1, "an empty runbook file".to_owned()), (2, "a config, not a runbook".to_owned()));
    assert_eq!(said(&[config]), [empty.clone(), other]);
    assert_eq!(said(&[books]), [empty], "a config that is named itself is checked as one");
    let alone = home.path().join("alone.toml");
    std::fs::write(&alone, "").expect("written");
    assert_eq!(said(&[alone]), [(1, "an empty file".to_owned())]);
}
