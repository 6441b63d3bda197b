//! The shapes of flag services, as far as one flag needs them.

use serde_json::{Value, json};

use super::server::{Reply, Request, World, ok, refused};

pub fn unleash(world: &mut World, request: &Request) -> Reply {
    let flag = "/api/admin/projects/default/features/ai-assistant/environments/production";
    match request.line().as_str() {
        line if line == format!("GET {flag}") => ok(json!({ "name": "ai-assistant", "enabled": world.now })),
        "GET /api/admin/search/events" if request.query["feature"] == "IS:ai-assistant" => {
            ok(json!({ "events": [{ "id": world.revision }] }))
        }
        line if line == format!("POST {flag}/on") => switched(world, true),
        line if line == format!("POST {flag}/off") => switched(world, false),
        "GET /api/client/features" => ok(json!({ "version": 2, "features": [
            { "name": "another", "enabled": !world.served.as_bool().unwrap_or(false) },
            { "name": "ai-assistant", "enabled": world.served },
        ] })),
        _ => refused(404, "no such flag"),
    }
}

fn switched(world: &mut World, on: bool) -> Reply {
    if world.now != json!(on) {
        world.set(json!(on));
    }
    (200, None, String::new())
}

pub fn launchdarkly(world: &mut World, request: &Request) -> Reply {
    if request.path != "/api/v2/flags/default/ai-assistant" {
        return refused(404, "no such flag");
    }
    if request.method == "PATCH" {
        let body = request.json();
        let kind = body["instructions"][0]["kind"].as_str().unwrap_or_default();
        let semantic = request.header("content-type").contains("domain-model=launchdarkly.semanticpatch");
        if !semantic || !matches!(kind, "turnFlagOn" | "turnFlagOff") || body["environmentKey"] != "production" {
            return refused(400, "no semantic patch");
        }
        world.set(json!(kind == "turnFlagOn"));
    }
    let there = json!({ "on": world.now, "version": world.revision, "lastModified": world.revision, "rules": [1] });
    ok(json!({ "_version": 90, "environments": { "production": there } }))
}

pub fn flagsmith(world: &mut World, request: &Request) -> Reply {
    if request.path != "/api/__future__/environments/AbCdEf/features/12/" {
        return refused(404, "no such feature");
    }
    if request.method == "PATCH" {
        let Value::Bool(on) = request.json()["environment_default"]["enabled"] else {
            return refused(400, "not a boolean");
        };
        world.set(json!(on));
    }
    let value = json!({ "type": "string", "value": "hello" });
    ok(
        json!({ "environment_default": { "enabled": world.now, "value": value, "variants": [] }, "segment_overrides": [] }),
    )
}

pub fn flipt_one(world: &mut World, request: &Request) -> Reply {
    match request.line().as_str() {
        "PUT /api/v1/namespaces/default/flags/ai-assistant" => {
            let body = request.json();
            // A PUT replaces: what is left out is gone.
            if body["name"] != "Assistant" || body["description"] != "answers" || !body["enabled"].is_boolean() {
                return refused(400, "the flag would lose its name");
            }
            world.set(body["enabled"].clone());
            ok(json!({}))
        }
        "GET /api/v1/namespaces/default/flags/ai-assistant" => ok(json!({ "key": "ai-assistant", "name": "Assistant",
            "description": "answers", "enabled": world.now, "updatedAt": world.revision })),
        line => evaluated(world, request, line),
    }
}

fn evaluated(world: &World, request: &Request, line: &str) -> Reply {
    let probe = request.json()["context"]["targetingKey"] == "cockpit-probe";
    match line {
        "POST /ofrep/v1/evaluate/flags/ai-assistant" if probe => {
            ok(json!({ "key": "ai-assistant", "value": world.served }))
        }
        _ => refused(404, "FLAG_NOT_FOUND"),
    }
}

