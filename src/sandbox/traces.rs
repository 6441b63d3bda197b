//! The trace store's export: the last answers that users got, each computed from its time, so that the same seed tells
//! the same story. May not keep anything.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::chat::answer_of;
use super::physics::{Seconds, chance};
use super::product::Product;
use super::server::{Shared, instant, reply, seconds};

/// Seconds between two exported answers.
const EVERY: Seconds = 11.0;
/// How many are exported.
const MANY: i64 = 120;
/// The stream of chance that picks questions.
const QUESTION: u64 = 0x7AC3;

/// What users ask, in their words.
const QUESTIONS: [&str; 6] = [
    "How long do I have to ask for a refund?",
    "Where is my order?",
    "Can I get a refund for shoes that I wore once?",
    "When can I call you?",
    "Is shipping part of the refund?",
    "My parcel is damaged. What now?",
];

/// All routes.
pub fn routes(shared: Shared) -> Router {
    Router::new().route("/traces/export", get(export)).with_state(shared)
}

async fn export(State(shared): State<Shared>) -> Response {
    let now = seconds(shared.now());
    let product = shared.product();
    let last = (now / EVERY).floor();
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 are far below 2^63")]
    let last = last as i64;
    let data: Vec<Value> = (0..MANY).map(|back| trace(&product, last - back)).collect();
    reply(StatusCode::OK, json!({ "data": data }))
}

/// The answer that was given in that slot.
#[expect(clippy::cast_precision_loss, reason = "a slot's number is far below 2^53")]
fn trace(product: &Product, slot: i64) -> Value {
    let at = slot as f64 * EVERY;
    let luck = |stream: u64| chance(product.seed ^ QUESTION ^ (stream << 40), slot.unsigned_abs());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index below the count of questions"
    )]
    let pick = (luck(1) * QUESTIONS.len() as f64) as usize;
    let question = QUESTIONS.get(pick).copied().unwrap_or(QUESTIONS[0]);
    let (levels, served) = (product.levels(at), product.timeline.served(at));
    let away = luck(2) >= levels.assistant_share;
    let model = if luck(3) < levels.primary_share { "northwind-large-2" } else { "contoso-pro-1" };
    let (answer, model) = if away {
        (super::chat::FALLBACK, "fallback")
    } else {
        (answer_of(&question.to_lowercase(), served.prompt), model)
    };
    let version = served.prompt.map_or_else(|| "none".to_owned(), |version| format!("v{version}"));
    let lang = if luck(4) < 0.12 { "es" } else { "en" };
    json!({
        "id": format!("t-{:06}", slot.rem_euclid(1_000_000)), "timestamp": instant(at).to_string(), "input": question,
        "output": answer, "metadata": { "model": model, "prompt": version, "lang": lang },
    })
}
