//! The one function that changes the model. May not block, read clocks or do I/O: it returns what is to be done.

use super::command::{CommandId, Context};
use super::confirm::Confirm;
use super::dialog::{Asked, Dialog};
use super::effect::Effect;
use super::keymap::Bound;
use super::model::Model;
use super::msg::{Msg, PreviewFailed};
use super::screen::Screen;
use super::{containments, input, main, pinned, quit, resume, run, samples};
use crate::domain::entry::Happening;
use crate::domain::ids::ActionId;
use crate::domain::permit::Mode;
use crate::domain::plan::{Plan, Purpose};
use crate::domain::status::Status;

/// Whether a frame has to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dirty {
    /// Nothing visible changed.
    Clean,
    /// Draw.
    Redraw,
}

/// Takes one message.
pub fn update(model: &mut Model, msg: Msg) -> (Vec<Effect>, Dirty) {
    let mut dirty = Dirty::Redraw;
    let effects = match msg {
        Msg::Key { key, at, burst } => {
            model.now = model.now.max(at);
            let (said, before) = (model.messages.said(), seen(model));
            // As in every other program of a terminal, it works wherever one is.
            let stops = model.keymap.get(Context::Main, key) == Some(&Bound::Command(CommandId::Suspend));
            let effects = if stops { quit::suspend(model) } else { input::key(model, key, at, burst) };
            let left = seen(model) != before;
            model.messages.keyed(said, left);
            effects
        }
        Msg::Paste(text) => {
            input::paste(model, &text);
            Vec::new()
        }
        Msg::Mouse(mouse) => input::mouse(model, mouse),
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Msg::Tick(now) => {
            if now.as_second() == model.now.as_second() {
                dirty = Dirty::Clean;
            }
            model.now = now;
            Vec::new()
        }
        Msg::Snapshot(snapshot) => {
            model.now = model.now.max(snapshot.at);
            match snapshot.triage.symptoms.first() {
                Some(leads) => model.led = Some(leads.id.clone()),
                None if model.ledger.open.is_none() => model.led = None,
                None => {}
            }
            model.snapshot = Some(snapshot);
            model.main.follow(worst_layer(model));
            model.main.follow_cause(main::leading_cause(model));
            containments::greet(model);
            Vec::new()
        }
        Msg::Previewed(Ok(plan)) => previewed(model, *plan),
        Msg::Previewed(Err(failed)) => not_previewed(model, failed),
        Msg::PlanVoid { why, fresh } => void(model, why, fresh.map(|plan| *plan)),
        Msg::Refused { action, why } => refused(model, &action, why),
        Msg::Run(news) => {
            run::heard(model, news);
            Vec::new()
        }
        Msg::Ledger { ledger, entries } => {
            model.ledger = ledger;
            model.entries = entries;
            resume::end_walks(model);
            samples::settle(model);
            answered(model)
        }
        Msg::LoadingRunbooks(count) => {
            model.loading = Some(count);
            Vec::new()
        }
        Msg::Runbooks { catalogue, words } => {
            pinned::take_up(model, catalogue, words);
            Vec::new()
        }
        Msg::Samples { samples, read } => {
            samples::heard(model, samples, read);
            Vec::new()
        }
        Msg::Journal(place) => {
            model.journal = place;
            Vec::new()
        }
        Msg::Mode(mode) => {
            model.mode = mode;
            if let Some(Dialog::Confirm(confirm)) = &mut model.dialog {
                confirm.look_again();
            }
            model.say(match mode {
                Mode::ReadOnly => "this session is read-only",
                Mode::DryRun => "dry run: nothing that writes is sent",
                Mode::Act => "this session may act; it is on record",
            });
            Vec::new()
        }
        Msg::Release(news) => {
            containments::heard(model, news);
            Vec::new()
        }
        Msg::Versions(now) => {
            model.now = model.now.max(now.at);
            model.versions_now = Some(now);
            Vec::new()
        }
        Msg::Notice(text) => {
            model.say(text);
            Vec::new()
        }
        Msg::Stop => quit::leave(model),
    };
    (effects, dirty)
}

/// What a message that answers a key belongs to: the screen, and on a walk the step.
fn seen(model: &Model) -> (usize, Context, usize) {
    let top = model.screens.top();
    let walk = if let Screen::Runbook(screen) = top { model.walks.get(&screen.symptom) } else { None };
    (model.screens.depth(), top.context(), walk.map_or(0, |walk| walk.path.len()))
}

