//! To what part of the product an action is limited: one feature, one cohort, one tool, one type of query. The lever is what
//! limits it; this only says so, where people read how far a move reaches. May not limit anything itself.

use std::fmt;

/// What a scope narrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Narrowed {
    /// One feature of several.
    Feature,
    /// Some users: a language, a tenant, a region.
    Cohort,
    /// One tool of an agent.
    Tool,
    /// One type of query or topic.
    QueryType,
}

impl Narrowed {
    /// Every one, in the order shown.
    pub const ALL: [Self; 4] = [Self::Feature, Self::Cohort, Self::Tool, Self::QueryType];

    /// The key in a config.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Cohort => "cohort",
            Self::Tool => "tool",
            Self::QueryType => "query-type",
        }
    }
}

/// To what an action is limited. Several limits hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope(pub Vec<(Narrowed, String)>);

impl Scope {
    /// True if it is limited to nothing: all of the product.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Scope {
    /// `tool refund, cohort lang=es`; nothing for all of the product.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (narrowed, to)) in self.0.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            let word = if *narrowed == Narrowed::QueryType { "query type" } else { narrowed.word() };
            write!(f, "{comma}{word} {to}")?;
        }
        Ok(())
    }
}
