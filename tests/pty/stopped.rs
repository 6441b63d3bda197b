//! ctrl-z: the shell gets its terminal back, and `fg` brings the whole screen back.

use crate::terminal::Terminal;

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_draws_the_screen_anew() {
    let mut terminal =
        Terminal::start_as_job(100, 30, &["demo"], "echo the shell again; read line; fg; echo left with $?; read line");
    let before = terminal.wait_for("READY");
    terminal.press_until("\x1a", "the shell", |text| text.contains("the shell again"));
    assert!(terminal.given_back(), "the screen and the cursor are the shell's");
    let text = terminal.text();
    assert!(text.contains("breakglass is stopped: nothing is polled"), "{text}");
    terminal.key("\r");
    // Whole, not only what changed meanwhile: titles, rules and the footer never change.
    let fixed = |text: &str| {
        let shown = ["support-bot", "1 Layers", "worst signal", "5 Timeline", "q  quit"].iter();
        shown.filter(|words| text.contains(**words)).count()
    };
    terminal.wait_until("the screen again", |text| fixed(text) == fixed(&before) && text.contains("READY"));
    terminal.press_until("q", "the shell", |text| text.contains("left with 0"));
    assert!(terminal.given_back());
}
