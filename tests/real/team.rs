//! The journal that a team shares, on a real PostgreSQL: the same guarantees as a file, between machines; and what becomes
//! of entries while the database is killed, stopped, or not allowed.

#[path = "../../src/journal/tests/kit.rs"]
#[allow(dead_code, reason = "the journal's own tests use the rest")]
mod kit;

use std::path::Path;
use std::time::{Duration, Instant};

// The kit knows the crate by way of its parent.
use ::breakglass;
use breakglass::clock;
use breakglass::domain::action::Direction;
use breakglass::domain::entry::Happening;
use breakglass::domain::run::{RunMove, RunState};
use breakglass::journal::{Home, IntendError, Journal, Opening, Options, Password, Place, Team, verify_home};
use sqlx::{Connection as _, PgConnection};

use self::kit::{intent, note, notes, until, until_stored, writer};
use crate::pair;
use crate::postgres::Postgres;

/// As the product opens it, but for the patience of a first answer: the machine may be busy.
fn options(url: &str, stream: &str, spool: &Path, who: &str) -> Options {
    let team = Team { url: url.to_owned(), stream: stream.to_owned(), password: None };
    let mut options = Options::shared(team, spool.to_owned(), writer(who), clock::now);
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
    let mut slowest = Duration::ZERO;
    for round in 0..20 {
        ana.append(Some(&id), note(&round.to_string())).await;
        let heard = until(&ben, "ben hears of ana's note", |ben| {
            ben.ledger().open.is_some() && ben.open_runs().len() == 1 && ben.position() >= ana.position()
        });
        slowest = slowest.max(heard.await);
    }
    println!("20 notes, the slowest heard after {slowest:?}");
    assert!(slowest < Duration::from_secs(1));
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
    assert_eq!(owner.place(), Place::Stored);
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
            until_stored(&ana).await;
            // In the middle of an action: it is intended, and its answer comes when the database is away.
            ana.intend(None, intent("r0", "model")).await.expect("free");
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
            for by in [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored] {
                ana.moved(None, &"r0".parse().expect("id"), by, "").await;
            }
            assert!(took < Duration::from_millis(400), "{way}: {took:?} (250 ms, and a busy machine)");
            let Place::Spooling { file: Some(file), count, .. } = ana.place() else {
                panic!("{way}: {:?}", ana.place())
            };
            let spooled = std::fs::read_to_string(&file).expect("a segment").lines().count();
            assert_eq!(spooled, count, "{way} {round}: what waits is on disk, line by line");
            let mut release = intent("r2", "prompt");
            release.direction = Direction::Release;
            let refused = ana.intend(None, release).await;
            assert!(matches!(refused, Err(IntendError::Away { .. })), "{way}: {refused:?}");

            if way == "killed" {
                server.restart().await;
            } else {
                server.thaw();
            }
            until_stored(&ana).await;
            let known: Vec<String> = (0..=40).map(|at| at.to_string()).collect();
            assert_eq!(notes(&ana.entries().await), known, "{way} {round}: every entry once, in order");
            let ben = Journal::open_with(patient(options(&url, &stream, dir.path(), "ben"))).await;
            assert_eq!(notes(&ben.entries().await), known, "{way} {round}: and so it is stored");
            assert_eq!(ben.open_runs().len(), 1, "the claim is known to everybody again");
            let ledger = ben.ledger();
            assert_eq!(
                ledger.runs.values().map(|run| run.state).collect::<Vec<_>>(),
                [RunState::ReadBack, RunState::Intent]
            );
            assert!(ledger.illegal.is_empty(), "no move twice, none too early: {:?}", ledger.illegal);
            assert_eq!(ana.entries().await, ben.entries().await);
            let home = options(&url, &stream, dir.path(), "ana").home;
            assert_eq!(verify_home(&home).await.expect("readable").broken, None);
            ana.close().await;
            ben.close().await;
        }
    }
}

