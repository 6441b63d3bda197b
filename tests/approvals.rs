//! Two people, two processes, one SQLite journal: what one asks, the other approves or denies, and only the approved bytes
//! are written. And one person alone: break glass, loud, reviewed by somebody else.

#![expect(clippy::disallowed_methods, reason = "every person here is a process of the real program")]
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why and stops")]

use std::io::BufRead as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A flag file on this machine, a journal, and a config whose action lowers a protection.
struct Desk {
    home: tempfile::TempDir,
}

const WORD: &str = "guard prod";

impl Desk {
    fn new() -> Self {
        let desk = Self { home: tempfile::tempdir().expect("a directory") };
        desk.set(100);
        let config = format!(
            r#"
schema = 1
mode = "act"
journal = "{journal}"
[service]
name = "support-bot"
environment = "prod"
[endpoint.files]
vendor = "file"
url = "{home}"
[endpoint.far]
vendor = "unleash"
url = "http://127.0.0.1:9"
timeout = "300ms"
[lever.guard]
from = "files"
path = "flags.json"
pointer = "/guard"
normal = 100
contained = 0
[lever.far]
from = "far"
flag = "guard"
normal = "on"
contained = "off"
[lever.near]
from = "files"
path = "flags.json"
pointer = "/switch"
normal = "on"
contained = "off"
[action.halve-guard]
kind = "throttle"
title = "Guard at half"
lever = "guard"
to = 50
[action.switch-off]
kind = "kill_feature"
title = "Switch off"
lever = "far"
alternative = "near"
to = "contained"
[action.far-off]
kind = "kill_feature"
title = "Far off"
lever = "far"
to = "contained"
by-hand = "ssh gate, then feature-off guard"
"#,
            journal = desk.path("team.db").display(),
            home = desk.home.path().display()
        );
        std::fs::write(desk.path("config.toml"), config).expect("written");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn set(&self, guard: u32) {
        std::fs::write(self.path("flags.json"), format!("{{\"guard\": {guard}, \"switch\": true}}\n"))
            .expect("written");
    }

    fn file(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.path("flags.json")).expect("read")).expect("JSON")
    }

    /// One command of one person, in a process of its own.
    fn command(&self, who: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_breakglass"));
        command.args(arguments).arg("--config").arg(self.path("config.toml"));
        command.env("USER", who).env("XDG_STATE_HOME", self.home.path());
        command
    }

    fn run(&self, who: &str, arguments: &[&str]) -> Output {
        self.command(who, arguments).output().expect("it runs")
    }

    fn code(&self, who: &str, arguments: &[&str], wanted: i32) -> String {
        let output = self.run(who, arguments);
        let out = String::from_utf8_lossy(&output.stdout);
        let words = format!("{out}{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(wanted), "{arguments:?} by {who}: {words}");
        words
    }

    /// Fires, and lets go once the store was read back: nothing here has traffic that could show an effect.
    fn fires(&self, who: &str, arguments: &[&str]) {
        let mut child =
            self.command(who, arguments).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it runs");
        let said = std::io::BufReader::new(child.stderr.take().expect("piped"));
        let lines: Vec<String> =
            said.lines().map_while(Result::ok).take_while(|line| !line.contains("read back")).collect();
        let over = child.try_wait().expect("asked");
        assert!(over.is_none(), "{arguments:?} by {who}: {lines:?}");
        child.kill().expect("still there");
        child.wait().expect("gone");
    }

    fn json(&self, who: &str, arguments: &[&str]) -> Value {
        let output = self.run(who, arguments);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Ana previews and asks; the digest.
    fn asked(&self) -> String {
        let plan = self.json("ana", &["act", "halve-guard", "--json"]);
        assert_eq!((plan["tier"].as_u64(), plan["approval"]["needed"].as_bool()), (Some(3), Some(true)), "{plan}");
        let digest = plan["digest"].as_str().expect("a digest").to_owned();
        let words = self.code("ana", &["act", "halve-guard", "--yes-plan", &digest, "--type", WORD], 5);
        assert!(words.contains(&format!("breakglass approve {}", &digest[..12])), "{words}");
        digest
    }

    fn approve(&self, who: &str, digest: &str, wanted: i32) -> String {
        self.code(who, &["approve", digest, "--type", "approve guard prod", "--yes"], wanted)
    }
}

#[test]
fn a_second_person_approves_and_exactly_that_is_fired_once() {
    let desk = Desk::new();
    let digest = desk.asked();
    let fire = ["act", "halve-guard", "--yes-plan", &digest, "--type", WORD];
    desk.code("ana", &fire, 5);
    let open = desk.json("ben", &["approve", "--json"]);
    assert_eq!(open["approvals"][0]["standing"], "waiting", "asking twice is one request");
    assert_eq!(open["approvals"].as_array().map(Vec::len), Some(1));
    let own = desk.approve("ana", &digest, 6);
    assert!(own.contains("does not count as a second person"), "{own}");
    assert!(desk.code("ben", &["approve", &digest], 5).contains("approve guard prod"), "read first, then typed");
    assert!(
        desk.code("ben", &["approve", &digest, "--type", "approve guard staging", "--yes"], 5).contains("not approved")
    );
    let shown = desk.approve("ben", &digest[..12], 0);
    assert!(shown.contains("Guard at half") && shown.contains("50"), "the whole plan is shown: {shown}");
    assert_eq!(desk.file()["guard"], 100, "an approval fires nothing");
    let cancelled = desk.code("ben", &fire, 5);
    assert!(cancelled.contains("whoever approves does not fire"), "{cancelled}");
    desk.fires("ana", &fire);
    assert_eq!(desk.file()["guard"], 50);
    let used = desk.json("ben", &["approve", "--json"]);
    assert_eq!(used["approvals"].as_array().map(Vec::len), Some(0), "used once");
}

#[test]
fn one_denial_ends_it_and_nobody_fires() {
    let desk = Desk::new();
    let digest = desk.asked();
    desk.approve("ben", &digest, 0);
    desk.code("cleo", &["deny", &digest, "--why", "not at peak"], 0);
    let fire = ["act", "halve-guard", "--yes-plan", &digest, "--type", WORD];
    assert!(desk.code("ana", &fire, 6).contains("not at peak"));
    desk.approve("ben", &digest, 6);
    let glass = [&fire[..], &["--break-glass", "break glass prod", "--why", "nobody can be reached"]].concat();
    assert!(desk.code("ana", &glass, 6).contains("denied by cleo"));
    assert_eq!(desk.file()["guard"], 100);
}

#[test]
fn an_approval_of_what_has_moved_since_is_worth_nothing_and_says_what_differs() {
    let desk = Desk::new();
    let digest = desk.asked();
    desk.set(90);
    let words = desk.approve("ben", &digest, 6);
    assert!(words.contains("setting: asked 100, now 90"), "{words}");
    desk.set(100);
    desk.approve("ben", &digest, 0);
    desk.set(90);
    let fire = ["act", "halve-guard", "--yes-plan", &digest, "--type", WORD];
    desk.code("ana", &fire, 6);
    assert_eq!(desk.file()["guard"], 90);
}

#[test]
fn break_glass_needs_its_word_and_a_reason_is_loud_and_is_reviewed_by_somebody_else() {
    let desk = Desk::new();
    let digest = desk.asked();
    let fire = |word: &'static str, why: &'static str| {
        ["act", "halve-guard", "--yes-plan", &digest, "--type", WORD, "--break-glass", word, "--why", why]
            .map(str::to_owned)
    };
    let run = |word, why, wanted| {
        let arguments = fire(word, why);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        desk.code("ana", &arguments, wanted)
    };
    run("break glass staging", "the approver is on a plane", 5);
    run("break glass prod", "eh", 5);
    assert_eq!(desk.file()["guard"], 100);
    let arguments = fire("break glass prod", "the approver is on a plane");
    desk.fires("ana", &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(desk.file()["guard"], 50);
    let status = desk.json("ben", &["status", "--json"]);
    assert_eq!(status["break_glass"][0]["why"], "the approver is on a plane", "{status}");
    assert_eq!(status["break_glass"][0]["overdue"], false);
    assert_eq!(status["containments"][0]["review_by"], status["break_glass"][0]["review_by"], "{status}");
    desk.code("ana", &["review", &digest, "--why", "I was right"], 6);
    desk.code("ben", &["review", &digest, "--why", "was right"], 0);
    assert_eq!(desk.json("ben", &["status", "--json"])["break_glass"].as_array().map(Vec::len), Some(0));
}

#[test]
fn the_second_path_is_said_and_moved_when_the_first_cannot_be_reached_and_undone_where_it_was_moved() {
    let desk = Desk::new();
    let plan = desk.json("ana", &["act", "switch-off", "--json"]);
    assert_eq!((plan["lever"]["id"].as_str(), plan["tier"].as_u64()), (Some("near"), Some(1)), "{plan}");
    let said = plan["checks"][0]["why"].as_str().expect("words");
    assert!(said.starts_with("first path cannot be reached") && said.contains("connection refused"), "{said}");
    desk.fires("ana", &["act", "switch-off", "--yes-plan", plan["digest"].as_str().expect("a digest")]);
    assert_eq!(desk.file()["switch"], false);
    let undo = desk.json("ana", &["undo", "--json"]);
    assert_eq!((undo["lever"]["id"].as_str(), undo["lever"]["after"].as_bool()), (Some("near"), Some(true)), "{undo}");
}

#[test]
fn when_no_path_can_be_reached_the_hand_instructions_are_shown() {
    let desk = Desk::new();
    let words = desk.code("ana", &["act", "far-off"], 6);
    assert!(words.contains("BREAK GLASS BY HAND: ssh gate, then feature-off guard"), "{words}");
}

#[test]
fn unfreezing_wants_its_word_with_the_environment_and_a_reason() {
    let desk = Desk::new();
    desk.code("ben", &["unfreeze", "--why", "token renewed"], 5);
    desk.code("ben", &["unfreeze", "--why", "token renewed", "--type", "unfreeze"], 5);
    desk.code("ben", &["unfreeze", "--why", " ", "--type", "unfreeze prod"], 2);
    let words = desk.code("ben", &["unfreeze", "--why", "token renewed", "--type", "unfreeze prod"], 0);
    assert!(words.contains("nothing is frozen"));
}

#[test]
fn while_an_incident_is_open_changes_are_frozen_and_status_says_since_when() {
    let desk = Desk::new();
    assert_eq!(desk.json("ana", &["status", "--json"])["change_freeze"], Value::Null);
    let plan = desk.json("ana", &["act", "switch-off", "--json"]);
    desk.fires("ana", &["act", "switch-off", "--yes-plan", plan["digest"].as_str().expect("a digest")]);
    let status = desk.json("ben", &["status", "--json"]);
    let frozen = &status["change_freeze"];
    assert!(frozen["since"].is_string() && frozen["incident"].is_string(), "{status}");
    let plan = desk.json("ana", &["act", "halve-guard", "--json"]);
    let line = &plan["gate"]["lines"][0];
    assert_eq!((line["name"].as_str(), line["status"].as_str()), (Some("change freeze"), Some("failed")), "{plan}");
    assert!(line["why"].as_str().is_some_and(|why| why.contains("freeze_changes")), "{plan}");
    assert_eq!(plan["type"], "override prod REASON", "{plan}");
    let fire = ["act", "halve-guard", "--yes-plan", plan["digest"].as_str().expect("a digest"), "--type", WORD];
    assert!(desk.code("ana", &fire, 5).contains("override prod"));
    assert_eq!(desk.file()["guard"], 100);
}
