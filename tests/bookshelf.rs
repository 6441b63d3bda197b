//! A thousand runbooks with ten thousand steps: loaded whole, found by name, and the first frame does not wait for them.
//! The set is generated, never checked in. The time is measured with a release build, see `docs/performance.md`:
//! `BREAKGLASS_BOOKSHELF=/tmp/bookshelf cargo test --test bookshelf generate` writes the set there and keeps it.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why and stops")]
#![allow(clippy::print_stdout, reason = "it says what it measured")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use breakglass::app::keymap::{Keymap, Remaps};
use breakglass::app::{Model, Options, palette};
use breakglass::clock;
use breakglass::config::{self, Bookcases, Keep};
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
    assert_eq!(Bookcases::count(&config.bookcases.stamp()), BOOKS + 21);
    let loaded = config.bookcases.load();
    assert!(loaded.broken.is_empty(), "{:?}", loaded.broken.first());
    assert_eq!(loaded.runbooks.len(), BOOKS + 21);
    let steps: usize = loaded.runbooks.values().filter(|book| !book.origin.shipped).map(|book| book.steps.len()).sum();
    assert_eq!(steps, BOOKS * STEPS);
    // A second look finds nothing new, without reading a file.
    let stamp = config.bookcases.stamp();
    assert_eq!(config.bookcases.stamp(), stamp);
    // What is kept for the next start is the very same.
    let (keeping, keep) = keeping(&config.bookcases, temporary.path(), &file);
    keep.write(&loaded).expect("kept");
    let (kept, keep) = keeping.open(&stamp, later());
    assert!(keep.is_none(), "it was taken");
    assert!(kept == loaded, "what was kept differs");
}

/// When everything that was just written has been there for a minute.
fn later() -> jiff::Timestamp {
    clock::now() + jiff::SignedDuration::from_mins(1)
}

/// The same bookcases, which keep what they load; and where.
fn keeping(cases: &Bookcases, home: &Path, config: &Path) -> (Bookcases, Keep) {
    let mut cases = cases.clone();
    cases.keep_in(&home.join("cache"), config);
    let (_, keep) = cases.open(&cases.stamp(), later());
    (cases, keep.expect("something to keep"))
}

fn time_of(which: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(which);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Time on the processor of this thread: other work on the machine does not count.
fn busy() -> Duration {
    time_of(rustix::time::ClockId::ThreadCPUTime)
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
    // Without optimisation it takes about twenty times as long. A build of the profile `simulation` says that it has it.
    let optimised = !cfg!(debug_assertions) || std::env::var_os("BREAKGLASS_OPTIMISED").is_some();
    let most = Duration::from_millis(if optimised { 5 } else { 100 });
    assert!(slowest <= most, "{slowest:?}");
}

/// A step as the floor keeps it: everything that the file says about it, as text.
#[derive(serde::Deserialize)]
struct Node {
    id: String,
    edges: Vec<String>,
    texts: Vec<String>,
}

/// The nodes of the generated runbooks as JSON, for the floor.
fn nodes(files: &[std::path::PathBuf]) -> String {
    let mut nodes = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).expect("read");
        let book: toml::Table = text.parse().expect("a runbook");
        let own = |table: &toml::Table| table.iter().map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>();
        for (name, step) in book["step"].as_table().expect("steps") {
            let step = step.as_table().expect("a step");
            let edges = ["yes", "no", "dont-know"].into_iter().filter_map(|edge| step.get(edge)?.as_str());
            let id = format!("{}.{name}", book["id"].as_str().expect("an id"));
            nodes.push(serde_json::json!({ "id": id, "edges": edges.collect::<Vec<_>>(), "texts": own(step) }));
        }
    }
    serde_json::to_string(&nodes).expect("JSON")
}

