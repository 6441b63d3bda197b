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
    /// True if another path may help: nobody is there, or what is there does not serve. A store that says "no such thing" is
    /// reached.
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

/// True if the way to the lever is at fault, so that nothing is known to be wrong with what was asked: the store is away, ill,
/// behind a page to log in, or does not know our token any more.
pub(super) const fn out_of_reach(fault: &Fault) -> bool {
    match fault {
        Fault::NotFound { .. }
        | Fault::BadRequest { .. }
        | Fault::NoData
        | Fault::NotANumber
        | Fault::Ambiguous { .. }
        | Fault::TooBig { .. }
        | Fault::NotYet => false,
        Fault::NameNotFound { .. }
        | Fault::DnsNotAnswering { .. }
        | Fault::Refused { .. }
        | Fault::Unreachable { .. }
        | Fault::ClaimLapsed
        | Fault::BadAddress { .. }
        | Fault::Certificate { .. }
        | Fault::NoAnswer { .. }
        | Fault::CutOff { .. }
        | Fault::Redirected { .. }
        | Fault::NotAllowed { .. }
        | Fault::Throttled { .. }
        | Fault::ServerError { .. }
        | Fault::NotUnderstood { .. }
        | Fault::MissingSecret { .. }
        | Fault::File { .. }
        | Fault::Paused { .. } => true,
    }
}

impl Core {
    /// Reads the action's lever, and its alternative if it has one.
    pub(super) async fn reach_lever(&self, action: &ActionSpec) -> Result<Reached<'_>, String> {
        let lever = self.lever_of(action)?;
        let Some(other) = action.alternative.as_ref().and_then(|id| self.config.catalogue.lever(id)) else {
            let read = self.read(lever).await.map_err(|unread| by_hand(action, unread.why))?;
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
                    Err(unread) => return Err(by_hand(action, unread.why)),
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
                Err(by_hand(action, why))
            }
        }
    }
}

/// What is left when no path leads there.
fn by_hand(action: &ActionSpec, why: String) -> String {
    match &action.by_hand {
        Some(by_hand) => format!("{why}. BREAK GLASS BY HAND: {by_hand}"),
        None => why,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_store_that_is_ill_or_refuses_the_token_leaves_the_alternative_and_one_that_knows_no_such_thing_does_not() {
        let message = String::new;
        let ways = [
            Fault::Refused { target: "flags:443".into() },
            Fault::NoAnswer { after: Duration::from_secs(3), received: 0 },
            Fault::CutOff { received: 12 },
            Fault::ServerError { status: 500, message: message() },
            Fault::Throttled { status: 503, retry_after: None },
            Fault::NotUnderstood { why: "html".into() },
            Fault::Redirected { to: "login".into() },
            Fault::NotAllowed { status: 401, secret: None },
        ];
        assert!(ways.iter().all(out_of_reach));
        let things = [Fault::NotFound { what: "flag".into() }, Fault::BadRequest { status: 400, message: message() }];
        assert!(!things.iter().any(out_of_reach));
    }
}
