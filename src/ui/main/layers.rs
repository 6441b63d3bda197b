//! Panel 1: a row per layer with its worst signal. May not decide which signal is worst.

use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Canvas, list, nothing_matches};
use crate::app::Model;
use crate::app::main::{self, Panel};
use crate::domain::signal::SignalState;
use crate::domain::snapshot::{LayerState, Snapshot};
use crate::domain::status::Status;
use crate::ui::format;
use crate::ui::pen::Pen;
use crate::ui::widgets::badge;
use crate::ui::widgets::section::Section;
use crate::ui::widgets::sparkline::Sparkline;
use crate::ui::widgets::table::{Cell, Column, Table};

/// How far back trends reach.
const TREND: SignedDuration = SignedDuration::from_hours(2);

/// From this width on, names have the room to be whole.
const ROOMY: u16 = 94;

/// The columns of measured rows. Burn rates have theirs only while there is one.
fn columns(width: u16, burns: bool) -> Vec<Column<'static>> {
    let (layer, signal) = names(width, burns);
    let mut columns = vec![
        Column::left("  status", 13),
        Column::left("layer", layer),
        Column::left("worst signal", signal),
        Column::right("now", 10),
        Column::right("normal", 10).drops(4),
        Column::left("  trend", 11).grows().drops(2),
        Column::right("age", 5).drops(3),
    ];
    if burns {
        columns.insert(BURN, Column::right("burn", 6).drops(5));
    }
    columns
}

/// For a row without a value to trust: what is known of the cause takes the room of the numbers.
fn blind_columns(width: u16, burns: bool) -> [Column<'static>; 5] {
    let (layer, signal) = names(width, burns);
    [
        Column::left("", 13),
        Column::left("", layer),
        Column::left("", signal),
        Column::left("", 9).grows(),
        Column::right("", 5).drops(3),
    ]
}

/// Columns for a layer's name and for its worst signal's title.
const fn names(width: u16, burns: bool) -> (u16, u16) {
    if width >= ROOMY && !burns { (15, 23) } else { (14, 20) }
}

/// Where the trend and the burn rate stand among the columns.
const TREND_AT: usize = 5;
const BURN: usize = 6;

/// Rows it wants: head, titles, layers, what is not wired.
pub fn rows(model: &Model) -> u16 {
    let layers = match &model.snapshot {
        Some(_) => main::layers(model).len(),
        None => model.catalogue.layers.len(),
    };
    let layers = layers.max(usize::from(!model.filter.is_empty()));
    u16::try_from(2 + layers + usize::from(!not_wired(model).is_empty())).unwrap_or(u16::MAX)
}

fn not_wired(model: &Model) -> Vec<&str> {
    let Some(snapshot) = &model.snapshot else { return Vec::new() };
    snapshot.layers.iter().filter(|layer| layer.status.is_none()).map(|layer| layer.id.as_str()).collect()
}

/// Draws the panel: where not all rows have room, those around the selected one. Returns the index of the first layer
/// shown.
pub fn draw(canvas: &Canvas<'_>, frame: &mut Frame<'_>, area: Rect) -> usize {
    let (model, theme) = (canvas.model, canvas.theme);
    let focused = model.main.focus == Panel::Layers;
    let note = if model.filter.is_empty() { "2 h".to_owned() } else { format!("only \"{}\"", model.filter) };
    let mut pen = Pen::new(frame, area);
    pen.section(theme, &Section { number: Some(1), name: Panel::Layers.title(), note: &note, focused });
    let burns = main::layers(model).iter().any(|layer| burn(model, layer).is_some());
    let table = Table::fit(&columns(area.width, burns), area.width, 1);
    let blind = Table::fit(&blind_columns(area.width, burns), area.width, 1);
    pen.line(table.head(theme));
    let mut rows = Vec::new();
    let Some(snapshot) = &model.snapshot else {
        for layer in &model.catalogue.layers {
            let cells = [
                Cell::text(format!("  {}", theme.glyphs().ellipsis()), theme.dim()),
                Cell::text(layer.as_str(), theme.content()),
                Cell::text("asking", theme.dim()),
            ];
            rows.push((blind.row(theme, &cells), false));
        }
        return list(canvas, &mut pen, rows);
    };
    for (at, layer) in main::layers(model).into_iter().enumerate() {
        let selected = at == model.main.selected(Panel::Layers);
        let Some(signal) = layer.worst.and_then(|worst| snapshot.signals.get(worst)) else { continue };
        let has_value = signal.sample.is_some() && !signal.status.is_blind();
        let row = if has_value {
            let trend = sparkline(canvas, snapshot, signal, table.width_of(TREND_AT));
            table.row(theme, &measured(canvas, layer, signal, selected, trend, burns))
        } else {
            blind.row(theme, &unmeasured(canvas, layer, signal, selected))
        };
        rows.push((row, selected));
    }
    if rows.is_empty()
        && let Some(words) = nothing_matches(model)
    {
        rows.push((Line::from(Span::styled(words, theme.attention())), false));
    }
    let not_wired = not_wired(model);
    if !not_wired.is_empty() {
        let words = format!("  {} not wired: {}", theme.glyphs().not_wired(), not_wired.join(", "));
        rows.push((Line::from(Span::styled(words, theme.dim())), false));
    }
    list(canvas, &mut pen, rows)
}

