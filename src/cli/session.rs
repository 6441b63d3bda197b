//! Opens what a command needs: config, journal, engine. The directory one stands in never chooses production.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::mpsc;

use super::args::Place;
use super::exit::Exit;
use super::out::{self, Failure};
use crate::adapters::{self, build::build_for};
use crate::clock;
use crate::config::find::{Asked, Found};
use crate::config::{self, Config, JournalPlace};
use crate::domain::catalogue::BrokenRunbook;
use crate::domain::endpoint::SecretSource;
use crate::domain::permit::Mode;
use crate::engine::{Book, Engine, Event, View};
use crate::journal::{self, Journal, Password, Place as Whereto, Team, Writer};
use crate::shell::paths;

/// How long a command waits for every source to be heard once.
pub const SETTLE: Duration = Duration::from_secs(10);

/// Which config file is meant.
///
/// # Errors
/// None is named and none is found (the hint says how to start), or several services are configured.
pub fn config_file(place: &Place, service: Option<&str>) -> Result<PathBuf, Failure> {
    let flag =
        place.config.as_ref().map(|file| if file.is_dir() { file.join("breakglass.toml") } else { file.clone() });
    let variable = paths::variable("BREAKGLASS_CONFIG").map(PathBuf::from);
    let directory = paths::config_dir();
    let asked =
        Asked { flag: flag.as_deref(), variable: variable.as_deref(), service, directory: directory.as_deref() };
    let here = directory.as_deref().map_or_else(|| "<config dir>".into(), |path| path.display().to_string());
    match config::find::find(&asked) {
        Found::File(file) => Ok(file),
        Found::Nothing => {
            let hint = "try `breakglass demo`; `breakglass demo --print-config` is a worked example to start from";
            let hint = format!("{}{hint}", config_here());
            Err(Failure::new(format!("there is no config in {here}"), hint))
        }
        Found::Several(known) => {
            let hint = format!("{}name one: {}", config_here(), known.join(", "));
            Err(Failure::new(format!("several services are configured in {here}"), hint))
        }
        Found::NoSuch { service, known, closest } => {
            let hint = match closest {
                Some(closest) => format!("did you mean {closest}?"),
                None if known.is_empty() => "nothing is configured there yet; try `breakglass demo`".into(),
                None => format!("configured: {}", known.join(", ")),
            };
            Err(Failure::new(format!("there is no config of service {service:?} in {here}"), hint))
        }
    }
}

/// How to use the config in the directory one stands in, if there is one: it is never taken unasked.
fn config_here() -> &'static str {
    let is_here = Path::new("breakglass.toml").is_file();
    if is_here { "./breakglass.toml is used only when it is named: add `-c .`; else " } else { "" }
}

/// Loads the config and lays the session's flags over it.
///
/// # Errors
/// Every problem of the files at once.
pub fn load(place: &Place, service: Option<&str>) -> Result<Config, Failure> {
    let file = config_file(place, service)?;
    let told = told(place, service, &file);
    let mut config = config::load(&file).map_err(|problems| invalid(&problems, &told))?;
    apply(place, &mut config, told);
    Ok(config)
}

/// The same without runbooks: the cockpit loads them after its first frame.
///
/// # Errors
/// Every problem of the config at once.
pub fn load_before_runbooks(place: &Place, service: Option<&str>) -> Result<Config, Failure> {
    let file = config_file(place, service)?;
    let told = told(place, service, &file);
    let mut config = config::load_before_runbooks(&file).map_err(|problems| invalid(&problems, &told))?;
    if let Some(cache) = paths::cache_dir() {
        config.bookcases.keep_in(&cache, &file);
    }
    apply(place, &mut config, told);
    Ok(config)
}

/// The flags of commands that mean the same product: a service is named by its file, which every command takes.
pub fn told(place: &Place, service: Option<&str>, file: &Path) -> String {
    let named = place.config.clone().or_else(|| service.map(|_| file.to_path_buf()));
    Place { config: named, ..place.clone() }.flags()
}

/// The session's flags. `told`: those of them that other commands need to mean the same.
pub fn apply(place: &Place, config: &mut Config, told: String) {
    config.catalogue.told = told;
    let mode = &mut config.catalogue.mode;
    if place.read_only {
        *mode = Mode::ReadOnly;
    } else if place.dry_run {
        *mode = Mode::DryRun;
    } else if place.write {
        *mode = Mode::Act;
    }
    if let Some(journal) = &place.journal {
        config.journal = Some(JournalPlace::File(journal.clone()));
    }
}

/// Problems of files as a failure. `told`: what makes `check` mean those files, with a space before it.
pub fn invalid(problems: &config::Problems, told: &str) -> Failure {
    let hint = format!("mend the places above; `breakglass check{told}` shows them again");
    Failure::new(problems.to_string(), hint).with(Exit::Usage).of_files(&problems.0)
}

/// Says on stderr that files are broken: a shipped runbook may stand in for one of them without a word. `told` as above.
pub fn note_broken(broken: &[BrokenRunbook], told: &str) {
    if let Some(words) = broken_words(broken, told) {
        out::note(&words);
    }
}

fn broken_words(broken: &[BrokenRunbook], told: &str) -> Option<String> {
    let (first, more) = broken.split_first()?;
    let are = match more.len() {
        0 => "is broken and not used".to_owned(),
        1 => "and 1 more runbook file are broken and not used".to_owned(),
        more => format!("and {more} more runbook files are broken and not used"),
    };
    Some(format!("{} {are}; `breakglass check{told}` says why", first.path))
}

