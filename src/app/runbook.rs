//! The walk on the screen: what the evidence suggests and why, the answers, back, skip, hand-over.
//! Nothing advances by itself, and nothing here changes production: a step only names the actions it offers.

mod going_on;
mod hand_over;
mod moves;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::blind;
use super::command::CommandId;
use super::containments;
use super::cursor;
use super::detail::{self, Detail, DetailScreen};
use super::dialog::Dialog;
use super::effect::Effect;
use super::main;
use super::model::Model;
use super::palette::Palette;
use super::pinned;
use super::screen::Screen;
use super::{resume, samples};
use crate::domain::action::{ActionKind, ActionSpec};
use crate::domain::entry::Happening;
use crate::domain::evidence::{self, Evidence, Judged, Judgement, Verdict};
use crate::domain::facts::Live;
use crate::domain::figures;
use crate::domain::ids::{StepId, SymptomId};
use crate::domain::incident::RunRecord;
use crate::domain::plan::Purpose;
use crate::domain::runbook::{Next, Runbook, Step, StepBody};
use crate::domain::samples::{LEAST, Reading};
use crate::domain::walk::{Answered, Place, Walk, WalkAnswer};

pub(super) use going_on::{go_on, next};
pub use hand_over::hand_over;
pub(super) use moves::{against, early, jump, leave_for, leave_inner, skip};

/// What the lower half tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Telling {
    /// What to know about the step.
    #[default]
    Know,
    /// Every comparison as written, with its cause.
    Why,
}

/// A walk on the screen. The walk itself lives in the model: leaving keeps the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunbookScreen {
    /// Which runbook.
    pub symptom: SymptomId,
    /// What the lower half tells.
    pub telling: Telling,
    /// First line of the text.
    pub scroll: usize,
}

/// What the evidence suggests at a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// The answer, if the evidence suggests one; never on UNKNOWN.
    pub answer: Option<WalkAnswer>,
    /// Every comparison with what it came to.
    pub judgement: Judgement,
    /// For example `2 true, 1 false, 1 unknown`.
    pub basis: String,
    /// At a watch whose evidence holds, but not long enough yet: until when it has to.
    pub holds_until: Option<Timestamp>,
}

/// The runbook and the walk of a symptom, if both are there.
#[must_use]
pub fn walk<'a>(model: &'a Model, symptom: &SymptomId) -> Option<(&'a Arc<Runbook>, &'a Walk)> {
    Some((pinned::runbook(model, symptom)?, model.walks.get(symptom)?))
}

/// How many minutes of a watch have passed, and how many it takes, while they are not over.
pub(super) fn watched_so_far(model: &Model, walk: &Walk, step: &Step) -> Option<(i64, u32)> {
    let StepBody::Watch { minutes, .. } = step.body else { return None };
    let watched = model.now.duration_since(walk.entered_at);
    (watched < SignedDuration::from_mins(i64::from(minutes))).then(|| (watched.as_mins().max(0), minutes))
}

/// What the evidence suggests at a step, live. `None` at a containment.
#[must_use]
pub fn suggestion(model: &Model, walk: &Walk, step: &Step) -> Option<Suggestion> {
    let (evidence, held_long_enough) = match &step.body {
        StepBody::Ask { evidence, .. } => (evidence, true),
        StepBody::Watch { until, .. } => (until, watched_so_far(model, walk, step).is_none()),
        StepBody::Contain { .. } => return None,
    };
    let mut judgement = judge(model, walk, evidence);
    let reading = step.reading.map(|share| (samples::best_reading(model), share)).filter(|(reading, _)| reading.n > 0);
    if let Some((reading, share)) = &reading {
        judgement = with_reading(judgement, reading, *share);
    }
    let answer = match judgement.verdict {
        Verdict::True if held_long_enough => Some(WalkAnswer::Yes),
        Verdict::False if matches!(step.body, StepBody::Ask { .. }) || held_long_enough => Some(WalkAnswer::No),
        Verdict::True | Verdict::False | Verdict::Unknown => None,
    };
    let holds_until = match &step.body {
        StepBody::Watch { minutes, .. } if judgement.verdict == Verdict::True && !held_long_enough => {
            walk.entered_at.checked_add(SignedDuration::from_mins(i64::from(*minutes))).ok()
        }
        _ => None,
    };
    let read = reading.map(|(reading, _)| reading.words());
    let basis = read.into_iter().chain([basis(&judgement)]).collect::<Vec<_>>().join("; ");
    Some(Suggestion { answer, judgement, basis, holds_until })
}

