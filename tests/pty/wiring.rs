//! Wiring that only a real terminal shows: sizes, signals, key law end to end, nothing foreign on the wire.

use std::process::Command;

use crate::terminal::Terminal;

fn demo(arguments: &[&str]) -> (Terminal, tempfile::TempDir) {
    let home = tempfile::tempdir().expect("a directory");
    let journal = home.path().join("drill.db");
    let mut all = vec!["demo", "--journal", journal.to_str().expect("UTF-8")];
    all.extend_from_slice(arguments);
    let terminal = Terminal::start(160, 48, &all, &[]);
    terminal.wait_for("Layers");
    (terminal, home)
}

#[test]
fn the_terminal_is_given_back_after_each_signal() {
    for signal in ["TERM", "INT", "HUP"] {
        let (mut terminal, _home) = demo(&[]);
        let sent = Command::new("kill").args(["-s", signal, &terminal.pid().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        terminal.wait_for_end();
        assert!(terminal.given_back(), "after SIG{signal}");
    }
}

#[test]
fn too_small_a_screen_says_so_and_comes_back() {
    let (terminal, _home) = demo(&[]);
    terminal.wait_for("READY");
    terminal.resize(30, 6);
    terminal.wait_until("the small screen", |text| text.to_lowercase().contains("enlarge"));
    terminal.resize(80, 24);
    terminal.wait_for("Layers");
}

#[test]
fn a_burst_with_y_in_it_fires_nothing() {
    let (mut terminal, _home) = demo(&[]);
    terminal.wait_for("READY");
    terminal.press_until("K", "the dialog", |text| text.contains("Kill switch") && text.contains("expires in"));
    terminal.key("YYYYYYYYYYYYY");
    terminal.key("\x1b[200~Y\x1b[201~");
    terminal.key("\r");
    terminal.wait_for("expires in");
    assert!(!terminal.text().contains("Stations"), "{}", terminal.text());
}

#[test]
fn without_a_terminal_the_cockpit_says_what_to_use_instead() {
    let output = Command::new(env!("CARGO_BIN_EXE_breakglass")).arg("demo").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("status --json"));
}

#[test]
fn no_colour_means_no_colour_codes() {
    let home = tempfile::tempdir().expect("a directory");
    let journal = home.path().join("drill.db");
    let arguments = ["demo", "--journal", journal.to_str().expect("UTF-8")];
    let terminal = Terminal::start(100, 30, &arguments, &[("NO_COLOR", "1")]);
    terminal.wait_for("CRIT");
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    for code in ["\x1b[38;", "\x1b[48;", "\x1b[31m", "\x1b[32m"] {
        assert!(!raw.contains(code), "{code:?} was sent");
    }
}
