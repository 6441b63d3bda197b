//! The five things to know about a failure before anybody digs: start, share, look, reproduce, what changed. What the
//! live picture says about each. May not hold what people write: the journal does.

use serde::{Deserialize, Serialize};

use super::figures::{in_unit, number, span};
use super::samples::ReplayOutcome;
use super::signal::{Better, SignalState};
use super::snapshot::Snapshot;
use super::suite::SuiteOutcome;

/// The signal of the vocabulary that counts requests a second.
const REQUESTS: &str = "request_rate";

/// One of the five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// When it began.
    Start,
    /// Whom and how much it hits.
    Share,
    /// What it looks like.
    Look,
    /// Whether it can be made to happen again.
    Reproduce,
    /// What was altered before.
    Changed,
}

impl Part {
    /// In the order to ask.
    pub const ALL: [Self; 5] = [Self::Start, Self::Share, Self::Look, Self::Reproduce, Self::Changed];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Share => "share",
            Self::Look => "look",
            Self::Reproduce => "reproduce",
            Self::Changed => "changed",
        }
    }

    /// The question.
    #[must_use]
    pub const fn question(self) -> &'static str {
        match self {
            Self::Start => "When did it start? Often earlier than the page.",
            Self::Share => "Whom does it hit, and how many of them?",
            Self::Look => "What does it look like? One sentence that a user would say.",
            Self::Reproduce => "Can you make it happen? Three failing questions, five times each.",
            Self::Changed => "What changed just before?",
        }
    }
}

/// What is known beside the picture.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The picture.
    pub snapshot: &'a Snapshot,
    /// The newest outcome of every suite.
    pub suites: &'a [&'a SuiteOutcome],
    /// Replays of this incident, oldest first.
    pub replays: &'a [&'a ReplayOutcome],
    /// What the reading of samples came to, in words; empty if nothing was read.
    pub reading: &'a str,
}

/// What the live evidence says about a part; `None` where it says nothing, and a person has to.
#[must_use]
pub fn live(part: Part, known: &Known<'_>) -> Option<String> {
    match part {
        Part::Start => start(known.snapshot),
        Part::Share => share(known),
        Part::Look => look(known.snapshot),
        Part::Reproduce => reproduce(known),
        Part::Changed => changed(known.snapshot),
    }
}

fn bad(snapshot: &Snapshot) -> impl Iterator<Item = &SignalState> {
    snapshot.signals.iter().filter(|signal| signal.status.is_bad())
}

fn start(snapshot: &Snapshot) -> Option<String> {
    let onset = snapshot.triage.onset?;
    let first = bad(snapshot).filter_map(|signal| Some((signal.onset?.at, signal))).min_by_key(|(at, _)| *at);
    let by = first.map(|(_, signal)| format!(", first in {}", signal.spec.title)).unwrap_or_default();
    let minute = |at: jiff::Timestamp| at.strftime("%H:%MZ").to_string();
    let ago = span(snapshot.at.duration_since(onset.at).as_secs_f64().max(0.0));
    let between = format!("between {} and {}", minute(onset.earliest), minute(onset.latest));
    Some(format!("{} ({between}), {ago} ago{by}", minute(onset.at)))
}

/// Rates of bad things as they are, the worst cohort, and what was read.
fn share(known: &Known<'_>) -> Option<String> {
    let rates = bad(known.snapshot).filter(|s| s.usable && s.spec.unit == "ratio" && s.spec.better == Better::Lower);
    let rate = |signal: &SignalState| {
        let value = in_unit(signal.sample?.value, &signal.spec.unit, false);
        Some(format!("{} {value}", signal.spec.title))
    };
    let mut said: Vec<String> = rates.filter_map(rate).take(2).collect();
    let worst = bad(known.snapshot).find_map(|signal| Some((signal, signal.worst.as_ref()?)));
    if let Some((signal, cohort)) = worst {
        let share =
            cohort.share.map(|share| format!(", {} % of the traffic", number(share * 100.0))).unwrap_or_default();
        let better = signal.spec.better == Better::Higher;
        let value = in_unit(cohort.value, &signal.spec.unit, better);
        said.push(format!("worst cohort {}: {} {value}{share}", cohort.name, signal.spec.title));
    }
    said.extend(served(known.snapshot));
    if !known.reading.is_empty() {
        said.push(known.reading.to_owned());
    }
    (!said.is_empty()).then(|| said.join("; "))
}

