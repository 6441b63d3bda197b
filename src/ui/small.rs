//! A terminal too small for any layout: the worst status, what to do, and the way out. May not fail at any size.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::LEAST;
use super::pen::Pen;
use super::theme::Theme;
use super::widgets::{badge, wrap};
use crate::app::Model;
use crate::app::command::CommandId;

/// Draws what fits.
pub fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let mut pen = Pen::new(frame, area);
    match &model.snapshot {
        Some(snapshot) => pen.line(badge::loud_status(theme, snapshot.headline.status)),
        None => pen.line(Span::styled("no verdict yet", theme.decides())),
    }
    let quit = model.keymap.label(CommandId::Quit);
    // A dialog behind this screen has the keys: there quit does not quit.
    let way_out = if model.dialog.is_some() { "esc cancels.".to_owned() } else { format!("{quit} quits.") };
    let words = format!(
        "{}Enlarge to {}x{} ({}x{} now). {way_out}",
        model.snapshot.as_ref().map(|snapshot| format!("{} ", snapshot.headline.what)).unwrap_or_default(),
        LEAST.0,
        LEAST.1,
        area.width,
        area.height,
    );
    for line in wrap::lines(&words, usize::from(area.width)) {
        pen.line(Line::from(Span::styled(line, theme.content())));
    }
}
