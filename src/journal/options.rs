//! What a journal needs to know before it opens: where, who, by which clock, and how patient it is.
//! Plain data; may not touch files.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;

use super::chain::{self, GENESIS};
use super::files;
use super::store::memory::Memory;

/// Reads the wall clock; the journal itself reads none.
pub type Clock = fn() -> Timestamp;

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The operating system's user name.
    pub who: String,
    /// Host name.
    pub host: String,
}

/// How long each place may take before the next one is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// One transaction of the database. With a healthy spool, an entry is safe within 250 ms whatever the database does.
    pub store: Duration,
    /// All transactions between a person's word and the request of a containment, together.
    pub containment: Duration,
    /// One line of the spool.
    pub spool: Duration,
    /// Opening at the start, with migration and import. It goes on beside the work when it takes longer.
    pub open: Duration,
    /// One try to open, however it goes on; the next after one that hung may take twice as long.
    pub attempt: Duration,
    /// Pause between two tries to get the database back.
    pub reopen: Duration,
    /// Between two looks for other processes' entries, which are to be heard within a second; where the kernel or the
    /// database tells of them, a look without being told is rarer.
    pub news: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            store: Duration::from_millis(200),
            containment: Duration::from_millis(250),
            spool: Duration::from_millis(200),
            open: Duration::from_secs(2),
            attempt: Duration::from_secs(30),
            reopen: Duration::from_secs(5),
            news: Duration::from_millis(900),
        }
    }
}

/// Where a journal lives.
#[derive(Debug, Clone)]
pub enum Home {
    /// An SQLite file: every process of this machine that opens it.
    File(PathBuf),
    /// A PostgreSQL database: every machine that reaches it.
    Team(Team),
    /// Memory: tests and simulations.
    Memory(Memory),
}

impl std::fmt::Display for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            // Parameters of the address may name files of this machine; nobody needs them here.
            Self::Team(team) => write!(f, "{} ({})", team.url.split('?').next().unwrap_or_default(), team.stream),
            Self::Memory(memory) => write!(f, "the journal {} in memory", memory.name()),
        }
    }
}

/// A journal that a team shares.
#[derive(Debug, Clone)]
pub struct Team {
    /// `postgres://USER@HOST:PORT/DATABASE?…`, without a password.
    pub url: String,
    /// Which chain of the database: `SERVICE/ENVIRONMENT`.
    pub stream: String,
    /// Where the password comes from, if not from PGPASSWORD or the password file.
    pub password: Option<Password>,
}

/// Asks for a password, each time anew: it may have been changed meanwhile.
#[derive(Clone)]
#[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "only PostgreSQL asks for it"))]
pub struct Password(Arc<dyn Fn() -> Asked + Send + Sync>);

type Asked = Pin<Box<dyn Future<Output = Result<SecretString, String>> + Send>>;

impl Password {
    /// Asks by this; an error is told in words.
    pub fn new<F>(ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<SecretString, String>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(ask())))
    }

    /// The password now.
    #[cfg(feature = "postgres")]
    pub(super) async fn ask(&self) -> Result<SecretString, String> {
        (self.0)().await
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

impl Home {
    /// What the names of its spools begin with: a readable word, and a hash of where it lives, because some directories
    /// are shared.
    pub(super) fn key(&self) -> String {
        let (word, whole) = match self {
            Self::File(file) => {
                let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                (stem, std::path::absolute(file).unwrap_or_else(|_| file.clone()).into_os_string())
            }
            Self::Team(team) => {
                let word = team.stream.replace(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'), "-");
                (word, self.to_string().into())
            }
            Self::Memory(memory) => (memory.name().to_owned(), memory.name().into()),
        };
        let digest = chain::hex(&chain::link(&GENESIS, whole.as_encoded_bytes()));
        format!("{word}-{}", digest.get(..8).unwrap_or_default())
    }

    /// What should be said about it, apart from its content.
    pub(super) fn worry(&self) -> Option<String> {
        let Self::File(file) = self else { return None };
        files::is_on_network(file).then(|| {
            let shown = file.display();
            format!("{shown} is on a network filesystem: its locks may fail, so use one machine at a time")
        })
    }
}

/// Everything that opening takes.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it lives.
    pub home: Home,
    /// Directories for the spool, best first.
    pub spools: Vec<PathBuf>,
    /// Whether the file's directory is created when it is not there: only one of our own is.
    pub makes_dir: bool,
    /// Who writes.
    pub writer: Writer,
    /// What time it is.
    pub clock: Clock,
    /// Deadlines.
    pub patience: Patience,
}

impl Options {
    /// A file that somebody named: the spool lies beside it, then in the runtime directories. A directory that is not there is
    /// not created, it would hide a wrong path.
    #[must_use]
    pub fn new(file: PathBuf, writer: Writer, clock: Clock) -> Self {
        let beside = files::lacks_dir(&file).is_none().then(|| spool_beside(&file));
        let spools = beside.into_iter().chain(files::runtime_dirs()).collect();
        Self { home: Home::File(file), spools, makes_dir: false, writer, clock, patience: Patience::default() }
    }

    /// A file in a directory of our own, which is created when it is not there.
    #[must_use]
    pub fn in_own_dir(file: PathBuf, writer: Writer, clock: Clock) -> Self {
        let spools = std::iter::once(spool_beside(&file)).chain(files::runtime_dirs()).collect();
        Self { home: Home::File(file), spools, makes_dir: true, writer, clock, patience: Patience::default() }
    }

    /// A team's journal. Spools lie in this directory of the machine, then in the runtime directories.
    #[must_use]
    pub fn shared(team: Team, spool: PathBuf, writer: Writer, clock: Clock) -> Self {
        let spools = std::iter::once(spool).chain(files::runtime_dirs()).collect();
        Self { home: Home::Team(team), spools, makes_dir: false, writer, clock, patience: Patience::default() }
    }

    /// A journal in memory. Without a directory for spools, entries that the store does not take are unlogged.
    #[must_use]
    pub fn in_memory(memory: &Memory, spool: Option<PathBuf>, writer: Writer, clock: Clock) -> Self {
        let spools = spool.into_iter().collect();
        Self {
            home: Home::Memory(memory.clone()),
            spools,
            makes_dir: false,
            writer,
            clock,
            patience: Patience::default(),
        }
    }
}

fn spool_beside(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join("spool")
}
