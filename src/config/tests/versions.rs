//! What tells the version snapshot: by name, by itself, and what is refused.

use super::super::load_text;
use crate::domain::version::{Part, Tells};

const HEAD: &str = r#"
schema = 1
[service]
name = "support-bot"
environment = "prod"
[endpoint.models]
vendor = "mlflow"
url = "https://mlflow.internal"
[endpoint.build]
vendor = "http"
url = "https://build.internal"
[endpoint.page]
vendor = "statuspage"
url = "https://status.provider.example"
[change.provider]
from = "page"
[lever.prompt]
from = "models"
prompt = "support"
alias = "production"
[lever.policy]
from = "models"
prompt = "policy"
alias = "production"
kind = "guardrail"
[lever.route]
from = "models"
route = "chat"
normal = { primary = 1.0 }
contained = { secondary = 1.0 }
"#;

fn told(more: &str) -> Vec<(String, Part)> {
    let config = load_text("test", &format!("{HEAD}{more}")).unwrap_or_else(|problems| panic!("{problems}"));
    config.catalogue.versions.into_iter().map(|source| (source.name, source.part)).collect()
}

#[test]
fn levers_and_status_pages_tell_their_parts_without_a_word_in_the_file() {
    let wanted = [
        ("prompt", Part::Prompts),
        ("policy", Part::Guardrails),
        ("route", Part::Model),
        ("provider", Part::ProviderLog),
    ];
    assert_eq!(told(""), wanted.map(|(name, part)| (name.to_owned(), part)));
}

#[test]
fn a_table_of_a_parts_name_tells_that_part_and_others_say_which() {
    let more = "[version.index]\nfrom = \"build\"\npath = \"/v\"\npointer = \"/index\"\nas-of = \"/built\"\n\
                [version.filter]\npart = \"guardrails\"\nlever = \"policy\"\n";
    let all = told(more);
    assert_eq!(all[0], ("index".to_owned(), Part::Index));
    assert_eq!(all[1], ("filter".to_owned(), Part::Guardrails));
    assert_eq!(all.iter().filter(|(_, part)| *part == Part::Guardrails).count(), 1, "told once: {all:?}");
    let config = load_text("test", &format!("{HEAD}{more}")).expect("loads");
    assert!(matches!(&config.catalogue.versions[0].tells, Tells::Document { path, .. } if path == "/v"));
}

#[test]
fn every_problem_of_a_table_is_told_with_what_to_do() {
    let more = "[version.vectors]\nlever = \"prompt\"\n\
                [version.tools]\nlever = \"prompt\"\nfrom = \"build\"\n\
                [version.model]\n\
                [version.index]\nfrom = \"models\"\npath = \"/v\"\n\
                [version.prompts]\nlever = \"promt\"\npointer = \"/x\"\n\
                [version.eval-set]\nfrom = \"build\"\n\
                [version.provider-log]\nchange = \"pages\"\n";
    let problems = load_text("test", &format!("{HEAD}{more}")).expect_err("refused").to_string();
    for part in [
        "[version.vectors] does not say which part it tells",
        "[version.tools] names more than one way of telling",
        "[version.model] says nothing of how it is told",
        "mlflow endpoint `models` has no documents",
        "no lever is named `promt`",
        "`pointer` belongs to a document",
        "[version.eval-set] lacks `path`",
        "no change feed is named `pages`",
    ] {
        assert!(problems.contains(part), "{part} in {problems}");
    }
}
