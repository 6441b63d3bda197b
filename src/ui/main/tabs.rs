//! Panels behind tabs: one line of names, then the panel chosen. May not choose.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Canvas, causes, changes, contain, timeline};
use crate::app::Viewport;
use crate::app::main::Panel;
use crate::app::viewport::PanelView;
use crate::ui::pen::{self, Pen};

/// Draws the tabs and the panel behind the chosen one.
pub fn draw(
    canvas: &Canvas<'_>,
    frame: &mut Frame<'_>,
    area: Rect,
    panels: &[Panel],
    chosen: Panel,
    viewport: &mut Viewport,
) {
    if area.height < 2 {
        return;
    }
    let theme = canvas.theme;
    let mut spans = Vec::new();
    for panel in panels {
        let style = if *panel == chosen { theme.heading() } else { theme.dim() };
        let mark = if *panel == canvas.model.main.focus { theme.glyphs().pointer() } else { " " };
        let open = if *panel == chosen { ("[", "]") } else { (" ", " ") };
        let name = match (*panel, area.width < 60) {
            (Panel::Changes, true) => "Changed",
            (Panel::Causes, true) => "Causes",
            _ => panel.title(),
        };
        spans.push(Span::styled(format!("{mark}{}{} {name}{} ", open.0, panel.number(), open.1), style));
    }
    Pen::new(frame, area).line(Line::from(spans));
    let inside = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let mut view = PanelView { panel: chosen, area: pen::area(area), first_row: inside.y, first: 0, step: 1 };
    match chosen {
        Panel::Changes => view.first = changes::draw(canvas, frame, inside, false),
        Panel::Timeline => view.first = timeline::draw(canvas, frame, inside, false),
        Panel::Causes => {
            causes::draw(canvas, frame, inside, false);
            view.step = 0;
        }
        Panel::Contain | Panel::Layers => {
            contain::draw(canvas, frame, inside, false);
            view.step = 0;
        }
    }
    viewport.panels.push(view);
}
