//! What one start keeps for the next: the same runbooks as without it, and never anything else.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use jiff::{SignedDuration, Timestamp};

use super::corpus::damaged;
use super::fixture;
use crate::clock;
use crate::config::{Bookcases, Keep, Loaded, load_before_runbooks};
use crate::domain::ids::SymptomId;

/// A config with a directory of runbooks, and a cache directory beside it.
struct Team {
    home: tempfile::TempDir,
}

fn text(id: &str) -> String {
    fixture("runbooks/valid/slow-search.toml").replace("slow-search", id)
}

/// When everything that was written until now is settled.
fn later() -> Timestamp {
    clock::now() + SignedDuration::from_mins(1)
}

impl Team {
    /// Sound and broken files, an extension, twins, a circle, and files that somebody damaged.
    fn new() -> Self {
        let team = Self { home: tempfile::tempdir().expect("directory") };
        fs::create_dir(team.path("books")).expect("directory");
        fs::create_dir(team.path("more")).expect("directory");
        team.declare("");
        for (name, text) in [
            ("a.toml", text("case-a")),
            ("b.toml", text("case-b").replace("version = 3", "version = 4")),
            ("twin.toml", text("case-a")),
            ("one.toml", text("one").replace("[\"latency\"]", "[\"two\"]")),
            ("two.toml", text("two").replace("[\"latency\"]", "[\"one\"]")),
            ("tree.toml", fixture("runbooks/invalid/tree.toml")),
        ] {
            team.put(&format!("books/{name}"), &text);
        }
        team.put("more/leak.toml", "schema = 1\nextends = \"leak\"\nversion = 9\nowner = \"us\"\ntags = [\"ours\"]\n");
        let whole = text("case-m");
        for seed in 0..40 {
            let damaged = damaged(&whole, &mut fastrand::Rng::with_seed(seed));
            team.put(&format!("more/m{seed}.toml"), &damaged);
        }
        team
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    /// The config, with more of its own.
    fn declare(&self, more: &str) {
        let head = "schema = 1\nrunbooks = [\"books\", \"more\"]\n[service]\nname = \"bot\"\nenvironment = \"test\"\n";
        self.put("bot.toml", &format!("{head}{more}"));
    }

    fn cases(&self) -> Bookcases {
        let config = load_before_runbooks(&self.path("bot.toml")).unwrap_or_else(|problems| panic!("{problems}"));
        let mut cases = config.bookcases;
        cases.keep_in(&self.path("cache"), &self.path("bot.toml"));
        cases
    }

    /// A start: what it has, and whether it had to read the files.
    fn start(&self) -> (Loaded, bool) {
        let cases = self.cases();
        let (loaded, keep) = cases.open(&cases.stamp(), later());
        if let Some(keep) = &keep {
            keep.write(&loaded).expect("kept");
        }
        (loaded, keep.is_some())
    }

    /// The file that is kept.
    fn kept(&self) -> PathBuf {
        let mut files: Vec<_> = fs::read_dir(self.path("cache/runbooks")).expect("a directory").collect();
        assert_eq!(files.len(), 1, "one file for each config, and nothing beside it: {files:?}");
        files.remove(0).expect("an entry").path()
    }

    /// Does something to files, again and again until it shows: a quick machine does much within one tick of its clock.
    fn change(&self, change: impl Fn(&Self)) {
        let before = self.cases().stamp();
        change(self);
        while self.cases().stamp() == before {
            change(self);
        }
    }
}

/// Everything of a load, also what the equality of comparisons leaves out.
fn whole(loaded: &Loaded) -> Vec<u8> {
    let home = tempfile::tempdir().expect("directory");
    let keep = Keep { file: home.path().join("whole"), made_from: [0; 32] };
    keep.write(loaded).expect("written");
    fs::read(&keep.file).expect("read")
}

fn same(left: &Loaded, right: &Loaded) -> bool {
    left == right && whole(left) == whole(right)
}

#[test]
fn what_is_kept_is_what_a_full_load_finds_broken_files_included() {
    let team = Team::new();
    let (first, read) = team.start();
    assert!(read, "there was nothing to take");
    assert!(first.runbooks.contains_key("case-b") && first.runbooks.contains_key("errors"));
    assert_eq!(first.runbooks["leak"].version, 9, "the extension");
    assert!(first.broken.len() > 20, "{}", first.broken.len());
    let (second, read) = team.start();
    assert!(!read, "nothing has changed");
    assert!(same(&second, &first) && same(&second, &team.cases().load()));
    assert_eq!(fs::metadata(team.kept()).expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(team.path("cache")).expect("a directory").permissions().mode() & 0o777, 0o700);
}

type Change = (&'static str, fn(&Team));

const CHANGES: [Change; 12] = [
    ("an edit of the same length", |team| {
        team.put("books/a.toml", &text("case-a").replace("version = 3", "version = 5"));
    }),
    ("an edit with the time set back", |team| {
        team.put("books/b.toml", &text("case-b").replace("version = 3", "version = 6"));
        let file = fs::File::options().write(true).open(team.path("books/b.toml")).expect("opened");
        file.set_modified(UNIX_EPOCH + Duration::from_hours(400_000)).expect("set");
    }),
    ("the same again, which only the time of the change shows", |team| {
        team.put("books/b.toml", &text("case-b").replace("version = 3", "version = 7"));
        let file = fs::File::options().write(true).open(team.path("books/b.toml")).expect("opened");
        file.set_modified(UNIX_EPOCH + Duration::from_hours(400_000)).expect("set");
    }),
    ("a new file in the place of another", |team| {
        team.put("books/.new", &text("case-a").replace("version = 3", "version = 8"));
        fs::rename(team.path("books/.new"), team.path("books/a.toml")).expect("renamed");
    }),
    ("a new file", |team| team.put("books/c.toml", &text("case-c"))),
    ("another new file, broken", |team| team.put("more/d.toml", "not a runbook")),
    ("a broken file mended", |team| team.put("more/d.toml", &text("case-d"))),
    ("a file removed", |team| drop(fs::remove_file(team.path("books/twin.toml")))),
    ("a file moved to another directory", |team| drop(fs::rename(team.path("books/c.toml"), team.path("more/c.toml")))),
    ("two files that change places", |team| {
        fs::rename(team.path("books/a.toml"), team.path("books/.a")).expect("renamed");
        fs::rename(team.path("books/b.toml"), team.path("books/a.toml")).expect("renamed");
        fs::rename(team.path("books/.a"), team.path("books/b.toml")).expect("renamed");
    }),
    ("a link to a file elsewhere", |team| {
        team.put("elsewhere", &text("case-e"));
        drop(symlink("../elsewhere", team.path("books/e.toml")));
    }),
    ("the file behind the link", |team| team.put("elsewhere", &text("case-f"))),
];

#[test]
fn whatever_changes_is_read() {
    let team = Team::new();
    team.start();
    let mut before = team.start().0;
    for (what, change) in CHANGES {
        team.change(change);
        let (now, read) = team.start();
        assert!(read, "{what}");
        assert!(same(&now, &team.cases().load()), "{what}");
        assert!(!same(&now, &before), "{what}: the test changes nothing");
        let (again, read) = team.start();
        assert!(!read && same(&again, &now), "{what}: kept anew");
        before = now;
    }
}

#[test]
fn the_names_of_the_config_and_its_directories_count_too() {
    let team = Team::new();
    team.put("books/own.toml", &text("own").replace("vector_latency", "our_own_number"));
    let id: SymptomId = "own".parse().expect("an id");
    assert!(!team.start().0.runbooks.contains_key(&id), "no signal has that name");
    assert!(!team.start().1);
    team.declare(
        "[endpoint.prom]\nvendor = \"prometheus\"\nurl = \"http://127.0.0.1:9\"\n[signal.our_own_number]\nfrom = \"prom\"\n\
         query = \"x\"\nlayer = \"business\"\nunit = \"count\"\nbetter = \"lower\"\n",
    );
    let (now, read) = team.start();
    assert!(read && now.runbooks.contains_key(&id), "{:?}", now.broken.iter().find(|b| b.path.ends_with("own.toml")));
    assert!(!team.start().1);
    let config = fs::read_to_string(team.path("bot.toml")).expect("read");
    team.put("bot.toml", &config.replace("[\"books\", \"more\"]", "[\"more\", \"books\"]"));
    let (now, read) = team.start();
    assert!(read && same(&now, &team.cases().load()), "the order of directories decides who replaces whom");
}

#[test]
fn a_file_that_may_still_change_without_a_trace_is_not_relied_on() {
    let team = Team::new();
    let cases = team.cases();
    let stamp = cases.stamp();
    assert!(cases.open(&stamp, clock::now()).1.is_none(), "files of this moment");
    assert!(cases.open(&stamp, later()).1.is_some(), "the same files, a minute old");
    let file = fs::File::options().write(true).open(team.path("books/a.toml")).expect("opened");
    file.set_modified(UNIX_EPOCH + Duration::from_hours(24 * 365 * 100)).expect("set");
    assert!(cases.open(&cases.stamp(), later()).1.is_none(), "a file from the future");
}

#[test]
fn what_could_not_be_read_is_not_kept() {
    let team = Team::new();
    symlink("gone", team.path("books/dangling.toml")).expect("link");
    assert!(!team.start().1, "a file that leads nowhere");
    fs::remove_file(team.path("books/dangling.toml")).expect("removed");
    fs::create_dir(team.path("books/dir.toml")).expect("directory");
    assert!(!team.start().1, "a directory in the place of a file");
    fs::remove_dir(team.path("books/dir.toml")).expect("removed");
    fs::rename(team.path("more"), team.path("away")).expect("renamed");
    assert!(!team.start().1, "a directory that is gone");
    fs::rename(team.path("away"), team.path("more")).expect("renamed");
    assert!(team.start().1 && !team.start().1);
}

/// Puts something else, whole and made from the same things, in the place of what is kept: true if a start would take it.
fn takes_what_is_planted(team: &Team, plant: impl FnOnce(&Path)) -> bool {
    let cases = team.cases();
    let full = cases.load();
    let _ = fs::remove_dir_all(team.path("cache"));
    let (_, keep) = cases.open(&cases.stamp(), later());
    let planted = Loaded { broken: Vec::new(), ..full.clone() };
    keep.expect("something to keep").write(&planted).expect("planted");
    plant(&team.kept());
    let (found, _) = team.start();
    assert!(same(&found, &full) || same(&found, &planted));
    same(&found, &planted)
}

#[test]
fn a_file_that_others_may_have_written_is_ignored() {
    let team = Team::new();
    let mode =
        |mode: u32| move |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("chmod");
    assert!(takes_what_is_planted(&team, mode(0o600)), "this test can fail");
    for others in [0o620, 0o602, 0o666] {
        assert!(!takes_what_is_planted(&team, mode(others)), "{others:o}");
    }
    assert!(!takes_what_is_planted(&team, |path| {
        let elsewhere = team.path("planted");
        fs::rename(path, &elsewhere).expect("renamed");
        symlink(&elsewhere, path).expect("link");
    }));
    if rustix::process::geteuid().is_root() {
        let nobody = |path: &Path| std::os::unix::fs::chown(path, Some(65_534), None).expect("chown");
        assert!(!takes_what_is_planted(&team, nobody), "a file of somebody else");
    }
}

#[test]
fn what_stands_in_the_place_of_the_file_hurts_nobody() {
    let team = Team::new();
    let full = team.start().0;
    let kept = team.kept();
    fs::remove_file(&kept).expect("removed");
    rustix::fs::mknodat(rustix::fs::CWD, &kept, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).expect("a pipe");
    assert!(same(&team.start().0, &full), "a pipe without a writer");
    assert!(!team.start().1, "what is kept takes its place");
    fs::remove_file(&kept).expect("removed");
    fs::create_dir(&kept).expect("directory");
    let cases = team.cases();
    let (loaded, keep) = cases.open(&cases.stamp(), later());
    assert!(same(&loaded, &full));
    assert!(keep.expect("something to keep").write(&loaded).is_err());
    fs::remove_dir(&kept).expect("nothing is left beside it");
    fs::remove_dir(team.path("cache/runbooks")).expect("nothing is left beside it");
    // A home that cannot be written, for the superuser too: there is a file in the place of the directory.
    fs::remove_dir(team.path("cache")).expect("removed");
    team.put("cache", "");
    let (loaded, keep) = cases.open(&cases.stamp(), later());
    assert!(same(&loaded, &full));
    assert!(keep.expect("something to keep").write(&loaded).is_err());
}

/// Damages bytes: flips, cuts, doubles, inserts, and numbers that claim a length without end.
fn hurt(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    for _ in 0..random.usize(1..4) {
        let at = random.usize(..bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        let stretch = (at + random.usize(1..64)).min(bytes.len());
        match random.u8(..6) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..stretch)),
            2 => {
                let copy = bytes[at..stretch].to_vec();
                drop(bytes.splice(at..at, copy));
            }
            3 => drop(bytes.splice(at..at, [0xff; 9].into_iter().chain([1]))),
            4 if !bytes.is_empty() => bytes[at] ^= 1 << random.u8(..8),
            _ if !bytes.is_empty() => bytes[at] = random.u8(..),
            _ => {}
        }
    }
}

