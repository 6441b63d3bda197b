//! What is known of one signal in words: value line, what it means, cohorts, burn, limits, changes before it.
//! May not judge; the snapshot did.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Scene;
use crate::domain::change::Change;
use crate::domain::limits::Limits;
use crate::domain::signal::SignalState;
use crate::domain::status::Status;
use crate::ui::format;
use crate::ui::page;
use crate::ui::widgets::badge;
use crate::ui::widgets::chart::{Chart, Mark, onset_words};
use crate::ui::widgets::section::Section;
use crate::ui::widgets::wrap;

/// Changes this long before the onset (or now) are listed beside a signal.
const BEFORE_S: u32 = 2 * 3_600;

/// `✗ CRIT  0.71   normal 0.88 ± 0.02   z −8.4 · n 412 · onset 02:51Z ± 3 min`, wrapped.
pub fn value_lines(scene: &Scene<'_>, signal: &SignalState) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let gap = || Span::raw("   ");
    let mut spans = vec![badge::status(theme, signal.status), gap()];
    spans.push(match &signal.sample {
        Some(sample) => {
            // Only a judged value is bright; one that cannot be trusted has the colour of its status.
            let style = if signal.status == Status::Ok { theme.decides() } else { theme.status(signal.status) };
            Span::styled(format::signal_value(&signal.spec, sample.value), style)
        }
        None => Span::styled("no value", theme.status(signal.status)),
    });
    spans.push(gap());
    spans.extend(normal(scene, signal));
    let mut context = Vec::new();
    if let Some(z) = signal.z {
        context.push(format!("z {}", format::signed(z)));
    }
    if let Some(n) = signal.sample.as_ref().and_then(|sample| sample.n) {
        context.push(format!("n {}", format::samples(n)));
    }
    if let Some(age) = signal.age_s {
        context.push(format!("{} old", format::duration(age)));
    }
    if let Some(onset) = &signal.onset {
        context.push(onset_words(theme, onset.at, onset.earliest, onset.latest));
    }
    for (at, part) in context.iter().enumerate() {
        let (gap, between) =
            if at == 0 { ("   ", String::new()) } else { (" ", format!("{} ", theme.glyphs().between())) };
        spans.push(Span::styled(format!("{gap}{}", wrap::unbroken(&format!("{between}{part}"))), theme.dim()));
    }
    wrap::spans(&spans, scene.columns)
}

