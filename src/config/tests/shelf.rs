//! Runbooks together: overriding, breaking, their own tests, and the report of `check`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::super::runbook_tests::RunbookTest;
use super::super::runbooks::{RunbookFile, Shelf, collect, shipped_files};
use super::super::{FileKind, Problem, check, load, readings, runbook_tests};
use super::fixture;
use crate::domain::ids::LayerId;
use crate::domain::runbook::{Runbook, StepBody};

fn with(files: &[(&str, String)]) -> Shelf {
    let own = files.iter().map(|(name, text)| RunbookFile { name: (*name).into(), text: text.clone(), layer: 1 });
    let all: Vec<RunbookFile> = shipped_files().into_iter().chain(own).collect();
    collect(&all, &readings::vocabulary_names(), true)
}

fn failures(shelf: &Shelf) -> Vec<String> {
    let failed = runbook_tests::run(&shelf.tests, shelf).into_iter();
    failed.filter_map(|outcome| outcome.failure.map(|why| format!("{}: {why}", outcome.name))).collect()
}

#[test]
fn the_shipped_runbooks_are_sound_and_every_test_of_theirs_passes() {
    let shelf = with(&[]);
    let problems: Vec<String> = shelf.problems.iter().chain(&shelf.warnings).map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    for id in shelf.runbooks.keys() {
        let tests = || shelf.tests.iter().filter(|test| test.runbook == *id && test.ranks());
        assert!(tests().count() >= 4, "{id} has {}", tests().count());
        assert!(tests().any(RunbookTest::is_near_miss), "{id} has no near miss");
        assert!(tests().any(|test| !test.is_near_miss()), "{id} has no clear case");
        let decoy = |test: &RunbookTest| test.name.contains("decoy") && test.readings().has_changes();
        assert!(tests().any(decoy), "{id} has no case with a decoy change");
        let layers: BTreeSet<&LayerId> = tests().flat_map(|test| test.readings().layers()).collect();
        let misses = |test: &RunbookTest| test.readings().layers().count() < layers.len();
        assert!(tests().any(|test| test.name.contains("missing layer") && misses(test)), "{id}: no layer is missing");
    }
    assert_eq!(failures(&shelf), Vec::<String>::new());
}

#[test]
fn a_team_replaces_a_shipped_runbook_by_its_id_and_adds_its_own() {
    let latency = fixture("runbooks/valid/slow-search.toml")
        .replace("id = \"slow-search\"", "id = \"latency\"")
        .replace("beats = [\"latency\"]", "beats = []")
        .replace("{ runbook = \"latency\" }", "{ end = \"Ask.\" }")
        .replace("first = \"slow-search\"", "first = \"latency\"");
    let shelf = with(&[("own.toml", latency)]);
    assert!(shelf.broken.is_empty(), "{:?}", shelf.broken);
    let replaced = &shelf.runbooks["latency"];
    assert_eq!((replaced.title.as_str(), replaced.version), ("Search answers late", 3));
    assert_eq!(shelf.tests.iter().filter(|test| test.runbook.as_str() == "latency").count(), 1);
}

#[test]
fn a_broken_runbook_stays_listed_and_leaves_the_others_alone() {
    let good = fixture("runbooks/valid/slow-search.toml");
    let shelf = with(&[("broken.toml", fixture("runbooks/invalid/tree.toml")), ("good.toml", good.clone())]);
    assert_eq!(shelf.broken.len(), 1);
    assert_eq!(shelf.broken[0].path, "broken.toml");
    assert!(shelf.broken[0].problems.iter().any(|said| said.contains("broken.toml:27:6")), "{:?}", shelf.broken);
    assert!(shelf.runbooks.contains_key("slow-search") && shelf.runbooks.contains_key("leak"));

    // A broken replacement does not take the shipped runbook away.
    let shelf = with(&[("leak.toml", "schema = 1\nid = \"leak\"\n".into())]);
    assert_eq!(shelf.broken.len(), 1);
    assert_eq!(shelf.runbooks["leak"].title, "Personal data or unsafe content leaks");

    // Two files of one directory cannot share an id; the second is the broken one.
    let shelf = with(&[("a.toml", good.clone()), ("b.toml", good)]);
    assert_eq!(shelf.broken.iter().map(|broken| broken.path.as_str()).collect::<Vec<_>>(), ["b.toml"]);
}

#[test]
fn symptoms_cannot_beat_each_other_in_a_circle() {
    let one = fixture("runbooks/valid/slow-search.toml");
    let two = one
        .replace("id = \"slow-search\"", "id = \"slow-index\"")
        .replace("beats = [\"latency\"]", "beats = [\"slow-search\"]");
    let one = one.replace("beats = [\"latency\"]", "beats = [\"slow-index\"]");
    let shelf = with(&[("one.toml", one), ("two.toml", two)]);
    assert_eq!(shelf.broken.len(), 2);
    assert!(shelf.broken[0].problems[0].contains("beats runs in a circle"), "{:?}", shelf.broken);
    assert!(!shelf.runbooks.contains_key("slow-search"));
}

