//! Tests of the loaders as their users meet them.

mod authoring;
mod books;
mod corpus;
mod documentation;
mod gaps;
mod heldout;
mod hostile;
mod kept;
mod kinds;
mod lints;
mod loader;
mod reading;
mod schemas;
mod shelf;
mod suspicious;
mod triage_page;
mod versions;

/// A file of the test corpus.
fn fixture(path: &str) -> String {
    let full = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path);
    std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of a directory's files, sorted.
fn fixtures(directory: &str) -> Vec<String> {
    let full = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(directory);
    let entries = std::fs::read_dir(&full).unwrap_or_else(|error| panic!("{directory}: {error}"));
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("entry").file_name().into_string().expect("plain name")).collect();
    names.sort();
    names
}
