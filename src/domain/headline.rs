//! The two sentences at the top: what fails since when, and what came before it. Plain words, never green when unknown.
//! May not judge: it only puts judgements into words.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::aftermath::{self, Aftermath};
use super::change::Change;
use super::figures::{capitalised, listed, span};
use super::ids::LeverId;
use super::run::RunState;
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
    /// Levers that cannot be read now: nobody knows what they are set to.
    pub unreadable: Vec<&'a LeverId>,
    /// Onset and suspect.
    pub triage: &'a Triage,
    /// Our clock.
    pub at: Timestamp,
}

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
    let suspect = if status.is_bad() { said.suspect() } else { said.contained().unwrap_or_default() };
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
        let since = onset.map_or_else(|| " (since when is not known)".to_owned(), |span| format!(" for {span}"));
        let mut sentence = format!("{} {be} {doing}{since}", capitalised(&listed(&failing)));
        let healthy = self.worth_saying_healthy();
        if !healthy.is_empty() {
            let be = if healthy.len() == 1 { "is" } else { "are" };
            let _ = write!(sentence, " while {} {be} OK", listed(&healthy));
        }
        let blind = self.blind_names();
        if !blind.is_empty() {
            let _ = write!(sentence, "; {} cannot be judged", listed(&blind));
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
        match (self.wired(), blind.len()) {
            (0, _) => "Cannot say: no signal is wired.".to_owned(),
            (1, _) => format!("Cannot say: the only wired layer is blind ({}).", blind.join(", ")),
            (wired, 1) => format!("Cannot say: 1 of {wired} layers is blind ({}).", blind.join(", ")),
            (wired, count) => format!("Cannot say: {count} of {wired} layers are blind ({}).", blind.join(", ")),
        }
    }

    /// `First suspect: prompt support v41 → v42 by dana, 6 min before onset. Nothing is contained yet.`
    fn suspect(&self) -> String {
        let suspect = self.triage.suspect.as_ref();
        let named = suspect.and_then(|suspect| Some((suspect, self.changes.get(suspect.change)?)));
        let first = match (named, &self.triage.onset) {
            (Some((suspect, change)), _) => {
                let who = change.who.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
                let when = match suspect.lag_s {
                    lag if lag <= 0 => "at onset".to_owned(),
                    #[expect(clippy::cast_precision_loss, reason = "a lag is days at most")]
                    lag => format!("{} before onset", span(lag as f64)),
                };
                format!("First suspect: {} {}{who}, {when}.", change.kind, change.what)
            }
            (None, Some(_)) => "No known change explains the onset.".to_owned(),
            (None, None) => self.newest_change(),
        };
        let none = if self.unreadable.is_empty() { "Nothing is contained yet." } else { "No containment is known." };
        let contained = self.contained().unwrap_or_else(|| none.to_owned());
        format!("{first} {contained}")
    }

    /// Without an onset nothing can be a suspect; the newest change of the last day is still worth a look.
    fn newest_change(&self) -> String {
        let age = |change: &Change| self.at.duration_since(change.at).as_secs_f64();
        let newest = self.changes.iter().find(|change| !change.ours && (0.0..=86_400.0).contains(&age(change)));
        let Some(change) = newest else {
            return "The onset is not known, and no change of the last 24 h is.".to_owned();
        };
        let who = change.who.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
        format!(
            "The onset is not known; newest change: {} {}{who}, {} ago.",
            change.kind,
            change.what,
            span(age(change))
        )
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
            Some(RunState::Verified) => ", verified".to_owned(),
            Some(state) => format!(", not verified yet ({state})"),
            None => containment.who.as_ref().map(|who| format!(" (moved by {who})")).unwrap_or_default(),
        };
        let (lost, seen): (Vec<_>, Vec<_>) = self.containments.iter().partition(|c| c.unreadable.is_some());
        let seen: Vec<String> = seen.into_iter().map(|c| format!("{}{}", c.words(), proven(c))).collect();
        let lost: Vec<String> = lost.into_iter().map(Containment::words).collect();
        let mut sentences = Vec::new();
        if !seen.is_empty() {
            sentences.push(format!("{} {}.", self.contained_how(), seen.join("; ")));
        }
        if !lost.is_empty() {
            sentences.push(format!("Last known: {}.", lost.join("; ")));
        }
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }
}
