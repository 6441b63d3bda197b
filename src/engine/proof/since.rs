//! From when on a sample is evidence of a run: newer than the store's answer, whatever the clocks say. May not judge what
//! a sample shows.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clock;
use crate::domain::ahead::Ahead;
use crate::domain::observations::{Role, SourceState};
use crate::engine::{Core, View};

/// A sample this far ahead of our clock shows that the two clocks differ; less may be the network.
const AHEAD: SignedDuration = SignedDuration::from_secs(1);

/// From when on samples count.
///
/// They are stamped by our clock, as well as their source tells its own; the answer is by ours too, or by that of the
/// process that heard it. How this is told depends on what the process saw itself.
pub(in crate::engine) enum Since {
    /// It heard the answer: what it knew then is no news, and as long as no clock is seen to differ times are compared as
    /// they are.
    Heard(Heard),
    /// It looks once at the run of another process.
    OneLook {
        /// By the clock of the process that heard the answer.
        answer: Timestamp,
    },
}

/// How this process knows of a run's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Witness {
    /// It hears it, or learns by its own look what became of the request: the run's times are by its own clock.
    Heard,
    /// Another process wrote it down: by a clock that may be another one, or was set since.
    TakenUp,
}

/// What a process holds of an answer that it heard, or of a run that it took up.
pub(in crate::engine) struct Heard {
    answer: Timestamp,
    known: Timestamp,
    /// A clock differs from ours or was set: then only samples count that are newer than one which was asked for after the
    /// answer.
    differ: bool,
    asked_after: Option<Timestamp>,
    /// When the machine was started, by the wall clock: it moves only when that is set.
    booted: Timestamp,
    /// Since boot, when it was last seen to be set. Times of views from before are by another clock.
    set: Option<Duration>,
}

/// When the machine was started, by the wall clock as it is set now.
fn booted() -> Timestamp {
    clock::now().checked_sub(clock::since_boot()).unwrap_or(Timestamp::MIN)
}

impl Since {
    /// For an answer that was given then, by how this process knows of it.
    pub(in crate::engine) fn witnessed(core: &Core, witness: Witness, answer: Timestamp) -> Self {
        match witness {
            Witness::Heard => Self::answer(core, answer),
            Witness::TakenUp => Self::taken_up(),
        }
    }

    fn answer(core: &Core, answer: Timestamp) -> Self {
        let known = core.view().and_then(|view| newest(&view)).unwrap_or(answer);
        let mut heard = Heard { known, ..Heard::at(answer) };
        if let Some(view) = core.view() {
            heard.compare_clocks(&view);
        }
        // A source that is ahead of us would hold everything back; it is told by `differ`.
        if heard.differ {
            heard.known = answer;
        }
        Self::Heard(heard)
    }

    /// For a run that was answered before this process took it up, which is now: its clock may be another one, or have been
    /// set since, but what is asked from now on is asked after the answer.
    fn taken_up() -> Self {
        Self::Heard(Heard { differ: true, ..Heard::at(clock::now()) })
    }

    /// For one look at a run that another process has answered.
    pub(in crate::engine) const fn one_look(answer: Timestamp) -> Self {
        Self::OneLook { answer }
    }

    /// As far as it can be told by this view.
    pub(super) fn by(&mut self, view: &View) -> Option<Timestamp> {
        match self {
            Self::Heard(heard) => heard.by(view),
            Self::OneLook { answer } => surely_newer(view, *answer),
        }
    }
}

impl Heard {
    fn at(answer: Timestamp) -> Self {
        Self { answer, known: answer, differ: false, asked_after: None, booted: booted(), set: None }
    }

    fn compare_clocks(&mut self, view: &View) {
        let booted = booted();
        if booted.duration_since(self.booted).abs() > AHEAD {
            (self.differ, self.asked_after) = (true, None);
            (self.booted, self.set) = (booted, Some(clock::since_boot()));
        }
        self.differ |= newest(view).is_some_and(|sample| sample.duration_since(view.snapshot.at) > AHEAD);
    }

    fn by(&mut self, view: &View) -> Option<Timestamp> {
        self.compare_clocks(view);
        if !self.differ {
            return Some(self.answer.max(self.known));
        }
        if self.set.is_some_and(|set| view.made < set) {
            return None;
        }
        if self.asked_after.is_none() && asked_since(view, self.answer) {
            self.asked_after = newest(view);
        }
        self.asked_after.map(|asked| asked.max(self.answer))
    }
}

fn newest(view: &View) -> Option<Timestamp> {
    view.snapshot.signals.iter().filter_map(|signal| signal.sample).map(|sample| sample.at).max()
}

/// True if every source of a signal has been asked after that instant, and has answered.
fn asked_since(view: &View, instant: Timestamp) -> bool {
    let mut from = view.snapshot.signals.iter().filter_map(|signal| signal.spec.from.as_ref());
    let sources = &view.observations.sources;
    from.all(|id| sources.iter().any(|s| s.id == *id && s.answered_at.is_some_and(|asked_at| asked_at > instant)))
}

/// A time after which a sample is newer than that answer by our clock as well as by its source's, for either may be the one
/// that was right when the answer was heard. `None` if a source does not tell its time.
fn surely_newer(view: &View, answer: Timestamp) -> Option<Timestamp> {
    let mut behind = SignedDuration::ZERO;
    for signal in view.snapshot.signals.iter().filter(|signal| signal.sample.is_some()) {
        let of_signal = |s: &&SourceState| s.role == Role::Signals && Some(&s.id) == signal.spec.from.as_ref();
        let source = view.observations.sources.iter().find(of_signal)?;
        behind = behind.max(-source.ahead.map(Ahead::by)?);
    }
    answer.checked_add(behind + AHEAD).ok()
}

#[cfg(test)]
mod tests;