fn leading(canvas: &Canvas<'_>, layer: &LayerState, signal: &SignalState, selected: bool) -> [Cell; 3] {
    let theme = canvas.theme;
    let status = layer.status.unwrap_or(Status::Unknown);
    let lit = selected || status == Status::Crit;
    let text = if lit { theme.decides() } else { theme.content() };
    let mark = if selected { theme.glyphs().selected() } else { " " };
    let blind = if layer.blind > 0 && !status.is_blind() { format!(" ?{}", layer.blind) } else { String::new() };
    [
        Cell::Drawn(vec![
            Span::styled(mark, theme.status(status)),
            Span::raw(" "),
            badge::status(theme, status),
            Span::styled(blind, theme.status(Status::Unknown)),
        ]),
        Cell::text(layer.id.as_str(), text),
        Cell::text(signal.spec.title.clone(), text),
    ]
}

fn measured(
    canvas: &Canvas<'_>,
    layer: &LayerState,
    signal: &SignalState,
    selected: bool,
    trend: Vec<Span<'static>>,
    burns: bool,
) -> Vec<Cell> {
    let theme = canvas.theme;
    let value = signal.sample.map(|sample| format::signal_value(&signal.spec, sample.value)).unwrap_or_default();
    let normal = signal.baseline.map(|baseline| format::signal_value(&signal.spec, baseline.median));
    let burn_style = if signal.status.is_bad() { theme.status(signal.status) } else { theme.dim() };
    let normal_style = if selected { theme.content() } else { theme.dim() };
    let mut cells = leading(canvas, layer, signal, selected).to_vec();
    cells.extend([
        Cell::text(
            value,
            if selected && !signal.status.is_bad() { theme.decides() } else { theme.value(signal.status) },
        ),
        Cell::text(normal.unwrap_or_default(), normal_style),
        Cell::Drawn(trend),
        Cell::text(signal.age_s.map(format::duration).unwrap_or_default(), theme.dim()),
    ]);
    if burns {
        cells.insert(BURN, Cell::text(signal.burn.map(format::burn).unwrap_or_default(), burn_style));
    }
    cells
}

/// The burn rate of a layer's worst signal, if it has an error budget.
fn burn(model: &Model, layer: &LayerState) -> Option<f64> {
    model.snapshot.as_ref()?.signals.get(layer.worst?)?.burn
}

fn unmeasured(canvas: &Canvas<'_>, layer: &LayerState, signal: &SignalState, selected: bool) -> Vec<Cell> {
    let theme = canvas.theme;
    let mut cells = leading(canvas, layer, signal, selected).to_vec();
    cells.extend([
        Cell::text(
            format!("   {}", signal.cause.clone().unwrap_or_else(|| "no value".to_owned())),
            theme.status(signal.status),
        ),
        Cell::text(signal.age_s.map(format::duration).unwrap_or_default(), theme.dim()),
    ]);
    cells
}

fn sparkline(canvas: &Canvas<'_>, snapshot: &Snapshot, signal: &SignalState, columns: usize) -> Vec<Span<'static>> {
    if columns < 4 {
        return Vec::new();
    }
    let from = snapshot.at.checked_sub(TREND).unwrap_or(snapshot.at);
    let changes: Vec<Timestamp> = suspect(snapshot).into_iter().collect();
    let sparkline = Sparkline::of(signal, from, snapshot.at, &changes);
    let mut spans = vec![Span::raw("  ")];
    spans.extend(sparkline.spans(canvas.theme, columns - 2));
    spans
}

/// Rows mark the suspect; without one, the newest change that is not ours.
fn suspect(snapshot: &Snapshot) -> Option<Timestamp> {
    let suspect = snapshot.triage.suspect.as_ref().and_then(|suspect| snapshot.changes.get(suspect.change));
    suspect.or_else(|| snapshot.changes.iter().find(|change| !change.ours)).map(|change| change.at)
}
