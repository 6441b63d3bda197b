//! kill -9 at random moments while actions are under way, against a store that records every write.
//!
//! Held to: no effect without a durable intent; no write twice; every unfinished run is shown at the next start; in the
//! end every run is settled, as the store knows it. And the test is held to something too: with recovery replaced by a
//! blind retry it must find doubles.

#![expect(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test speaks and stops by itself")]

mod child;
mod lane;
mod store;

use lane::{Found, Recovery};

/// Seeds of the lanes; each kills twenty times. Printed, so that a failure can be tried again.
const LANES: std::ops::Range<u64> = 1..11;

async fn run(lanes: std::ops::Range<u64>, recovery: Recovery) -> Found {
    let lanes: Vec<_> = lanes.map(|seed| tokio::spawn(lane::live(seed, recovery))).collect();
    let mut found = Found::default();
    for lane in lanes {
        found.add(&lane.await.expect("the lane lives"));
    }
    println!("{recovery:?}: {found:#?}");
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_two_hundred_times_nothing_is_lost_and_nothing_is_sent_twice() {
    let found = run(LANES, Recovery::ReadBack).await;
    assert_eq!(found.kills, 200);
    assert_eq!(found.without_intent, Vec::<String>::new(), "no effect without a durable intent");
    assert_eq!(found.doubles, Vec::<String>::new(), "no write twice");
    assert_eq!(found.not_shown, Vec::<String>::new(), "every unfinished run is shown at the next start");
    assert_eq!(found.wrong_end, Vec::<String>::new(), "the journal ends with what the store knows");
    // Otherwise the kills missed what they are for.
    assert!(found.unfinished_at_kill >= 40, "only {} kills hit a run under way", found.unfinished_at_kill);
    assert!(found.applied_but_unanswered >= 10, "only {} kills hit the worst moment", found.applied_but_unanswered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_recovery_switched_off_the_same_test_finds_doubles() {
    let found = run(101..105, Recovery::BlindRetry).await;
    assert!(!found.doubles.is_empty(), "a test that cannot fail proves nothing");
}

#[test]
#[ignore = "a child process of the tests above"]
fn child() {
    child::live();
}
