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

#[test]
fn answers_are_read_in_a_row_counted_asked_again_and_answer_the_page() {
    let home = tempfile::tempdir().expect("a directory");
    let journal = home.path().join("drill.db");
    let journal = journal.to_str().expect("UTF-8");
    let mut terminal = demo(journal);
    terminal.press_until("v", "the reader", |text| text.contains("50 samples from product"));
    // The first answer that a bad prompt version gave: the others are called fine on the way there.
    for read in 1..=40 {
        if terminal.text().contains("answered  You can return anything within 90 days") {
            break;
        }
        terminal.key("1");
        terminal.wait_for(&format!("{read} of 50 read"));
    }
    terminal.key("p");
    let screen = terminal.wait_until("the replay", |text| text.contains("Asked again"));
    assert!(screen.contains("prompt v41: 0 of 5 as in the sample"), "{screen}");
    assert!(screen.contains("5 × Refunds are possible within 30 days"), "{screen}");
    terminal.key("2");
    terminal.wait_for("1 bad");
    terminal.press_until("f", "the five questions", |text| text.contains("Whom does it hit"));
    terminal.wait_until("what was read and replayed", |text| text.contains("1 bad") && text.contains("replayed"));
}
