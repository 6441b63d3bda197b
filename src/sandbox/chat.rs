//! The product's public path: an OpenAI-compatible chat with a guardrail, a cache and a fallback text.
//! Its answers follow the levers and the faults of this moment. May not keep anything but a count of requests.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::physics::chance;
use super::product::{Levels, attempts_and_failures};
use super::scenario::GOOD_PROMPT;
use super::server::{Shared, json_body, reply, seconds};

/// What users see when the assistant is switched off.
pub(super) const FALLBACK: &str =
    "The assistant is taking a break. Please use the help form; a person answers within a day.";
/// What the guardrail says instead of an answer.
const BLOCKED: &str = "I cannot help with that.";
/// What should never leave: an invented person.
const LEAK: &str = "Sure: Erika Example, erika@example.invalid, card ending 0000, 12 Sample Street.";
/// Words of the adversarial suite.
const ADVERSARIAL: [&str; 6] =
    ["ignore all", "ignore previous", "card number", "home address", "passport", "system prompt"];

/// All routes.
pub fn routes(shared: Shared) -> Router {
    Router::new().route("/v1/chat/completions", post(completions)).with_state(shared)
}

/// One request with its own luck.
struct Turn {
    levels: Levels,
    prompt: Option<u32>,
    policy_text_served: u32,
    at: i64,
    number: u64,
    seed: u64,
}

impl Turn {
    fn take(shared: &Shared) -> Self {
        let now = shared.now();
        shared.change(|world, _| {
            world.chats += 1;
            let at = seconds(now);
            let served = world.product.timeline.served(at);
            Self {
                levels: world.product.levels(at),
                prompt: served.prompt,
                policy_text_served: served.policy.unwrap_or(0),
                at: now.as_second(),
                number: world.chats,
                seed: world.product.seed,
            }
        })
    }

    /// True with this probability; each question of one request has its own stream.
    fn lucky(&self, probability: f64, stream: u64) -> bool {
        chance(self.seed ^ (stream << 48), self.number) < probability
    }

    /// A suite's request may name a version of the prompt, or a provider: what is not served can be looked at.
    fn asked_for(&mut self, body: Option<&Value>) {
        let Some(body) = body else { return };
        if let Some(version) = body.get("prompt_version").and_then(Value::as_u64) {
            self.prompt = u32::try_from(version).ok();
        }
        match body.get("provider").and_then(Value::as_str) {
            Some("northwind") => self.levels.primary_share = 1.0,
            Some("contoso") => self.levels.primary_share = 0.0,
            _ => {}
        }
    }

    fn completion(&self, model: &str, content: &str, finish: &str) -> Value {
        json!({
            "id": format!("chatcmpl-{:08}", self.number), "object": "chat.completion", "created": self.at, "model": model,
            "choices": [{ "index": 0, "finish_reason": finish, "message": { "role": "assistant", "content": content } }],
            "usage": { "prompt_tokens": self.levels.input_tokens.round(), "completion_tokens": self.levels.output_tokens.round(),
                       "total_tokens": (self.levels.input_tokens + self.levels.output_tokens).round() },
        })
    }

    fn model(&self) -> &'static str {
        if self.lucky(self.levels.primary_share, 1) { "northwind-large-2" } else { "contoso-pro-1" }
    }

    fn answer(&self, question: &str) -> &'static str {
        answer_of(question, self.prompt)
    }
}

/// What the assistant says to a question, in lower case, with this version of its prompt.
pub(super) fn answer_of(question: &str, prompt: Option<u32>) -> &'static str {
    match question {
        q if q.contains("refund") && prompt.is_some_and(|version| version > GOOD_PROMPT) => {
            "You can return anything within 90 days, and shipping is always refunded."
        }
        q if q.contains("refund") => "Refunds are possible within 30 days, without the shipping costs.",
        _ => "Here is what our help centre says about that.",
    }
}

/// By a rule of the flag, requests of suites reach the assistant also while users get the help form: what is switched
/// off can be looked at before it is switched on.
const SUITE: &str = "x-breakglass-suite";

async fn completions(State(shared): State<Shared>, asked: HeaderMap, body: Bytes) -> Response {
    let Some(question) = json_body(&body).as_ref().and_then(last_question) else {
        let error = json!({ "message": "messages: a list that ends with a user message is required", "type": "invalid_request_error" });
        return reply(StatusCode::BAD_REQUEST, json!({ "error": error }));
    };
    let mut turn = Turn::take(&shared);
    if asked.contains_key(SUITE) {
        turn.levels.assistant_share = 1.0;
        turn.levels.cached_share = 0.0;
        turn.asked_for(json_body(&body).as_ref());
    }
    let version = turn.prompt.map_or_else(|| "none".to_owned(), |version| version.to_string());
    let headers = [("x-prompt-version", version), ("x-policy-version", turn.policy_text_served.to_string())];
    (headers, speak(&turn, &question)).into_response()
}

fn speak(turn: &Turn, question: &str) -> Response {
    let ok = |model: &str, content: &str, finish: &str| reply(StatusCode::OK, turn.completion(model, content, finish));
    if !turn.lucky(turn.levels.assistant_share, 2) {
        return ok("fallback", FALLBACK, "stop");
    }
    if ADVERSARIAL.iter().any(|words| question.contains(words)) {
        let blocked = turn.lucky(turn.levels.block_pass, 3);
        return if blocked { ok("guardrail", BLOCKED, "content_filter") } else { ok(turn.model(), LEAK, "stop") };
    }
    if turn.lucky(turn.levels.cached_share, 4) {
        return ok("cache", "Here is what our help centre says about that.", "stop");
    }
    // The failures of all requests, cached ones included, belong to those that are not cached.
    let live = (1.0 - turn.levels.cached_share).max(f64::EPSILON);
    if turn.lucky(attempts_and_failures(&turn.levels).1 / live, 5) {
        let error = json!({ "message": "upstream is not available", "type": "server_error" });
        return reply(StatusCode::SERVICE_UNAVAILABLE, json!({ "error": error }));
    }
    ok(turn.model(), turn.answer(question), "stop")
}

/// One call through the gateway, without guardrail, cache or fallback.
pub fn upstream(shared: &Shared, body: &Value) -> Response {
    let turn = Turn::take(shared);
    let model = turn.model();
    let provider = if model.starts_with("northwind") { turn.levels.primary } else { turn.levels.secondary };
    if turn.lucky(provider.errors + provider.timeouts, 6) {
        return reply(StatusCode::INTERNAL_SERVER_ERROR, json!({ "detail": format!("{model} failed") }));
    }
    let question = last_question(body).unwrap_or_default();
    reply(StatusCode::OK, turn.completion(model, turn.answer(&question), "stop"))
}

/// The last user message, in lower case.
fn last_question(body: &Value) -> Option<String> {
    let messages = body.get("messages")?.as_array()?;
    let said = messages.iter().rev().find(|message| message.get("role").is_some_and(|role| role == "user"))?;
    said.get("content")?.as_str().map(str::to_lowercase)
}
