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
/// Ages on the screen are never older than this.
const SLOWEST: Duration = Duration::from_secs(15);

/// What was published: the judged picture and the facts behind it.
#[derive(Debug, Clone)]
pub struct View {
    /// The judged picture.
    pub snapshot: Arc<Snapshot>,
    /// What it was judged from.
    pub observations: Arc<Observations>,
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
    loop {
        let wait = next_wait(&board);
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
        publish(&known, &board, &views);
        tokio::time::sleep(if board.settled() { COALESCE } else { AT_THE_START }).await;
    }
}

fn publish(catalogue: &Catalogue, board: &Board, views: &watch::Sender<Option<View>>) {
    let settled = board.settled();
    let made = clock::since_boot();
    let observations = board.observations(clock::now(), made);
    let snapshot = Arc::new(picture::snapshot(catalogue, &observations));
    views.send_replace(Some(View { snapshot, observations: Arc::new(observations), settled, made }));
}

fn next_wait(board: &Board) -> Duration {
    let now = clock::now();
    let until = |at: Timestamp| Duration::try_from(at.duration_since(now)).unwrap_or_default();
    board.next_ageing(now, clock::since_boot()).map_or(SLOWEST, until).clamp(Duration::from_millis(20), SLOWEST)
}
