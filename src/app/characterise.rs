//! The characterise page: five questions, what live evidence says to each, and what a person wrote. May not judge.

use jiff::SignedDuration;

use super::effect::Effect;
use super::model::Model;
use super::samples;
use super::writing::{self, Writing};
use crate::domain::characterise::{Known, Part, live};
use crate::domain::entry::{Entry, Happening};
use crate::domain::samples::ReplayOutcome;

/// What was found so long before an incident was opened belongs to it.
const SHORTLY_BEFORE: SignedDuration = SignedDuration::from_hours(1);

/// A row of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which of the five.
    pub part: Part,
    /// What live evidence says.
    pub live: Option<String>,
    /// The newest words of a person in this incident: words, who, when.
    pub written: Option<(String, String, jiff::Timestamp)>,
}

/// The five rows.
#[must_use]
pub fn rows(model: &Model) -> Vec<Row> {
    let suites: Vec<_> = model.ledger.suites.values().collect();
    let replays: Vec<&ReplayOutcome> = asked_again(model).collect();
    let reading = samples::read_words(model);
    let row = |part: Part| {
        let known = model.snapshot.as_deref().map(|snapshot| Known {
            snapshot,
            suites: &suites,
            replays: &replays,
            reading: &reading,
        });
        Row { part, live: known.and_then(|known| live(part, &known)), written: written(model, part) }
    };
    Part::ALL.into_iter().map(row).collect()
}

/// Entries of the open incident; those without an incident while none is open.
pub(super) fn of_incident(model: &Model) -> impl DoubleEndedIterator<Item = &Entry> {
    let open = model.ledger.open.as_ref().map(|incident| &incident.id);
    model.entries.iter().filter(move |entry| entry.incident.as_ref() == open)
}

/// What was asked again in the open incident, or shortly before it: whoever asks first and answers then is the one who opens it.
fn asked_again(model: &Model) -> impl Iterator<Item = &ReplayOutcome> {
    let open = model.ledger.open.as_ref();
    let counts = move |entry: &&Entry| match (open, &entry.incident) {
        (Some(incident), None) => incident.opened_at.duration_since(entry.at) <= SHORTLY_BEFORE,
        (open, of) => of.as_ref() == open.map(|incident| &incident.id),
    };
    model.entries.iter().filter(counts).filter_map(replay)
}

fn replay(entry: &Entry) -> Option<&ReplayOutcome> {
    if let Happening::Replayed(outcome) = &entry.what { Some(outcome) } else { None }
}

fn written(model: &Model, part: Part) -> Option<(String, String, jiff::Timestamp)> {
    of_incident(model).rev().find_map(|entry| match &entry.what {
        Happening::Characterised { part: of, text } if *of == part => Some((text.clone(), entry.who.clone(), entry.at)),
        _ => None,
    })
}

/// Opens the field of a row, with what is known already in it.
pub(super) fn write(model: &mut Model, at: usize) {
    let Some(row) = rows(model).into_iter().nth(at) else { return };
    let words = row.written.map(|(text, ..)| text).or(row.live).unwrap_or_default();
    writing::ask_with(model, Writing::Describe(row.part), &words);
}

/// A person's words about a part go on record.
pub(super) fn written_down(part: Part, words: &str) -> Vec<Effect> {
    vec![Effect::Record(Happening::Characterised { part, text: words.to_owned() })]
}
