//! What stands between one person and a plan of tier three: a second person's answer, or break glass. May not fire, and may
//! not decide who counts as a second person: the ledger does.

use jiff::Timestamp;

use super::{Confirm, Lock};
use crate::app::effect::Effect;
use crate::app::field::TextField;
use crate::domain::action::Tier;
use crate::domain::approval::{Approval, Asking, BreakGlass, NotBroken, Person, Policy, Record, Standing};
use crate::domain::entry::Happening;
use crate::domain::incident::Ledger;
use crate::domain::permit::Mode;
use crate::domain::plan::{CheckStatus, Plan};

/// Who sits here, and what the session allows.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Who would fire.
    pub(crate) me: Person,
    /// What the session may do.
    pub(crate) mode: Mode,
    /// Whether read-only may be lifted.
    pub(crate) liftable: bool,
    /// How long approvals live.
    pub(crate) policy: Policy,
    /// What the journal allows now.
    pub(crate) approval: Option<Approval>,
}

/// Going on alone: first the word, then the reason, then `Y`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GlassForm {
    /// `break glass ENVIRONMENT`, as typed so far.
    pub word: TextField,
    /// The reason, as typed so far.
    pub why: TextField,
    /// True once the word is complete.
    pub worded: bool,
    /// True once the reason was ended with Enter, which fires nothing.
    pub complete: bool,
}

impl GlassForm {
    /// The field that letters go to.
    pub(super) fn field(&mut self) -> &mut TextField {
        if self.worded { &mut self.why } else { &mut self.word }
    }

    /// The field that letters go to, to look at.
    #[must_use]
    pub fn current(&self) -> &TextField {
        if self.worded { &self.why } else { &self.word }
    }
}

impl Confirm {
    /// Takes what the journal says of this plan. True if a second person approved it just now: then the lever has to be
    /// read again, and only a plan without a different byte may fire.
    pub(crate) fn hear(&mut self, ledger: &Ledger, now: Timestamp) -> bool {
        if self.plan.tier < Tier::Three {
            return false;
        }
        let approved = |record: &Option<Record>| {
            record.as_ref().is_some_and(|record| matches!(record.standing(now), Standing::Approved { .. }))
        };
        let before = approved(&self.request);
        self.request = ledger.requests.get(&self.plan.digest).cloned();
        let fresh = approved(&self.request) && !before;
        if matches!(self.standing(now), Some(Standing::Denied { .. })) {
            self.glass = None;
        }
        fresh
    }