#[test]
fn a_runbook_test_fails_when_rank_path_or_offer_are_not_as_it_says() {
    let good = fixture("runbooks/valid/slow-search.toml");
    assert_eq!(failures(&with(&[("a.toml", good.clone())])), Vec::<String>::new());
    for (from, to, said) in [
        ("first = \"slow-search\"", "first = \"leak\"", "`leak` should rank first, `slow-search` does"),
        ("path = [\"store\", \"cache\"]", "path = [\"store\"]", "the path should be store, it is store > cache"),
        ("offers = \"serve_cache\"", "offers = \"throttle\"", "throttle should be offered first, serve_cache is"),
    ] {
        let failed = failures(&with(&[("a.toml", good.replace(from, to))]));
        assert!(failed.len() == 1 && failed[0].contains(said), "{failed:?}");
    }
}

#[test]
fn a_config_names_directories_of_runbooks_relative_to_itself_and_check_covers_them() {
    let home = tempfile::tempdir().expect("directory");
    let books = home.path().join("books");
    std::fs::create_dir(&books).expect("directory");
    std::fs::write(books.join("good.toml"), fixture("runbooks/valid/slow-search.toml")).expect("write");
    std::fs::write(books.join("broken.toml"), fixture("runbooks/invalid/circle.toml")).expect("write");
    std::fs::write(books.join("bytes.toml"), [0xff, 0xfe]).expect("write");
    let path = home.path().join("bot.toml");
    let text = format!("runbooks = [\"books\"]\n{}", fixture("config/valid/support-bot.toml"));
    std::fs::write(&path, text).expect("write");

    let config = load(&path).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(config.catalogue.runbooks.contains_key("slow-search"));
    assert_eq!(config.catalogue.broken.len(), 2, "listed, and the config still loads");

    let report = check(&[path], crate::clock::now());
    assert!(!report.is_sound());
    assert!(report.tests.iter().any(|test| test.name.contains("good.toml") && test.failure.is_none()));
    assert!(
        report
            .problems
            .iter()
            .any(|problem| problem.file.ends_with("circle.toml") || problem.message.contains("circle"))
    );
    assert!(report.problems.iter().any(|problem| problem.message.contains("UTF-8")));
    assert!(report.plain().lines().last().is_some_and(|line| line.contains("errors")), "{}", report.plain());
    assert_eq!(report.json()["ok"], false);
}

#[test]
fn check_recognises_files_by_their_keys_and_takes_directories() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let report = check(
        &["runbooks/valid", "readings/valid", "config/valid"].map(|dir| root.join("tests/fixtures").join(dir)),
        crate::clock::now(),
    );
    assert!(report.problems.is_empty() && report.failed().next().is_none(), "{}", report.rendered());
    let kinds: Vec<FileKind> = report.files.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(kinds, [FileKind::Runbook, FileKind::Readings, FileKind::Config]);
    assert!(check(&[root.join("no-such-file")], crate::clock::now()).problems[0].message.contains("cannot be read"));
    assert!(check(&[], crate::clock::now()).is_sound(), "the shipped runbooks alone");
}

const EXTENSION: &str = "schema = 1\nextends = \"latency\"\nversion = 9\nowner = \"us\"\n";

#[test]
fn a_team_extends_a_shipped_runbook_and_its_tests_go_on_holding() {
    let more = "title = \"Slow here\"\nnever = [\"switch_model\"]\n[[evidence]]\nwhen = 'vector_latency > 2'\nweight = 1\n\
                say = \"our store is slow\"\n[[test]]\nname = \"ours\"\nwalks = [{ answers = [], ends = \"START\" }]\n";
    let shipped = with(&[]);
    let start = shipped.runbooks["latency"].start.to_string();
    let shelf = with(&[("own.toml", format!("{EXTENSION}{}", more.replace("START", &start)))]);
    assert!(shelf.broken.is_empty(), "{:?}", shelf.broken);
    let (before, after) = (&shipped.runbooks["latency"], &shelf.runbooks["latency"]);
    assert_eq!((after.title.as_str(), after.version, after.owner.as_str()), ("Slow here", 9, "us"));
    let ids = |book: &Runbook| book.steps.iter().map(|step| step.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(after), ids(before));
    assert_eq!(after.evidence.len(), before.evidence.len() + 1);
    assert!(after.never.starts_with(&before.never) && after.never.len() == before.never.len() + 1);
    assert!(after.origin.extends && !after.origin.shipped && after.origin.digest != before.origin.digest);
    let tests = |shelf: &Shelf| shelf.tests.iter().filter(|test| test.runbook.as_str() == "latency").count();
    assert_eq!(tests(&shelf), tests(&shipped) + 1);
    assert_eq!(failures(&shelf), Vec::<String>::new());
}

