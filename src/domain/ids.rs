//! Names of things, each its own type so that a lever cannot be passed where an action is meant.
//! May not hold meaning beyond the name: what an id refers to lives in the catalogue.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not an id. Ids are ASCII `[a-z0-9._:/-]`, so that nothing can look like something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a valid name: use a-z, 0-9 and . _ : / - (1 to 64 characters, first a letter or digit)")]
pub struct BadId {
    /// The text, as it was written.
    pub text: String,
}

fn valid(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= 64
        && bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._:/-".contains(&b))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                if valid(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(BadId { text: text.to_owned() })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                if valid(&text) { Ok(Self(text.into())) } else { Err(BadId { text }) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )+};
}

ids! {
    /// A named server of the config.
    EndpointId,
    /// A row of the health table.
    LayerId,
    /// A named number about the product.
    SignalId,
    /// A live setting in production that we read and move.
    LeverId,
    /// A pre-written move of one lever.
    ActionId,
    /// A suite of the config.
    SuiteId,
    /// A source of samples of the config.
    SamplesId,
    /// A change feed of the config.
    FeedId,
    /// What a failure looks like; also the id of its runbook.
    SymptomId,
    /// A node of a runbook.
    StepId,
    /// One run of a confirmed plan (a UUIDv7 in text form).
    RunId,
    /// An incident, for example `inc-0142`.
    IncidentId,
}

impl IncidentId {
    /// The incident of that number: `inc-0042`.
    #[must_use]
    pub fn numbered(number: u32) -> Self {
        Self(format!("inc-{number:04}").into())
    }

    /// Its number, if it has one: also of a name that was kept apart.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        self.0.strip_prefix("inc-")?.split('.').next()?.parse().ok()
    }

    /// A name that no other session gives: the number and the end of the session's name. For journals that are away,
    /// where two responders could count to the same number.
    #[must_use]
    pub fn apart(&self, session: &str) -> Self {
        let end: String = session.chars().rev().filter(char::is_ascii_hexdigit).take(6).collect();
        Self(format!("{}.{}", self.0, end.to_ascii_lowercase()).into())
    }
}

impl RunId {
    /// A run's name from a `UUIDv7`: in order of time.
    #[must_use]
    pub fn from_uuid(uuid: uuid::Uuid) -> Self {
        Self(uuid.as_hyphenated().to_string().into())
    }

    /// The last six characters: what people compare.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(6)..).unwrap_or(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_refuse_what_could_deceive_a_reader() {
        for bad in ["", "Kill", "a b", "é", "a\u{202e}b", "-a", &"a".repeat(65)] {
            assert!(bad.parse::<LeverId>().is_err(), "{bad:?}");
        }
        for good in ["a", "kill-assistant", "latency_p99", "0198c0de", "kb/2291:v1.2"] {
            assert!(good.parse::<LeverId>().is_ok(), "{good:?}");
        }
    }
}