/// Where the journal of a config lives, and how it is opened.
#[must_use]
pub fn journal(config: &Config) -> journal::Options {
    let catalogue = &config.catalogue;
    match &config.journal {
        Some(JournalPlace::File(file)) => journal_in(file.clone()),
        Some(JournalPlace::Team { url, secret }) => {
            let ask = |source: &SecretSource| {
                let source = source.clone();
                Password::new(move || {
                    let source = source.clone();
                    async move { adapters::password(&source).await.map_err(|fault| fault.to_string()) }
                })
            };
            let stream = format!("{}/{}", catalogue.service, catalogue.environment);
            let team = Team { url: url.clone(), stream, password: secret.as_ref().map(ask) };
            journal::Options::shared(team, paths::state_dir().join("spool"), writer(), clock::now)
        }
        None => journal_in(paths::state_dir().join(format!("{}.db", catalogue.service))),
    }
}

/// A journal file. The directory of journals is ours to create; any other one that is not there is a wrong path.
#[must_use]
pub fn journal_in(file: PathBuf) -> journal::Options {
    if file.starts_with(paths::state_dir()) {
        return journal::Options::in_own_dir(file, writer(), clock::now);
    }
    journal::Options::new(file, writer(), clock::now)
}

/// Looks at the file of `--journal` before anything is done: who typed it is here to type it again.
///
/// # Errors
/// What is wrong with it, with what to do.
pub async fn looks_at_journal(place: &Place) -> Result<(), Failure> {
    // Our own directory is created when it is not there; what is there already has to be a journal.
    let looked_at = |file: &&PathBuf| file.exists() || !file.starts_with(paths::state_dir());
    let Some(file) = place.journal.as_ref().filter(looked_at) else { return Ok(()) };
    journal::may_be_a_journal(file).await.map_err(|why| {
        let hint = "without --journal the config's own journal is used";
        Failure::new(format!("--journal {}: {why}", file.display()), hint)
    })
}

/// Who writes.
#[must_use]
pub fn writer() -> Writer {
    Writer { who: paths::user(), host: paths::host() }
}

/// What is wrong with the journal, if anything: a chain that does not hold, a database that cannot be used.
#[must_use]
pub fn worries(journal: &Journal) -> Vec<String> {
    let mut worries: Vec<String> = journal.notes().iter().map(|note| format!("journal: {note}")).collect();
    match journal.place() {
        Whereto::Stored => {}
        Whereto::Spooling { file, why, .. } => {
            let spool = file.map_or_else(|| "a spool".to_owned(), |file| file.display().to_string());
            worries
                .push(format!("journal: cannot be used ({why}); entries go to {spool} and are imported when it can"));
        }
        Whereto::Unlogged { why, .. } => {
            worries.push(format!(
                "journal: nothing can be written down ({why}); containments are UNLOGGED, releases refused"
            ));
        }
    }
    worries
}

/// A running engine with its events.
pub struct Session {
    /// The engine.
    pub engine: Engine,
    /// Its news; commands must drain it.
    pub events: mpsc::Receiver<Event>,
    /// What was wrong with the journal when it was opened; said on stderr already.
    pub worries: Vec<String>,
    /// True if entries went into the journal itself then, and not into a spool or nowhere.
    pub is_stored: bool,
}

impl Session {
    /// Opens the journal and starts the engine.
    pub async fn open(config: Config) -> Self {
        let journal = Journal::open_with(journal(&config)).await;
        let (worries, is_stored) = (worries(&journal), matches!(journal.place(), Whereto::Stored));
        for worry in &worries {
            out::note(worry);
        }
        let book = Book::new(journal);
        let adapters: BTreeMap<_, _> =
            config.endpoints.iter().map(|spec| (spec.id.clone(), build_for(spec, &paths::user()))).collect();
        let (engine, events) = Engine::start(config, adapters, book);
        Self { engine, events, worries, is_stored }
    }

    /// One poll of everything.
    ///
    /// # Errors
    /// Nothing could be judged at all.
    pub async fn look(&self) -> Result<View, Failure> {
        if let Some((run, within)) = self.engine.left_behind() {
            let seconds = within.as_secs();
            out::note(&format!(
                "run {} was under way when its process ended: looking for up to {seconds} s at what became of it",
                run.short()
            ));
        }
        self.engine.settled(SETTLE).await.ok_or_else(|| {
            Failure::new("nothing was heard within 10 s", "look at the network, then try `breakglass check --live`")
                .with(Exit::CannotSay)
        })
    }

    /// Waits until every action was probed once (or the deadline), and gives the view then.
    ///
    /// # Errors
    /// Nothing could be judged at all.
    pub async fn probed(&self) -> Result<View, Failure> {
        let mut views = self.engine.views();
        let checked = |view: &Option<View>| {
            view.as_ref().is_some_and(|view| view.snapshot.readiness.iter().all(|ready| ready.checked_at.is_some()))
        };
        let _ = tokio::time::timeout(SETTLE, views.wait_for(checked)).await;
        self.look().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_leaving_names_mean_the_product_that_was_left() {
        let file = Path::new("/etc/breakglass/shop.toml");
        let place = |config: Option<&str>| Place { config: config.map(PathBuf::from), ..Place::default() };
        assert_eq!(told(&place(None), Some("shop"), file), " -c /etc/breakglass/shop.toml", "one of several services");
        assert_eq!(told(&place(Some("x.toml")), Some("shop"), file), " -c x.toml");
        assert_eq!(told(&place(None), None, file), "", "the only one is found again");
    }
}
