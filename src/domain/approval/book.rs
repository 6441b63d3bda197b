//! Requests for approval as a fold over the journal: who asked, who approved, and the one denial that ends it.
//! May not read clocks: whoever asks brings the time.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Approval, Asking, Granted, NotGranted, Person};
use crate::domain::entry::{Entry, Happening};
use crate::domain::ids::RunId;
use crate::domain::plan::Digest;

/// Where a request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has answered.
    Waiting,
    /// A second person approved.
    Approved {
        /// Who.
        by: Person,
    },
    /// Somebody denied it.
    Denied {
        /// Who.
        by: Person,
        /// Why.
        why: String,
    },
    /// Its time is over.
    Expired,
    /// It was fired.
    Used(RunId),
}

impl Standing {
    /// The word shown and written.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::Expired => "expired",
            Self::Used(_) => "used",
        }
    }
}

/// One request, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What was asked.
    pub asking: Asking,
    /// Who asked.
    pub asker: Person,
    /// When.
    pub at: Timestamp,
    approved: Option<Person>,
    denied: Option<(Person, String)>,
    used: Option<RunId>,
}

impl Record {
    /// Where it stands. A denial outranks everything but what has already been fired.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        match (&self.used, &self.denied, &self.approved) {
            (Some(run), ..) => Standing::Used(run.clone()),
            (None, Some((by, why)), _) => Standing::Denied { by: by.clone(), why: why.clone() },
            _ if now > self.asking.until => Standing::Expired,
            (None, None, Some(by)) => Standing::Approved { by: by.clone() },
            (None, None, None) => Standing::Waiting,
        }
    }

    /// The denial, whatever else happened to it.
    #[must_use]
    pub fn denial(&self) -> Option<NotGranted> {
        self.denied.as_ref().map(|(by, why)| NotGranted::Denied { by: by.to_string(), why: why.clone() })
    }

    /// Why this person cannot be the one who approves it, if so.
    #[must_use]
    pub fn bars(&self, person: &Person) -> Option<String> {
        let asker = &self.asker;
        person.is(asker).then(|| format!("{asker} asked for this; {person} does not count as a second person"))
    }
}

/// Every request of the journal, the newest of each digest.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Requests(BTreeMap<String, Record>);

impl Requests {
    /// Adds one entry.
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.what {
            Happening::ApprovalAsked(asking) => self.ask(asking, entry),
            Happening::Approved { digest, by } => {
                let person = Person::new(&entry.who, &entry.host, Some(by));
                if let Some(record) = self.0.get_mut(digest.as_str())
                    && entry.at <= record.asking.until
                    && record.bars(&person).is_none()
                {
                    record.approved.get_or_insert(person);
                }
            }
            Happening::Denied { digest, by, why } => {
                if let Some(record) = self.0.get_mut(digest.as_str())
                    && entry.at <= record.asking.until
                {
                    let person = Person::new(&entry.who, &entry.host, Some(by));
                    record.denied.get_or_insert((person, why.clone()));
                }
            }
            Happening::Intended(intent) => {
                if let Some(record) = self.0.get_mut(intent.digest.as_str()) {
                    record.used.get_or_insert_with(|| intent.run.clone());
                }
            }
            _ => {}
        }
    }

    /// A request that still stands is not asked twice, and one that was denied is not asked again before its time is
    /// over: who was told no cannot go and find somebody else at once.
    fn ask(&mut self, asking: &Asking, entry: &Entry) {
        let key = asking.digest.as_str();
        let stands = self.0.get(key).is_some_and(|old| entry.at <= old.asking.until && old.used.is_none());
        if !stands {
            let asker = Person::new(&entry.who, &entry.host, Some(&asking.by));
            let record =
                Record { asking: asking.clone(), asker, at: entry.at, approved: None, denied: None, used: None };
            self.0.insert(key.to_owned(), record);
        }
    }

    /// The request of this digest.
    #[must_use]
    pub fn get(&self, digest: &Digest) -> Option<&Record> {
        self.0.get(digest.as_str())
    }

    /// Requests whose digest begins with what was typed (at least 12 digits), newest last.
    #[must_use]
    pub fn matching(&self, typed: &str) -> Vec<&Record> {
        self.0.values().filter(|record| record.asking.digest.matches(typed)).collect()
    }

    /// Requests that wait for an answer, or were approved and not fired yet; oldest first.
    #[must_use]
    pub fn open(&self, now: Timestamp) -> Vec<&Record> {
        let is_open = |record: &&Record| matches!(record.standing(now), Standing::Waiting | Standing::Approved { .. });
        let mut open: Vec<&Record> = self.0.values().filter(is_open).collect();
        open.sort_by_key(|record| record.at);
        open
    }

    /// Lets `person` fire the plan of this digest, if a second person said so. `run` is the run that asks, if it has begun.
    ///
    /// # Errors
    /// [`NotGranted`].
    pub fn granted(
        &self,
        digest: &Digest,
        person: &Person,
        run: Option<&RunId>,
        now: Timestamp,
    ) -> Result<Approval, NotGranted> {
        let record = self.get(digest).ok_or(NotGranted::NotAsked)?;
        let own = record.used.is_some() && record.used.as_ref() == run;
        let standing = if own { Record { used: None, ..record.clone() }.standing(now) } else { record.standing(now) };
        match standing {
            Standing::Waiting => Err(NotGranted::Waiting),
            Standing::Denied { by, why } => Err(NotGranted::Denied { by: by.to_string(), why }),
            Standing::Expired => Err(NotGranted::Expired),
            Standing::Used(run) => Err(NotGranted::Used(run.short().to_owned())),
            Standing::Approved { by } if by.is(person) => Err(NotGranted::OwnApproval(by.to_string())),
            Standing::Approved { by } => Ok(Approval {
                digest: digest.clone(),
                until: record.asking.until,
                to: person.who.clone(),
                granted: Granted::SecondPerson(by),
            }),
        }
    }
}
