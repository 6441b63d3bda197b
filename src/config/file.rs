//! From a path to a checked TOML table: size, encoding, syntax, shape. May not know what a file means.

use std::path::Path;

use toml::de::DeTable;

use crate::domain::text;

use super::problem::{Problem, Problems};
use super::shape::{self, Shape};
use super::source::{Sink, Source};

/// A file larger than this is none of ours.
const MOST_BYTES: u64 = 1 << 20;

/// The text of a file, within the size that files of this program have.
pub(super) fn read(path: &Path) -> Result<String, Problems> {
    let name = path.display().to_string();
    let problem = |message: String, hint: &str| Problems::one(Problem::whole_file(text::clean(&name), message, hint));
    let size = std::fs::metadata(path)
        .map_err(|error| problem(format!("cannot be read: {error}"), "check the path and its permissions"))?;
    if size.is_dir() {
        return Err(problem("is a directory, not a file".into(), "name the file in it"));
    }
    if size.len() > MOST_BYTES {
        return Err(problem(format!("is larger than {} KiB", MOST_BYTES / 1024), "this is not a file of breakglass"));
    }
    let bytes = std::fs::read(path)
        .map_err(|error| problem(format!("cannot be read: {error}"), "check the path and its permissions"))?;
    String::from_utf8(bytes).map_err(|error| {
        let sound = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..sound].split(|byte| *byte == b'\n').count();
        problem(format!("is not UTF-8 text (line {line})"), "save it as UTF-8")
    })
}

/// Parses a TOML file and checks its shape. With syntax errors only what is certain is checked, so that one missing
/// quote does not make everything after it look missing; the table is not to be used then (`false`).
pub(super) fn parse_shape<'a>(
    shape: &Shape,
    source: &'a Source<'a>,
    place: &str,
    sink: &mut Sink<'_>,
) -> (DeTable<'a>, bool) {
    let (table, errors) = DeTable::parse_recoverable(source.text());
    let sound = errors.is_empty();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        sink.error(&span, format!("not valid TOML: {}", error.message().trim()), "see https://toml.io for the format");
    }
    let table = table.into_inner();
    shape::check(shape, &table, place, &(0..0), sound, sink);
    (table, sound)
}
