//! How far a server's clock is ahead of ours, as far as its answers tell. May not read a clock.

use jiff::{SignedDuration, Timestamp};

/// Two clocks that are no further apart than this are taken for the same one.
const SAME: SignedDuration = SignedDuration::from_secs(1);
/// Clocks that are further apart than this are worth a person's attention.
const APART: SignedDuration = SignedDuration::from_secs(5);

/// Bounds of what a server's clock shows more than ours; negative where it is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    least: SignedDuration,
    most: SignedDuration,
}

impl Ahead {
    /// Our own clock, or one that agrees with it.
    pub const NONE: Self = Self { least: SignedDuration::ZERO, most: SignedDuration::ZERO };

    /// A server that was asked and had answered at these times of our clock said that it was `told`, up to `cut` later:
    /// a header `date` is cut to whole seconds (RFC 9110, section 5.6.7).
    #[must_use]
    pub fn told(told: Timestamp, cut: SignedDuration, asked: Timestamp, answered: Timestamp) -> Self {
        let ahead = told.duration_since(asked);
        Self { least: told.duration_since(answered), most: ahead.checked_add(cut).unwrap_or(ahead) }
    }

    /// The best guess, in whole seconds: nothing where the two clocks may agree.
    #[must_use]
    pub fn by(self) -> SignedDuration {
        if self.least <= SAME && self.most >= -SAME {
            return SignedDuration::ZERO;
        }
        let middle = self.least.as_millis() + self.most.as_millis();
        SignedDuration::from_secs(i64::try_from((middle + 1_000).div_euclid(2_000)).unwrap_or_default())
    }

    /// True if one offset, give or take a second, explains both.
    #[must_use]
    pub fn agrees(self, other: Self) -> bool {
        let apart = self.least.max(other.least).saturating_sub(self.most.min(other.most));
        apart <= SAME
    }

    /// `its clock is 39 s ahead of ours`, where a person should know.
    #[must_use]
    pub fn words(self) -> Option<String> {
        let by = self.by();
        let side = if by.is_negative() { "behind" } else { "ahead of" };
        (by.abs() > APART).then(|| format!("its clock is {} {side} ours", amount(by.abs())))
    }
}

fn amount(by: SignedDuration) -> String {
    match by.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7_200 => format!("{} min", seconds / 60),
        seconds @ ..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: i64) -> SignedDuration {
        SignedDuration::from_secs(seconds)
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_795_000_000_000 + millis).expect("a time")
    }

    #[test]
    fn a_header_cut_to_seconds_and_a_slow_answer_are_no_other_clock() {
        let header = |asked, answered| Ahead::told(at(0), s(1), at(asked), at(answered));
        // The server answered at 900 ms of its second, and the way back took three.
        assert_eq!(header(850, 3_900).by(), s(0));
        assert_eq!(header(10, 20).by(), s(0));
        assert_eq!(header(10, 20).words(), None);
    }

    #[test]
    fn a_clock_that_differs_is_told_in_words_and_its_side_is_named() {
        let ahead = Ahead::told(at(39_000), s(1), at(0), at(100));
        assert!((s(39)..=s(40)).contains(&ahead.by()), "{ahead:?}");
        assert!(ahead.words().is_some_and(|words| words.ends_with("s ahead of ours")));
        let behind = Ahead::told(at(-600_000), s(0), at(0), at(20));
        assert_eq!(behind.by(), s(-600));
        assert_eq!(behind.words().as_deref(), Some("its clock is 10 min behind ours"));
        assert!(!ahead.agrees(behind) && ahead.agrees(Ahead::told(at(49_500), s(0), at(10_000), at(10_010))));
    }
}
