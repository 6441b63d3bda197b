//! The walk outlives the program: what was answered is in the journal before anything else happens.

use std::process::Command;

use crate::terminal::Terminal;

fn demo(journal: &str) -> Terminal {
    let terminal = Terminal::start(160, 48, &["demo", "--journal", journal], &[]);
    terminal.wait_for("READY");
    terminal.wait_for("Wrong answers, consistent pattern");
    terminal
}

#[test]
fn a_walk_that_was_killed_in_its_middle_is_taken_up_at_the_same_step_with_its_notes() {
    let home = tempfile::tempdir().expect("a directory");
    let journal = home.path().join("drill.db");
    let journal = journal.to_str().expect("UTF-8");
    let mut terminal = demo(journal);
    terminal.press_until("r", "the first step", |text| text.contains("step 1"));
    terminal.key("s");
    terminal.wait_for("skip this step because");
    terminal.key("n");
    terminal.key("o");
    terminal.key("\r");
    terminal.wait_for("step 2");
    // What the timeline shows was read from the journal.
    terminal.key("t");
    terminal.wait_for("skipped, no");
    let killed = Command::new("kill").args(["-s", "KILL", &terminal.pid().to_string()]).status();
    assert!(killed.expect("kill runs").success());
    terminal.wait_for_end();

    let mut again = demo(journal);
    again.press_until("r", "the walk", |text| text.contains("step 2") && text.contains("skipped no"));
}
