//! When an action was last rehearsed, and what is said of one that never was. May not read journals: `incident` does.

use jiff::{SignedDuration, Timestamp};

use super::plan::{Check, CheckStatus};

/// A rehearsal that is older than this proves little: stores, tokens and products have moved on.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_hours(90 * 24);

/// True if nobody saw it work within the last 90 days.
#[must_use]
pub fn is_stale(rehearsed_at: Option<Timestamp>, now: Timestamp) -> bool {
    rehearsed_at.is_none_or(|at| now.duration_since(at) > STALE_AFTER)
}

/// `12 d ago`, or that it never was.
#[must_use]
pub fn words(rehearsed_at: Option<Timestamp>, now: Timestamp) -> String {
    let Some(at) = rehearsed_at else { return "never, as far as this journal knows".to_owned() };
    let hours = now.duration_since(at).as_hours().max(0);
    match (hours / 24, hours) {
        (0, 0) => "within the last hour".to_owned(),
        (0, hours) => format!("{hours} h ago"),
        (days, _) => format!("{days} d ago"),
    }
}

/// The line of a preview. It never blocks: an action that nobody rehearsed may be the right one.
#[must_use]
pub fn check(rehearsed_at: Option<Timestamp>, now: Timestamp) -> Check {
    let stale = is_stale(rehearsed_at, now);
    let limit = if stale && rehearsed_at.is_some() { "; limit 90 d" } else { "" };
    Check {
        name: "rehearsed".into(),
        status: if stale { CheckStatus::Warn } else { CheckStatus::Pass },
        why: format!("{}{limit}", words(rehearsed_at, now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rehearsal_is_stale_after_ninety_days_and_never_is_stale_too() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(200 * 24);
        let ago = |days: i64| Some(now - SignedDuration::from_hours(days * 24));
        assert_eq!(check(ago(12), now).status, CheckStatus::Pass);
        assert_eq!(check(ago(12), now).why, "12 d ago");
        assert_eq!(check(ago(91), now).why, "91 d ago; limit 90 d");
        assert_eq!((check(ago(91), now).status, check(None, now).status), (CheckStatus::Warn, CheckStatus::Warn));
        assert_eq!(words(Some(now), now), "within the last hour");
    }
}
