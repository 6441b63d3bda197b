//! The last line: keys that work here, from the command table, cut from the right; back, help and quit are never cut.
//! Above it the newest message, while it is young. May not know commands beyond the table.

use ratatui::text::{Line, Span};

use super::format;
use super::theme::Theme;
use super::widgets::wrap;
use crate::app::command::{CommandId, Context, TABLE};
use crate::app::detail::Detail;
use crate::app::dialog::Dialog;
use crate::app::keymap;
use crate::app::msg::Key;
use crate::app::{Model, Screen, coach, detail, runbook, undo};
use crate::domain::runbook::StepBody;

/// What the help key is called where keys were left out; not longer than its own word and a blank more.
const MORE: &str = "keys";

/// One key (or several) with its word.
struct Item {
    keys: String,
    word: &'static str,
}

impl Item {
    fn width(&self) -> usize {
        wrap::width(&self.keys) + 1 + wrap::width(self.word)
    }

    fn spans(self, theme: &Theme) -> [Span<'static>; 3] {
        [Span::styled(self.keys, theme.key()), Span::raw(" "), Span::styled(self.word, theme.content())]
    }
}

/// The newest message, or nothing.
#[must_use]
pub fn flash(model: &Model, theme: &Theme) -> Line<'static> {
    // A field that is open stands on this row.
    let field = matches!(model.dialog, Some(Dialog::Note(_) | Dialog::Filter(_) | Dialog::Write(..)));
    let text = model.messages.flash(model.now).filter(|_| !field).unwrap_or_default().to_owned();
    let mark = if text.is_empty() { Span::raw("") } else { Span::styled(theme.glyphs().pointer(), theme.attention()) };
    Line::from(vec![Span::raw(" "), mark, Span::raw(" "), Span::styled(text, theme.content())])
}

/// The footer of the screen on top.
#[must_use]
pub fn line(model: &Model, theme: &Theme, columns: u16) -> Line<'static> {
    if let Some(keys) = of_field(model, theme) {
        return keys;
    }
    let context = model.screens.top().context();
    let never_cut = |id| matches!(id, CommandId::Back | CommandId::Help | CommandId::Quit);
    let mut last = items(model, theme, context, never_cut);
    let mut first = items(model, theme, context, |id| !never_cut(id));
    if context == Context::Main {
        first.insert(0, Item { keys: "1-5".to_owned(), word: "panel" });
    }
    let actions = ready_keys(model);
    if context.takes_actions() && !actions.is_empty() {
        // On the main screen they come before everything that can wait: what is contained already is no reason to
        // lose sight of the next containment.
        let waits = |word| word == "note" || context == Context::Main && matches!(word, "decline" | "undo");
        let at = first.iter().position(|item| waits(item.word)).unwrap_or(first.len());
        first.insert(at, Item { keys: actions, word: "contain" });
    }
    let mut left = usize::from(columns).saturating_sub(2);
    let gap = if columns >= 140 { 3 } else { 2 };
    let all: usize = first.iter().chain(&last).map(|item| item.width() + gap).sum();
    // Beside a page the keys that work there matter more; the main screen always says how many sources answer.
    let needed = if context == Context::Main { 60 } else { all + 4 };
    let sources = sources(model).filter(|words| columns >= 100 && wrap::width(words) + needed < left);
    let mut spans = vec![Span::raw(" ")];
    if let Some(words) = sources {
        left = left.saturating_sub(wrap::width(&words) + 4);
        spans.push(Span::styled(format!("{words}    "), theme.dim()));
    }
    let kept: usize = last.iter().map(|item| item.width() + gap).sum();
    let mut room = left.saturating_sub(kept);
    let mut shown = Vec::new();
    let mut dropped = false;
    // The panels say their numbers themselves: they make room for what contains.
    let contain = first.iter().position(|item| item.word == "contain").filter(|_| context == Context::Main);
    let wanted: usize = first.iter().take(contain.map_or(0, |at| at + 1)).map(|item| item.width() + gap).sum();
    if wanted > room {
        first.remove(0);
        dropped = true;
    }
    for item in first {
        if item.width() + gap > room {
            dropped = true;
            break;
        }
        room -= item.width() + gap;
        shown.push(item);
    }
    // What was left out is found behind the help key, and the footer says so.
    if dropped && let Some(help) = last.iter_mut().find(|item| item.keys == model.keymap.label(CommandId::Help)) {
        help.word = MORE;
    }
    shown.append(&mut last);
    for (at, item) in shown.into_iter().enumerate() {
        if at > 0 {
            spans.push(Span::raw(" ".repeat(gap)));
        }
        spans.extend(item.spans(theme));
    }
    Line::from(spans)
}

