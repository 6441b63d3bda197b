//! From a key to a command and what it does. Every key passes here, so the key law has one place to be tested.
//! May not make an [`Effect::Run`] itself: only `confirm` can.

use jiff::Timestamp;

use super::command::{CommandId, Context};
use super::confirm::second::Session;
use super::confirm::{Confirm, Expanded};
use super::containments::{self, ContainmentsScreen};
use super::detail::{self, Detail, DetailScreen};
use super::dialog::{Asked, Dialog};
use super::effect::Effect;
use super::field::TextField;
use super::keymap::Bound;
use super::main;
use super::model::Model;
use super::msg::{Key, Mouse};
use super::palette::{self, Palette, Pick};
use super::run::RunScreen;
use super::screen::Screen;
use super::writing::{self, Writing};
use super::{coach, quit, runbook, samples, undo};
use crate::domain::entry::Happening;
use crate::domain::ids::ActionId;

/// A key, read at `at`; `burst` if it came with many others.
pub(super) fn key(model: &mut Model, key: Key, at: Timestamp, burst: bool) -> Vec<Effect> {
    // In a dialog or a field the habit of every shell means: let me out of this, not of the program.
    let inside = matches!(model.context(), Context::Confirm | Context::Text);
    let key = if inside && key == Key::Ctrl('c') { Key::Esc } else { key };
    if matches!(model.dialog, Some(Dialog::Confirm(_))) {
        return in_confirm(model, key, at, burst);
    }
    let context = model.context();
    if context == Context::Text {
        return in_text(model, key);
    }
    match model.keymap.get(context, key).cloned() {
        Some(Bound::Command(command)) => carry_out(model, command),
        Some(Bound::Action(action)) if burst => {
            model.say(format!("{action} was not opened: the key came in a burst; press it again"));
            Vec::new()
        }
        Some(Bound::Action(action)) => preview(model, action),
        None => Vec::new(),
    }
}

/// A paste: fills a text field outside the confirm dialog, does nothing elsewhere.
pub(super) fn paste(model: &mut Model, text: &str) {
    match &mut model.dialog {
        Some(Dialog::Note(field) | Dialog::Filter(field) | Dialog::Write(_, field)) => field.paste(text),
        Some(Dialog::Palette(palette)) => {
            palette.field.paste(text);
            palette.at = 0;
        }
        Some(Dialog::Confirm(confirm)) => {
            confirm.hint = Some("a paste never confirms and never fills this; type it".to_owned());
        }
        Some(Dialog::Reading(_) | Dialog::Refusal { .. } | Dialog::Quit) | None => {}
    }
    follow_filter(model);
}

/// Mouse: focus and scroll.
pub(super) fn mouse(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    let (x, y) = match mouse {
        Mouse::Click(x, y) | Mouse::ScrollUp(x, y) | Mouse::ScrollDown(x, y) => (x, y),
    };
    if let Some(Dialog::Confirm(confirm)) = &mut model.dialog {
        match mouse {
            Mouse::ScrollUp(..) => confirm.scroll(CommandId::Up, 1),
            Mouse::ScrollDown(..) => confirm.scroll(CommandId::Down, 1),
            Mouse::Click(..) => {}
        }
        return Vec::new();
    }
    if model.dialog.is_some() {
        return Vec::new();
    }
    if let Some(hit) = model.viewport().panels.iter().find(|panel| panel.area.holds(x, y)).copied() {
        model.main.focus(hit.panel);
        if let (Mouse::Click(..), Some(row)) = (mouse, y.checked_sub(hit.first_row))
            && hit.step > 0
        {
            let row = hit.first + usize::from(row / hit.step);
            if row < main::len(model, hit.panel) {
                model.main.select(hit.panel, row);
            }
        }
    }
    match mouse {
        Mouse::ScrollUp(..) => carry_out(model, CommandId::Up),
        Mouse::ScrollDown(..) => carry_out(model, CommandId::Down),
        Mouse::Click(..) => Vec::new(),
    }
}

/// Closes the confirm dialog without a write.
fn cancel(model: &mut Model) -> Vec<Effect> {
    if let Some(Dialog::Confirm(confirm)) = model.dialog.take() {
        model.say(format!("cancelled: {}; nothing was sent", confirm.plan.title));
    }
    Vec::new()
}

