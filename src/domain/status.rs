//! The statuses and their roll-up. Unknown is never green.
//! May not know thresholds or times: `signal` decides a status, this file only orders and combines.

use serde::{Deserialize, Serialize};

/// What we can say about a signal, a layer or a source. Ordered from best to worst for the roll-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Status {
    /// Measured, fresh, enough samples, within limits.
    #[serde(rename = "OK")]
    Ok,
    /// Quiet because of us, not by itself.
    #[serde(rename = "CONTAINED")]
    Contained,
    /// Not enough samples for a verdict.
    #[serde(rename = "LOW-N")]
    LowN,
    /// Older than its limit; the last value is shown with its age.
    #[serde(rename = "STALE")]
    Stale,
    /// Cannot say; the cause is in words beside it.
    #[serde(rename = "UNKNOWN")]
    Unknown,
    /// Outside its warning limit.
    #[serde(rename = "WARN")]
    Warn,
    /// Outside its critical limit.
    #[serde(rename = "CRIT")]
    Crit,
}

impl Status {
    /// Every status, best first.
    pub const ALL: [Self; 7] =
        [Self::Ok, Self::Contained, Self::LowN, Self::Stale, Self::Unknown, Self::Warn, Self::Crit];

    /// The word shown beside the glyph, and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Contained => "CONTAINED",
            Self::LowN => "LOW-N",
            Self::Stale => "STALE",
            Self::Unknown => "UNKNOWN",
            Self::Warn => "WARN",
            Self::Crit => "CRIT",
        }
    }

    /// WARN or CRIT: measured, and outside limits.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Warn | Self::Crit)
    }

    /// We cannot judge: LOW-N, STALE or UNKNOWN.
    #[must_use]
    pub const fn is_blind(self) -> bool {
        matches!(self, Self::LowN | Self::Stale | Self::Unknown)
    }
}

/// The worst of several statuses, and how many of them are blind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollUp {
    /// CRIT > WARN > UNKNOWN > STALE > LOW-N > CONTAINED > OK.
    pub status: Status,
    /// How many are LOW-N, STALE or UNKNOWN.
    pub blind: usize,
}

/// Rolls statuses up. `None` for nothing wired: nothing measured is not OK.
#[must_use]
pub fn roll_up(statuses: impl IntoIterator<Item = Status>) -> Option<RollUp> {
    let mut result: Option<RollUp> = None;
    for status in statuses {
        let so_far = result.get_or_insert(RollUp { status, blind: 0 });
        so_far.status = so_far.status.max(status);
        so_far.blind += usize::from(status.is_blind());
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_status() -> impl Strategy<Value = Status> {
        proptest::sample::select(Status::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn ok_only_if_every_member_is_ok(all in proptest::collection::vec(any_status(), 1..12)) {
            let rolled = roll_up(all.iter().copied()).expect("not empty");
            prop_assert_eq!(rolled.status == Status::Ok, all.iter().all(|s| *s == Status::Ok));
        }

        #[test]
        fn making_one_member_worse_never_makes_the_roll_up_better(
            all in proptest::collection::vec(any_status(), 1..12), at in 0usize..12, other in any_status(),
        ) {
            let before = roll_up(all.iter().copied()).expect("not empty").status;
            let mut worse = all.clone();
            let at = at % worse.len();
            worse[at] = worse[at].max(other);
            prop_assert!(roll_up(worse).expect("not empty").status >= before);
        }
    }

    #[test]
    fn nothing_wired_is_not_ok() {
        assert_eq!(roll_up([]), None);
    }
}
