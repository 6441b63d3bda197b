//! A checked comparison as a small total tree: every node can be computed, nothing else can be expressed.
//! May not parse or evaluate.

use serde::{Deserialize, Serialize};

use super::super::change::ChangeKind;
use super::kept;

/// A number that only the facts of the moment know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Ask {
    Value(String),
    Ratio(String),
    Z(String),
    Slope { signal: String, seconds: f64 },
    Burn { signal: String, long_seconds: f64, short_seconds: f64 },
    Worst(String),
    Spread(String),
    Age(String),
    N(String),
    Lag(ChangeKind),
    Onset(String),
}

/// The four operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// A number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Number {
    Literal(f64),
    Ask(Ask),
    Minus(#[serde(with = "kept::flat")] Box<Number>),
    Operation(Operation, #[serde(with = "kept::flat")] Box<Number>, #[serde(with = "kept::flat")] Box<Number>),
}

/// A text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Text {
    Literal(String),
    Lever(String),
    ProviderStatus(String),
}

/// How two sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

/// The one comparison of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Test {
    Numbers(Relation, Number, Number),
    /// The flag is true for `==`, false for `!=`.
    Texts {
        equal: bool,
        left: Text,
        right: Text,
    },
    Changed {
        kind: ChangeKind,
        seconds: f64,
        wanted: bool,
    },
}

impl Test {
    /// The signal and the number, if it compares the one with the other by more or less.
    pub(super) fn limit(&self) -> Option<(&str, f64)> {
        match self {
            Self::Numbers(
                Relation::Less | Relation::LessOrEqual | Relation::More | Relation::MoreOrEqual,
                Number::Ask(Ask::Value(signal)),
                Number::Literal(limit),
            ) => Some((signal, *limit)),
            _ => None,
        }
    }
}

impl Ask {
    /// The signal it is about; a lag is about changes.
    pub(super) fn signal(&self) -> Option<&str> {
        match self {
            Self::Value(id)
            | Self::Ratio(id)
            | Self::Z(id)
            | Self::Worst(id)
            | Self::Spread(id)
            | Self::Age(id)
            | Self::N(id)
            | Self::Onset(id) => Some(id),
            Self::Slope { signal, .. } | Self::Burn { signal, .. } => Some(signal),
            Self::Lag(_) => None,
        }
    }
}

impl Number {
    /// Everything it asks, from left to right.
    pub(super) fn asks(&self) -> Vec<&Ask> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Ask(ask) => vec![ask],
            Self::Minus(inner) => inner.asks(),
            Self::Operation(_, left, right) => left.asks().into_iter().chain(right.asks()).collect(),
        }
    }
}

impl Test {
    /// Every number it asks, from left to right.
    pub(super) fn asks(&self) -> Vec<&Ask> {
        match self {
            Self::Numbers(_, left, right) => left.asks().into_iter().chain(right.asks()).collect(),
            Self::Texts { .. } | Self::Changed { .. } => Vec::new(),
        }
    }

    /// The kind of change it is about, if it is about changes.
    pub(super) fn change_kind(&self) -> Option<ChangeKind> {
        match self {
            Self::Changed { kind, .. } => Some(*kind),
            Self::Numbers(..) => self.asks().into_iter().find_map(|ask| match ask {
                Ask::Lag(kind) => Some(*kind),
                _ => None,
            }),
            Self::Texts { .. } => None,
        }
    }
}
