//! The spool: where entries go while the database is away. JSON Lines, one chained segment per file, each line flushed to the
//! disk before it counts. A handle that failed once is never used again. Blocking; may not know the database.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::chain::{self, GENESIS, Hash};
use super::files;
use super::head::Draft;
use super::options::Home;

/// One line of a segment: the head as text, so that its bytes are exactly those that were hashed.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    prev: String,
    hash: String,
    head: String,
}

/// Where segments of one journal may lie. They carry the journal's name, because some places are shared.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// `NAME-HASH` of the journal.
    key: String,
    /// In order of preference.
    dirs: Vec<PathBuf>,
}

impl Places {
    /// Places for the journal that lives there: the given directories, best first.
    pub(super) fn new(home: &Home, dirs: Vec<PathBuf>) -> Self {
        Self { key: home.key(), dirs }
    }

    /// Segments that are not imported yet, oldest session first, without those of the given session.
    pub(super) fn segments_but_of(&self, session: &str) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = self
            .dirs
            .iter()
            .filter(|dir| files::is_ours(dir))
            .filter_map(|dir| std::fs::read_dir(dir).ok())
            .flatten()
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                name.starts_with(&format!("{}.", self.key))
                    && !name.contains(session)
                    && path.extension().is_some_and(|extension| extension == "jsonl")
            })
            .collect();
        found.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
        found
    }

    /// Gives a place up, for instance because it hangs.
    pub(super) fn give_up(&mut self, dir: &Path) {
        self.dirs.retain(|known| known != dir);
    }
}

/// What a segment holds.
#[derive(Debug)]
pub(super) struct Segment {
    /// Its entries, as far as the chain holds.
    pub(super) drafts: Vec<Draft>,
    /// What is wrong after them. A torn last line is not wrong: it never counted.
    pub(super) damage: Option<String>,
}

/// Reads a segment up to its first fault.
pub(super) fn read(file: &Path) -> io::Result<Segment> {
    let mut bytes = Vec::new();
    File::open(file)?.read_to_end(&mut bytes)?;
    let mut segment = Segment { drafts: Vec::new(), damage: None };
    let mut last = GENESIS;
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        let torn = !line.ends_with(b"\n") && lines.peek().is_none();
        if torn {
            break;
        }
        match parse(line, &last) {
            Ok((hash, draft)) => {
                last = hash;
                segment.drafts.push(draft);
            }
            Err(why) => {
                segment.damage = Some(format!("{}:{}: {why}", file.display(), at + 1));
                break;
            }
        }
    }
    Ok(segment)
}

fn parse(line: &[u8], last: &Hash) -> Result<(Hash, Draft), &'static str> {
    let line: Line = serde_json::from_slice(line).map_err(|_| "the line is not readable")?;
    let hash = chain::unhex(&line.hash).ok_or("the hash is not readable")?;
    if chain::unhex(&line.prev).as_ref() != Some(last) {
        return Err("does not follow the line before it");
    }
    if chain::link(last, line.head.as_bytes()) != hash {
        return Err("its content is not what was written");
    }
    Draft::from_head(line.head.into_bytes()).map(|draft| (hash, draft)).ok_or("the head is not readable")
}

/// Marks a segment as done, or as damaged; its evidence stays.
pub(super) fn retire(file: &Path, suffix: &str) -> io::Result<()> {
    std::fs::rename(file, files::beside(file, suffix))
}

/// True if no living process writes this segment.
pub(super) fn is_abandoned(file: &Path) -> bool {
    File::open(file).is_ok_and(|opened| opened.try_lock().is_ok())
}

#[derive(Debug)]
struct Open {
    file: File,
    path: PathBuf,
    last: Hash,
}

/// This session's own segments.
#[derive(Debug)]
pub(super) struct Spool {
    places: Places,
    session: String,
    made: u32,
    open: Option<Open>,
    files: Vec<PathBuf>,
}

impl Spool {
    /// Nothing is created before the first append.
    pub(super) fn new(places: Places, session: String, made: u32) -> Self {
        Self { places, session, made, open: None, files: Vec::new() }
    }

    /// How many segments have been begun; a successor goes on from there.
    pub(super) const fn made(&self) -> u32 {
        self.made
    }

    /// Every segment that was begun, for retirement after the import.
    pub(super) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Where the next append goes first.
    pub(super) fn place(&self) -> Option<&Path> {
        match &self.open {
            Some(open) => open.path.parent(),
            None => self.places.dirs.first().map(PathBuf::as_path),
        }
    }

    /// Appends durably, to the open segment or to a new one in the first place that takes it.
    ///
    /// # Errors
    /// What each place answered.
    pub(super) fn append(&mut self, draft: &Draft) -> Result<PathBuf, String> {
        let mut troubles = Vec::new();
        if let Some(open) = self.open.take() {
            match write(open, draft) {
                Ok(open) => return Ok(self.keep(open)),
                Err((path, error)) => troubles.push(format!("{}: {error}", path.display())),
            }
        }
        for dir in self.places.dirs.clone() {
            let begun = self.begin(&dir).map_err(|error| (dir.clone(), error));
            match begun.and_then(|open| write(open, draft)) {
                Ok(open) => return Ok(self.keep(open)),
                Err((path, error)) => troubles.push(format!("{}: {error}", path.display())),
            }
        }
        Err(troubles.join("; "))
    }

    fn keep(&mut self, open: Open) -> PathBuf {
        let path = open.path.clone();
        self.open = Some(open);
        path
    }

    fn begin(&mut self, dir: &Path) -> io::Result<Open> {
        files::create_private_dir(dir)?;
        if !files::is_ours(dir) {
            return Err(io::Error::other("others may write there; not used"));
        }
        let path = dir.join(format!("{}.{}.{}.jsonl", self.places.key, self.session, self.made));
        self.made += 1;
        let file = files::create_new_private(&path)?;
        // Tells other processes that somebody still writes here; without that they could import it under our hands.
        file.try_lock()?;
        self.files.push(path.clone());
        // The name must survive as well as the content.
        let _ = File::open(dir).and_then(|dir| dir.sync_all());
        Ok(Open { file, path, last: GENESIS })
    }
}

fn write(mut open: Open, draft: &Draft) -> Result<Open, (PathBuf, io::Error)> {
    let hash = chain::link(&open.last, &draft.head);
    let head = String::from_utf8_lossy(&draft.head).into_owned();
    let line = Line { prev: chain::hex(&open.last), hash: chain::hex(&hash), head };
    let written = serde_json::to_vec(&line).map_err(io::Error::other).and_then(|mut bytes| {
        bytes.push(b'\n');
        open.file.write_all(&bytes)?;
        open.file.sync_data()
    });
    match written {
        Ok(()) => Ok(Open { last: hash, ..open }),
        Err(error) => Err((open.path, error)),
    }
}
