//! Whether this user may write a key, by what etcd says about its roles. Asks; never writes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Etcd;
use crate::domain::cause::Fault;
use crate::domain::plan::{Check, CheckStatus};

/// The check `token allowed` for one key.
pub(super) async fn check(etcd: &Etcd, key: &str) -> Check {
    let (status, why) = match etcd.client.spec().user.as_deref() {
        None => (CheckStatus::Pass, "the store lets everybody read and write without a token".to_owned()),
        Some(user) => match may_write(etcd, user, key).await {
            Ok(true) => (CheckStatus::Pass, format!("a role of {user} may write {key}")),
            Ok(false) => (CheckStatus::Fail, format!("no role of {user} may write {key}: it needs READWRITE there")),
            Err(fault) => (CheckStatus::Unknown, format!("the store did not say what {user} may do: {fault}")),
        },
    };
    Check { name: "token allowed".into(), status, why }
}

async fn may_write(etcd: &Etcd, user: &str, key: &str) -> Result<bool, Fault> {
    let answer = etcd.ask("/v3/auth/user/get", &json!({ "name": user })).await?.json()?;
    let roles = answer.get("roles").and_then(Value::as_array).cloned().unwrap_or_default();
    for role in roles.iter().filter_map(Value::as_str) {
        if role == "root" {
            return Ok(true);
        }
        let answer = etcd.ask("/v3/auth/role/get", &json!({ "role": role })).await?.json()?;
        if answer.get("perm").and_then(Value::as_array).is_some_and(|perms| perms.iter().any(|p| covers(p, key))) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// True if the permission lets the key be read and written. A range ends before `range_end`; a single zero byte means
/// "every key from here on"; without an end it is one key.
pub(super) fn covers(permission: &Value, key: &str) -> bool {
    let bytes = |field: &str| {
        let text = permission.get(field).and_then(Value::as_str).unwrap_or_default();
        STANDARD.decode(text).unwrap_or_default()
    };
    let writes = permission.get("permType").and_then(Value::as_str) == Some("READWRITE");
    let (from, to, key) = (bytes("key"), bytes("range_end"), key.as_bytes());
    writes
        && match to.as_slice() {
            [] => from == key,
            [0] => key >= from.as_slice(),
            to => key >= from.as_slice() && key < to,
        }
}