fn items(model: &Model, theme: &Theme, context: Context, wanted: impl Fn(CommandId) -> bool) -> Vec<Item> {
    TABLE
        .iter()
        .filter(|row| row.contexts.contains(&context) && wanted(row.id) && is_of_use(model, row.id))
        .filter_map(|row| {
            let key = model.keymap.shown(row.id)?;
            let keys = if key == Key::Enter { theme.glyphs().enter().to_owned() } else { keymap::name(key) };
            Some(Item { keys, word: row.footer? })
        })
        .collect()
}

/// Leaves out what would do nothing here and now.
fn is_of_use(model: &Model, id: CommandId) -> bool {
    match id {
        CommandId::Undo => undo::offered(model).is_some(),
        CommandId::Back => model.screens.depth() > 0,
        CommandId::Open => match model.screens.top() {
            Screen::Detail(screen) => matches!(screen.what, Detail::Layer(_) | Detail::Characterise),
            Screen::Samples(_) => false,
            screen => !matches!(screen.context(), Context::Run | Context::Runbook),
        },
        CommandId::Samples => !model.catalogue.samples.is_empty(),
        CommandId::Replay => model.catalogue.samples.iter().any(|spec| spec.replay.is_some()),
        CommandId::Decline => coach::advice(model).is_some(),
        CommandId::CopyBlock => matches!(model.screens.top(), Screen::Detail(screen) if matches!(&screen.what,
            Detail::Gaps(symptom) if !detail::gaps(model, symptom).is_empty())),
        CommandId::Gaps => matches!(model.screens.top(), Screen::Runbook(screen)
            if !detail::gaps(model, &screen.symptom).is_empty()),
        CommandId::Yes | CommandId::No | CommandId::DontKnow | CommandId::Skip | CommandId::Jump => {
            step_takes(model, id)
        }
        _ => true,
    }
}

fn step_takes(model: &Model, id: CommandId) -> bool {
    let Screen::Runbook(screen) = model.screens.top() else { return false };
    let Some((runbook, walk)) = runbook::walk(model, &screen.symptom) else { return false };
    let body = walk.step(runbook).map(|step| &step.body);
    // A strict walk goes in the order of the tree; only a containment can be left.
    let left = id == CommandId::Skip && !matches!(body, Some(StepBody::Contain { .. }));
    if model.catalogue.strict && (left || id == CommandId::Jump) {
        return false;
    }
    match (body, id) {
        (Some(StepBody::Contain { .. }), CommandId::No | CommandId::DontKnow) => false,
        (Some(StepBody::Contain { .. }), CommandId::Yes) => runbook::contained_here(model, &screen.symptom).is_some(),
        (Some(_), _) => true,
        (None, CommandId::Yes) => matches!(walk.place, crate::domain::walk::Place::Handed(_)),
        (None, _) => false,
    }
}

/// The keys of a field that is open: every other one is a letter in it.
fn of_field(model: &Model, theme: &Theme) -> Option<Line<'static>> {
    let (taken, left, needed) = match model.dialog.as_ref()? {
        Dialog::Filter(_) => ("keep", "clear", ""),
        Dialog::Note(field) if field.text().trim().is_empty() => ("write down", "leave", ""),
        Dialog::Write(_, field) if field.text().trim().is_empty() => {
            ("write down", "leave", "    a few words go on record")
        }
        Dialog::Note(_) | Dialog::Write(..) => ("write down", "leave", ""),
        _ => return None,
    };
    let key = |id| model.keymap.label(id);
    let items = [(key(CommandId::Accept), taken), (key(CommandId::Back), left)];
    let mut spans = vec![Span::raw(" ")];
    for (keys, word) in items {
        spans.extend(Item { keys, word }.spans(theme));
        spans.push(Span::raw("   "));
    }
    spans.push(Span::styled(needed, theme.dim()));
    Some(Line::from(spans))
}

fn ready_keys(model: &Model) -> String {
    let ready = |id| model.readiness(id).is_some_and(|readiness| readiness.ready == Some(true));
    let keys: Vec<_> =
        model.actions().into_iter().filter(|a| ready(&a.id)).filter_map(|a| a.key.map(String::from)).collect();
    keys.join(" ")
}

fn sources(model: &Model) -> Option<String> {
    let sources = &model.snapshot.as_ref()?.sources;
    let fresh = sources.iter().filter(|source| source.fault.is_none() && source.answered_at.is_some()).count();
    Some(format!("{fresh} of {} fresh", format::counted(sources.len(), "source", "sources")))
}
