//! Runbooks on the command line: what `new` writes passes `check`, what `show` and `graph` print holds every step.

use std::path::Path;

use super::{graph, list, new, show};
use crate::clock;
use crate::config::{bookshelf, check, shipped_runbooks};

#[test]
fn what_new_writes_passes_check_without_a_warning_and_walks_every_branch() {
    let home = tempfile::tempdir().expect("directory");
    for (id, extends) in [("slow-search", false), ("slow-index", false), ("latency", false)] {
        let file = home.path().join(format!("{id}.toml"));
        std::fs::write(&file, new::text(id, extends).unwrap_or_else(|f| panic!("{}", f.error))).expect("written");
    }
    let report = check(&[home.path().to_path_buf()], clock::now());
    assert!(report.is_sound() && report.warnings.is_empty(), "{}", report.rendered());
    let missed: Vec<_> = report.coverage.iter().filter(|coverage| !coverage.missed.is_empty()).collect();
    assert!(missed.is_empty(), "{missed:?}");

    let home = tempfile::tempdir().expect("directory");
    let file = home.path().join("leak.toml");
    std::fs::write(&file, new::text("leak", true).unwrap_or_else(|f| panic!("{}", f.error))).expect("written");
    let report = check(&[file], clock::now());
    assert!(report.is_sound() && report.warnings.is_empty(), "{}", report.rendered());
    assert!(
        new::text("no-such", true).is_err() && new::text("../x", false).is_err() && new::text("a/b", false).is_err()
    );
}

#[test]
fn a_file_that_is_there_is_never_overwritten() {
    let home = tempfile::tempdir().expect("directory");
    let place = super::Place::default();
    let written = || new::run(&place, "mine", false, home.path(), false);
    assert!(written().is_ok());
    std::fs::write(home.path().join("mine.toml"), "precious").expect("written");
    assert!(written().is_err_and(|failure| failure.error.contains("exists already")));
    assert_eq!(std::fs::read_to_string(home.path().join("mine.toml")).expect("readable"), "precious");
}

#[test]
fn every_shipped_tree_is_shown_and_drawn_whole() {
    let shelf = bookshelf(None).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(shelf.books.len(), 21);
    for book in &shelf.books {
        let runbook = &book.runbook;
        let text = show::text(runbook, &shipped_runbooks().runbooks);
        assert!(text.lines().all(|line| line.chars().count() <= 96 || line.starts_with("        ")), "{text}");
        let (dot, mermaid) = (graph::dot(runbook), graph::mermaid(runbook));
        let edges = runbook.steps.iter().map(|step| show::nexts(&step.body).len()).sum::<usize>();
        assert_eq!((dot.matches(" -> ").count(), mermaid.matches("-->").count()), (edges, edges), "{}", runbook.id);
        assert_eq!(show::in_order(runbook).len(), runbook.steps.len());
        assert_eq!(dot.matches('"').count() % 2, 0, "{dot}");
    }
    let lines = list::text(&shelf, clock::now(), None, "");
    assert!(shelf.books.iter().all(|book| lines.contains(&book.runbook.title)), "{lines}");
    assert!(lines.ends_with("21 runbooks, 0 broken"), "{lines}");
}

#[test]
fn the_list_says_shipped_own_extended_and_broken() {
    let home = tempfile::tempdir().expect("directory");
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).expect("written");
    write("bot.toml", "schema = 1\nrunbooks = [\".\"]\n[service]\nname = \"a\"\nenvironment = \"b\"\n");
    write("own.toml", &new::text("own", false).unwrap_or_else(|f| panic!("{}", f.error)));
    write("leak.toml", &new::text("leak", true).unwrap_or_else(|f| panic!("{}", f.error)));
    write("bad.toml", "schema = 1\nid = \"bad\"\n");
    let shelf = bookshelf(Some(Path::new(&home.path().join("bot.toml")))).unwrap_or_else(|p| panic!("{p}"));
    let text = list::text(&shelf, clock::now(), None, " -c bot.toml");
    let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{text}"));
    assert!(line("own ").contains("3 ") && line("own ").contains("/own.toml"));
    assert!(line("leak ").contains("extended by") && line("latency ").ends_with("shipped"));
    assert!(line("BROKEN").contains("bad.toml") && line("BROKEN").contains("`breakglass check -c bot.toml`"));
    let json = list::json(&shelf);
    let own = json["runbooks"].as_array().into_iter().flatten().find(|book| book["id"] == "own").expect("listed");
    assert_eq!(
        (&own["source"], &own["failed"], &own["drilled"]),
        (&"site".into(), &0.into(), &serde_json::Value::Null)
    );
}

#[test]
fn one_tree_as_a_tired_reader_sees_it() {
    let shelf = bookshelf(None).unwrap_or_else(|problems| panic!("{problems}"));
    let book = shelf.books.iter().find(|book| book.runbook.id.as_str() == "latency").expect("shipped");
    insta::assert_snapshot!("show_latency", show::text(&book.runbook, &shipped_runbooks().runbooks));
    insta::assert_snapshot!("dot_latency", graph::dot(&book.runbook));
    insta::assert_snapshot!("mermaid_latency", graph::mermaid(&book.runbook));
}

#[test]
fn on_a_terminal_every_runbook_of_the_list_is_one_line_with_a_mark_where_it_is_cut() {
    let home = tempfile::tempdir().expect("directory");
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).expect("written");
    std::fs::create_dir(home.path().join("books")).expect("directory");
    write("bot.toml", "schema = 1\nrunbooks = [\"books\"]\n[service]\nname = \"a\"\nenvironment = \"b\"\n");
    let own = new::text("own", false).unwrap_or_else(|f| panic!("{}", f.error));
    write("books/own.toml", &own.replacen("title = \"", &format!("title = \"{}", "long ".repeat(30)), 1));
    let shelf = bookshelf(Some(Path::new(&home.path().join("bot.toml")))).unwrap_or_else(|p| panic!("{p}"));
    for columns in [80, 120, 180] {
        let text = list::text(&shelf, clock::now(), Some(columns), "");
        let line = text.lines().find(|line| line.starts_with("own ")).unwrap_or_else(|| panic!("{text}"));
        assert!(crate::domain::text::width(line) <= columns && line.contains('…'), "{line}");
        assert!(columns < 120 || line.ends_with("/own.toml"), "where it comes from stays: {line}");
        assert_eq!(text.lines().count(), shelf.books.len() + 2, "{text}");
    }
}
