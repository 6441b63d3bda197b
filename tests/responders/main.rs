//! Two terminals on one journal file: the same kill switch at the same moment, and a holder that was stopped too long.
//! The same on PostgreSQL, and 200 rounds of the second on both, are in `tests/real`.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why and stops")]

mod pair;

fn file(dir: &tempfile::TempDir, name: &str) -> String {
    dir.path().join(format!("{name}.db")).display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_press_the_same_key_one_writes_and_both_see_who_a_thousand_times() {
    let dir = tempfile::tempdir().expect("a directory");
    let wins = pair::race(10, 100, |night| file(&dir, &format!("night-{night}"))).await;
    println!("rounds won by each: {wins:?}");
    assert_eq!(wins.values().sum::<usize>(), 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_that_was_stopped_past_its_claim_writes_nothing_when_it_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let found = pair::stale(8, 3, |lane| file(&dir, &format!("lane-{lane}"))).await;
    println!("{found:?}");
    assert_eq!((found.rounds, found.landed_late), (24, 0));
    assert!(found.held_up >= 20, "the stops missed what they are for: {found:?}");
}
