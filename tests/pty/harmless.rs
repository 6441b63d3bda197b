//! A read-only and a dry-run session: every key on every screen, and production (the sandbox) is as it was.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::terminal::Terminal;

struct Served {
    child: Child,
    config: String,
    _home: tempfile::TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve() -> Served {
    let home = tempfile::tempdir().expect("a directory");
    let config = home.path().join("sandbox.toml").to_str().expect("UTF-8").to_owned();
    let mut child = Command::new(env!("CARGO_BIN_EXE_breakglass"))
        .args(["demo", "prompt-regression", "--serve", "-c", &config])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
    assert!(line.contains("sandbox is up"), "{line}");
    Served { child, config, _home: home }
}

fn ask(arguments: &[&str]) -> serde_json::Value {
    let output = Command::new(env!("CARGO_BIN_EXE_breakglass")).args(arguments).output().expect("it runs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Settings and revisions of every lever: a write would show in one of them.
fn levers(config: &str, journal: &Path) -> serde_json::Value {
    let journal = journal.to_str().expect("UTF-8");
    let mut levers = ask(&["status", "--json", "-c", config, "--journal", journal])["levers"].take();
    for lever in levers.as_array_mut().expect("levers") {
        assert_eq!(lever["cause"], serde_json::Value::Null, "{lever}");
    }
    levers
}

fn press_everything(flag: &str) {
    let served = serve();
    let home = tempfile::tempdir().expect("a directory");
    let (aside, journal) = (home.path().join("aside.db"), home.path().join("session.db"));
    let before = levers(&served.config, &aside);
    let journal_name = journal.to_str().expect("UTF-8");
    let mut terminal = Terminal::start(120, 40, &["-c", &served.config, "--journal", journal_name, flag], &[]);
    terminal.wait_for("READY");
    let printable: Vec<char> = (' '..='~').filter(|c| *c != 'q').collect();
    // Every key on the main screen and on whatever it opens: runbook, dialogs, details, help, palette, filter, notes.
    for screen in ["", "r", "c", "2", "3", "4", "K", "R", "?", ":"] {
        terminal.press_until("\x1b", "the main screen", |text| text.contains("Layers") && !text.contains("expires in"));
        if !screen.is_empty() {
            terminal.key(screen);
            std::thread::sleep(Duration::from_millis(500));
        }
        for key in &printable {
            terminal.key(&key.to_string());
            std::thread::sleep(Duration::from_millis(12));
        }
        terminal.key("\r");
    }
    // A preview that was asked for last may still open its dialog: escape first, then leave.
    terminal.press_until_end(&["\x1b", "q"]);
    assert_eq!(before, levers(&served.config, &aside), "{flag} changed a lever");
    let entries = ask(&["journal", "list", "--json", journal_name]);
    let kinds: Vec<&str> =
        entries.as_array().expect("entries").iter().filter_map(|entry| entry["what"]["kind"].as_str()).collect();
    assert!(kinds.contains(&"session-started"), "{kinds:?}");
    assert!(!kinds.contains(&"intended"), "{flag} intended a write: {kinds:?}");
}

#[test]
fn every_key_on_every_screen_of_a_read_only_session_changes_nothing() {
    press_everything("--read-only");
}

#[test]
fn every_key_on_every_screen_of_a_dry_run_changes_nothing() {
    press_everything("--dry-run");
}
