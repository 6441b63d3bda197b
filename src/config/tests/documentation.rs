//! What `docs/config.md` shows is what the loaders take.

use super::super::runbooks::{RunbookFile, collect, shipped_files};
use super::super::{load_text, readings, runbook_tests};

const PAGE: &str = include_str!("../../../docs/config.md");

/// The blocks of the page that are marked with a word, for example ```` ```toml runbook ````.
fn blocks(word: &str) -> Vec<&'static str> {
    let opening = format!("```toml {word}\n");
    let found: Vec<&str> =
        PAGE.split(opening.as_str()).skip(1).filter_map(|after| after.split("\n```").next()).collect();
    assert!(!found.is_empty(), "the page shows no {word}");
    found
}

#[test]
fn every_block_of_the_page_loads_without_a_word() {
    for block in blocks("config") {
        let config = load_text("docs/config.md", block).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(config.warnings, Vec::<String>::new());
    }
    for block in blocks("readings") {
        readings::load_text("docs/config.md", block).unwrap_or_else(|problems| panic!("{problems}"));
    }
    for block in blocks("runbook") {
        let own = RunbookFile { name: "docs/config.md".into(), text: block.to_owned(), layer: 1 };
        let files: Vec<RunbookFile> = shipped_files().into_iter().chain([own]).collect();
        let shelf = collect(&files, &readings::vocabulary_names(), true);
        assert!(shelf.problems.is_empty(), "{:?}", shelf.problems);
        let failed: Vec<_> =
            runbook_tests::run(&shelf.tests, &shelf).into_iter().filter(|test| test.failure.is_some()).collect();
        assert!(failed.is_empty(), "{failed:?}");
    }
}

#[test]
fn the_page_names_every_vendor() {
    for vendor in crate::domain::endpoint::Vendor::ALL {
        assert!(PAGE.contains(&format!("`{}`", vendor.word())), "{}", vendor.word());
    }
}
