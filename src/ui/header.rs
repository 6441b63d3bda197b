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
    let room = usize::from(columns).saturating_sub(width(&always) + width(&right) + 2);
    let items = incident(model, theme, room);
    always.extend(items);
    pen::both_ends(always, right, columns, theme.glyphs().ellipsis())
}

/// What the header tells of the incident, in so many columns. A number that is cut reads as another number: what does not
/// fit goes as a whole. The freeze is told first by its time, then by a word before the incident's own, which is as old.
fn incident(model: &Model, theme: &Theme, room: usize) -> Vec<Span<'static>> {
    let open = model.ledger.open.as_ref();
    let (dim, decides) = (theme.dim(), theme.decides());
    let id = open.map(|incident| Span::styled(format!(" {}", incident.id.as_str().to_uppercase()), decides));
    let frozen = freeze::in_force(&model.ledger);
    let since = frozen.map(|incident| {
        let since = incident.opened_at.strftime("%H:%MZ").to_string();
        vec![Span::styled("  freeze since ", dim), Span::styled(since, theme.content())]
    });
    let age = |word: &'static str| {
        let age = open.map(|incident| format::timer(seconds(incident.opened_at, model.now)));
        age.map(|age| vec![Span::styled(word, dim), Span::styled(age, decides)])
    };
    let deadline = |late: &'static str| {
        let left_s = contain_in(model)?;
        let words = if left_s < 0 { late } else { "  contain in " };
        Some(vec![Span::styled(words, dim), Span::styled(format::timer(left_s.abs()), theme.attention())])
    };
    let word = if frozen.is_some() { " frozen " } else { " open " };
    let (by, late) = (deadline("  contain now, late by "), deadline("  contain now +"));
    let all = |parts: [Option<Vec<Span<'static>>>; 4]| parts.into_iter().flatten().flatten().collect::<Vec<_>>();
    let id = id.map(|id| vec![id]);
    let layouts = [
        all([id.clone(), age(" open "), by.clone(), since]),
        all([id.clone(), age(word), by.clone(), None]),
        all([id, age(word), late.clone(), None]),
        all([None, age(word), by, None]),
        all([None, age(word), late.clone(), None]),
    ];
    let fits = |spans: &Vec<Span<'_>>| spans.iter().map(Span::width).sum::<usize>() <= room;
    layouts.into_iter().find(fits).or_else(|| late.filter(fits)).unwrap_or_default()
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
