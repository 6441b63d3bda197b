//! Draws the containments in force. May not release anything.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::format;
use super::pen::Pen;
use super::theme::Theme;
use super::widgets::section::Section;
use super::widgets::table::{Cell, Column, Table};
use super::widgets::wrap;
use crate::app::command::CommandId;
use crate::app::containments::{self, ContainmentsScreen, is_due, rows};
use crate::app::{Model, Viewport, undo};
use crate::domain::figures::capitalised;
use crate::domain::gate::{Report, Standing};
use crate::domain::plan::CheckStatus;
use crate::domain::shown::ShownBy;
use crate::domain::snapshot::Containment;

const COLUMNS: [Column<'static>; 7] = [
    Column::left("", 1),
    Column::left("lever", 16),
    Column::left("now", 12).grows(),
    Column::left("away from", 16),
    Column::left("proof", 12).drops(2),
    Column::left("owner, since", 19).drops(1),
    Column::left("review by", 16),
];

/// Columns before a condition of the gate.
const CONDITION: usize = 4;
/// Rows below the gate that have to stay: the suites, the undo, and that nothing releases by itself.
const BELOW_GATE: u16 = 3;

/// Draws the screen.
pub fn draw(
    model: &Model,
    theme: &Theme,
    frame: &mut Frame<'_>,
    body: Rect,
    screen: ContainmentsScreen,
    viewport: &mut Viewport,
) {
    let rows = rows(model);
    let mut pen = Pen::new(frame, Rect { width: body.width.min(120), ..body });
    let note = format!("{} in force", rows.len());
    pen.section(theme, &Section { number: None, name: "Containments", note: &note, focused: true });
    for glass in model.ledger.glasses.open() {
        let entry = &glass.entry;
        let due = if glass.is_overdue(model.now) { "OVERDUE since" } else { "review by" };
        let at = format::clock_near(entry.review_by, model.now);
        let words = format!("BREAK GLASS by {}: {} ({}), {due} {at}", entry.by, entry.title, entry.why);
        pen.text(&words, 2, theme.alarm());
        let review = model.catalogue.command(&format!("review {} --why …", entry.digest.short()));
        let how = format!("somebody else looks at it: {review}");
        pen.text(&how, 2, theme.dim());
    }
    if rows.is_empty() {
        let words = if model.snapshot.is_some() {
            "  Every lever that could be read is at its normal setting."
        } else {
            "  Not known yet: the levers are being read."
        };
        return pen.line(Span::styled(words, theme.content()));
    }
    let table = Table::fit(&COLUMNS, pen.width(), 1);
    pen.line(table.head(theme));
    viewport.page = usize::from(pen.left()).max(1);
    for (at, containment) in rows.iter().enumerate() {
        let selected = at == screen.at;
        let due = is_due(containment, model);
        let review = match containment.review_by {
            Some(by) if due => format!("DUE since {}", format::ago(by, model.now)),
            Some(by) => format!("in {}", format::duration(by.duration_since(model.now).as_secs_f64())),
            None => "nobody set one".to_owned(),
        };
        let who = containment.who.clone().unwrap_or_else(|| "not by us".to_owned());
        let since = containment.since.map(|at| format!(", {}", format::clock_near(at, model.now))).unwrap_or_default();
        let lost = containment.unreadable.is_some();
        let proof = match containment.state {
            _ if lost => "cannot read",
            _ if containment.stage.is_some() => "releasing",
            _ if containment.displaced => "displaced",
            Some(_) if containment.shown_by == Some(ShownBy::ServingSide) => "serving side",
            Some(state) => state.word(),
            None => "not ours",
        };
        let now = if lost { format!("was {}", containment.now) } else { containment.now.to_string() };
        let text = if selected { theme.decides() } else { theme.content() };
        let row = table.row(
            theme,
            &[
                Cell::text(if selected { theme.glyphs().selected() } else { " " }, theme.contained()),
                Cell::text(containment.lever.as_str(), text),
                Cell::text(now, if lost || containment.displaced { theme.attention() } else { theme.contained() }),
                Cell::text(containment.away_from(), theme.dim()),
                Cell::text(proof, theme.content()),
                Cell::text(format!("{who}{since}"), theme.content()),
                Cell::text(review, if due { theme.attention() } else { theme.dim() }),
            ],
        );
        if selected { pen.band(theme, row) } else { pen.line(row) }
    }
    pen.blank();
    if let Some(held) = rows.get(screen.at).filter(|containment| containment.unreadable.is_none()) {
        // Of a displaced lever the words say it already.
        let away = if held.displaced { String::new() } else { format!(" ({})", held.away_from()) };
        pen.text(&format!("{}{away}.", held.words()), 2, theme.contained());
    }
    if let Some(end) = rows.get(screen.at).and_then(|held| containments::ended(model, held)) {
        pen.text(&format!("{}.", capitalised(&end.words())), 2, theme.alarm());
    }
    for lost in rows.iter().filter(|containment| containment.unreadable.is_some()) {
        pen.text(&format!("{}.", lost.words()), 2, theme.attention());
    }
    if let Some(held) = rows.get(screen.at).filter(|held| held.stage.is_some())
        && !containments::is_released_here(model, &held.lever)
    {
        let again = containments::contains_again(model, held).map(|key| format!("{key} contains it again."));
        let words = match containments::ended(model, held) {
            Some(_) => "",
            None => "This session does not release it. If the process that does is dead, nobody brings it back. ",
        };
        pen.text(&format!("{words}{}", again.unwrap_or_default()), 2, theme.alarm());
    }
    if let Some(report) = containments::gate(model, screen.at) {
        gate(model, theme, &mut pen, &report);
    }
    match undo::target(model) {
        Ok(run) if undo::offered(model).is_none() => {
            let words = format!("{} was taken back already, or its action is gone: nothing to undo.", run.intent.title);
            pen.text(&words, 2, theme.content());
        }
        Ok(run) => pen.line(Line::from(vec![
            Span::raw("  "),
            Span::styled(model.keymap.label(CommandId::Undo), theme.key()),
            Span::styled(undo_words(rows.get(screen.at), &run.intent.title), theme.content()),
        ])),
        Err(why) => pen.text(&format!("{}.", capitalised(&why)), 2, theme.content()),
    }
    pen.text("Nothing releases by itself: a review-by time asks, a person decides.", 2, theme.dim());
}

