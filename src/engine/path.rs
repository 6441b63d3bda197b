//! Which lever an action reaches now: its own, or the alternative when its own cannot be reached. Both are read at once, so
//! that a dead first path does not cost a second deadline. May not write, and may not choose quietly: the plan says it.

use super::Core;
use crate::domain::action::ActionSpec;
use crate::domain::cause::Fault;
use crate::domain::draft::Read;
use crate::domain::lever::LeverSpec;

/// Why a lever could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread {
    /// In words.
    pub(super) why: String,
    /// True if nobody is there: another path may help. A store that answers "no" is reached.
    pub(super) out_of_reach: bool,
}

/// What was reached.
pub(super) struct Reached<'a> {
    /// The lever that would be moved.
    pub(super) lever: &'a LeverSpec,
    /// What was read there.
    pub(super) read: Read,
    /// Why it is not the action's first lever, in words for the preview.
    pub(super) instead: Option<String>,
}

/// True if the store was not there at all, so that nothing is known to be wrong with what was asked.
pub(super) fn out_of_reach(fault: &Fault) -> bool {
    fault.never_sent() || matches!(fault, Fault::NoAnswer { .. } | Fault::Paused { .. })
}

impl Core {
    /// Reads the action's lever, and its alternative if it has one.
    pub(super) async fn reach_lever(&self, action: &ActionSpec) -> Result<Reached<'_>, String> {
        let lever = self.lever_of(action)?;
        let Some(other) = action.alternative.as_ref().and_then(|id| self.config.catalogue.lever(id)) else {
            let read = self.read(lever).await.map_err(|unread| by_hand(action, unread.why, unread.out_of_reach))?;
            return Ok(Reached { lever, read, instead: None });
        };
        let (first, second) = (self.read(lever), self.read(other));
        tokio::pin!(first, second);
        let mut early = None;
        let unread = loop {
            tokio::select! {
                biased;
                read = &mut first => match read {
                    Ok(read) => return Ok(Reached { lever, read, instead: None }),
                    Err(unread) if unread.out_of_reach => break unread,
                    Err(unread) => return Err(unread.why),
                },
                read = &mut second, if early.is_none() => early = Some(read),
            }
        };
        let second = match early {
            Some(read) => read,
            None => second.await,
        };
        let first = unread.why;
        match second {
            Ok(read) => {
                let target = other.target.words();
                let instead = format!(
                    "first path cannot be reached: {first}; this plan uses the alternative {}: {target}",
                    other.id
                );
                Ok(Reached { lever: other, read, instead: Some(instead) })
            }
            Err(unread) => {
                let why = format!("neither path can be reached: {first}; alternative {}: {}", other.id, unread.why);
                Err(by_hand(action, why, true))
            }
        }
    }
}

/// What is left when no path leads there.
fn by_hand(action: &ActionSpec, why: String, out_of_reach: bool) -> String {
    match &action.by_hand {
        Some(by_hand) if out_of_reach => format!("{why}. BREAK GLASS BY HAND: {by_hand}"),
        _ => why,
    }
}
