//! The weights of a strategy's variants as Unleash keeps them: thousandths, the variable ones share what the fixed ones leave,
//! sorted by name. May not know HTTP or clocks.

use serde_json::{Map, Value};

use super::store::Refusal;

/// All of the traffic.
const WHOLE: u64 = 1000;

/// What the server makes of the variants of a strategy that somebody wrote.
///
/// # Errors
/// No variable variant, or fixed ones that are more than everything.
pub(super) fn settle(strategy: &mut Map<String, Value>) -> Result<(), Refusal> {
    let Some(Value::Array(variants)) = strategy.get_mut("variants").filter(|all| **all != Value::Array(Vec::new()))
    else {
        return Ok(());
    };
    let is_fixed = |variant: &Value| variant.get("weightType").is_some_and(|kind| kind == "fix");
    let weight = |variant: &Value| variant.get("weight").and_then(Value::as_u64).unwrap_or(0);
    let fixed: u64 = variants.iter().filter(|variant| is_fixed(variant)).map(weight).sum();
    let left = WHOLE.checked_sub(fixed).ok_or_else(|| bad("The traffic distribution total must equal 100%"))?;
    let variable = variants.iter().filter(|variant| !is_fixed(variant)).count() as u64;
    let each = left.checked_div(variable).ok_or_else(|| bad("There must be at least one \"variable\" variant"))?;
    let mut more = left % variable;
    for variant in variants.iter_mut().filter(|variant| !is_fixed(variant)).filter_map(Value::as_object_mut) {
        variant.insert("weight".into(), (each + u64::from(more > 0)).into());
        more = more.saturating_sub(1);
    }
    let name = |variant: &Value| variant.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    variants.sort_by_key(name);
    Ok(())
}

fn bad(message: &str) -> Refusal {
    Refusal::BadData(message.to_owned())
}
