//! Layer detail: every signal of the layer as a row, and under the table what is known of the selected one.
//! May not choose the selected row.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Scene, facts};
use crate::app::detail::listed;
use crate::domain::change::Change;
use crate::domain::ids::{LayerId, SignalId};
use crate::domain::signal::SignalState;
use crate::ui::format;
use crate::ui::page::{Page, crumbs};
use crate::ui::theme::Theme;
use crate::ui::widgets::badge;
use crate::ui::widgets::section::Section;
use crate::ui::widgets::sparkline::Sparkline;
use crate::ui::widgets::table::{Cell, Column, Table};
use crate::ui::widgets::wrap;

const TREND: usize = 5;
/// Fewest and most rows of the chart under the table.
const LEAST_CHART: usize = 6;
const MOST_CHART: usize = 18;
/// Breadcrumb, air, column titles.
const HEAD_ROWS: usize = 3;

/// The columns, least important dropped first when narrow.
const fn columns(narrow: bool) -> [Column<'static>; 10] {
    let (now, normal) = if narrow { (9, 9) } else { (13, 12) };
    [
        Column::left("", 1),
        Column::left("status", 11),
        Column::left("signal", if narrow { 18 } else { 24 }),
        Column::right("now", now),
        Column::right("normal", normal),
        Column::left("trend", if narrow { 14 } else { 18 }).drops(2),
        Column::right("z", 6).drops(3),
        Column::right("n", 7).drops(4),
        Column::right("age", 6).drops(1),
        Column::left("why", 24).grows().drops(5),
    ]
}

/// The page of a layer with the signal at `selected` (in the layer's order, worst first).
pub fn layer(scene: &Scene<'_>, id: &LayerId, selected: usize) -> Page {
    let theme = scene.theme;
    let Some(layer) = scene.snapshot.layers.iter().find(|layer| layer.id == *id) else {
        return Page {
            head: vec![crumbs(theme, &["Layers", id.as_str()], "", scene.columns)],
            body: vec![Line::styled("This layer is no longer in the picture; esc goes back.", theme.content())],
            ..Page::default()
        };
    };
    let ids = listed(scene.snapshot, scene.catalogue, id);
    let narrow = scene.columns < 100;
    let width = u16::try_from(scene.columns.saturating_sub(2)).unwrap_or(u16::MAX);
    let table = Table::fit(&columns(narrow), width, if narrow { 1 } else { 2 });
    let note = note(layer.signals.len(), layer.blind);
    let mut head = vec![crumbs(theme, &["Layers", id.as_str()], &note, scene.columns), Line::default()];
    if layer.signals.is_empty() {
        head.push(Line::styled("No signal of this layer is wired: it is outside every verdict.", theme.content()));
    } else {
        head.push(table.head(theme));
    }
    let state = |id: &SignalId| scene.snapshot.signals.iter().find(|signal| signal.spec.id == *id);
    let row = |(at, id): (usize, &SignalId)| match state(id) {
        Some(signal) => row(scene, &table, signal, at == selected),
        None => not_wired_row(scene, id, at == selected),
    };
    let body: Vec<_> = ids.iter().enumerate().map(row).collect();
    let foot = ids.get(selected).and_then(state);
    let foot = foot.map(|signal| selected_block(scene, signal, body.len())).unwrap_or_default();
    Page { head, body, foot, selected: Some(selected) }
}

fn note(signals: usize, blind: usize) -> String {
    let count = if signals == 1 { "1 signal".to_owned() } else { format!("{signals} signals") };
    if blind > 0 { format!("{count}, {blind} blind") } else { count }
}

