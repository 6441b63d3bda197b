//! The head of an entry: the canonical bytes that are hashed, and how they are read back.
//! Heads are written once and never serialised again. May not know where they are stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::entry::{Entry, Happening};
use crate::domain::ids::IncidentId;

/// Format of the head. Old heads keep their number; they are upgraded when read.
const VERSION: u8 = 1;

/// Which session wrote an entry, and as its how-many-th: `SESSION:NUMBER`. The same entry, spooled and stored, has the same
/// origin; that is what makes an import idempotent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin(String);

impl Origin {
    /// The stored form.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The session's part.
    pub(super) fn session(&self) -> &str {
        self.0.split_once(':').map_or("", |(session, _)| session)
    }

    fn new(session: &str, number: u64) -> Self {
        Self(format!("{session}:{number}"))
    }
}

#[derive(Serialize)]
struct Written<'a> {
    v: u8,
    session: &'a str,
    number: u64,
    at: Timestamp,
    who: &'a str,
    host: &'a str,
    incident: Option<&'a IncidentId>,
    what: &'a Happening,
}

#[derive(Deserialize)]
struct Read {
    session: String,
    number: u64,
    at: Timestamp,
    who: String,
    host: String,
    incident: Option<IncidentId>,
    what: serde_json::Value,
}

/// An entry on its way to a place: complete but for its position.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    /// Its origin.
    pub(super) origin: Origin,
    /// The canonical bytes.
    pub(super) head: Vec<u8>,
    /// What they say; `seq` is 0.
    entry: Entry,
}

impl Draft {
    /// Writes the head of an entry down. `entry.seq` is not part of it: the position comes with the place.
    pub(super) fn new(session: &str, number: u64, entry: Entry) -> Self {
        let written = Written {
            v: VERSION,
            session,
            number,
            at: entry.at,
            who: &entry.who,
            host: &entry.host,
            incident: entry.incident.as_ref(),
            what: &entry.what,
        };
        // Heads are plain data with text keys, which JSON can always hold.
        let head = serde_json::to_vec(&written).unwrap_or_default();
        Self { origin: Origin::new(session, number), head, entry: Entry { seq: 0, ..entry } }
    }

    /// A draft from bytes that were written elsewhere (a spool segment). `None` if they cannot be read.
    pub(super) fn from_head(head: Vec<u8>) -> Option<Self> {
        let read: Read = serde_json::from_slice(&head).ok()?;
        let origin = Origin::new(&read.session, read.number);
        Some(Self { origin, entry: understood(0, read), head })
    }

    /// What happened.
    pub(super) const fn what(&self) -> &Happening {
        &self.entry.what
    }

    /// The entry as it stands before it has a position.
    pub(super) const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The entry at a position.
    pub(super) fn at(&self, seq: u64) -> Entry {
        Entry { seq, ..self.entry.clone() }
    }
}

/// Reads a head. What this build does not know becomes [`Happening::Foreign`]: shown, never dropped.
pub(super) fn read(seq: u64, head: &[u8]) -> (Origin, Entry) {
    match serde_json::from_slice::<Read>(head) {
        Ok(read) => (Origin::new(&read.session, read.number), understood(seq, read)),
        Err(error) => {
            let damaged = Entry {
                seq,
                at: Timestamp::UNIX_EPOCH,
                who: "?".to_owned(),
                host: "?".to_owned(),
                incident: None,
                what: Happening::Foreign { what: format!("damaged entry: {error}") },
            };
            (Origin(String::new()), damaged)
        }
    }
}

fn understood(seq: u64, read: Read) -> Entry {
    let what = Happening::deserialize(&read.what).unwrap_or_else(|_| Happening::Foreign {
        what: read.what.get("kind").and_then(serde_json::Value::as_str).unwrap_or("?").to_owned(),
    });
    Entry { seq, at: read.at, who: read.who, host: read.host, incident: read.incident, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(text: &str) -> Entry {
        Entry {
            seq: 0,
            at: Timestamp::UNIX_EPOCH,
            who: "ana".into(),
            host: "bastion".into(),
            incident: "inc-0001".parse().ok(),
            what: Happening::Note { text: text.into() },
        }
    }

    #[test]
    fn the_head_of_version_one_never_changes() {
        let draft = Draft::new("s", 7, note("kept \u{1b}[2J"));
        let head = String::from_utf8(draft.head.clone()).expect("JSON is UTF-8");
        assert_eq!(
            head,
            r#"{"v":1,"session":"s","number":7,"at":"1970-01-01T00:00:00Z","who":"ana","host":"bastion","incident":"inc-0001","what":{"kind":"note","text":"kept \u001b[2J"}}"#
        );
        assert_eq!(read(3, &draft.head), (draft.origin.clone(), draft.at(3)));
    }

    #[test]
    fn a_kind_of_a_later_version_is_shown_not_dropped() {
        let head = br#"{"v":1,"session":"s","number":1,"at":"2026-01-01T00:00:00Z","who":"a","host":"b","incident":null,"what":{"kind":"teleported","to":"moon"}}"#;
        let (_, entry) = read(1, head);
        assert_eq!(entry.what, Happening::Foreign { what: "teleported".into() });
        assert_eq!(entry.who, "a");
    }
}
