//! From a path to a checked TOML table: size, encoding, syntax, shape. May not know what a file means.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::ops::Range;
use std::path::Path;

use toml::de::DeTable;

use crate::domain::text;

use super::mask;
use super::problem::{Problem, Problems};
use super::shape::{self, Shape};
use super::source::{Sink, Source};

/// A file larger than this is none of ours.
const MOST_BYTES: u64 = 1 << 20;

/// The text of a file, within the size that files of this program have.
pub(super) fn read(path: &Path) -> Result<String, Problems> {
    let name = path.display().to_string();
    let problem = |message: String, hint: &str| Problems::one(Problem::whole_file(text::clean(&name), message, hint));
    let unread =
        |error: std::io::Error| problem(format!("cannot be read: {error}"), "check the path and its permissions");
    let file = open(path).map_err(unread)?;
    let found = file.metadata().map_err(unread)?;
    if found.is_dir() {
        return Err(problem("is a directory, not a file".into(), "name the file in it"));
    }
    if !found.is_file() {
        return Err(problem("is not a regular file but a pipe, socket or device".into(), "name a file"));
    }
    // The size that was announced means nothing: what is read is counted.
    let mut bytes = Vec::with_capacity(usize::try_from(found.len().min(MOST_BYTES) + 1).unwrap_or_default());
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() as u64 > MOST_BYTES {
        let message = format!("is larger than {} KiB", MOST_BYTES / 1024);
        return Err(Problems::one(at_byte(&name, &bytes, bytes.len(), message, "this is not a file of breakglass")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let sound = error.utf8_error().valid_up_to();
        Problems::one(at_byte(&name, error.as_bytes(), sound, "is not UTF-8 text".into(), "save it as UTF-8"))
    })
}

/// Opens without waiting: a pipe without a writer would hold everything up for ever.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(path)
}

/// A problem at one byte of a file that is no text.
fn at_byte(name: &str, bytes: &[u8], at: usize, message: String, hint: &str) -> Problem {
    let before = bytes.get(..at).unwrap_or(bytes);
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let lead = String::from_utf8_lossy(before.get(line_start..).unwrap_or_default());
    let rest = bytes.get(line_start..).unwrap_or_default().split(|byte| *byte == b'\n').next().unwrap_or_default();
    let shown: String =
        String::from_utf8_lossy(rest).chars().map(|c| if text::is_forbidden(c) { ' ' } else { c }).collect();
    let column = lead.chars().count() + 1;
    Problem {
        line: before.split(|byte| *byte == b'\n').count(),
        column,
        excerpt: mask::line(&shown, "endpoint", column - 1, 1).0,
        ..Problem::whole_file(text::clean(name), message, hint)
    }
}

/// Parses a TOML file and checks its shape. With syntax errors only what is certain is checked, so that one missing
/// quote does not make everything after it look missing; the table is not to be used then (`false`).
pub(super) fn parse_shape<'a>(
    shape: &Shape,
    source: &'a Source<'a>,
    place: &str,
    sink: &mut Sink<'_>,
) -> (DeTable<'a>, bool) {
    parse_chosen(|_| shape, source, place, sink)
}

/// The same for a file whose keys tell which of several shapes it has.
pub(super) fn parse_chosen<'a, 's>(
    choose: impl FnOnce(&DeTable<'a>) -> &'s Shape,
    source: &'a Source<'a>,
    place: &str,
    sink: &mut Sink<'_>,
) -> (DeTable<'a>, bool) {
    let (table, errors) = DeTable::parse_recoverable(source.text());
    // A day that no calendar has breaks its value and nothing around it.
    let is_date = |error: &toml::de::Error| error.message().trim().starts_with("invalid date");
    let sound = errors.iter().all(is_date);
    let dates: Vec<Range<usize>> =
        errors.iter().filter(|error| is_date(error)).filter_map(toml::de::Error::span).collect();
    // After a header that is not closed, keys seem to stand in the table before it: one slip, not two.
    let mut strays: Vec<Range<usize>> = Vec::new();
    let mut repeated: Vec<Range<usize>> = Vec::new();
    for error in errors {
        if sink.is_full() {
            sink.error(&(0..0), String::new(), "");
            continue;
        }
        let message = error.message().trim();
        let span = error.span().filter(|span| *span != (0..0)).unwrap_or_else(|| source.deepest());
        if message.starts_with("unclosed table") {
            strays.push(source.block_of(&span));
        }
        // Of a table that is repeated, each key is as well: one slip, not five.
        if message.contains("duplicate key") && source.is_header(&span) {
            let block = source.block_of(&span);
            repeated.push(block.start + 1..block.end);
        }
        if message.contains("duplicate key")
            && strays.iter().chain(&repeated).any(|block| block.contains(&source.line(&span)))
        {
            continue;
        }
        match source.first_of(&span).filter(|_| message.contains("duplicate key")) {
            Some(first) => {
                let hint = format!("it stands at line {first} already; remove one of the two");
                sink.error(&span, format!("not valid TOML: {message}"), hint);
            }
            None if is_date(&error) => {
                let hint =
                    "write a day of the calendar, for example 2026-11-02, or an instant such as 2026-11-23T03:26:00Z";
                sink.error(&span, format!("not valid TOML: {message}"), hint);
            }
            None => sink.error(&span, format!("not valid TOML: {message}"), "see https://toml.io for the format"),
        }
    }
    let table = table.into_inner();
    let said = sink.errors();
    shape::check(choose(&table), &table, place, &(0..0), sound, sink);
    sink.take_back(said, &strays);
    sink.take_back_at(said, &dates);
    (table, sound)
}
