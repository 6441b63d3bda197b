//! The restore gate: what has to be true before a containment is released. Suites first, since they need no traffic, then
//! live signals, one containment at a time, and all of it for a whole watch. Unknown never opens it. May not release,
//! record or wait: everything comes in as values, so that after a crash the same journal gives the same state.

mod live;
mod order;
mod stage;
mod watch;

use std::borrow::Cow;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::action::{ActionSpec, Direction};
use super::catalogue::Catalogue;
use super::freeze;
use super::ids::LeverId;
use super::incident::{Ledger, RunRecord};
use super::lever::Setting;
use super::plan::Purpose;
use super::snapshot::Snapshot;
use super::stages::{self, StageOf};
use super::suite::Finding;

pub use live::named_by_recovery;
pub use watch::Watch;

/// Within this time an undo of a mistake needs no gate.
pub const GRACE: SignedDuration = SignedDuration::from_mins(10);
/// No suite runs again by waiting.
const ASK: &str = "ask the suites: s on the containments, or `breakglass probe`";
/// An outcome of a suite counts at least this long.
const SUITE_LIFE: Duration = Duration::from_mins(10);

/// What the config asks of every release.
#[derive(Debug, Clone, PartialEq)]
pub struct GateSpec {
    /// So long everything has to be well without a break.
    pub watch: Duration,
    /// Observations that have to stand behind each signal whose source says how many there are.
    pub n: f64,
    /// How far a lever that can be partial goes at each stage, in percent of the way; rising, the last is 100.
    pub stages: Cow<'static, [u8]>,
    /// So long everything has to be well at one stage before the next.
    pub stage_watch: Duration,
}

impl GateSpec {
    /// Fifteen minutes, two hundred observations; 1, 5, 20 and 100 %, with the same watch between them.
    pub const STANDARD: Self = Self {
        watch: Duration::from_mins(15),
        n: 200.0,
        stages: Cow::Borrowed(stages::PERCENT),
        stage_watch: Duration::from_mins(15),
    };
}

/// How one condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It holds.
    Held,
    /// Something is missing; time, data or a person may bring it.
    Open,
    /// It is measured to be otherwise.
    Failed,
}

impl Standing {
    /// The word shown and written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Open => "open",
            Self::Failed => "failed",
        }
    }
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `suite smoke`, `signals`, `order`, `watch`, …
    pub name: String,
    /// How it stands.
    pub standing: Standing,
    /// Why, or what is missing.
    pub why: String,
    /// What somebody has to do, where waiting alone can never bring it.
    pub deed: Option<String>,
}

impl Line {
    fn new(name: impl Into<String>, standing: Standing, why: impl Into<String>) -> Self {
        Self { name: name.into(), standing, why: why.into(), deed: None }
    }

    /// With what somebody has to do, since waiting alone never brings it.
    fn by(self, deed: impl Into<String>) -> Self {
        Self { deed: Some(deed.into()), ..self }
    }
}

/// How the gate of one lever stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The lever that would be released.
    pub lever: LeverId,
    /// Every condition, in the order in which they have to be met; the watch is last.
    pub lines: Vec<Line>,
    /// When the watch began, if it runs.
    pub since: Option<Timestamp>,
    /// When it will have lasted long enough.
    pub ends: Option<Timestamp>,
    /// What is bad now beside the signals that are watched: news of it breaks a watch.
    pub bad: Vec<String>,
    /// Why a watch that runs would have to begin anew.
    pub broken: Option<String>,
    /// Of a lever that is half-way back: which stage is in force. Then the watch is the one between two stages.
    pub stage: Option<StageOf>,
    /// What went wrong at this stage: the lever has to go back to its contained setting.
    pub returned: Option<String>,
}

impl Report {
    /// The gate before anything is measured: shut.
    #[must_use]
    pub fn unknown(lever: &LeverId) -> Self {
        Self::of(lever, Line::new("signals", Standing::Open, "nothing is measured yet"))
    }

    /// One condition alone, where no others are asked.
    #[must_use]
    pub fn of(lever: &LeverId, line: Line) -> Self {
        Self {
            lever: lever.clone(),
            lines: vec![line],
            since: None,
            ends: None,
            bad: Vec::new(),
            broken: None,
            stage: None,
            returned: None,
        }
    }

