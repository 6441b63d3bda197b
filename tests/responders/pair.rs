//! Two processes on one journal, each with a real engine and a real adapter, against a store that counts every write.

#![allow(dead_code, clippy::print_stdout, reason = "each test binary uses its part; a child speaks")]

#[path = "../crash/store.rs"]
mod store;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use breakglass::domain::plan::{Answer, Confirmed, Plan};
use breakglass::domain::run::RunState;
use breakglass::engine::{Book, Engine, Event};
use breakglass::journal::{Journal, Options, Patience, Place, Team, Writer};
use breakglass::{adapters, clock, config};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use store::Store;

/// What the parent hands over, in the environment: journal, store, who, how many flags, the deadline of a request.
const TOLD: [&str; 5] = ["JOURNAL", "STORE", "WHO", "FLAGS", "DEADLINE"];
/// The deadline of the race: far away. Of the stops: near, because others wait for it.
const FAR: &str = "20s";
const NEAR: &str = "2s";
/// Long enough for a busy machine; a test that hangs should say so.
const PATIENCE: Duration = Duration::from_mins(1);

fn variable(name: &str) -> String {
    format!("BREAKGLASS_PAIR_{name}")
}

#[expect(clippy::disallowed_methods, reason = "how the parent tells the child what to do")]
fn told(at: usize) -> String {
    std::env::var(variable(TOLD[at])).expect("run by its parent")
}

fn config_text(store: &str, flags: usize, deadline: &str) -> String {
    use std::fmt::Write as _;
    let mut text = format!(
        "schema = 1\nmode = \"act\"\n[service]\nname = \"bot\"\nenvironment = \"prod\"\n\
         [endpoint.flags]\nvendor = \"unleash\"\nurl = \"{store}\"\ntimeout = \"{deadline}\"\ninterval = \"60s\"\n"
    );
    for flag in 0..flags {
        write!(
            text,
            "[lever.l{flag}]\nfrom = \"flags\"\nflag = \"f{flag}\"\nnormal = \"on\"\ncontained = \"off\"\n\
             [action.k{flag}]\nkind = \"kill_feature\"\ntitle = \"off\"\nlever = \"l{flag}\"\nto = \"contained\"\n"
        )
        .expect("text");
    }
    text
}

/// A file, or `postgres://…#STREAM`.
async fn open(place: &str, who: &str) -> Journal {
    let writer = Writer { who: who.to_owned(), host: format!("{who}s-laptop") };
    let mut options = match place.split_once('#') {
        Some((url, stream)) => {
            let team = Team { url: url.to_owned(), stream: stream.to_owned(), password: None };
            Options::shared(team, std::env::temp_dir().join(format!("breakglass-pair-{who}")), writer, clock::now)
        }
        None => Options::new(place.into(), writer, clock::now),
    };
    // The machine may be busy; what happens when the journal is slow is tested elsewhere.
    options.patience =
        Patience { store: Duration::from_secs(20), open: Duration::from_secs(20), ..Patience::default() };
    Journal::open_with(options).await
}

#[test]
#[ignore = "a child process of the tests"]
fn child() {
    let mut runtime = if told(4) == NEAR {
        // One thread: what is woken runs in turn, so that a stop comes exactly where a task waits.
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    let runtime = runtime.enable_all().build().expect("a runtime");
    runtime.block_on(live());
    std::process::exit(0);
}

async fn live() {
    let flags = told(3).parse().expect("a number");
    let config = config::load_text("pair.toml", &config_text(&told(1), flags, &told(4))).expect("a good config");
    let adapters = config.endpoints.iter().map(|spec| (spec.id.clone(), adapters::build::build(spec))).collect();
    let journal = open(&told(0), &told(2)).await;
    let (engine, mut events) = Engine::start(config, adapters, Book::new(journal.clone()));
    println!("answer: up");
    let mut lines = spoken();
    let mut drawn: Option<Confirmed<Plan>> = None;
    while let Some(line) = lines.recv().await {
        let mut words = line.split(' ');
        let (what, flag) = (words.next(), words.next().map(|word| word.parse::<usize>().expect("a number")));
        match (what, flag) {
            (Some("draw"), Some(flag)) => {
                // An intent in the spool would be nobody's to judge.
                let mut changes = journal.subscribe();
                while journal.place() != Place::Stored {
                    changes.changed().await.expect("the journal lives");
                }
                drawn = Some(confirmed(&engine, flag).await);
                println!("answer: drawn");
            }
            (Some("fire"), Some(flag)) => {
                while events.try_recv().is_ok() {}
                engine.fire(drawn.take().expect("drawn before"));
                let what = outcome(&mut events, flag).await;
                // While the journal is away, only the store itself could refuse a second write: no round to judge.
                assert_eq!(journal.place(), Place::Stored, "the machine is too busy for its journal");
                println!("answer: {what} {}", winner(&journal, flag).await);
            }
            (Some("stop"), Some(flag)) => {
                let point = words.next().and_then(|word| word.parse().ok()).expect("a point");
                while events.try_recv().is_ok() {}
                // A task like any other: the runtime looks at this function here only now and then.
                let stopping = tokio::spawn(stop_at(point, flag, journal.clone(), events));
                engine.fire(drawn.take().expect("drawn before"));
                events = stopping.await.expect("goes on");
                let state =
                    until_run(&mut events, flag, |state| !matches!(state, RunState::Intent | RunState::Sent)).await;
                println!("answer: went on {state}");
            }
            (Some("settle"), Some(flag)) => {
                winner(&journal, flag).await;
                let mut changes = journal.subscribe();
                while !journal.open_runs().is_empty() {
                    changes.changed().await.expect("the journal lives");
                }
                println!("answer: settled");
            }
            _ => break,
        }
    }
    journal.close().await;
}

/// What the parent says, line by line.
fn spoken() -> mpsc::UnboundedReceiver<String> {
    let (said, heard) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let lines = std::io::stdin().lines();
        lines.map_while(Result::ok).all(|line| said.send(line).is_ok())
    });
    heard
}

