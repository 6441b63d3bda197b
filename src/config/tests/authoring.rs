//! What somebody meets who writes runbooks: each slip is one error, at its place, with what to do; no slip hides another.

use std::path::PathBuf;

use jiff::Timestamp;
use tempfile::TempDir;

use super::super::{Problem, Report, check, readings};

const CONFIG: &str = "schema = 1\nrunbooks = [\"books\", \"later\"]\n[service]\nname = \"a\"\nenvironment = \"b\"\n";

/// 2026-11-23T03:26:00Z.
fn now() -> Timestamp {
    Timestamp::from_second(1_795_404_360).expect("an instant")
}

fn sound() -> String {
    super::fixture("runbooks/valid/slow-search.toml")
}

/// The sound runbook with texts replaced.
fn with(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(sound(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

/// A config with two directories of runbooks, checked.
fn team(files: &[(&str, &str)]) -> Report {
    let home = home(files);
    let mut report = check(&[home.path().join("bot.toml")], now());
    let here = format!("{}/", home.path().display());
    for problem in report.problems.iter_mut().chain(&mut report.warnings) {
        problem.file = problem.file.replace(&here, "");
        problem.message = problem.message.replace(&here, "");
        problem.hint = problem.hint.replace(&here, "");
    }
    report
}

fn home(files: &[(&str, &str)]) -> TempDir {
    let home = tempfile::tempdir().expect("directory");
    for directory in ["books", "later"] {
        std::fs::create_dir(home.path().join(directory)).expect("made");
    }
    std::fs::write(home.path().join("bot.toml"), CONFIG).expect("written");
    for (name, text) in files {
        std::fs::write(home.path().join(name), text).expect("written");
    }
    home
}

fn told(problems: &[Problem]) -> String {
    problems.iter().map(|problem| problem.one_line() + "\n").collect()
}

/// What `check` says about one runbook file.
fn one(text: &str) -> Report {
    team(&[("books/a.toml", text)])
}

fn extension(of: &str) -> String {
    format!("schema = 1\nextends = \"{of}\"\nversion = 1\nowner = \"o\"\nscope = \"all\"\n")
}

#[test]
fn an_extension_hears_where_the_runbook_stands_that_does_not_come_before_it() {
    let extends = extension("slow-search");
    for name in ["books/aaa.toml", "books/zzz.toml"] {
        let said = told(&team(&[(name, &extends), ("books/slow-search.toml", &sound())]).problems);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.starts_with(&format!("{name}:2:")), "{said}");
        assert!(said.contains("`slow-search` stands in the same directory: books/slow-search.toml"), "{said}");
        assert!(said.contains("names later") && !said.contains("did you mean"), "{said}");
    }
    let said = told(&team(&[("books/a.toml", &extends), ("later/slow-search.toml", &sound())]).problems);
    assert!(said.contains("only after this file: it stands in later/slow-search.toml"), "{said}");
    let broken = with(&[("version = 3", "version = 0")]);
    let said = told(&team(&[("books/slow-search.toml", &broken), ("later/a.toml", &extends)]).problems);
    assert!(said.contains("is broken; mend books/slow-search.toml first"), "{said}");
    let said = told(&team(&[("books/slow-search.toml", &sound()), ("later/a.toml", &extends)]).problems);
    assert_eq!(said, "", "the order that is meant");
    let said = told(&one(&extension("laek")).problems);
    assert!(said.contains("no earlier runbook `laek`") && said.contains("did you mean `leak`?"), "{said}");
}

#[test]
fn a_taken_id_names_the_file_that_has_it() {
    let said = told(&team(&[("books/a.toml", &sound()), ("books/b.toml", &sound())]).problems);
    assert!(
        said.starts_with("books/b.toml:2:") && said.contains("already named `slow-search`: books/a.toml"),
        "{said}"
    );
    let (first, second) = (extension("leak"), extension("leak"));
    let said = told(&team(&[("books/a.toml", &first), ("books/b.toml", &second)]).problems);
    assert!(said.starts_with("books/b.toml:2:") && said.contains("books/a.toml extends `leak` already"), "{said}");
}

#[test]
fn a_failed_test_is_a_problem_at_its_place_and_names_the_file_that_made_a_shipped_one_fail() {
    let said = told(&one(&with(&[("offers = \"serve_cache\"", "severity = \"P7\"")])).problems);
    assert!(said.contains("books/a.toml:") && said.contains("\"P7\" is not known") && said.contains("P1"), "{said}");

    let report = one(&with(&[("first = \"slow-search\"", "first = \"latency\"")]));
    let said = told(&report.problems);
    assert!(!report.is_sound() && said.lines().count() == 1, "{said}");
    assert!(said.starts_with("books/a.toml:35:1: the test \"slow after a rebuild\" fails: `latency`"), "{said}");
    assert_eq!(report.json()["problems"][0]["line"], 35);
    assert!(report.rendered().contains("1 failed") && !report.problems[0].hint.is_empty(), "{}", report.rendered());

    // It ranks before everything, whatever is measured: shipped tests fail, and nobody edited a shipped file.
    let greedy =
        format!("{}{}", extension("latency"), "[[evidence]]\nwhen = 'latency_p99 > 0'\nweight = 100\nsay = \"s\"\n");
    let report = one(&greedy);
    let shipped: Vec<&Problem> = report.problems.iter().filter(|p| p.file.starts_with("runbooks/")).collect();
    assert!(!shipped.is_empty(), "{}", report.rendered());
    for problem in shipped {
        assert!(problem.line > 1 && problem.hint.contains("books/a.toml, which extends `latency`"), "{problem}");
    }
}

#[test]
fn a_step_that_is_broken_is_declared_all_the_same() {
    let store = "ask = \"Is the vector store slow?\"";
    let cases = [
        (with(&[(store, "ask = \"Slow?\"\nwatch = \"w\"")]), 1, "not one of question"),
        (with(&[("yes = \"cache\"", "yes = {}")]), 1, "leads nowhere"),
        (with(&[("[step.cache]", "[[step.cache]]")]), 1, "[step.cache] is of the wrong type"),
        (
            with(&[("[step.cache]", "[step.cache]\ntitle = \"t\"\nthen = \"store\"\n[step.cache]")]),
            1,
            "it stands at line",
        ),
    ];
    for (text, count, says) in cases {
        let said = told(&one(&text).problems);
        assert!(said.lines().count() == count && said.contains(says), "{says}:\n{said}");
        assert!(!said.contains("no step is named"), "{said}");
    }
    // The same in an extension.
    let start = "start = \"mine\"\n[step.mine]\nask = \"?\"\nwatch = \"w\"\nyes = \"more\"\n[step.more]\ntitle = \"t\"\n\
                 contain = [\"throttle\"]\nthen = { end = \"over to the team\" }\n";
    let said = told(&one(&format!("{}{start}", extension("latency"))).problems);
    assert!(said.lines().count() == 1 && said.contains("not one of question"), "{said}");
    // A name that nothing declares is one still, and a step that no sound path leads to.
    let said = told(&one(&with(&[("yes = \"cache\"", "yes = \"chache\"")])).problems);
    assert!(said.contains("no step is named `chache`") && said.contains("no path leads to [step.cache]"), "{said}");
}

#[test]
fn no_slip_hides_another_one() {
    let watch = "then = \"after\"\n\n[step.after]\nwatch = \"w\"\nuntil = { all = ['grounding > 0.8'] }\nminutes = -3\n\
                 then = { end = \"over to the team\" }\notherwise = { end = \"over to the team\" }\n\
                 look = [{ title = \"t\" }, { title = \"u\", link = \"nowhere.md\" }]\n";
    let report = one(&with(&[("then = { end = \"Ask the search team to look at the rebuild.\" }", watch)]));
    let said = told(&report.problems) + &told(&report.warnings);
    for says in ["minutes]: not a whole number", "one thing to look at", "the link leads nowhere"] {
        assert!(said.contains(says), "{says}:\n{said}");
    }
    let slips = [
        ("start = \"store\"", "start = \"stroe\"\ndrilled = 2026-13-40"),
        ("weight = 4", "weight = 0"),
        ("yes = \"cache\"", "yes = \"chache\""),
        ("title = \"Search answers late\"\n", ""),
    ];
    let said = told(&one(&with(&slips)).problems);
    for says in ["named `stroe`", "a weight of nothing", "named `chache`", "lacks `title`"] {
        assert!(said.contains(says), "{says}:\n{said}");
    }
    assert_eq!(said.matches("a.toml:10:11:").count(), 1, "once:\n{said}");
}

#[test]
fn what_counts_twice_or_leads_nowhere_is_said() {
    let said = told(&one(&with(&[("id = \"slow-search\"", "id = \"a/b:c\"")])).problems);
    assert!(said.contains("books/a.toml:2:6: `a/b:c` cannot be the id of a runbook"), "{said}");
    let twice = "[[evidence]]\nwhen = 'ratio(vector_latency) > 3'\nweight = 4\nsay = \"again\"\n\n[step.store]";
    let again =
        "[[test]]\nname = \"slow after a rebuild\"\nwalks = [{ answers = [\"yes\"], ends = \"cache\" }]\n\n[[test]]";
    let report = one(&with(&[
        ("[step.store]", twice),
        ("beats = [\"latency\"]", "beats = [\"latency\", \"latency\"]"),
        ("[[test]]", again),
    ]));
    let said = told(&report.warnings);
    for says in ["counts twice", "`latency` stands twice in beats", "is named \"slow after a rebuild\""] {
        assert_eq!(said.matches(says).count(), 1, "{says}:\n{said}{}", told(&report.problems));
    }
    for link in ["https://", "https:///a", "https://wiki/a b", "http://:80/"] {
        let look = format!("[step.cache]\nlook = [{{ title = \"t\", link = \"{link}\" }}]");
        let said = told(&one(&with(&[("[step.cache]", &look)])).problems);
        assert!(said.lines().count() == 1 && said.contains("without a host, or with a space"), "{link}: {said}");
    }
    let look = "[step.cache]\nlook = [{ title = \"t\", link = \"https://wiki/a%20b#c\" }]";
    assert_eq!(told(&one(&with(&[("[step.cache]", look)])).problems), "");
}

#[test]
fn a_config_in_place_of_readings_is_one_error() {
    let file = PathBuf::from("tests/fixtures/config/valid/support-bot.toml");
    let problems = readings::load(&file).expect_err("no readings").0;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message == "a config, not readings" && problems[0].line > 0, "{}", problems[0]);
    assert!(problems[0].hint.contains("breakglass triage -c"), "{}", problems[0]);
}
