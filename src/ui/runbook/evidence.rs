//! The evidence of a step with value, verdict and age; the change before the onset; the chart of the leading signal.
//! May not judge.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::Scene;
use crate::domain::diff;
use crate::domain::evidence::{Judged, Verdict};
use crate::domain::runbook::{Step, StepBody};
use crate::domain::signal::SignalState;
use crate::domain::walk::WalkAnswer;
use crate::ui::format;
use crate::ui::main::selected::draw_chart;
use crate::ui::pen::{self, Pen};
use crate::ui::theme::Theme;
use crate::ui::widgets::diff::{Extent, lines};
use crate::ui::widgets::section::Section;
use crate::ui::widgets::table::{Cell, Column, Table};

const COLUMNS: [Column<'static>; 4] = [
    Column::left("comparison", 24).grows(),
    Column::right("value", 9),
    Column::left("verdict", 10),
    Column::right("age", 5).drops(1),
];

/// Every comparison with what it came to, and what they suggest together.
pub fn draw(scene: &Scene<'_>, pen: &mut Pen<'_, '_>) {
    let theme = scene.theme;
    let Some(suggestion) = &scene.suggestion else { return };
    pen.section(theme, &Section { name: "Evidence for this step", note: "live", ..Section::default() });
    if suggestion.judgement.parts.is_empty() && suggestion.answer.is_none() {
        return pen.text("No measurement answers this one: you do.", 1, theme.content());
    }
    table(theme, pen, &suggestion.judgement.parts);
    if pen.left() > 16 {
        pen.blank();
    }
    if let Some(until) = suggestion.holds_until {
        let left = format::timer(until.duration_since(scene.model.now).as_secs().max(0));
        return pen.line(Line::from(vec![
            Span::styled(" holds so far ", theme.verdict(Verdict::True).add_modifier(Modifier::REVERSED)),
            Span::styled(format!("  {}; to be watched for {left} more", suggestion.basis), theme.content()),
        ]));
    }
    // Before its time is over a watch has failed for nobody: it may still come to hold.
    let watches = matches!(scene.step.map(|step| &step.body), Some(StepBody::Watch { .. }));
    let (word, style) = match suggestion.answer {
        None if watches && suggestion.judgement.verdict == Verdict::False => {
            (" does not hold so far ", theme.content().add_modifier(Modifier::REVERSED))
        }
        Some(WalkAnswer::Yes) => (" suggests YES ", theme.verdict(Verdict::True).add_modifier(Modifier::REVERSED)),
        Some(_) => (" suggests NO ", theme.content().add_modifier(Modifier::REVERSED)),
        None => (" cannot say ", theme.verdict(Verdict::Unknown).add_modifier(Modifier::REVERSED)),
    };
    pen.line(Line::from(vec![
        Span::styled(word, style),
        Span::styled(format!("  {}", suggestion.basis), theme.content()),
    ]));
}

/// Comparisons with value, verdict and age; an unknown one with its cause. Also used for the effect of a run.
pub fn table(theme: &Theme, pen: &mut Pen<'_, '_>, parts: &[Judged]) {
    let table = Table::fit(&COLUMNS, pen.width(), 2);
    pen.line(table.head(theme));
    for part in parts {
        pen.line(table.row(theme, &cells(theme, part)));
        if let Some(cause) = &part.cause {
            pen.text(&format!("{cause}: not used"), 2, theme.dim());
        }
    }
}

fn cells(theme: &Theme, part: &Judged) -> Vec<Cell> {
    // What must not hold is good news when it is false, and bad news when it is true.
    let good = part.speaks_for();
    let style = if part.wanted || good != Verdict::False { theme.verdict(good) } else { theme.attention() };
    let verdict = Span::styled(format!("{} {}", theme.glyphs().verdict(good), part.verdict), style);
    vec![
        Cell::text(if part.wanted { part.text.clone() } else { format!("none of: {}", part.text) }, theme.content()),
        Cell::text(part.value.clone(), theme.decides()),
        Cell::Drawn(vec![verdict]),
        Cell::text(part.age_s.map(format::duration).unwrap_or_default(), theme.dim()),
    ]
}

/// Every comparison in full, wrapped.
pub fn as_written(scene: &Scene<'_>, pen: &mut Pen<'_, '_>) {
    let theme = scene.theme;
    let Some(suggestion) = &scene.suggestion else {
        return pen.text("A containment asks for no evidence: the questions before it did.", 2, theme.content());
    };
    for part in &suggestion.judgement.parts {
        pen.text(&format!("{} is {}: value {}", part.text, part.verdict, part.value), 2, theme.content());
        if let Some(cause) = &part.cause {
            pen.text(cause, 4, theme.dim());
        }
    }
    pen.text(&format!("{}; UNKNOWN never suggests an answer", suggestion.basis), 2, theme.dim());
}

/// The suspect with at most `rows` of its difference.
pub fn change(scene: &Scene<'_>, pen: &mut Pen<'_, '_>, rows: usize) {
    let theme = scene.theme;
    let Some(snapshot) = &scene.model.snapshot else { return };
    let suspect = snapshot.triage.suspect.as_ref().and_then(|suspect| snapshot.changes.get(suspect.change));
    let Some(change) = suspect else { return };
    let name = format!("{} The change", theme.glyphs().pointer());
    let by = change.who.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
    let note = format!("{}{by}", format::clock_near(change.at, scene.model.now));
    pen.section(theme, &Section { name: &name, note: &note, ..Section::default() });
    pen.line(Line::from(Span::styled(format!("{}  {}", change.kind, change.what), theme.change())));
    if let (Some(before), Some(after)) = (&change.before, &change.after) {
        let columns = usize::from(pen.width());
        let told = lines(theme, &diff::words(before, after), columns, Extent::Compact);
        let shown = if told.len() > rows { rows.saturating_sub(1) } else { rows };
        let hidden = told.len().saturating_sub(shown);
        for line in told.into_iter().take(shown) {
            pen.line(line);
        }
        if hidden > 0 {
            let more = format::counted(hidden, "more line", "more lines");
            pen.line(Span::styled(format!("{more}: the change itself shows all"), theme.attention()));
        }
    }
    pen.blank();
}

/// The chart of the worst bad signal.
pub fn chart(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect) {
    let Some(snapshot) = &scene.model.snapshot else { return };
    let badness = |signal: &&SignalState| {
        let status = std::cmp::Reverse(signal.status.is_bad().then_some(signal.status));
        (status, signal.onset.map(|onset| onset.at))
    };
    // What the step asks about says more than what is worst in the whole product.
    let asked: Vec<&str> = scene.step.map(Step::signals).unwrap_or_default();
    let of_step = snapshot.signals.iter().filter(|signal| asked.contains(&signal.spec.id.as_str()));
    let here = of_step.filter(|signal| signal.sample.is_some()).min_by_key(badness);
    let worst = || snapshot.signals.iter().filter(|signal| signal.status.is_bad()).min_by_key(badness);
    let Some(signal) = here.or_else(worst) else { return };
    let mut pen = Pen::new(frame, area);
    let value = signal.sample.map(|sample| format::signal_value(&signal.spec, sample.value)).unwrap_or_default();
    let name = format!("{}{}{value}", signal.spec.title, pen::dot(scene.theme));
    pen.section(scene.theme, &Section { name: &name, note: "2 h", ..Section::default() });
    let rest = pen.take(pen.left());
    draw_chart(scene.theme, pen.frame(), rest, snapshot, signal);
}