pub fn flipt_two(world: &mut World, request: &Request) -> Reply {
    let resources = "/api/v2/environments/production/namespaces/default/resources";
    let revision = |world: &World| format!("sha-{}", world.revision);
    match request.line().as_str() {
        line if line == format!("GET {resources}/flipt.core.Flag/ai-assistant") => {
            let resource = json!({ "namespaceKey": "default", "key": "ai-assistant", "payload": world.now });
            ok(json!({ "resource": resource, "revision": revision(world) }))
        }
        line if line == format!("PUT {resources}") => {
            let body = request.json();
            if body["revision"] != revision(world) {
                return refused(409, "expected head revision has changed");
            }
            let mut whole = body["payload"].clone();
            if whole["rules"].is_null() {
                return refused(400, "the flag would lose its rules");
            }
            world.revision += 1;
            let enabled = whole["enabled"].take();
            whole["enabled"] = enabled.clone();
            world.now = whole;
            if !world.frozen {
                world.served = enabled;
            }
            ok(json!({ "revision": revision(world) }))
        }
        line => evaluated(world, request, line),
    }
}

pub fn growthbook(world: &mut World, request: &Request) -> Reply {
    match request.line().as_str() {
        "GET /api/v2/features/ai-assistant" => {
            ok(json!({ "feature": { "environments": { "production": { "enabled": world.now } } } }))
        }
        "POST /api/v2/features/ai-assistant/toggle" => {
            let body = request.json();
            let Value::Bool(on) = body["environments"]["production"] else { return refused(400, "not a boolean") };
            if !body["reason"].as_str().is_some_and(|reason| reason.starts_with("breakglass: assistant ")) {
                return refused(400, "no reason");
            }
            world.set(json!(on));
            ok(json!({}))
        }
        _ => refused(404, "no such feature"),
    }
}

pub fn configcat(world: &mut World, request: &Request) -> Reply {
    if !request.path.ends_with("/settings/1234/value") {
        return refused(404, "no such setting");
    }
    if request.method == "PATCH" {
        let operation = request.json()[0].clone();
        if operation["op"] != "replace" || operation["path"] != "/value" || !operation["value"].is_boolean() {
            return refused(400, "no JSON Patch");
        }
        if !request.query.get("reason").is_some_and(|reason| reason.contains("->")) {
            return refused(400, "a reason is mandatory");
        }
        world.set(operation["value"].clone());
    }
    ok(json!({ "value": world.now, "rolloutRules": [1] }))
}

pub fn statsig(world: &mut World, request: &Request) -> Reply {
    if request.header("statsig-api-version") != "20240601" {
        return refused(400, "which version");
    }
    match request.line().as_str() {
        "GET /console/v1/gates/ai_assistant" => {}
        "PUT /console/v1/gates/ai_assistant/enable" => world.set(json!(true)),
        "PUT /console/v1/gates/ai_assistant/disable" => world.set(json!(false)),
        _ => return refused(404, "no such gate"),
    }
    ok(json!({ "message": "ok", "data": { "isEnabled": world.now, "lastModifiedTime": world.revision } }))
}

pub fn posthog(world: &mut World, request: &Request) -> Reply {
    match request.line().as_str() {
        "GET /api/projects/7/feature_flags/1234/" => {}
        "PATCH /api/projects/7/feature_flags/1234/" if request.json()["active"].is_boolean() => {
            world.set(request.json()["active"].clone());
        }
        _ => return refused(404, "no such flag"),
    }
    ok(json!({ "id": 1234, "active": world.now }))
}

pub fn vercel(world: &mut World, request: &Request) -> Reply {
    if request.path != "/v1/projects/prj_1/feature-flags/flags/ai-assistant" || request.query["teamId"] != "team_1" {
        return refused(404, "no such flag");
    }
    let etag = |world: &World| format!("\"v{}\"", world.revision);
    if request.method == "PATCH" {
        if request.header("if-match") != etag(world) {
            return refused(412, "precondition failed");
        }
        world.set(request.json()["environments"]["production"]["active"].clone());
    }
    let body = json!({ "environments": { "production": { "active": world.now } } });
    (200, Some(etag(world)), body.to_string())
}
