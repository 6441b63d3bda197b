//! The publisher: owns the board, judges it with `domain::picture`, and publishes one immutable view. The passing of
//! time publishes too: a value becomes stale without a poll. May not talk to anybody outside.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::board::{Board, Update};
use crate::clock;
use crate::domain::catalogue::Catalogue;
use crate::domain::observations::Observations;
use crate::domain::picture;
use crate::domain::snapshot::Snapshot;

/// At most ten pictures a second, whatever arrives; the first value after a pause is published at once.
const COALESCE: Duration = Duration::from_millis(100);
/// The same while the first answers come in: somebody waits for each of them.
const AT_THE_START: Duration = Duration::from_millis(20);
/// A gap between wall clock and task wake-up that only a suspended machine explains.
const SLEPT: Duration = Duration::from_secs(30);
/// Nothing is judged again before that.
const SOONEST: Duration = Duration::from_millis(20);
/// Ages on the screen are never older than this.
const SLOWEST: Duration = Duration::from_secs(15);

/// What was published: the judged picture and the facts behind it.
#[derive(Debug, Clone)]
pub struct View {
    /// The judged picture.
    pub snapshot: Arc<Snapshot>,
    /// What it was judged from.
    pub observations: Arc<Observations>,
    /// What it was judged with, the runbooks as they were then among it.
    pub catalogue: Arc<Catalogue>,
    /// True when every source has been heard once.
    pub settled: bool,
    /// When it was made, since boot: its times are by the wall clock as it was set then.
    pub made: Duration,
}

/// Runs until every sender is gone.
pub async fn run(
    mut catalogue: watch::Receiver<Arc<Catalogue>>,
    mut board: Board,
    mut updates: mpsc::Receiver<Update>,
    views: Arc<watch::Sender<Option<View>>>,
) {
    let mut batch = Vec::new();
    let mut shown = Shown { at: clock::now(), made: clock::since_boot() };
    loop {
        let wait = next_wait(&board, shown, clock::since_boot());
        let before = clock::since_boot();
        tokio::select! {
            biased;
            received = updates.recv_many(&mut batch, 256) => if received == 0 { return },
            changed = catalogue.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(wait) => {}
        }
        // Tokio's clock stops during suspend and ours does not: a large difference means that we slept.
        if clock::since_boot().saturating_sub(before) > wait + SLEPT {
            board.apply(Update::Resumed);
        }
        batch.drain(..).for_each(|update| board.apply(update));
        let known = Arc::clone(&catalogue.borrow_and_update());
        shown = publish(known, &board, &views);
        let pause = if board.settled() { COALESCE } else { AT_THE_START };
        if let Ok(changed) = tokio::time::timeout(pause, catalogue.changed()).await {
            if changed.is_err() {
                return;
            }
            // Runbooks that were loaded or edited come seldom, and somebody waits for what they say: no pause holds them.
            catalogue.mark_changed();
        }
    }
}

/// When the newest picture was made, by both clocks.
#[derive(Debug, Clone, Copy)]
struct Shown {
    at: Timestamp,
    made: Duration,
}

fn publish(catalogue: Arc<Catalogue>, board: &Board, views: &watch::Sender<Option<View>>) -> Shown {
    let settled = board.settled();
    let (at, made) = (clock::now(), clock::since_boot());
    let observations = board.observations(at, made);
    let snapshot = Arc::new(picture::snapshot(&catalogue, &observations));
    views.send_replace(Some(View { snapshot, observations: Arc::new(observations), catalogue, settled, made }));
    Shown { at, made }
}

/// Until a status changes by itself that the newest picture shows as it was. What became stale since then is due at once:
/// by the clock of now it would lie in the past, and nobody would look again.
fn next_wait(board: &Board, shown: Shown, since_boot: Duration) -> Duration {
    let until = |next: Timestamp| Duration::try_from(next.duration_since(shown.at)).unwrap_or_default();
    let lasts = board.next_ageing(shown.at, shown.made).map_or(SLOWEST, until);
    lasts.saturating_sub(since_boot.saturating_sub(shown.made)).clamp(SOONEST, SLOWEST)
}

#[cfg(test)]
mod tests {
    use super::super::board::tests::heard_once;
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn new_runbooks_are_judged_at_once_however_short_ago_the_last_picture_was_made() {
        let (board, _) = heard_once(clock::now());
        let (put, catalogue) = watch::channel(Arc::new(Catalogue::empty()));
        let (_updates, inbox) = mpsc::channel(1);
        let views = Arc::new(watch::channel(None).0);
        let mut seen = views.subscribe();
        tokio::spawn(run(catalogue, board, inbox, Arc::clone(&views)));
        let start = tokio::time::Instant::now();
        for _ in 0..3 {
            let newest = Arc::new(Catalogue::empty());
            put.send_replace(Arc::clone(&newest));
            let is_judged =
                |view: &Option<View>| view.as_ref().is_some_and(|view| Arc::ptr_eq(&view.catalogue, &newest));
            drop(seen.wait_for(is_judged).await.expect("a publisher"));
        }
        assert!(start.elapsed() < AT_THE_START, "{:?}", start.elapsed());
    }

    #[test]
    fn what_became_stale_right_after_a_picture_was_made_is_judged_at_once() {
        let (at, made) = (clock::now(), clock::since_boot());
        let (board, _) = heard_once(at);
        let after = |ms: u64| (at + Duration::from_millis(ms), made + Duration::from_millis(ms));
        let wait = |shown: u64, now: u64| {
            let (at, made) = after(shown);
            // The sample came a moment after the clock was read.
            next_wait(&board, Shown { at, made }, after(now).1).as_millis().div_ceil(100) * 100
        };
        // Stale after 15 s, unknown after 30 s.
        assert_eq!(wait(1_000, 1_000), 14_100);
        assert_eq!(wait(1_000, 9_000), 6_100, "what passed meanwhile is over");
        assert_eq!(wait(14_990, 15_090), 100, "it became stale while nobody looked");
        assert_eq!(wait(15_090, 15_090), 15_000, "then it is shown, and stays so for long");
    }
}
