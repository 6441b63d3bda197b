//! What goes wrong in one incident, drawn from its seed. Every incident has another mix: kinds of trouble that never come
//! together hide what they do together.

use std::time::Duration;

use jiff::SignedDuration;

use crate::chance::{self, For};

/// Nothing is made to fail after this; what is under way then may come to its end.
pub const STORM: Duration = Duration::from_secs(75);

/// What the store makes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Works {
    Well,
    FailsBefore,
    FailsAfter,
    Forbids,
}

/// What becomes of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Comes,
    Lost,
    Cut,
}

/// What becomes of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// The connection is refused: nothing leaves.
    pub refused: bool,
    /// The request vanishes on its way.
    pub lost: bool,
    /// How long it is on its way.
    pub delay: Duration,
    /// It comes a second time, so long after the first.
    pub twice: Option<Duration>,
    pub works: Works,
    pub answer: Answer,
    /// How long the answer is on its way.
    pub back: Duration,
}

impl Fate {
    pub const GOOD: Self = Self {
        refused: false,
        lost: false,
        delay: Duration::from_millis(4),
        twice: None,
        works: Works::Well,
        answer: Answer::Comes,
        back: Duration::from_millis(4),
    };
}

/// From, to.
pub type Window = (Duration, Duration);

#[derive(Debug, Clone, Default)]
pub struct Weather {
    pub refused: f64,
    pub lost: f64,
    pub late: f64,
    pub slow: f64,
    pub twice: f64,
    pub fails_before: f64,
    pub fails_after: f64,
    pub forbids: f64,
    pub answer_lost: f64,
    pub answer_cut: f64,
    /// Reads of levers and of the serving side.
    pub read_fails: f64,
    pub source_fails: f64,
    pub source_hangs: f64,
    pub store_fails: f64,
    pub store_hangs: f64,
    pub store_loses: f64,
    /// The journal's store is away.
    pub away: Vec<Window>,
    /// Its spool cannot be written either.
    pub no_spool: bool,
    /// The metrics repeat their last sample.
    pub stale: Vec<Window>,
    /// The metrics do not tell the time of their clock.
    pub mute: bool,
    /// The serving side does not follow its store.
    pub frozen: Vec<Window>,
    /// When, and by how much, the wall clock is set.
    pub jumps: Vec<(Duration, SignedDuration)>,
    /// When somebody else moves a lever by hand.
    pub foreign: Vec<Duration>,
    /// Chance of a crash in a step.
    pub crash: f64,
}

impl Weather {
    pub fn of(seed: u64) -> Self {
        let mut luck = chance::luck(seed, For::Weather, &[]);
        if luck.f64() < 0.1 {
            return Self::default();
        }
        let mut some = |strong: f64| match luck.u8(..8) {
            0..=3 => 0.0,
            4 | 5 => strong * 0.2,
            6 => strong * 0.5,
            _ => strong,
        };
        let mut weather = Self {
            refused: some(0.3),
            lost: some(0.4),
            late: some(0.4),
            slow: some(0.3),
            twice: some(0.4),
            fails_before: some(0.3),
            fails_after: some(0.4),
            forbids: some(0.2),
            answer_lost: some(0.5),
            answer_cut: some(0.3),
            read_fails: some(0.3),
            source_fails: some(0.4),
            source_hangs: some(0.2),
            store_fails: some(0.1),
            store_hangs: some(0.1),
            store_loses: some(0.15),
            crash: some(0.5),
            ..Self::default()
        };
        let mut windows = |chance: f64, longest: u64| {
            let count = if luck.f64() < chance { luck.usize(1..3) } else { 0 };
            let mut window = || {
                let from = Duration::from_millis(luck.u64(..70_000));
                (from, (from + Duration::from_millis(luck.u64(500..longest))).min(STORM))
            };
            (0..count).map(|_| window()).collect::<Vec<_>>()
        };
        weather.away = windows(0.3, 40_000);
        weather.stale = windows(0.3, 60_000);
        weather.frozen = windows(0.3, 70_000);
        weather.no_spool = luck.f64() < 0.1;
        if luck.f64() < 0.25 {
            for _ in 0..luck.usize(1..4) {
                let by = match luck.u8(..8) {
                    0..=2 => luck.i64(1..60),
                    3..=5 => luck.i64(60..7_200),
                    6 => 86_400,
                    _ => 315_360_000,
                };
                let by = SignedDuration::from_secs(if luck.bool() { by } else { -by });
                weather.jumps.push((Duration::from_millis(luck.u64(..75_000)), by));
            }
            weather.jumps.sort();
        }
        if luck.f64() < 0.25 {
            weather.foreign = (0..luck.usize(1..4)).map(|_| Duration::from_millis(luck.u64(..70_000))).collect();
            weather.foreign.sort();
        }
        weather.mute = luck.bool();
        weather
    }

    /// The instant of the newest sample that the metrics have: time stands still for them while they repeat the last one,
    /// and never goes back when one window lies over another.
    pub fn newest(&self, t: Duration) -> Duration {
        let over = self.stale.iter().filter(|window| within(&[**window], t));
        over.map(|(from, _)| *from).min().unwrap_or(t)
    }

    /// What becomes of a write, for a client that waits `deadline`.
    pub fn fate(&self, luck: &mut fastrand::Rng, deadline: Duration) -> Fate {
        let mut hit = |chance: f64| chance > 0.0 && luck.f64() < chance;
        let refused = hit(self.refused);
        let lost = hit(self.lost);
        let works = match () {
            () if hit(self.fails_before) => Works::FailsBefore,
            () if hit(self.fails_after) => Works::FailsAfter,
            () if hit(self.forbids) => Works::Forbids,
            () => Works::Well,
        };
        let answer = match () {
            () if hit(self.answer_lost) => Answer::Lost,
            () if hit(self.answer_cut) => Answer::Cut,
            () => Answer::Comes,
        };
        let (late, slow, twice) = (hit(self.late), hit(self.slow), hit(self.twice));
        let short = |luck: &mut fastrand::Rng| Duration::from_millis(luck.u64(1..40));
        let delay = match () {
            // A store that works on a request later than the settle time allows is outside what anybody can promise.
            () if late => deadline + Duration::from_millis(luck.u64(..1_200)),
            () if slow => Duration::from_millis(luck.u64(100..2_900)),
            () => short(luck),
        };
        Fate {
            refused,
            lost,
            delay,
            twice: twice.then(|| Duration::from_millis(luck.u64(..400))),
            works,
            answer,
            back: if slow { Duration::from_millis(luck.u64(..800)) } else { short(luck) },
        }
    }
}

/// True if the instant lies in one of the windows.
pub fn within(windows: &[Window], t: Duration) -> bool {
    windows.iter().any(|(from, to)| (*from..*to).contains(&t))
}
