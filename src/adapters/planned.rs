//! The shapes of planned requests that adapters share. May not send any.

use serde_json::Value;

use crate::domain::cause::Fault;
use crate::domain::plan::PlannedRequest;
use crate::net::ReadClient;

/// JSON as most stores take it.
pub(super) const JSON: &str = "application/json";

/// One request with a JSON body, or with none, to a path below the endpoint's base URL.
///
/// # Errors
/// In words: the endpoint's address is no address.
pub(super) fn request(
    client: &ReadClient,
    method: &str,
    path: &str,
    body: Option<(&str, &Value)>,
) -> Result<PlannedRequest, String> {
    Ok(PlannedRequest {
        method: method.into(),
        url: client.url(path, &[]).map_err(|fault| fault.to_string())?,
        headers: Vec::new(),
        content_type: body.map(|(kind, _)| kind.to_owned()),
        body: body.map(|(_, body)| body.to_string()),
    })
}

/// The words for an undo that would change nothing.
pub(super) fn nothing_to_undo() -> String {
    "nothing to undo: it is already as it was before".into()
}

/// The fault for an answer of another shape than the store's.
pub(super) fn odd(why: &str) -> Fault {
    Fault::NotUnderstood { why: why.to_owned() }
}

/// The kept sub-resource of a reading.
///
/// # Errors
/// In words, if a journal holds something else.
pub(super) fn kept(raw: &str) -> Result<Value, String> {
    serde_json::from_str(raw).map_err(|error| format!("the kept reading cannot be read: {error}"))
}

/// Shares that a store can take: from 0 to 1, together 1.
///
/// # Errors
/// In words.
pub(super) fn check_shares(shares: &std::collections::BTreeMap<String, f64>) -> Result<(), String> {
    let sum: f64 = shares.values().sum();
    if shares.values().any(|share| !(0.0..=1.0).contains(share)) || (sum - 1.0).abs() > 1e-6 {
        return Err("weights are shares from 0 to 1 and sum to 1".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shares_of_one_whole_are_shares() {
        let shares = |a: f64, b: f64| check_shares(&[("a".to_owned(), a), ("b".to_owned(), b)].into());
        assert!(shares(0.9, 0.1).is_ok() && shares(1.0, 0.0).is_ok());
        assert!(shares(0.9, 0.2).is_err() && shares(1.5, -0.5).is_err() && shares(f64::NAN, 1.0).is_err());
    }
}
