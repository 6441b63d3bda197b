//! What the product was made of before the incident's first change, what it is made of now, and what differs.
//! May not read anything: the engine does when the page is opened.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::app::command::CommandId;
use crate::domain::status::Status;
use crate::domain::version::{self, Compared, Found, Part, Standing, VersionSnapshot};
use crate::ui::format;
use crate::ui::page::{Page, crumbs};
use crate::ui::theme::Theme;
use crate::ui::widgets::table::{Cell, Column, Table};
use crate::ui::widgets::wrap;

const COLUMNS: [Column<'static>; 5] = [
    Column::left("", 10),
    Column::left("part", 12),
    Column::left("told by", 16).drops(2),
    Column::left("then", 22),
    Column::left("now", 22).grows(),
];
/// Where the words below a row begin.
const INDENT: usize = 12;

/// The page of the version snapshot.
#[must_use]
pub fn versions(model: &Model, theme: &Theme, columns: usize) -> Page {
    let now = model.versions_now.as_deref();
    let then = model.ledger.versions_then().map(AsRef::as_ref);
    let incident = model.ledger.open.as_ref().map(|open| open.id.to_string());
    let path: Vec<&str> = std::iter::once("Versions").chain(incident.as_deref()).collect();
    let note = now.map_or_else(String::new, |now| format!("now read {}", format::clock_near(now.at, model.now)));
    let table = Table::fit(&COLUMNS, u16::try_from(columns).unwrap_or(u16::MAX), 2);
    let mut head = vec![crumbs(theme, &path, &note, columns)];
    for line in wrap::spans(&[Span::styled(what(model, then, now), theme.content())], columns) {
        head.push(line);
    }
    head.extend([Line::default(), table.head(theme)]);
    // Without a snapshot there is only now; without a reading there is only then.
    let empty = VersionSnapshot { at: Timestamp::UNIX_EPOCH, took_ms: 0, lines: Vec::new() };
    let lines = version::compare(then.unwrap_or(&empty), now.unwrap_or(&empty));
    let mut body = Vec::new();
    let mut part = None;
    for line in &lines {
        let of = line.then.or(line.now).map(|line| line.part);
        let both = then.is_some() && now.is_some();
        body.extend(row(theme, &table, line, of.filter(|_| of != part), both, columns));
        part = of;
    }
    if body.is_empty() {
        body.push(Line::styled("Being read; it takes two seconds at most.", theme.content()));
    }
    Page { head, body, ..Page::default() }
}

/// The sentence on top.
fn what(model: &Model, then: Option<&VersionSnapshot>, now: Option<&VersionSnapshot>) -> String {
    let Some(then) = then else {
        let whole = now.map_or_else(String::new, |now| {
            format!(" {} of {} parts are known now.", now.whole_parts(), Part::ALL.len())
        });
        return format!("No version snapshot yet: it is taken right before an incident's first change.{whole}");
    };
    let took = format::seconds(Duration::from_millis(then.took_ms).as_secs_f64());
    let taken = format!(
        "Taken {} before the first change, in {took}: {} of {} parts.",
        format::clock_near(then.at, model.now),
        then.whole_parts(),
        Part::ALL.len()
    );
    let Some(now) = now else { return format!("{taken} What is in service now is being read.") };
    let moved = version::compare(then, now).iter().filter(|line| line.standing == Standing::Moved).count();
    let again = model.keymap.label(CommandId::Refresh);
    let differs = match moved {
        0 => "Nothing that is known moved since".to_owned(),
        1 => "1 line moved since".to_owned(),
        n => format!("{n} lines moved since"),
    };
    format!("{taken} {differs}; {again} reads again.")
}

fn row(
    theme: &Theme,
    table: &Table<'_>,
    line: &Compared<'_>,
    part: Option<Part>,
    both: bool,
    columns: usize,
) -> Vec<Line<'static>> {
    let status = match line.standing {
        Standing::Same => Status::Ok,
        Standing::Moved => Status::Warn,
        Standing::CannotSay => Status::Unknown,
    };
    let word = if both { line.standing.word() } else { "" };
    let by = line.then.or(line.now).map(|line| line.by.clone()).unwrap_or_default();
    let cell = |found: Option<&Found>, strong: bool| match found {
        Some(Found::Known { value, hash, .. }) => {
            let hash = hash.as_ref().map(|hash| format!(" {hash}")).unwrap_or_default();
            Cell::text(format!("{value}{hash}"), if strong { theme.change() } else { theme.content() })
        }
        Some(Found::Gap { .. }) => Cell::text("gap", theme.value(Status::Unknown)),
        None => Cell::text("", theme.dim()),
    };
    let (then, now) = (line.then.map(|line| &line.found), line.now.map(|line| &line.found));
    let cells = [
        Cell::text(word, if both { theme.value(status) } else { theme.dim() }),
        Cell::text(part.map_or("", Part::word), theme.content()),
        Cell::text(by.clone(), theme.dim()),
        cell(then, false),
        cell(now, line.standing == Standing::Moved),
    ];
    let mut lines = vec![table.row(theme, &cells)];
    for (words, style) in below(theme, then, now) {
        for wrapped in wrap::spans(&[Span::styled(words, style)], columns.saturating_sub(INDENT + 1)) {
            let lead = Span::raw(" ".repeat(INDENT));
            lines.push(Line::from(std::iter::once(lead).chain(wrapped.spans).collect::<Vec<_>>()));
        }
    }
    lines
}

/// Why something is a gap, since when it is in service, the entries of a log.
fn below(theme: &Theme, then: Option<&Found>, now: Option<&Found>) -> Vec<(String, Style)> {
    let mut words = Vec::new();
    let cause = |found: Option<&Found>| match found {
        Some(Found::Gap { cause }) => Some(cause.clone()),
        _ => None,
    };
    let (gap_then, gap_now) = (cause(then), cause(now));
    match (gap_then, gap_now) {
        (Some(then), Some(now)) if then == now => words.push((then, theme.value(Status::Unknown))),
        (then, now) => {
            words.extend(then.map(|cause| (format!("then: {cause}"), theme.value(Status::Unknown))));
            words.extend(now.map(|cause| (format!("now: {cause}"), theme.value(Status::Unknown))));
        }
    }
    let known = then.filter(|found| matches!(found, Found::Known { .. })).or(now);
    if let Some(Found::Known { as_of, entries, .. }) = known {
        if entries.is_empty() {
            let when = if then.is_some() { "then in service since" } else { "in service since" };
            words.extend(as_of.map(|at| (format!("{when} {}", format::full(at)), theme.dim())));
        }
        words.extend(entries.iter().map(|entry| (format!("{}  {}", format::full(entry.at), entry.what), theme.dim())));
    }
    words
}
