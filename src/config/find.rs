//! Which config file is meant. May not read the environment: its caller passes in what was said there. The directory
//! one stands in never chooses production, so it is not looked at.

use std::path::{Path, PathBuf};

/// Where to look, in order of precedence.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// `--config FILE`.
    pub flag: Option<&'a Path>,
    /// The value of `$BREAKGLASS_CONFIG`.
    pub variable: Option<&'a Path>,
    /// `breakglass SERVICE`.
    pub service: Option<&'a str>,
    /// `<config dir>/breakglass`, where configs are kept, if this machine has one.
    pub directory: Option<&'a Path>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This file. It may not exist: loading says so, with its path.
    File(PathBuf),
    /// There is no config at all: offer the demo and the way to a config.
    Nothing,
    /// Several services are configured and none was named.
    Several(Vec<String>),
    /// The named service has no config; these have one.
    NoSuch {
        /// The name.
        service: String,
        /// Services that are configured.
        known: Vec<String>,
        /// The closest of them, if the name looks like a slip.
        closest: Option<String>,
    },
}

/// Finds the config that is meant. A named service wins over the variable, since it was typed now.
#[must_use]
pub fn find(asked: &Asked<'_>) -> Found {
    if let Some(path) = asked.flag {
        return Found::File(path.to_path_buf());
    }
    let known = asked.directory.map(services).unwrap_or_default();
    let file = |service: &str| asked.directory.unwrap_or(Path::new("")).join(format!("{service}.toml"));
    if let Some(service) = asked.service {
        if known.iter().any(|known| known == service) {
            return Found::File(file(service));
        }
        let closest = super::suggest::closest(service, known.iter().map(String::as_str)).map(str::to_owned);
        return Found::NoSuch { service: crate::domain::text::clean(service), known, closest };
    }
    if let Some(path) = asked.variable {
        return Found::File(path.to_path_buf());
    }
    match known.as_slice() {
        [] => Found::Nothing,
        [one] => Found::File(file(one)),
        _ => Found::Several(known),
    }
}

/// The services that have a config in a directory, by name.
fn services(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let mut names: Vec<String> = files.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(services: &[&str]) -> tempfile::TempDir {
        let home = tempfile::tempdir().expect("directory");
        for service in services {
            std::fs::write(home.path().join(format!("{service}.toml")), "schema = 1").expect("write");
        }
        home
    }

    #[test]
    fn what_was_typed_wins_over_what_was_set_and_that_over_what_lies_around() {
        let home = home(&["bot", "search"]);
        let asked = Asked { directory: Some(home.path()), ..Asked::default() };
        assert_eq!(find(&asked), Found::Several(vec!["bot".into(), "search".into()]));
        let set = Asked { variable: Some(Path::new("/etc/a.toml")), ..asked };
        assert_eq!(find(&set), Found::File("/etc/a.toml".into()));
        let named = Asked { service: Some("bot"), ..set };
        assert_eq!(find(&named), Found::File(home.path().join("bot.toml")));
        let flagged = Asked { flag: Some(Path::new("x.toml")), ..named };
        assert_eq!(find(&flagged), Found::File("x.toml".into()));
    }

    #[test]
    fn one_service_needs_no_name_and_a_slip_is_recognised() {
        let one = home(&["bot"]);
        assert_eq!(
            find(&Asked { directory: Some(one.path()), ..Asked::default() }),
            Found::File(one.path().join("bot.toml"))
        );
        let asked = Asked { service: Some("bto"), directory: Some(one.path()), ..Asked::default() };
        assert!(matches!(find(&asked), Found::NoSuch { closest: Some(closest), .. } if closest == "bot"));
        assert_eq!(find(&Asked { directory: Some(home(&[]).path()), ..Asked::default() }), Found::Nothing);
        assert_eq!(find(&Asked::default()), Found::Nothing);
    }

    #[test]
    fn a_service_name_cannot_leave_the_directory() {
        let home = home(&["bot"]);
        let asked = Asked { service: Some("../bot"), directory: Some(home.path()), ..Asked::default() };
        assert!(matches!(find(&asked), Found::NoSuch { .. }));
    }
}
