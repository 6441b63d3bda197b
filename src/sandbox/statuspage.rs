//! The primary provider's public status page, in the shape of Atlassian Statuspage: honest, and late.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::server::{Shared, instant, reply, seconds};

/// All routes.
pub fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/api/v2/status.json", get(status))
        .route("/api/v2/summary.json", get(summary))
        .route("/api/v2/components.json", get(components))
        .route("/api/v2/incidents.json", get(incidents))
        .route("/api/v2/incidents/unresolved.json", get(incidents))
        .route("/api/v2/scheduled-maintenances.json", get(maintenances))
        .with_state(shared)
}

/// What the page shows at this moment.
struct Page {
    now: String,
    /// Title and beginning of the incident, once the page admits it.
    incident: Option<(&'static str, String)>,
}

impl Page {
    fn of(shared: &Shared) -> Self {
        let now = shared.now();
        let incident = shared.look(|world| {
            let page = world.product.scenario.page?;
            let admitted_at = world.product.fault_at + page.after;
            (admitted_at <= seconds(now)).then(|| (page.title, iso(admitted_at)))
        });
        Self { now: iso(seconds(now)), incident }
    }

    fn page(&self) -> Value {
        json!({ "id": "nw1", "name": "Northwind AI", "url": "https://status.northwind.example", "time_zone": "Etc/UTC", "updated_at": self.now })
    }

    fn status(&self) -> Value {
        match self.incident {
            Some(_) => json!({ "indicator": "major", "description": "Partial System Outage" }),
            None => json!({ "indicator": "none", "description": "All Systems Operational" }),
        }
    }

    fn components(&self) -> Vec<Value> {
        let api = if self.incident.is_some() { "partial_outage" } else { "operational" };
        let component = |id: &str, name: &str, status: &str, position: u8| {
            json!({ "id": id, "name": name, "status": status, "position": position, "description": null, "group": false,
                    "group_id": null, "showcase": true, "only_show_if_degraded": false, "updated_at": self.now })
        };
        vec![component("nwapi", "API", api, 1), component("nwweb", "Console", "operational", 2)]
    }

    fn incidents(&self) -> Vec<Value> {
        let incident = |(title, since): &(&str, String)| {
            let update =
                json!({ "id": "u1", "status": "investigating", "created_at": since, "body": "We are investigating." });
            json!({ "id": "nwinc1", "name": title, "status": "investigating", "impact": "major", "created_at": since,
                    "updated_at": since, "started_at": since, "monitoring_at": null, "resolved_at": null,
                    "shortlink": "https://status.northwind.example/nwinc1", "incident_updates": [update],
                    "components": [{ "id": "nwapi", "name": "API", "status": "partial_outage" }] })
        };
        self.incident.iter().map(incident).collect()
    }
}

fn iso(at: f64) -> String {
    instant(at).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

async fn status(State(shared): State<Shared>) -> Response {
    let page = Page::of(&shared);
    reply(StatusCode::OK, json!({ "page": page.page(), "status": page.status() }))
}

async fn summary(State(shared): State<Shared>) -> Response {
    let page = Page::of(&shared);
    let body = json!({ "page": page.page(), "status": page.status(), "components": page.components(),
                       "incidents": page.incidents(), "scheduled_maintenances": [] });
    reply(StatusCode::OK, body)
}

async fn components(State(shared): State<Shared>) -> Response {
    let page = Page::of(&shared);
    reply(StatusCode::OK, json!({ "page": page.page(), "components": page.components() }))
}

async fn incidents(State(shared): State<Shared>) -> Response {
    let page = Page::of(&shared);
    reply(StatusCode::OK, json!({ "page": page.page(), "incidents": page.incidents() }))
}

async fn maintenances(State(shared): State<Shared>) -> Response {
    let page = Page::of(&shared);
    reply(StatusCode::OK, json!({ "page": page.page(), "scheduled_maintenances": [] }))
}