/// What the undo would do here.
fn undo_words(held: Option<&Containment>, title: &str) -> String {
    match held.and_then(|held| held.stage.as_ref()) {
        Some(_) => " previews going on from here, where nobody releases it any more".to_owned(),
        None => format!(" previews the undo of: {title}"),
    }
}

/// The restore gate of the selected containment: what is next, and every condition that does not hold.
fn gate(model: &Model, theme: &Theme, pen: &mut Pen<'_, '_>, report: &Report) {
    let open = report.is_open();
    let style = if open { theme.content() } else { theme.attention() };
    let what = match &report.stage {
        Some(stage) => format!("  Releasing {}, {}: ", report.lever, stage.words()),
        None => format!("  Restore gate of {}: ", report.lever),
    };
    pen.line(Line::from(vec![Span::styled(what, theme.content()), Span::styled(report.next(model.now), style)]));
    let columns = usize::from(pen.width()).saturating_sub(CONDITION);
    let mut conditions: Vec<(String, Style)> = Vec::new();
    for line in &report.lines {
        let (status, style) = match line.standing {
            Standing::Held => (CheckStatus::Pass, theme.dim()),
            Standing::Open => (CheckStatus::Unknown, theme.content()),
            Standing::Failed => (CheckStatus::Fail, theme.attention()),
        };
        let glyph = theme.glyphs().check(status);
        let text = format!("{glyph} {} {}: {}", line.name, line.standing.word(), line.why);
        conditions.extend(wrap::lines(&text, columns).into_iter().map(|text| (text, style)));
    }
    // What is not shown is counted, and never costs the keys their place.
    let room = usize::from(pen.left().saturating_sub(BELOW_GATE));
    let hidden = if conditions.len() > room { conditions.len() - room.saturating_sub(1) } else { 0 };
    let shown = conditions.len() - hidden;
    for (text, style) in conditions.into_iter().take(shown) {
        pen.line(Span::styled(format!("{}{text}", " ".repeat(CONDITION)), style));
    }
    if hidden > 0 {
        let more = format::counted(hidden, "more line", "more lines");
        pen.line(Span::styled(format!("    {more} of the gate: a higher terminal shows them"), theme.attention()));
    }
    let key = model.keymap.label(CommandId::Suites);
    pen.line(Line::from(vec![
        Span::raw("  "),
        Span::styled(key, theme.key()),
        Span::styled(" asks the suites now, through the product's public path", theme.content()),
    ]));
}
