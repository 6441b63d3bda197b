//! A change log: one JSON object a line, appended by whatever deploys. May not skip what it cannot read: a line that is no
//! change might be the change.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::cause::Fault;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::endpoint::FeedSpec;
use crate::domain::text;

use super::file_fault;

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

/// The changes since then, newest first.
///
/// # Errors
/// [`Fault::NotFound`], or [`Fault::File`] with the line that cannot be read.
pub(super) fn changes(path: &Path, feed: &FeedSpec, since: Timestamp) -> Result<Vec<Change>, Fault> {
    let log = tail(path)?;
    let mut changes = Vec::new();
    for line in complete_lines(&log) {
        let line: Line = serde_json::from_str(line).map_err(|error| {
            file_fault(path, format!("a line is no change ({error}): {}", text::clip(&text::clean(line), 60)))
        })?;
        if line.at >= since {
            changes.push(change(&line, feed));
        }
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.at));
    changes.truncate(MOST);
    Ok(changes)
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
fn complete_lines(log: &str) -> impl Iterator<Item = &str> {
    let end = log.rfind('\n').map_or(0, |at| at + 1);
    log.get(..end).unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty())
}

/// The end of the file, from the start of a line.
fn tail(path: &Path) -> Result<String, Fault> {
    let io = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Fault::NotFound { what: path.display().to_string() },
        _ => file_fault(path, error.to_string()),
    };
    let mut file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut bytes = Vec::new();
    if length > TAIL {
        file.seek(SeekFrom::Start(length - TAIL)).map_err(io)?;
    }
    file.take(TAIL).read_to_end(&mut bytes).map_err(io)?;
    let cut =
        if length > TAIL { bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1) } else { 0 };
    String::from_utf8(bytes.split_off(cut)).map_err(|_| file_fault(path, "is not UTF-8 text"))
}