/// What was read speaks beside the evidence; alone where there is none.
fn with_reading(judgement: Judgement, reading: &Reading, share: f64) -> Judgement {
    let verdict = reading.more_than(share);
    let cause = (verdict == Verdict::Unknown).then(|| match LEAST.saturating_sub(reading.n) {
        0 => "the interval holds both answers: read on".to_owned(),
        more => format!("{LEAST} answers must be read before a share says something: {more} more"),
    });
    let part = Judged {
        text: format!("more than {} % of the answers read are bad", figures::number(share * 100.0)),
        verdict,
        wanted: true,
        value: format!("{} of {}", reading.bad, reading.n),
        cause,
        age_s: None,
    };
    let alone = judgement.parts.is_empty();
    let verdict = if alone { verdict } else { evidence::and([judgement.verdict, verdict]) };
    Judgement { verdict, parts: judgement.parts.into_iter().chain([part]).collect() }
}

/// As this runbook's symptom sees the facts: changes and lags count to the onset of its own signals.
fn judge(model: &Model, walk: &Walk, evidence: &Evidence) -> Judgement {
    let facts = model.snapshot.as_ref().map(|snapshot| Live::of(snapshot));
    match (facts, pinned::runbook(model, &walk.runbook)) {
        (Some(facts), Some(runbook)) => evidence.judge(&facts.seen_by(runbook)),
        (Some(facts), None) => evidence.judge(&facts),
        (None, _) => Judgement { verdict: Verdict::Unknown, parts: Vec::new() },
    }
}

/// `2 true, 2 ruled out`: what must not hold is good news when it is false.
fn basis(judgement: &Judgement) -> String {
    let count = |wanted, verdict| {
        judgement.parts.iter().filter(|part| part.verdict == verdict && (part.wanted == wanted)).count()
    };
    let unknown = count(true, Verdict::Unknown) + count(false, Verdict::Unknown);
    let counted = [
        (count(true, Verdict::True), "true"),
        (count(false, Verdict::False), "ruled out"),
        (count(true, Verdict::False), "false"),
        (count(false, Verdict::True), "true that must not be"),
        (unknown, "unknown"),
    ];
    let words: Vec<_> = counted.into_iter().filter(|(n, _)| *n > 0).map(|(n, w)| format!("{n} {w}")).collect();
    if words.is_empty() { "nothing measured".to_owned() } else { words.join(", ") }
}

/// Wired actions of the kinds a step offers: those in force first, then ready ones, then in the runbook's order.
#[must_use]
pub fn offers<'a>(model: &'a Model, kinds: &[ActionKind]) -> Vec<&'a ActionSpec> {
    let mut actions: Vec<_> = kinds.iter().flat_map(|kind| model.catalogue.actions_of(*kind)).collect();
    let standing = |action: &ActionSpec| match model.readiness(&action.id).and_then(|readiness| readiness.ready) {
        _ if containments::of_action(model, &action.id).is_some() => 0,
        Some(true) => 1,
        None => 2,
        Some(false) => 3,
    };
    actions.sort_by_key(|action| standing(action));
    actions
}

/// Kinds that a step names and nobody wired.
#[must_use]
pub fn not_wired(model: &Model, kinds: &[ActionKind]) -> Vec<ActionKind> {
    kinds.iter().copied().filter(|kind| model.catalogue.actions_of(*kind).next().is_none()).collect()
}

/// Where an answer leads, in words.
#[must_use]
pub fn leads_to(model: &Model, runbook: &Runbook, next: &Next) -> String {
    match next {
        Next::Step(id) => runbook.step(id).map_or_else(|| id.to_string(), |step| step.title.clone()),
        Next::Runbook(id) => {
            let title = model.catalogue.runbooks.get(id).map_or_else(|| id.to_string(), |other| other.title.clone());
            format!("runbook: {title}")
        }
        Next::End(words) => format!("end: {words}"),
    }
}

