//! Ten thousand runbook files that nobody should ever write: none panics, none holds anything up, each error has a place
//! and a hint, and no tree that is taken runs in a circle. Fixed seeds: a failure names its own.

#![allow(clippy::print_stdout, reason = "it says what was slowest")]
#![expect(clippy::format_collect, reason = "files are generated line by line; nobody waits for it")]

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::sync::LazyLock;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::time::{ClockId, clock_gettime};

use super::super::runbooks::{RunbookFile, collect};
use super::super::{Bookcases, Problem, load_before_runbooks, readings};
use super::fixture;
use crate::domain::evidence::Names;
use crate::domain::runbook::{Next, Runbook};

static NAMES: LazyLock<Names> = LazyLock::new(readings::vocabulary_names);

/// Time on the processor that one file may take: 100 ms, and in a build without optimisation as much longer as that is
/// slower. Other work on the machine does not count. `BREAKGLASS_OPTIMISED=1` says that the build is optimised although
/// it has debug assertions (`--profile simulation`).
static LONGEST: LazyLock<Duration> = LazyLock::new(|| {
    let optimised = !cfg!(debug_assertions) || std::env::var_os("BREAKGLASS_OPTIMISED").is_some();
    Duration::from_millis(if optimised { 100 } else { 1_500 })
});

/// What took longest, for `docs/testing.md`.
#[derive(Default)]
struct Slowest(Duration, String);

impl Slowest {
    fn add(&mut self, took: Duration, what: impl FnOnce() -> String) {
        if took > self.0 {
            *self = Self(took, what());
        }
    }

    fn tell(&self, files: &str) {
        println!("the slowest of {files} took {:?}: {}", self.0, self.1);
    }
}

const EXTENSION: &str = "schema = 1\nextends = \"base\"\nstart = \"first\"\nversion = 1\nowner = \"o\"\ncontain = [\"throttle\"]\n\
    [step.first]\ntitle = \"t\"\ncontain = [\"serve_cache\"]\nthen = \"more\"\n[step.more]\nask = \"?\"\nyes = \"last\"\n\
    no = { end = \"over\" }\ndont-know = \"last\"\n[step.last]\ntitle = \"t\"\ncontain = [\"throttle\"]\nthen = { end = \"over\" }\n";

fn busy() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Reads one file beside a sound one with the id `base`, and holds it to what every file is held to.
fn judge(seed: u64, what: &str, text: String, slowest: &mut Slowest) {
    let base = format!("{}{EVIDENCE}[step.s0]\n{CONTAIN}", head("base"));
    let files = [
        RunbookFile { name: "base.toml".into(), text: base, layer: 0 },
        RunbookFile { name: "hostile.toml".into(), text, layer: 1 },
    ];
    let names = &*NAMES;
    let started = busy();
    let shelf = collect(&files, names, true);
    let took = busy().saturating_sub(started);
    assert!(took < *LONGEST, "seed {seed}, {what}: {took:?}");
    slowest.add(took, || format!("seed {seed}, {what}"));
    assert!(shelf.runbooks.contains_key("base"), "seed {seed}, {what}: the sound file is lost");
    assert_eq!(shelf.broken.is_empty(), shelf.problems.is_empty(), "seed {seed}, {what}");
    for problem in &shelf.problems {
        precise(seed, what, problem);
    }
    for book in shelf.runbooks.values() {
        assert!(!has_circle(book), "seed {seed}, {what}: a circle is accepted");
    }
}

fn precise(seed: u64, what: &str, problem: &Problem) {
    let said = problem.to_string();
    assert!(!problem.message.is_empty() && !problem.hint.is_empty(), "seed {seed}, {what}: {said}");
    assert!(said.len() < 8_000, "seed {seed}, {what}: {} bytes", said.len());
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "seed {seed}, {what}: {said:?}");
    let counted = problem.message.starts_with("and ") || problem.message.starts_with("beats runs");
    assert!(counted || (problem.line > 0 && problem.column > 0), "seed {seed}, {what}: {said}");
}