    /// True if everything holds: nothing that is missing or unknown opens a gate.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.standing == Standing::Held)
    }

    /// The worst standing of all.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.lines.iter().map(|line| line.standing).max().unwrap_or(Standing::Open)
    }

    /// True if the change freeze is one of the conditions.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.lines.iter().any(|line| line.name == freeze::NAME)
    }

    /// True if only the watch is missing: then it may begin.
    #[must_use]
    pub fn may_watch(&self) -> bool {
        self.since.is_none()
            && self.lines.iter().all(|line| line.name == watch::NAME || line.standing == Standing::Held)
    }

    /// Every condition that does not hold, in words.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.shut().map(|line| format!("{} {}: {}", line.name, line.standing.word(), line.why)).collect()
    }

    /// What opens it, in words: `wait`, or what somebody has to do, each deed once.
    #[must_use]
    pub fn opens_by(&self) -> String {
        let mut deeds: Vec<&str> = self.shut().filter_map(|line| line.deed.as_deref()).collect();
        deeds.dedup();
        match deeds.as_slice() {
            [] => "wait".to_owned(),
            deeds => format!("waiting alone never opens it; {}", deeds.join("; ")),
        }
    }

    /// Every condition that does not hold.
    pub fn shut(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.standing != Standing::Held)
    }

    /// What is next, in a few words: what fails, what is missing, how long the watch still takes, or that it is open.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> String {
        let worst = self.standing();
        if let Some(returned) = &self.returned {
            return format!("has to go back: {returned}");
        }
        if worst == Standing::Held {
            return if self.stage.is_some() { "next stage" } else { "open" }.to_owned();
        }
        if let Some(left) = self.left(now).filter(|_| self.only_the_watch_is_missing()) {
            let left = left.as_secs();
            return format!("watch {:02}:{:02} left", left / 60, left % 60);
        }
        if self.only_the_watch_is_missing() {
            return "the watch has not begun: a cockpit or a preview of the undo begins it".to_owned();
        }
        let first = self.lines.iter().find(|line| line.standing == worst);
        // Of a gate, "open" is the opposite.
        let word = if worst == Standing::Open { "not met yet" } else { worst.word() };
        first.map_or_else(String::new, |line| format!("{} {word}", line.name))
    }

    fn only_the_watch_is_missing(&self) -> bool {
        self.lines.iter().all(|line| line.name == watch::NAME || line.standing == Standing::Held)
    }

    /// How much of the watch is left, if it runs.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Option<SignedDuration> {
        self.ends.map(|ends| ends.duration_since(now).max(SignedDuration::ZERO))
    }
}

/// What a gate is judged from.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What is declared.
    pub catalogue: &'a Catalogue,
    /// What the journal adds up to.
    pub ledger: &'a Ledger,
    /// What is measured.
    pub snapshot: &'a Snapshot,
    /// Our clock.
    pub now: Timestamp,
}

/// Judges the gate of one lever. `action` is what would release it, if that is an action and no undo.
#[must_use]
pub fn judge(known: &Known<'_>, lever: &LeverId, action: Option<&ActionSpec>) -> Report {
    let containment = known.snapshot.containments.iter().find(|held| held.lever == *lever);
    let record = containment.and_then(|held| held.run.as_ref()).and_then(|run| known.ledger.runs.get(run));
    let since = record.map(|record| record.at).or_else(|| containment.and_then(|held| held.since));
    let scope = live::scope(known, lever, containment, record, action);
    if let Some(held) = containment.filter(|held| held.stage.is_some())
        && let Some(releasing) = known.ledger.releasing(lever)
    {
        return stage::report(known, held, &releasing, &scope);
    }
    let mut lines = suites(known, since);
    let spoken_for = !lines.is_empty() && lines.iter().all(|line| line.standing == Standing::Held);
    lines.extend(live::lines(known, &scope, since, spoken_for));
    lines.extend(record.and_then(|record| cause(known, lever, record)));
    lines.push(order::line(known, lever));
    let running = known.ledger.watches.get(lever);
    let bad = live::bad_beside(known, &scope);
    let broken = running.and_then(|running| watch::broken(known, running, &scope, &bad)).map(watch::Broken::words);
    let span = SignedDuration::try_from(known.catalogue.gate.watch).unwrap_or(SignedDuration::MAX);
    let ends = running.and_then(|running| running.since.checked_add(span).ok());
    lines.push(watch::line(known, running, broken.as_deref(), ends));
    let since = running.map(|running| running.since);
    Report { lever: lever.clone(), lines, since, ends, bad, broken, stage: None, returned: None }
}

