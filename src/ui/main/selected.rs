//! The signal behind the selected layer: what it says, its worst cohort, its neighbours, its chart. May not judge.

use jiff::SignedDuration;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Canvas;
use crate::app::main::{self, Panel};
use crate::domain::change::Change;
use crate::domain::signal::SignalState;
use crate::domain::snapshot::{LayerState, Snapshot};
use crate::ui::format;
use crate::ui::pen::{self, Pen};
use crate::ui::theme::Theme;
use crate::ui::widgets::chart::{Chart, Mark};
use crate::ui::widgets::section::Section;

/// Least rows for a chart that says something.
const LEAST_CHART: u16 = 4;

/// Draws it; nothing before the first picture.
pub fn draw(canvas: &Canvas<'_>, frame: &mut Frame<'_>, area: Rect) {
    let Some(snapshot) = &canvas.model.snapshot else { return };
    let layers = main::layers(canvas.model);
    let Some(layer) = layers.get(canvas.model.main.selected(Panel::Layers)) else { return };
    let Some(signal) = layer.worst.and_then(|worst| snapshot.signals.get(worst)) else { return };
    let theme = canvas.theme;
    let mut pen = Pen::new(frame, area);
    let name = format!("{} {} {}", layer.id, theme.glyphs().crumb(), signal.spec.title);
    let note = match layer.blind {
        0 => String::new(),
        blind => format!("{blind} of {} blind", format::counted(layer.signals.len(), "signal", "signals")),
    };
    pen.section(theme, &Section { number: None, name: &name, note: &note, focused: false });
    pen.line(says(theme, signal, area.width));
    if let Some(line) = cohort(theme, signal, area.width) {
        pen.line(line);
    }
    if pen.left() > LEAST_CHART + 1
        && let Some(line) = neighbours(theme, snapshot, layer)
    {
        pen.line(line);
    }
    if pen.left() > LEAST_CHART {
        pen.blank();
    }
    let chart = pen.take(pen.left());
    if chart.height >= LEAST_CHART {
        draw_chart(theme, pen.frame(), chart, snapshot, signal);
    }
}

/// The chart of a signal over the last two hours, with the changes of that time. Where names collide the suspect's stays.
pub fn draw_chart(theme: &Theme, frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot, signal: &SignalState) {
    let from = snapshot.at.checked_sub(SignedDuration::from_hours(2)).unwrap_or(snapshot.at);
    let suspect = snapshot.triage.suspect.as_ref().map(|suspect| suspect.change);
    let mut changes: Vec<_> = snapshot.changes.iter().enumerate().filter(|(_, change)| change.at >= from).collect();
    changes.sort_by_key(|(at, change)| (Some(*at) != suspect, change.ours));
    let label = |change: &Change| format!("{} {}", change.kind, change.what);
    let marks: Vec<Mark> =
        changes.into_iter().map(|(_, change)| Mark { at: change.at, label: label(change) }).collect();
    frame.render_widget(Chart { signal, from, to: snapshot.at, marks: &marks, theme }, area);
}

/// Value, cause, normal, then as many facts as fit: a fact is whole or not there.
fn says(theme: &Theme, signal: &SignalState, columns: u16) -> Line<'static> {
    let (dim, give_or_take) = (theme.dim(), theme.glyphs().plus_minus());
    let mut spans = vec![Span::raw("  ")];
    if let Some(sample) = signal.sample {
        spans.push(Span::styled(format::signal_value(&signal.spec, sample.value), theme.value(signal.status)));
    }
    if let Some(cause) = signal.cause.as_ref().filter(|_| !signal.status.is_bad()) {
        spans.push(Span::styled(format!("  {cause}"), theme.status(signal.status)));
    }
    if let Some(baseline) = signal.baseline {
        let normal = format::signal_value(&signal.spec, baseline.median);
        let spread = format::signal_value(&signal.spec, baseline.spread);
        spans.push(Span::styled(format!("  normal {normal} {give_or_take} {spread}"), theme.content()));
    }
    let mut facts: Vec<Vec<Span<'static>>> = Vec::new();
    if let Some(onset) = signal.onset {
        let spread = onset.latest.duration_since(onset.earliest).as_secs_f64() / 2.0;
        facts.push(vec![
            Span::styled("onset ", dim),
            Span::styled(format::minute(onset.at), theme.change()),
            Span::styled(format!(" {give_or_take} {}", format::duration(spread)), dim),
        ]);
    }
    let words = [
        signal.z.map(format::deviations),
        signal.sample.and_then(|sample| sample.n).map(|n| format!("n {}", format::count(n))),
        signal.broken.clone(),
    ];
    facts.extend(words.into_iter().flatten().map(|fact| vec![Span::styled(fact, dim)]));
    let mut used: usize = spans.iter().map(Span::width).sum();
    for (at, fact) in facts.into_iter().enumerate() {
        let between = if at == 0 { "   ".to_owned() } else { pen::dot(theme) };
        let width = between.chars().count() + fact.iter().map(Span::width).sum::<usize>();
        if used + width > usize::from(columns) {
            break;
        }
        used += width;
        spans.push(Span::styled(between, dim));
        spans.extend(fact);
    }
    Line::from(spans)
}

fn cohort(theme: &Theme, signal: &SignalState, columns: u16) -> Option<Line<'static>> {
    let cohort = signal.worst.as_ref()?;
    let value = format::signal_value(&signal.spec, cohort.value);
    let share = cohort.share.filter(|_| columns >= 60).map(|share| format!("{} of traffic", format::percent(share)));
    let n = cohort.n.map(|n| format!("n {}", format::count(n)));
    let facts = [share, n].into_iter().flatten().fold(String::new(), |so_far, fact| so_far + &pen::dot(theme) + &fact);
    Some(Line::from(vec![
        Span::styled("  worst cohort ", theme.dim()),
        Span::styled(format!("{} {value}", cohort.name), theme.value(signal.status)),
        Span::styled(facts, theme.dim()),
    ]))
}

/// The other signals of the layer, in one line.
fn neighbours(theme: &Theme, snapshot: &Snapshot, layer: &LayerState) -> Option<Line<'static>> {
    let mut spans = vec![Span::raw("  ")];
    for signal in layer.signals.iter().filter(|at| Some(**at) != layer.worst).take(3) {
        let Some(signal) = snapshot.signals.get(*signal) else { continue };
        if spans.len() > 1 {
            spans.push(Span::styled(pen::dot(theme), theme.dim()));
        }
        let value = signal.sample.map(|sample| format::signal_value(&signal.spec, sample.value));
        let normal = signal.baseline.map(|baseline| format::signal_value(&signal.spec, baseline.median));
        let glyph = theme.glyphs().status(signal.status);
        spans.push(Span::styled(format!("{glyph} "), theme.status(signal.status)));
        let words = value.unwrap_or_else(|| signal.status.word().to_owned());
        spans.push(Span::styled(format!("{} {words}", signal.spec.title), theme.content()));
        if let Some(normal) = normal {
            spans.push(Span::styled(format!(", normal {normal}"), theme.dim()));
        }
    }
    (spans.len() > 1).then(|| Line::from(spans))
}
