//! Panel 4: actions with their keys and whether they could fire now; containments in force. May not fire or probe.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Canvas, list};
use crate::app::command::CommandId;
use crate::app::main::{self, Panel};
use crate::app::{Model, containments};
use crate::domain::action::{ActionSpec, Destination};
use crate::domain::snapshot::Containment;
use crate::ui::format;
use crate::ui::pen::{self, Pen};
use crate::ui::theme::Theme;
use crate::ui::widgets::badge;
use crate::ui::widgets::section::Section;
use crate::ui::widgets::wrap;

/// Columns before an action's title.
pub const INDENT: u16 = 5;

/// Rows it wants: head, actions, reasons, the runbook line, containments.
pub fn rows(model: &Model, columns: u16) -> u16 {
    let reasons: usize = model.actions().iter().map(|action| reason(model, action, columns).len()).sum();
    let extra = usize::from(has_cause(model)) + usize::from(!containments::rows(model).is_empty());
    u16::try_from(1 + model.catalogue.actions.len().max(1) + reasons + extra).unwrap_or(u16::MAX)
}

fn has_cause(model: &Model) -> bool {
    main::selected_symptom(model).is_some()
}

/// What the likeliest cause's runbook says against an action; then why it is not ready, or cannot be told to be in force.
/// Wrapped; nothing for a ready one, and for one that is seen to be in force.
#[must_use]
pub fn reason(model: &Model, action: &ActionSpec, columns: u16) -> Vec<String> {
    let wrapped = |words: &str| wrap::lines(words, usize::from(columns.saturating_sub(INDENT)));
    let mut lines = model.forbidden(action).map(|why| wrapped(&why)).unwrap_or_default();
    lines.truncate(2);
    lines.extend(standing(model, action, columns));
    lines
}

fn standing(model: &Model, action: &ActionSpec, columns: u16) -> Vec<String> {
    if let Some(held) = containments::of_action(model, &action.id).filter(|held| held.state.is_some()) {
        let lost =
            held.unreadable.as_ref().map(|_| wrap::lines(&held.words(), usize::from(columns.saturating_sub(INDENT))));
        return lost.unwrap_or_default().into_iter().take(2).collect();
    }
    let unready = model.readiness(&action.id).filter(|readiness| readiness.ready != Some(true));
    unready
        .map(|readiness| wrap::lines(&readiness.why, usize::from(columns.saturating_sub(INDENT))))
        .unwrap_or_default()
        .into_iter()
        .filter(|line| !line.is_empty())
        .take(2)
        .collect()
}

/// What each action would do, in a second line: only while there is room for all of them.
fn consequence(model: &Model, action: &ActionSpec) -> Option<String> {
    let levers = &model.snapshot.as_ref()?.levers;
    let (lever, state) = levers.iter().find(|(lever, _)| lever.id == action.lever)?;
    let now = &state.reading.as_ref().ok()?.setting;
    let after = match &action.to {
        Destination::Contained => lever.contained.as_ref()?.to_string(),
        Destination::Normal => lever.normal.as_ref()?.to_string(),
        Destination::Setting(setting) => setting.to_string(),
        Destination::LastGood => "last good".to_owned(),
    };
    Some(format!("{}: {now} → {after}", lever.target.words()))
}

