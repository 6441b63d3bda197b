//! One comparison, loaded and checked: what evidence, steps, effects and gates are made of.
//! May not parse or evaluate itself: `plain` and `check` do the one, `eval` the other.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::super::change::ChangeKind;
use super::tree::Test;
use super::{Facts, Judged, check, eval, plain};

/// The names that comparisons may use; anything else is a load error.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Signal ids (the vocabulary and the config's own).
    pub signals: BTreeSet<String>,
    /// Lever ids; `None` accepts any (shipped runbooks do not know a team's levers).
    pub levers: Option<BTreeSet<String>>,
    /// Provider page ids; `None` accepts any.
    pub providers: Option<BTreeSet<String>>,
}

/// Why a comparison was refused when it was loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// Characters from the start of the expression.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// One loaded, checked comparison. Cheap to clone; equal if the text is.
#[derive(Clone)]
pub struct Comparison {
    text: Arc<str>,
    checked: Arc<Test>,
}

impl Comparison {
    /// Parses and checks one comparison.
    ///
    /// # Errors
    /// [`ExprError`] with the place in the text: syntax, more than one comparison, unknown name or function, wrong
    /// number or kind of arguments, mixed families, or too long or deep.
    pub fn parse(text: &str, names: &Names) -> Result<Self, ExprError> {
        let checked = plain::test(text, names).map_or_else(|| check::check(text, names), Ok)?;
        Ok(Self { text: text.into(), checked: Arc::new(checked) })
    }

    /// One that was parsed and checked before, by this program with these names.
    pub(super) fn kept(text: Arc<str>, checked: Test) -> Self {
        Self { text, checked: Arc::new(checked) }
    }

    pub(super) fn checked(&self) -> &Test {
        &self.checked
    }

    /// The text as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signals it asks about, each once, in order.
    #[must_use]
    pub fn signals(&self) -> Vec<&str> {
        let mut signals = Vec::new();
        for signal in self.checked.asks().into_iter().filter_map(|ask| ask.signal()) {
            if !signals.contains(&signal) {
                signals.push(signal);
            }
        }
        signals
    }

    /// The signal and the limit of a comparison of one signal's value with a number: what it has to pass.
    #[must_use]
    pub fn limit(&self) -> Option<(&str, f64)> {
        self.checked.limit()
    }

    /// The kind of change it asks about, if it does.
    #[must_use]
    pub fn change_kind(&self) -> Option<ChangeKind> {
        self.checked.change_kind()
    }

    /// Judges it against the facts of this moment.
    #[must_use]
    pub fn judge(&self, facts: &dyn Facts) -> Judged {
        eval::judge(&self.text, &self.checked, facts)
    }
}

impl PartialEq for Comparison {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Comparison {}

impl fmt::Debug for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Comparison({:?})", self.text)
    }
}
