//! A thousand runbooks with ten thousand steps: loaded whole, found by name, and the first frame does not wait for them.
//! The set is generated, never checked in. The time is measured with a release build, see `docs/performance.md`:
//! `BREAKGLASS_BOOKSHELF=/tmp/bookshelf cargo test --test bookshelf generate` writes the set there and keeps it.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why and stops")]
#![allow(clippy::print_stdout, reason = "it says what it measured")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use breakglass::app::keymap::{Keymap, Remaps};
use breakglass::app::{Model, Options, palette};
use breakglass::config;
use breakglass::domain::approval::Person;
use breakglass::domain::catalogue::Catalogue;
use breakglass::domain::permit::Mode;

const BOOKS: usize = 1_000;
const STEPS: usize = 10;

/// A runbook of about four kilobytes: nine questions with evidence, one containment. Every text and number is its own.
fn runbook(n: usize) -> String {
    let mut text = format!(
        "schema = 1\nid = \"team-{n:04}\"\ntitle = \"Symptom {n} of team {}\"\nhypothesis = \"Case {n}: the store of team \
         {} answers late, most often after a rebuild of its index in the night before.\"\nversion = {}\nowner = \"team {}\"\n\
         severity = {{ level = \"P3\", why = \"slow, but right\" }}\nbeats = [\"latency\"]\ncontain = [\"serve_cache\", \
         \"throttle\"]\nstart = \"q0\"\ntags = [\"team: {}\", \"layer: data\"]\n",
        n % 50,
        n % 50,
        1 + n % 9,
        n % 50,
        n % 50
    );
    for at in 0..3 {
        let _ = write!(
            text,
            "\n[[evidence]]\nwhen = 'ratio(vector_latency) > {}.{n}{at}'\nweight = {}\nsay = \"the store is slow, case {n}.{at}\"\n",
            3 + at,
            1 + at
        );
    }
    for at in 0..STEPS - 1 {
        let next = if at + 2 == STEPS { "contain".to_owned() } else { format!("q{}", at + 1) };
        let _ = write!(
            text,
            "\n[step.q{at}]\nask = \"Question {at} of case {n}: does the store answer late?\"\nknow = \"Look at shard {at} \
             first; its owner is team {}.\"\nevidence = {{ all = ['ratio(vector_latency) > {}.{n}'], none = \
             ['retrieval_empty_share > 0.{n:04}{at}'] }}\nyes = \"contain\"\nno = \"{next}\"\ndont-know = \"contain\"\nlook = \
             [{{ title = \"Shard {at}\", query = 'sum(rate(store_seconds_sum{{case=\"{n}\",shard=\"{at}\"}}[5m]))' }}]\n",
            n % 50,
            1 + at
        );
    }
    text.push_str(
        "\n[step.contain]\ntitle = \"Serve cached answers\"\ncontain = [\"serve_cache\", \"throttle\"]\nthen = { end = \
         \"Contained. The team looks at the rebuild in the morning.\" }\n",
    );
    text
}

fn generate(home: &Path) -> std::path::PathBuf {
    std::fs::create_dir_all(home.join("books")).expect("a directory");
    for n in 0..BOOKS {
        std::fs::write(home.join(format!("books/team-{n:04}.toml")), runbook(n)).expect("written");
    }
    let config = home.join("bookshelf.toml");
    let text = "schema = 1\nrunbooks = [\"books\"]\n[service]\nname = \"bot\"\nenvironment = \"test\"\n";
    std::fs::write(&config, text).expect("written");
    config
}

#[test]
fn a_thousand_runbooks_with_ten_thousand_steps_are_generated_and_loaded_whole() {
    let temporary = tempfile::tempdir().expect("a directory");
    // Kept where somebody wants to measure with it.
    let kept = std::env::var_os("BREAKGLASS_BOOKSHELF");
    let home = kept.as_deref().map_or(temporary.path(), Path::new);
    let file = generate(home);
    let config = config::load_before_runbooks(&file).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(config.catalogue.runbooks.is_empty(), "the first frame waits for no runbook");
    assert_eq!(config.bookcases.count(), BOOKS + 21);
    let loaded = config.bookcases.load();
    assert!(loaded.broken.is_empty(), "{:?}", loaded.broken.first());
    assert_eq!(loaded.runbooks.len(), BOOKS + 21);
    let steps: usize = loaded.runbooks.values().filter(|book| !book.origin.shipped).map(|book| book.steps.len()).sum();
    assert_eq!(steps, BOOKS * STEPS);
    // A second look finds nothing new, without reading a file.
    assert_eq!(config.bookcases.stamp(), config.bookcases.stamp());
}

/// Time on the processor of this thread: other work on the machine does not count.
fn busy() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[test]
fn a_key_typed_into_the_palette_finds_a_runbook_among_a_thousand_in_five_milliseconds() {
    let home = tempfile::tempdir().expect("a directory");
    let config = config::load_before_runbooks(&generate(home.path())).unwrap_or_else(|problems| panic!("{problems}"));
    let loaded = config.bookcases.load();
    let catalogue = Catalogue { runbooks: loaded.runbooks, ..config.catalogue };
    let options = Options {
        who: "ana".into(),
        me: Person::new("ana", "here", None),
        mode: Mode::ReadOnly,
        keymap: Keymap::build(&[], &Remaps::new()).expect("no clash"),
        size: (160, 48),
        now: jiff::Timestamp::UNIX_EPOCH,
        configured: true,
        liftable: false,
    };
    let model = Model::new(Arc::new(catalogue), options);
    let typed = "runbook symptom 777 of team 27";
    let mut slowest = Duration::ZERO;
    for end in "runbook ".len()..=typed.len() {
        let started = busy();
        let rows = palette::rows(&model, &typed[..end]);
        slowest = slowest.max(busy().saturating_sub(started));
        assert!(!rows.is_empty(), "{}", &typed[..end]);
    }
    assert_eq!(palette::rows(&model, typed)[0].title, "runbook Symptom 777 of team 27");
    println!("the slowest key took {slowest:?} among {} runbooks", model.catalogue.runbooks.len());
    // Without optimisation it takes about twenty times as long.
    let most = Duration::from_millis(if cfg!(debug_assertions) { 100 } else { 5 });
    assert!(slowest <= most, "{slowest:?}");
}
