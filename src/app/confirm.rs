//! The confirm dialog: the only place that turns a plan into [`Effect::Run`], and every reason why it does not yet.
//! May not send anything; times come from the keys themselves and from the frame that showed the dialog.

pub(crate) mod second;
mod typing;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::command::CommandId;
use super::cursor;
use super::effect::Effect;
use super::field::TextField;
use super::viewport::DialogView;
use crate::domain::action::Tier;
use crate::domain::approval::{BreakGlass, Record};
use crate::domain::gate;
use crate::domain::permit::Mode;
use crate::domain::plan::{Answer, Confirmed, NotConfirmed, PLAN_LIFE, Plan, Purpose};
pub use second::GlassForm;
use second::Session;
pub use typing::TOO_EARLY;

/// Input is dropped until the dialog has been on the screen this long.
pub const SETTLE: SignedDuration = SignedDuration::from_millis(400);

/// Said in a session that was started read-only and stays so.
pub const STARTED_READ_ONLY: &str = "this session was started --read-only; nothing fires";

/// Which part of the plan is shown whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expanded {
    /// Nothing beyond the summary.
    #[default]
    Nothing,
    /// The request, with its body.
    Request,
    /// The difference, with all its text.
    Diff,
}

/// What stands between the person and `Y`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lock {
    /// `Y` fires.
    Open,
    /// The dialog has not been on the screen long enough.
    Settling,
    /// The plan's life is over.
    Expired,
    /// A check failed.
    Blocked(String),
    /// This session is read-only.
    ReadOnly,
    /// So many lines have not been on the screen.
    Unread(usize),
    /// This word has to be typed.
    Type(String),
    /// The restore gate is shut: this and a reason have to be typed.
    Override(String),
    /// A second person has to approve, and was not asked yet.
    SecondPerson,
    /// A second person was asked and has not answered.
    Waiting,
    /// Somebody said no, and why.
    Denied(String),
    /// The word and the reason for going on alone are missing.
    Glass,
}

/// Lines that have been on the screen, known by their text: a line that was read stays read when another part of the
/// plan is shown whole. Another width wraps differently, so its lines are others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Seen {
    /// The lines of the newest layout.
    required: Vec<u64>,
    lines: BTreeSet<u64>,
}

impl Seen {
    fn add(&mut self, shown: &DialogView) {
        self.required = (0..shown.total).map(|at| shown.mark(at)).collect();
        let last = shown.first.saturating_add(shown.visible).min(shown.total);
        self.lines.extend((shown.first..last).map(|at| shown.mark(at)));
    }

    fn left(&self) -> usize {
        if self.required.is_empty() { 1 } else { self.unread(&self.required) }
    }

    fn unread(&self, lines: &[u64]) -> usize {
        lines.iter().filter(|line| !self.lines.contains(line)).count()
    }
}

/// A plan before its person.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// The plan.
    pub plan: Plan,
    /// What moved since the plan that was confirmed before, if this is the fresh one after it.
    pub moved: Option<String>,
    /// What was typed, for tier two and three.
    pub typed: TextField,
    /// The environment's name as typed so far, while the person lifts read-only.
    pub lifting: Option<TextField>,
    /// Whether the reason of an override is complete.
    reasoned: bool,
    /// What is shown whole.
    pub expanded: Expanded,
    /// First line on the screen.
    pub scroll: usize,
    /// True until a frame brought what was just shown whole onto the screen, wherever it had been scrolled to.
    pub reveals: bool,
    /// What the last key came to, in words.
    pub hint: Option<String>,
    /// The request for a second person's approval, as the journal has it.
    pub request: Option<Record>,
    /// Going on without a second person, while that is under way.
    pub glass: Option<GlassForm>,
    /// True while the lever is read again behind the dialog.
    pub(crate) rereading: bool,
    seen: Seen,
    shown_at: Option<Timestamp>,
    /// When `Y` came last, whatever came of it.
    pressed: Option<Timestamp>,
    scroll_max: usize,
}

impl Confirm {
    /// A dialog that has not been on the screen yet.
    #[must_use]
    pub fn new(plan: Plan, moved: Option<String>) -> Self {
        // Where a word is typed the key that shows it whole is a letter of that word.
        let worded = plan.tier >= Tier::Two || plan.is_shut();
        let expanded = if worded { Expanded::Request } else { Expanded::Nothing };
        Self {
            plan,
            moved,
            typed: TextField::default(),
            lifting: None,
            reasoned: false,
            expanded,
            scroll: 0,
            reveals: false,
            hint: None,
            request: None,
            glass: None,
            rereading: false,
            seen: Seen::default(),
            shown_at: None,
            pressed: None,
            scroll_max: 0,
        }
    }

