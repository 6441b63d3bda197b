//! Where the numbers come from: every endpoint with its fault in words, latency and last answer. Silence is loud.
//! May not poll.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::Scene;
use crate::domain::observations::{Role, SourceState};
use crate::domain::status::Status;
use crate::ui::format;
use crate::ui::page::{Page, crumbs};
use crate::ui::widgets::badge;
use crate::ui::widgets::table::{Cell, Column, Table};
use crate::ui::widgets::wrap;

const COLUMNS: [Column<'static>; 8] = [
    Column::left("status", 11),
    Column::left("endpoint", 16),
    Column::left("asked for", 9),
    Column::left("vendor", 11).drops(3),
    Column::right("latency", 9),
    Column::right("last answer", 12),
    Column::right("signals", 7).drops(4),
    Column::left("what it says", 20).grows().drops(5),
];
const WORDS: usize = 7;

/// The page of all endpoints.
pub fn sources(scene: &Scene<'_>) -> Page {
    let theme = scene.theme;
    let snapshot = scene.snapshot;
    let well = snapshot.sources.iter().filter(|source| status_of(source) == Status::Ok).count();
    let note = format!("{well} of {} answer", snapshot.sources.len());
    let table = Table::fit(&COLUMNS, u16::try_from(scene.columns).unwrap_or(u16::MAX), 2);
    let head = vec![crumbs(theme, &["Sources"], &note, scene.columns), Line::default(), table.head(theme)];
    let mut body = Vec::new();
    for source in &snapshot.sources {
        body.push(row(scene, &table, source));
        if let Some(trouble) = source.trouble().filter(|_| !table.shows(WORDS)) {
            let words = Span::styled(trouble, theme.status(Status::Unknown));
            let indent = 13;
            for line in wrap::spans(&[words], scene.columns.saturating_sub(indent + 1)) {
                let lead = Span::raw(" ".repeat(indent));
                body.push(Line::from(std::iter::once(lead).chain(line.spans).collect::<Vec<_>>()));
            }
        }
    }
    if snapshot.sources.is_empty() {
        body.push(Line::styled("No endpoint is configured: nothing can be measured.", theme.content()));
    }
    Page { head, body, ..Page::default() }
}

/// OK only with an answer and without a fault.
fn status_of(source: &SourceState) -> Status {
    if source.fault.is_none() && source.answered_at.is_some() { Status::Ok } else { Status::Unknown }
}

fn row(scene: &Scene<'_>, table: &Table<'_>, source: &SourceState) -> Line<'static> {
    let theme = scene.theme;
    let status = status_of(source);
    let vendor = scene.catalogue.endpoints.get(&source.id).cloned().unwrap_or_default();
    let latency = source.latency.map(|latency| format::seconds(latency.as_secs_f64())).unwrap_or_default();
    let ago = |at: Timestamp| format!("{} ago", format::ago(at, scene.snapshot.at));
    let numbers = source.role == Role::Signals;
    let fed = scene.catalogue.signals.iter().filter(|spec| spec.from.as_ref() == Some(&source.id)).count();
    let unasked = || source.answered_at.is_none().then(|| "not asked yet".to_owned());
    let words = source.trouble().or_else(unasked).unwrap_or_default();
    let value = theme.value(status);
    table.row(
        theme,
        &[
            Cell::Drawn(vec![badge::status(theme, status)]),
            Cell::text(source.id.to_string(), theme.content()),
            Cell::text(source.role.word(), theme.content()),
            Cell::text(vendor, theme.dim()),
            Cell::text(latency, theme.content()),
            Cell::text(source.answered_at.map_or_else(|| "never".to_owned(), ago), value),
            Cell::text(if fed > 0 && numbers { fed.to_string() } else { String::new() }, theme.dim()),
            Cell::text(words, value),
        ],
    )
}