fn worst_layer(model: &Model) -> Option<usize> {
    let rows = main::layers(model);
    let worst = rows.iter().filter_map(|layer| layer.status).max().filter(|status| *status > Status::Ok)?;
    rows.iter().position(|layer| layer.status == Some(worst))
}

/// Tells what became of the request on the screen. After an approval the lever is read again: what was approved must be
/// what would be sent now.
fn answered(model: &mut Model) -> Vec<Effect> {
    let now = model.now.max(model.entries.last().map_or(model.now, |entry| entry.at));
    model.now = now;
    let Some(Dialog::Confirm(confirm)) = &mut model.dialog else { return Vec::new() };
    if confirm.hear(&model.ledger, now) {
        return vec![confirm.read_behind()];
    }
    Vec::new()
}

/// The plan that was read again behind its dialog.
fn read_again(model: &mut Model, plan: &Plan) -> Option<Vec<Effect>> {
    let Some(Dialog::Confirm(confirm)) = &mut model.dialog else { return None };
    if !confirm.rereading || confirm.plan.action != plan.action || confirm.plan.purpose != plan.purpose {
        return None;
    }
    model.now = model.now.max(plan.drafted_at);
    if confirm.take_again(plan) {
        return Some(Vec::new());
    }
    let asked = confirm.request.as_ref().map(|record| record.asking.differs_from(plan).join("; "));
    let moved = format!("not what was approved any more: {}", asked.unwrap_or_default());
    Some(input::confirm(model, Confirm::new(plan.clone(), Some(moved))))
}

fn previewed(model: &mut Model, plan: Plan) -> Vec<Effect> {
    if let Some(effects) = read_again(model, &plan) {
        return effects;
    }
    let awaited = match (&model.dialog, &plan.purpose) {
        (Some(Dialog::Reading(Asked::Action(action))), Purpose::Action) => *action == plan.action,
        (Some(Dialog::Reading(Asked::Undo { run, .. })), Purpose::Undo(undone)) => run == undone,
        _ => false,
    };
    if !awaited {
        model.say(format!("a preview of {} came after it was cancelled; it was dropped", plan.action));
        return Vec::new();
    }
    // The lever was read after the last tick: without this the plan would seem to come from the future.
    model.now = model.now.max(plan.drafted_at);
    input::confirm(model, Confirm::new(plan, None))
}

fn not_previewed(model: &mut Model, failed: PreviewFailed) -> Vec<Effect> {
    let title = model.catalogue.action(&failed.action).map_or_else(|| failed.action.to_string(), |a| a.title.clone());
    let awaited = matches!(&model.dialog, Some(Dialog::Reading(asked)) if *asked.action() == failed.action);
    model.say(format!("{}: {}", failed.action, failed.why));
    if let Some(Dialog::Confirm(confirm)) = &mut model.dialog
        && confirm.rereading
    {
        confirm.rereading = false;
        confirm.hint = Some(format!("the lever cannot be read again: {}", failed.why));
        return vec![Effect::Record(Happening::Refused { action: failed.action, why: failed.why })];
    }
    if awaited {
        model.dialog = Some(Dialog::Refusal { title, why: failed.why.clone() });
    }
    vec![Effect::Record(Happening::Refused { action: failed.action, why: failed.why })]
}

fn void(model: &mut Model, why: String, fresh: Option<Plan>) -> Vec<Effect> {
    close_unnamed_run(model, fresh.as_ref().map(|plan| &plan.action));
    model.say(format!("nothing was sent: {why}"));
    if let Some(plan) = fresh {
        return input::confirm(model, Confirm::new(plan, Some(why)));
    }
    model.dialog = Some(Dialog::Refusal { title: "The plan is void".to_owned(), why });
    Vec::new()
}

fn refused(model: &mut Model, action: &ActionId, why: String) -> Vec<Effect> {
    close_unnamed_run(model, Some(action));
    let title = model.catalogue.action(action).map_or_else(|| action.to_string(), |spec| spec.title.clone());
    // The end of a dry run is what was asked for, and no refusal.
    let is_end = model.mode == Mode::DryRun && why.starts_with("dry run");
    model.say(if is_end { why.clone() } else { format!("refused, nothing was sent: {why}") });
    let title = if is_end { format!("Dry run of: {title}") } else { title };
    model.dialog = Some(Dialog::Refusal { title, why });
    Vec::new()
}

/// Closes the view of what was fired and never became a run.
fn close_unnamed_run(model: &mut Model, action: Option<&ActionId>) {
    model.screens.retain(|screen| match screen {
        Screen::Run(run) => run.run.is_some() || action.is_some_and(|action| *action != run.action),
        _ => true,
    });
}
