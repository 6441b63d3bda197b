//! The top line, on every screen: where one is, whether it is real, how bad, how late. May not decide any of it.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::format;
use super::pen;
use super::theme::Theme;
use super::widgets::badge;
use crate::app::Model;
use crate::domain::freeze;

/// The header in one line.
#[must_use]
pub fn line(model: &Model, theme: &Theme, columns: u16) -> Line<'static> {
    let catalogue = &model.catalogue;
    let mut always = vec![
        badge::environment(theme, &catalogue.environment, &catalogue.service),
        Span::raw(" "),
        badge::mode(theme, model.mode, catalogue.drill),
    ];
    if let Some(level) = severity(model) {
        always.extend([Span::raw(" "), badge::severity(theme, &level)]);
    }
    let mut right = Vec::new();
    if columns >= 100 {
        right.extend([Span::styled(model.who.clone(), theme.content()), Span::raw("   ")]);
    }
    right.extend([Span::styled(format::clock(model.now), theme.decides()), Span::raw(" ")]);
    let width = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let mut items = incident(model, theme);
    // A number that is cut reads as another number: what does not fit goes as a whole, the deadline last.
    for least in FREEZE..=DEADLINE {
        let used: usize = width(&always) + width(&right) + items.iter().map(|(_, item)| width(item)).sum::<usize>();
        if used + 2 <= usize::from(columns) {
            break;
        }
        items.retain(|(rank, _)| *rank != least);
    }
    always.extend(items.into_iter().flat_map(|(_, item)| item));
    pen::both_ends(always, right, columns, theme.glyphs().ellipsis())
}

/// Ranks of the incident's items: the lowest is left out first.
const FREEZE: u8 = 0;
const OPEN: u8 = 1;
const ID: u8 = 2;
const DEADLINE: u8 = 3;

/// What the header tells of the incident, each item with its rank.
fn incident(model: &Model, theme: &Theme) -> Vec<(u8, Vec<Span<'static>>)> {
    let mut items = Vec::new();
    if let Some(incident) = &model.ledger.open {
        items.push((ID, vec![Span::styled(format!(" {}", incident.id.as_str().to_uppercase()), theme.decides())]));
        let open = format::timer(seconds(incident.opened_at, model.now));
        items.push((OPEN, vec![Span::styled(" open ", theme.dim()), Span::styled(open, theme.decides())]));
    }
    if let Some(left_s) = contain_in(model) {
        let late = if left_s < 0 { "  contain now, late by " } else { "  contain in " };
        let timer = format::timer(left_s.abs());
        items.push((DEADLINE, vec![Span::styled(late, theme.dim()), Span::styled(timer, theme.attention())]));
    }
    if let Some(incident) = freeze::in_force(&model.ledger) {
        let since = incident.opened_at.strftime("%H:%MZ").to_string();
        items.push((FREEZE, vec![Span::styled("  freeze since ", theme.dim()), Span::styled(since, theme.content())]));
    }
    items
}

fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs()
}

/// The incident's severity, or the proposed one with a question mark.
fn severity(model: &Model) -> Option<String> {
    let set = model.ledger.open.as_ref().and_then(|incident| incident.severity.clone());
    set.or_else(|| {
        let hint = model.snapshot.as_ref()?.triage.severity.as_ref()?;
        Some(format!("{}?", hint.level))
    })
}

/// Seconds until the leading runbook says "contain first, dig later"; `None` once something is contained.
fn contain_in(model: &Model) -> Option<i64> {
    let incident = model.ledger.open.as_ref()?;
    let snapshot = model.snapshot.as_ref().filter(|snapshot| snapshot.containments.is_empty())?;
    let runbook = model.catalogue.runbooks.get(&snapshot.triage.symptoms.first()?.id)?;
    let stop_after = i64::try_from(runbook.stop_after.as_secs()).ok()?;
    Some(stop_after - seconds(incident.opened_at, model.now))
}
