//! The program as a script uses it: one process a command, a flag file on this machine, a journal.

#![expect(clippy::disallowed_methods, reason = "every command here is a process of the real program")]
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and stops")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// A switch in a file, its kill switch, and a journal in a directory of journals.
struct Desk {
    home: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { home: tempfile::tempdir().expect("a directory") };
        std::fs::write(desk.path("flags.json"), "{\"assistant\": true}\n").expect("written");
        let config = format!(
            r#"
schema = 1
mode = "act"
[service]
name = "support-bot"
environment = "prod"
[endpoint.files]
vendor = "file"
url = "{home}"
[lever.assistant]
from = "files"
path = "flags.json"
pointer = "/assistant"
normal = "on"
contained = "off"
[action.kill]
kind = "kill_feature"
title = "Kill switch"
lever = "assistant"
to = "contained"
effect = {{ all = ['lever("assistant") == "off"'], within = "5s" }}
"#,
            home = desk.home.path().display()
        );
        std::fs::write(desk.path("config.toml"), config).expect("written");
        desk
    }

    /// A runbook directory with one file that is broken: it would extend a shipped one.
    fn breaks_a_runbook(&self) {
        std::fs::create_dir(self.path("books")).expect("a directory");
        std::fs::write(self.path("books/leak.toml"), "schema = 1\nextends = \"leak\"\n").expect("written");
        let config = std::fs::read_to_string(self.path("config.toml")).expect("readable");
        let config = config.replacen("mode =", "runbooks = [\"books\"]\nmode =", 1);
        std::fs::write(self.path("config.toml"), config).expect("written");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_breakglass"));
        command.args(arguments).arg("--config").arg(self.path("config.toml"));
        command.env("USER", "ana").env("XDG_STATE_HOME", self.path("state"));
        command.output().expect("it runs")
    }

    /// What it said on both channels, and with which code it ended.
    fn says(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.run(arguments);
        let out = String::from_utf8_lossy(&output.stdout);
        (output.status.code(), format!("{out}{}", String::from_utf8_lossy(&output.stderr)))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

#[test]
fn a_journal_at_a_path_that_is_not_there_is_said_and_nothing_is_created() {
    let desk = Desk::new();
    let absent = desk.path("absent");
    let file = absent.join("deeper").join("x.db");
    let named = file.to_str().expect("UTF-8");
    for command in [&["status", "--json"][..], &["act", "kill"], &["journal", "list"]] {
        let (code, words) = desk.says(&[command, &["--journal", named]].concat());
        assert_eq!(code, Some(2), "{command:?}: {words}");
        assert!(words.contains("there is no directory") && words.contains("create it"), "{command:?}: {words}");
        assert!(words.contains(named), "{words}");
    }
    assert!(!absent.exists());
    let plan = desk.json(&["act", "kill", "--json"]);
    assert!(plan["digest"].is_string(), "{plan}");
    assert!(desk.path("state/breakglass/support-bot.db").exists(), "the directory of journals is ours to create");
}

#[test]
fn check_says_where_a_config_names_a_journal_without_a_directory_and_live_json_carries_what_is_wrong_with_it() {
    let desk = Desk::new();
    let config = std::fs::read_to_string(desk.path("config.toml")).expect("read");
    let with = |journal: &str| config.replacen("schema = 1", &format!("schema = 1\njournal = {journal:?}"), 1);
    std::fs::write(desk.path("config.toml"), with("nodir/x.db")).expect("written");
    for arguments in [&["check", "--json"][..], &["check", "--json", "--live"]] {
        assert_eq!(desk.run(arguments).status.code(), Some(2));
        let problem = desk.json(arguments)["problems"][0].clone();
        assert_eq!((problem["line"].as_u64(), problem["column"].as_u64()), (Some(3), Some(11)), "{problem}");
        assert!(problem["hint"].as_str().is_some_and(|hint| hint.contains("mkdir -p")), "{problem}");
    }
    // The directory is there, and what lies in it is no journal.
    std::fs::write(desk.path("x.db"), "words").expect("written");
    std::fs::write(desk.path("config.toml"), with("x.db")).expect("written");
    assert_eq!(desk.run(&["check", "--json", "--live"]).status.code(), Some(4));
    let live = desk.json(&["check", "--json", "--live"]);
    let said = live["journal"]["problems"][0].as_str().unwrap_or_default();
    assert!(said.contains("cannot be used") && said.contains("x.db"), "{said}: {}", live["journal"]);
}

#[test]
fn a_database_of_another_program_is_no_journal_and_is_left_as_it_is() {
    let desk = Desk::new();
    let mut other = b"SQLite format 3\0".to_vec();
    other.resize(4_096, 0);
    other[68..72].copy_from_slice(b"GPKG");
    let file = desk.path("map.db");
    std::fs::write(&file, &other).expect("written");
    let (code, words) = desk.says(&["act", "kill", "--journal", file.to_str().expect("UTF-8")]);
    assert_eq!(code, Some(2), "{words}");
    assert!(words.contains("a database of another program (application id 0x47504b47)"), "{words}");
    assert!(words.contains("name another file"), "{words}");
    assert_eq!(std::fs::read(&file).expect("read"), other);
}

#[test]
fn readings_are_judged_by_the_runbooks_of_a_config_that_is_named() {
    let desk = Desk::new();
    let readings = desk.path("readings.toml");
    let text = "at = \"2026-11-23T03:26:00Z\"\nsignal.vector_latency = { value = 0.9, baseline = 0.1 }\n\
                signal.latency_p99 = { value = 6.0, baseline = 2.0 }\n\
                change = [{ kind = \"index\", before = \"3h\", what = \"rebuild\" }]\n";
    std::fs::write(&readings, text).expect("written");
    let command = ["triage", "--json", "--readings", readings.to_str().expect("UTF-8")];
    let first = |desk: &Desk| desk.json(&command)["symptoms"][0]["id"].clone();
    assert_eq!(first(&desk), "latency");
    std::fs::create_dir(desk.path("books")).expect("made");
    std::fs::copy("tests/fixtures/runbooks/valid/slow-search.toml", desk.path("books/slow-search.toml"))
        .expect("copied");
    let config = std::fs::read_to_string(desk.path("config.toml")).expect("read");
    std::fs::write(desk.path("config.toml"), format!("runbooks = [\"books\"]\n{config}")).expect("written");
    assert_eq!(first(&desk), "slow-search");
}

#[test]
fn a_directory_or_a_text_is_no_journal_and_nothing_is_spooled_beside_it() {
    let desk = Desk::new();
    for (name, what) in [("config.toml", "a file that is no database"), (".", "a directory")] {
        let file = desk.path(name);
        for command in [&["status", "--json"][..], &["act", "kill"], &[]] {
            let (code, words) = desk.says(&[command, &["--journal", file.to_str().expect("UTF-8")]].concat());
            assert_eq!(code, Some(2), "{command:?}: {words}");
            assert!(words.contains(what) && words.contains("name another file"), "{words}");
        }
    }
    assert!(!desk.path("spool").exists(), "nothing is written beside it");
}

#[cfg(feature = "sandbox")]
#[test]
fn a_served_demo_never_writes_over_a_file_of_somebody() {
    let desk = Desk::new();
    let before = std::fs::read(desk.path("config.toml")).expect("read");
    let (code, words) = desk.says(&["demo", "--serve"]);
    assert_eq!(code, Some(2), "{words}");
    assert!(words.contains("config.toml") && words.contains("it was left as it is"), "{words}");
    assert_eq!(std::fs::read(desk.path("config.toml")).expect("read"), before);
}

#[test]
fn a_config_in_the_directory_one_stands_in_is_named_not_taken() {
    let desk = Desk::new();
    std::fs::rename(desk.path("config.toml"), desk.path("breakglass.toml")).expect("renamed");
    let mut command = Command::new(env!("CARGO_BIN_EXE_breakglass"));
    command.arg("check").current_dir(desk.home.path()).env_remove("BREAKGLASS_CONFIG");
    let output =
        command.env("XDG_CONFIG_HOME", desk.path("none")).env("HOME", desk.path("none")).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("add `-c .`"), "{output:?}");
}

