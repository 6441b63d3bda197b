//! What a reading came to: how many were read, what they were called, and the share of bad ones with its interval.
//! A share without its interval is never said.

use std::collections::BTreeMap;

use super::super::evidence::Verdict;
use super::super::suite::wilson;

/// Fewer than this say nothing about a share.
pub const LEAST: u32 = 20;

/// A running count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// How many were tagged.
    pub n: u32,
    /// How many of them are bad: every tag but the first.
    pub bad: u32,
    /// How often each tag was given, in the order of the config.
    pub counts: Vec<(String, u32)>,
}

impl Reading {
    /// Counts the tags, by the name of each sample. A tag that the config does not know any more is a bad one by its own
    /// name: somebody gave it.
    #[must_use]
    pub fn of<'a>(tags: &[String], given: impl IntoIterator<Item = &'a str>) -> Self {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        let mut reading = Self::default();
        for tag in given {
            *counts.entry(tag).or_default() += 1;
            reading.n += 1;
            reading.bad += u32::from(tags.first().is_none_or(|fine| fine != tag));
        }
        let known = tags.iter().map(|tag| (tag.clone(), counts.remove(tag.as_str()).unwrap_or(0)));
        reading.counts = known.collect();
        reading.counts.extend(counts.into_iter().map(|(tag, count)| (tag.to_owned(), count)));
        reading
    }

    /// The 95 % interval of the share of bad ones.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        wilson(self.bad, self.n)
    }

    /// Whether more than `share` of the answers are bad: only when the whole interval is on one side of it.
    #[must_use]
    pub fn more_than(&self, share: f64) -> Verdict {
        let (low, high) = self.interval();
        match (low > share, high < share) {
            _ if self.n < LEAST => Verdict::Unknown,
            (true, _) => Verdict::True,
            (_, true) => Verdict::False,
            _ => Verdict::Unknown,
        }
    }

    /// `read 50: 9 bad, 18 % (10 to 31 %)`; empty if nothing was read.
    #[must_use]
    pub fn words(&self) -> String {
        if self.n == 0 {
            return String::new();
        }
        let percent = |share: f64| format!("{:.0}", share * 100.0);
        let (low, high) = self.interval();
        let share = percent(f64::from(self.bad) / f64::from(self.n));
        format!("read {}: {} bad, {share} % ({} to {} %)", self.n, self.bad, percent(low), percent(high))
    }
}
