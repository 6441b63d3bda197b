//! One confirmed write to a wounded server, as the adapter of the endpoint's vendor sends it.

use breakglass::adapters::{WriteOutcome, build};
use breakglass::domain::endpoint::EndpointSpec;
use breakglass::domain::plan::PlannedRequest;

use super::permits;
use super::server::Server;

/// Sends one planned request to the server.
pub async fn write(server: &Server, spec: EndpointSpec) -> WriteOutcome {
    let request = PlannedRequest {
        method: "POST".into(),
        url: format!("{}/api/flag/off", server.url),
        headers: Vec::new(),
        content_type: Some("application/json".into()),
        body: Some("{}".into()),
    };
    let (plan, permit) = permits::permitted(vec![request]);
    let levers = build::build(&spec).levers.expect("levers");
    levers.write(&permit, &plan.requests).await
}
