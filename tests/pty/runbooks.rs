//! A runbook that is edited while the cockpit runs, as its user sees it.

use std::path::Path;

use crate::terminal::Terminal;

const RUNBOOK: &str = include_str!("../fixtures/runbooks/valid/slow-search.toml");

fn put(home: &Path, text: &str) {
    std::fs::write(home.join("books/.new"), text).expect("written");
    std::fs::rename(home.join("books/.new"), home.join("books/slow.toml")).expect("renamed");
}

#[test]
fn an_edited_runbook_is_taken_up_while_a_walk_stays_on_the_version_it_began_with() {
    let home = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(home.path().join("books")).expect("a directory");
    put(home.path(), RUNBOOK);
    let config = home.path().join("bot.toml");
    let text = "schema = 1\nrunbooks = [\"books\"]\n[service]\nname = \"bot\"\nenvironment = \"test\"\n";
    std::fs::write(&config, text).expect("written");
    let (config, journal) = (config.display().to_string(), home.path().join("bot.db").display().to_string());
    let cache = home.path().join("cache").display().to_string();
    let environment = [("XDG_CACHE_HOME", cache.as_str())];
    let mut terminal = Terminal::start(120, 40, &["-c", &config, "--journal", &journal], &environment);
    terminal.wait_for("Layers");
    // The palette lists the runbooks once they are loaded.
    terminal.press_until("r", "the runbooks", |text| text.contains("Search answers late"));
    terminal.type_slowly("search answers");
    terminal.press_until("\r", "the first question", |text| text.contains("Is the vector store slow?"));
    terminal.press_until("y", "the containment", |text| text.contains("Serve cached answers"));

    put(
        home.path(),
        &RUNBOOK.replace("version = 3", "version = 4").replace("Serve cached answers", "Serve old answers"),
    );
    terminal.wait_for("this walk stays on version 3");
    assert!(terminal.text().contains("Serve cached answers"), "{}", terminal.text());

    put(home.path(), "not a runbook");
    terminal.wait_for("version 4 stays in use");

    // Back at the first question nothing holds the walk to the old version any more.
    terminal.press_until("b", "the first question", |text| text.contains("Is the vector store slow?"));
    terminal.press_until("y", "the new containment", |text| text.contains("Serve old answers"));
}
