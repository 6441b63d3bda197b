//! Draws a run: its stations with times, what is waited for, and what is offered when it did not help.
//! May not tell a run's state by itself: `app::run` does.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::format;
use super::main::contain_offer;
use super::pen::Pen;
use super::runbook::evidence;
use super::theme::Theme;
use super::widgets::section::Section;
use super::widgets::table::{Cell, Column, Table};
use crate::app::command::CommandId;
use crate::app::run::{self, RunScreen, Station};
use crate::app::{Model, Viewport, undo};
use crate::domain::evidence::{Missing, Verdict};
use crate::domain::restored::Back;
use crate::domain::run::RunState;
use crate::domain::status::Status;

/// Draws the screen.
pub fn draw(
    model: &Model,
    theme: &Theme,
    frame: &mut Frame<'_>,
    body: Rect,
    screen: &RunScreen,
    viewport: &mut Viewport,
) {
    viewport.page = 1;
    let area = Rect { width: body.width.min(110), ..body };
    let mut pen = Pen::new(frame, area);
    let state = screen.run.as_ref().and_then(|run| run::state(model, run));
    let title = match (&screen.plan, &screen.run) {
        (Some(plan), _) => plan.title.clone(),
        (None, Some(run)) => run::title(model, run),
        (None, None) => screen.action.to_string(),
    };
    pen.line(Line::from(vec![
        Span::styled(format!("Run {} ", theme.glyphs().crumb()), theme.dim()),
        Span::styled(title, theme.decides()),
        Span::styled(screen.run.as_ref().map(|run| format!("  {}", run.short())).unwrap_or_default(), theme.dim()),
    ]));
    if let Some(plan) = &screen.plan {
        pen.line(Line::from(vec![
            Span::styled(format!("  {}: ", plan.target), theme.dim()),
            Span::styled(plan.observed.setting.to_string(), theme.content()),
            Span::styled(format!(" {} ", theme.glyphs().arrow()), theme.dim()),
            Span::styled(plan.after.to_string(), theme.after(plan.direction)),
        ]));
    }
    pen.gap();
    pen.section(
        theme,
        &Section { number: None, name: "Stations", note: "a yes from an API is not proof", focused: false },
    );
    let stations = run::stations(model, screen);
    let now_at = stations.iter().rposition(|station| station.at.is_some());
    for (at, station) in stations.iter().enumerate() {
        let here = now_at == Some(at);
        let line = station_line(model, theme, station, here);
        if here { pen.band(theme, line) } else { pen.line(line) }
    }
    pen.gap();
    let loud = matches!(state, Some(RunState::Unknown | RunState::Stuck | RunState::Superseded));
    let waiting = run::waiting_for(model, screen);
    pen.text(&waiting, 2, if loud { theme.attention() } else { theme.decides() });
    if let Some((by, within)) = run::deadline(model, screen) {
        let left = by.duration_since(model.now).as_secs();
        let words = format!(
            "  stuck unless traffic shows it within {} of the store's yes: {} left",
            format::duration(within.as_secs_f64()),
            format::timer(left.max(0))
        );
        pen.line(Span::styled(words, theme.attention()));
    }
    let effect = screen.plan.as_ref().map(|plan| plan.effect.clone());
    if let Some(effect) = effect.filter(|effect| !effect.is_empty()) {
        pen.text(&effect, 2, theme.dim());
    }
    live_effect(model, theme, &mut pen, screen);
    offers(model, theme, &mut pen, screen);
}

/// The effect's comparisons, live: what verified waits for.
fn live_effect(model: &Model, theme: &Theme, pen: &mut Pen<'_, '_>, screen: &RunScreen) {
    let note = "only samples newer than the store's yes";
    if let Some(way_back) = run::way_back(model, screen) {
        pen.gap();
        pen.section(theme, &Section { name: "On the way back", note, ..Section::default() });
        return back_table(theme, pen, &way_back);
    }
    let Some(judgement) = run::effect(model, screen) else { return };
    pen.gap();
    pen.section(theme, &Section { name: "Effect in the traffic", note, ..Section::default() });
    evidence::table(theme, pen, &judgement.parts);
}

