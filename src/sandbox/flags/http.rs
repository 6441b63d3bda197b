//! The HTTP face of the flag store. May not keep anything.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use serde_json::{Map, Value, json};

use super::store::{Environment, Refusal, Stamp};
use super::{ENVIRONMENT, FlagStore, PROJECT};
use crate::sandbox::server::{Shared, json_body, reply};

type Params = Query<Vec<(String, String)>>;

/// All routes.
pub fn routes(shared: Shared) -> Router {
    let environment = "/api/admin/projects/{project}/features/{flag}/environments/{environment}";
    Router::new()
        .route("/health", get(async || reply(StatusCode::OK, json!({ "health": "GOOD" }))))
        .route("/api/admin/user", get(user))
        .route("/api/admin/projects/{project}/features", get(features))
        .route("/api/admin/projects/{project}/features/{flag}", get(feature))
        .route(environment, get(one_environment))
        .route(&format!("{environment}/on"), post(on))
        .route(&format!("{environment}/off"), post(off))
        .route(&format!("{environment}/strategies"), get(strategies).post(add))
        .route(&format!("{environment}/strategies/{{id}}"), patch(change).put(replace).delete(remove))
        .route("/api/admin/search/events", get(search))
        .route("/api/client/features", get(client_features))
        .with_state(shared)
}

/// The sandbox has no accounts: whoever asks is the on-call engineer and may do everything.
const WHO: &str = "oncall";

async fn user() -> Response {
    let user = json!({ "id": 2, "username": WHO, "isAPI": false });
    reply(StatusCode::OK, json!({ "user": user, "permissions": [{ "permission": "ADMIN" }], "feedback": [] }))
}

async fn features(State(shared): State<Shared>, Path(project): Path<String>) -> Response {
    if project != PROJECT {
        return refuse(&Refusal::NotFound(format!("Could not find project {project}")));
    }
    let features: Vec<_> = shared.look(|world| world.flags.flags().map(|(name, all)| whole(name, all)).collect());
    reply(StatusCode::OK, json!({ "version": 2, "features": features }))
}

async fn feature(State(shared): State<Shared>, Path((project, flag)): Path<(String, String)>) -> Response {
    let found = shared.look(|world| {
        world.flags.flags().find(|(name, _)| project == PROJECT && *name == flag).map(|(name, all)| whole(name, all))
    });
    found.map_or_else(
        || refuse(&Refusal::NotFound(format!("Could not find feature with name {flag}"))),
        |found| reply(StatusCode::OK, found),
    )
}

fn whole(name: &str, environments: &std::collections::BTreeMap<String, Environment>) -> Value {
    let environments: Vec<_> = environments
        .iter()
        .map(|(environment, e)| json!({ "name": environment, "enabled": e.enabled, "strategies": e.strategies, "lastSeenAt": null }))
        .collect();
    json!({ "name": name, "type": "kill-switch", "project": PROJECT, "stale": false, "archived": false, "environments": environments })
}

type Place = Path<(String, String, String)>;

async fn one_environment(State(shared): State<Shared>, Path((project, flag, environment)): Place) -> Response {
    let found = shared.look(|world| {
        in_project(&project)?;
        let found = world.flags.environment(&flag, &environment)?;
        Ok(json!({ "name": flag, "environment": environment, "enabled": found.enabled, "strategies": found.strategies }))
    });
    answer(found)
}

async fn strategies(State(shared): State<Shared>, Path((project, flag, environment)): Place) -> Response {
    answer(shared.look(|world| {
        in_project(&project)?;
        Ok(json!(world.flags.environment(&flag, &environment)?.strategies))
    }))
}

async fn on(State(shared): State<Shared>, place: Place) -> Response {
    switch(&shared, &place, true)
}

async fn off(State(shared): State<Shared>, place: Place) -> Response {
    switch(&shared, &place, false)
}

fn switch(shared: &Shared, Path((project, flag, environment)): &Place, on: bool) -> Response {
    let moved = shared.change(|world, at| {
        in_project(project)?;
        world.flags.switch(Stamp { at, who: WHO }, flag, environment, on)
    });
    // Unleash answers a toggle with 200 and no body.
    moved.map_or_else(|refusal| refuse(&refusal), |()| StatusCode::OK.into_response())
}

async fn add(State(shared): State<Shared>, Path((project, flag, environment)): Place, body: Bytes) -> Response {
    answer(shared.change(|world, at| {
        in_project(&project)?;
        let stamp = Stamp { at, who: WHO };
        world.flags.add_strategy(stamp, &flag, &environment, &object(&body)?).map(Value::Object)
    }))
}

type StrategyPlace = Path<(String, String, String, String)>;

