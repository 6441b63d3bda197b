//! The cockpit itself: loads the config, hands over to the shell, and says on leaving what is still contained.

use std::io::IsTerminal;

use super::args::Place;
use super::exit::Exit;
use super::out::{self, Failure};
use super::session;
use crate::config::Config;
use crate::shell::{self, Ended, paths};

/// Runs the cockpit for a service.
pub async fn run(place: &Place, service: Option<&str>) -> Result<Exit, Failure> {
    let nothing_named = service.is_none() && place.config.is_none();
    match session::config_file(place, service) {
        Ok(_) => open(place, session::load_before_runbooks(place, service)?).await,
        Err(failure) if nothing_named && std::io::stdout().is_terminal() => welcome(place, &failure).await,
        Err(failure) => Err(failure),
    }
}

/// Runs the cockpit with a loaded config.
pub async fn open(place: &Place, config: Config) -> Result<Exit, Failure> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let hint = "for scripts there is `breakglass status --json` and `breakglass triage --json`";
        return Err(Failure::new("the cockpit needs a terminal", hint));
    }
    screens(paths::variable("TERM").as_deref())?;
    let theme = shell::theme(place.theme.as_deref().unwrap_or(&config.theme), place.ascii)
        .ok_or_else(|| Failure::new("there is no such theme", "themes: dark, light, plain"))?;
    let journal = session::journal(&config);
    let ended = shell::run(config, journal, theme, !place.read_only && !place.dry_run, out::note).await;
    let ended = ended.map_err(|error| Failure::new(format!("the terminal is gone: {error}"), ""))?;
    Ok(farewell(&ended))
}

/// Whether a terminal of that kind can show screens, as its user says in `$TERM`.
fn screens(term: Option<&str>) -> Result<(), Failure> {
    let what = match term {
        Some("dumb") => "TERM is dumb",
        None | Some("") if cfg!(unix) => "TERM is not set",
        _ => return Ok(()),
    };
    let hint = "`breakglass status` and `breakglass triage` need no screen; if this terminal has one, set TERM, for example \
                to xterm-256color";
    Err(Failure::new(format!("this terminal cannot show screens ({what})"), hint))
}

fn farewell(ended: &Ended) -> Exit {
    for line in &ended.last_words {
        out::note(line);
    }
    exit_of(ended)
}

/// What the screens asked for, unless the last seconds told more: a run that was waited for is a containment now, or still open.
const fn exit_of(ended: &Ended) -> Exit {
    match ended.code {
        3 => Exit::Contained,
        _ if ended.contained => Exit::Contained,
        signal if signal > 128 => Exit::Signal(signal),
        0 if ended.open => Exit::CannotSay,
        0 => Exit::Done,
        1 => Exit::Degraded,
        _ => Exit::CannotSay,
    }
}

async fn welcome(place: &Place, failure: &Failure) -> Result<Exit, Failure> {
    if screens(paths::variable("TERM").as_deref()).is_err() {
        return Err(failure.clone());
    }
    let Some(theme) = shell::theme(place.theme.as_deref().unwrap_or("dark"), place.ascii) else {
        return Err(failure.clone());
    };
    shell::welcome(theme).await.map_err(|error| Failure::new(format!("the terminal is gone: {error}"), ""))?;
    out::note(&format!("{}\n  → {}", failure.error, failure.hint));
    Ok(Exit::Usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_ends_with_what_is_so_when_everything_is_written_down() {
        let ended = |code, contained, open| exit_of(&Ended { code, contained, open, last_words: Vec::new() });
        assert_eq!(ended(0, false, false), Exit::Done);
        assert_eq!(ended(0, true, true), Exit::Contained, "it was stored while leaving waited");
        assert_eq!(ended(0, false, true), Exit::CannotSay, "a run that nobody follows is no done");
        assert_eq!(ended(143, false, true), Exit::Signal(143));
        assert_eq!(ended(4, false, false), Exit::CannotSay);
    }

    #[test]
    fn a_terminal_without_screens_is_told_which_command_needs_none() {
        for term in [Some("dumb"), Some(""), None] {
            let failure = screens(term).expect_err("no screen");
            assert!(failure.error.contains("cannot show screens"), "{}", failure.error);
            assert!(failure.hint.contains("`breakglass status`"), "{}", failure.hint);
        }
        assert!(screens(Some("xterm-256color")).is_ok());
    }
}