/// What an answer that the evidence contradicts is called, on record and on the path.
pub const AGAINST: &str = "against the evidence";

/// Opens the runbook of the selected cause; without one, every runbook to choose from.
pub(super) fn open_selected(model: &mut Model) {
    match main::selected_symptom(model).cloned() {
        Some(symptom) => open(model, &symptom),
        None if model.loading.is_some() => {
            let count = model.loading.unwrap_or_default();
            model.say(format!("runbooks: loading {count}; press it again in a moment"));
        }
        None if model.catalogue.runbooks.is_empty() => {
            model.say(format!("no runbook is loaded; see {}", model.catalogue.command("check")));
        }
        None => {
            let mut palette = Palette::of_runbooks();
            palette.at = blind::row(model, &palette);
            model.ask(Dialog::Palette(palette));
            model.say("no likely cause: pick a runbook to walk by hand");
        }
    }
}

/// Opens a runbook, at the place where it was left.
pub(super) fn open(model: &mut Model, symptom: &SymptomId) {
    let Some(runbook) = pinned::runbook(model, symptom).cloned() else {
        let broken = match model.catalogue.broken.len() {
            1 => "1 runbook file is broken".to_owned(),
            count => format!("{count} runbook files are broken"),
        };
        let check = model.catalogue.command("check");
        return model.say(format!("no runbook for {symptom} ({broken}; see {check})"));
    };
    if !model.walks.contains_key(symptom) {
        pinned::begin(model, symptom);
        let fit = model.walks.get(symptom).map_or(0, |walk| walk.path.len());
        let incident = model.ledger.open.as_ref().map(|open| &open.id);
        let answers = match (fit, resume::recorded(symptom, &model.entries, incident)) {
            (0, 0) => None,
            (fit, all) if fit < all => Some(format!("{fit} of {all} answers, the others fit this runbook no longer")),
            (1, _) => Some("1 answer".to_owned()),
            (count, _) => Some(format!("{count} answers")),
        };
        if let Some(answers) = answers {
            model.say(match pinned::began_with_another(model, &runbook) {
                Some(version) => format!(
                    "taken up after {answers}; it began with version {version}, the file says version {} now",
                    runbook.version
                ),
                None => format!("taken up after {answers} from the journal; b goes back"),
            });
        }
    }
    model.screens.push(Screen::Runbook(RunbookScreen { symptom: symptom.clone(), telling: Telling::Know, scroll: 0 }));
}

/// Carries a command out on the runbook on top.
pub(super) fn command(model: &mut Model, command: CommandId) -> Vec<Effect> {
    let page = model.viewport().page;
    let len = model.viewport().scroll_max + 1;
    let Screen::Runbook(screen) = model.screens.top_mut() else { return Vec::new() };
    let symptom = screen.symptom.clone();
    match command {
        CommandId::Why => {
            screen.telling = if screen.telling == Telling::Why { Telling::Know } else { Telling::Why };
            Vec::new()
        }
        CommandId::Yes => yes(model, &symptom),
        CommandId::No => moves::said(model, &symptom, WalkAnswer::No),
        CommandId::DontKnow => moves::said(model, &symptom, WalkAnswer::DontKnow),
        CommandId::Skip => moves::ask_to_skip(model, &symptom),
        CommandId::Jump => moves::ask_to_jump(model, &symptom),
        CommandId::Care => {
            model.screens.push(Screen::Detail(DetailScreen::new(Detail::Care(symptom))));
            Vec::new()
        }
        CommandId::Gaps => {
            model.screens.push(Screen::Detail(DetailScreen::new(Detail::Gaps(symptom))));
            Vec::new()
        }
        CommandId::StepBack => back(model, &symptom),
        CommandId::HandOver => {
            let (text, key) = (hand_over(model, &symptom), model.keymap.label(CommandId::Timeline));
            detail::sent(model, text, &format!("{key} tells the walk"))
        }
        CommandId::Open => follow(model, &symptom),
        moving => {
            screen.scroll = cursor::moved(screen.scroll, moving, len, page);
            Vec::new()
        }
    }
}