    /// Takes what a frame showed of it.
    pub fn viewed(&mut self, shown: &DialogView, at: Timestamp) {
        if shown.digest != self.plan.digest {
            return;
        }
        self.shown_at.get_or_insert(at);
        self.seen.add(shown);
        self.scroll_max = shown.total.saturating_sub(shown.visible);
        if std::mem::take(&mut self.reveals) {
            self.scroll = shown.first;
        }
        self.scroll = self.scroll.min(self.scroll_max);
        if self.is_read(shown) {
            self.hint.take_if(|hint| *hint == NotConfirmed::NotRead.to_string());
        }
    }

    /// Takes that the last frame did not show it (the terminal became too small): until it does again, no key may fire
    /// what nobody sees.
    pub fn unseen(&mut self) {
        self.shown_at = None;
    }

    /// True once input counts: the dialog has been on the screen for 400 ms.
    #[must_use]
    pub fn settled(&self, at: Timestamp) -> bool {
        self.shown_at.is_some_and(|shown| at.duration_since(shown) >= SETTLE)
    }

    /// True while nothing is typed: a space still turns the page then, since no word begins with one.
    pub(super) fn is_empty(&self) -> bool {
        let field = self.lifting.as_ref().or_else(|| self.glass.as_ref().map(GlassForm::current));
        field.unwrap_or(&self.typed).text().is_empty()
    }

    /// True if something has to be typed: riskier than tier one, or past a restore gate that is shut.
    #[must_use]
    pub fn wants_words(&self) -> bool {
        self.plan.tier >= Tier::Two || self.plan.is_shut()
    }

    /// A reason has no end of its own: Enter says that it is complete, and nothing else.
    fn is_typed(&self) -> bool {
        self.plan.is_typed(self.typed.text()) && (self.reasoned || !self.plan.is_shut())
    }

    /// Takes the end of a reason. Changes nothing but which keys count.
    pub(super) fn end_override(&mut self) {
        if self.lifting.is_some() || self.glass.is_some() || self.typed.text().is_empty() || !self.plan.is_shut() {
            return;
        }
        self.reasoned = self.plan.is_typed(self.typed.text());
        if !self.reasoned {
            self.hint = Some(gate::override_missing(self.typed.text(), &self.plan.environment));
        }
    }

    /// What stands between the person and `Y`, the first reason first.
    #[must_use]
    pub fn lock(&self, mode: Mode, now: Timestamp) -> Lock {
        if let Some(lock) = self.answer_lock(now) {
            return lock;
        }
        if self.plan.expired(now) {
            return Lock::Expired;
        }
        if let Some(check) = self.plan.blocked_by() {
            return Lock::Blocked(format!("{}: {}", check.name, check.why));
        }
        if mode == Mode::ReadOnly {
            return Lock::ReadOnly;
        }
        if self.seen.left() > 0 {
            return Lock::Unread(self.seen.left());
        }
        if self.wants_words() && !self.is_typed() {
            if self.plan.is_shut() {
                return Lock::Override(gate::override_word(&self.plan.environment));
            }
            return Lock::Type(self.plan.typed_word());
        }
        if self.plan.tier >= Tier::Three
            && let Some(lock) = self.second_lock(now)
        {
            return lock;
        }
        if self.settled(now) { Lock::Open } else { Lock::Settling }
    }

    /// The same, as it will be once this frame has been on the screen: what the frame itself may say.
    #[must_use]
    pub fn lock_after(&self, shown: &DialogView, mode: Mode, now: Timestamp) -> Lock {
        let mut after = self.clone();
        after.seen.add(shown);
        after.lock(mode, now)
    }

    /// What the last key came to; not "read on" if this frame shows the rest.
    #[must_use]
    pub fn hint_after(&self, shown: &DialogView) -> Option<&str> {
        let asks_to_read = |hint: &str| hint == NotConfirmed::NotRead.to_string();
        self.hint.as_deref().filter(|hint| !(asks_to_read(hint) && self.is_read(shown)))
    }

    /// True if every line was on the screen once this frame was.
    fn is_read(&self, shown: &DialogView) -> bool {
        let mut seen = self.seen.clone();
        seen.add(shown);
        seen.left() == 0
    }

    /// Lines above this frame's first that have not been on the screen.
    #[must_use]
    pub fn unread_above(&self, shown: &DialogView) -> usize {
        let mut seen = self.seen.clone();
        seen.add(shown);
        seen.unread(seen.required.get(..shown.first).unwrap_or_default())
    }