/// Every entry of the journal as (kind, who, the rest).
fn entries(desk: &Desk) -> Vec<(String, String, Value)> {
    let listed = desk.json(&[
        "journal",
        "list",
        "--json",
        "--journal",
        desk.path("state/breakglass/support-bot.db").to_str().expect("UTF-8"),
    ]);
    let entries = listed.as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    entries.map(|entry| (text(&entry["what"]["kind"]), text(&entry["who"]), entry["what"].clone())).collect()
}

#[test]
fn a_dry_run_that_came_to_its_end_is_no_refusal_and_a_refusal_names_who_asked() {
    let desk = Desk::new();
    let plan = desk.json(&["act", "kill", "--json", "--dry-run"]);
    let digest = plan["digest"].as_str().expect("a digest");
    let (code, words) = desk.says(&["act", "kill", "--dry-run", "--yes-plan", digest]);
    assert_eq!(code, Some(0), "{words}");
    let told = entries(&desk);
    let dry = told.iter().find(|(kind, ..)| kind == "dry-run").expect("on record as what it was");
    assert!(dry.1 == "ana" && dry.2["why"].as_str().is_some_and(|why| why.contains("would send")), "{dry:?}");
    assert!(told.iter().all(|(kind, ..)| kind != "refused"), "{told:?}");
    let (code, words) = desk.says(&["act", "kill", "--read-only", "--yes-plan", digest]);
    assert_eq!(code, Some(6), "{words}");
    assert!(words.contains("refused: read-only: this session sends nothing that writes"), "{words}");
    assert!(words.contains("nothing was sent; to fire it, leave out --read-only and add --write"), "{words}");
    let preview = desk.json(&["act", "kill", "--json", "--read-only"]);
    assert!(!format!("{words} {preview}").contains("dialog"), "the command line has none: {words} {preview}");
    let told = entries(&desk);
    let refused = told.iter().find(|(kind, ..)| kind == "refused").expect("on record");
    assert_eq!(refused.1, "ana", "a guard refused her, and nobody else: {refused:?}");
    assert_eq!(std::fs::read_to_string(desk.path("flags.json")).expect("read"), "{\"assistant\": true}\n");
}

