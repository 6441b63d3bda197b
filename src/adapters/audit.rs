//! What the audit logs of several stores share: a page of entries, each a change or nothing that concerns us. Pure.

use jiff::Timestamp;
use serde_json::Value;

use super::planned::odd;
use crate::domain::cause::Fault;
use crate::domain::change::Change;

/// The changes of one page since then, newest first. Its entries stand under `list`; `change` reads one of them.
///
/// # Errors
/// [`Fault::NotUnderstood`]: there is no such list.
pub(super) fn page(
    answer: &Value,
    list: &str,
    since: Timestamp,
    change: impl Fn(&Value) -> Option<Change>,
) -> Result<Vec<Change>, Fault> {
    let entries = answer.get(list).and_then(Value::as_array);
    let entries = entries.ok_or_else(|| odd(&format!("its log has no {list}")))?;
    let mut changes: Vec<Change> = entries.iter().filter_map(change).filter(|change| change.at >= since).collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.at));
    Ok(changes)
}