fn has_circle(book: &Runbook) -> bool {
    // Peels off steps that lead to none that is left; a circle cannot be peeled.
    let mut left: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for step in &book.steps {
        let to = super::super::runbooks::onward(&step.body).into_iter().filter_map(|next| match next {
            Next::Step(to) => Some(to.as_str()),
            Next::Runbook(_) | Next::End(_) => None,
        });
        left.insert(step.id.as_str(), to.collect());
    }
    loop {
        let before = left.len();
        let names: Vec<&str> = left.keys().copied().collect();
        left.retain(|_, to| to.iter().any(|to| names.binary_search(to).is_ok()));
        if left.len() == before {
            return before > 0;
        }
    }
}

#[test]
fn nine_thousand_damaged_files_are_answered_with_places_and_hints() {
    let whole = fixture("runbooks/valid/slow-search.toml").replace("\"latency\"", "\"base\"");
    let mut slowest = Slowest::default();
    for seed in 0..9_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let text = if seed % 3 == 0 { EXTENSION } else { whole.as_str() };
        judge(seed, "damaged", super::corpus::damaged(text, &mut random), &mut slowest);
    }
    slowest.tell("9,000 damaged files");
}

/// A sound head, so that what is hostile is reached.
fn head(id: &str) -> String {
    format!(
        "schema = 1\nid = \"{id}\"\ntitle = \"t\"\nhypothesis = \"h\"\nversion = 1\nowner = \"o\"\n\
         severity = {{ level = \"P3\", why = \"w\" }}\ncontain = [\"throttle\"]\nstart = \"s0\"\n"
    )
}

const EVIDENCE: &str = "[[evidence]]\nwhen = 'latency_p99 > 2'\nweight = 1\nsay = \"s\"\n";
const CONTAIN: &str = "title = \"t\"\ncontain = [\"throttle\"]\nthen = { end = \"over\" }\n";

