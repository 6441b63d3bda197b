//! What the dialog says of a second person, and of going on without one. May not decide who may fire.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::field_line;
use crate::app::Model;
use crate::app::command::CommandId;
use crate::app::confirm::Confirm;
use crate::domain::action::Tier;
use crate::domain::approval::{BreakGlass, Standing};
use crate::ui::format;
use crate::ui::theme::Theme;
use crate::ui::widgets::wrap;

/// Said when nobody was asked yet.
pub(super) fn ask(model: &Model, confirm: &Confirm) -> String {
    let (ask, glass) = (model.keymap.label(CommandId::AskSecond), model.keymap.label(CommandId::BreakGlass));
    let again = match confirm.standing(model.now) {
        Some(Standing::Expired) => "the request expired; ",
        Some(Standing::Used(_)) => "the approval was used; ",
        _ => "",
    };
    format!("{again}needs a second person: {ask} asks one; if nobody can be reached: {glass}")
}

/// Said while a person is waited for: what they type, where.
pub(super) fn waiting(confirm: &Confirm) -> String {
    format!("asked; a second person runs: breakglass approve {}", confirm.plan.digest.short())
}

/// The field of the word, then that of the reason.
pub(super) fn form(theme: &Theme, confirm: &Confirm, columns: u16) -> Line<'static> {
    let Some(form) = &confirm.glass else { return Line::default() };
    if !form.worded {
        let word = BreakGlass::word(&confirm.plan.environment);
        return field_line(theme, &word, form.word.text(), "to go on alone, type");
    }
    let room = usize::from(columns).saturating_sub(24);
    // The end is what is being typed: a long reason is cut at its beginning.
    let mut typed = form.why.text();
    while wrap::width(typed) > room {
        typed = typed.char_indices().nth(1).map_or("", |(at, _)| typed.get(at..).unwrap_or(""));
    }
    field_line(theme, "then enter", typed, "the reason,")
}

/// Said beside an open `Y`: who allowed it, or that it is done alone.
pub(super) fn allowed(model: &Model, theme: &Theme, confirm: &Confirm) -> Line<'static> {
    if confirm.plan.tier < Tier::Three {
        return Line::default();
    }
    let span = |words: String, style| Line::from(Span::styled(words, style));
    if let Some(form) = &confirm.glass {
        let review = format::minute(model.catalogue.policy.review_by(model.now));
        let words = format!(" BREAK GLASS, alone, on record, review by {review}: {}", form.why.text());
        return span(words, theme.alarm());
    }
    match confirm.standing(model.now) {
        Some(Standing::Approved { by }) => span(format!("approved by {by}: exactly this, once"), theme.decides()),
        _ => Line::default(),
    }
}

/// The keys of tier three.
pub(super) fn keys(model: &Model, theme: &Theme, confirm: &Confirm) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    if confirm.plan.tier < Tier::Three {
        return spans;
    }
    let mut key = |id, word: &'static str| {
        spans.push(Span::styled(model.keymap.label(id), theme.key()));
        spans.push(Span::styled(word, theme.content()));
    };
    if confirm.glass.is_some() {
        key(CommandId::BreakGlass, " leave break glass   ");
        return spans;
    }
    match confirm.standing(model.now) {
        Some(Standing::Approved { .. } | Standing::Denied { .. }) => {}
        Some(Standing::Waiting) => key(CommandId::BreakGlass, " break glass   "),
        Some(Standing::Expired | Standing::Used(_)) | None => {
            key(CommandId::AskSecond, " ask   ");
            key(CommandId::BreakGlass, " break glass   ");
        }
    }
    spans
}

/// `expires in 0:42`, or how long the request for approval stands.
pub(super) fn countdown(confirm: &Confirm, now: Timestamp) -> (&'static str, i64) {
    let left = |until: Timestamp| until.duration_since(now).as_secs().max(0);
    match (confirm.standing(now), confirm.asked_until(now)) {
        (Some(Standing::Waiting), Some(until)) => ("asked, ends in", left(until)),
        _ => ("expires in", i64::try_from(confirm.seconds_left(now)).unwrap_or(0)),
    }
}
