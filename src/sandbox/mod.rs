//! A miniature AI product behind real HTTP servers on loopback, with physics and seeded scenarios.
//! The cockpit talks to it through the same adapters as to production. May not import engine, app, ui or shell.
//!
//! Nothing ticks: every answer is computed from (time, levers, scenario, seed) when it is asked for.

mod chat;
mod config;
mod deployments;
mod flags;
mod mlflow;
mod physics;
mod product;
mod prometheus;
mod promql;
mod scenario;
mod server;
mod statuspage;
mod story;
mod timeline;
mod traces;
mod versions;
mod world;

#[cfg(test)]
mod tests;

use anyhow::Context as _;
use axum::Router;
use tokio::sync::watch;

pub use config::{Addresses, config_template};
pub use server::Clock;
pub use world::Delays;

use scenario::Scenario;
use server::{Shared, serve};

/// A running sandbox; its servers stop when it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    config: String,
    addresses: Addresses,
    /// Dropping it stops the servers.
    _stop: watch::Sender<()>,
}

/// The scenarios, by name, with one line each.
pub const SCENARIOS: &[(&str, &str)] = &scenario::LIST;

impl Sandbox {
    /// Starts all servers on free loopback ports and the physics of a scenario, with a week of history before it.
    ///
    /// # Errors
    /// No free port, or an unknown scenario ([`SCENARIOS`] lists them).
    pub async fn start(scenario: &str, seed: u64) -> anyhow::Result<Self> {
        Self::start_with(scenario, seed, crate::clock::now, Delays::default()).await
    }

    /// As [`Sandbox::start`], with a clock and propagation delays of one's own.
    ///
    /// # Errors
    /// As [`Sandbox::start`].
    pub async fn start_with(scenario: &str, seed: u64, clock: Clock, delays: Delays) -> anyhow::Result<Self> {
        let scenario = Scenario::named(scenario).with_context(|| format!("there is no scenario {scenario:?}"))?;
        let shared = Shared::new(clock, story::world(scenario, seed, clock(), delays));
        let (stop, stopped) = watch::channel(());
        let listen = async |name: &str, routes: Router| {
            let bound = serve(routes, stopped.clone()).await;
            let address =
                bound.with_context(|| format!("the sandbox's {name} server found no free port on 127.0.0.1"))?;
            anyhow::Ok(format!("http://{address}"))
        };
        let product = chat::routes(shared.clone())
            .merge(deployments::routes(shared.clone()))
            .merge(versions::routes(shared.clone()))
            .merge(traces::routes(shared.clone()));
        let addresses = Addresses {
            prometheus: listen("metrics", prometheus::routes(shared.clone())).await?,
            flags: listen("flag", flags::routes(shared.clone())).await?,
            mlflow: listen("prompt", mlflow::routes(shared.clone())).await?,
            status_page: listen("status page", statuspage::routes(shared.clone())).await?,
            product: listen("product", product).await?,
        };
        Ok(Self { config: config::text(&addresses), addresses, _stop: stop })
    }

    /// The config that points the cockpit at these servers: a worked example.
    #[must_use]
    pub fn config_text(&self) -> &str {
        &self.config
    }

    /// Where the servers listen.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }
}