fn in_confirm(model: &mut Model, key: Key, at: Timestamp, burst: bool) -> Vec<Effect> {
    let page = model.viewport().page;
    let bound = model.keymap.get(Context::Confirm, key).cloned();
    let session = session(model, at);
    let Some(Dialog::Confirm(confirm)) = &mut model.dialog else { return Vec::new() };
    if !confirm.settled(at) {
        // The way out is open from the first moment, also while the dialog cannot be seen: it changes nothing.
        if bound == Some(Bound::Command(CommandId::Back)) && !burst {
            return cancel(model);
        }
        confirm.drop_early(bound.as_ref(), at);
        return Vec::new();
    }
    if burst {
        confirm.hint = Some("keys that came in a burst were dropped; press them one by one".to_owned());
        return Vec::new();
    }
    if key == Key::Backspace {
        confirm.erase();
        return Vec::new();
    }
    if key == Key::Enter {
        confirm.end_lifting();
        confirm.end_override();
        confirm.end_reason(&session, at);
        return Vec::new();
    }
    let pages = key == Key::Char(' ') && confirm.is_empty();
    if let (true, false, Key::Char(character)) = (confirm.takes_text(session.mode, at), pages, key) {
        return confirm.letter(character).into_iter().collect();
    }
    let Some(Bound::Command(command)) = bound else { return Vec::new() };
    match command {
        CommandId::Fire => match confirm.fire(&session, at) {
            Ok((confirmed, glass)) => {
                let screen = RunScreen::fired(confirmed.plan().clone(), at);
                model.dialog = None;
                model.messages.hush();
                model.screens.push(Screen::Run(Box::new(screen)));
                // Written down first: without the entry the gate lets nothing through.
                let alone = glass.map(|glass| Effect::Record(Happening::BreakGlass(Box::new(glass))));
                return alone.into_iter().chain([Effect::Run(Box::new(confirmed))]).collect();
            }
            Err(why) => confirm.hint = Some(why),
        },
        CommandId::ReadAgain if confirm.asked_until(at).is_some() => return vec![confirm.read_behind()],
        CommandId::AskSecond => return confirm.ask_second(&session, at).map(Effect::Record).into_iter().collect(),
        CommandId::BreakGlass => confirm.toggle_glass(&session, at),
        CommandId::ReadAgain => {
            let again = confirm.again();
            let action = confirm.plan.action.clone();
            let asked = match &again {
                Effect::PreviewUndo(run) => Asked::Undo { run: run.clone(), action },
                _ => Asked::Action(action),
            };
            model.ask(Dialog::Reading(asked));
            return vec![again];
        }
        CommandId::ShowRequest => confirm.toggle(Expanded::Request),
        CommandId::ShowDiff => confirm.toggle(Expanded::Diff),
        CommandId::Back => {
            if !confirm.leave_inner() {
                return cancel(model);
            }
        }
        moving => confirm.scroll(moving, page),
    }
    Vec::new()
}

/// Who sits here, and what the journal allows them for the plan on the screen.
fn session(model: &Model, at: Timestamp) -> Session {
    let approval = match &model.dialog {
        Some(Dialog::Confirm(confirm)) => model.ledger.approval(&confirm.plan.digest, &model.me, None, at).ok(),
        _ => None,
    };
    Session {
        me: model.me.clone(),
        mode: model.mode,
        liftable: model.liftable,
        policy: model.catalogue.policy,
        approval,
    }
}

fn in_text(model: &mut Model, key: Key) -> Vec<Effect> {
    let bound = model.keymap.get(Context::Text, key).cloned();
    let field = match &mut model.dialog {
        Some(Dialog::Note(field) | Dialog::Filter(field) | Dialog::Write(_, field)) => field,
        Some(Dialog::Palette(palette)) => match key {
            Key::Up => {
                palette.at = palette.at.saturating_sub(1);
                return Vec::new();
            }
            Key::Down => {
                palette.at += 1;
                clamp_palette(model);
                return Vec::new();
            }
            _ => {
                palette.at = if key == Key::Enter { palette.at } else { 0 };
                &mut palette.field
            }
        },
        _ => return Vec::new(),
    };
    match (bound, key) {
        (Some(Bound::Command(CommandId::Accept)), _) => return accept(model),
        (Some(Bound::Command(CommandId::Back)), _) => {
            if matches!(model.dialog, Some(Dialog::Filter(_))) {
                model.filter.clear();
            }
            model.dialog = None;
        }
        (Some(Bound::Command(CommandId::Erase)), _) => field.erase(),
        (_, Key::Char(character)) => field.push(character),
        _ => {}
    }
    follow_filter(model);
    Vec::new()
}

fn clamp_palette(model: &mut Model) {
    let Some(Dialog::Palette(Palette { field, .. })) = &model.dialog else { return };
    let last = palette::rows(model, field.text()).len().saturating_sub(1);
    if let Some(Dialog::Palette(palette)) = &mut model.dialog {
        palette.at = palette.at.min(last);
    }
}

fn follow_filter(model: &mut Model) {
    if let Some(Dialog::Filter(field)) = &model.dialog {
        model.filter = field.text().to_owned();
    }
}

fn accept(model: &mut Model) -> Vec<Effect> {
    match model.dialog.take() {
        Some(Dialog::Note(field)) if !field.text().trim().is_empty() => {
            vec![Effect::Record(Happening::Note { text: field.text().trim().to_owned() })]
        }
        Some(Dialog::Write(writing, field)) => writing::written(model, writing, field.text()),
        Some(Dialog::Palette(Palette { field, at })) => {
            let row = palette::rows(model, field.text()).into_iter().nth(at);
            match row.map(|row| row.pick) {
                Some(Pick::Command(command)) => carry_out(model, command),
                Some(Pick::Action(action)) => preview(model, action),
                Some(Pick::Runbook(symptom)) => {
                    runbook::open(model, &symptom);
                    Vec::new()
                }
                Some(Pick::Step(step)) => {
                    runbook::leave_for(model, step);
                    Vec::new()
                }
                None => {
                    // The keys that follow would be commands of the screen below.
                    model.dialog = Some(Dialog::Palette(Palette { field, at }));
                    Vec::new()
                }
            }
        }
        _ => Vec::new(),
    }
}