    /// Seconds until the plan expires.
    #[must_use]
    pub fn seconds_left(&self, now: Timestamp) -> u64 {
        let age = now.duration_since(self.plan.drafted_at).as_secs();
        PLAN_LIFE.as_secs().saturating_sub(u64::try_from(age).unwrap_or(0))
    }

    /// What reads the lever again for the same purpose.
    #[must_use]
    pub fn again(&self) -> Effect {
        match &self.plan.purpose {
            Purpose::Action => Effect::Preview(self.plan.action.clone()),
            Purpose::Undo(run) => Effect::PreviewUndo(run.clone()),
        }
    }

    /// Takes a letter of the typed word. Lifting read-only happens when the environment's name is complete.
    pub(super) fn letter(&mut self, character: char) -> Option<Effect> {
        self.hint = None;
        let Some(field) = &mut self.lifting else {
            match &mut self.glass {
                Some(form) => {
                    form.field().push(character);
                    form.worded |= form.word.text() == BreakGlass::word(&self.plan.environment);
                }
                None => self.typed.push(character),
            }
            return None;
        };
        field.push(character);
        if field.text() != self.plan.environment {
            return None;
        }
        self.lifting = None;
        self.shown_at = None;
        self.hint = Some("asked to lift read-only for this session; look again, then Y".to_owned());
        Some(Effect::SetMode(Mode::Act))
    }

    /// Erases a letter.
    pub(super) fn erase(&mut self) {
        self.reasoned = false;
        let form = self.glass.as_mut().filter(|form| !form.complete).map(GlassForm::field);
        self.lifting.as_mut().or(form).unwrap_or(&mut self.typed).erase();
    }

    /// Leaves the lifting of read-only, or break glass. False if neither was under way: then the dialog itself is left.
    pub(super) fn leave_inner(&mut self) -> bool {
        self.lifting.take().is_some() || self.glass.take().is_some()
    }

    /// The session's mode changed: what the dialog says is different now, so it has to be looked at again.
    pub(super) fn look_again(&mut self) {
        self.lifting = None;
        self.shown_at = None;
    }

    /// Moves the text.
    pub(super) fn scroll(&mut self, command: CommandId, page: usize) {
        self.scroll = cursor::moved(self.scroll, command, self.scroll_max + 1, page);
    }

    /// Shows a part whole, or only the summary again.
    pub(super) fn toggle(&mut self, part: Expanded) {
        self.expanded = if self.expanded == part { Expanded::Nothing } else { part };
        self.reveals = self.expanded == part;
    }

    /// The one way to fire: `Y`, at `at`. With the plan comes the entry that has to be written before it, if one person goes
    /// on alone.
    ///
    /// # Errors
    /// In words for the dialog, why nothing was fired.
    pub(super) fn fire(
        &mut self,
        session: &Session,
        at: Timestamp,
    ) -> Result<(Confirmed<Plan>, Option<BreakGlass>), String> {
        // A key that is held down repeats itself, also from before the dialog: nobody decided anything.
        let is_held = self.pressed.replace(at).is_some_and(|before| at.duration_since(before) < SETTLE);
        if is_held {
            return Err("that key is held down and was dropped: let it go, then press it once".to_owned());
        }
        if !self.settled(at) {
            return Err(TOO_EARLY.to_owned());
        }
        if session.mode == Mode::ReadOnly && !session.liftable {
            return Err(STARTED_READ_ONLY.to_owned());
        }
        if session.mode == Mode::ReadOnly {
            self.lifting = Some(TextField::default());
            return Err(format!(
                "this session is read-only and sent nothing; type {} to lift that for this session, on record",
                self.plan.environment
            ));
        }
        let glass = match self.broken(session, at) {
            Some(Ok(glass)) if self.glass.as_ref().is_some_and(|form| form.complete) => Some(glass),
            Some(_) => return Err("end the reason with Enter first".to_owned()),
            None => None,
        };
        let alone = glass.as_ref().map(|glass| glass.approval(&session.me));
        let answer = Answer {
            digest: self.plan.digest.clone(),
            typed: Some(self.typed.text().to_owned()),
            read: self.seen.left() == 0,
            approved_by: alone.or_else(|| session.approval.clone()),
            by: session.me.who.clone(),
        };
        let confirmed = Confirmed::confirm(self.plan.clone(), &answer, at).map_err(|why| why.to_string())?;
        Ok((confirmed, glass))
    }
}
