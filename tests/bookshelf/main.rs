//! A thousand runbooks with ten thousand steps: loaded whole, found by name, and the first frame does not wait for them.
//! The set is generated, never checked in. The time is measured with a release build, see `docs/performance.md`:
//! `BREAKGLASS_BOOKSHELF=/tmp/bookshelf cargo test --test bookshelf generate` writes the set there and keeps it.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why and stops")]
#![allow(clippy::print_stdout, reason = "it says what it measured")]

mod shelf;

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

use shelf::{BOOKS, STEPS};

#[test]
fn a_thousand_runbooks_with_ten_thousand_steps_are_generated_and_loaded_whole() {
    let temporary = tempfile::tempdir().expect("a directory");
    // Kept where somebody wants to measure with it.
    let kept = std::env::var_os("BREAKGLASS_BOOKSHELF");
    let home = kept.as_deref().map_or(temporary.path(), Path::new);
    let file = shelf::generate(home).expect("written");
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
    let config = config::load_before_runbooks(&shelf::generate(home.path()).expect("written"))
        .unwrap_or_else(|problems| panic!("{problems}"));
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
    let config = config::load_before_runbooks(&shelf::generate(home.path()).expect("written"))
        .unwrap_or_else(|problems| panic!("{problems}"));
    let files = shelf::files(home.path()).expect("a directory");
    let json = shelf::nodes(&files).expect("runbooks");
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
        floors.push(timed(|| shelf::floor(&files, &json).expect("read")));
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