async fn confirmed(engine: &Engine, flag: usize) -> Confirmed<Plan> {
    let action = format!("k{flag}").parse().expect("an action");
    let plan = engine.core().preview(&action).await.expect("the store can be read");
    let answer = Answer {
        digest: plan.digest.clone(),
        typed: Some(plan.typed_word()),
        read: true,
        approved_by: None,
        by: told(2),
    };
    Confirmed::confirm(plan, &answer, clock::now()).expect("confirmed")
}

/// Stops this process after the intent is durable: before its runner hears of it (0), or when the request is with the
/// connection, which has not written it yet (1).
async fn stop_at(
    point: usize,
    flag: usize,
    journal: Journal,
    mut events: mpsc::Receiver<Event>,
) -> mpsc::Receiver<Event> {
    if point == 0 {
        let mut changes = journal.subscribe();
        // Of this lever: what became of an earlier run may still be open.
        while !journal.open_runs().iter().any(|run| run.intent.lever.as_str() == format!("l{flag}")) {
            changes.changed().await.expect("the journal lives");
        }
    } else {
        until_run(&mut events, flag, |state| state == RunState::Intent).await;
    }
    kill_process(rustix::process::getpid(), Signal::STOP).expect("stops");
    // The kernel may hand the signal to another thread first. Until all stand still, this one, which runs every task, waits.
    std::thread::sleep(Duration::from_millis(500));
    events
}

/// How a shot ended for whoever fired it.
async fn outcome(events: &mut mpsc::Receiver<Event>, flag: usize) -> &'static str {
    let action = format!("k{flag}");
    loop {
        match events.recv().await.expect("the engine lives") {
            // What becomes of earlier runs is told as well.
            Event::Run(news) if news.action.as_str() != action => {}
            Event::Run(news) if news.state == RunState::Acknowledged => return "sent",
            // The machine was too busy: the permit had ended before anything left.
            Event::Run(news) if news.state == RunState::NotSent && news.why.contains("held up") => return "held-up",
            Event::Run(news) if !matches!(news.state, RunState::Intent | RunState::Sent) => return "failed",
            Event::Refused { .. } | Event::PlanVoid { .. } => return "refused",
            _ => {}
        }
    }
}

async fn until_run(events: &mut mpsc::Receiver<Event>, flag: usize, holds: impl Fn(RunState) -> bool) -> RunState {
    loop {
        if let Event::Run(news) = events.recv().await.expect("the engine lives")
            && news.action.as_str() == format!("k{flag}")
            && holds(news.state)
        {
            return news.state;
        }
    }
}

/// Who won the lever, as the journal of this process says: every run on it.
async fn winner(journal: &Journal, flag: usize) -> String {
    let mut changes = journal.subscribe();
    loop {
        let ledger = journal.ledger();
        let lever = format!("l{flag}");
        let runs: Vec<_> = ledger.runs.values().filter(|run| run.intent.lever.as_str() == lever).collect();
        if !runs.is_empty() {
            return runs.iter().map(|run| format!("{} {}", run.intent.run, run.who)).collect::<Vec<_>>().join(" and ");
        }
        changes.changed().await.expect("the journal lives");
    }
}

/// A child, as its parent sees it.
struct Responder {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Responder {
    #[expect(clippy::disallowed_methods, reason = "the child is this test binary")]
    async fn start(journal: &str, store: &Store, who: &str, flags: usize, deadline: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        command.args(["--exact", "pair::child", "--ignored", "--nocapture"]).kill_on_drop(true);
        let flags = flags.to_string();
        for (name, value) in TOLD.iter().zip([journal, &store.url, who, &flags, deadline]) {
            command.env(variable(name), value);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
        let stdin = child.stdin.take().expect("piped");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut responder = Self { child, stdin, lines };
        assert_eq!(responder.hear().await, "up");
        responder
    }

    async fn say(&mut self, line: &str) {
        self.stdin.write_all(format!("{line}\n").as_bytes()).await.expect("the child listens");
    }

    async fn hear(&mut self) -> String {
        let heard = async {
            loop {
                let line = self.lines.next_line().await.expect("readable").expect("the child lives");
                if let Some((_, said)) = line.split_once("answer: ") {
                    return said.to_owned();
                }
            }
        };
        timeout(PATIENCE, heard).await.expect("the child answers")
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id().expect("alive")).expect("fits")).expect("a process")
    }

