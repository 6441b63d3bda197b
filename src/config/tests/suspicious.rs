//! What a suspicious reader of `check` tries: pipes, devices, paths that lead out, limits that contradict each other.

use std::path::Path;

use super::super::*;

const HEAD: &str = "schema = 1\n[service]\nname = \"a\"\nenvironment = \"b\"\n";
const FILES: &str = "[endpoint.disk]\nvendor = \"file\"\nurl = \"files\"\n";

fn errors(text: &str) -> Vec<Problem> {
    load_text("a.toml", text).expect_err("refused").0
}

fn refused(text: &str, word: &str) {
    let found = errors(text);
    assert!(found.iter().any(|problem| problem.message.contains(word)), "{word}: {found:?}");
}

fn warned(text: &str, word: &str) {
    let config = load_text("a.toml", text).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(config.warnings.iter().any(|warning| warning.contains(word)), "{word}: {:?}", config.warnings);
}

#[test]
fn a_pipe_holds_nobody_up_and_a_device_without_end_is_not_read() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let home = tempfile::tempdir().expect("directory");
    let pipe = home.path().join("pipe.toml");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).expect("a pipe");
    let zero = home.path().join("zero.toml");
    std::os::unix::fs::symlink("/dev/zero", &zero).expect("link");
    for path in [&pipe, &zero] {
        let problems = load(path).expect_err("refused");
        assert!(problems.0[0].message.contains("not a regular file"), "{problems}");
    }
    std::fs::create_dir(home.path().join("books")).expect("directory");
    mknodat(CWD, home.path().join("books/x.toml"), FileType::Fifo, Mode::RWXU, 0).expect("a pipe");
    let config = home.path().join("a.toml");
    std::fs::write(&config, format!("runbooks = [\"books\"]\n{HEAD}")).expect("written");
    let loaded = load(&config).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(loaded.catalogue.broken.iter().any(|broken| broken.path.ends_with("x.toml")), "listed, not waited for");
    assert!(!check(&[home.path().to_path_buf()], crate::clock::now()).is_sound());
}

#[test]
fn bytes_that_are_no_text_and_files_that_are_too_large_have_a_place() {
    let home = tempfile::tempdir().expect("directory");
    let file = home.path().join("a.toml");
    std::fs::write(&file, b"schema = 1\n# caf\xe9\n").expect("written");
    let problem = load(&file).expect_err("refused").0.remove(0);
    assert_eq!((problem.line, problem.column), (2, 6), "{problem}");
    std::fs::write(&file, "#\n".repeat(1 << 20)).expect("written");
    let problem = load(&file).expect_err("refused").0.remove(0);
    assert!(problem.line > 1 && problem.message.contains("larger than"), "{problem}");
}

#[test]
fn a_key_that_stands_twice_names_the_first_place() {
    let found = errors("schema = 1\n[service]\nname = \"a\"\nname = \"b\"\nenvironment = \"b\"\n");
    let twice = found.iter().find(|problem| problem.message.contains("duplicate")).expect("said");
    assert!(twice.line == 4 && twice.hint.contains("line 3"), "{twice}");
}

#[test]
fn a_header_that_is_not_closed_is_one_problem_and_not_two() {
    let text = format!("{HEAD}[signal.grounding\nfrom = \"x\"\nname = \"y\"\nquery = \"z\"\n[signals]\na = 1\n");
    let found: Vec<_> = errors(&text).into_iter().map(|problem| (problem.line, problem.message)).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].0 == 5 && found[0].1.contains("unclosed table"), "{found:?}");
    assert!(
        found[1].0 == 9 && found[1].1.contains("unknown key `signals`"),
        "what comes later is still said: {found:?}"
    );
}

#[test]
fn a_service_name_cannot_lead_out_of_the_state_directory() {
    refused("schema = 1\n[service]\nname = \"a/../../esc\"\nenvironment = \"b\"\n", "slash in the name");
}

#[test]
fn a_relative_config_and_its_levers_mean_the_same_file() {
    let lever = "[lever.ff]\nfrom = \"disk\"\npath = \"flags.json\"\npointer = \"/ff\"\nnormal = \"on\"\n";
    let config = load_text("a.toml", &format!("{HEAD}{FILES}{lever}")).unwrap_or_else(|problems| panic!("{problems}"));
    let endpoint = Path::new(&config.endpoints[0].url);
    assert!(endpoint.is_absolute(), "{}", endpoint.display());
    let path = config.catalogue.levers[0].target.key("path").to_owned();
    assert_eq!(endpoint.join(&path), endpoint.join("flags.json"), "{path}");
}

#[test]
fn the_title_of_an_action_hides_nothing_and_ends() {
    let text = |title: &str| {
        format!(
            "{HEAD}[endpoint.f]\nvendor = \"unleash\"\nurl = \"http://127.0.0.1:1\"\n[lever.a]\nfrom = \"f\"\nflag = \"a\"\n\
             normal = \"on\"\ncontained = \"off\"\n[action.k]\nkind = \"kill_feature\"\nlever = \"a\"\nto = \"contained\"\n\
             title = \"{title}\"\n"
        )
    };
    refused(&text("Kill \\u202Ehctiws"), "U+202E");
    refused(&text("two\\nlines"), "a line break");
    refused(&text(&"x".repeat(201)), "at most 200");
    assert!(load_text("a.toml", &text("Kill switch: users get the form")).is_ok());
}