async fn replace(
    State(shared): State<Shared>,
    Path((project, flag, environment, id)): StrategyPlace,
    body: Bytes,
) -> Response {
    answer(shared.change(|world, at| {
        in_project(&project)?;
        let place = (flag.as_str(), environment.as_str(), id.as_str());
        world.flags.replace_strategy(Stamp { at, who: WHO }, place, &object(&body)?).map(Value::Object)
    }))
}

async fn change(
    State(shared): State<Shared>,
    Path((project, flag, environment, id)): StrategyPlace,
    body: Bytes,
) -> Response {
    answer(shared.change(|world, at| {
        in_project(&project)?;
        let patch = json_body(&body).and_then(|body| body.as_array().cloned()).ok_or_else(not_json)?;
        let place = (flag.as_str(), environment.as_str(), id.as_str());
        world.flags.patch_strategy(Stamp { at, who: WHO }, place, &patch).map(Value::Object)
    }))
}

async fn remove(State(shared): State<Shared>, Path((project, flag, environment, id)): StrategyPlace) -> Response {
    let removed = shared.change(|world, at| {
        in_project(&project)?;
        world.flags.remove_strategy(Stamp { at, who: WHO }, (&flag, &environment, &id))
    });
    removed.map_or_else(|refusal| refuse(&refusal), |()| StatusCode::OK.into_response())
}

/// Filters `feature`, `type`, `environment`, `project` as `IS:value`, `from` as `IS:YYYY-MM-DD`; `limit`, `offset`.
async fn search(State(shared): State<Shared>, Query(params): Params) -> Response {
    let param = |key: &str| params.iter().find(|(k, _)| k == key).map(|(_, v)| v.trim_start_matches("IS:"));
    let number = |key: &str, otherwise: usize| param(key).and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    let fits = |event: &&Value| {
        let is = |key: &str, field: &str| param(key).is_none_or(|wanted| event.get(field).is_some_and(|v| v == wanted));
        let created = event.get("createdAt").and_then(Value::as_str).unwrap_or_default();
        is("feature", "featureName")
            && is("type", "type")
            && is("environment", "environment")
            && is("project", "project")
            && param("from").is_none_or(|day| created >= day)
    };
    let found: Vec<Value> = shared.look(|world| world.flags.events().filter(fits).cloned().collect());
    let total = found.len();
    let page: Vec<_> = found.into_iter().skip(number("offset", 0)).take(number("limit", 50)).collect();
    reply(StatusCode::OK, json!({ "events": page, "total": total }))
}

async fn client_features(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let (features, revision) = shared.look(|world| (client_view(&world.flags), world.flags.revision()));
    let etag = format!("\"5a4db0c5:{revision}:v1\"");
    if headers.get("if-none-match").is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [("etag", etag)]).into_response();
    }
    let meta = json!({ "revisionId": revision, "etag": etag });
    let body = reply(StatusCode::OK, json!({ "version": 2, "features": features, "meta": meta }));
    ([("etag", etag)], body).into_response()
}

fn client_view(flags: &FlagStore) -> Vec<Value> {
    let view = |(name, all): (&str, &std::collections::BTreeMap<String, Environment>)| {
        let found = all.get(ENVIRONMENT)?;
        Some(json!({ "name": name, "type": "kill-switch", "project": PROJECT, "stale": false,
                     "enabled": found.enabled, "strategies": found.strategies }))
    };
    flags.flags().filter_map(view).collect()
}

fn in_project(project: &str) -> Result<(), Refusal> {
    let found = project == PROJECT;
    if found { Ok(()) } else { Err(Refusal::NotFound(format!("Could not find project {project}"))) }
}

fn object(body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    json_body(body).and_then(|body| body.as_object().cloned()).ok_or_else(not_json)
}

fn not_json() -> Refusal {
    Refusal::BadData("Request validation failed: the body is not the JSON that is expected here".into())
}

fn answer(result: Result<Value, Refusal>) -> Response {
    result.map_or_else(|refusal| refuse(&refusal), |value| reply(StatusCode::OK, value))
}

fn refuse(refusal: &Refusal) -> Response {
    let (status, name, message) = match refusal {
        Refusal::NotFound(message) => (StatusCode::NOT_FOUND, "NotFoundError", message.as_str()),
        Refusal::BadData(message) => (StatusCode::BAD_REQUEST, "BadDataError", message.as_str()),
        Refusal::TestFailed => {
            (StatusCode::INTERNAL_SERVER_ERROR, "UnknownError", "Test operation failed\nname: TEST_OPERATION_FAILED")
        }
    };
    reply(status, json!({ "name": name, "message": message, "details": [{ "message": message }] }))
}