/// One of the shapes that a parser, a check or a hint could choke on, of some size.
fn shaped(random: &mut fastrand::Rng) -> (&'static str, String) {
    let many = random.usize(1..400);
    let word = |n: usize| "a".repeat(n);
    let nested = |open: &str, close: &str, n: usize| format!("{}{}", open.repeat(n), close.repeat(n));
    let step = |at: usize, body: &str| format!("[step.s{at}]\n{body}");
    let ask =
        |yes: String, no: String| format!("ask = \"?\"\nyes = {yes}\nno = {no}\ndont-know = {{ end = \"over\" }}\n");
    let steps =
        |n: usize, to: &dyn Fn(usize) -> String| (0..n).map(|at| step(at, &ask(to(at), to(at)))).collect::<String>();
    match random.u8(..20) {
        0 => ("nested lists", format!("{}x = {}\n", head("h"), nested("[", "]", many * 20))),
        1 => ("nested tables", format!("{}x = {}\n", head("h"), nested("{a=", "}", many * 20))),
        2 => ("a dotted key without end", format!("{}{}b = 1\n", head("h"), "a.".repeat(many * 50))),
        3 => ("an open string", format!("{}x = \"{}", head("h"), word(many * 500))),
        4 => ("one long key", format!("{}{} = 1\n", head("h"), word(many * 500))),
        5 => (
            "unknown keys",
            format!("{}{}", head("h"), (0..many * 10).map(|n| format!("k{n} = 1\n")).collect::<String>()),
        ),
        6 => ("one key again and again", format!("{}{}", head("h"), "again = 1\n".repeat(many * 5))),
        7 => (
            "unknown keys on one line",
            format!("{}x = {{ {} }}\n", head("h"), (0..many * 5).map(|n| format!("k{n} = 1, ")).collect::<String>()),
        ),
        8 => {
            let circle = |at: usize| format!("\"s{}\"", (at + 1) % many);
            ("a circle of steps", format!("{}{EVIDENCE}{}", head("h"), steps(many, &circle)))
        }
        9 => {
            let chain =
                |at: usize| if at + 1 == many { "{ end = \"over\" }".into() } else { format!("\"s{}\"", at + 1) };
            ("a long chain of steps", format!("{}{EVIDENCE}{}", head("h"), steps(many, &chain)))
        }
        10 => {
            let nowhere = |at: usize| format!("\"nowhere-{at}\"");
            ("steps that lead nowhere", format!("{}{EVIDENCE}{}", head("h"), steps(many, &nowhere)))
        }
        11 => {
            let bomb = format!("latency_p99 > {}1{}", "(".repeat(many * 5), ")".repeat(many * 5));
            ("deep parentheses", format!("{}[[evidence]]\nwhen = '{bomb}'\nweight = 1\nsay = \"s\"\n", head("h")))
        }
        12 => {
            let bomb = vec!["1"; many * 10].join(" + ");
            (
                "a long sum",
                format!("{}[[evidence]]\nwhen = 'latency_p99 > {bomb}'\nweight = 1\nsay = \"s\"\n", head("h")),
            )
        }
        13 => {
            let bombs =
                ["[1,2,3].all(x, [1,2,3].all(y, x > y))", "!!!!!!latency_p99", "a.b.c.d.e.f", "1 ? 2 : 3", "\\\"x\\\""];
            let when: String = bombs.iter().cycle().take(many).map(|bomb| format!("\"{bomb}\",")).collect();
            let body = format!(
                "ask = \"?\"\nevidence = {{ all = [{when}] }}\nyes = \"s1\"\nno = \"s1\"\ndont-know = \"s1\"\n"
            );
            ("comparisons that are none", format!("{}{EVIDENCE}{}{}", head("h"), step(0, &body), step(1, CONTAIN)))
        }
        14 => ("NULs and escapes", format!("{}x\0 = \"\0\u{1b}[31m\u{202e}\"\n\"\\u001b[2J\" = 1\n", head("h"))),
        15 => (
            "itself, beaten and handed over to",
            format!(
                "{}beats = [\"h\"]\n{EVIDENCE}{}",
                head("h"),
                step(0, &ask("{ runbook = \"h\" }".into(), "\"s0\"".into()))
            ),
        ),
        16 => (
            "tests without end",
            format!(
                "{}{EVIDENCE}{}{}",
                head("h"),
                step(0, CONTAIN),
                "[[test]]\nname = \"t\"\npath = [\"s9\", \"s8\"]\nfirst = \"x\"\nsignal.nothing = { value = 1 }\n"
                    .repeat(many)
            ),
        ),
        17 => (
            "numbers that are none",
            format!(
                "{}stop-after = \"999999999999999999999d\"\ndrilled = 9999-99-99\n{}",
                head("h"),
                EVIDENCE.replace("weight = 1", "weight = 1e999")
            ),
        ),
        18 => ("steps that extend an earlier tree in a circle", {
            let chain = |at: usize| format!("\"s{}\"", (at + 1) % many);
            format!(
                "schema = 1\nextends = \"base\"\nstart = \"s0\"\nversion = 1\nowner = \"o\"\n{}",
                steps(many, &chain)
            )
        }),
        _ => ("bytes", (0..many * 20).map(|_| random.char('\u{0}'..='\u{ffff}')).collect()),
    }
}

#[test]
fn a_thousand_files_of_hostile_shapes_are_answered_in_time() {
    let mut slowest = Slowest::default();
    for seed in 0..1_000 {
        let (what, text) = shaped(&mut fastrand::Rng::with_seed(seed));
        judge(seed, what, text, &mut slowest);
    }
    slowest.tell("1,000 hostile shapes");
}

