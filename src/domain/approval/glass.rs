//! Break glass: one person goes on without an approver, with a typed word, a typed reason and a time by which somebody
//! else looks at it. May not be quiet: the entry stays listed until it was reviewed by another person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Approval, Granted, NotGranted, Person, Policy};
use crate::domain::entry::{Entry, Happening};
use crate::domain::ids::{ActionId, LeverId, RunId};
use crate::domain::plan::{Digest, Plan};

/// Shortest reason that says something.
const LEAST: usize = 8;

/// The entry: who went on alone, with what, why, and until when somebody has to look at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakGlass {
    /// The plan; exactly this one.
    pub digest: Digest,
    /// Its action.
    pub action: ActionId,
    /// One line for people.
    pub title: String,
    /// The lever that is moved.
    pub lever: LeverId,
    /// In which environment.
    pub environment: String,
    /// The typed reason.
    pub why: String,
    /// Name of who did it.
    pub by: String,
    /// It can be fired until then.
    pub until: Timestamp,
    /// Overdue for review from then on.
    pub review_by: Timestamp,
}

/// Why the glass is not broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotBroken {
    /// The word was not typed.
    #[error("type {0:?} to go on without a second person, on record")]
    NotTyped(String),
    /// The reason says nothing.
    #[error("give a reason of at least {LEAST} characters: it is the first thing that the review reads")]
    NoReason,
}

impl BreakGlass {
    /// The word that has to be typed; the environment is part of it.
    #[must_use]
    pub fn word(environment: &str) -> String {
        format!("break glass {environment}")
    }

    /// Writes it out for a plan.
    ///
    /// # Errors
    /// [`NotBroken`]: the word is not exactly the asked one, or the reason is too short.
    pub fn of(
        plan: &Plan,
        typed: &str,
        why: &str,
        person: &Person,
        policy: Policy,
        now: Timestamp,
    ) -> Result<Self, NotBroken> {
        let word = Self::word(&plan.environment);
        if typed.trim() != word {
            return Err(NotBroken::NotTyped(word));
        }
        if why.trim().chars().count() < LEAST {
            return Err(NotBroken::NoReason);
        }
        Ok(Self {
            digest: plan.digest.clone(),
            action: plan.action.clone(),
            title: plan.title.clone(),
            lever: plan.lever.clone(),
            environment: plan.environment.clone(),
            why: why.trim().to_owned(),
            by: person.name.clone(),
            until: policy.until(now),
            review_by: policy.review_by(now),
        })
    }

    /// What it allows to whoever broke it. The gate asks the journal once more: without the entry nothing goes out.
    #[must_use]
    pub fn approval(&self, person: &Person) -> Approval {
        Approval {
            digest: self.digest.clone(),
            until: self.until,
            to: person.who.clone(),
            granted: Granted::BreakGlass { why: self.why.clone(), review_by: self.review_by },
        }
    }
}

/// One broken glass, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glass {
    /// The entry.
    pub entry: BreakGlass,
    /// Who broke it.
    pub person: Person,
    /// When.
    pub at: Timestamp,
    /// The run that used it.
    pub run: Option<RunId>,
    /// Who looked at it afterwards, when, and what they said.
    pub reviewed: Option<(Person, Timestamp, String)>,
}

impl Glass {
    /// True from the review time on, until it was reviewed.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.reviewed.is_none() && now >= self.entry.review_by
    }
}

/// Every broken glass of the journal, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glasses(Vec<Glass>);

impl Glasses {
    /// Adds one entry.
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.what {
            Happening::BreakGlass(broken) => self.0.push(Glass {
                person: Person::new(&entry.who, &entry.host, Some(&broken.by)),
                entry: (**broken).clone(),
                at: entry.at,
                run: None,
                reviewed: None,
            }),
            Happening::Intended(intent) => {
                let unused = |glass: &&mut Glass| glass.entry.digest == intent.digest && glass.run.is_none();
                if let Some(glass) = self.0.iter_mut().rev().find(unused) {
                    glass.run = Some(intent.run.clone());
                }
            }
            Happening::Reviewed { digest, by, why } => {
                let person = Person::new(&entry.who, &entry.host, Some(by));
                for glass in self.0.iter_mut().filter(|glass| glass.entry.digest == *digest) {
                    if !glass.person.is(&person) && glass.run.is_some() {
                        glass.reviewed.get_or_insert((person.clone(), entry.at, why.clone()));
                    }
                }
            }
            _ => {}
        }
    }

    /// Those that were used and that nobody else has reviewed; oldest first.
    pub fn open(&self) -> impl Iterator<Item = &Glass> {
        self.0.iter().filter(|glass| glass.run.is_some() && glass.reviewed.is_none())
    }

    /// Every one, oldest first.
    #[must_use]
    pub fn all(&self) -> &[Glass] {
        &self.0
    }

    /// Lets `person` fire the plan of this digest, if they broke the glass for it and have not used that yet.
    ///
    /// # Errors
    /// [`NotGranted::NotAsked`] if there is none that holds.
    pub fn granted(
        &self,
        digest: &Digest,
        person: &Person,
        run: Option<&RunId>,
        now: Timestamp,
    ) -> Result<Approval, NotGranted> {
        let own = |glass: &&Glass| {
            let free = glass.run.is_none() || glass.run.as_ref() == run;
            glass.entry.digest == *digest && free && glass.person == *person && now <= glass.entry.until
        };
        let glass = self.0.iter().rev().find(own).ok_or(NotGranted::NotAsked)?;
        Ok(glass.entry.approval(person))
    }
}