#[test]
fn a_lever_lies_in_the_directory_of_its_endpoint() {
    let lever = "[lever.ff]\nfrom = \"disk\"\npath = \"../../etc/passwd.json\"\npointer = \"/a\"\nnormal = \"on\"\n";
    refused(&format!("{HEAD}{FILES}{lever}"), "outside the directory of endpoint");
}

#[test]
fn a_setting_that_was_refused_is_not_one_that_was_left_out() {
    let text = "[endpoint.f]\nvendor = \"unleash\"\nurl = \"http://127.0.0.1:1\"\n[lever.a]\nfrom = \"f\"\nflag = \"a\"\n\
                normal = \"on\"\ncontained = \"offf\"\n[action.k]\nkind = \"kill_feature\"\ntitle = \"t\"\nlever = \"a\"\n\
                to = \"contained\"\n";
    let found = errors(&format!("{HEAD}{text}"));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_journal_is_a_file() {
    let home = tempfile::tempdir().expect("directory");
    refused(&format!("journal = {:?}\n{HEAD}", home.path().display().to_string()), "is a directory");
}

#[test]
fn check_says_that_the_directory_of_a_journal_is_not_there() {
    let home = tempfile::tempdir().expect("directory");
    let file = home.path().join("a.toml");
    std::fs::write(&file, format!("journal = \"nodir/x.db\"\n{HEAD}")).expect("written");
    let found = |own: Option<&Path>| check_beside(std::slice::from_ref(&file), crate::clock::now(), own).problems;
    let problems = found(None);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!((problems[0].line, problems[0].column), (1, 11), "{}", problems[0]);
    assert!(problems[0].message.contains("nodir") && problems[0].hint.contains("mkdir -p"), "{}", problems[0]);
    assert_eq!(found(Some(home.path())), Vec::new(), "our own directory is made when it is needed");
    assert!(load(&file).is_ok(), "an incident does not wait for a directory: entries go to the spool");
    std::fs::create_dir(home.path().join("nodir")).expect("directory");
    assert_eq!(found(None), Vec::new());
}

#[test]
fn a_token_in_the_clear_is_a_warning_except_on_this_machine() {
    let text = |host: &str| {
        format!("{HEAD}[endpoint.f]\nvendor = \"unleash\"\nurl = \"http://{host}\"\nsecret = {{ env = \"T\" }}\n")
    };
    warned(&text("flags.internal"), "unencrypted");
    for host in ["127.0.0.1:1", "localhost", "[::1]:7"] {
        let config = load_text("a.toml", &text(host)).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(config.warnings, Vec::<String>::new(), "{host}");
    }
}

#[test]
fn limits_that_contradict_each_other_are_warnings() {
    let text = |limits: &str| {
        format!(
            "{HEAD}[endpoint.p]\nvendor = \"prometheus\"\nurl = \"http://127.0.0.1:1\"\n\
             [signal.latency_p99]\nfrom = \"p\"\nquery = \"x\"\n{limits}\n"
        )
    };
    warned(&text("warn = \"> 2\"\ncrit = \"> 1\""), "comes after crit");
    warned(&text("warn = \"> 1\"\ncrit = \"< 0\""), "good side");
    let config = load_text("a.toml", &text("warn = \"> 1\"\ncrit = \"> 1\"")).expect("sound");
    assert_eq!(config.warnings, Vec::<String>::new());
}

#[test]
fn readings_say_which_of_two_things_is_wrong_with_a_spread_and_lack_what_they_lack() {
    let spread = "at = \"2026-11-23T03:26:00Z\"\n[signal.grounding]\nvalue = 0.9\nbaseline = 0.9\nspread = -1\n";
    let found = readings::load_text("r", spread).expect_err("refused").0;
    assert!(found.len() == 1 && !found[0].hint.contains("baseline ="), "{found:?}");
    let found = readings::load_text("r", "[signal.grounding]\nvalue = 0.9\n").expect_err("refused").0;
    assert!(found.iter().any(|problem| problem.message == "the readings lack `at`"), "{found:?}");
}

#[test]
fn a_runbook_that_leads_to_itself_is_refused() {
    let home = tempfile::tempdir().expect("directory");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/runbooks/valid/slow-search.toml");
    let text = std::fs::read_to_string(path).expect("readable");
    let id = text.lines().find_map(|line| line.strip_prefix("id = ")).expect("an id").to_owned();
    let at = text.find("{ end = ").expect("an end");
    let end = at + text[at..].find('}').expect("closed") + 1;
    let looped = format!("{}{{ runbook = {id} }}{}", &text[..at], &text[end..]);
    let file = home.path().join("loop.toml");
    std::fs::write(&file, looped).expect("written");
    let report = check(&[file], crate::clock::now());
    assert!(report.problems.iter().any(|problem| problem.message.contains("this runbook itself")), "{report:?}");
}