fn normal(scene: &Scene<'_>, signal: &SignalState) -> Vec<Span<'static>> {
    let theme = scene.theme;
    match &signal.baseline {
        Some(baseline) => {
            let spec = &signal.spec;
            vec![
                Span::styled("normal ", theme.dim()),
                Span::styled(format::signal_value(spec, baseline.median), theme.content()),
                Span::styled(
                    format!(" {} {}", theme.glyphs().plus_minus(), format::signal_value(spec, baseline.spread)),
                    theme.dim(),
                ),
            ]
        }
        None => vec![Span::styled("normal not known yet", theme.dim())],
    }
}

/// The facts as `name  value` lines of at most `columns`.
pub fn fact_lines(scene: &Scene<'_>, signal: &SignalState, columns: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let spec = &signal.spec;
    let mut lines = Vec::new();
    let mut add = |name: &str, value: Vec<Span<'static>>| lines.extend(page::fact(theme, name, &value, columns));
    if let Some(cause) = &signal.cause {
        add("why", vec![Span::styled(cause.clone(), theme.value(signal.status))]);
    }
    if !spec.meaning.is_empty() {
        add("means", vec![Span::styled(spec.meaning.clone(), theme.content())]);
    }
    add("limits", limits(scene, signal));
    if let Some(needed) = spec.min_samples {
        add(
            "samples",
            vec![Span::styled(format!("at least {} for a verdict", format::count(needed)), theme.content())],
        );
    }
    if let Some(worst) = &signal.worst {
        let mut spans = vec![Span::styled(
            format!("{} {}", worst.name, format::signal_value(spec, worst.value)),
            theme.value(signal.status),
        )];
        let mut rest = Vec::new();
        rest.extend(worst.baseline.map(|normal| format!("normal {}", format::signal_value(spec, normal))));
        rest.extend(worst.share.map(|share| format!("{} of traffic", format::percent(share))));
        rest.extend(worst.n.map(|n| format!("n {}", format::samples(n))));
        rest.extend(signal.spread.map(|spread| format!("{spread:.1}x from the other cohorts")));
        for part in rest {
            let part = wrap::unbroken(&format!("{} {part}", theme.glyphs().between()));
            spans.push(Span::styled(format!(" {part}"), theme.dim()));
        }
        add("worst cohort", spans);
    } else if spec.query.cohorts.is_some() {
        add("cohorts", vec![Span::styled("none is adequately sampled", theme.dim())]);
    }
    if let Some(slo) = &spec.query.slo {
        add("burn", burn(scene, signal, slo.objective));
    }
    lines
}

fn limits(scene: &Scene<'_>, signal: &SignalState) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let mut spans = Vec::new();
    for (word, limits) in [("crit", &signal.spec.crit), ("warn", &signal.spec.warn)] {
        let Some(limits) = limits else { continue };
        let broken = limits.bounds().iter().any(|bound| Some(format!("{word} {bound}")) == signal.broken);
        let style: Style = if broken { theme.status(signal.status) } else { theme.content() };
        if !spans.is_empty() {
            spans.push(Span::raw("   "));
        }
        spans.push(Span::styled(format!("{word} "), theme.dim()));
        spans.push(Span::styled(in_unit(signal, limits), style));
    }
    if spans.is_empty() {
        spans.push(Span::styled("none declared: this signal can never be OK", theme.dim()));
    }
    spans
}

/// `< 0.85`, or `> 1.8x normal (1.42 s)`.
fn in_unit(signal: &SignalState, limits: &Limits) -> String {
    let median = signal.baseline.as_ref().map(|baseline| baseline.median);
    let words = limits.bounds().iter().map(|bound| {
        let sign = if bound.above { '>' } else { '<' };
        match (bound.relative, bound.absolute(median)) {
            (true, Some(limit)) => {
                format!("{sign} {}x normal ({})", bound.number, format::signal_value(&signal.spec, limit))
            }
            (true, None) => format!("{sign} {}x normal (not known yet)", bound.number),
            (false, _) => format!("{sign} {}", format::signal_value(&signal.spec, bound.number)),
        }
    });
    words.collect::<Vec<_>>().join(" or ")
}

fn burn(scene: &Scene<'_>, signal: &SignalState, objective: f64) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let mut spans = Vec::new();
    for (window, rate) in &signal.rates {
        let style = if *rate >= 1.0 { theme.decides() } else { theme.content() };
        spans.push(Span::styled(wrap::unbroken(&format!("{} ", format::burn(*rate))), style));
        spans.push(Span::styled(wrap::unbroken(&format!("in {}", format::window(*window))), theme.dim()));
        spans.push(Span::raw("   "));
    }
    if spans.is_empty() {
        spans.push(Span::styled("not known yet   ", theme.dim()));
    }
    spans.push(Span::styled(wrap::unbroken(&format!("objective {}", format::percent(objective))), theme.dim()));
    spans
}

/// The chart as lines, with every change of the window marked.
pub fn chart_lines(scene: &Scene<'_>, signal: &SignalState, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let (from, to) = scene.window();
    let within = |change: &&Change| change.at >= from && change.at <= to;
    let mark = |change: &Change| Mark { at: change.at, label: format!("{} {}", change.kind, change.what) };
    let marks: Vec<Mark> = scene.snapshot.changes.iter().filter(within).map(mark).collect();
    page::lines_of(Chart { signal, from, to, marks: &marks, theme: scene.theme }, columns, rows)
}

/// Changes in the two hours before the onset (or before now), newest first, under their own head.
pub fn change_lines(scene: &Scene<'_>, signal: &SignalState, columns: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let (reference, name) = match &signal.onset {
        Some(onset) => (onset.at, "Changes before the onset"),
        None => (scene.snapshot.at, "Changes before now"),
    };
    let note = format::window(BEFORE_S.into());
    let columns_u16 = u16::try_from(columns).unwrap_or(u16::MAX);
    let mut lines = vec![Section { name, note: &note, ..Section::default() }.line(theme, columns_u16)];
    let before = |change: &&Change| {
        let lag = reference.duration_since(change.at).as_secs();
        (-60..=i64::from(BEFORE_S)).contains(&lag)
    };
    for change in scene.snapshot.changes.iter().filter(before) {
        let lag = reference.duration_since(change.at).as_secs();
        let who = change.who.as_deref().map(|who| format!("   {who}")).unwrap_or_default();
        let ours = if change.ours { "   by this cockpit" } else { "" };
        let spans = [
            Span::styled(wrap::pad_left(&format::lag(lag), 15, ""), theme.dim()),
            Span::styled(format!("  {:<10}", change.kind), theme.change()),
            Span::styled(change.what.clone(), theme.content()),
            Span::styled(format!("{who}{ours}"), theme.dim()),
        ];
        lines.extend(wrap::spans(&spans, columns).into_iter().take(2));
    }
    if lines.len() == 1 {
        lines.push(Line::styled("  none that a feed reports", theme.dim()));
    }
    lines
}
