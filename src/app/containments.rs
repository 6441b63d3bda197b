//! Containments in force: every lever away from its normal setting, its owner and its review-by. May not release anything.

use jiff::Timestamp;

use super::command::CommandId;
use super::cursor;
use super::dialog::Dialog;
use super::effect::Effect;
use super::model::Model;
use super::run;
use super::screen::Screen;
use crate::domain::cause::Fault;
use crate::domain::gate::{self, Known, Report};
use crate::domain::ids::{ActionId, LeverId};
use crate::domain::lever::LeverState;
use crate::domain::permit::Mode;
use crate::domain::snapshot::Containment;
use crate::domain::stages::{ReleaseEnd, ReleaseNews, ReleaseStep};

/// The list of containments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContainmentsScreen {
    /// Selected row.
    pub at: usize,
}

/// Containments in force, as the newest picture has them.
#[must_use]
pub fn rows(model: &Model) -> &[Containment] {
    model.snapshot.as_ref().map_or(&[], |snapshot| &snapshot.containments)
}

/// The containment that this action of ours holds, if it is in force.
#[must_use]
pub fn of_action<'a>(model: &'a Model, action: &ActionId) -> Option<&'a Containment> {
    rows(model).iter().find(|held| held.action.as_ref() == Some(action))
}

/// When the effect of the run behind it was seen, if it is verified.
#[must_use]
pub fn verified_at(model: &Model, held: &Containment) -> Option<Timestamp> {
    model.ledger.runs.get(held.run.as_ref()?)?.verified_at()
}

/// True if its review is due.
#[must_use]
pub fn is_due(containment: &Containment, model: &Model) -> bool {
    containment.review_by.is_some_and(|by| by <= model.now)
}

/// How the restore gate of the selected containment stands.
#[must_use]
pub fn gate(model: &Model, at: usize) -> Option<Report> {
    let snapshot = model.snapshot.as_ref()?;
    let held = snapshot.containments.get(at)?;
    let known = Known { catalogue: &model.catalogue, ledger: &model.ledger, snapshot, now: model.now };
    Some(gate::judge(&known, &held.lever, None))
}

/// What was in force before this session is the first thing that it shows, as soon as every lever was read or could not
/// be. Whoever is busy with something else by then is told, not taken away from it.
pub(super) fn greet(model: &mut Model) {
    let Some(snapshot) = &model.snapshot else { return };
    let unasked = |state: &LeverState| matches!(state.reading, Err(Fault::NotYet));
    if model.greeted || snapshot.levers.iter().any(|(_, state)| unasked(state)) {
        return;
    }
    model.greeted = true;
    let count = snapshot.containments.len();
    if count == 0 {
        return;
    }
    let what = if count == 1 { "1 containment is" } else { "containments are" };
    let what = if count == 1 { what.to_owned() } else { format!("{count} {what}") };
    model.say(format!("{what} in force from before this session"));
    if model.dialog.is_none() && *model.screens.top() == Screen::Main {
        model.screens.push(Screen::Containments(ContainmentsScreen::default()));
    }
}

/// True if this session releases that lever, and so brings it back when something goes wrong. Of every other release nobody
/// can tell here whether its process still lives.
#[must_use]
pub fn is_released_here(model: &Model, lever: &LeverId) -> bool {
    let stage = model.ledger.releasing(lever).map(|releasing| &releasing.record.intent.run);
    stage.is_some_and(|run| run::is_of_this_session(model, run))
}

/// What becomes of the release of a containment that is half-way back: `releasing 5 %, watch 02:10 left`. Where another
/// process began it, the one key that ends it comes first: if that process is dead, nobody else does.
#[must_use]
pub fn releasing(model: &Model, at: usize) -> Option<String> {
    let held = rows(model).get(at)?;
    let percent = held.stage.as_ref()?.percent;
    let next = gate(model, at).map(|report| report.next(model.now)).unwrap_or_default();
    if is_released_here(model, &held.lever) {
        return Some(format!("releasing {percent} %, {next}"));
    }
    let again = contains_again(model, held).map(|key| format!("{key} contains it again; ")).unwrap_or_default();
    Some(format!("{again}{percent} % back, by no release of this session, {next}"))
}

/// The key, or else the name, of the action that contained it.
#[must_use]
pub fn contains_again(model: &Model, held: &Containment) -> Option<String> {
    let action = model.catalogue.action(held.action.as_ref()?)?;
    Some(action.key.map_or_else(|| action.id.to_string(), String::from))
}

/// How the newest release of this lever ended, if it did not become whole and nothing has moved the lever since.
#[must_use]
pub fn ended<'a>(model: &'a Model, held: &Containment) -> Option<&'a ReleaseEnd> {
    model.ledger.releases.get(&held.lever)
}

/// Takes news of a release: said aloud, and what is half-way and not contained stays until a person has seen it.
pub(super) fn heard(model: &mut Model, news: ReleaseNews) {
    if news.step == ReleaseStep::Stopped && model.dialog.is_none() {
        let title = format!("{} is NOT contained again", news.lever);
        model.dialog = Some(Dialog::Refusal { title, why: news.words.clone() });
    }
    model.say(news.words);
}

/// Asks the suites, if this session may ask the product at all.
fn ask_suites(model: &mut Model) -> Vec<Effect> {
    if model.catalogue.suites.is_empty() {
        model.say("this config has no suites: [suite.smoke] would ask the product before anything is released");
        return Vec::new();
    }
    if model.mode != Mode::Act {
        model.say("this session sends nothing but reads; `breakglass probe` asks the suites");
        return Vec::new();
    }
    model.say("asking the suites");
    vec![Effect::AskSuites]
}

/// Carries a command out on this screen.
pub(super) fn command(model: &mut Model, command: CommandId) -> Vec<Effect> {
    let Screen::Containments(ContainmentsScreen { at }) = *model.screens.top() else { return Vec::new() };
    if command == CommandId::Suites {
        return ask_suites(model);
    }
    if command == CommandId::Open {
        let run = rows(model).get(at).map(|containment| containment.run.clone());
        match run {
            Some(Some(run)) => run::open(model, &run),
            Some(None) => model.say("not moved by this cockpit: there is no run to show"),
            None => {}
        }
        return Vec::new();
    }
    let at = cursor::moved(at, command, rows(model).len(), model.viewport().page);
    if let Screen::Containments(screen) = model.screens.top_mut() {
        screen.at = at;
    }
    Vec::new()
}
