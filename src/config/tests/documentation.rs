//! What `docs/config.md`, `docs/runbooks.md` and `docs/levers.md` show is what the loaders take.

use super::super::runbooks::{RunbookFile, collect, shipped_files};
use super::super::{load_text, readings, runbook_tests};

const PAGE: &str = include_str!("../../../docs/config.md");
const RUNBOOKS: &str = include_str!("../../../docs/runbooks.md");

/// The blocks of a page that are marked with a word, for example ```` ```toml runbook ````.
fn blocks(word: &str) -> Vec<&'static str> {
    blocks_of(PAGE, word)
}

fn blocks_of(page: &'static str, word: &str) -> Vec<&'static str> {
    let opening = format!("```toml {word}\n");
    let found: Vec<&str> =
        page.split(opening.as_str()).skip(1).filter_map(|after| after.split("\n```").next()).collect();
    assert!(!found.is_empty(), "the page shows no {word}");
    found
}

#[test]
fn every_block_of_the_page_loads_without_a_word() {
    for block in blocks("config") {
        let config = load_text("docs/config.md", block).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(config.warnings, Vec::<String>::new());
    }
    for block in blocks("lever") {
        let config =
            load_text("docs/config.md", &format!("{HEAD}{block}")).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(config.catalogue.levers.len(), 1);
    }
    for block in blocks("readings") {
        readings::load_text("docs/config.md", block).unwrap_or_else(|problems| panic!("{problems}"));
    }
}

#[test]
fn every_block_of_the_runbooks_page_is_taken_without_a_word_and_its_tests_pass() {
    let extensions = blocks_of(RUNBOOKS, "extension");
    for block in blocks_of(RUNBOOKS, "runbook").into_iter().chain(extensions) {
        let own = RunbookFile { name: "docs/runbooks.md".into(), text: block.to_owned(), layer: 1 };
        let files: Vec<RunbookFile> = shipped_files().into_iter().chain([own]).collect();
        let shelf = collect(&files, &readings::vocabulary_names(), true);
        assert!(shelf.problems.is_empty(), "{:?}", shelf.problems);
        let failed: Vec<_> =
            runbook_tests::run(&shelf.tests, &shelf).into_iter().filter(|test| test.failure.is_some()).collect();
        assert!(failed.is_empty(), "{failed:?}");
    }
}

#[test]
fn the_runbooks_page_names_every_key() {
    let keys = super::super::runbooks::RUNBOOK.keys.iter().chain(super::super::runbooks::EXTENSION.keys);
    for key in keys.chain(super::super::runbook_tests::TEST.keys) {
        let told = format!("`{}`", key.name);
        let written = format!("{} = ", key.name);
        assert!(RUNBOOKS.contains(&told) || RUNBOOKS.contains(&written), "{}", key.name);
    }
}

#[test]
fn the_samples_page_loads_and_reads_what_it_says() {
    let page = include_str!("../../../docs/samples.md");
    let block = page.split("```toml samples\n").nth(1).and_then(|after| after.split("\n```").next()).expect("a block");
    let head = "schema = 1\n[service]\nname = \"s\"\nenvironment = \"prod\"\n[endpoint.product]\nvendor = \"http\"\n\
                url = \"https://p.internal\"\n[walk]\nstrict = true\n";
    let config =
        load_text("docs/samples.md", &format!("{head}{block}")).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.warnings, Vec::<String>::new());
    let samples = &config.catalogue.samples[0];
    assert!(config.catalogue.strict && samples.count == 50 && samples.tags.len() == 4);
    assert_eq!(samples.fields.facts[0], ("model".to_owned(), "/metadata/model".to_owned()));
    assert_eq!(samples.replay.as_ref().map(|replay| replay.ways.len()), Some(2));
}

#[test]
fn the_page_names_every_vendor() {
    for vendor in crate::domain::endpoint::Vendor::ALL {
        assert!(PAGE.contains(&format!("`{}`", vendor.word())), "{}", vendor.word());
    }
}

const LEVERS: &str = include_str!("../../../docs/levers.md");

/// What stands above a block of the page in a config.
const HEAD: &str = "schema = 1\n[service]\nname = \"support-bot\"\nenvironment = \"prod\"\n";

/// Every store of the page with its block.
fn stores() -> Vec<(&'static str, &'static str)> {
    let sections = LEVERS.split("\n### ").skip(1);
    let found: Vec<_> = sections
        .filter_map(|section| {
            let block = section.split("```toml\n").nth(1)?.split("\n```").next()?;
            Some((section.lines().next()?, block))
        })
        .collect();
    let blocks = LEVERS.matches("```toml\n").count();
    assert_eq!(found.len(), blocks, "every block stands below a heading of its own");
    found
}

#[test]
fn every_block_of_the_levers_page_loads_without_a_word_and_stands_in_its_table() {
    for (store, block) in stores() {
        let config = load_text(store, &format!("{HEAD}{block}")).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(config.warnings, Vec::<String>::new(), "{store}");
        assert!(!config.catalogue.levers.is_empty(), "{store}: its block has no lever");
        assert!(LEVERS.contains(&format!("\n| {store} | `")), "{store} has no row in the table");
    }
}

#[test]
fn the_levers_page_has_a_block_for_every_store_that_teams_ask_for() {
    let shown: Vec<&str> = stores().into_iter().map(|(store, _)| store).collect();
    for store in [
        "Unleash",
        "LaunchDarkly",
        "Flagsmith",
        "flagd",
        "GO Feature Flag",
        "MLflow alias",
        "MLflow gateway",
        "Langfuse",
        "LiteLLM",
        "etcd",
        "Consul",
        "Redis",
        "Kubernetes rollback",
        "Kubernetes image",
        "Kubernetes config map",
        "Alertmanager",
        "File",
        "Phoenix",
        "Flipt v1",
        "Flipt v2",
        "GrowthBook",
        "ConfigCat",
        "Statsig",
        "PostHog",
        "Vercel",
        "LangSmith",
        "Portkey",
        "Kong",
        "APISIX",
        "Envoy AI Gateway",
        "Traefik",
        "GitHub contents",
        "Command",
    ] {
        assert!(shown.contains(&store), "docs/levers.md has no block for {store}; it has {shown:?}");
    }
}

#[test]
fn the_levers_page_shows_every_form_of_address() {
    let levers = stores().into_iter().filter_map(|(_, block)| load_text("block", &format!("{HEAD}{block}")).ok());
    let shown: Vec<&str> =
        levers.flat_map(|config| config.catalogue.levers).map(|lever| lever.target.form().name).collect();
    for form in crate::domain::lever::forms::FORMS {
        assert!(shown.contains(&form.name), "no block of docs/levers.md shows {}", form.name);
    }
}
