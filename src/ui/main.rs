//! Lays the main screen out: two columns when wide, tabs when narrower. May not draw a panel itself.
//!
//! ```text
//! wide                          medium                        narrow
//! 1 Layers     2 What changed   1 Layers                      1 Layers
//! selected     3 Likely causes  selected     tabs 2 3 4       tabs 2 3 4 5
//! 5 Timeline   4 Contain        5 Timeline
//! ```

mod causes;
mod changes;
mod contain;
mod layers;
pub mod selected;
mod tabs;
mod timeline;

pub use contain::{INDENT as CONTAIN_INDENT, offer as contain_offer, reason as contain_reason};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Shape;
use super::format;
use super::pen::{self, Pen};
use super::theme::Theme;
use crate::app::command::CommandId;
use crate::app::main::Panel;
use crate::app::viewport::PanelView;
use crate::app::{Model, Viewport};

/// Rows of the lowest panel at least.
const LEAST_LAST: u16 = 2;
/// Rows of a chart at most: a higher one says no more.
const HIGHEST_CHART: u16 = 24;

/// What a panel is drawn with.
pub struct Canvas<'a> {
    /// What is known.
    pub model: &'a Model,
    /// How to draw.
    pub theme: &'a Theme,
    /// The frame's width class.
    pub shape: Shape,
}

/// Draws the main screen.
pub fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, body: Rect, viewport: &mut Viewport) {
    let canvas = Canvas { model, theme, shape: Shape::of(frame.area()) };
    match canvas.shape {
        Shape::Wide => wide(&canvas, frame, body, viewport),
        Shape::Medium => medium(&canvas, frame, body, viewport),
        Shape::Narrow => narrow(&canvas, frame, body, viewport),
    }
}

fn wide(canvas: &Canvas<'_>, frame: &mut Frame<'_>, body: Rect, viewport: &mut Viewport) {
    let right_width = (body.width * 38 / 100).clamp(48, 76);
    let gap = 4;
    let left = Rect { width: body.width.saturating_sub(right_width + gap), ..body };
    let right = Rect { x: body.right().saturating_sub(right_width), width: right_width, ..body };
    let [top, middle, bottom] = split(left, layers::rows(canvas.model), 9, timeline::rows(canvas.model));
    panel(canvas, frame, top, Panel::Layers, viewport);
    selected::draw(canvas, frame, middle);
    panel(canvas, frame, bottom, Panel::Timeline, viewport);
    let contain = contain::rows(canvas.model, right.width).min(right.height / 2);
    let changes = changes::rows(canvas.model).clamp(3, 6).min(right.height / 4);
    let causes = right.height.saturating_sub(contain + changes + 2);
    let (top, rest) = cut(right, changes, 1);
    let wanted = causes::rows(canvas.model).clamp(3, causes.max(3));
    let (middle, bottom) = cut(rest, wanted, 1);
    panel(canvas, frame, top, Panel::Changes, viewport);
    panel(canvas, frame, middle, Panel::Causes, viewport);
    panel(canvas, frame, bottom, Panel::Contain, viewport);
}

fn medium(canvas: &Canvas<'_>, frame: &mut Frame<'_>, body: Rect, viewport: &mut Viewport) {
    let [top, middle, bottom] = split(body, layers::rows(canvas.model), 9, timeline::rows(canvas.model).min(5));
    panel(canvas, frame, top, Panel::Layers, viewport);
    let left = Rect { width: middle.width * 54 / 100, ..middle };
    let right_width = middle.width.saturating_sub(left.width + 3);
    let right = Rect { x: middle.right().saturating_sub(right_width), width: right_width, ..middle };
    selected::draw(canvas, frame, left);
    let tab = if canvas.model.main.tab == Panel::Timeline { Panel::Contain } else { canvas.model.main.tab };
    tabs::draw(canvas, frame, right, &[Panel::Changes, Panel::Causes, Panel::Contain], tab, viewport);
    panel(canvas, frame, bottom, Panel::Timeline, viewport);
}