#[test]
fn a_damaged_file_is_ignored_and_a_forged_one_breaks_nothing() {
    let team = Team { home: tempfile::tempdir().expect("directory") };
    fs::create_dir(team.path("books")).expect("directory");
    fs::create_dir(team.path("more")).expect("directory");
    team.declare("");
    team.put("books/a.toml", &text("case-a"));
    team.put("books/broken.toml", "not a runbook");
    let full = team.start().0;
    let (kept, sound) = (team.kept(), fs::read(team.kept()).expect("read"));
    let cases = team.cases();
    let stamp = cases.stamp();
    let keep = {
        fs::remove_file(&kept).expect("removed");
        cases.open(&stamp, later()).1.expect("something to keep")
    };
    for seed in 0..400 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = sound.clone();
        hurt(&mut bytes, &mut random);
        fs::write(&kept, &bytes).expect("written");
        match keep.read() {
            None => assert_ne!(bytes, sound, "seed {seed}"),
            Some(found) => assert!(bytes == sound && found == full, "seed {seed}"),
        }
        // With the digest mended, as only somebody with our rights could: anything may come out, and nothing breaks.
        let mut rest = sound[32..].to_vec();
        hurt(&mut rest, &mut random);
        let forged: Vec<u8> = keep.digest(&rest).into_iter().chain(rest).collect();
        fs::write(&kept, &forged).expect("written");
        let _ = keep.read();
    }
    for length in [0, 1, 31, 32, 33, sound.len() - 1] {
        fs::write(&kept, &sound[..length]).expect("written");
        assert!(keep.read().is_none(), "{length} bytes");
    }
    fs::write(&kept, &sound).expect("written");
    assert_eq!(keep.read(), Some(full), "the file itself was sound");
    let other = Keep { made_from: [7; 32], ..keep };
    assert!(other.read().is_none(), "made from something else");
}
