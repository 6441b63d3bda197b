//! What a replay came to: how often each way gave which answer. May not judge an answer: people do.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::ids::SamplesId;

/// Most different answers that are kept of one way.
const MOST_DIFFERENT: usize = 4;
/// Characters kept of an answer.
const MOST_ANSWER: usize = 300;

/// One way that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayOutcome {
    /// Its name.
    pub name: String,
    /// Answers.
    pub n: u32,
    /// Answers with the words of the sample.
    pub same: u32,
    /// Requests without an answer.
    pub unanswered: u32,
    /// Why the last one was not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Different answers with how often each came, most frequent first; the rarest may be left out.
    pub answers: Vec<(String, u32)>,
}

/// A replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayOutcome {
    /// Of which source.
    pub samples: SamplesId,
    /// Of which sample.
    pub sample: String,
    /// When it ended.
    pub at: Timestamp,
    /// Every way, in the order of the config.
    pub ways: Vec<WayOutcome>,
}

impl WayOutcome {
    /// Nothing asked yet.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self { name: name.to_owned(), n: 0, same: 0, unanswered: 0, fault: None, answers: Vec::new() }
    }

    /// Takes one answer.
    pub fn answered(&mut self, sample: &str, answer: &str) {
        self.n += 1;
        self.same += u32::from(plain(answer) == plain(sample));
        let kept: String = answer.chars().take(MOST_ANSWER).collect();
        let full = self.answers.len() >= MOST_DIFFERENT;
        match self.answers.iter_mut().find(|(known, _)| *known == kept) {
            Some((_, count)) => *count += 1,
            None if full => {}
            None => self.answers.push((kept, 1)),
        }
        self.answers.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    }

    /// Takes a request that was not answered.
    pub fn lost(&mut self, why: &str) {
        self.unanswered += 1;
        self.fault = Some(why.to_owned());
    }

    /// `prompt v41: 0 of 5 as in the sample`.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = format!("{}: {} of {} as in the sample", self.name, self.same, self.n);
        if self.unanswered > 0 {
            let why = self.fault.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
            let _ = write!(words, ", {} not answered{why}", self.unanswered);
        }
        words
    }
}

impl ReplayOutcome {
    /// Every way in one line.
    #[must_use]
    pub fn words(&self) -> String {
        let ways: Vec<String> = self.ways.iter().map(WayOutcome::words).collect();
        format!("sample {} replayed; {}", self.sample, ways.join("; "))
    }
}

/// White space and letter case make no other answer.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