/// Every time the database stops answering, a containment is the first to notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_containment_waits_no_longer_than_250_ms_for_the_database() {
    let server = Postgres::boot().await;
    let dir = tempfile::tempdir().expect("a directory");
    let ana = Journal::open_with(options(&server.url(), "bot/prod", dir.path(), "ana")).await;
    let mut waited = Vec::new();
    for round in 0..20 {
        until_stored(&ana).await;
        server.freeze();
        let start = Instant::now();
        let until = Some(ana.for_a_containment());
        let opening = Opening { title: "answers are wrong".into(), severity: None, why: "its first action".into() };
        let id = ana.under_incident(opening, vec![note(&round.to_string())], until).await;
        let intent = intent(&format!("r{round}"), &format!("lever-{round}"));
        ana.intend_after(Some(&id), intent, Some(0), until).await.expect("it goes out");
        waited.push(start.elapsed());
        assert!(matches!(ana.place(), Place::Spooling { .. }), "{:?}", ana.place());
        server.thaw();
    }
    until_stored(&ana).await;
    assert_eq!(ana.open_runs().len(), 20, "each is stored, once");
    waited.sort();
    let (median, slowest) = (waited[10], waited[19]);
    println!("20 containments without the database: median {median:?}, slowest {slowest:?}");
    assert!(median <= Duration::from_millis(250) && slowest < Duration::from_millis(400), "(a busy machine)");
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

/// The database is killed in the middle of an action, and the spool's directory is away too: everything stays in memory, red,
/// and is in the journal exactly once when the database is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_mid_action_with_the_spool_away_too_everything_is_stored_once_afterwards() {
    let mut server = Postgres::boot().await;
    let dir = tempfile::tempdir().expect("a directory");
    let blocked = dir.path().join("in-the-way");
    std::fs::write(&blocked, "").expect("writable");
    let ana = Journal::open_with(options(&server.url(), "bot/prod", &blocked.join("spool"), "ana")).await;
    until_stored(&ana).await;
    ana.intend(None, intent("r0", "model")).await.expect("free");
    server.kill();
    ana.moved(None, &"r0".parse().expect("id"), RunMove::Send, "").await;
    ana.intend(None, intent("r1", "assistant")).await.expect("a containment goes out");
    assert!(matches!(ana.place(), Place::Unlogged { count: 2, .. }), "{:?}", ana.place());
    let mut release = intent("r2", "prompt");
    release.direction = Direction::Release;
    assert!(matches!(ana.intend(None, release).await, Err(IntendError::Away { .. })));

    server.restart().await;
    until_stored(&ana).await;
    let entries = ana.entries().await;
    let intents = entries.iter().filter(|entry| matches!(entry.what, Happening::Intended(_))).count();
    let moves = entries.iter().filter(|entry| matches!(entry.what, Happening::RunMoved { .. })).count();
    assert_eq!((intents, moves), (2, 1), "{entries:?}");
    assert!(entries.iter().any(|entry| matches!(entry.what, Happening::Imported { count: 2, .. })), "{entries:?}");
    let ben = Journal::open_with(options(&server.url(), "bot/prod", &dir.path().join("spool"), "ben")).await;
    until_stored(&ben).await;
    assert_eq!(ben.entries().await, entries);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_press_the_same_key_one_writes_and_both_see_who_a_thousand_times() {
    let server = Postgres::boot().await;
    let wins = pair::race(10, 100, |night| format!("{}#night-{night}/prod", server.url())).await;
    println!("rounds won by each: {wins:?}");
    assert_eq!(wins.values().sum::<usize>(), 1_000);
}

/// In the database and in a file, both at once: it is mostly waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_that_was_stopped_past_its_claim_writes_nothing_two_hundred_times() {
    let server = Postgres::boot().await;
    let dir = tempfile::tempdir().expect("a directory");
    let mut held_up = [0, 0];
    // Two rounds a journal: three writes in a row that failed would freeze it.
    for batch in 0..10 {
        let stream = |lane: usize| format!("{}#batch-{batch}-{lane}/prod", server.url());
        let file = |lane: usize| dir.path().join(format!("batch-{batch}-{lane}.db")).display().to_string();
        let (shared, own) = tokio::join!(pair::stale(10, 2, stream), pair::stale(10, 2, file));
        for (found, held_up) in [shared, own].into_iter().zip(&mut held_up) {
            assert_eq!((found.rounds, found.landed_late), (20, 0));
            *held_up += found.held_up;
        }
    }
    println!("200 rounds on PostgreSQL and 200 on files, held up before anything had left: {held_up:?}");
    assert!(held_up.iter().all(|held_up| *held_up >= 160), "the stops missed what they are for: {held_up:?}");
}
