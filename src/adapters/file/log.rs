//! A change log: one JSON object a line, appended by whatever deploys. Tells what it can read, and never hides what it
//! cannot: a line that is no change might be the change.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::cause::Fault;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::endpoint::FeedSpec;
use crate::domain::text;

use super::{file_fault, store};
use crate::adapters::Told;

/// How much of the end of a log is read.
const TAIL: u64 = 4 << 20;
/// The most changes of one answer.
const MOST: usize = 300;

/// One line. Unknown fields are the writer's own business.
#[derive(Debug, Deserialize)]
struct Line {
    at: Timestamp,
    what: String,
    kind: Option<ChangeKind>,
    who: Option<String>,
    before: Option<String>,
    after: Option<String>,
    reviewed: Option<bool>,
}

/// The changes since then, newest first, and the lines that are none.
pub(super) fn changes(path: &Path, feed: &FeedSpec, since: Timestamp) -> Told {
    let log = match tail(path) {
        Ok(log) => log,
        Err(fault) => return Told { changes: None, fault: Some(fault) },
    };
    let (mut changes, mut bad) = (Vec::new(), Vec::new());
    for line in complete_lines(&log) {
        match serde_json::from_slice::<Line>(line) {
            Ok(line) if line.at >= since => changes.push(change(&line, feed)),
            Ok(_) => {}
            Err(error) => bad.push((line, error)),
        }
    }
    let fault = bad.first().map(|(line, error)| {
        let count = if bad.len() == 1 { "1 line is".to_owned() } else { format!("{} lines are", bad.len()) };
        let shown = text::clip(&text::clean(&String::from_utf8_lossy(line)), 60);
        file_fault(path, format!("{count} no change ({error}): {shown}"))
    });
    changes.sort_by_key(|change| std::cmp::Reverse(change.at));
    changes.truncate(MOST);
    Told { changes: Some(changes), fault }
}

fn change(line: &Line, feed: &FeedSpec) -> Change {
    Change {
        at: line.at,
        kind: line.kind.or(feed.kind).unwrap_or(ChangeKind::Config),
        what: text::clean(&line.what),
        who: line.who.as_deref().map(text::clean),
        source: feed.id.to_string(),
        before: line.before.as_deref().map(text::clean_lines),
        after: line.after.as_deref().map(text::clean_lines),
        reviewed: line.reviewed,
        ours: false,
    }
}

/// Lines that have been written to their end: the last one may still be growing.
pub(super) fn complete_lines(log: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = log.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
    log.get(..end)
        .unwrap_or_default()
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
}

/// The end of the file, from the start of a line.
pub(super) fn tail(path: &Path) -> Result<Vec<u8>, Fault> {
    let io = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Fault::NotFound { what: path.display().to_string() },
        _ => file_fault(path, error.to_string()),
    };
    let mut file = store::open_at_once(path, false).map_err(io)?;
    let found = file.metadata().map_err(io)?;
    if !found.is_file() {
        return Err(file_fault(path, "is not a regular file"));
    }
    let length = found.len();
    let mut bytes = Vec::new();
    if length > TAIL {
        file.seek(SeekFrom::Start(length - TAIL)).map_err(io)?;
    }
    file.take(TAIL).read_to_end(&mut bytes).map_err(io)?;
    let cut =
        if length > TAIL { bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1) } else { 0 };
    Ok(bytes.split_off(cut))
}
