//! JSON schemas of the file formats, made from the same declared shapes that the loader checks with: what the schema
//! knows, the loader knows, and the other way round. May not add rules of its own.

use serde_json::{Map, Value, json};

use super::load::CONFIG;
use super::readings::READINGS;
use super::runbooks::{EXTENSION, RUNBOOK};
use super::shape::{Shape, Takes};

/// Pattern of names (`domain::ids`).
const NAME: &str = "^[a-z0-9][a-z0-9._:/-]{0,63}$";
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What `schema WHAT` knows.
pub const NAMES: [&str; 4] = ["config", "runbook", "extension", "readings"];

/// The schema of that name; `None` if it is not one of [`NAMES`].
#[must_use]
pub fn of(name: &str) -> Option<Value> {
    match name {
        "config" => Some(config()),
        "runbook" => Some(runbook()),
        "extension" => Some(document("breakglass runbook extension", &EXTENSION)),
        "readings" => Some(readings()),
        _ => None,
    }
}

/// The schema of config files.
#[must_use]
pub fn config() -> Value {
    document("breakglass config", &CONFIG)
}

/// The schema of runbook files.
#[must_use]
pub fn runbook() -> Value {
    document("breakglass runbook", &RUNBOOK)
}

/// The schema of readings files.
#[must_use]
pub fn readings() -> Value {
    document("breakglass readings", &READINGS)
}

fn document(title: &str, shape: &Shape) -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".into(), DRAFT.into());
    schema.insert("title".into(), title.into());
    if let Value::Object(table) = table(shape) {
        schema.extend(table);
    }
    Value::Object(schema)
}

fn table(shape: &Shape) -> Value {
    let property = |key: &super::shape::Key| {
        let mut schema = takes(&key.takes);
        if let Value::Object(schema) = &mut schema {
            let about = match &key.takes {
                Takes::Line(most) | Takes::List(Takes::Line(most)) => {
                    format!("{}; one line of at most {most} characters", key.about)
                }
                Takes::Lines(most) => format!("{}; at most {most} characters", key.about),
                _ => key.about.to_owned(),
            };
            schema.insert("description".into(), about.into());
        }
        (key.name.to_owned(), schema)
    };
    let properties: Map<String, Value> = shape.keys.iter().map(property).collect();
    let required: Vec<&str> = shape.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({
        "description": shape.about,
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

fn takes(takes_: &Takes) -> Value {
    match takes_ {
        Takes::Text => json!({ "type": "string", "minLength": 1 }),
        Takes::Line(most) => json!({ "type": "string", "minLength": 1, "maxLength": most, "pattern": "^[^\\r\\n]*$" }),
        Takes::Lines(most) => json!({ "type": "string", "minLength": 1, "maxLength": most }),
        Takes::Version => json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX }),
        Takes::Word(words) => json!({ "type": "string", "enum": words() }),
        Takes::Pointer => json!({ "type": "string", "pattern": "^(/.*)?$" }),
        Takes::Values => {
            let any = [json!({ "type": "string" }), json!({ "type": "number" }), json!({ "type": "boolean" })];
            json!({ "type": "object", "additionalProperties": { "anyOf": any } })
        }
        Takes::Id => json!({ "type": "string", "pattern": NAME }),
        Takes::Number => json!({ "type": "number" }),
        Takes::Whole => json!({ "type": "integer", "minimum": 0 }),
        Takes::YesNo => json!({ "type": "boolean" }),
        Takes::Duration => json!({ "type": "string", "examples": ["60s", "10m", "4h", "14d"] }),
        Takes::Instant => json!({ "type": "string", "format": "date-time" }),
        Takes::Day => json!({ "type": "string", "format": "date" }),
        Takes::List(item) => json!({ "type": "array", "items": takes(item) }),
        Takes::Table(shape) => table(shape),
        Takes::Named(shape) => {
            json!({ "type": "object", "propertyNames": { "pattern": NAME }, "additionalProperties": table(shape) })
        }
        Takes::Rows(shape) => json!({ "type": "object", "additionalProperties": table(shape) }),
        Takes::Numbers => json!({ "type": "object", "additionalProperties": { "type": "number" } }),
        Takes::OneOf(choices) => json!({ "anyOf": choices.iter().map(takes).collect::<Vec<_>>() }),
    }
}
