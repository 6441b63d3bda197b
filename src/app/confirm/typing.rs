//! Which keys are letters of a word in the dialog, and what is said of a key that came to nothing. May not fire.

use jiff::Timestamp;

use super::{Confirm, Lock};
use crate::app::command::CommandId;
use crate::app::keymap::Bound;
use crate::domain::permit::Mode;

/// Said of a `Y` that came before the dialog could be read.
pub const TOO_EARLY: &str = "too early: that key was dropped; look first";

impl Confirm {
    /// True while letters go into a typed word. In a read-only session they do not until that is lifted, and no word
    /// helps a plan that a check or a person stopped: keys mean what they say there.
    #[must_use]
    pub fn takes_text(&self, mode: Mode, now: Timestamp) -> bool {
        self.lifting.is_some()
            || (mode != Mode::ReadOnly && self.glass.as_ref().is_some_and(|form| !form.complete))
            || (mode != Mode::ReadOnly
                && self.wants_words()
                && !self.is_typed()
                && !self.plan.expired(now)
                && self.plan.blocked_by().is_none()
                && !matches!(self.answer_lock(now), Some(Lock::Denied(_))))
    }

    /// Takes a key that came before the dialog was on the screen long enough. It does nothing; of `Y` that is said, and
    /// remembered: held down, it stays dropped.
    pub(in crate::app) fn drop_early(&mut self, bound: Option<&Bound>, at: Timestamp) {
        if bound == Some(&Bound::Command(CommandId::Fire)) {
            self.hint = Some(TOO_EARLY.to_owned());
            self.pressed = Some(at);
        }
    }

    /// Enter while read-only is being lifted: the complete name lifts by itself, so this one is not it.
    pub(in crate::app) fn end_lifting(&mut self) {
        let Some(field) = &self.lifting else { return };
        let environment = &self.plan.environment;
        self.hint = Some(format!(
            "{:?} is not the name of this environment, nothing was lifted; erase and type {environment}, which needs no Enter",
            field.text()
        ));
    }
}