#[test]
fn files_as_large_as_a_file_may_be_are_answered_in_time() {
    // Twenty times the time: they are hundreds of times larger than any runbook.
    let mut slowest = Slowest::default();
    let mut large = |what: &str, text: String| {
        let files = [RunbookFile { name: "hostile.toml".into(), text, layer: 1 }];
        let started = busy();
        let shelf = collect(&files, &readings::vocabulary_names(), true);
        let took = busy().saturating_sub(started);
        assert!(took < 20 * *LONGEST, "{what}: {took:?}");
        slowest.add(took, || what.to_owned());
        assert!(!shelf.problems.is_empty() && shelf.problems.len() <= 61, "{what}: {}", shelf.problems.len());
        for problem in &shelf.problems {
            precise(0, what, problem);
        }
    };
    let size = 1 << 20;
    let lines = |line: &dyn Fn(usize) -> String, n: usize| (0..n).map(line).collect::<String>();
    large("unknown keys", format!("{}{}", head("h"), lines(&|n| format!("k{n} = 1\n"), 90_000)));
    large("unknown keys on one line", format!("{}x = {{ {} }}", head("h"), lines(&|n| format!("k{n} = 1, "), 80_000)));
    large("one key again and again", format!("{}{}", head("h"), "a=1\n".repeat(size / 4)));
    large("a key as long as the file", format!("{}{} = 1\n", head("h"), "k".repeat(size)));
    large("edges to nowhere", {
        let step =
            |n: usize| format!("[step.s{n}]\nask = \"?\"\nyes = \"a{n}\"\nno = \"b{n}\"\ndont-know = \"c{n}\"\n");
        format!("{}{EVIDENCE}{}", head("h"), lines(&step, 15_000))
    });
    large("brackets", "[".repeat(size));
    large("text", "no toml at all ".repeat(size / 15));
    slowest.tell("seven files of 1 MiB");
}

#[test]
fn pipes_loops_devices_and_endless_files_are_listed_as_broken_and_hold_nothing_up() {
    let home = tempfile::tempdir().expect("directory");
    let books = home.path().join("books");
    std::fs::create_dir(&books).expect("directory");
    let put = |name: &str, bytes: &[u8]| std::fs::write(books.join(name), bytes).expect("written");
    put("good.toml", fixture("runbooks/valid/slow-search.toml").as_bytes());
    put("latin.toml", b"schema = 1\ntitle = \"caf\xe9\"\n");
    put("utf16.toml", &[0xff, 0xfe, b's', 0, b'c', 0]);
    put("nul.toml", b"schema = 1\n\0\0\0\n");
    put("empty.toml", b"");
    put("large.toml", "# nothing\n".repeat(1 << 20).as_bytes());
    put("line\nfeed.toml", b"x");
    put("\u{1b}[31mred.toml", b"x");
    put("ignored.txt", b"x");
    put(".hidden.toml", b"x");
    std::fs::create_dir(books.join("directory.toml")).expect("directory");
    mknodat(CWD, books.join("pipe.toml"), FileType::Fifo, Mode::RWXU, 0).expect("a pipe");
    symlink("loop.toml", books.join("loop.toml")).expect("link");
    symlink("gone.toml", books.join("dangling.toml")).expect("link");
    symlink("/dev/zero", books.join("zero.toml")).expect("link");
    symlink("..", books.join("up.toml")).expect("link");
    std::os::unix::net::UnixListener::bind(books.join("socket.toml")).expect("a socket");
    for n in 0..24 {
        put(&format!("mutant-{n}.toml"), shaped(&mut fastrand::Rng::with_seed(n)).1.as_bytes());
    }
    let config = home.path().join("bot.toml");
    let text = "schema = 1\nrunbooks = [\"books\", \"gone\"]\n[service]\nname = \"bot\"\nenvironment = \"test\"\n";
    std::fs::write(&config, text).expect("written");
    let cases: Bookcases = load_before_runbooks(&config).unwrap_or_else(|problems| panic!("{problems}")).bookcases;
    let started = busy();
    let loaded = cases.load();
    let took = busy().saturating_sub(started);
    assert!(took < 20 * *LONGEST, "{took:?}");
    assert_eq!(cases.stamp(), cases.stamp());
    assert!(loaded.runbooks.contains_key("slow-search") && loaded.runbooks.contains_key("leak"));
    let broken = |name: &str| loaded.broken.iter().find(|broken| broken.path.contains(name));
    for name in [
        "latin",
        "utf16",
        "nul",
        "empty",
        "large",
        "feed",
        "red",
        "directory",
        "pipe",
        "loop",
        "dangling",
        "zero",
        "up",
        "socket",
        "gone",
    ] {
        let broken = broken(name).unwrap_or_else(|| panic!("{name} is not listed"));
        let said = broken.problems.join("\n");
        assert!(!said.is_empty() && said.chars().all(|c| c == '\n' || !c.is_control()), "{name}: {said:?}");
    }
    assert!(broken("ignored").is_none() && broken(".hidden").is_none());
}
