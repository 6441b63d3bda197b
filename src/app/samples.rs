//! The sample reader: answers as users got them, read one after another, called by a digit key, counted with an interval;
//! and one asked again. Tags are entries of the journal, so that a reading outlives the program. May not judge answers.

use std::collections::BTreeMap;

use super::characterise::of_incident;
use super::command::CommandId;
use super::cursor;
use super::effect::Effect;
use super::model::Model;
use super::screen::Screen;
use crate::domain::entry::Happening;
use crate::domain::ids::SamplesId;
use crate::domain::permit::Mode;
use crate::domain::samples::{Parsed, Reading, ReplayOutcome, SamplesSpec, UserSample};

/// What is known of a source in this session.
#[derive(Debug, Clone, PartialEq)]
pub enum Loaded {
    /// It was asked.
    Asked,
    /// Its newest samples, as they were when it was asked: they stay while they are read.
    Read(Parsed),
    /// Why it cannot be read.
    Failed(String),
}

/// The reader on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplesScreen {
    /// Which source.
    pub samples: SamplesId,
    /// Which sample.
    pub at: usize,
    /// First line of its text.
    pub scroll: usize,
}

/// Opens the reader, or the next source if it is open.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let all: Vec<SamplesId> = model.catalogue.samples.iter().map(|spec| spec.id.clone()).collect();
    let next = match model.screens.top() {
        Screen::Samples(screen) => {
            all.iter().position(|id| *id == screen.samples).map_or(0, |at| (at + 1) % all.len().max(1))
        }
        _ => 0,
    };
    let Some(id) = all.get(next).cloned() else {
        model.say("no samples are configured: [samples.NAME] names a file or an export (docs/samples.md)");
        return Vec::new();
    };
    let screen = SamplesScreen { samples: id.clone(), at: 0, scroll: 0 };
    if matches!(model.screens.top(), Screen::Samples(_)) {
        *model.screens.top_mut() = Screen::Samples(screen);
    } else {
        model.screens.push(Screen::Samples(screen));
    }
    match model.samples.get(&id) {
        Some(Loaded::Read(parsed)) if !parsed.samples.is_empty() => {
            to_next_unread(model, 0);
            Vec::new()
        }
        _ => ask(model, id),
    }
}

fn ask(model: &mut Model, id: SamplesId) -> Vec<Effect> {
    model.samples.insert(id.clone(), Loaded::Asked);
    vec![Effect::ReadSamples(id)]
}

/// The source answered.
pub(super) fn heard(model: &mut Model, id: SamplesId, read: Result<Parsed, String>) {
    let loaded = match read {
        Ok(parsed) => Loaded::Read(parsed),
        Err(why) => {
            model.say(format!("samples {id}: {why}"));
            Loaded::Failed(why)
        }
    };
    model.samples.insert(id, loaded);
    to_next_unread(model, 0);
}

/// Carries a command out on the reader.
pub(super) fn command(model: &mut Model, command: CommandId) -> Vec<Effect> {
    let (page, lines) = (model.viewport().page, model.viewport().scroll_max + 1);
    let Screen::Samples(screen) = model.screens.top() else { return Vec::new() };
    let (id, at, scroll) = (screen.samples.clone(), screen.at, screen.scroll);
    let len = list(model, &id).len();
    match command {
        CommandId::Samples => open(model),
        CommandId::Reload => ask(model, id),
        CommandId::Replay => replay(model, &id, at),
        CommandId::PageUp | CommandId::PageDown => {
            place(model, at, cursor::moved(scroll, command, lines, page));
            Vec::new()
        }
        moving if cursor::is_move(moving) => {
            place(model, cursor::moved(at, moving, len, 5), 0);
            Vec::new()
        }
        other => digit(other).map(|tag| give(model, &id, at, tag)).unwrap_or_default(),
    }
}

fn place(model: &mut Model, at: usize, scroll: usize) {
    if let Screen::Samples(screen) = model.screens.top_mut() {
        (screen.at, screen.scroll) = (at, scroll);
    }
}

/// What a digit key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digit {
    /// The tag of that place.
    Tag(usize),
    /// No tag any more.
    Nothing,
}

const fn digit(command: CommandId) -> Option<Digit> {
    Some(match command {
        CommandId::Untag => Digit::Nothing,
        CommandId::Tag1 => Digit::Tag(0),
        CommandId::Tag2 => Digit::Tag(1),
        CommandId::Tag3 => Digit::Tag(2),
        CommandId::Tag4 => Digit::Tag(3),
        CommandId::Tag5 => Digit::Tag(4),
        CommandId::Tag6 => Digit::Tag(5),
        CommandId::Tag7 => Digit::Tag(6),
        CommandId::Tag8 => Digit::Tag(7),
        CommandId::Tag9 => Digit::Tag(8),
        _ => return None,
    })
}