/// The floor of the reference: reads every file, parses as many nodes from one JSON text, indexes them and their edges.
fn floor(files: &[std::path::PathBuf], json: &str) -> (Vec<Node>, usize) {
    let read: usize = files.iter().map(|file| std::fs::read_to_string(file).expect("read").len()).sum();
    let nodes: Vec<Node> = serde_json::from_str(json).expect("JSON");
    let by_id: HashMap<&str, &Node> = nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut leading: HashMap<&str, Vec<&str>> = HashMap::new();
    for node in &nodes {
        for edge in &node.edges {
            leading.entry(edge).or_default().push(&node.id);
        }
    }
    let kept = read + by_id.values().map(|node| node.texts.len()).sum::<usize>() + leading.len();
    (nodes, kept)
}

/// Time on the processor of the whole process, all threads.
fn busy_all() -> Duration {
    time_of(rustix::time::ClockId::ProcessCPUTime)
}

/// Wall time and processor time of one go.
fn timed<T>(go: impl FnOnce() -> T) -> (Duration, Duration) {
    let (wall, cpu) = (time_of(rustix::time::ClockId::Monotonic), busy_all());
    let kept = go();
    let took = (time_of(rustix::time::ClockId::Monotonic).saturating_sub(wall), busy_all().saturating_sub(cpu));
    drop(kept);
    took
}

fn median(mut of: Vec<Duration>) -> Duration {
    of.sort();
    of[of.len() / 2]
}

/// Says what it measured, for `docs/performance.md`; where the build is optimised, what is kept keeps to its goal.
#[test]
fn loading_is_measured_beside_the_floor() {
    let home = tempfile::tempdir().expect("a directory");
    let config = config::load_before_runbooks(&generate(home.path())).unwrap_or_else(|problems| panic!("{problems}"));
    let mut files: Vec<_> = std::fs::read_dir(home.path().join("books")).expect("a directory").collect();
    let files: Vec<_> = files.drain(..).map(|entry| entry.expect("an entry").path()).collect();
    let json = nodes(&files);
    let asked = std::env::var_os("BREAKGLASS_ROUNDS").and_then(|rounds| rounds.to_str()?.parse().ok());
    let rounds = asked.unwrap_or(1);
    let cases = &config.bookcases;
    let (keeping, keep) = keeping(cases, home.path(), &home.path().join("bookshelf.toml"));
    let full = cases.load();
    let keep = || keep.write(&full).expect("kept");
    keep();
    let (mut floors, mut loads, mut parses) = (Vec::new(), Vec::new(), Vec::new());
    let (mut taken, mut keeps) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        floors.push(timed(|| floor(&files, &json)));
        loads.push(timed(|| cases.open(&cases.stamp(), later())));
        taken.push(timed(|| {
            let (loaded, keep) = keeping.open(&keeping.stamp(), later());
            assert!(keep.is_none(), "nothing was kept");
            loaded
        }));
        keeps.push(timed(keep));
        parses.push(timed(|| {
            let is_sound = |file: &std::path::PathBuf| {
                toml::de::DeTable::parse(&std::fs::read_to_string(file).expect("read")).is_ok()
            };
            files.iter().filter(|file| is_sound(file)).count()
        }));
    }
    let mut medians = Vec::new();
    for (name, of) in [
        ("floor", floors),
        ("a first start: read, parsed, checked", loads),
        ("a further start: what the first has kept", taken),
        ("keeping it, after the runbooks are there", keeps),
        ("reading and parsing TOML alone", parses),
    ] {
        let (wall, cpu): (Vec<_>, Vec<_>) = of.into_iter().unzip();
        medians.push((median(wall), median(cpu)));
        let (floor, this) = (medians[0], medians[medians.len() - 1]);
        let (times, of_cpu) =
            (this.0.as_secs_f64() / floor.0.as_secs_f64(), this.1.as_secs_f64() / floor.1.as_secs_f64());
        println!("{name}: wall {:?} ({times:.2} x), CPU {:?} ({of_cpu:.2} x), medians of {rounds}", this.0, this.1);
    }
    // Time on the processor, and a ratio to the floor in the same run: it holds on a busy machine too.
    if std::env::var_os("BREAKGLASS_OPTIMISED").is_some() {
        assert!(
            medians[2].1 <= 2 * medians[0].1,
            "a further start takes {:?}, the floor {:?}",
            medians[2].1,
            medians[0].1
        );
    }
}