#[test]
fn an_unknown_scenario_lists_each_one_once_with_what_it_is() {
    let (code, words) = Desk::new().says(&["demo", "nope"]);
    assert_eq!(code, Some(2), "{words}");
    assert!(words.contains("there is no scenario \"nope\"\n"), "{words}");
    for scenario in ["prompt-regression", "provider-outage", "latency-spike", "pii-leak", "quiet"] {
        assert_eq!(words.matches(&format!("{scenario}: ")).count(), 1, "{scenario}: {words}");
        assert_eq!(words.matches(scenario).count(), 1, "{scenario}: {words}");
    }
}

#[test]
fn wrong_arguments_are_json_for_whoever_reads_no_terminal() {
    let desk = Desk::new();
    for arguments in [&["status", "--no-such-flag"][..], &["act"], &["keys", "--json", "--no-such-flag"]] {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(told["error"].as_str().is_some_and(|error| !error.is_empty()), "{told}");
        assert!(told["hint"].as_str().is_some_and(|hint| hint.contains("--help")), "{told}");
        assert!(!output.stderr.is_empty(), "people read it on stderr");
    }
    let help = desk.run(&["status", "--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).contains("Usage"), "help that was asked for stays text");
}

#[test]
fn an_incident_that_began_by_an_action_is_told_and_ends_by_a_typed_word() {
    let desk = Desk::new();
    let digest = desk.json(&["act", "kill", "--json"])["digest"].as_str().expect("a digest").to_owned();
    let (_, words) = desk.says(&["act", "kill", "--yes-plan", &digest]);
    // The command that ends it works as printed, once the reason is put in.
    let printed = words.split("INC-0001 opened; `breakglass ").nth(1).and_then(|rest| rest.split('`').next());
    let printed = printed.expect("a command").to_owned();
    assert!(words.contains("` ends it and its freeze") && printed.contains(" -c "), "{words}");
    let id = |desk: &Desk| desk.json(&["incident"])["incident"]["id"].clone();
    assert_eq!(id(&desk), "inc-0001");
    let (code, words) = desk.says(&["incident", "close", "--why", "the help form answers"]);
    assert!(code == Some(5) && words.contains("close prod"), "{words}");
    assert_eq!(id(&desk), "inc-0001", "nothing was closed");
    let printed = printed.replace('…', "\"the help form answers\"");
    let printed: Vec<&str> = printed
        .split('"')
        .enumerate()
        .flat_map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
        .collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_breakglass"));
    command.args(printed).env("USER", "ana").env("XDG_STATE_HOME", desk.path("state"));
    let closed: Value = serde_json::from_slice(&command.output().expect("it runs").stdout).expect("JSON");
    assert_eq!(closed["closed"], "inc-0001");
    assert_eq!(id(&desk), Value::Null);
}

#[test]
fn a_containment_that_a_hand_released_between_two_commands_is_told_by_the_next_look() {
    let desk = Desk::new();
    let digest = desk.json(&["act", "kill", "--json"])["digest"].as_str().expect("a digest").to_owned();
    desk.says(&["act", "kill", "--yes-plan", &digest]);
    std::fs::write(desk.path("flags.json"), "{\"assistant\": true}\n").expect("written by hand");
    let told = desk.json(&["status", "--json"])["outside_changes"].clone();
    assert_eq!((&told[0]["lever"], &told[0]["containment"]), (&"assistant".into(), &"released".into()), "{told}");
}

#[test]
fn a_shipped_runbook_stands_in_for_a_broken_one_only_with_a_word() {
    let desk = Desk::new();
    desk.breaks_a_runbook();
    for words in [["runbook", "show", "leak"].as_slice(), &["runbook", "graph", "leak"], &["status"], &["triage"]] {
        let output = desk.run(words);
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().find(|line| line.contains("leak.toml is broken and not used; `breakglass check "));
        assert!(line.is_some_and(|line| line.contains("config.toml` says why")), "{words:?}: {said}");
    }
    for words in ["status", "triage"] {
        let output = desk.run(&[words, "--json"]);
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let broken = told["broken_runbooks"].as_array().expect("a list");
        assert!(broken.len() == 1 && broken[0].as_str().is_some_and(|path| path.ends_with("leak.toml")), "{broken:?}");
    }
}
