//! The message log and the one-line flash. A flash alone is lost; the log keeps it. May not write anywhere.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// How many messages are kept.
const KEPT: usize = 500;
/// How long a message stays in the footer.
const FLASH: SignedDuration = SignedDuration::from_secs(8);

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// When it came.
    pub at: Timestamp,
    /// The words.
    pub text: String,
}

/// Messages of this session, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Messages {
    kept: VecDeque<Message>,
    hushed: bool,
    /// How many were ever said.
    said: u64,
    /// True if the newest answers a key: it belongs to the screen, and the step of a walk, where that was pressed.
    answers_key: bool,
}

impl Messages {
    /// Adds one; the oldest falls out.
    pub fn say(&mut self, at: Timestamp, text: impl Into<String>) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(Message { at, text: text.into() });
        self.hushed = false;
        self.said += 1;
        self.answers_key = false;
    }

    /// How many were ever said.
    pub(super) const fn said(&self) -> u64 {
        self.said
    }

    /// A key was carried out. What it said goes from the footer with its screen or step; news of runs and sources
    /// stays.
    pub(super) const fn keyed(&mut self, said_before: u64, left: bool) {
        if self.said > said_before {
            self.answers_key = true;
        } else if left && self.answers_key {
            self.hushed = true;
        }
    }

    /// Takes the newest out of the footer: what it says belongs to what is over. The log keeps it.
    pub(super) const fn hush(&mut self) {
        self.hushed = true;
    }

    /// All of them, oldest first.
    #[must_use]
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Message> + ExactSizeIterator {
        self.kept.iter()
    }

    /// The newest, while it is young enough for the footer.
    #[must_use]
    pub fn flash(&self, now: Timestamp) -> Option<&str> {
        self.kept.back().filter(|m| !self.hushed && now.duration_since(m.at) < FLASH).map(|m| m.text.as_str())
    }
}
