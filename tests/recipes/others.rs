//! The shapes of prompt registries, gateways and key-value stores, as far as one lever needs them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::server::{Reply, Request, World, ok, refused};

pub fn langfuse(world: &mut World, request: &Request) -> Reply {
    let version = request.path.strip_prefix("/api/public/v2/prompts/support/versions/");
    match (request.method.as_str(), version.and_then(|version| version.parse::<u64>().ok())) {
        ("PATCH", Some(version)) if request.json() == json!({ "newLabels": ["production"] }) => {
            world.set(json!(version));
        }
        ("GET", None) if request.path.ends_with("/support") && request.query["label"] == "production" => {}
        _ => return refused(404, "no such prompt"),
    }
    ok(json!({ "name": "support", "version": world.now, "labels": ["production"] }))
}

pub fn phoenix(world: &mut World, request: &Request) -> Reply {
    let tags = request.path.strip_prefix("/v1/prompt_versions/");
    match (request.method.as_str(), tags) {
        ("GET", None) if request.path == "/v1/prompts/support/tags/production" && !world.now.is_null() => {
            ok(json!({ "data": { "id": world.now } }))
        }
        ("GET", None) if request.path == "/v1/prompts/support/versions" => ok(
            json!({ "data": [{ "id": "UHI6Mg==", "description": "v2" }, { "id": "UHI6MQ==", "description": "v1" }] }),
        ),
        ("POST", Some(rest)) if request.json()["name"] == "production" => {
            // Ids are base64: their `=` must come encoded.
            let id = rest.trim_end_matches("/tags").replace("%3D", "=");
            world.set(json!(id));
            (204, None, String::new())
        }
        ("DELETE", Some(_)) => {
            world.set(Value::Null);
            (204, None, String::new())
        }
        _ => (404, None, "Not Found".into()),
    }
}

pub fn langsmith(world: &mut World, request: &Request) -> Reply {
    match request.line().as_str() {
        "GET /api/v1/repos/-/support/tags" => ok(
            json!([{ "tag_name": "staging", "commit_id": "zzz" }, { "tag_name": "production", "commit_id": world.now }]),
        ),
        "PATCH /api/v1/repos/-/support/tags/production" => {
            world.set(request.json()["commit_id"].clone());
            ok(json!({}))
        }
        _ => refused(404, "no such prompt"),
    }
}

pub fn mlflow_alias(world: &mut World, request: &Request) -> Reply {
    let prefix = "/api/2.0/mlflow";
    let body = request.json();
    let name = request.query.get("name").cloned().or_else(|| body["name"].as_str().map(str::to_owned));
    match (request.method.as_str(), request.path.strip_prefix(prefix)) {
        ("GET", Some("/model-versions/search")) => {
            let filter = "name='support' AND tags.`mlflow.prompt.is_prompt`='true'";
            let all = json!([{ "version": "42", "creation_timestamp": 1_790_000_000_000_u64 }, { "version": "41" }]);
            ok(if request.query["filter"] == filter { json!({ "model_versions": all }) } else { json!({}) })
        }
        (_, Some("/registered-models/alias")) if name.as_deref() != Some("support") => {
            refused(404, "RESOURCE_DOES_NOT_EXIST")
        }
        ("GET", Some(_)) if world.now.is_null() => refused(400, "Registered model alias production not found."),
        ("GET", Some(_)) => ok(json!({ "model_version": { "version": world.now, "aliases": ["production"] } })),
        ("POST", Some(_)) if body["version"].is_string() => {
            world.set(body["version"].clone());
            ok(json!({}))
        }
        ("DELETE", Some(_)) if body["alias"] == "production" => {
            world.set(Value::Null);
            ok(json!({}))
        }
        _ => refused(400, "Value was of type 'int'"),
    }
}

pub fn mlflow_gateway(world: &mut World, request: &Request) -> Reply {
    let prefix = "/api/3.0/mlflow/gateway/endpoints";
    let body = request.json();
    match (request.method.as_str(), request.path.strip_prefix(prefix)) {
        ("GET", Some("/get")) if request.query["endpoint_id"] == "e-1" => {}
        ("POST", Some("/update")) if body["endpoint_id"] == "e-1" && body["model_configs"].is_array() => {
            world.set(body["model_configs"].clone());
        }
        _ => return refused(404, "RESOURCE_DOES_NOT_EXIST"),
    }
    ok(json!({ "endpoint": { "model_mappings": world.now, "last_updated_at": world.revision } }))
}

pub fn litellm(world: &mut World, request: &Request) -> Reply {
    let ours = request.json()["model_id"] == "dep-a";
    match request.line().as_str() {
        "GET /model/info" => {}
        "POST /model/block" if ours => world.set(json!(true)),
        "POST /model/unblock" if ours => world.set(json!(false)),
        _ => return refused(404, "no such model"),
    }
    ok(json!({ "data": [
        { "model_info": { "id": "dep-b", "blocked": false } },
        { "model_info": { "id": "dep-a", "blocked": world.now } },
    ] }))
}