const BACK: [Column<'static>; 5] = [
    Column::left("signal", 24).grows(),
    Column::right("before", 9),
    Column::right("undone at", 9).drops(1),
    Column::right("now", 9),
    Column::left("", 14),
];

/// Where each signal was, and whether it is there again.
fn back_table(theme: &Theme, pen: &mut Pen<'_, '_>, way_back: &[Back]) {
    let table = Table::fit(&BACK, pen.width(), 2);
    pen.line(table.head(theme));
    for back in way_back {
        let word = match back.verdict {
            Verdict::True => "back",
            Verdict::False => "not back yet",
            Verdict::Unknown => "cannot say",
        };
        let mark = format!("{} {word}", theme.glyphs().verdict(back.verdict));
        let value = |shown: Option<&String>| shown.cloned().unwrap_or_else(|| "?".to_owned());
        pen.line(table.row(
            theme,
            &[
                Cell::text(back.title.clone(), theme.content()),
                Cell::text(value(back.before.as_ref()), theme.dim()),
                Cell::text(value(back.from.as_ref()), theme.dim()),
                Cell::text(value(back.now.as_ref().ok()), theme.decides()),
                Cell::text(mark, theme.verdict(back.verdict)),
            ],
        ));
        if let Err(Missing(why)) = &back.now {
            pen.text(why, 2, theme.dim());
        }
    }
}

fn station_line(model: &Model, theme: &Theme, station: &Station, here: bool) -> Line<'static> {
    let (glyph, style) = match station.state {
        _ if station.at.is_none() => (theme.glyphs().between(), theme.dim()),
        RunState::Unknown | RunState::Unseen => (theme.glyphs().status(Status::Unknown), theme.alarm()),
        RunState::Stuck | RunState::Superseded => (theme.glyphs().status(Status::Warn), theme.alarm()),
        RunState::Rejected | RunState::NotSent => (theme.glyphs().status(Status::Crit), theme.status(Status::Crit)),
        RunState::Verified => (theme.glyphs().status(Status::Ok), theme.status(Status::Ok)),
        _ if here => (theme.glyphs().pointer(), theme.attention()),
        _ => (theme.glyphs().status(Status::Ok), theme.content()),
    };
    let at = station.at.map_or_else(String::new, |at| format::clock_near(at, model.now));
    let word = if station.at.is_some() { station.state.word().to_owned() } else { format!("{} …", station.state) };
    let word = if theme.glyphs().is_ascii() { word.replace('…', "") } else { word };
    Line::from(vec![
        Span::styled(format!("  {glyph} {word:<14}"), style),
        Span::styled(format!("{at:<11}"), theme.dim()),
        Span::styled(station.why.clone(), theme.content()),
    ])
}

fn offers(model: &Model, theme: &Theme, pen: &mut Pen<'_, '_>, screen: &RunScreen) {
    let fallbacks = run::fallbacks(model, screen);
    if !fallbacks.is_empty() {
        pen.gap();
        pen.section(theme, &Section { number: None, name: "Try next", note: "", focused: false });
        for action in fallbacks {
            let line = contain_offer(model, theme, action, pen.width());
            pen.line(line);
        }
    }
    // Of an undo there is none, and of what was undone neither: only where `U` would take back this very run.
    let own = undo::offered(model).is_some_and(|record| Some(&record.intent.run) == screen.run.as_ref());
    if own && !run::is_between(model, screen) {
        pen.gap();
        pen.line(Line::from(vec![
            Span::raw("  "),
            Span::styled(model.keymap.label(CommandId::Undo), theme.key()),
            Span::styled(" previews the undo: it restores the exact prior setting", theme.content()),
        ]));
    }
}