#[test]
fn an_extension_that_breaks_the_tree_is_broken_and_the_shipped_runbook_stays() {
    let shipped = with(&[]);
    let start = shipped.runbooks["latency"].start.to_string();
    let step = format!("[step.{start}]\nask = \"?\"\nyes = \"{start}\"\nno = \"nowhere\"\ndont-know = \"own\"\n");
    let own = "[step.own]\ntitle = \"t\"\ncontain = [\"serve_cache\"]\nthen = { end = \"Done.\" }\n[step.island]\n\
               title = \"t\"\ncontain = [\"serve_cache\"]\nthen = { end = \"Done.\" }\n";
    let shelf = with(&[("own.toml", format!("{EXTENSION}{step}{own}"))]);
    let said: Vec<String> = shelf.problems.iter().map(Problem::one_line).collect();
    for word in ["runs in a circle", "no step is named `nowhere`", "no path leads to [step.island]"] {
        assert!(said.iter().any(|line| line.contains(word) && line.starts_with("own.toml:")), "{word}: {said:?}");
    }
    assert_eq!(said.len(), 3, "{said:?}");
    assert_eq!(shelf.runbooks["latency"], shipped.runbooks["latency"]);

    for (text, word) in [
        (EXTENSION.replace("latency", "latencyy"), "no earlier runbook `latencyy`"),
        (format!("{EXTENSION}id = \"latency\"\n"), "`id` beside `extends`"),
        (format!("{EXTENSION}contain = [\"switch_model\"]\nnever = [\"switch_model\"]\n"), "offered and forbidden"),
        (EXTENSION.replace("schema = 1", "schema = 2"), "schema 2 is not known"),
    ] {
        let shelf = with(&[("own.toml", text)]);
        assert!(shelf.problems.iter().any(|problem| problem.message.contains(word)), "{word}: {:?}", shelf.problems);
        assert!(shelf.runbooks.contains_key("latency") && shelf.broken.len() == 1);
    }
}

#[test]
fn what_is_forbidden_is_offered_by_no_step() {
    let shipped = with(&[]);
    let forbid = |never: &str| format!("{EXTENSION}never = [{never}]\n");
    let offering = shipped.runbooks["latency"].steps.iter().find_map(|step| match &step.body {
        StepBody::Contain { kinds, .. } => Some((step.id.clone(), kinds.clone())),
        _ => None,
    });
    let (id, kinds) = offering.expect("a containment");
    // The steps of the earlier runbook offer it no longer.
    let top = &shipped.runbooks["latency"].contain;
    let one = kinds.iter().find(|kind| !top.contains(kind)).expect("a kind of this step alone");
    let shelf = with(&[("own.toml", forbid(&format!("{:?}", one.word())))]);
    assert!(shelf.problems.is_empty(), "{:?}", shelf.problems);
    let step = shelf.runbooks["latency"].step(&id).expect("it stays");
    let StepBody::Contain { kinds: left, .. } = &step.body else { panic!("a containment") };
    assert!(!left.contains(one) && left.len() == kinds.len() - 1, "{left:?}");
    // One that has nothing else to offer must be written anew, and an own step that offers it is a mistake.
    let all = kinds.iter().map(|kind| format!("{:?}", kind.word())).collect::<Vec<_>>().join(", ");
    let own = format!("[step.{id}]\ntitle = \"t\"\ncontain = [\"halt_agents\", {all}]\nthen = {{ end = \"Done.\" }}\n");
    let whole = forbid(&all).replace("never", "contain = [\"halt_agents\"]\nnever");
    for (text, word) in [
        (whole.clone(), format!("leaves [step.{id}] of the earlier runbook nothing to offer")),
        (format!("{whole}{own}"), format!("[step.{id}] offers `{}`, which `never` forbids", kinds[0])),
    ] {
        let shelf = with(&[("own.toml", text)]);
        let said: Vec<String> = shelf.problems.iter().map(Problem::one_line).collect();
        assert!(said.iter().any(|line| line.contains(&word) && line.starts_with("own.toml:")), "{word}: {said:?}");
    }
}

#[test]
fn an_extension_replaces_a_step_and_drops_those_that_nothing_leads_to_any_more() {
    let shipped = with(&[]);
    let start = shipped.runbooks["latency"].start.to_string();
    let step = format!(
        "[step.{start}]\ntitle = \"t\"\ncontain = [\"serve_cache\"]\nthen = {{ end = \"Ask the owner of the store.\" }}\n\
         look = [{{ title = \"how\", link = \"how.md\" }}]\n"
    );
    let shelf = with(&[("books/own.toml", format!("{EXTENSION}{step}"))]);
    assert!(shelf.broken.is_empty(), "{:?}", shelf.broken);
    let after = &shelf.runbooks["latency"];
    assert_eq!(after.steps.len(), 1);
    assert!(format!("{:?}", after.steps[0].look).contains("books/how.md"));
}
