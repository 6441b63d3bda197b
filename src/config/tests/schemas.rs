//! The JSON schemas against files that the loaders accept and refuse.

use serde_json::Value;

use super::super::schema;
use super::fixture;

/// Enough of JSON Schema for the schemas we write: the first place that does not fit.
fn fits(schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    if let Some(choices) = schema["anyOf"].as_array() {
        let fitting = choices.iter().any(|choice| fits(choice, value, place).is_ok());
        return if fitting { Ok(()) } else { Err(format!("{place}: no alternative fits")) };
    }
    let right_type = match schema["type"].as_str().unwrap_or_default() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        other => return Err(format!("{place}: the schema has type {other:?}")),
    };
    if !right_type {
        return Err(format!("{place}: {value} is no {}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        return Err(format!("{place}: {value} is not one of {}", schema["enum"]));
    }
    for item in value.as_array().into_iter().flatten() {
        fits(&schema["items"], item, place)?;
    }
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(required).is_none() {
            return Err(format!("{place}: lacks {required}"));
        }
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        let place = format!("{place}.{key}");
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => return Err(format!("{place}: unknown key")),
            (Value::Null, others) => fits(others, inner, &place)?,
            (known, _) => fits(known, inner, &place)?,
        }
    }
    Ok(())
}

fn json(text: &str) -> Value {
    let table: toml::Table = toml::from_str(text).expect("valid TOML");
    serde_json::to_value(table).expect("JSON")
}

#[test]
fn schemas_accept_what_the_loaders_accept() {
    fits(&schema::config(), &json(&fixture("config/valid/support-bot.toml")), "config").expect("fits");
    fits(&schema::runbook(), &json(&fixture("runbooks/valid/slow-search.toml")), "runbook").expect("fits");
    for (name, text) in [
        ("leak", include_str!("../../../runbooks/leak.toml")),
        ("latency", include_str!("../../../runbooks/latency.toml")),
        ("provider-outage", include_str!("../../../runbooks/provider-outage.toml")),
        ("wrong-consistent", include_str!("../../../runbooks/wrong-consistent.toml")),
    ] {
        fits(&schema::runbook(), &json(text), name).expect("fits");
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn the_demo_config_loads_without_a_word_and_fits_the_schema() {
    let text = crate::sandbox::config_template();
    let config = super::super::load_text("demo", text).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.warnings, Vec::<String>::new());
    fits(&schema::config(), &json(text), "config").expect("fits");
}

#[test]
fn schemas_refuse_unknown_keys_missing_keys_and_wrong_words() {
    let good = fixture("config/valid/support-bot.toml");
    for (from, to) in [
        ("mode = \"act\"", "mode = \"acts\""),
        ("interval = \"10s\"", "intervall = \"10s\""),
        ("environment = \"prod\"", ""),
        ("min-samples = 80", "min-samples = \"80\""),
    ] {
        let bad = json(&good.replacen(from, to, 1));
        assert!(fits(&schema::config(), &bad, "config").is_err(), "{to:?}");
    }
}
