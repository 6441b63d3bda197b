//! The coach's words in the verdict, and those of the stop rule on a runbook. May not decide when they are said.

use jiff::SignedDuration;
use ratatui::text::{Line, Span};

use super::format;
use super::theme::Theme;
use super::widgets::{badge, wrap};
use crate::app::command::CommandId;
use crate::app::keymap;
use crate::app::msg::Key;
use crate::app::{Model, coach};
use crate::domain::action::ActionSpec;
use crate::domain::ids::SymptomId;
use crate::domain::walk::StopRule;

/// What the coach says, in lines of at most `room` columns; `None` while it says nothing.
#[must_use]
pub fn lines(model: &Model, theme: &Theme, room: usize) -> Option<Vec<Line<'static>>> {
    let advice = coach::advice(model)?;
    let stands = format!("{} at the top severity, nothing contained. ", length(advice.stands));
    let mut spans = vec![
        Span::styled(wrap::unbroken(" CONTAIN FIRST "), theme.alarm()),
        Span::styled(format!(" {stands}"), theme.decides()),
    ];
    match advice.action {
        Some(action) => spans.extend(offer(model, theme, action)),
        None => spans.push(Span::styled("No reversible action is ready: escalate now. ", theme.attention())),
    }
    spans.push(Span::styled(model.keymap.label(CommandId::Decline), theme.key()));
    spans.push(Span::styled(" declines with a reason.", theme.content()));
    Some(wrap::spans(&spans, room))
}

/// What the stop rule of a walk says once it is over, in lines; empty before.
#[must_use]
pub fn stop(model: &Model, theme: &Theme, symptom: &SymptomId, room: usize) -> Vec<Line<'static>> {
    let StopRule::Over(_) = coach::stop(model, symptom) else { return Vec::new() };
    let mut spans = vec![
        Span::styled(wrap::unbroken(" STOP DIGGING "), theme.alarm()),
        Span::styled(" Contain first, look on afterwards. ", theme.decides()),
    ];
    match coach::stop_action(model, symptom) {
        Some(action) => spans.extend(offer(model, theme, action)),
        None => spans.push(Span::styled("No action of this runbook is ready: escalate now.", theme.attention())),
    }
    wrap::spans(&spans, room)
}

/// `R previews: Roll back prompt to v41  ● READY. `
fn offer(model: &Model, theme: &Theme, action: &ActionSpec) -> Vec<Span<'static>> {
    let (key, rest) = match action.key {
        Some(key) => (keymap::name(Key::Char(key)), " previews: "),
        None => (model.keymap.label(CommandId::Palette), " finds: "),
    };
    let ready = model.readiness(&action.id).and_then(|readiness| readiness.ready);
    vec![
        badge::key_cap(theme, &key),
        Span::styled(rest, theme.content()),
        Span::styled(action.title.clone(), theme.decides()),
        Span::raw("  "),
        badge::readiness(theme, ready),
        Span::raw(". "),
    ]
}

fn length(span: SignedDuration) -> String {
    format::duration(span.as_secs_f64())
}
