//! Signal detail: the value, the chart, what is known, and how it is asked. For a signal nobody wired: how to wire it.
//! May not judge.

use ratatui::text::{Line, Span};

use super::{Scene, facts};
use crate::domain::ids::SignalId;
use crate::domain::signal::{SignalSpec, SignalState};
use crate::ui::page::{Page, beside, crumbs, fact};
use crate::ui::widgets::section::Section;
use crate::ui::widgets::wrap;

/// The page of a signal, wired or not.
pub fn signal(scene: &Scene<'_>, id: &SignalId) -> Page {
    match scene.snapshot.signals.iter().find(|state| state.spec.id == *id) {
        Some(state) => wired(scene, state),
        None => not_wired(scene, id),
    }
}

fn wired(scene: &Scene<'_>, signal: &SignalState) -> Page {
    let theme = scene.theme;
    let spec = &signal.spec;
    let id = spec.id.as_str();
    let note = if spec.title == id { String::new() } else { id.to_owned() };
    let mut head =
        vec![crumbs(theme, &["Layers", spec.layer.as_str(), &spec.title], &note, scene.columns), Line::default()];
    head.extend(facts::value_lines(scene, signal));
    let columns = scene.columns.saturating_sub(2);
    let (left, gap) = if scene.is_wide() { (columns * 11 / 20, 4) } else { (columns, 0) };
    let right = if scene.is_wide() { columns - left - gap } else { columns };

    let mut known = section(scene, "What is known", left);
    known.extend(facts::fact_lines(scene, signal, left));
    let mut asked = section(scene, "How it is asked", right);
    asked.extend(query_lines(scene, spec, right));
    let changes = facts::change_lines(scene, signal, left);

    let below = if scene.is_wide() {
        let mut left_block = known;
        left_block.push(Line::default());
        left_block.extend(changes);
        beside(left_block, asked, left, gap)
    } else {
        [known, vec![Line::default()], changes, vec![Line::default()], asked].concat()
    };
    let spare = scene.rows.saturating_sub(head.len() + below.len() + 3);
    let chart_rows = spare.clamp(scene.rows / 3, 22).max(5);
    let mut body = vec![Line::default()];
    body.extend(facts::chart_lines(scene, signal, columns, chart_rows));
    body.push(Line::default());
    body.extend(below);
    Page { head, body, ..Page::default() }
}

fn section(scene: &Scene<'_>, name: &str, columns: usize) -> Vec<Line<'static>> {
    let section = Section { name, ..Section::default() };
    vec![section.line(scene.theme, u16::try_from(columns).unwrap_or(u16::MAX))]
}

/// The query as it is sent, so that it can be read aloud or tried elsewhere.
fn query_lines(scene: &Scene<'_>, spec: &SignalSpec, columns: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let mut lines = Vec::new();
    let mut add = |name: &str, text: &str| {
        if !text.is_empty() {
            lines.extend(fact(theme, name, &[Span::styled(text.to_owned(), theme.content())], columns));
        }
    };
    let from = spec.from.as_ref().map_or_else(
        || "a readings file".to_owned(),
        |id| {
            let vendor = scene.catalogue.endpoints.get(id);
            vendor.map_or_else(|| id.to_string(), |vendor| format!("{id} ({vendor})"))
        },
    );
    add("from", &from);
    add("query", &spec.query.value);
    add("pointer", spec.query.pointer.as_deref().unwrap_or_default());
    add("samples", spec.query.samples.as_deref().unwrap_or_default());
    if let Some(cohorts) = &spec.query.cohorts {
        add("cohorts", &cohorts.value);
        add("their n", cohorts.samples.as_deref().unwrap_or_default());
    }
    if let Some(slo) = &spec.query.slo {
        add("bad", &slo.bad);
        add("of total", &slo.total);
    }
    lines
}

/// What the vocabulary says, and the lines to put into the config.
fn not_wired(scene: &Scene<'_>, id: &SignalId) -> Page {
    let theme = scene.theme;
    let columns = scene.columns.saturating_sub(2);
    let text = |text: String| wrap::spans(&[Span::styled(text, theme.content())], columns);
    let mut body = Vec::new();
    let mut path = vec!["Layers", id.as_str()];
    match scene.catalogue.vocabulary.get(id) {
        Some(spec) => {
            path.insert(1, spec.layer.as_str());
            if !spec.meaning.is_empty() {
                body.extend(fact(theme, "means", &[Span::styled(spec.meaning.clone(), theme.content())], columns));
            }
            for (name, limits) in [("crit", &spec.crit), ("warn", &spec.warn)] {
                if let Some(limits) = limits {
                    body.extend(fact(theme, name, &[Span::styled(limits.to_string(), theme.content())], columns));
                }
            }
            body.push(Line::default());
            body.extend(section(scene, "How to wire it", columns));
            body.extend(text("Put this into the config, with a source and a query of your own:".into()));
            let (source, query) = suggestion(scene, spec);
            for line in [format!("[signal.{id}]"), format!("from = \"{source}\""), format!("query = '{query}'")] {
                body.push(Line::styled(format!("    {line}"), theme.decides()));
            }
        }
        None => body.extend(text("Neither the config nor the vocabulary knows this signal; esc goes back.".into())),
    }
    let status = Line::styled(format!("{} not wired: outside every verdict", theme.glyphs().not_wired()), theme.dim());
    Page {
        head: vec![crumbs(theme, &path, "", scene.columns), Line::default(), status, Line::default()],
        body,
        ..Page::default()
    }
}

/// The first endpoint that already feeds signals, and the vocabulary's query if it has one.
fn suggestion(scene: &Scene<'_>, spec: &SignalSpec) -> (String, String) {
    let source = scene.catalogue.signals.iter().find_map(|wired| wired.from.clone());
    let source = source.map_or_else(|| "NAME OF AN ENDPOINT".to_owned(), |id| id.to_string());
    let query = if spec.query.value.is_empty() { "PROMQL".to_owned() } else { spec.query.value.clone() };
    (source, query)
}
