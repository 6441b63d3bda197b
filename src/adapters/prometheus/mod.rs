//! Prometheus and everything that speaks its HTTP API (Mimir, Thanos, VictoriaMetrics): signals, history, burn rates.
//! Asks in a few batches at one shared time. May not judge values or keep any between polls.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::domain::ahead::Ahead;
use crate::domain::cause::Fault;
use crate::domain::sample::{Point, Reading};
use crate::domain::signal::SignalSpec;
use crate::net::ReadClient;

use super::{Adapter, Burn, Readings, Window};

mod batch;
mod burn;
mod history;
mod selector;
mod server_time;
mod values;
mod wire;

use batch::{Batcher, When};

/// What a Prometheus endpoint can do.
#[must_use]
pub fn adapter(client: ReadClient) -> Adapter {
    Adapter { readings: Some(Arc::new(Prometheus { batcher: Batcher::new(client) })), ..Adapter::default() }
}

struct Prometheus {
    batcher: Batcher,
}

#[async_trait]
impl Readings for Prometheus {
    async fn poll(&self, signals: &[Arc<SignalSpec>], at: Timestamp) -> Vec<Reading> {
        let when = When::instant(at);
        let expressions = signals.iter().flat_map(|signal| values::expressions(&signal.query)).collect();
        let answers = self.batcher.ask(expressions, when).await;
        let by = self.batcher.ahead().map_or(SignedDuration::ZERO, Ahead::by);
        signals.iter().map(|signal| values::reading(signal, &answers, when.time(), by)).collect()
    }

    fn ahead(&self) -> Option<Ahead> {
        self.batcher.ahead()
    }

    async fn history(&self, signals: &[Arc<SignalSpec>], window: Window) -> Vec<Result<Vec<Point>, Fault>> {
        let expressions = signals.iter().map(|signal| signal.query.value.clone()).collect();
        let answers = history::ask(&self.batcher, expressions, window).await;
        let unasked = || Err(Fault::NoData);
        signals.iter().map(|signal| answers.get(&signal.query.value).cloned().unwrap_or_else(unasked)).collect()
    }

    async fn burn(&self, signals: &[Arc<SignalSpec>], at: Timestamp) -> Vec<Burn> {
        let expressions = signals.iter().flat_map(|signal| burn::expressions(signal)).collect();
        let answers = self.batcher.ask(expressions, When::instant(at)).await;
        signals.iter().filter_map(|signal| burn::rates(signal, &answers)).collect()
    }
}

#[cfg(test)]
mod tests;
