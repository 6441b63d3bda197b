//! The process that gets killed: real journal, real engine, real Unleash adapter, one action.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use breakglass::domain::entry::Intent;
use breakglass::domain::plan::{Answer, Confirmed};
use breakglass::domain::run::{RunMove, RunState};
use breakglass::engine::{Book, Engine};
use breakglass::journal::{Journal, Options, Patience, Writer};
use breakglass::{adapters, clock, config};

/// What the parent hands over, in the environment.
pub const JOURNAL: &str = "BREAKGLASS_CRASH_JOURNAL";
pub const STORE: &str = "BREAKGLASS_CRASH_STORE";
/// Number of the flag to switch off; without it the child waits until everything is settled.
pub const FLAG: &str = "BREAKGLASS_CRASH_FLAG";
pub const BLIND: &str = "BREAKGLASS_CRASH_BLIND";
/// How many flags there are.
pub const FLAGS: usize = 20;

#[expect(clippy::disallowed_methods, reason = "how the parent tells the child what to do")]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn config_text(store: &str, flags: &[usize]) -> String {
    use std::fmt::Write as _;
    let mut text = format!(
        "schema = 1\nmode = \"act\"\n[service]\nname = \"bot\"\nenvironment = \"prod\"\n\
         [endpoint.flags]\nvendor = \"unleash\"\nurl = \"{store}\"\ntimeout = \"400ms\"\ninterval = \"60s\"\n"
    );
    for flag in flags {
        write!(
            text,
            "[lever.l{flag}]\nfrom = \"flags\"\nflag = \"f{flag}\"\nnormal = \"on\"\ncontained = \"off\"\n\
             [action.k{flag}]\nkind = \"kill_feature\"\ntitle = \"off\"\nlever = \"l{flag}\"\nto = \"contained\"\n"
        )
        .expect("text");
    }
    text
}

/// Lives until it is killed, or (without a flag) until every run is settled.
pub fn live() {
    let (file, store) = (told(JOURNAL).expect("run by its parent"), told(STORE).expect("run by its parent"));
    let flag: Option<usize> = told(FLAG).map(|flag| flag.parse().expect("a number"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let flags = flag.map_or_else(|| (0..FLAGS).collect(), |flag| vec![flag]);
        let config = config::load_text("crash.toml", &config_text(&store, &flags)).expect("a good config");
        let adapters = config.endpoints.iter().map(|spec| (spec.id.clone(), adapters::build::build(spec))).collect();
        let journal = open(Path::new(&file)).await;
        for run in journal.ledger().unfinished() {
            println!("answer: unfinished {}", run.intent.run);
        }
        if told(BLIND).is_some() {
            retry_blindly(&journal).await;
        }
        let (engine, mut events) = Engine::start(config, adapters, Book::new(journal.clone()));
        tokio::spawn(async move { while events.recv().await.is_some() {} });
        match flag {
            Some(flag) => fire(&engine, flag).await,
            None => settle(&journal).await,
        }
    });
    // Runs that are under way would be waited for; the parent has seen enough.
    std::process::exit(0);
}

async fn open(file: &Path) -> Journal {
    let writer = Writer { who: "ana".into(), host: "bastion".into() };
    let mut options = Options::new(file.to_owned(), writer, clock::now);
    // The machine may be busy; what happens when the disk is slow is tested elsewhere.
    options.patience =
        Patience { store: Duration::from_secs(10), open: Duration::from_secs(10), ..Patience::default() };
    Journal::open_with(options).await
}

async fn fire(engine: &Engine, flag: usize) {
    let action = format!("k{flag}").parse().expect("an action");
    let plan = engine.core().preview(&action).await.expect("the store can be read");
    let answer = Answer {
        digest: plan.digest.clone(),
        typed: Some(plan.typed_word()),
        read: true,
        approved_by: None,
        by: "ana".into(),
    };
    let confirmed = Confirmed::confirm(plan, &answer, clock::now()).expect("confirmed");
    println!("answer: firing");
    engine.fire(confirmed);
    std::future::pending::<()>().await;
}

async fn settle(journal: &Journal) {
    let mut changes = journal.subscribe();
    while journal.ledger().unfinished().next().is_some() {
        changes.changed().await.expect("the journal lives");
    }
    journal.close().await;
    println!("answer: settled");
}

/// What recovery must not do: send again what has no answer on record, and believe.
async fn retry_blindly(journal: &Journal) {
    for record in journal.open_runs().into_iter().filter(|record| record.state != RunState::Unknown) {
        let run = &record.intent.run;
        send_again(&record.intent);
        for by in [RunMove::Send, RunMove::Acknowledge] {
            journal.moved(None, run, by, "sent again").await;
        }
    }
}

fn send_again(intent: &Intent) {
    for request in &intent.requests {
        let url = request.url.strip_prefix("http://").expect("http");
        let (host, path) = url.split_once('/').expect("a path");
        let mut stream = TcpStream::connect(host).expect("connects");
        stream.set_read_timeout(Some(Duration::from_millis(400))).expect("a timeout");
        let head = format!(
            "{} /{path} HTTP/1.1\r\nhost: {host}\r\nidempotency-key: {}\r\ncontent-length: 0\r\n\r\n",
            request.method, intent.run
        );
        stream.write_all(head.as_bytes()).expect("sends");
        // Whatever the answer is, a blind retry believes in it.
        let _ = stream.read(&mut [0; 512]);
    }
}