fn follow(model: &mut Model, symptom: &SymptomId) -> Vec<Effect> {
    if let Some(Walk { place: Place::Handed(next), .. }) = model.walks.get(symptom) {
        let next = next.clone();
        open(model, &next);
    }
    Vec::new()
}

/// The newest run that did what the containment step of a walk asks for: fired since the walk came there, or still in force.
#[must_use]
pub fn contained_here<'a>(model: &'a Model, symptom: &SymptomId) -> Option<&'a RunRecord> {
    let (runbook, walk) = walk(model, symptom)?;
    let StepBody::Contain { kinds, .. } = &walk.step(runbook)?.body else { return None };
    let in_force = |run: &RunRecord| containments::of_action(model, &run.intent.action).is_some();
    let contains = |run: &&RunRecord| {
        kinds.contains(&run.intent.action_kind)
            && run.intent.purpose == Purpose::Action
            && run.state.is_stored()
            && (run.at >= walk.entered_at || in_force(run))
    };
    model.ledger.in_order().rfind(contains)
}

fn yes(model: &mut Model, symptom: &SymptomId) -> Vec<Effect> {
    let Some((runbook, walk)) = walk(model, symptom) else { return Vec::new() };
    let Some(step) = walk.step(runbook) else { return follow(model, symptom) };
    if !matches!(step.body, StepBody::Contain { .. }) {
        return moves::said(model, symptom, WalkAnswer::Yes);
    }
    if let Some(run) = contained_here(model, symptom) {
        let why = format!("{}, {}", run.intent.title, run.state);
        return answer(model, symptom, WalkAnswer::Done, &why);
    }
    model.say("nothing was contained at this step yet: an upper-case key previews it, s skips with a note");
    Vec::new()
}

fn answer(model: &mut Model, symptom: &SymptomId, answer: WalkAnswer, why: &str) -> Vec<Effect> {
    let Some((runbook, walk)) = walk(model, symptom) else { return Vec::new() };
    let Some(step) = walk.step(runbook) else { return Vec::new() };
    let runbook = Arc::clone(runbook);
    let id = step.id.clone();
    let suggested = suggestion(model, walk, step);
    // A person's own words say more than the counts that stood beside them.
    let basis = suggested.as_ref().map(|suggestion| suggestion.basis.clone()).filter(|_| why.is_empty());
    let why = basis.unwrap_or_else(|| why.to_owned());
    let verdict = suggested.map(|suggestion| suggestion.judgement.verdict);
    let answered = Answered {
        step: id.clone(),
        answer,
        suggested: verdict,
        why: why.clone(),
        who: model.who.clone(),
        at: model.now,
    };
    let began = pinned::began(model, symptom);
    let Some(walk) = model.walks.get_mut(symptom) else { return Vec::new() };
    if !walk.answer(&runbook, answered) {
        model.say(format!("this step does not take the answer {}", answer.word()));
        return Vec::new();
    }
    to_top(model);
    began.into_iter().chain([record(symptom, id, answer.word(), verdict, why)]).collect()
}

fn back(model: &mut Model, symptom: &SymptomId) -> Vec<Effect> {
    let now = model.now;
    let Some(walk) = model.walks.get_mut(symptom) else { return Vec::new() };
    let Some(last) = walk.path.last().map(|answered| answered.step.clone()) else {
        model.say("this is the first step");
        return Vec::new();
    };
    walk.back(now);
    pinned::renew(model, symptom);
    to_top(model);
    vec![record(symptom, last, resume::BACK, None, String::new())]
}

/// Another step is another text.
fn to_top(model: &mut Model) {
    if let Screen::Runbook(screen) = model.screens.top_mut() {
        screen.scroll = 0;
    }
}

fn record(symptom: &SymptomId, step: StepId, answer: &str, suggested: Option<Verdict>, why: String) -> Effect {
    Effect::Record(Happening::Answered {
        runbook: symptom.clone(),
        step,
        answer: answer.to_owned(),
        suggested: suggested.map(|verdict| verdict.to_string()),
        why,
    })
}