pub fn portkey(world: &mut World, request: &Request) -> Reply {
    match request.line().as_str() {
        "GET /v1/configs/pc-support" => {}
        "PUT /v1/configs/pc-support" => world.set(request.json()["config"].clone()),
        _ => return refused(404, "no such config"),
    }
    ok(json!({ "data": { "config": world.now, "version_id": world.revision } }))
}

pub fn kong(world: &mut World, request: &Request) -> Reply {
    match request.line().as_str() {
        "GET /upstreams/llm/targets" => {}
        "PATCH /upstreams/llm/targets/a.internal%3A443" if request.json()["weight"].is_u64() => {
            world.set(request.json()["weight"].clone());
        }
        _ => return refused(404, "Not found"),
    }
    ok(
        json!({ "data": [{ "target": "b.internal:443", "weight": 7 }, { "target": "a.internal:443", "weight": world.now }] }),
    )
}

pub fn apisix(world: &mut World, request: &Request) -> Reply {
    match request.line().as_str() {
        "GET /apisix/admin/upstreams/1" => {}
        "PATCH /apisix/admin/upstreams/1" if request.json()["nodes"].is_object() => {
            world.set(request.json()["nodes"].clone());
        }
        _ => return refused(404, "Key not found"),
    }
    ok(json!({ "value": { "nodes": world.now }, "modifiedIndex": world.revision }))
}

/// An object of the Kubernetes API, patched by a JSON Patch whose `test` may not hold.
pub fn envoy(world: &mut World, request: &Request) -> Reply {
    if request.path != "/apis/aigateway.envoyproxy.io/v1alpha1/namespaces/prod/aigatewayroutes/support-bot" {
        return refused(404, "aigatewayroutes.aigateway.envoyproxy.io not found");
    }
    let version = (100 + world.revision).to_string();
    if request.method == "PATCH" {
        let patch = request.json();
        if request.header("content-type") != "application/json-patch+json" || patch[0]["op"] != "test" {
            return refused(415, "the body of the request was in an unknown format");
        }
        if patch[0]["value"] != version {
            return refused(422, "the server rejected our request due to an error in our request");
        }
        world.set(patch[1]["value"].clone());
    }
    let version = (100 + world.revision).to_string();
    ok(json!({ "metadata": { "resourceVersion": version }, "spec": { "rules": [{ "backendRefs": world.now }] } }))
}

pub fn github(world: &mut World, request: &Request) -> Reply {
    let known = request.path == "/repos/acme/support-bot/contents/config/prompt-version";
    if !known || request.header("x-github-api-version") != "2022-11-28" {
        return refused(404, "Not Found");
    }
    let sha = |world: &World| format!("blob{}", world.revision);
    if request.method == "PUT" {
        let body = request.json();
        if body["sha"] != sha(world) {
            return refused(409, "config/prompt-version does not match");
        }
        let packed: String = body["content"].as_str().unwrap_or_default().split_whitespace().collect();
        let bytes = STANDARD.decode(packed).expect("base64");
        world.set(json!(String::from_utf8(bytes).expect("text")));
        return ok(json!({ "commit": { "sha": "c" } }));
    }
    // GitHub breaks the lines of its base64.
    let content = STANDARD.encode(world.now.as_str().unwrap_or_default()) + "\n";
    ok(json!({ "sha": sha(world), "content": content, "encoding": "base64" }))
}

pub fn consul(world: &mut World, request: &Request) -> Reply {
    if request.path != "/v1/kv/flags/llm" {
        return (404, None, String::new());
    }
    let index = if world.now.is_null() { 0 } else { world.revision };
    let won = request.query.get("cas").is_some_and(|cas| *cas == index.to_string());
    match request.method.as_str() {
        "GET" if world.now.is_null() => (404, None, String::new()),
        "GET" => {
            let value = STANDARD.encode(world.now.as_str().unwrap_or_default());
            ok(json!([{ "Key": "flags/llm", "ModifyIndex": index, "Value": value }]))
        }
        "PUT" if won => {
            world.set(json!(String::from_utf8_lossy(&request.body)));
            ok(json!(true))
        }
        "DELETE" if won => {
            world.set(Value::Null);
            ok(json!(true))
        }
        _ => ok(json!(false)),
    }
}

pub fn etcd(world: &mut World, request: &Request) -> Reply {
    let key = STANDARD.encode("flags/llm");
    let body = request.json();
    let revision = if world.now.is_null() { 0 } else { world.revision };
    match request.line().as_str() {
        "POST /v3/kv/range" if body["key"] == key && !world.now.is_null() => ok(json!({
            "header": { "revision": "9" },
            "kvs": [{ "key": key, "mod_revision": revision.to_string(), "value": world.now }],
        })),
        "POST /v3/kv/range" => ok(json!({ "header": { "revision": "9" } })),
        "POST /v3/kv/txn" => {
            if body["compare"][0]["mod_revision"] != json!(revision.to_string()) {
                return ok(json!({ "header": {}, "responses": [] }));
            }
            let put = &body["success"][0]["request_put"]["value"];
            world.set(put.clone());
            ok(json!({ "header": {}, "succeeded": true }))
        }
        _ => refused(404, "Not Found"),
    }
}