/// Calls the present sample something, and goes on to the next one that nobody has read.
fn give(model: &mut Model, id: &SamplesId, at: usize, digit: Digit) -> Vec<Effect> {
    let Some(sample) = list(model, id).get(at).map(|sample| sample.id.clone()) else { return Vec::new() };
    let tags = spec(model, id).map(|spec| spec.tags.clone()).unwrap_or_default();
    let tag = match digit {
        Digit::Nothing => None,
        Digit::Tag(number) => match tags.into_iter().nth(number) {
            Some(tag) => Some(tag),
            None => return Vec::new(),
        },
    };
    model.tags.insert((id.clone(), sample.clone()), tag.clone());
    if tag.is_some() {
        to_next_unread(model, at);
    }
    vec![Effect::Record(Happening::Tagged { samples: id.clone(), sample, tag })]
}

/// From `at` on, the next sample without a tag; stays where it is if there is none behind it.
fn to_next_unread(model: &mut Model, at: usize) {
    let Screen::Samples(screen) = model.screens.top() else { return };
    let given = tags(model, &screen.samples);
    let unread = |sample: &UserSample| !given.contains_key(&sample.id);
    let next = list(model, &screen.samples).iter().enumerate().skip(at).find(|(_, sample)| unread(sample));
    if let Some((next, _)) = next {
        place(model, next, 0);
    }
}

fn replay(model: &mut Model, id: &SamplesId, at: usize) -> Vec<Effect> {
    let Some(sample) = list(model, id).get(at).cloned() else { return Vec::new() };
    if spec(model, id).is_none_or(|spec| spec.replay.is_none()) {
        model.say(format!("no way to ask it again: [samples.{id}.replay] names the product's public path"));
        return Vec::new();
    }
    if model.mode != Mode::Act {
        model.say("this session sends nothing but reads: the sample was not asked again");
        return Vec::new();
    }
    model.say(format!("asking sample {} again, every way", sample.id));
    vec![Effect::Replay { samples: id.clone(), sample: Box::new(sample) }]
}

/// The source of that name.
#[must_use]
pub fn spec<'a>(model: &'a Model, id: &SamplesId) -> Option<&'a SamplesSpec> {
    model.catalogue.samples.iter().find(|spec| spec.id == *id).map(|spec| &**spec)
}

/// Its samples, as far as they were read.
#[must_use]
pub fn list<'a>(model: &'a Model, id: &SamplesId) -> &'a [UserSample] {
    match model.samples.get(id) {
        Some(Loaded::Read(parsed)) => &parsed.samples,
        Some(Loaded::Asked | Loaded::Failed(_)) | None => &[],
    }
}

/// What was called what in this incident, by the sample's name: the journal, and what this session said since.
#[must_use]
pub fn tags(model: &Model, id: &SamplesId) -> BTreeMap<String, String> {
    let mut given = BTreeMap::new();
    let mut take = |sample: &str, tag: Option<&String>| match tag {
        Some(tag) => drop(given.insert(sample.to_owned(), tag.clone())),
        None => drop(given.remove(sample)),
    };
    for entry in of_incident(model) {
        if let Happening::Tagged { samples, sample, tag } = &entry.what
            && samples == id
        {
            take(sample, tag.as_ref());
        }
    }
    for ((_, sample), tag) in model.tags.iter().filter(|((samples, _), _)| samples == id) {
        take(sample, tag.as_ref());
    }
    given
}

/// Forgets what the journal has meanwhile.
pub(super) fn settle(model: &mut Model) {
    let mut newest: BTreeMap<(SamplesId, String), Option<String>> = BTreeMap::new();
    if model.tags.is_empty() {
        return;
    }
    for entry in of_incident(model) {
        if let Happening::Tagged { samples, sample, tag } = &entry.what {
            newest.insert((samples.clone(), sample.clone()), tag.clone());
        }
    }
    model.tags.retain(|name, tag| newest.get(name) != Some(tag));
}

/// The running count of a source.
#[must_use]
pub fn reading(model: &Model, id: &SamplesId) -> Reading {
    let tags = tags(model, id);
    let known = spec(model, id).map_or(&[][..], |spec| spec.tags.as_slice());
    Reading::of(known, tags.values().map(String::as_str))
}

/// The largest reading of this incident.
#[must_use]
pub fn best_reading(model: &Model) -> Reading {
    let all = model.catalogue.samples.iter().map(|spec| reading(model, &spec.id));
    all.max_by_key(|reading| reading.n).unwrap_or_default()
}

/// What was read in this incident, in words; empty if nothing was.
#[must_use]
pub fn read_words(model: &Model) -> String {
    best_reading(model).words()
}

/// The newest replay of a sample.
#[must_use]
pub fn replayed<'a>(model: &'a Model, id: &SamplesId, sample: &str) -> Option<&'a ReplayOutcome> {
    model.entries.iter().rev().find_map(|entry| match &entry.what {
        Happening::Replayed(outcome) if outcome.samples == *id && outcome.sample == sample => Some(&**outcome),
        _ => None,
    })
}
