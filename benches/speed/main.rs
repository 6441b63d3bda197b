//! How fast the cockpit is, as ratios of one run: the floor program, the cockpit and, where they are installed, `curl` and
//! `btop` take turns in a real pseudo-terminal. Prints the table of `docs/performance.md`.
//!
//! ```text
//! cargo bench --bench speed
//! BREAKGLASS=path cargo bench --bench speed       measures another build
//! BREAKGLASS_ONLY=wire cargo bench --bench speed  measures this alone: launches, panels, wire, polling, idle, books, binary
//! ```
//!
//! May not fail because a goal is missed: it says by how much.

#![expect(clippy::print_stdout, reason = "its output is the result")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures from outside: with clocks, commands and a client of its own"
)]

mod act;
mod books;
mod configs;
mod endpoints;
mod floor;
mod measures;
mod player;
#[path = "../../tests/bookshelf/shelf.rs"]
mod shelf;
mod table;

use std::io;
use std::path::{Path, PathBuf};

use endpoints::Endpoints;
use table::Table;

/// The word that makes this program the floor.
const FLOOR: &str = "--floor";

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == FLOOR) {
        let argument = |number: usize| arguments.get(at + number).cloned().unwrap_or_default();
        return floor::run(argument(1).parse().unwrap_or(0), argument(2), argument(3), arguments.get(at + 4).cloned());
    }
    let bench = Bench::new()?;
    let mut table = Table::default();
    let outcome = measured(&bench, &mut table);
    // What was measured before something failed is not lost.
    println!("{table}");
    outcome
}

/// Measures something and adds its rows.
type Measure = fn(&Bench, &mut Table) -> io::Result<()>;

fn measured(bench: &Bench, table: &mut Table) -> io::Result<()> {
    let only = std::env::var("BREAKGLASS_ONLY").unwrap_or_default();
    let measures: [(&str, Measure); 7] = [
        ("launches", measures::launches),
        ("panels", measures::panels),
        ("wire", act::wire),
        ("polling", measures::polling),
        ("idle", measures::idle),
        ("books", books::loading),
        ("binary", measures::binary),
    ];
    measures.iter().filter(|(name, _)| only.is_empty() || only == *name).try_for_each(|(_, go)| go(bench, table))
}

/// What every measure needs.
pub struct Bench {
    program: PathBuf,
    floor: PathBuf,
    /// The servers.
    pub servers: Endpoints,
    /// For configs and journals.
    pub directory: tempfile::TempDir,
}

impl Bench {
    fn new() -> io::Result<Self> {
        let built = PathBuf::from(env!("CARGO_BIN_EXE_breakglass"));
        let program = std::env::var_os("BREAKGLASS").map_or(built, PathBuf::from);
        Ok(Self {
            program,
            floor: std::env::current_exe()?,
            servers: Endpoints::start()?,
            directory: tempfile::tempdir()?,
        })
    }

    /// The measured program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The cockpit on a config, with a journal that nobody had before.
    #[must_use]
    pub fn cockpit(&self, config: &Path, round: usize) -> Vec<String> {
        let journal = self.directory.path().join(format!("{round}-{}.db", fastrand::u64(..)));
        let words = [self.program.as_path(), Path::new("-c"), config, Path::new("--journal"), &journal];
        words.iter().map(|word| word.display().to_string()).collect()
    }

    /// The floor, which asks an address so many times every five seconds.
    #[must_use]
    pub fn floor(&self, polls: usize) -> Vec<String> {
        let polled = self.servers.url("/value");
        let acted = self.servers.url("/switch");
        vec![self.floor.display().to_string(), FLOOR.to_owned(), polls.to_string(), polled, acted]
    }
}