    /// Where the request for this plan stands; `None` if nobody was asked.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Option<Standing> {
        self.request.as_ref().map(|record| record.standing(now))
    }

    /// When the request ends by itself, while it stands.
    #[must_use]
    pub fn asked_until(&self, now: Timestamp) -> Option<Timestamp> {
        let stands = matches!(self.standing(now)?, Standing::Waiting | Standing::Approved { .. });
        self.request.as_ref().filter(|_| stands).map(|record| record.asking.until)
    }

    /// What outlives the plan's own minute: while a person is waited for, or after one said no.
    pub(super) fn answer_lock(&self, now: Timestamp) -> Option<Lock> {
        if self.glass.is_some() {
            return None;
        }
        match self.standing(now)? {
            Standing::Waiting => Some(Lock::Waiting),
            Standing::Denied { by, why } => Some(Lock::Denied(format!("denied by {by}: {why}"))),
            Standing::Approved { .. } | Standing::Expired | Standing::Used(_) => None,
        }
    }

    /// What tier three still wants.
    pub(super) fn second_lock(&self, now: Timestamp) -> Option<Lock> {
        if let Some(glass) = &self.glass {
            return (!glass.complete).then_some(Lock::Glass);
        }
        match self.standing(now) {
            Some(Standing::Approved { .. }) => None,
            _ => Some(Lock::SecondPerson),
        }
    }

    /// Why nobody can be asked, and no glass broken, before the person has read and typed.
    fn not_ready(&self, mode: Mode, at: Timestamp) -> Option<String> {
        match self.lock(mode, at) {
            Lock::SecondPerson | Lock::Waiting | Lock::Glass | Lock::Open | Lock::Settling => None,
            Lock::Unread(_) => Some("read it to the end first, then ask".to_owned()),
            Lock::Type(word) => Some(format!("type {word:?} first, then ask")),
            Lock::Override(word) => {
                Some(format!("the gate before this is shut: type {word:?} and a reason first, then ask"))
            }
            Lock::Expired => Some("read the lever again first".to_owned()),
            Lock::Blocked(why) => Some(format!("blocked by a check: {why}")),
            Lock::Denied(why) => Some(why),
            Lock::ReadOnly => Some("this session is read-only; Y says how to lift that".to_owned()),
        }
    }

    /// Puts the plan up for a second person's approval. Nothing is sent to production.
    pub(crate) fn ask_second(&mut self, session: &Session, at: Timestamp) -> Option<Happening> {
        self.hint = None;
        if self.plan.tier < Tier::Three {
            self.hint = Some("this plan needs no second person".to_owned());
            return None;
        }
        if let Some(why) = self.not_ready(session.mode, at) {
            self.hint = Some(why);
            return None;
        }
        if self.asked_until(at).is_some() {
            self.hint = Some("asked already; the answer comes by itself".to_owned());
            return None;
        }
        let asking = Asking::of(&self.plan, &session.me.name, session.policy.until(at));
        Some(Happening::ApprovalAsked(Box::new(asking)))
    }

    /// Opens the way without a second person, or leaves it again.
    pub(crate) fn toggle_glass(&mut self, session: &Session, at: Timestamp) {
        self.hint = None;
        if self.plan.tier < Tier::Three {
            self.hint = Some("this plan needs no break glass: one person may fire it".to_owned());
        } else if let Some(why) = self.not_ready(session.mode, at) {
            self.hint = Some(why);
        } else {
            self.glass = if self.glass.is_some() { None } else { Some(GlassForm::default()) };
        }
    }

    /// Enter in the break-glass form: ends the reason. It fires nothing.
    pub(crate) fn end_reason(&mut self, session: &Session, at: Timestamp) {
        let broken = self.broken(session, at);
        let Some(form) = self.glass.as_mut().filter(|form| form.worded && !form.complete) else { return };
        if let Some(Err(why)) = broken {
            self.hint = Some(why.to_string());
        } else {
            form.complete = true;
            self.hint = None;
            // What it says is different now: it has to be looked at again before Y counts.
            self.shown_at = None;
        }
    }

    /// The entry that going on alone would write.
    pub(super) fn broken(&self, session: &Session, at: Timestamp) -> Option<Result<BreakGlass, NotBroken>> {
        let form = self.glass.as_ref()?;
        let (word, why) = (form.word.text(), form.why.text());
        Some(BreakGlass::of(&self.plan, word, why, &session.me, session.policy, at))
    }

    /// Reads the lever again behind the dialog: what was typed and read stays, if the plan does.
    pub(crate) fn read_behind(&mut self) -> Effect {
        self.rereading = true;
        self.again()
    }

    /// The plan as it was drafted again after an answer. False if it is not the one that was asked for: then it is shown
    /// as another plan.
    pub(crate) fn take_again(&mut self, fresh: &Plan) -> bool {
        self.rereading = false;
        if fresh.digest != self.plan.digest {
            return false;
        }
        let said = |plan: &Plan| {
            plan.checks.iter().map(|c| (c.name.clone(), c.status)).collect::<Vec<(String, CheckStatus)>>()
        };
        if said(fresh) != said(&self.plan) {
            self.seen = super::Seen::default();
        }
        self.plan = fresh.clone();
        self.shown_at = None;
        self.hint = None;
        true
    }
}
