//! Pure drawing: `view(&Model, &Theme, &mut Frame) -> Viewport`. `ui/x.rs` draws what `app/x.rs` decides.
//! May not change the model, read clocks, files or the environment, or send anything.
//!
//! ```text
//! header                                    never goes
//! verdict, banners                          never go
//! body: the screen on top                   dimmed while a dialog is over it
//! newest message
//! footer                                    never goes
//! ```

pub mod coach;
pub mod colour;
pub mod confirm;
pub mod containments;
pub mod detail;
pub mod dialog;
#[cfg(test)]
pub(crate) mod fixture;
pub mod footer;
pub mod format;
pub mod glyph;
pub mod header;
pub mod main;
pub mod page;
pub mod palette;
pub mod pen;
pub mod run;
pub mod runbook;
pub mod samples;
pub mod small;
pub mod sweep;
#[cfg(test)]
mod tests;
pub mod theme;
pub mod verdict;
pub mod welcome;
pub mod widgets;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::app::screen::Screen;
use crate::app::{Model, Viewport};
use pen::Pen;
use theme::Theme;

/// Fewer columns or rows than this only get the worst status and the way out.
const LEAST: (u16, u16) = (60, 16);

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// At least 140 columns: two columns of panels.
    Wide,
    /// 100 to 139 columns: the right column folds under tabs.
    Medium,
    /// 60 to 99 columns: one column with tabs.
    Narrow,
}

impl Shape {
    /// The shape of an area.
    #[must_use]
    pub const fn of(area: Rect) -> Self {
        match area.width {
            140.. => Self::Wide,
            100..=139 => Self::Medium,
            _ => Self::Narrow,
        }
    }
}

/// Draws everything and reports what was really shown.
pub fn view(model: &Model, theme: &Theme, frame: &mut Frame<'_>) -> Viewport {
    let area = frame.area();
    let mut viewport = Viewport::default();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        small::draw(model, theme, frame);
        return viewport;
    }
    if matches!(model.screens.top(), Screen::Welcome) {
        welcome::draw(model, theme, frame, area);
        return viewport;
    }
    let body = frame_around(model, theme, frame);
    match model.screens.top() {
        Screen::Main | Screen::Welcome => main::draw(model, theme, frame, body, &mut viewport),
        Screen::Runbook(screen) => runbook::draw(model, theme, frame, body, screen, &mut viewport),
        Screen::Run(screen) => run::draw(model, theme, frame, body, screen, &mut viewport),
        Screen::Containments(screen) => containments::draw(model, theme, frame, body, *screen, &mut viewport),
        Screen::Samples(screen) => samples::draw(model, theme, frame, body, screen, &mut viewport),
        Screen::Detail(screen) => {
            let scroll = detail::view(model, screen, theme, body, frame.buffer_mut());
            (viewport.scroll_max, viewport.page) = (scroll.max, scroll.page);
        }
    }
    dialog::draw(model, theme, frame, body, &mut viewport);
    viewport
}

/// Header, verdict, banners, message and footer. Returns what is left for the screen.
fn frame_around(model: &Model, theme: &Theme, frame: &mut Frame<'_>) -> Rect {
    let area = frame.area();
    let airy = area.height >= 28;
    let mut pen = Pen::new(frame, area);
    pen.line(header::line(model, theme, area.width));
    if airy {
        pen.blank();
    }
    for line in verdict::lines(model, theme, area.width.saturating_sub(1), 4) {
        pen.line(line);
    }
    for line in verdict::banners(model, theme, area.width).into_iter().take(if airy { 4 } else { 2 }) {
        pen.line(line);
    }
    pen.blank();
    let top = pen.y();
    let bottom = area.bottom().saturating_sub(2);
    let last = Rect { y: bottom, height: area.bottom().saturating_sub(bottom), ..area };
    let mut pen = Pen::new(frame, last);
    pen.line(footer::flash(model, theme));
    pen.line(footer::line(model, theme, area.width));
    Rect { x: area.x + 1, y: top, width: area.width.saturating_sub(2), height: bottom.saturating_sub(top) }
}
