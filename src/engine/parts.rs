//! What every endpoint last said, by what it was asked: signals, each feed, each lever. Folds them to one row per role,
//! the worst with its cause, so that the answer that came last hides no other. May not judge values.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::Config;
use crate::domain::ahead::Ahead;
use crate::domain::cause::Fault;
use crate::domain::ids::{EndpointId, FeedId, LeverId};
use crate::domain::observations::{Role, SourceState};

/// One thing that an endpoint is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Its signals, all together.
    Signals,
    /// One change feed.
    Feed(FeedId),
    /// One lever.
    Lever(LeverId),
}

impl Part {
    const fn role(&self) -> Role {
        match self {
            Self::Signals => Role::Signals,
            Self::Feed(_) => Role::Changes,
            Self::Lever(_) => Role::Levers,
        }
    }
}

/// The newest answer of one part.
#[derive(Debug, Clone)]
struct Heard {
    fault: Option<Fault>,
    latency: Option<Duration>,
    answered_at: Option<Timestamp>,
    ahead: Option<Ahead>,
}

/// The newest answers of all endpoints, in config order.
#[derive(Debug)]
pub(super) struct Parts(Vec<(EndpointId, BTreeMap<Part, Heard>)>);

impl Parts {
    /// Everything that the config asks; nothing was heard yet.
    pub(super) fn new(config: &Config) -> Self {
        let unheard = || Heard { fault: Some(Fault::NotYet), latency: None, answered_at: None, ahead: None };
        let parts = |id: &EndpointId| {
            let catalogue = &config.catalogue;
            let signals = catalogue.signals.iter().any(|signal| signal.from.as_ref() == Some(id));
            let feeds = config.feeds.iter().filter(|feed| feed.from == *id).map(|feed| Part::Feed(feed.id.clone()));
            let levers = catalogue.levers.iter().filter(|lever| lever.from == *id);
            let mut parts: Vec<Part> = feeds.chain(levers.map(|lever| Part::Lever(lever.id.clone()))).collect();
            // An endpoint that nothing names is listed all the same: it was never heard.
            if signals || parts.is_empty() {
                parts.push(Part::Signals);
            }
            parts.into_iter().map(|part| (part, unheard())).collect()
        };
        Self(config.endpoints.iter().map(|endpoint| (endpoint.id.clone(), parts(&endpoint.id))).collect())
    }

    /// Takes one answer in.
    pub(super) fn hear(&mut self, from: &EndpointId, part: &Part, fault: Option<Fault>, took: Duration, at: Timestamp) {
        let of_endpoint = self.0.iter_mut().find(|(id, _)| id == from).map(|(_, parts)| parts);
        if let Some(heard) = of_endpoint.and_then(|parts| parts.get_mut(part)) {
            heard.latency = Some(took);
            if fault.is_none() {
                heard.answered_at = Some(at);
            }
            heard.fault = fault;
        }
    }

    /// What the newest answer with signals says of the clock of its source.
    pub(super) fn tells_time(&mut self, from: &EndpointId, ahead: Option<Ahead>) {
        let of_endpoint = self.0.iter_mut().find(|(id, _)| id == from).map(|(_, parts)| parts);
        if let Some(heard) = of_endpoint.and_then(|parts| parts.get_mut(&Part::Signals)) {
            heard.ahead = ahead;
        }
    }

    /// One row per endpoint and role.
    pub(super) fn folded(&self) -> Vec<SourceState> {
        let mut rows: Vec<SourceState> = Vec::new();
        for (id, parts) in &self.0 {
            for role in [Role::Signals, Role::Changes, Role::Levers] {
                let of_role = parts.iter().filter(|(part, _)| part.role() == role).map(|(_, heard)| heard);
                // A fault in words outweighs one that was not asked yet, and that any answer; the first of equals.
                let badness = |heard: &Heard| match &heard.fault {
                    None => 2,
                    Some(Fault::NotYet) => 1,
                    Some(_) => 0,
                };
                let Some(worst) = of_role.min_by_key(|heard| badness(heard)) else { continue };
                rows.push(SourceState {
                    id: id.clone(),
                    role,
                    fault: worst.fault.clone(),
                    latency: worst.latency,
                    answered_at: worst.answered_at,
                    ahead: worst.ahead,
                });
            }
        }
        rows
    }
}
