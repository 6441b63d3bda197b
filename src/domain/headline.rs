//! The two sentences at the top: what fails since when, and what came before it. Plain words, never green when unknown.
//! May not judge: it only puts judgements into words.

use std::fmt::Write as _;

/// So many layers that cannot be judged are named; more are counted, so that the sentence stays one.
const MOST_NAMED: usize = 2;

use jiff::Timestamp;

use super::aftermath::{self, Aftermath};
use super::cause::Fault;
use super::change::Change;
use super::figures::{capitalised, listed, span};
use super::ids::LeverId;
use super::incident::LATE_LANDING;
use super::observations::{FeedState, OurMove, Released};
use super::run::RunState;
use super::shown::ShownBy;
use super::signal::SignalState;
use super::snapshot::{Containment, Headline, LayerState, Triage};
use super::status::{Status, roll_up};

/// What the sentences are made from.
pub struct Said<'a> {
    /// Layers in display order.
    pub layers: &'a [LayerState],
    /// Judged signals.
    pub signals: &'a [SignalState],
    /// Changes that the suspect's index refers to.
    pub changes: &'a [Change],
    /// Containments in force.
    pub containments: &'a [Containment],
    /// Containments that were released so lately that the traffic may still show them.
    pub coming_back: &'a [&'a Released],
    /// Our runs that are not settled.
    pub pending: &'a [OurMove],
    /// Change feeds: what a blind one would have told, nobody knows.
    pub feeds: &'a [FeedState],
    /// Levers that cannot be read now: nobody knows what they are set to.
    pub unreadable: Vec<&'a LeverId>,
    /// Whether any lever was looked at; a file of readings holds none.
    pub looked_at_levers: bool,
    /// Onset and suspect.
    pub triage: &'a Triage,
    /// Our clock.
    pub at: Timestamp,
}

/// Nobody reports what anybody alters.
pub const NO_FEED: &str = "no change feed is wired";

