//! The deployments feed: a plain JSON list, for the `http` adapter. Scenario news and everyday decoys, newest first.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::physics::Seconds;
use super::product::Product;
use super::scenario::{DECOYS, News, When};
use super::server::{Shared, instant, reply};

/// All routes.
pub fn routes(shared: Shared) -> Router {
    Router::new().route("/deployments", get(deployments)).with_state(shared)
}

async fn deployments(State(shared): State<Shared>) -> Response {
    let items = shared.look(|world| items(&world.product));
    reply(StatusCode::OK, json!({ "deployments": items }))
}

fn items(product: &Product) -> Vec<Value> {
    let mut news: Vec<(Seconds, &News)> =
        product.scenario.news.iter().chain(&DECOYS).map(|news| (when(product, news.when), news)).collect();
    news.sort_by(|a, b| b.0.total_cmp(&a.0));
    let item = |(at, news): &(Seconds, &News)| {
        json!({ "id": format!("{}-{at:.0}", news.kind), "created_at": instant(*at).to_string(), "kind": news.kind.word(),
                "title": news.what, "author": news.who })
    };
    news.iter().map(item).collect()
}

/// The instant of a moment of the story.
fn when(product: &Product, when: When) -> Seconds {
    match when {
        When::BeforeStart(seconds) => product.started_at - seconds,
        When::BeforeFault(seconds) => product.fault_at - seconds,
    }
}
