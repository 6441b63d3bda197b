//! The journal that a team shares, on a real PostgreSQL: the same guarantees as a file, between machines; and what becomes
//! of entries while the database is killed, stopped, or not allowed.

use std::path::Path;
use std::time::{Duration, Instant};

use breakglass::clock;
use breakglass::domain::action::{ActionKind, Direction};
use breakglass::domain::entry::{Entry, Happening, Intent};
use breakglass::domain::lever::{LeverReading, Revision, Setting};
use breakglass::domain::plan::{Plan, Purpose};
use breakglass::domain::run::RunMove;
use breakglass::journal::{Home, IntendError, Journal, Options, Password, Place, Team, Writer, verify_home};
use sqlx::{Connection as _, PgConnection};

use crate::postgres::Postgres;

/// As the product opens it, but for the patience of a first answer: the machine may be busy.
fn options(url: &str, stream: &str, spool: &Path, who: &str) -> Options {
    let team = Team { url: url.to_owned(), stream: stream.to_owned(), password: None };
    let writer = Writer { who: who.to_owned(), host: format!("{who}s-laptop") };
    let mut options = Options::shared(team, spool.to_owned(), writer, clock::now);
    options.spools.truncate(1);
    options.patience.open = Duration::from_secs(20);
    options.patience.reopen = Duration::from_millis(100);
    options
}

/// Waits longer than the product does, where it is not the waiting that is tested.
fn patient(mut options: Options) -> Options {
    options.patience.store = Duration::from_secs(20);
    options
}

fn note(text: &str) -> Happening {
    Happening::Note { text: text.to_owned() }
}

fn notes(entries: &[Entry]) -> Vec<String> {
    let text = |entry: &Entry| match &entry.what {
        Happening::Note { text } => Some(text.clone()),
        _ => None,
    };
    entries.iter().filter_map(text).collect()
}

/// A containment of `lever` by `run`.
fn intent(run: &str, lever: &str) -> Intent {
    let prior = LeverReading {
        setting: Setting::Switch(true),
        revision: Revision::Strong("7".into()),
        raw: "{}".into(),
        read_at: clock::now(),
        set_by: None,
        set_at: None,
    };
    let lever = lever.parse().expect("a lever");
    let after = Setting::Switch(false);
    Intent {
        run: run.parse().expect("a run"),
        action: "kill".parse().expect("an action"),
        action_kind: ActionKind::KillFeature,
        title: "Kill switch".into(),
        purpose: Purpose::Action,
        direction: Direction::Contain,
        digest: Plan::digest_of("prod", &lever, &prior, &after, &[]),
        lever,
        prior,
        after,
        requests: Vec::new(),
        deadline_ms: 3_000,
        review_by: None,
        bad_before: Vec::new(),
        failing: Vec::new(),
        showed: Vec::new(),
        shown_before: false,
        stage: None,
    }
}

/// Waits for what the journal says by itself, without asking it.
async fn until(journal: &Journal, what: &str, holds: impl Fn(&Journal) -> bool) -> Duration {
    let start = Instant::now();
    let mut changes = journal.subscribe();
    while !holds(journal) {
        let left = Duration::from_mins(1).checked_sub(start.elapsed());
        let heard = tokio::time::timeout(left.unwrap_or_default(), changes.changed()).await;
        heard.unwrap_or_else(|_| panic!("{what}: {:?}", journal.place())).expect("the journal lives");
    }
    start.elapsed()
}

