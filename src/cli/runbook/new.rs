//! `runbook new`: a commented file that passes `check`. Never overwrites a file.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::super::args::Place;
use super::super::exit::Exit;
use super::super::out::{self, Failure};
use crate::config;
use crate::domain::ids::SymptomId;

const TEMPLATE: &str = include_str!("template.toml");
const EXTENSION: &str = include_str!("extension.toml");

/// Writes the file, or prints it.
pub(super) fn run(place: &Place, id: &str, extends: bool, to: &Path, print: bool) -> Result<Exit, Failure> {
    let text = text(id, extends).or_else(|failure| {
        // A runbook of the team's own can be extended as well; only the config knows those.
        let known = extends && super::loaded(place)?.runbooks.contains_key(id);
        if known { Ok(filled(EXTENSION, id)) } else { Err(failure) }
    })?;
    if print {
        out::say(&text);
        return Ok(Exit::Done);
    }
    let file = to.join(format!("{id}.toml"));
    let shown = file.display();
    let written = OpenOptions::new().write(true).create_new(true).open(&file);
    written.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::new(format!("{shown} exists already"), "choose another id, or another directory with --to")
        }
        _ => Failure::new(format!("{shown} cannot be written: {error}"), "name a directory with --to"),
    })?;
    out::say(&format!("{shown} is written. `breakglass check {shown}` runs its tests."));
    let named = to.file_name().map_or_else(|| "DIR".into(), |name| name.to_string_lossy());
    out::say(&format!("The config takes it up with runbooks = [\"{named}\"], as seen from the config."));
    Ok(Exit::Done)
}

/// The text of a new file: a copy of the shipped runbook of that id, an extension of it, or the worked example.
pub(super) fn text(id: &str, extends: bool) -> Result<String, Failure> {
    let plain = id.parse::<SymptomId>().is_ok() && !id.contains(['/', ':']);
    if !plain {
        let hint = "use a-z, 0-9 and . _ - (1 to 64 characters, first a letter or digit): it is a file's name too";
        return Err(Failure::new(format!("{id:?} cannot be the id of a runbook"), hint));
    }
    let shipped = config::shipped_text(id);
    match (extends, shipped) {
        (false, None) => Ok(filled(TEMPLATE, id)),
        (false, Some(shipped)) => Ok(format!(
            "# A copy of the shipped runbook: it replaces that one, and later versions of breakglass no longer change it.\n\
             # To change only a part: breakglass runbook new {id} --extends\n{shipped}"
        )),
        (true, Some(_)) => Ok(filled(EXTENSION, id)),
        (true, None) => {
            Err(Failure::new(format!("there is no runbook `{id}` to extend"), "see `breakglass runbook list`"))
        }
    }
}

fn filled(template: &str, id: &str) -> String {
    let line = |line: &str| {
        let filled = line.replace("ID.toml", &format!("{id}.toml")).replace("\"ID\"", &format!("\"{id}\""));
        let filled = filled.replace("runbook ID", &format!("runbook {id}")).replace("show ID", &format!("show {id}"));
        filled.trim_end().to_owned() + "\n"
    };
    template.lines().map(line).collect()
}