/// One line for every suite of the gate.
fn suites(known: &Known<'_>, since: Option<Timestamp>) -> Vec<Line> {
    let longest =
        SignedDuration::try_from((known.catalogue.gate.watch * 2).max(SUITE_LIFE)).unwrap_or(SignedDuration::MAX);
    let line = |spec: &std::sync::Arc<super::suite::SuiteSpec>| {
        let name = format!("suite {}", spec.id);
        let Some(outcome) = known.ledger.suites.get(&spec.id) else {
            return Line::new(name, Standing::Open, "has not run yet").by(ASK);
        };
        if since.is_some_and(|since| outcome.at <= since) {
            return Line::new(name, Standing::Open, "ran before this was contained; run it again").by(ASK);
        }
        let age = known.now.duration_since(outcome.at);
        if age > longest {
            return Line::new(name, Standing::Open, format!("ran {} min ago; run it again", age.as_secs() / 60))
                .by(ASK);
        }
        match outcome.finding(spec) {
            Finding::Passes(why) => Line::new(name, Standing::Held, why),
            Finding::Fails(why) => Line::new(name, Standing::Failed, why).by(ASK),
            Finding::CannotSay(why) => Line::new(name, Standing::Open, why).by(ASK),
        }
    };
    known.catalogue.suites.iter().filter(|spec| spec.gate).map(line).collect()
}

/// A version pointer goes back to the very version that served when things failed: what was measured since was measured
/// on another one, so nothing can speak for it.
fn cause(known: &Known<'_>, lever: &LeverId, record: &RunRecord) -> Option<Line> {
    let pointer = known.catalogue.lever(lever).is_some_and(|spec| spec.normal.is_none());
    let prior = &record.intent.prior.setting;
    let is_version = pointer && matches!(prior, Setting::Pointer(_)) && !record.intent.bad_before.is_empty();
    is_version.then(|| {
        let failed = record.intent.bad_before.join(", ");
        let why = format!("{prior} is what served when {failed} failed; release a corrected version instead");
        Line::new("version", Standing::Failed, why).by("fix it forward: release a corrected version")
    })
}

/// Whether a move to `after` has to pass the gate: it releases, and it is no undo of a mistake within ten minutes.
#[must_use]
pub fn is_asked(direction: Direction, undone: Option<&RunRecord>, observed: &Setting, now: Timestamp) -> bool {
    direction == Direction::Release && !undone.is_some_and(|record| in_grace(record, observed, now))
}

/// The undo of a mistake: within ten minutes, nobody else moved the lever, and nothing was bad when it was contained.
#[must_use]
pub fn in_grace(record: &RunRecord, observed: &Setting, now: Timestamp) -> bool {
    let age = now.duration_since(record.at);
    (SignedDuration::ZERO..=GRACE).contains(&age)
        && record.intent.purpose == Purpose::Action
        && record.intent.bad_before.is_empty()
        && observed.same(&record.intent.after)
}

/// The word that an override begins with; a reason follows it.
#[must_use]
pub fn override_word(environment: &str) -> String {
    format!("override {environment}")
}

/// Characters of a reason at least: shorter ones tell nobody anything afterwards.
const LEAST_REASON: usize = 8;

/// The same rule for whoever has not typed it yet.
#[must_use]
pub fn reason_rule() -> String {
    format!("the reason has at least {LEAST_REASON} characters")
}

/// What a typed override lacks, for whoever typed it.
#[must_use]
pub fn override_missing(typed: &str, environment: &str) -> String {
    let word = override_word(environment);
    match typed.trim().strip_prefix(&word) {
        Some(_) => format!("the reason after {word:?} is too short: say it in at least {LEAST_REASON} characters"),
        None => format!("it has to begin with {word:?}; after it, the reason in a few words"),
    }
}

/// The reason behind a typed override: `override prod checked by hand with support`. `None` if it is none, or says nothing.
#[must_use]
pub fn override_reason<'a>(typed: &'a str, environment: &str) -> Option<&'a str> {
    let rest = typed.trim().strip_prefix(&override_word(environment))?;
    let reason = rest.strip_prefix([' ', ':'])?.trim_start_matches([' ', ':']).trim();
    (reason.chars().count() >= LEAST_REASON).then_some(reason)
}

#[cfg(test)]
mod tests;
