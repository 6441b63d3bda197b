//! Terminal, input, loop, effect dispatch: wires everything, decides nothing.

mod bridge;
mod farewell;
pub mod input;
mod looping;
mod pace;
pub mod paths;
pub mod terminal;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::app::keymap::{Keymap, Remaps};
use crate::app::{Model, Options};
use crate::clock;
use crate::config::Config;
use crate::domain::approval::Person;
use crate::domain::catalogue::Catalogue;
use crate::domain::permit::Mode;
use crate::engine::WAY_BACK;
use crate::journal;
use crate::ui::theme::Theme;

use self::bridge::Farewell;
use self::terminal::Screen;

/// Runs in flight are given this long on the way out; what is still open then is taken up at the next start.
const DRAIN: Duration = Duration::from_secs(5);

/// How the cockpit ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The exit code that the screens asked for; above 128 it names the signal that ended it.
    pub code: u8,
    /// Whether containments are in force.
    pub contained: bool,
    /// Whether nobody can say what became of a run.
    pub open: bool,
    /// What to print once the terminal is given back: containments in force, runs left open.
    pub last_words: Vec<String>,
}

/// The theme of that name; `NO_COLOR` wins over the name. `None` if there is no such theme.
#[must_use]
pub fn theme(name: &str, ascii: bool) -> Option<Theme> {
    let plain = paths::variable("NO_COLOR").is_some() || name == "plain";
    let theme = if plain { Theme::plain() } else { Theme::named(name)? };
    let truecolor = paths::variable("COLORTERM").is_some_and(|term| term == "truecolor" || term == "24bit");
    let theme = if truecolor { theme } else { theme.indexed() };
    Some(if ascii { theme.ascii() } else { theme })
}

/// How many columns the terminal has, if there is one.
#[must_use]
pub fn columns() -> Option<usize> {
    crossterm::terminal::size().ok().map(|(columns, _)| usize::from(columns))
}

/// Runs the cockpit until it is left. `liftable`: whether a person may lift read-only in the dialog. `tell`: says on the
/// terminal that is given back why leaving takes longer.
///
/// # Errors
/// The terminal cannot be taken, or is gone.
pub async fn run(
    config: Config,
    journal: journal::Options,
    theme: Theme,
    liftable: bool,
    tell: fn(&str),
) -> io::Result<Ended> {
    let keymap = Keymap::build(&config.catalogue.actions, &Remaps::new())
        .map_err(|problems| io::Error::new(io::ErrorKind::InvalidInput, problems.join("\n")))?;
    let options = Options {
        who: journal.writer.who.clone(),
        me: Person::new(&journal.writer.who, &journal.writer.host, config.person.as_deref()),
        mode: config.catalogue.mode,
        keymap,
        size: crossterm::terminal::size()?,
        now: clock::now(),
        configured: true,
        liftable,
    };
    let mut model = Model::new(Arc::new(config.catalogue.clone()), options);
    for warning in &config.warnings {
        let _ = crate::app::update(&mut model, crate::app::Msg::Notice(warning.clone()));
    }
    let screen = Screen::enter()?;
    let mut looping = looping::Looping::new(model, screen, theme);
    // The first frame waits for nothing: journal, network and certificates come after it.
    looping.draw()?;
    let bridge = bridge::start(config, journal);
    let code = looping.run(bridge.wires).await;
    drop(looping);
    let farewell = farewell(bridge.ended, bridge.waits, tell).await;
    Ok(Ended { code: code?, contained: farewell.contained, open: farewell.open, last_words: farewell.words })
}

/// Waits for the last words: for as long as runs in flight are given, and longer while a release goes back.
async fn farewell(
    mut ended: oneshot::Receiver<Farewell>,
    mut waits: watch::Receiver<Option<String>>,
    tell: fn(&str),
) -> Farewell {
    let mut news = waits.clone();
    let patience = async {
        tokio::time::sleep(DRAIN + Duration::from_millis(500)).await;
        if waits.borrow().is_some() {
            let closed = async { while waits.changed().await.is_ok() {} };
            let _ = tokio::time::timeout(WAY_BACK, closed).await;
        }
    };
    let say_so = async {
        if let Ok(Some(words)) = news.wait_for(Option::is_some).await.map(|words| words.clone()) {
            tell(&words);
        }
        std::future::pending::<()>().await;
    };
    let late = || Farewell {
        words: vec!["some runs were still open; the next start takes them up".to_owned()],
        contained: false,
        open: true,
    };
    tokio::select! {
        biased;
        ended = &mut ended => ended.unwrap_or_else(|_| late()),
        () = patience => ended.try_recv().unwrap_or_else(|_| late()),
        () = say_so => late(),
    }
}

/// Shows the welcome screen, for when there is no config yet, until it is left.
///
/// # Errors
/// The terminal cannot be taken, or is gone.
pub async fn welcome(theme: Theme) -> io::Result<()> {
    let keymap = Keymap::build(&[], &Remaps::new())
        .map_err(|problems| io::Error::new(io::ErrorKind::InvalidInput, problems.join("\n")))?;
    let options = Options {
        who: paths::user(),
        me: Person::new(&paths::user(), &paths::host(), None),
        mode: Mode::ReadOnly,
        keymap,
        size: crossterm::terminal::size()?,
        now: clock::now(),
        configured: false,
        liftable: true,
    };
    let model = Model::new(Arc::new(Catalogue::empty()), options);
    let mut looping = looping::Looping::new(model, Screen::enter()?, theme);
    looping.draw()?;
    let (wires, _other_ends) = bridge::to_nowhere();
    looping.run(wires).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What leaving comes to if everything is written down after so long, while a release goes back or not.
    async fn left(after: Duration, goes_back: bool) -> Vec<String> {
        let (ended_in, ended) = oneshot::channel();
        let (waits_in, waits) = watch::channel(None);
        tokio::spawn(async move {
            if goes_back {
                waits_in.send_replace(Some("a release goes back".to_owned()));
            }
            tokio::time::sleep(after).await;
            let _ =
                ended_in.send(Farewell { words: vec!["all is written down".to_owned()], contained: true, open: false });
        });
        farewell(ended, waits, |_| {}).await.words
    }

    #[tokio::test(start_paused = true)]
    async fn leaving_waits_longer_only_while_a_release_goes_back() {
        assert_eq!(left(Duration::from_secs(4), false).await, ["all is written down"]);
        assert!(left(Duration::from_secs(40), false).await[0].contains("the next start takes them up"));
        assert_eq!(left(Duration::from_secs(40), true).await, ["all is written down"]);
    }
}
