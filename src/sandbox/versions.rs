//! What the product says that it is made of: model, index, tools and evaluation set, as one JSON document, for the version
//! snapshot. Prompts, guardrails and the provider's log are told by their own stores.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::physics::DAY;
use super::product::Product;
use super::server::{Shared, instant, reply};

/// All routes.
pub fn routes(shared: Shared) -> Router {
    Router::new().route("/versions", get(versions)).with_state(shared)
}

async fn versions(State(shared): State<Shared>) -> Response {
    reply(StatusCode::OK, shared.look(|world| document(&world.product)))
}

fn document(product: &Product) -> Value {
    let ago = |days: f64| instant(product.started_at - days * DAY).to_string();
    json!({
        "model": { "id": "northwind-large-2026-09", "since": ago(44.0) },
        "index": { "version": "help-articles-318", "sha256": "5c0d9e71b2a4", "built_at": ago(0.25) },
        "tools": [
            { "name": "order_status", "side_effect": "none", "input": { "order": "string" } },
            { "name": "open_ticket", "side_effect": "reversible", "input": { "subject": "string", "text": "string" } },
        ],
        "eval_set": { "version": "bank-31", "cases": 412, "since": ago(12.0) },
    })
}
