//! The HTTP face of registry and gateway. May not keep anything.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::{Gateway, ROUTE, Refusal};
use crate::sandbox::chat;
use crate::sandbox::server::{Shared, json_body, reply};

type Params = Query<Vec<(String, String)>>;

/// All routes.
pub fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/health", get(async || "OK"))
        .route("/version", get(async || "3.17.2"))
        .route("/api/2.0/mlflow/registered-models/alias", get(alias).post(set_alias).delete(delete_alias))
        .route("/api/2.0/mlflow/registered-models/get", get(model))
        .route("/api/2.0/mlflow/registered-models/search", get(models))
        .route("/api/2.0/mlflow/model-versions/search", get(versions))
        .route("/api/3.0/mlflow/gateway/endpoints/get", get(route))
        .route("/api/3.0/mlflow/gateway/endpoints/list", get(all_routes))
        .route("/api/3.0/mlflow/gateway/endpoints/update", post(update))
        .route("/api/3.0/mlflow/gateway/model-definitions/list", get(definitions))
        .route("/gateway/{name}/mlflow/invocations", post(invoke))
        .with_state(shared)
}

fn param<'p>(params: &'p [(String, String)], key: &str) -> Option<&'p str> {
    params.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
}

async fn alias(State(shared): State<Shared>, Query(params): Params) -> Response {
    let found = match (param(&params, "name"), param(&params, "alias")) {
        (Some(name), Some(alias)) => shared.look(|world| world.registry.by_alias(name, alias)),
        (None, _) => Err(lacks("name")),
        (_, None) => Err(lacks("alias")),
    };
    answer(found.map(|version| json!({ "model_version": version })))
}

/// A field that must be text: MLflow refuses a version that is a number.
fn text<'b>(body: &'b Value, key: &'static str) -> Result<&'b str, Refusal> {
    match body.get(key) {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Number(_)) => {
            Err(Refusal::invalid(format!("Invalid value for parameter '{key}' supplied: Value was of type 'int'.")))
        }
        _ => Err(lacks(key)),
    }
}

async fn set_alias(State(shared): State<Shared>, body: Bytes) -> Response {
    let body = json_body(&body).unwrap_or_default();
    answer(shared.change(|world, _| {
        world.registry.set_alias(text(&body, "name")?, text(&body, "alias")?, text(&body, "version")?)?;
        Ok(json!({}))
    }))
}

async fn delete_alias(State(shared): State<Shared>, body: Bytes) -> Response {
    let body = json_body(&body).unwrap_or_default();
    answer(shared.change(|world, _| {
        world.registry.delete_alias(text(&body, "name")?, text(&body, "alias")?)?;
        Ok(json!({}))
    }))
}

async fn model(State(shared): State<Shared>, Query(params): Params) -> Response {
    let found = param(&params, "name").ok_or_else(|| lacks("name"));
    let found = found.and_then(|name| shared.look(|world| world.registry.model(name)));
    answer(found.map(|model| json!({ "registered_model": model })))
}

/// Without the tag clause MLflow hides prompts, and what is empty is left out.
fn asks_for_prompts(params: &[(String, String)]) -> bool {
    param(params, "filter").is_some_and(|filter| filter.contains("mlflow.prompt.is_prompt"))
}

async fn models(State(shared): State<Shared>, Query(params): Params) -> Response {
    if !asks_for_prompts(&params) {
        return reply(StatusCode::OK, json!({}));
    }
    let models: Vec<_> =
        shared.look(|world| world.registry.names().filter_map(|n| world.registry.model(n).ok()).collect());
    reply(StatusCode::OK, json!({ "registered_models": models }))
}

async fn versions(State(shared): State<Shared>, Query(params): Params) -> Response {
    if !asks_for_prompts(&params) {
        return reply(StatusCode::OK, json!({}));
    }
    let name = param(&params, "filter").and_then(name_clause);
    let mut versions = shared.look(|world| world.registry.versions(name));
    versions.truncate(param(&params, "max_results").and_then(|n| n.parse().ok()).unwrap_or(200));
    reply(StatusCode::OK, if versions.is_empty() { json!({}) } else { json!({ "model_versions": versions }) })
}

/// The value of `name = '…'` in a filter.
fn name_clause(filter: &str) -> Option<&str> {
    let rest = filter.trim_start().strip_prefix("name")?.trim_start().strip_prefix('=')?.trim_start();
    rest.strip_prefix('\'')?.split('\'').next()
}

async fn route(State(shared): State<Shared>, Query(params): Params) -> Response {
    let (id, name) = (param(&params, "endpoint_id"), param(&params, "name"));
    answer(shared.look(|world| world.gateway.show(id, name)).map(|endpoint| json!({ "endpoint": endpoint })))
}

async fn all_routes(State(shared): State<Shared>) -> Response {
    let found = shared.look(|world| world.gateway.show(None, Some(ROUTE)));
    answer(found.map(|endpoint| json!({ "endpoints": [endpoint] })))
}

async fn update(State(shared): State<Shared>, body: Bytes) -> Response {
    let body = json_body(&body).unwrap_or_default();
    answer(shared.change(|world, at| world.gateway.update(at, &body)).map(|endpoint| json!({ "endpoint": endpoint })))
}

async fn definitions() -> Response {
    reply(StatusCode::OK, json!({ "model_definitions": Gateway::definitions() }))
}

async fn invoke(State(shared): State<Shared>, Path(name): Path<String>, body: Bytes) -> Response {
    if name != ROUTE {
        return refuse(&Refusal::missing(format!("GatewayEndpoint not found (name={name})")));
    }
    chat::upstream(&shared, &json_body(&body).unwrap_or_default())
}

fn lacks(parameter: &str) -> Refusal {
    Refusal::invalid(format!("Missing value for required parameter '{parameter}'."))
}

fn answer(result: Result<Value, Refusal>) -> Response {
    result.map_or_else(|refusal| refuse(&refusal), |value| reply(StatusCode::OK, value))
}

fn refuse(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply(status, json!({ "error_code": refusal.code, "message": refusal.message }))
}
