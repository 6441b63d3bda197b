//! The corpus: valid files load; what is said about invalid ones is reviewed as snapshots; mutated files never panic.

use std::time::Duration;

use super::super::runbooks::{RunbookFile, collect, shipped_files};
use super::super::{Problems, load_text, readings};
use super::{fixture, fixtures};

fn reviewed(name: &str, said: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name.replace('.', "-"), said);
    });
}

#[test]
fn valid_files_load_without_a_word() {
    for name in fixtures("config/valid") {
        let config = load_text(&name, &fixture(&format!("config/valid/{name}"))).unwrap_or_else(|p| panic!("{p}"));
        assert_eq!(config.warnings, Vec::<String>::new(), "{name}");
    }
    for name in fixtures("readings/valid") {
        readings::load_text(&name, &fixture(&format!("readings/valid/{name}"))).unwrap_or_else(|p| panic!("{p}"));
    }
}

#[test]
fn every_problem_of_an_invalid_config_is_said_with_place_and_hint() {
    for name in fixtures("config/invalid") {
        let problems = load_text(&name, &fixture(&format!("config/invalid/{name}"))).expect_err(&name);
        has_places_and_hints(&name, &problems);
        reviewed(&format!("config-{name}"), &problems.to_string());
    }
}

#[test]
fn every_problem_of_an_invalid_readings_file_is_said_with_place_and_hint() {
    for name in fixtures("readings/invalid") {
        let problems = readings::load_text(&name, &fixture(&format!("readings/invalid/{name}"))).expect_err(&name);
        has_places_and_hints(&name, &problems);
        reviewed(&format!("readings-{name}"), &problems.to_string());
    }
}

#[test]
fn every_problem_of_an_invalid_runbook_is_said_with_place_and_hint() {
    for name in fixtures("runbooks/invalid") {
        let mut files = shipped_files();
        let text = fixture(&format!("runbooks/invalid/{name}"));
        files.push(RunbookFile { name: name.clone(), text, layer: 1 });
        let problems = Problems(collect(&files, &readings::vocabulary_names(), true).problems);
        has_places_and_hints(&name, &problems);
        reviewed(&format!("runbook-{name}"), &problems.to_string());
    }
}

fn has_places_and_hints(name: &str, problems: &Problems) {
    assert!(!problems.0.is_empty(), "{name} is valid");
    for problem in &problems.0 {
        assert!(problem.line > 0 && problem.column > 0, "{name}: {problem}");
        assert!(!problem.hint.is_empty(), "{name}: {problem}");
    }
}

/// Small damage of the kinds that hands and tools do.
pub(super) fn damaged(text: &str, random: &mut fastrand::Rng) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..random.usize(1..4) {
        if chars.is_empty() {
            break;
        }
        let at = random.usize(..chars.len());
        let stretch = (at + random.usize(1..40)).min(chars.len());
        match random.u8(..7) {
            0 => drop(chars.drain(at..stretch)),
            1 => chars.insert(at, char::from(random.choice(b"\"'[]{}=\n#\\").copied().unwrap_or(b'"'))),
            2 => chars[at] = random.char('\u{0}'..='\u{2ffff}'),
            3 => {
                let copy: Vec<char> = chars[at..stretch].to_vec();
                drop(chars.splice(at..at, copy));
            }
            4 => chars.truncate(at),
            5 => chars[at..stretch].reverse(),
            _ => {
                let number = ["-1", "nan", "1e999", "99999999999999999999", "0x7f", "''", "true", "1979-05-27"];
                let word = random.choice(number).unwrap_or("0");
                drop(chars.splice(at..stretch, word.chars()));
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn two_thousand_damaged_files_are_answered_in_time_and_never_with_a_panic() {
    let config = fixture("config/valid/support-bot.toml");
    let reading = fixture("readings/valid/every-key.toml");
    let runbook = fixture("runbooks/valid/slow-search.toml");
    // The shipped runbooks are checked once, whoever comes first.
    readings::load_text("x", &reading).unwrap_or_else(|problems| panic!("{problems}"));
    let mut slowest = Duration::ZERO;
    for seed in 0..2_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let started = crate::clock::since_boot();
        let problems = match seed % 3 {
            0 => load_text("x", &damaged(&config, &mut random)).err().map(|problems| problems.0),
            1 => readings::load_text("x", &damaged(&reading, &mut random)).err().map(|problems| problems.0),
            _ => {
                let text = damaged(&runbook, &mut random);
                let files = [RunbookFile { name: "x".into(), text, layer: 0 }];
                Some(collect(&files, &readings::vocabulary_names(), true).problems)
            }
        };
        for problem in problems.into_iter().flatten() {
            let said = problem.to_string();
            assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "seed {seed}: {said:?}");
        }
        slowest = slowest.max(crate::clock::since_boot().saturating_sub(started));
    }
    // Measured: 60 ms in a debug build on two shared cores. The goal is 100 ms; the rest is slack for a busy machine.
    assert!(slowest < Duration::from_millis(400), "{slowest:?}");
}

#[test]
fn a_suite_is_read_with_its_files_and_a_signal_may_be_read_from_it() {
    let home = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).expect("writable");
    write("more.toml", "[[case]]\nprompt = \"two\"\ncontains = [\"a\", \"b\"]\n");
    write("more.jsonl", "{\"prompt\":\"three\",\"at\":\"/ok\",\"is\":true}\n\n{\"prompt\":\"four\",\"status\":403}\n");
    let config = format!(
        "{}\n[suite.smoke]\nfrom = \"product\"\npath = \"/chat\"\nbody = '{{\"q\":\"{{{{prompt}}}}\"}}'\n\
         cases = [\"more.toml\", \"more.jsonl\"]\nexpect = {{ not-contains = \"secret\" }}\nprompts = [\"one\"]\n\
         [signal.guardrail_block_pass]\nfrom = \"suite:smoke\"\nmin-samples = 15\n",
        "schema = 1\n[service]\nname = \"s\"\nenvironment = \"prod\"\n[endpoint.product]\nvendor = \"http\"\nurl = \"https://p.internal\""
    );
    write("config.toml", &config);
    let loaded = super::super::load(&home.path().join("config.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    let suite = &loaded.catalogue.suites[0];
    let asked: Vec<_> = suite.cases.iter().map(|case| (case.prompt.as_str(), case.expect.len())).collect();
    assert_eq!(asked, [("one", 1), ("two", 3), ("three", 2), ("four", 2)]);
    assert_eq!(loaded.catalogue.signals[0].from, suite.source());
    write("more.jsonl", "{\"prompt\":\"three\"}\n{\"promtp\":\"four\"}\nnot json\n");
    let problems = super::super::load(&home.path().join("config.toml")).expect_err("two broken lines").to_string();
    assert!(
        problems.contains("more.jsonl:2:1") && problems.contains("promtp") && problems.contains("more.jsonl:3:1"),
        "{problems}"
    );
}
