//! How far the server's own clock is ahead of ours. The `date` of its answers is a hint only, for a proxy may have
//! written it; where it differs, the server itself is asked for `time()`. May not ask anything else.

use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;

use crate::clock;
use crate::domain::ahead::Ahead;
use crate::domain::cause::Fault;
use crate::net::{Answer, ReadClient};

use super::{values, wire};

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct ServerTime(Mutex<Known>);

#[derive(Debug, Default, Clone, Copy)]
struct Known {
    /// By the newest answer's header.
    hint: Option<Ahead>,
    /// What the server said when it was asked, and the hint that made us ask.
    measured: Option<(Ahead, Ahead)>,
}

impl ServerTime {
    /// Takes the hint of an answer.
    pub(super) fn hear(&self, answer: &Answer) {
        if answer.ahead.is_some() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).hint = answer.ahead;
        }
    }

    /// What is known; `None` where the server does not tell.
    pub(super) fn ahead(&self) -> Option<Ahead> {
        let known = self.known();
        known.measured.map(|(_, measured)| measured).or(known.hint.filter(|hint| hint.by().is_zero()))
    }

    /// Asks the server, if its answers hint at a clock that is not as far from ours as is known.
    pub(super) async fn settle(&self, client: &ReadClient) {
        let known = self.known();
        let Some(hint) = known.hint else { return };
        let explained = known.measured.map_or(hint.by().is_zero(), |(by, _)| hint.agrees(by));
        if explained {
            return;
        }
        // Whoever does not tell is not known any more.
        let measured = ask(client).await.ok().map(|measured| (hint, measured));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).measured = measured;
    }

    fn known(&self) -> Known {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask(client: &ReadClient) -> Result<Ahead, Fault> {
    let asked = clock::now();
    let data = wire::read(&client.query("/api/v1/query", &[("query", "time()")]).await?)?;
    let dot = data.series.first().and_then(|series| series.dots.first());
    let told = dot.and_then(|dot| values::timestamp(dot.value)).ok_or(Fault::NoData)?;
    Ok(Ahead::told(told, SignedDuration::ZERO, asked, clock::now()))
}