    /// Waits until the kernel says that it stands still.
    async fn stopped(&self) {
        let stat = format!("/proc/{}/stat", self.pid().as_raw_nonzero());
        let stands = || {
            let stat = std::fs::read_to_string(&stat).expect("alive");
            stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T'))
        };
        let standing = async {
            while !stands() {
                sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(PATIENCE, standing).await.expect("it stops");
    }
}

/// So many rounds of a night may be held up by a busy machine, and are played again.
const AGAIN: usize = 20;

/// Two processes press the same key at the same moment, `rounds` times on each of `nights` journals. Answers who won how
/// often. A round in which the winner was held up past its claim has no write, and does not count.
///
/// # Panics
/// If not exactly one of them wrote, or one of them does not know who.
pub async fn race(nights: usize, rounds: usize, journal: impl Fn(usize) -> String) -> BTreeMap<String, usize> {
    let mut wins = BTreeMap::new();
    for night in 0..nights {
        let store = Store::obedient().await;
        let journal = journal(night);
        let mut ana = Responder::start(&journal, &store, "ana", rounds + AGAIN, FAR).await;
        let mut ben = Responder::start(&journal, &store, "ben", rounds + AGAIN, FAR).await;
        let mut held_up = 0;
        let mut round = 0;
        while round < rounds + held_up {
            for who in [&mut ana, &mut ben] {
                who.say(&format!("draw {round}")).await;
            }
            assert_eq!((ana.hear().await, ben.hear().await), ("drawn".to_owned(), "drawn".to_owned()));
            for who in [&mut ana, &mut ben] {
                who.say(&format!("fire {round}")).await;
            }
            let heard = [ana.hear().await, ben.hear().await];
            let place = format!("night {night} round {round}: {heard:?}");
            let writes: Vec<_> = store.writes().into_iter().filter(|write| write.flag == format!("f{round}")).collect();
            round += 1;
            if heard.iter().any(|said| said.starts_with("held-up ")) {
                assert!(writes.is_empty(), "{place}: {writes:?}");
                held_up += 1;
                assert!(held_up <= AGAIN, "{place}: the machine is too busy");
                continue;
            }
            assert_eq!(writes.len(), 1, "{place}: {writes:?}");
            let [sent, refused] =
                ["sent ", "refused "].map(|word| heard.iter().find_map(|said| said.strip_prefix(word)));
            assert_eq!(sent, refused, "{place}: both see the same winner");
            let (run, who) = sent.and_then(|said| said.split_once(' ')).expect(&place);
            assert_eq!(run, writes[0].run, "{place}");
            *wins.entry(who.to_owned()).or_insert(0) += 1;
        }
    }
    wins
}

/// What became of the stopped ones.
#[derive(Debug, Default)]
pub struct Stale {
    pub rounds: usize,
    /// Stopped before anything had left, and judged by another process before they went on.
    pub held_up: usize,
    /// Writes that reached the store after another process had judged the run.
    pub landed_late: usize,
}

/// A process is stopped between its intent and its request; another one takes over and judges the run; the first goes on.
/// `lanes` at a time, each `rounds` times, stopped at another point each time.
///
/// # Panics
/// If a process does not do as it is told.
pub async fn stale(lanes: usize, rounds: usize, journal: impl Fn(usize) -> String) -> Stale {
    let lanes: Vec<_> = (0..lanes)
        .map(|lane| (lane, journal(lane)))
        .map(|(lane, journal)| tokio::spawn(stale_lane(lane, rounds, journal)))
        .collect();
    let mut found = Stale::default();
    for lane in lanes {
        let one = lane.await.expect("the lane lives");
        found.rounds += one.rounds;
        found.held_up += one.held_up;
        found.landed_late += one.landed_late;
    }
    found
}

async fn stale_lane(lane: usize, rounds: usize, journal: String) -> Stale {
    let store = Store::obedient().await;
    let mut found = Stale::default();
    let mut ana = Responder::start(&journal, &store, "ana", rounds, NEAR).await;
    for round in 0..rounds {
        ana.say(&format!("draw {round}")).await;
        assert_eq!(ana.hear().await, "drawn");
        ana.say(&format!("stop {round} {}", (lane + round) % 2)).await;
        ana.stopped().await;
        let mut ben = Responder::start(&journal, &store, "ben", rounds, NEAR).await;
        ben.say(&format!("settle {round}")).await;
        assert_eq!(ben.hear().await, "settled");
        let before = store.writes().len();
        kill_process(ana.pid(), Signal::CONT).expect("goes on");
        let said = ana.hear().await;
        assert!(said.starts_with("went on"), "{said}");
        let landed = store.writes().into_iter().filter(|write| write.flag == format!("f{round}")).count();
        found.rounds += 1;
        found.landed_late += store.writes().len() - before;
        found.held_up += usize::from(landed == 0);
    }
    found
}
