//! Which runbook comes before which, in words: what an extension is told that finds nothing before it, and a file whose
//! id is taken. May not read runbooks.

use std::path::Path;

use crate::domain::ids::SymptomId;
use crate::domain::text;

use super::super::suggest;
use super::RunbookFile;

/// What is wrong, and what to do.
pub(super) type Words = (String, String);

/// There is nothing to extend. `elsewhere`: the file that declares the id, but is broken or comes too late.
pub(super) fn nothing_before<'a>(
    file: &RunbookFile,
    id: &str,
    elsewhere: Option<&RunbookFile>,
    known: impl IntoIterator<Item = &'a str>,
) -> Words {
    match elsewhere {
        Some(other) if other.layer == file.layer => beside(file, id, other),
        Some(other) if other.layer > file.layer => {
            let hint = "in `runbooks = […]` name the directory of that file before the one of this file";
            (format!("`{id}` comes only after this file: it stands in {}", name(other)), hint.to_owned())
        }
        Some(other) => {
            (format!("the runbook `{id}` that this extends is broken"), format!("mend {} first", name(other)))
        }
        None => {
            let hint = suggest::hint(id, known);
            let message = format!("there is no earlier runbook `{id}` to extend");
            (message, format!("{hint} (it must ship, or stand in a directory before this one)"))
        }
    }
}

/// The id is taken by another file of the same directory, or of the same command.
pub(super) fn taken(file: &RunbookFile, id: &SymptomId, other: &RunbookFile, extends: (bool, bool)) -> Words {
    let named = format!("another of these runbooks is already named `{id}`: {}", name(other));
    match extends {
        (true, false) => beside(file, id.as_str(), other),
        (true, true) => (format!("{} extends `{id}` already", name(other)), "put both into one file".to_owned()),
        (false, _) => (named, "give one of them another id, or put both into one file".to_owned()),
    }
}

fn beside(file: &RunbookFile, id: &str, other: &RunbookFile) -> Words {
    let home = |file: &RunbookFile| Path::new(&file.name).parent().map(Path::to_path_buf);
    let place = if home(file) == home(other) { "in the same directory" } else { "beside this file, not before it" };
    let hint = "write the change into that file, or move this one into a directory that `runbooks = […]` names later";
    (format!("`{id}` stands {place}: {}", name(other)), hint.to_owned())
}

fn name(file: &RunbookFile) -> String {
    text::clean(&file.name)
}