async fn sql(url: &str, text: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned())).execute(&mut connection).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_shares_one_journal() {
    let server = Postgres::boot().await;
    let dir = tempfile::tempdir().expect("a directory");
    let url = server.url();

    // Eight terminals start at once on an empty database: one creates the tables, all are there.
    let starting: Vec<_> = (0..8)
        .map(|at| Journal::open_with(patient(options(&url, "bot/prod", dir.path(), &format!("person{at}")))))
        .map(tokio::spawn)
        .collect();
    for journal in starting {
        let journal = journal.await.expect("opens");
        assert_eq!(journal.place(), Place::Stored);
        journal.close().await;
    }

    let ana = Journal::open_with(patient(options(&url, "bot/prod", dir.path(), "ana"))).await;
    let ben = Journal::open_with(patient(options(&url, "bot/prod", dir.path(), "ben"))).await;
    let other = Journal::open_with(patient(options(&url, "search/prod", dir.path(), "cid"))).await;
    let id = ana.open_incident("answers are wrong", Some("P1"), "typed").await;
    assert_eq!(ben.open_incident("seen by ben", None, "typed").await, id, "one incident, whoever opens it");

    // A lever has one holder, and both know who.
    ana.intend(None, intent("r1", "assistant")).await.expect("free");
    let held = Err(IntendError::Held { run: "r1".parse().expect("id"), who: "ana".into() });
    assert_eq!(ben.intend(None, intent("r2", "assistant")).await, held);
    other.intend(None, intent("r2", "assistant")).await.expect("another service has levers of its own");

    // News is heard within a second, without asking.
    for round in 0..20 {
        ana.append(Some(&id), note(&round.to_string())).await;
        let heard = until(&ben, "ben hears of ana's note", |ben| {
            ben.ledger().open.is_some() && ben.open_runs().len() == 1 && ben.position() >= ana.position()
        });
        assert!(heard.await < Duration::from_secs(1), "note {round} took too long");
    }
    assert_eq!(notes(&ben.entries().await).len(), 20);
    assert_eq!(other.entries().await.len(), 1, "the streams are apart");

    // The chain verifies; the tables refuse every change, also for their owner.
    let home = options(&url, "bot/prod", dir.path(), "ana").home;
    let found = verify_home(&home).await.expect("readable");
    assert_eq!((found.entries, found.broken), (22, None));
    for change in [
        "UPDATE breakglass.entry SET head = 'x'",
        "DELETE FROM breakglass.entry",
        "TRUNCATE breakglass.entry CASCADE",
        "INSERT INTO breakglass.entry SELECT stream, seq + 7, hash, prev, 'x:1', head FROM breakglass.entry",
    ] {
        let refused = sql(&url, change).await.expect_err(change).to_string();
        assert!(refused.contains("append-only"), "{change}: {refused}");
    }
    // Whoever switches the triggers off is found out.
    let off = "SET session_replication_role = replica;";
    sql(&url, &format!("{off} DELETE FROM breakglass.entry WHERE seq = 22 AND stream = 'bot/prod'"))
        .await
        .expect("cut");
    let cut = verify_home(&home).await.expect("readable").broken.expect("a cut tail shows against the stream's head");
    assert_eq!(cut.0, 22, "{cut:?}");
    sql(&url, &format!("{off} DELETE FROM breakglass.entry WHERE seq = 5 AND stream = 'bot/prod'")).await.expect("cut");
    assert_eq!(verify_home(&home).await.expect("readable").broken.map(|(seq, _)| seq), Some(6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_least_role_can_work_and_change_nothing() {
    let server = Postgres::boot().await;
    let dir = tempfile::tempdir().expect("a directory");
    let owner = Journal::open_with(patient(options(&server.url(), "bot/prod", dir.path(), "ana"))).await;
    owner.append(None, note("the tables are there")).await;
    // The words of docs/journal.md.
    let page = include_str!("../../docs/journal.md");
    let grants = page.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the page has them");
    sql(&server.url(), &grants.replace("PASSWORD '…'", "PASSWORD 'p'")).await.expect("granted");

    let url = server.url().replace("postgres@", "oncall@");
    let mut options = patient(options(&url, "search/prod", dir.path(), "ben"));
    if let Home::Team(team) = &mut options.home {
        team.password = Some(Password::new(|| async { Ok("p".into()) }));
    }
    let journal = Journal::open_with(options.clone()).await;
    assert_eq!(journal.place(), Place::Stored, "{:?}", journal.place());
    journal.intend(None, intent("r1", "assistant")).await.expect("free");
    journal.moved(None, &"r1".parse().expect("id"), RunMove::FailToSend, "").await;
    assert_eq!(journal.place(), Place::Stored);
    assert_eq!(verify_home(&options.home).await.expect("readable").broken, None);
    for change in ["UPDATE breakglass.entry SET head = 'x'", "DELETE FROM breakglass.entry", "DROP SCHEMA breakglass"] {
        sql(&url, change).await.expect_err(change);
    }
}

/// The product's own patience: nothing waits more than 250 ms for the database, whatever happens to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_killed_or_stopped_holds_nothing_up_and_loses_nothing() {
    let mut server = Postgres::boot().await;
    for way in ["killed", "stopped"] {
        for round in 0..5 {
            let stream = format!("{way}-{round}/prod");
            let dir = tempfile::tempdir().expect("a directory");
            let url = server.url();
            let ana = Journal::open_with(options(&url, &stream, dir.path(), "ana")).await;
            until(&ana, "opens", |ana| ana.place() == Place::Stored).await;
            ana.append(None, note("0")).await;

            // Entries are on their way while it happens.
            let writing = tokio::spawn({
                let ana = ana.clone();
                async move {
                    let mut slowest = Duration::ZERO;
                    for at in 1..=40 {
                        let start = Instant::now();
                        ana.append(None, note(&at.to_string())).await;
                        slowest = slowest.max(start.elapsed());
                    }
                    slowest
                }
            });
            tokio::time::sleep(Duration::from_millis(3 * round)).await;
            if way == "killed" {
                server.kill();
            } else {
                server.freeze();
            }
            let slowest = writing.await.expect("writes");
            // Away now, however far the writer came.
            let start = Instant::now();
            ana.intend(None, intent("r1", "assistant")).await.expect("a containment goes out");
            let took = start.elapsed().max(slowest);
            assert!(took < Duration::from_millis(400), "{way}: {took:?} (250 ms, and a busy machine)");
            assert!(matches!(ana.place(), Place::Spooling { .. }), "{way}: {:?}", ana.place());
            let mut release = intent("r2", "prompt");
            release.direction = Direction::Release;
            let refused = ana.intend(None, release).await;
            assert!(matches!(refused, Err(IntendError::Away { .. })), "{way}: {refused:?}");

            if way == "killed" {
                server.restart().await;
            } else {
                server.thaw();
            }
            until(&ana, "is back", |ana| ana.place() == Place::Stored).await;
            let known: Vec<String> = (0..=40).map(|at| at.to_string()).collect();
            assert_eq!(notes(&ana.entries().await), known, "{way} {round}: every entry once, in order");
            let ben = Journal::open_with(patient(options(&url, &stream, dir.path(), "ben"))).await;
            assert_eq!(notes(&ben.entries().await), known, "{way} {round}: and so it is stored");
            assert_eq!(ben.open_runs().len(), 1, "the claim is known to everybody again");
            let home = options(&url, &stream, dir.path(), "ana").home;
            assert_eq!(verify_home(&home).await.expect("readable").broken, None);
            ana.close().await;
            ben.close().await;
        }
    }
}

/// Without the database at the start, and without a place for the spool.
#[tokio::test]
async fn with_the_spool_away_too_containments_are_unlogged_and_nothing_is_released() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("in-the-way");
    std::fs::write(&file, "").expect("writable");
    let url = "postgres://nobody@127.0.0.1:9/none";
    let journal = Journal::open_with(options(url, "bot/prod", &file.join("spool"), "ana")).await;
    journal.intend(None, intent("r1", "assistant")).await.expect("a containment goes out");
    assert!(matches!(journal.place(), Place::Unlogged { count: 1, .. }), "{:?}", journal.place());
    let mut release = intent("r2", "prompt");
    release.direction = Direction::Release;
    assert!(matches!(journal.intend(None, release).await, Err(IntendError::Away { .. })));
}
