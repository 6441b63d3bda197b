//! Where every lever stood at every instant: what is stored, and, a little later, what the product serves.
//! Append-only, so that the past can be computed again at any time. May not know what a lever does.

use super::physics::Seconds;

/// The position of one lever.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Position {
    /// Share of conversations that the assistant answers, 0..=1 (flag and rollout together).
    AssistantShare(f64),
    /// Version of the support prompt that `production` points to.
    Prompt(Option<u32>),
    /// Version of the guardrail policy that `production` points to.
    Policy(Option<u32>),
    /// Share of upstream calls to the primary provider, 0..=1.
    PrimaryShare(f64),
    /// Guardrails strict.
    Strict(bool),
    /// Less context per call.
    ReducedContext(bool),
    /// Common questions from the cache.
    CachedAnswers(bool),
}

/// All levers at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// See [`Position::AssistantShare`].
    pub assistant_share: f64,
    /// See [`Position::Prompt`].
    pub prompt: Option<u32>,
    /// See [`Position::Policy`].
    pub policy: Option<u32>,
    /// See [`Position::PrimaryShare`].
    pub primary_share: f64,
    /// See [`Position::Strict`].
    pub strict: bool,
    /// See [`Position::ReducedContext`].
    pub reduced_context: bool,
    /// See [`Position::CachedAnswers`].
    pub cached_answers: bool,
}

impl Settings {
    fn with(mut self, position: Position) -> Self {
        match position {
            Position::AssistantShare(share) => self.assistant_share = share,
            Position::Prompt(version) => self.prompt = version,
            Position::Policy(version) => self.policy = version,
            Position::PrimaryShare(share) => self.primary_share = share,
            Position::Strict(on) => self.strict = on,
            Position::ReducedContext(on) => self.reduced_context = on,
            Position::CachedAnswers(on) => self.cached_answers = on,
        }
        self
    }
}

#[derive(Debug, Clone, Copy)]
struct Move {
    stored_at: Seconds,
    served_at: Seconds,
    to: Position,
}

/// The history of all levers.
#[derive(Debug, Clone)]
pub struct Timeline {
    initial: Settings,
    /// In the order in which they are served.
    moves: Vec<Move>,
}

impl Timeline {
    /// Before the first move everything stood like this.
    #[must_use]
    pub fn new(initial: Settings) -> Self {
        Self { initial, moves: Vec::new() }
    }

    /// A store took a new position now; the product follows after `delay` seconds.
    pub fn moved(&mut self, stored_at: Seconds, delay: Seconds, to: Position) {
        let served_at = stored_at + delay.max(0.0);
        let place = self.moves.partition_point(|m| m.served_at <= served_at);
        self.moves.insert(place, Move { stored_at, served_at, to });
    }

    /// What the stores hold.
    #[must_use]
    pub fn stored(&self, at: Seconds) -> Settings {
        self.fold(|m| m.stored_at <= at)
    }

    /// What the product serves.
    #[must_use]
    pub fn served(&self, at: Seconds) -> Settings {
        self.fold(|m| m.served_at <= at)
    }

    /// What the product served, as steps: (from when, settings), oldest first, the first from the beginning of time.
    pub fn steps(&self) -> impl Iterator<Item = (Seconds, Settings)> {
        let mut settings = self.initial;
        let moves = self.moves.iter().map(move |m| {
            settings = settings.with(m.to);
            (m.served_at, settings)
        });
        std::iter::once((f64::NEG_INFINITY, self.initial)).chain(moves)
    }

    fn fold(&self, counts: impl Fn(&Move) -> bool) -> Settings {
        self.moves.iter().filter(|m| counts(m)).fold(self.initial, |settings, m| settings.with(m.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const NORMAL: Settings = Settings {
        assistant_share: 1.0,
        prompt: Some(41),
        policy: Some(7),
        primary_share: 1.0,
        strict: false,
        reduced_context: false,
        cached_answers: false,
    };

    #[test]
    fn a_stored_move_is_served_only_after_its_delay() {
        let mut timeline = Timeline::new(NORMAL);
        timeline.moved(100.0, 2.0, Position::Prompt(Some(40)));
        assert_eq!(timeline.stored(100.0).prompt, Some(40));
        assert_eq!(timeline.served(101.9).prompt, Some(41));
        assert_eq!(timeline.served(102.0).prompt, Some(40));
    }

    #[test]
    fn levers_with_different_delays_do_not_undo_each_other() {
        let mut timeline = Timeline::new(NORMAL);
        timeline.moved(100.0, 3.0, Position::PrimaryShare(0.0));
        timeline.moved(101.0, 1.0, Position::Strict(true));
        let served = timeline.served(103.0);
        assert!(served.strict && served.primary_share == 0.0);
        assert_eq!(timeline.steps().last().map(|(_, settings)| settings), Some(served));
    }
}
