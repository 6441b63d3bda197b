//! What differs now from then, line by line. Unknown is never "the same". Pure.

use super::{Found, Line, VersionSnapshot};

/// How a line of then stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The same value, and the same hash where both are known.
    Same,
    /// Something else.
    Moved,
    /// Missing then or now.
    CannotSay,
}

impl Standing {
    /// The word shown and used in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Moved => "MOVED",
            Self::CannotSay => "cannot say",
        }
    }
}

/// One line, then and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared<'a> {
    /// As it was.
    pub then: Option<&'a Line>,
    /// As it is.
    pub now: Option<&'a Line>,
    /// Whether it differs.
    pub standing: Standing,
}

/// Every line of either, in order of parts.
#[must_use]
pub fn compare<'a>(then: &'a VersionSnapshot, now: &'a VersionSnapshot) -> Vec<Compared<'a>> {
    let twin = |of: &'a VersionSnapshot, line: &Line| of.lines.iter().find(|l| l.part == line.part && l.by == line.by);
    let mut lines: Vec<Compared<'a>> = then
        .lines
        .iter()
        .map(|line| {
            let now = twin(now, line);
            Compared { then: Some(line), now, standing: standing(Some(line), now) }
        })
        .collect();
    let new = now.lines.iter().filter(|line| twin(then, line).is_none());
    lines.extend(new.map(|line| Compared { then: None, now: Some(line), standing: Standing::CannotSay }));
    lines.sort_by_key(|line| line.then.or(line.now).map(|line| line.part));
    lines
}

fn standing(then: Option<&Line>, now: Option<&Line>) -> Standing {
    let (
        Some(Found::Known { value: old, hash: old_hash, entries: old_entries, .. }),
        Some(Found::Known { value: new, hash: new_hash, entries: new_entries, .. }),
    ) = (then.map(|line| &line.found), now.map(|line| &line.found))
    else {
        return Standing::CannotSay;
    };
    if !old_entries.is_empty() || !new_entries.is_empty() {
        // Entries leave the window of 14 days by themselves; only one that was not there is news.
        let news = new_entries.iter().any(|entry| !old_entries.contains(entry));
        return if news { Standing::Moved } else { Standing::Same };
    }
    let other_hash = old_hash.as_ref().zip(new_hash.as_ref()).is_some_and(|(old, new)| old != new);
    if old != new || other_hash { Standing::Moved } else { Standing::Same }
}
