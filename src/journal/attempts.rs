//! Tries to open the database, one at a time. One that hangs is given up, and the next may take twice as long, so that
//! neither a hanging disk nor a slow import keeps the database away for ever. May not decide when to try.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::head::Draft;
use super::opening::{self, Away, Opened};
use super::session::Session;

/// However often it hung, at most this long.
const LONGEST: Duration = Duration::from_mins(10);

/// What opening comes to.
type Opening = Result<Opened, Box<Away>>;

/// How a try ended; the words are for one that has no result.
pub(super) type Tried = Result<Opening, String>;

/// The running try, if one is running, and how long the next may take.
#[derive(Debug)]
pub(super) struct Attempts {
    running: Option<(JoinHandle<Opening>, Instant)>,
    first: Duration,
    limit: Duration,
}

impl Attempts {
    /// None is running. The first may take this long.
    pub(super) const fn new(first: Duration) -> Self {
        Self { running: None, first, limit: first }
    }

    /// True while one is running.
    pub(super) const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Begins one. `waiting` are this session's entries that are not stored yet.
    pub(super) fn begin(&mut self, session: &Arc<Session>, waiting: Vec<Draft>) {
        let task = tokio::spawn(opening::open(Arc::clone(session), waiting));
        self.running = Some((task, Instant::now() + self.limit));
    }

    /// Resolves when the running one has ended or is given up; never while none is running. Dropping it loses nothing.
    pub(super) async fn ended(&mut self) -> Tried {
        let Some((task, until)) = self.running.as_mut() else { return std::future::pending().await };
        let tried = match timeout_at(*until, &mut *task).await {
            Ok(Ok(opened)) => {
                self.limit = self.first;
                Ok(opened)
            }
            Ok(Err(failed)) => Err(format!("opening failed: {failed}")),
            Err(_) => {
                // What it has imported so far is stored once, whoever imports it again.
                task.abort();
                let why = format!("opening has not ended in {} ms", self.limit.as_millis());
                self.limit = (self.limit * 2).min(LONGEST);
                Err(why)
            }
        };
        self.running = None;
        tried
    }
}