/// How many requests came since it began, and how many of them the present rate makes bad: a size, not a count.
fn served(snapshot: &Snapshot) -> Option<String> {
    let onset = snapshot.triage.onset?.at;
    let rate = snapshot.signals.iter().find(|signal| signal.spec.id.as_str() == REQUESTS)?;
    let since: Vec<f64> = rate.history.iter().filter(|point| point.at >= onset).map(|point| point.value).collect();
    #[expect(clippy::cast_precision_loss, reason = "a history has thousands of points at most")]
    let mean = since.iter().sum::<f64>() / since.len() as f64;
    let requests = mean * snapshot.at.duration_since(onset).as_secs_f64();
    if !requests.is_finite() || requests < 1.0 {
        return None;
    }
    let worst = bad(snapshot).find(|s| s.usable && s.spec.unit == "ratio" && s.spec.better == Better::Lower);
    let of_them = worst.and_then(|signal| {
        let count = number((requests * signal.sample?.value).round());
        Some(format!(", some {count} of them bad if the {} held", signal.spec.title))
    });
    Some(format!("about {} requests since it began{}", number(requests.round()), of_them.unwrap_or_default()))
}

fn look(snapshot: &Snapshot) -> Option<String> {
    let leading = snapshot.triage.symptoms.first()?;
    let why: Vec<&str> = leading.for_it.iter().map(|(say, _)| say.as_str()).take(2).collect();
    let because = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
    Some(format!("like \"{}\"{because}", leading.title))
}

fn reproduce(known: &Known<'_>) -> Option<String> {
    if let Some(replay) = known.replays.last() {
        return Some(replay.words());
    }
    let failing = known.suites.iter().filter(|suite| !suite.failing.is_empty()).max_by_key(|suite| suite.at)?;
    let case = failing.failing.first().map(|sample| format!(", for example {}", sample.case)).unwrap_or_default();
    Some(format!("suite {}: {}{case}", failing.suite, failing.words()))
}

fn changed(snapshot: &Snapshot) -> Option<String> {
    let suspect = snapshot.triage.suspect.as_ref()?;
    let change = snapshot.changes.get(suspect.change)?;
    let who = change.who.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a lag is days at most")]
    let lag =
        if suspect.lag_s > 0 { format!("{} before it", span(suspect.lag_s as f64)) } else { "as it began".to_owned() };
    Some(format!("{} {}{who}, {lag}", change.kind, change.what))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::World;
    use super::*;

    #[test]
    fn how_many_it_hit_is_said_as_a_size_and_only_where_requests_are_counted() {
        let mut world = World::well().since("error_rate", 0.2, 30);
        let share = |world: &World| {
            let snapshot = world.snapshot();
            live(Part::Share, &Known { snapshot: &snapshot, suites: &[], replays: &[], reading: "" }).expect("words")
        };
        let said = share(&world);
        // 42 requests a second for about half an hour, a fifth of them bad.
        assert!(said.contains("about 7") && said.contains(" k requests since it began, some 1"), "{said}");
        assert!(said.ends_with(" k of them bad if the error rate held"), "{said}");
        world.observed.signals.retain(|id, _| id.as_str() != REQUESTS);
        world.catalogue.signals.retain(|signal| signal.id.as_str() != REQUESTS);
        assert!(!share(&world).contains("requests"), "{}", share(&world));
    }
}