/// Writes the headline. A lever that nobody can read is never green, whatever the signals say.
#[must_use]
pub fn write(said: &Said<'_>) -> Headline {
    let rolled = roll_up(said.layers.iter().filter_map(|layer| layer.status));
    let status = rolled.map_or(Status::Unknown, |rolled| rolled.status);
    let what = match status {
        Status::Crit | Status::Warn => said.failing(status),
        Status::Ok => said.well(),
        Status::Contained => said.quiet(),
        Status::LowN | Status::Stale | Status::Unknown => said.blind(),
    };
    let (status, what) = match said.unread() {
        None => (status, what),
        Some(unread) if status.is_bad() => (status, format!("{}; {unread}.", what.trim_end_matches('.'))),
        Some(unread) => (Status::Unknown, format!("{}. {what}", capitalised(&unread))),
    };
    let suspect = if status.is_bad() {
        said.suspect()
    } else {
        // A feed that was not asked yet is worth a word only where the suspect is sought.
        let blind = said.blind_feeds(|fault| *fault != Fault::NotYet).map(|blind| format!("{}.", capitalised(&blind)));
        let coming_back = said.coming_back().filter(|_| status != Status::Ok);
        [blind, said.open_runs(), coming_back, said.contained()].into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    Headline { status, what, suspect }
}

impl Said<'_> {
    /// `1 lever cannot be read (assistant)`.
    fn unread(&self) -> Option<String> {
        let names: Vec<String> = self.unreadable.iter().map(ToString::to_string).collect();
        let count = names.len();
        let noun = if count == 1 { "lever" } else { "levers" };
        (count > 0).then(|| format!("{count} {noun} cannot be read ({})", names.join(", ")))
    }

    /// True in the first seconds: what is normal, and since when it is not, is being asked for.
    fn loads_history(&self) -> bool {
        self.signals.iter().any(|signal| signal.loads_history)
    }

    fn wired(&self) -> usize {
        self.layers.iter().filter(|layer| layer.status.is_some()).count()
    }

    fn names(&self, keep: impl Fn(Status) -> bool) -> Vec<String> {
        let kept = self.layers.iter().filter(|layer| layer.status.is_some_and(&keep));
        kept.map(|layer| layer.id.to_string()).collect()
    }

    /// Layers that cannot be judged, with their own word: `safety LOW-N`.
    fn blind_names(&self) -> Vec<String> {
        let blind = |layer: &LayerState| {
            let status = layer.status.filter(|status| status.is_blind())?;
            Some(format!("{} {}", layer.id, status.word()))
        };
        self.layers.iter().filter_map(blind).collect()
    }

    /// `Quality has been failing for 35 min while infrastructure is OK.`
    fn failing(&self, status: Status) -> String {
        let failing = self.names(|s| s == status);
        let doing = if status == Status::Crit { "failing" } else { "degraded" };
        let onset = self.triage.onset.map(|onset| span(self.at.duration_since(onset.at).as_secs_f64().max(0.0)));
        let (one, many) = match &onset {
            Some(_) => ("has been", "have been"),
            None => ("is", "are"),
        };
        let be = if failing.len() == 1 { one } else { many };
        let since = match onset {
            Some(span) => format!(" for {span}"),
            None if self.loads_history() => " (since when: history is loading)".to_owned(),
            None => " (since when is not known)".to_owned(),
        };
        let mut sentence = format!("{} {be} {doing}{since}", capitalised(&listed(&failing)));
        let healthy = self.worth_saying_healthy();
        if !healthy.is_empty() {
            let be = if healthy.len() == 1 { "is" } else { "are" };
            let _ = write!(sentence, " while {} {be} OK", listed(&healthy));
        }
        let blind = self.blind_names();
        let yet = if self.loads_history() { " yet" } else { "" };
        match blind.len() {
            0 => {}
            few if few <= MOST_NAMED => {
                let _ = write!(sentence, "; {} cannot be judged{yet}", listed(&blind));
            }
            many => {
                let _ = write!(sentence, "; {many} of {} layers cannot be judged{yet}", self.wired());
            }
        }
        sentence.push('.');
        sentence
    }

    /// Green infrastructure is the one thing that misleads, so it is said alone; otherwise up to three layers.
    fn worth_saying_healthy(&self) -> Vec<String> {
        let healthy = self.names(|s| s == Status::Ok);
        match healthy.iter().find(|name| *name == "infrastructure") {
            Some(infrastructure) => vec![infrastructure.clone()],
            None => healthy.into_iter().take(3).collect(),
        }
    }

    fn well(&self) -> String {
        match self.wired() {
            1 => format!("{} is OK; it is the only layer that is wired.", capitalised(&listed(&self.names(|_| true)))),
            count => format!("All {count} layers are OK."),
        }
    }

    fn quiet(&self) -> String {
        let quiet = self.names(|s| s == Status::Contained);
        let be = if quiet.len() == 1 { "is" } else { "are" };
        format!("{} {be} quiet because of us; nothing else is wrong.", capitalised(&listed(&quiet)))
    }

    fn blind(&self) -> String {
        let blind = self.blind_names();
        let say = if self.loads_history() { "Cannot say yet, history is loading" } else { "Cannot say" };
        match (self.wired(), blind.len()) {
            (0, _) => "Cannot say: no signal is wired.".to_owned(),
            (1, _) => format!("{say}: the only wired layer is blind ({}).", blind.join(", ")),
            (wired, 1) => format!("{say}: 1 of {wired} layers is blind ({}).", blind.join(", ")),
            (wired, count) => format!("{say}: {count} of {wired} layers are blind ({}).", blind.join(", ")),
        }
    }

    /// `First suspect: prompt support v41 → v42 by dana, 6 min before onset. Nothing is contained yet.`
    fn suspect(&self) -> String {
        let suspect = self.triage.suspect.as_ref();
        let named = suspect.and_then(|suspect| Some((suspect, self.changes.get(suspect.change)?)));
        let blind = self.blind_feeds(|_| true);
        let first = match (named, &self.triage.onset) {
            (Some((suspect, change)), _) => {
                let who = change.who.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
                let when = match suspect.lag_s {
                    lag if lag <= 0 => "at onset".to_owned(),
                    #[expect(clippy::cast_precision_loss, reason = "a lag is days at most")]
                    lag => format!("{} before onset", span(lag as f64)),
                };
                match &blind {
                    None => format!("First suspect: {} {}{who}, {when}.", change.kind, change.what),
                    Some(blind) => {
                        format!("First suspect so far: {} {}{who}, {when}; but {blind}.", change.kind, change.what)
                    }
                }
            }
            (None, Some(_)) => match &blind {
                None if self.feeds.is_empty() => format!("What changed before the onset is not known: {NO_FEED}."),
                None => "No known change explains the onset.".to_owned(),
                Some(blind) => format!("What changed before the onset is not known: {blind}."),
            },
            (None, None) => match &blind {
                None => self.newest_change(),
                Some(blind) => format!("{} And {blind}.", self.newest_change()),
            },
        };
        let nothing_known = self.unreadable.is_empty() && self.pending.is_empty();
        let none = match (nothing_known, self.looked_at_levers) {
            (true, true) => "Nothing is contained yet.",
            (true, false) => "No lever was read: whether anything is contained is not known.",
            (false, _) => "No containment is known.",
        };
        let contained = self.contained().unwrap_or_else(|| none.to_owned());
        [Some(first), self.open_runs(), self.coming_back(), Some(contained)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// `changes of flags cannot be read: not allowed (403)`; a cause that several share is said once.
    fn blind_feeds(&self, counts: impl Fn(&Fault) -> bool) -> Option<String> {
        let mut causes: Vec<(String, Vec<String>)> = Vec::new();
        for (feed, fault) in self.feeds.iter().filter_map(|feed| Some((feed, feed.fault.as_ref()?))) {
            let cause = fault.to_string();
            match causes.iter_mut().find(|(known, _)| *known == cause) {
                _ if !counts(fault) => {}
                Some((_, names)) => names.push(feed.id.to_string()),
                None => causes.push((cause, vec![feed.id.to_string()])),
            }
        }
        let sentence =
            |(cause, names): &(String, Vec<String>)| format!("changes of {} cannot be read: {cause}", listed(names));
        (!causes.is_empty()).then(|| causes.iter().map(sentence).collect::<Vec<_>>().join("; "))
    }

    /// `Run 1a2b3c by ana may have set assistant to off: sent.` Nobody may take its lever for untouched.
    fn open_runs(&self) -> Option<String> {
        let may_pass = |state| matches!(state, RunState::Unseen | RunState::Stuck);
        let still = |run: &&OurMove| !may_pass(run.state) || self.at.duration_since(run.moved_at) < LATE_LANDING;
        let sentence = |run: &OurMove| {
            let (run_id, who, lever, after) = (run.run.short(), &run.who, &run.lever, &run.after);
            match run.state {
                RunState::Acknowledged => {
                    format!("Run {run_id} by {who}: the store took {lever} to {after}, not read back yet.")
                }
                RunState::Unseen => {
                    format!("Run {run_id} by {who} was to set {lever} to {after}: no effect seen, it may still land.")
                }
                RunState::Stuck => format!(
                    "Run {run_id} by {who}: the store said yes to {lever} {after} and was never seen to hold it; it may still land."
                ),
                state => format!("Run {run_id} by {who} may have set {lever} to {after}: {state}."),
            }
        };
        let sentences: Vec<String> = self.pending.iter().filter(still).map(sentence).collect();
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }

    /// `Released: assistant is not off any more since 03:25:48Z; the traffic may still move because of it.`
    fn coming_back(&self) -> Option<String> {
        let one = |released: &&Released| {
            let (lever, was) = (&released.lever, &released.was);
            format!("{lever} is not {was} any more since {}", released.at.strftime("%H:%M:%SZ"))
        };
        let all: Vec<String> = self.coming_back.iter().map(one).collect();
        (!all.is_empty()).then(|| format!("Released: {}; the traffic may still move because of it.", all.join("; ")))
    }

    /// Without an onset nothing can be a suspect; the newest change of the last day is still worth a look.
    fn newest_change(&self) -> String {
        let unknown = if self.loads_history() { "The onset is not known yet" } else { "The onset is not known" };
        let age = |change: &Change| self.at.duration_since(change.at).as_secs_f64();
        let newest = self.changes.iter().find(|change| !change.ours && (0.0..=86_400.0).contains(&age(change)));
        let Some(change) = newest else {
            let nothing = if self.feeds.is_empty() { NO_FEED } else { "no change of the last 24 h is known" };
            return format!("{unknown}, and {nothing}.");
        };
        let who = change.who.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
        format!("{unknown}; newest change: {} {}{who}, {} ago.", change.kind, change.what, span(age(change)))
    }

    /// How the containments are introduced: what still fails after a verified one is said first, so that nobody takes
    /// quiet users for a repaired cause.
    fn contained_how(&self) -> String {
        let verified = self.containments.iter().filter(|held| held.state == Some(RunState::Verified));
        match aftermath::of_all(verified, self.signals) {
            Aftermath::Nothing => "Contained:".to_owned(),
            Aftermath::NotRepaired(still) => {
                format!("Contained, not repaired: {};", aftermath::still_fails(&still, self.signals))
            }
            Aftermath::NoBetter(still) => {
                format!("Not better yet: {};", aftermath::still_fails(&still, self.signals))
            }
        }
    }

    /// `Contained: assistant is off, verified.` A lever that cannot be read now is said apart, in the past tense.
    fn contained(&self) -> Option<String> {
        let proven = |containment: &Containment| match containment.state {
            Some(RunState::Verified) => {
                format!(", verified{}", containment.shown_by.map_or("", ShownBy::words))
            }
            Some(state) => format!(", not verified yet ({state})"),
            None => containment.who.as_ref().map(|who| format!(" (moved by {who})")).unwrap_or_default(),
        };
        let (lost, known): (Vec<_>, Vec<_>) = self.containments.iter().partition(|c| c.unreadable.is_some());
        let (displaced, seen): (Vec<&Containment>, Vec<&Containment>) = known.into_iter().partition(|c| c.displaced);
        let (stuck, seen): (Vec<_>, Vec<_>) = seen.into_iter().partition(|c| c.state == Some(RunState::Stuck));
        let displaced: Vec<String> = displaced.into_iter().map(|c| format!("{}{}", c.words(), proven(c))).collect();
        let stuck: Vec<String> = stuck.into_iter().map(Containment::words).collect();
        let seen: Vec<String> = seen.into_iter().map(|c| format!("{}{}", c.words(), proven(c))).collect();
        let lost: Vec<String> = lost.into_iter().map(Containment::words).collect();
        let mut sentences = Vec::new();
        if !seen.is_empty() {
            sentences.push(format!("{} {}.", self.contained_how(), seen.join("; ")));
        }
        if !stuck.is_empty() {
            sentences.push(format!("Set, and nothing shows that it contains: {} (stuck).", stuck.join("; ")));
        }
        if !displaced.is_empty() {
            sentences.push(format!("Displaced, not contained: {}.", displaced.join("; ")));
        }
        if !lost.is_empty() {
            sentences.push(format!("Last known: {}.", lost.join("; ")));
        }
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }
}
