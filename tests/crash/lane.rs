//! One lane: a journal, a store, and one process after the other that is killed while it acts.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use breakglass::domain::run::RunState;
use breakglass::journal::{Journal, Writer, verify};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{sleep, timeout};

use super::child::{BLIND, FLAG, FLAGS, JOURNAL, STORE};
use super::store::Store;

/// What a process does with the runs that the one before it left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// The product's own: reads the lever back.
    ReadBack,
    /// The test's: sends again.
    BlindRetry,
}

/// What the lanes found.
#[derive(Debug, Default)]
pub struct Found {
    pub kills: usize,
    /// Kills after which a run's fate was not on record.
    pub unfinished_at_kill: usize,
    /// Among them, those whose write the store had already taken.
    pub applied_but_unanswered: usize,
    pub writes: usize,
    pub without_intent: Vec<String>,
    pub doubles: Vec<String>,
    pub not_shown: Vec<String>,
    pub wrong_end: Vec<String>,
}

impl Found {
    /// Adds another lane's.
    pub fn add(&mut self, other: &Self) {
        self.kills += other.kills;
        self.unfinished_at_kill += other.unfinished_at_kill;
        self.applied_but_unanswered += other.applied_but_unanswered;
        self.writes += other.writes;
        self.without_intent.extend(other.without_intent.iter().cloned());
        self.doubles.extend(other.doubles.iter().cloned());
        self.not_shown.extend(other.not_shown.iter().cloned());
        self.wrong_end.extend(other.wrong_end.iter().cloned());
    }
}

struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// Runs that it showed as unfinished at its start.
    shown: BTreeSet<String>,
}

impl Process {
    #[expect(clippy::disallowed_methods, reason = "the child is this test binary")]
    fn start(journal: &Path, store: &Store, flag: Option<usize>, recovery: Recovery) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        command.args(["--exact", "child", "--ignored", "--nocapture"]);
        command.env(JOURNAL, journal).env(STORE, &store.url).stdout(Stdio::piped()).kill_on_drop(true);
        if let Some(flag) = flag {
            command.env(FLAG, flag.to_string());
        }
        if recovery == Recovery::BlindRetry {
            command.env(BLIND, "1");
        }
        let mut child = command.spawn().expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, lines, shown: BTreeSet::new() }
    }

    /// Listens until it says this.
    async fn until(&mut self, wanted: &str) {
        while let Some(line) = self.lines.next_line().await.expect("readable") {
            let Some((_, said)) = line.split_once("answer: ") else { continue };
            if said == wanted {
                return;
            }
            if let Some(run) = said.strip_prefix("unfinished ") {
                self.shown.insert(run.to_owned());
            }
        }
        panic!("the child ended before it said {wanted:?}");
    }
}

/// Kills a process for each flag, then lets one live until everything is settled.
pub async fn live(seed: u64, recovery: Recovery) -> Found {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = dir.path().join("bot.db");
    let store = Store::start(seed, journal.clone()).await;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut found = Found::default();
    let mut left_behind = BTreeSet::new();
    for flag in 0..FLAGS {
        let mut process = Process::start(&journal, &store, Some(flag), recovery);
        process.until("firing").await;
        let missing = left_behind.difference(&process.shown).map(|run| format!("seed {seed} flag {flag}: run {run}"));
        found.not_shown.extend(missing);
        wait_for_the_moment(&store, &mut random).await;
        process.child.start_kill().expect("kill -9");
        process.child.wait().await.expect("dead");
        found.kills += 1;

        let now = unfinished(&journal).await;
        let writes = store.writes();
        if let Some(new) = now.difference(&left_behind).next() {
            found.unfinished_at_kill += 1;
            found.applied_but_unanswered += usize::from(writes.iter().any(|write| write.run == *new && write.applied));
        }
        left_behind = now;
    }
    let mut last = Process::start(&journal, &store, None, recovery);
    let settled = timeout(Duration::from_secs(40), last.until("settled")).await;
    found.not_shown.extend(left_behind.difference(&last.shown).map(|run| format!("seed {seed} at the end: run {run}")));
    if settled.is_err() {
        found.wrong_end.push(format!("seed {seed}: not settled: {:?}", unfinished(&journal).await));
    }
    drop(last);
    judge(seed, &journal, &store, &mut found).await;
    found
}

/// A random moment after the key was pressed, or after the write reached the store.
async fn wait_for_the_moment(store: &Store, random: &mut fastrand::Rng) {
    let mut arrivals = store.arrivals();
    arrivals.mark_unchanged();
    if random.bool() {
        sleep(Duration::from_micros(random.u64(..40_000))).await;
    } else {
        // A refused action never writes: the kill comes then, too.
        let _ = timeout(Duration::from_secs(2), arrivals.changed()).await;
        sleep(Duration::from_micros(random.u64(..15_000))).await;
    }
}

/// Runs whose fate is not on record, read from the file without any code of the journal.
async fn unfinished(journal: &Path) -> BTreeSet<String> {
    let url = format!("sqlite:{}?mode=ro", journal.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("opens");
    let rows = sqlx::query("SELECT CAST(head AS TEXT) FROM entry ORDER BY seq").fetch_all(&mut connection).await;
    let mut open = BTreeSet::new();
    for row in rows.expect("rows") {
        let head: serde_json::Value = serde_json::from_str(row.get(0)).expect("JSON");
        let run = || head["what"]["run"].as_str().expect("a run").to_owned();
        match (head["what"]["kind"].as_str(), head["what"]["by"].as_str()) {
            (Some("intended"), _) => {
                open.insert(run());
            }
            (Some("run-moved"), Some("reject" | "fail-to-send" | "see-stored" | "see-unchanged" | "see-other")) => {
                open.remove(&run());
            }
            _ => {}
        }
    }
    open
}

async fn judge(seed: u64, file: &Path, store: &Store, found: &mut Found) {
    let writer = Writer { who: "judge".into(), host: "bastion".into() };
    let journal = Journal::open(file.to_owned(), writer, breakglass::clock::now).await;
    let ledger = journal.ledger();
    let arrived = store.writes();
    found.writes += arrived.len();
    for write in &arrived {
        if !write.intended {
            found.without_intent.push(format!("seed {seed}: {write:?}"));
        }
    }
    for (id, run) in &ledger.runs {
        let sent: Vec<_> = arrived.iter().filter(|write| write.run == id.as_str()).collect();
        if sent.len() > 1 {
            found.doubles.push(format!("seed {seed}: run {id} was sent {} times", sent.len()));
        }
        let applied = sent.iter().any(|write| write.applied);
        let says_applied = matches!(run.state, RunState::ReadBack | RunState::Verified | RunState::Stuck);
        let says_not = matches!(run.state, RunState::NotSent | RunState::Rejected | RunState::Unseen);
        if (applied && !says_applied) || (!applied && !says_not) {
            found.wrong_end.push(format!("seed {seed}: run {id} is {}, applied: {applied}", run.state));
        }
    }
    found.wrong_end.extend(ledger.illegal.iter().map(|illegal| format!("seed {seed}: {illegal}")));
    let verification = verify(file).await.expect("readable");
    found.wrong_end.extend(verification.broken.map(|broken| format!("seed {seed}: {broken:?}")));
}