fn row(scene: &Scene<'_>, table: &Table<'_>, signal: &SignalState, selected: bool) -> Line<'static> {
    let theme = scene.theme;
    let spec = &signal.spec;
    let bad = signal.status.is_bad();
    let name = if selected || bad { theme.decides() } else { theme.content() };
    let mark = if selected { theme.glyphs().selected() } else { " " };
    let value = signal.sample.as_ref().map(|sample| format::signal_value(spec, sample.value)).unwrap_or_default();
    let normal = signal.baseline.as_ref().map(|b| format::signal_value(spec, b.median)).unwrap_or_default();
    let z = signal.z.map(format::signed).unwrap_or_default();
    let n = signal.sample.as_ref().and_then(|sample| sample.n).map(format::samples).unwrap_or_default();
    let age = signal.age_s.map(format::duration).unwrap_or_default();
    let cells = [
        Cell::text(mark, theme.status(signal.status)),
        Cell::Drawn(vec![badge::status(theme, signal.status)]),
        Cell::text(spec.title.clone(), name),
        Cell::text(value, theme.value(signal.status)),
        Cell::text(normal, theme.dim()),
        Cell::Drawn(trend(scene, signal, table.width_of(TREND))),
        Cell::text(z, theme.dim()),
        Cell::text(n, theme.dim()),
        Cell::text(age, theme.dim()),
        Cell::text(signal.cause.clone().unwrap_or_default(), cause_style(theme, signal)),
    ];
    let line = table.row(theme, &cells);
    if selected { line.patch_style(theme.band()) } else { line }
}

fn cause_style(theme: &Theme, signal: &SignalState) -> Style {
    if signal.status.is_blind() { theme.status(signal.status) } else { theme.dim() }
}

fn trend(scene: &Scene<'_>, signal: &SignalState, columns: usize) -> Vec<Span<'static>> {
    let (from, to) = scene.window();
    let changes: Vec<_> =
        suspect(scene).filter(|change| change.at >= from).map(|change| change.at).into_iter().collect();
    Sparkline::of(signal, from, to, &changes).spans(scene.theme, columns)
}

fn suspect<'a>(scene: &Scene<'a>) -> Option<&'a Change> {
    let suspect = scene.snapshot.triage.suspect.as_ref()?;
    scene.snapshot.changes.get(suspect.change)
}

/// A signal of the vocabulary that nobody wired: outside the roll-up; opening it says how to wire it.
fn not_wired_row(scene: &Scene<'_>, id: &SignalId, selected: bool) -> Line<'static> {
    let theme = scene.theme;
    let spec = scene.catalogue.vocabulary.get(id);
    let title = spec.map_or(id.as_str(), |spec| spec.title.as_str());
    let meaning = spec.map_or("", |spec| spec.meaning.as_str());
    let mark = if selected { theme.glyphs().selected() } else { " " };
    let (gap, width) = if scene.columns < 100 { (" ", 18) } else { ("  ", 24) };
    let ellipsis = theme.glyphs().ellipsis();
    let text = format!("{gap}{}  {meaning}", wrap::pad_right(title, width, ellipsis));
    let badge = badge::not_wired(theme);
    let used = 1 + gap.len() + badge.width();
    let columns = scene.columns.saturating_sub(2 + used);
    let spans = vec![
        Span::styled(format!("{mark}{gap}"), theme.dim()),
        badge,
        Span::styled(wrap::pad_right(&text, columns, ellipsis), if selected { theme.content() } else { theme.dim() }),
    ];
    let line = Line::from(spans);
    if selected { line.patch_style(theme.band()) } else { line }
}

/// What is known of the selected signal, with its chart where there is room.
fn selected_block(scene: &Scene<'_>, signal: &SignalState, table_rows: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let width = u16::try_from(scene.columns).unwrap_or(u16::MAX);
    let head = Section { name: &signal.spec.title, note: "enter opens it", ..Section::default() };
    let mut lines = vec![Line::default(), head.line(theme, width)];
    lines.extend(facts::value_lines(scene, signal));
    let table_rows = table_rows.min((scene.rows.saturating_sub(HEAD_ROWS)).div_ceil(3));
    let known = facts::fact_lines(scene, signal, scene.columns);
    // Facts and chart where both fit, else the cause and the chart.
    let spare = scene.rows.saturating_sub(HEAD_ROWS + table_rows + lines.len());
    let brief = usize::from(signal.cause.is_some());
    let shown = if spare >= known.len() + 1 + LEAST_CHART { known.len() } else { brief };
    lines.extend(known.into_iter().take(shown));
    let rows = spare.saturating_sub(shown + 1).min(MOST_CHART);
    if rows >= LEAST_CHART {
        lines.push(Line::default());
        lines.extend(facts::chart_lines(scene, signal, scene.columns, rows));
    }
    lines
}