fn narrow(canvas: &Canvas<'_>, frame: &mut Frame<'_>, body: Rect, viewport: &mut Viewport) {
    let layers = layers::rows(canvas.model).min(body.height.saturating_sub(4));
    let (top, rest) = cut(body, layers, 1);
    panel(canvas, frame, top, Panel::Layers, viewport);
    tabs::draw(canvas, frame, rest, &Panel::ALL[1..], canvas.model.main.tab, viewport);
}

/// Three parts from top to bottom with a blank row between: the first as high as it needs; the last as high as it wants,
/// as long as the middle has at least `least_middle`; the middle what is left, or nothing.
fn split(area: Rect, first: u16, least_middle: u16, wanted_last: u16) -> [Rect; 3] {
    let (top, rest) = cut(area, first, 1);
    let most_last = rest.height.saturating_sub(least_middle + 1).max(LEAST_LAST);
    let room = rest.height.saturating_sub(wanted_last.clamp(LEAST_LAST, most_last) + 1);
    let middle = if room >= 3 { room.min(HIGHEST_CHART) } else { 0 };
    let (middle, bottom) = cut(rest, middle, u16::from(middle > 0));
    [top, middle, bottom]
}

/// The first `rows` of an area, and what is left below `gap` empty rows.
fn cut(area: Rect, rows: u16, gap: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    let used = (rows + gap).min(area.height);
    (Rect { height: rows, ..area }, Rect { y: area.y + used, height: area.height - used, ..area })
}

fn panel(canvas: &Canvas<'_>, frame: &mut Frame<'_>, area: Rect, panel: Panel, viewport: &mut Viewport) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    let mut view = PanelView { panel, area: pen::area(area), first_row: area.y + 1, first: 0, step: 1 };
    match panel {
        Panel::Layers => {
            view.first = layers::draw(canvas, frame, area);
            view.first_row = area.y + 2;
        }
        Panel::Changes => view.first = changes::draw(canvas, frame, area, true),
        Panel::Causes => {
            causes::draw(canvas, frame, area, true);
            view.step = 0;
        }
        Panel::Contain => {
            contain::draw(canvas, frame, area, true);
            view.step = 0;
        }
        Panel::Timeline => {
            view.first = timeline::draw(canvas, frame, area, true);
        }
    }
    viewport.panels.push(view);
}

/// Said in a panel that the filter left without a row: an empty panel is not an empty world.
fn nothing_matches(model: &Model) -> Option<String> {
    let clears = model.keymap.label(CommandId::Back);
    (!model.filter.is_empty()).then(|| format!("  nothing matches /{}/; {clears} clears the filter", model.filter))
}

/// Rows of one or more lines: those of the selected entry are on the screen, and what is hidden is counted. Returns the
/// index of the first row shown.
fn list(canvas: &Canvas<'_>, pen: &mut Pen<'_, '_>, rows: Vec<(Line<'static>, bool)>) -> usize {
    let (theme, room) = (canvas.theme, usize::from(pen.left()));
    let hidden = rows.len().saturating_sub(room);
    let visible = if hidden > 0 { room.saturating_sub(1) } else { room };
    let last = rows.iter().rposition(|(_, selected)| *selected).unwrap_or(0);
    let first = (last + 1).saturating_sub(visible.max(1));
    let below = rows.len().saturating_sub(first + visible);
    for (line, selected) in rows.into_iter().skip(first).take(visible) {
        if selected {
            pen.band(theme, line);
        } else {
            pen.line(line);
        }
    }
    if hidden > 0 {
        let words = format::hidden(first, below, "more line", "more lines");
        pen.line(Span::styled(format!("  {words}"), theme.attention()));
    }
    first
}

/// The rows of a list to show so that the selected one is among them: index of the first.
fn first_shown(selected: usize, visible: usize, len: usize) -> usize {
    let selected = selected.min(len.saturating_sub(1));
    (selected + 1).saturating_sub(visible.max(1))
}
