//! Gateway routes as MLflow keeps them: a list of models with weights that an update replaces whole, unchecked sums,
//! and no effect before the gateway's cache has expired (that delay is the world's). May not know HTTP.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Refusal;

/// The one route of the product.
pub const ROUTE: &str = "support-chat";

/// The models that a route may name: definition id, name, provider, model.
const DEFINITIONS: [(&str, &str, &str, &str); 2] = [
    ("d-5a4d0001", "northwind-large", "northwind", "northwind-large-2"),
    ("d-5a4d0002", "contoso-pro", "contoso", "contoso-pro-1"),
];

const ENDPOINT_ID: &str = "e-5a4d0000";

/// The gateway.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// Rows as they were written, with mapping ids.
    mappings: Vec<Value>,
    fallback: Option<Value>,
    updated_at: Timestamp,
    updated_by: String,
    mappings_made: u64,
}

impl Gateway {
    /// All traffic to the primary since `at`.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        let mut gateway =
            Self { mappings: Vec::new(), fallback: None, updated_at: at, updated_by: "priya".into(), mappings_made: 0 };
        gateway
            .replace(&[json!({ "model_definition_id": DEFINITIONS[0].0, "linkage_type": "PRIMARY", "weight": 1.0 })]);
        gateway
    }

    /// Share of traffic to the primary provider, 0..=1.
    #[must_use]
    pub fn primary_share(&self) -> f64 {
        let weight = |id: Option<&str>| -> f64 {
            let rows = self.mappings.iter().filter(|row| row.get("linkage_type").is_none_or(|l| l == "PRIMARY"));
            let wanted = rows.filter(|row| id.is_none_or(|id| row.get("model_definition_id").is_some_and(|i| i == id)));
            wanted.filter_map(|row| row.get("weight")?.as_f64()).sum()
        };
        let all = weight(None);
        if all > 0.0 { weight(Some(DEFINITIONS[0].0)) / all } else { 0.0 }
    }

    /// The route, by its id or its name.
    ///
    /// # Errors
    /// Unknown route.
    pub fn show(&self, id: Option<&str>, name: Option<&str>) -> Result<Value, Refusal> {
        if id.is_some_and(|id| id != ENDPOINT_ID)
            || name.is_some_and(|name| name != ROUTE)
            || (id, name) == (None, None)
        {
            return Err(Refusal::missing(format!("GatewayEndpoint not found ({id:?}, {name:?})")));
        }
        let mut endpoint = json!({
            "endpoint_id": ENDPOINT_ID, "name": ROUTE, "routing_strategy": "REQUEST_BASED_TRAFFIC_SPLIT",
            "created_at": 1_790_000_000_000_i64, "last_updated_at": self.updated_at.as_millisecond(),
            "created_by": "priya", "last_updated_by": self.updated_by, "model_mappings": self.mappings,
        });
        if let (Some(fields), Some(fallback)) = (endpoint.as_object_mut(), &self.fallback) {
            fields.insert("fallback_config".into(), fallback.clone());
        }
        Ok(endpoint)
    }

    /// Every model definition.
    #[must_use]
    pub fn definitions() -> Vec<Value> {
        DEFINITIONS.iter().map(definition).collect()
    }

    /// Replaces the rows of the route.
    ///
    /// # Errors
    /// Unknown route or model definition, no rows.
    pub fn update(&mut self, at: Timestamp, body: &Value) -> Result<Value, Refusal> {
        self.show(body.get("endpoint_id").and_then(Value::as_str), None)?;
        let rows = body.get("model_configs").and_then(Value::as_array).filter(|rows| !rows.is_empty());
        let rows = rows.ok_or_else(|| Refusal::invalid("model_configs must be a non-empty list".into()))?;
        let known =
            |row: &Value| DEFINITIONS.iter().any(|d| row.get("model_definition_id").is_some_and(|id| id == d.0));
        if let Some(stranger) = rows.iter().find(|row| !known(row)) {
            let id = stranger.get("model_definition_id").cloned().unwrap_or_default();
            return Err(Refusal::missing(format!("GatewayModelDefinition not found ({id})")));
        }
        self.replace(rows);
        self.fallback = body.get("fallback_config").cloned();
        self.updated_at = at;
        body.get("updated_by").and_then(Value::as_str).unwrap_or_default().clone_into(&mut self.updated_by);
        self.show(Some(ENDPOINT_ID), None)
    }

    fn replace(&mut self, rows: &[Value]) {
        self.mappings.clear();
        for row in rows {
            self.mappings_made += 1;
            let mut mapping = row.clone();
            if let Some(fields) = mapping.as_object_mut() {
                fields.insert("mapping_id".into(), format!("m-{:08}", self.mappings_made).into());
                fields.insert("endpoint_id".into(), ENDPOINT_ID.into());
                let own = DEFINITIONS.iter().find(|d| row.get("model_definition_id").is_some_and(|id| id == d.0));
                fields.insert("model_definition".into(), own.map(definition).unwrap_or_default());
            }
            self.mappings.push(mapping);
        }
    }
}

fn definition((id, name, provider, model): &(&str, &str, &str, &str)) -> Value {
    json!({ "model_definition_id": id, "name": name, "provider": provider, "model_name": model })
}