/// Asks for the preview of an action. Reading only: nothing is sent that writes.
pub(super) fn preview(model: &mut Model, action: ActionId) -> Vec<Effect> {
    model.ask(Dialog::Reading(Asked::Action(action.clone())));
    vec![Effect::Preview(action)]
}

fn preview_undo(model: &mut Model) -> Vec<Effect> {
    let (run, action) = match undo::target(model) {
        Ok(record) => (record.intent.run.clone(), record.intent.action.clone()),
        Err(why) => {
            model.say(why);
            return Vec::new();
        }
    };
    model.ask(Dialog::Reading(Asked::Undo { run: run.clone(), action }));
    vec![Effect::PreviewUndo(run)]
}

fn quit(model: &mut Model) -> Vec<Effect> {
    if quit::reasons(model).is_empty() {
        return quit::leave(model);
    }
    model.ask(Dialog::Quit);
    Vec::new()
}

fn show(model: &mut Model, what: Detail) -> Vec<Effect> {
    model.screens.push(Screen::Detail(DetailScreen::new(what)));
    Vec::new()
}

/// Carries a command out. The commands of the confirm dialog never come here.
fn carry_out(model: &mut Model, command: CommandId) -> Vec<Effect> {
    match command {
        CommandId::Back => {
            if model.dialog.take().is_none() && !runbook::leave_inner(model) && model.screens.pop().is_none() {
                model.filter.clear();
            }
            Vec::new()
        }
        CommandId::Quit => quit(model),
        CommandId::Leave => match model.dialog.take() {
            Some(Dialog::Quit) => quit::leave(model),
            Some(Dialog::Reading(asked)) => {
                model.say(format!("cancelled: the preview of {}; nothing was sent", asked.action()));
                Vec::new()
            }
            _ => Vec::new(),
        },
        CommandId::Undo => preview_undo(model),
        CommandId::Refresh => {
            model.say("polling everything now");
            let reads = matches!(model.screens.top(), Screen::Detail(DetailScreen { what: Detail::Versions, .. }));
            std::iter::once(Effect::Refresh).chain(reads.then_some(Effect::ReadVersions)).collect()
        }
        CommandId::Note => {
            model.ask(Dialog::Note(TextField::default()));
            Vec::new()
        }
        CommandId::Decline => {
            match coach::advice(model) {
                Some(_) => writing::ask(model, Writing::Decline),
                None => model.say(coach::nothing_to_decline(model)),
            }
            Vec::new()
        }
        CommandId::Filter => {
            model.ask(Dialog::Filter(TextField::default()));
            model.filter.clear();
            Vec::new()
        }
        CommandId::Palette => {
            model.ask(Dialog::Palette(Palette::default()));
            Vec::new()
        }
        CommandId::WalkRunbook => {
            runbook::go_on(model);
            Vec::new()
        }
        CommandId::Containments => {
            model.screens.push(Screen::Containments(ContainmentsScreen::default()));
            Vec::new()
        }
        CommandId::Characterise => show(model, Detail::Characterise),
        CommandId::Samples => samples::open(model),
        CommandId::Timeline => show(model, Detail::Timeline),
        CommandId::Messages => show(model, Detail::Messages),
        CommandId::Versions => {
            show(model, Detail::Versions);
            vec![Effect::ReadVersions]
        }
        CommandId::Sources => show(model, Detail::Sources),
        CommandId::Help => show(model, Detail::Help),
        other => on_screen(model, other),
    }
}

fn on_screen(model: &mut Model, command: CommandId) -> Vec<Effect> {
    match model.screens.top() {
        Screen::Main => main::command(model, command),
        Screen::Runbook(_) => runbook::command(model, command),
        Screen::Containments(_) => containments::command(model, command),
        Screen::Samples(_) => samples::command(model, command),
        Screen::Detail(_) => detail::command(model, command),
        Screen::Run(_) | Screen::Welcome => Vec::new(),
    }
}

/// Opens the confirm dialog for a plan and writes down that it was shown.
pub(super) fn confirm(model: &mut Model, mut confirm: Confirm) -> Vec<Effect> {
    // A request that stands already is taken up; the plan was drafted just now, so it need not be read again.
    confirm.hear(&model.ledger, model.now);
    let plan = &confirm.plan;
    let previewed = Happening::Previewed {
        action: plan.action.clone(),
        lever: plan.lever.clone(),
        now: plan.observed.setting.clone(),
        after: plan.after.clone(),
        tier: plan.tier,
        digest: plan.digest.clone(),
    };
    model.ask(Dialog::Confirm(Box::new(confirm)));
    vec![Effect::Record(previewed)]
}