/// `1 contained now, 1 cannot be read now`: each lever away from normal once. `None` without any.
fn away(rows: &[Containment]) -> Option<String> {
    let (lost, seen): (Vec<_>, Vec<_>) = rows.iter().partition(|held| held.unreadable.is_some());
    let (displaced, contained): (Vec<_>, Vec<_>) = seen.into_iter().partition(|held| held.displaced);
    let counted = |held: &[&Containment], words: &str| (!held.is_empty()).then(|| format!("{} {words}", held.len()));
    let none = (contained.is_empty() && lost.is_empty()).then(|| "none contained".to_owned());
    let parts = [
        counted(&contained, "contained now"),
        counted(&lost, "cannot be read now"),
        counted(&displaced, "displaced"),
        none,
    ];
    (!rows.is_empty()).then(|| parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// Draws the panel, with its head or without.
pub fn draw(canvas: &Canvas<'_>, frame: &mut Frame<'_>, area: Rect, head: bool) {
    let (model, theme) = (canvas.model, canvas.theme);
    let focused = model.main.focus == Panel::Contain;
    let mut pen = Pen::new(frame, area);
    if head {
        let note = "UPPER CASE previews, Y fires";
        pen.section(theme, &Section { number: Some(4), name: Panel::Contain.title(), note, focused });
    }
    if let Some(words) = away(containments::rows(model)) {
        let key = model.keymap.label(CommandId::Containments);
        pen.line(Line::from(vec![
            Span::styled(
                format!(" {} ", theme.glyphs().status(crate::domain::status::Status::Contained)),
                theme.contained(),
            ),
            Span::styled(words, theme.contained()),
            Span::styled("   ", theme.dim()),
            Span::styled(key, theme.key()),
            Span::styled(" shows them", theme.dim()),
        ]));
    }
    if model.catalogue.actions.is_empty() {
        pen.line(Span::styled("  no action is declared: nothing can be contained from here", theme.attention()));
    }
    let actions = model.catalogue.actions.len();
    let spare = usize::from(pen.left()).saturating_sub(usize::from(rows(model, pen.width()).saturating_sub(1)));
    let roomy = head && spare >= actions;
    let mut rows = Vec::new();
    for (at, action) in model.actions().into_iter().enumerate() {
        let selected = focused && at == model.main.selected(Panel::Contain);
        let mut row = offer(model, theme, action, pen.width());
        if let Some(mark) = row.spans.first_mut().filter(|_| selected) {
            *mark = Span::styled(theme.glyphs().selected(), theme.attention());
        }
        rows.push((row, selected));
        let reasons = reason(model, action, pen.width());
        let ready = model.readiness(&action.id).is_some_and(|readiness| readiness.ready == Some(true));
        let consequence = consequence(model, action).filter(|_| roomy && ready);
        for line in reasons.into_iter().chain(consequence) {
            let room = usize::from(pen.width().saturating_sub(INDENT));
            let line = wrap::clip(&line, room, theme.glyphs().ellipsis());
            let text = format!("{}{line}", " ".repeat(usize::from(INDENT)));
            rows.push((Line::from(Span::styled(text, theme.dim())), false));
        }
    }
    if has_cause(model) {
        let key = format!(" {} ", model.keymap.label(CommandId::WalkRunbook));
        let rank = model.main.selected(Panel::Causes) + 1;
        // A rule has no rank; its runbook has a name.
        let rule = main::selected_symptom(model).filter(|_| rank > main::causes(model).len());
        let title = rule.and_then(|id| model.catalogue.runbooks.get(id)).map(|runbook| runbook.title.clone());
        let words = title.map_or_else(|| format!("walk the runbook for cause {rank}"), |it| format!("walk: {it}"));
        let walk = Line::from(vec![
            Span::raw(" "),
            Span::styled(key, theme.key()),
            Span::raw(" "),
            Span::styled(words, theme.decides()),
        ]);
        rows.push((walk, false));
    }
    list(canvas, &mut pen, rows);
}

/// One action in a line: key, title, readiness. Also used by runbooks and runs. An action whose containment is in force
/// says so: it is done, not unready; while its store cannot be read only what was known. One that the likeliest cause's
/// runbook forbids is marked, and offered all the same: a person decides.
pub fn offer(model: &Model, theme: &Theme, action: &ActionSpec, columns: u16) -> Line<'static> {
    let ready = model.readiness(&action.id).and_then(|readiness| readiness.ready);
    let held = containments::of_action(model, &action.id);
    let state = held.and_then(|held| held.state);
    let key = action.key.map_or_else(|| " ".to_owned(), String::from);
    let cap = match ready {
        _ if action.key.is_none() => Span::styled("   ", theme.dim()),
        Some(false) => Span::styled(format!(" {key} "), theme.dim()),
        _ => badge::key_cap(theme, &key),
    };
    let style = match ready {
        _ if held.is_some_and(|held| held.unreadable.is_some()) => theme.content(),
        _ if state.is_some() => theme.contained(),
        Some(true) | None => theme.content(),
        Some(false) => theme.dim(),
    };
    let left = vec![Span::raw(" "), cap, Span::raw(" "), Span::styled(action.title.clone(), style)];
    let badge = match (held, state) {
        (Some(held), Some(state)) if held.unreadable.is_some() => {
            let at = containments::verified_at(model, held).map(|at| format::minute_near(at, model.now));
            badge::was_in_force(theme, state, held.shown_by, &at.unwrap_or_default())
        }
        (Some(held), Some(state)) => badge::in_force(theme, state, held.shown_by),
        _ => badge::readiness(theme, ready),
    };
    let never = model.forbidden(action).map(|_| Span::styled("never  ", theme.attention()));
    pen::both_ends(left, never.into_iter().chain([badge]).collect(), columns, theme.glyphs().ellipsis())
}
