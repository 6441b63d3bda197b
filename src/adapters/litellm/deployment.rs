//! One deployment: taking traffic or blocked. Pure.

use serde_json::{Value, json};

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::lever::{LeverReading, Revision, Setting};

use super::{Planned, info, of_database, of_file, words};
use crate::adapters::planned;

/// A reading from the row of the deployment. Its parameters are left out: they hold masked keys.
pub(super) fn reading(row: &Value) -> Result<LeverReading, Fault> {
    let info = info(row)?;
    Ok(LeverReading {
        // Rows of a server that has no such flag, and of its file, are never blocked.
        setting: Setting::Switch(!info.get("blocked").and_then(Value::as_bool).unwrap_or(false)),
        revision: words(info, "updated_at").map_or(Revision::None, Revision::Soft),
        raw: json!({ "db_model": of_database(info)?, "blocked": info.get("blocked") }).to_string(),
        read_at: clock::now(),
        set_by: words(info, "updated_by"),
        set_at: words(info, "updated_at").and_then(|at| at.parse().ok()),
    })
}

pub(super) fn plan(id: &str, observed: &LeverReading, after: &Setting) -> Result<Planned, String> {
    let Setting::Switch(on) = after else {
        return Err(format!("a deployment takes traffic (on) or is blocked (off), not {after}"));
    };
    if planned::kept(&observed.raw)?.get("db_model").and_then(Value::as_bool) != Some(true) {
        return Err(of_file("this deployment stands"));
    }
    let path = if *on { "/model/unblock" } else { "/model/block" };
    Ok(("POST", path.to_owned(), json!({ "model_id": id })))
}
