//! The say-so for product traffic. A suite's requests are no lever writes, but they are requests that a read-only
//! session must not send by itself: without a say-so no client sends them. May not be made any other way.

use super::super::permit::Mode;

/// Who wants product traffic. Cannot be cloned from nothing; its field is private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaySo(String);

impl SaySo {
    /// A person asked for exactly this: the `probe` command.
    #[must_use]
    pub fn of_a_person(who: &str) -> Self {
        Self(who.to_owned())
    }

    /// A session that may act may also ask the product. Read-only and dry run may not.
    #[must_use]
    pub fn of_a_session(mode: Mode, who: &str) -> Option<Self> {
        (mode == Mode::Act).then(|| Self(who.to_owned()))
    }

    /// Whose it is.
    #[must_use]
    pub fn who(&self) -> &str {
        &self.0
    }
}
